//! `schism expand`: what a seed makes of a scenario, as a scenario file on stdout.
//!
//! Above it stands, as comments, what was drawn. Playing the expansion gives the same trace as
//! playing the scenario with that seed.

use std::fs;
use std::path::Path;

use schism::scenario::{Expanded, Scenario};

use super::{Answer, ExpandArguments, Failure};
use crate::wiring;

/// Does it.
pub fn expand(arguments: &ExpandArguments) -> Result<Answer, Failure> {
    let scenario = read(&arguments.file)?;
    let Expanded { script, drawn } = scenario.expand(scenario.seed(arguments.seed));
    let mut text = String::new();
    for (what, value) in drawn {
        text += &format!("# {what}: {value}\n");
    }
    Ok(Answer { text: text + &wiring::write(&script), code: 0 })
}

/// Reads a scenario file.
pub fn read(file: &Path) -> Result<Scenario, Failure> {
    let shown = file.display().to_string();
    let text = fs::read_to_string(file).map_err(|error| {
        Failure::usage(&format!("cannot read {shown}: {error}; expected a scenario file"))
    })?;
    wiring::read(&shown, &text).map_err(|error| Failure::usage(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expansion_is_a_scenario_that_expands_to_itself() {
        let file = "scenarios/any-room.toml".into();
        let answer = expand(&ExpandArguments { file, seed: Some(7) }).unwrap();
        assert!(answer.text.starts_with("# providers: "), "{}", answer.text);
        let again = wiring::read("expansion", &answer.text).unwrap();
        let Expanded { script, drawn } = again.expand(again.seed(None));
        assert!(answer.text.ends_with(&wiring::write(&script)));
        assert!(drawn.is_empty() && script.seed == 7);
    }

    #[test]
    fn a_file_that_is_not_there_is_a_usage_error() {
        let failure = read(Path::new("no-such-file.toml")).unwrap_err();
        assert_eq!(failure.code, super::super::USAGE);
    }
}
