//! `schism ablate`: switches each rule off in turn, and shows what breaks.
//!
//! Beneath `--out`: `ablation.csv`, `ablation.md`, `ablation.html`, and for each rule and
//! invariant a scenario that shows it, shrunk. A rule without which nothing breaks has to be
//! accounted for; where one is not, the exit code is 5.

use std::path::Path;

use schism::campaign::{
    ALSO_AT_WORK, AblationRow, Against, DEEDS_AGAINST, Effort, Off, Trial, ablate as ablated,
};
use schism::mimi::rules::{Enforcer, RULES, Rule};
use schism::report::{
    ABLATION_HEADINGS, Folder, ablation_file, ablation_lines, ablation_markdown, ablation_page,
};
use schism::script::ids;

use super::expand::read;
use super::{AblateArguments, Answer, Failure};
use crate::wiring;

/// The exit code where a rule is not accounted for.
const SURVIVED: u8 = 5;

/// Random rooms, below which liars are drawn.
const RANDOM: &str = "scenarios/any-room.toml";

/// Does it.
pub fn ablate(arguments: &AblateArguments) -> Result<Answer, Failure> {
    let watch = wiring::stopwatch();
    let mut trials = Vec::new();
    for rule in chosen(&arguments.rules)? {
        let against = against(rule, arguments)?;
        trials.push(Trial { rule, off: Off::Everywhere, against: against.clone() });
        let enforcers = rule.enforced_by();
        if enforcers.contains(&Enforcer::Client) && enforcers.contains(&Enforcer::Hub) {
            trials.push(Trial { rule, off: Off::AtHubs, against });
        }
    }
    let effort = Effort { patience: arguments.patience, budget: arguments.budget };
    let jobs = arguments.jobs.unwrap_or_else(wiring::processors);
    let told = |row: &AblationRow| {
        let broke: Vec<_> = row.broke.keys().map(String::as_str).collect();
        let came = match broke.is_empty() {
            true => format!("nothing ({}: {})", row.worth().word(), row.told_instead()),
            false => broke.join(", "),
        };
        eprintln!("{} off {}: {came}", row.rule, row.off.word());
    };
    let rows = ablated(&trials, effort, jobs, &told);
    let command =
        format!("schism ablate --seeds {}..{}", arguments.seeds.start, arguments.seeds.end);
    write(&arguments.out, &rows, &command)?;
    let broke = rows.iter().filter(|row| !row.broke.is_empty()).count();
    let cases: u64 = rows.iter().map(|row| row.cases).sum();
    let mut text = ablation_markdown(&rows);
    text += &format!(
        "\nresults    {}\n{} of {} trials broke something, {cases} cases in {:.1} s\n",
        arguments.out.join("ablation.html").display(),
        broke,
        rows.len(),
        watch()
    );
    let amiss: Vec<_> = rows.iter().filter_map(AblationRow::amiss).collect();
    amiss.iter().for_each(|why| text += &format!("amiss      {why}\n"));
    Ok(Answer { text, code: if amiss.is_empty() { 0 } else { SURVIVED } })
}

/// The rules that are named; all where none is.
fn chosen(names: &[String]) -> Result<Vec<&'static Rule>, Failure> {
    if names.is_empty() {
        return Ok(RULES.iter().filter(|rule| rule.built_in().is_none()).collect());
    }
    let find = |name: &String| {
        let unknown = || Failure::usage(&format!("unknown rule `{name}`; see `schism list rules`"));
        let rule = RULES.iter().find(|rule| rule.id == name).ok_or_else(unknown)?;
        match rule.built_in() {
            Some(why) => {
                let wrong = format!("the rule `{name}` can't be switched off: {why}");
                Err(Failure::usage(&wrong))
            }
            None => Ok(rule),
        }
    };
    names.iter().map(find).collect()
}

/// What a rule stands against: where it is seen at work, and random rooms.
fn against(rule: &Rule, arguments: &AblateArguments) -> Result<Vec<Against>, Failure> {
    let mut against = Vec::new();
    let shown = rule.evidence().and_then(|it| it.scenario.ok());
    let also = ALSO_AT_WORK.iter().filter(|(id, _)| *id == rule.id).map(|(_, name)| *name);
    for name in shown.into_iter().chain(also) {
        let file = format!("scenarios/{name}.toml");
        let scenario = read(Path::new(&file))?;
        let seeds = vec![scenario.seed(None), 1, 2];
        against.push(Against { name: file, scenario, seeds });
    }
    let (name, text) = random(rule)?;
    let scenario = wiring::read(&name, &text).map_err(|error| Failure::internal(&error))?;
    let seeds = arguments.seeds.clone().collect();
    against.push(Against { name, scenario, seeds });
    Ok(against)
}

/// Random rooms with whoever breaks the rule.
fn random(rule: &Rule) -> Result<(String, String), Failure> {
    let text = std::fs::read_to_string(RANDOM)
        .map_err(|error| Failure::usage(&format!("cannot read {RANDOM}: {error}")))?;
    let mut deeds = ids::LIES_BY_BEHAVIOUR.iter().chain(DEEDS_AGAINST);
    let deed = deeds.find(|(id, _)| *id == rule.id);
    Ok(match (ids::LIES.contains(&rule.id), deed) {
        (true, _) => {
            let liars = format!("behaviours = [\"client.breaks-rule\"]\nrules = [\"{}\"]", rule.id);
            (format!("{RANDOM} with liars"), format!("{text}\n[liars]\n{liars}\n"))
        }
        (false, Some((_, behaviour))) => {
            let liars = format!("behaviours = [\"{behaviour}\"]");
            (format!("{RANDOM} with liars"), format!("{text}\n[liars]\n{liars}\n"))
        }
        (false, None) => (RANDOM.to_owned(), text),
    })
}

fn write(out: &Path, rows: &[AblationRow], command: &str) -> Result<(), Failure> {
    let folder = Folder::at(out.to_owned());
    let put = |name: &str, text: &str| {
        folder.write(name, text).map_err(|error| Failure::internal(&error.to_string()))
    };
    let mut csv = csv::Writer::from_writer(Vec::new());
    let lines = rows.iter().flat_map(ablation_lines);
    let written = csv.write_record(ABLATION_HEADINGS).and_then(|()| {
        for line in lines {
            csv.write_record(line)?;
        }
        Ok(())
    });
    written.map_err(|error| Failure::internal(&error.to_string()))?;
    let bytes = csv.into_inner().map_err(|error| Failure::internal(&error.to_string()))?;
    put("ablation.csv", &String::from_utf8_lossy(&bytes))?;
    put("ablation.md", &ablation_markdown(rows))?;
    put("ablation.html", &ablation_page(rows, command))?;
    for row in rows {
        for (invariant, finding) in &row.broke {
            if let Some(shrunk) = &finding.shrunk {
                put(&ablation_file(row, invariant), &wiring::write(&shrunk.script))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use schism::scenario::Scenario;

    use super::super::place::Place;
    use super::*;

    fn arguments(place: &Place, rule: &str) -> AblateArguments {
        AblateArguments {
            rules: vec![rule.to_owned()],
            seeds: 0..1,
            jobs: Some(1),
            out: place.path().to_owned(),
            patience: Duration::from_secs(60),
            budget: Duration::from_secs(5),
        }
    }

    #[test]
    fn an_ablation_leaves_its_tables_and_says_what_broke() {
        let place = Place::new("ablate");
        let answer = ablate(&arguments(&place, "one-metadata-update")).unwrap();
        assert_eq!(answer.code, 0);
        for name in ["ablation.csv", "ablation.md", "ablation.html"] {
            assert!(place.path().join(name).exists(), "{name}");
        }
        assert!(answer.text.contains("one-metadata-update"), "{}", answer.text);
    }

    #[test]
    fn a_rule_that_is_none_is_a_usage_error() {
        let place = Place::new("ablate-nothing");
        let failure = ablate(&arguments(&place, "be-nice")).unwrap_err();
        assert_eq!(failure.code, super::super::USAGE);
        assert!(failure.message.contains("unknown rule `be-nice`"));
    }

    #[test]
    fn a_rule_that_has_no_switch_is_a_usage_error_that_says_why() {
        let place = Place::new("ablate-built-in");
        let failure = ablate(&arguments(&place, "valid-mls")).unwrap_err();
        assert_eq!(failure.code, super::super::USAGE);
        assert!(failure.message.ends_with("MLS itself makes nothing of what is not valid"));
    }

    #[test]
    fn every_rule_has_something_to_be_played_against() {
        for rule in RULES {
            let (name, text) = random(rule).unwrap();
            let scenario = wiring::read(&name, &text).map(|_: Scenario| ());
            assert_eq!(scenario, Ok(()), "{}", rule.id);
        }
    }
}
