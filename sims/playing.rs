//! How the simulations play a scenario file.
//!
//! Not a test target: those that need it declare it as a module.

use schism::campaign::{Judged, play_and_judge};
use schism::mimi::rules::RULES;
use schism::scenario;
use schism::script::Script;
use schism::world::Options;

/// Reads `scenarios/NAME.toml`.
pub fn script(name: &str, seed: Option<u64>) -> Script {
    let file = format!("scenarios/{name}.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let rules: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    scenario::read(&file, &text, seed, &rules)
        .unwrap_or_else(|problem| panic!("{}", scenario::render(&problem)))
}

/// Plays and judges a script.
pub fn play(script: &Script) -> Judged {
    let judged = play_and_judge(script, &Options::default());
    judged.unwrap_or_else(|error| panic!("the run broke: {error}"))
}
