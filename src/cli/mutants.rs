//! `schism mutants`: tries the oracle with planted bugs, and prints which it saw.
//!
//! Exit code 5 where it did not see one, or saw something where there was none.

use std::fs;

use schism::campaign::{Fate, Mutant, PLANTS, Plant, try_mutants};
use schism::oracle::INVARIANTS;

use super::{Answer, Failure, MutantsArguments};
use crate::wiring;

/// A bug survived.
const SURVIVED: u8 = 5;

/// Does it.
pub fn mutants(arguments: &MutantsArguments) -> Result<Answer, Failure> {
    let watch = wiring::stopwatch();
    let plants = chosen(&arguments.invariants)?;
    let mutants = plants.into_iter().map(mutant).collect::<Result<Vec<_>, Failure>>()?;
    let jobs = arguments.jobs.unwrap_or_else(wiring::processors);
    let told = |fate: &Fate| eprintln!("{}: {}", fate.invariant, fate.word());
    let fates = try_mutants(&mutants, arguments.seeds, jobs, &told);
    let good = fates.iter().filter(|fate| fate.is_good()).count();
    let mut text = table(&fates);
    if arguments.invariants.is_empty() {
        text += &untried();
    }
    text += &format!("\n{good} of {} killed in {:.1} s\n", fates.len(), watch());
    let code = if good == fates.len() { 0 } else { SURVIVED };
    Ok(Answer { text, code })
}

/// The plants for the invariants that are named; all where none is.
fn chosen(names: &[String]) -> Result<Vec<&'static Plant>, Failure> {
    for name in names {
        if INVARIANTS.iter().all(|info| info.id != name) {
            let hint = "see `schism list invariants`";
            return Err(Failure::usage(&format!("unknown invariant `{name}`; {hint}")));
        }
    }
    let named = |plant: &&Plant| names.is_empty() || names.iter().any(|it| it == plant.invariant);
    Ok(PLANTS.iter().filter(named).collect())
}

/// The invariants for which nobody has planted anything yet.
fn untried() -> String {
    let ids = INVARIANTS.iter().map(|info| info.id);
    let untried: Vec<_> =
        ids.filter(|id| PLANTS.iter().all(|plant| plant.invariant != *id)).collect();
    match untried.len() {
        0 => String::new(),
        many => format!("\nno bug planted yet for {many}: {}\n", untried.join(", ")),
    }
}

fn mutant(plant: &Plant) -> Result<Mutant, Failure> {
    let file = format!("scenarios/{}.toml", plant.base);
    let base = fs::read_to_string(&file)
        .map_err(|error| Failure::usage(&format!("cannot read {file}: {error}")))?;
    let scenario =
        wiring::read(&file, &plant.planted(&base)).map_err(|error| Failure::internal(&error))?;
    Ok(Mutant { invariant: plant.invariant, bug: plant.bug, scenario, told: plant.told })
}

fn table(fates: &[Fate]) -> String {
    let width = fates.iter().map(|fate| fate.invariant.len()).max().unwrap_or(0);
    let mut text = format!("{:width$}  {:22} {:>4}  bug\n", "invariant", "fate", "seed");
    for fate in fates {
        let seed = fate.killed_by.map(|seed| seed.to_string()).unwrap_or_default();
        let (invariant, word, bug) = (fate.invariant, fate.word(), fate.bug);
        text += &format!("{invariant:width$}  {word:22} {seed:>4}  {bug}\n");
        if let Some((seed, broken)) = &fate.unclean {
            text += &format!("{:width$}  without it, seed {seed} broke {broken}\n", "");
        }
        if let Some(why) = &fate.broke_off {
            text += &format!("{:width$}  broke off: {why}\n", "");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(invariant: &str, seeds: u64) -> Result<Answer, Failure> {
        let invariants = vec![invariant.to_owned()];
        mutants(&MutantsArguments { invariants, seeds, jobs: Some(1) })
    }

    #[test]
    fn a_bug_that_no_seed_comes_to_survives_and_that_is_the_exit_code() {
        let answer = tried("limits_hold", 1).unwrap();
        assert_eq!(answer.code, SURVIVED);
        assert!(answer.text.contains("survived") && answer.text.contains("0 of 1 killed"));
    }

    #[test]
    fn a_bug_that_a_seed_comes_to_is_killed_by_it() {
        let answer = tried("limits_hold", 4).unwrap();
        assert_eq!(answer.code, 0, "{}", answer.text);
        assert!(answer.text.contains("limits_hold  killed"), "{}", answer.text);
    }

    #[test]
    fn each_plant_makes_a_scenario_for_an_invariant_in_the_order_of_the_catalogue() {
        for plant in PLANTS {
            assert!(mutant(plant).is_ok(), "{}", plant.bug);
        }
        let place = |plant: &Plant| INVARIANTS.iter().position(|it| it.id == plant.invariant);
        let places: Vec<_> = PLANTS.iter().map(place).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    }

    /// A short form of the whole: the bugs that a scenario has in it, with one seed each.
    #[test]
    fn bugs_that_scenarios_have_are_seen_with_the_first_seed() {
        let in_scenarios = PLANTS.iter().filter(|plant| plant.base != "any-room");
        let invariants: Vec<_> = in_scenarios.map(|plant| plant.invariant.to_owned()).collect();
        assert!(invariants.len() > 5);
        let answer = mutants(&MutantsArguments { invariants, seeds: 1, jobs: None }).unwrap();
        assert_eq!(answer.code, 0, "{}", answer.text);
    }

    #[test]
    fn an_invariant_for_which_nothing_is_planted_is_told() {
        let text = untried();
        let untried: Vec<_> = text.split([':', ',', '\n']).map(str::trim).collect();
        let planted = |id: &str| PLANTS.iter().any(|plant| plant.invariant == id);
        for info in INVARIANTS {
            assert_eq!(untried.contains(&info.id), !planted(info.id), "{}", info.id);
        }
    }

    #[test]
    fn an_invariant_that_is_none_is_a_usage_error() {
        assert_eq!(tried("peace", 1).unwrap_err().code, super::super::USAGE);
    }
}
