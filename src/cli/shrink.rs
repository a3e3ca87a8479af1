//! `schism shrink`: makes a failure small, and leaves it as a scenario for the regressions.
//!
//! It takes the folder of a failure, or any that a run left: what counts is its `script.toml`,
//! which has to fail here and now. On stderr, what each part of a round left; on stdout, at the
//! end, how small it got, where it lies and what stands in it.

use std::fs;

use schism::campaign::{
    Effort, NothingToShrink, Origin, Shrunk, count_lines, regression, shrink as shrunk,
};
use schism::report::FailureNote;
use schism::scenario::Expanded;
use schism::script::Script;

use super::expand::read;
use super::fuzz::write;
use super::{Answer, Failure, ShrinkArguments};
use crate::wiring;

/// Does it.
pub fn shrink(arguments: &ShrinkArguments) -> Result<Answer, Failure> {
    let scenario = read(&arguments.dir.join("script.toml"))?;
    let Expanded { script, .. } = scenario.expand(scenario.seed(None));
    let origin = origin(arguments)?;
    let effort = Effort { patience: arguments.patience, budget: arguments.budget };
    let watch = wiring::stopwatch();
    let mut small = script.clone();
    let mut told = |part: &str, left: &Script| {
        if *left != small {
            eprintln!("{part:<10} {}", size(left));
            small = left.clone();
        }
    };
    let shrunk = shrunk(&script, effort, &mut told).map_err(|why| hopeless(&why, arguments))?;
    let regression = regression(&shrunk, &origin, count_lines(&script));
    let file = arguments.out.clone().unwrap_or_else(|| arguments.dir.join("shrunk.toml"));
    let text = wiring::write(&regression);
    write(&file, &text)?;
    let told = told_of(&script, &shrunk, watch());
    let shown = file.display();
    let text = format!("{told}written    {shown}\nagain      schism run {shown}\n\n{text}");
    Ok(Answer { text, code: 0 })
}

/// What the failure's note says; nothing where the folder is that of a run.
fn origin(arguments: &ShrinkArguments) -> Result<Origin, Failure> {
    let path = arguments.dir.join("failure.json");
    let Ok(text) = fs::read_to_string(&path) else { return Ok(Origin::default()) };
    let note = FailureNote::read(&text);
    let note = note.map_err(|error| {
        Failure::usage(&format!("{} is not a failure's note: {error}", path.display()))
    })?;
    Ok(Origin { scenario: Some(note.scenario), version: Some(note.version), commit: note.commit })
}

fn hopeless(why: &NothingToShrink, arguments: &ShrinkArguments) -> Failure {
    let dir = arguments.dir.display();
    Failure::usage(&format!("there is nothing to shrink in {dir}: {why}"))
}

fn told_of(before: &Script, shrunk: &Shrunk, wall_seconds: f64) -> String {
    let what = shrunk.case.invariant.as_deref().unwrap_or(shrunk.case.ended.word());
    let mut text = format!("broke      {what}: {}\n", shrunk.case.ended.why());
    text += &format!("before     {}\n", size(before));
    text += &format!("after      {}\n", size(&shrunk.script));
    text += &format!("re-runs    {} in {wall_seconds:.1} s\n", shrunk.runs);
    if shrunk.out_of_budget {
        text += "           The budget was spent before it was clear that nothing more can go.\n";
    }
    text
}

/// How much there is in a script, in words.
fn size(script: &Script) -> String {
    let clients: usize =
        script.users.values().map(|user| user.clients.len() + user.new_clients.len()).sum();
    let counts = [
        (count_lines(script), "line"),
        (script.providers.len(), "provider"),
        (script.rooms.len(), "room"),
        (script.users.len(), "user"),
        (clients, "client"),
    ];
    let count = |(many, what): (usize, &str)| format!("{many} {what}{}", plural(many));
    counts.map(count).join(", ")
}

fn plural(many: usize) -> &'static str {
    if many == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::super::place::Place;
    use super::*;

    fn shrink_in(dir: &Path) -> Result<Answer, Failure> {
        let minute = Duration::from_secs(60);
        let dir = dir.to_owned();
        shrink(&ShrinkArguments { dir, out: None, patience: minute, budget: minute })
    }

    /// Somebody goes from the list and stays inside, in a room with more people than that needs.
    fn failing(rule_off: &str) -> String {
        format!(
            "title = \"t\"\nwhy = \"w\"\nseed = 3\nprotocol.without = [{rule_off}]\n\
             providers = [\"a.example\", \"b.example\"]\n\
             users.alice = {{ at = \"a.example\", clients = [\"A1\"] }}\n\
             users.bob = {{ at = \"b.example\", clients = [\"B1\", \"B2\"] }}\n\
             users.carol = {{ at = \"b.example\", clients = [\"C1\"] }}\n\
             rooms.hall = {{ hub = \"a.example\" }}\n\
             steps = [{{ at = \"1s\", who = \"A1\", do = \"create\" }},\n\
             {{ at = \"3s\", who = \"A1\", do = \"add\", user = \"bob\" }},\n\
             {{ at = \"5s\", who = \"A1\", do = \"add\", user = \"carol\" }},\n\
             {{ at = \"8s\", who = \"A1\", do = \"rename\", name = \"new\" }},\n\
             {{ at = \"20s\", who = \"B1\", do = \"update\" }}]\n\
             misbehaviour = [{{ at = \"9s\", node = \"A1\", behaviour = \"client.breaks-rule\",\n\
             room = \"hall\", rule = \"clients-leave-with-user\", user = \"carol\" }}]\n"
        )
    }

    #[test]
    fn a_failure_becomes_a_small_scenario_that_fails_until_it_is_mended() {
        let place = Place::new("shrink");
        fs::write(place.path().join("script.toml"), failing("\"clients-leave-with-user\""))
            .unwrap();
        let answer = shrink_in(place.path()).unwrap();
        assert_eq!(answer.code, 0);
        let file = place.path().join("shrunk.toml");
        let text = fs::read_to_string(&file).unwrap();
        assert!(answer.text.ends_with(&text), "{}", answer.text);
        assert!(text.contains("seed = 3") && !text.contains("[expect]"), "{text}");
        assert!(text.contains("Broke `") && text.contains("Found by seed 3"), "{text}");
        assert!(!text.contains("B2") && !text.contains("rename"), "{text}");
        let played = wiring::read("small", &text).unwrap().expand(3).script;
        let judged = wiring::play(&played, None).unwrap();
        assert_eq!(judged.verdict.verdict.word(), "safety", "{text}");
        let mended = text.replace("protocol.without = [\"clients-leave-with-user\"]\n", "");
        let played = wiring::read("mended", &mended).unwrap().expand(3).script;
        let judged = wiring::play(&played, None).unwrap();
        assert_eq!(judged.verdict.verdict.word(), "as_expected", "{text}");
    }

    #[test]
    fn what_does_not_fail_is_not_shrunk() {
        let place = Place::new("shrink-fine");
        fs::write(place.path().join("script.toml"), failing("")).unwrap();
        let failure = shrink_in(place.path()).unwrap_err();
        assert_eq!(failure.code, super::super::USAGE);
        assert!(failure.message.contains("does not fail"), "{}", failure.message);
        assert!(!place.path().join("shrunk.toml").exists());
    }

    #[test]
    fn a_folder_without_a_script_and_a_broken_note_are_usage_errors() {
        let place = Place::new("shrink-nothing");
        assert_eq!(shrink_in(place.path()).unwrap_err().code, super::super::USAGE);
        fs::write(place.path().join("script.toml"), failing("")).unwrap();
        fs::write(place.path().join("failure.json"), "{}").unwrap();
        let failure = shrink_in(place.path()).unwrap_err();
        assert!(failure.message.contains("is not a failure's note"), "{}", failure.message);
    }
}
