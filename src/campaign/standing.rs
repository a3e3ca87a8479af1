//! What else a rule is played against, beside the scenario that shows it and lies that break it.
//!
//! A rule is worth what gets through without it. Where the first liar that comes to mind lacks the
//! right to what it asks for, or another rule stands in its way, another one is needed that is
//! stopped by nothing else.

/// Deeds of liars that rules refuse, though no lie bears their name: rules and behaviours by id.
pub static DEEDS_AGAINST: &[(&str, &str)] = &[
    ("exiting-only-removes", "client.proposes-while-exiting"),
    ("cached-proposals-included", "client.skips-proposals"),
    ("message-sender-is-active", "follower.forges-sender"),
    ("exiting-sends-nothing", "client.acts-while-exiting"),
];

/// Further scenarios in which a rule refuses something: rules by id, and files in `scenarios/`.
pub static ALSO_AT_WORK: &[(&str, &str)] = &[
    ("exiting-only-removes", "adversaries/proposes-after-goodbye"),
    ("exiting-only-removes", "adversaries/commits-after-goodbye"),
    ("cached-proposals-included", "adversaries/skipped-proposals"),
    ("external-commit-shape", "liar-with-rights"),
    ("client-changes-once", "liar-with-rights"),
    ("roles-apart-from-list", "liar-with-rights"),
    ("preauthorisation-apart-from-list", "liar-with-rights"),
    ("at-most-max-users", "one-user-too-many"),
    ("group-info-matches", "way-in-by-a-wrong-group-info"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::play_and_judge;
    use crate::mimi::rules::RULES;
    use crate::scenario::Scenario;
    use crate::script::Form;
    use crate::trace::Event;
    use crate::world::Options;

    #[test]
    fn deeds_are_behaviours_and_stand_against_rules_that_there_are() {
        for (id, behaviour) in DEEDS_AGAINST {
            assert!(RULES.iter().any(|rule| rule.id == *id), "{id}");
            assert!(Form::of(behaviour).is_some(), "{behaviour}");
        }
    }

    #[test]
    fn each_further_scenario_shows_its_rule_at_work() {
        let rules: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
        for (id, name) in ALSO_AT_WORK {
            let file = format!("scenarios/{name}.toml");
            let text = std::fs::read_to_string(&file).unwrap();
            let scenario = Scenario::read(&file, &text, &rules).unwrap();
            let script = scenario.expand(scenario.seed(None)).script;
            let judged = play_and_judge(&script, &Options::default()).unwrap();
            let refuses =
                |event: &Event| matches!(event, Event::Refused { rule, .. } if rule == id);
            assert!(judged.run.entries.iter().any(|it| refuses(&it.event)), "{id}: {name}");
        }
    }
}
