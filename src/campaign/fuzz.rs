//! Many seeds: a search for runs that break something.
//!
//! Workers take cases in order and play them side by side; the results are handed on in that same
//! order, so that how many workers there are shows nowhere but in the time. Unless it is to keep
//! going, the search ends with the first failure in that order, and it ends where its watcher has
//! seen enough: cases after that which were played already are dropped.
//!
//! Not here: files, and what is shown meanwhile. Whoever searches is told when a case begins and
//! what it came to ([`Watcher`]).

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use super::case::{Case, How};
use crate::node::Stopwatch as _;
use crate::scenario::{self, Scenario};
use crate::script::Script;
use crate::world::stopwatch::WallStopwatch;

/// What to search.
#[derive(Debug)]
pub struct Plan {
    /// Scenarios, each with its name. Every seed is played in each.
    pub scenarios: Vec<(String, Scenario)>,
    /// The seeds.
    pub seeds: Range<u64>,
    /// Wall time after which no further case begins.
    pub budget: Option<Duration>,
    /// How many cases are played side by side; at least one is.
    pub jobs: usize,
    /// Go on after a failure.
    pub keep_going: bool,
    /// Which part of the cases to play, from 1, and of how many parts.
    pub shard: (u64, u64),
    /// Wall time that a run may take.
    pub patience: Duration,
    /// Of so many cases, one is played twice and compared; none where it is 0.
    pub twice_in: u64,
}

/// Is told how a search goes. The calls for one case come in order; `ended` comes in the order of
/// the cases, `begins` and `played` as it happens, from any thread.
pub trait Watcher: Sync {
    /// A case is about to be played: what it was expanded to stands in `text`.
    ///
    /// # Errors
    /// Ends the search with this message.
    fn begins(&self, scenario: &str, script: &Script, text: &str) -> Result<(), String>;

    /// A case was played.
    fn played(&self, case: &Case);

    /// The next case in order.
    ///
    /// # Errors
    /// Ends the search with this message.
    fn ended(&self, case: &Case) -> Result<(), String>;

    /// Whether the search may end with the case that was handed on last. Asked after each.
    fn has_seen_enough(&self) -> bool {
        false
    }
}

/// How the search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Searched {
    /// Cases in the result.
    pub cases: u64,
    /// Wall time ran out before all were played.
    pub out_of_budget: bool,
}

/// Searches.
///
/// # Errors
/// What the watcher says.
pub fn fuzz(plan: &Plan, watcher: &dyn Watcher) -> Result<Searched, String> {
    let search = Search {
        plan,
        watcher,
        next: AtomicU64::new(0),
        end: AtomicU64::new(plan.cases()),
        budget: plan.budget.map(|it| u64::try_from(it.as_nanos()).unwrap_or(u64::MAX)),
    };
    let (tell, told) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..plan.jobs.max(1) {
            let (search, tell) = (&search, tell.clone());
            scope.spawn(move || search.work(&tell));
        }
        drop(tell);
        search.collect(&told)
    })
}

struct Search<'a> {
    plan: &'a Plan,
    watcher: &'a dyn Watcher,
    /// The next case to play.
    next: AtomicU64,
    /// No case from this one on is of interest any more.
    end: AtomicU64,
    /// In nanoseconds.
    budget: Option<u64>,
}

type Played = (u64, Result<Case, String>);

impl Search<'_> {
    fn work(&self, tell: &mpsc::Sender<Played>) {
        let watch = WallStopwatch::start();
        while self.budget.is_none_or(|budget| watch.nanos() < budget) {
            let place = self.next.fetch_add(1, Ordering::SeqCst);
            if place >= self.end.load(Ordering::SeqCst) {
                return;
            }
            let case = self.play(place);
            let ends = case.as_ref().is_ok_and(|case| !case.ended.is_fine());
            if case.is_err() || (ends && !self.plan.keep_going) {
                self.end.fetch_min(place + 1, Ordering::SeqCst);
            }
            if tell.send((place, case)).is_err() {
                return;
            }
        }
    }

    fn play(&self, place: u64) -> Result<Case, String> {
        let (name, scenario, seed) = self.plan.case(place);
        let script = scenario.expand(seed).script;
        let text = scenario::write(&script);
        self.watcher.begins(name, &script, &text)?;
        let twice = self.plan.twice_in > 0 && place.is_multiple_of(self.plan.twice_in);
        let how = How { patience: self.plan.patience, twice };
        let case = Case::play(name, &script, text, how);
        self.watcher.played(&case);
        Ok(case)
    }

    /// Hands on what was played, in order.
    fn collect(&self, told: &mpsc::Receiver<Played>) -> Result<Searched, String> {
        let (mut waiting, mut cases) = (BTreeMap::new(), 0);
        let mut broken = None;
        for (place, case) in told {
            waiting.insert(place, case);
            while let Some(case) = waiting.remove(&cases) {
                if broken.is_some() || cases >= self.end.load(Ordering::SeqCst) {
                    break;
                }
                cases += 1;
                let handed = case.and_then(|case| self.watcher.ended(&case));
                if let Err(why) = handed {
                    self.end.store(0, Ordering::SeqCst);
                    broken = Some(why);
                } else if self.watcher.has_seen_enough() {
                    self.end.fetch_min(cases, Ordering::SeqCst);
                }
            }
        }
        match broken {
            Some(why) => Err(why),
            None => {
                let out_of_budget = cases < self.end.load(Ordering::SeqCst);
                Ok(Searched { cases, out_of_budget })
            }
        }
    }
}

impl Plan {
    /// How many cases there are in this part.
    pub fn cases(&self) -> u64 {
        let all = self.all();
        let (part, parts) = self.shard;
        // Those whose place leaves the remainder `part - 1`.
        all.saturating_sub(part - 1).div_ceil(parts)
    }

    fn all(&self) -> u64 {
        let seeds = self.seeds.end.saturating_sub(self.seeds.start);
        seeds.saturating_mul(self.scenarios.len() as u64)
    }

    fn case(&self, place: u64) -> (&str, &Scenario, u64) {
        let (part, parts) = self.shard;
        let place = place * parts + (part - 1);
        let many = self.scenarios.len() as u64;
        // The remainder is less than the number of scenarios.
        let (name, scenario) = &self.scenarios[(place % many) as usize];
        (name, scenario, self.seeds.start + place / many)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A room that is created, once with a rule off that nothing needs and once as a canary that
    /// does not sing: it fails.
    fn plan(expect: &str) -> Plan {
        let text = format!(
            "title = \"t\"\nwhy = \"w\"\nrest = \"1s\"\nproviders = [\"a.example\"]\n\
             users.alice = {{ at = \"a.example\", clients = [\"A1\"] }}\n\
             rooms.hall = {{ hub = \"a.example\" }}\n\
             expect.violates = [{expect}]\n\
             steps = [{{ at = \"1s\", who = \"A1\", do = \"create\" }}]\n"
        );
        let scenario = |name: &str| (name.to_owned(), Scenario::read(name, &text, &[]).unwrap());
        Plan {
            scenarios: vec![scenario("one"), scenario("two")],
            seeds: 5..9,
            budget: None,
            jobs: 1,
            keep_going: true,
            shard: (1, 1),
            patience: Duration::from_secs(60),
            twice_in: 3,
        }
    }

    #[derive(Default)]
    struct Notes(Mutex<Vec<(String, u64, String)>>);

    impl Watcher for Notes {
        fn begins(&self, _: &str, _: &Script, text: &str) -> Result<(), String> {
            assert!(text.starts_with("title = "));
            Ok(())
        }

        fn played(&self, _: &Case) {}

        fn ended(&self, case: &Case) -> Result<(), String> {
            let word = case.ended.word().to_owned();
            self.0.lock().unwrap().push((case.scenario.clone(), case.seed, word));
            Ok(())
        }
    }

    fn searched(plan: &Plan) -> Vec<(String, u64, String)> {
        let notes = Notes::default();
        let searched = fuzz(plan, &notes).unwrap();
        let notes = notes.0.into_inner().unwrap();
        assert_eq!(searched.cases, notes.len() as u64);
        notes
    }

    #[test]
    fn each_seed_is_played_in_each_scenario_in_order_whatever_the_number_of_jobs() {
        let mut plan = plan("");
        let alone = searched(&plan);
        let places: Vec<_> = alone.iter().map(|(name, seed, _)| (name.as_str(), *seed)).collect();
        assert_eq!(places[..3], [("one", 5), ("two", 5), ("one", 6)]);
        assert_eq!(places.len(), 8);
        assert!(alone.iter().all(|(_, _, word)| word == "as_expected"));
        plan.jobs = 3;
        assert_eq!(searched(&plan), alone);
    }

    #[test]
    fn parts_share_out_the_cases() {
        let mut plan = plan("");
        let mut all = Vec::new();
        for part in 1..=3 {
            plan.shard = (part, 3);
            let cases = searched(&plan);
            assert_eq!(cases.len() as u64, plan.cases());
            all.extend(cases);
        }
        all.sort_by_key(|(name, seed, _)| (*seed, name.clone()));
        plan.shard = (1, 1);
        assert_eq!(all, searched(&plan));
    }

    #[test]
    fn without_keeping_going_the_first_failure_is_the_last_case() {
        let mut plan = plan("\"agreement\"");
        plan.jobs = 2;
        assert_eq!(searched(&plan).len(), 8);
        plan.keep_going = false;
        let cases = searched(&plan);
        let word = "expected_violation_missing".to_owned();
        assert_eq!(cases, [("one".to_owned(), 5, word)]);
    }

    #[test]
    fn a_search_ends_with_the_case_after_which_its_watcher_has_seen_enough() {
        struct Three(Notes);
        impl Watcher for Three {
            fn begins(&self, scenario: &str, script: &Script, text: &str) -> Result<(), String> {
                self.0.begins(scenario, script, text)
            }
            fn played(&self, _: &Case) {}
            fn ended(&self, case: &Case) -> Result<(), String> {
                self.0.ended(case)
            }
            fn has_seen_enough(&self) -> bool {
                self.0.0.lock().unwrap().len() >= 3
            }
        }
        let mut plan = plan("");
        let all = searched(&plan);
        for jobs in [1, 3] {
            plan.jobs = jobs;
            let three = Three(Notes::default());
            let searched = fuzz(&plan, &three);
            assert_eq!(searched, Ok(Searched { cases: 3, out_of_budget: false }));
            assert_eq!(three.0.0.into_inner().unwrap(), all[..3]);
        }
    }

    #[test]
    fn when_the_budget_is_spent_no_further_case_begins() {
        let mut plan = plan("");
        plan.budget = Some(Duration::ZERO);
        let searched = fuzz(&plan, &Notes::default()).unwrap();
        assert_eq!(searched, Searched { cases: 0, out_of_budget: true });
    }

    #[test]
    fn a_run_that_takes_too_long_is_a_case_that_hangs() {
        let mut plan = plan("");
        plan.patience = Duration::ZERO;
        assert!(searched(&plan).iter().all(|(_, _, word)| word == "hang"));
    }

    #[test]
    fn what_the_watcher_objects_to_ends_the_search() {
        struct Full;
        impl Watcher for Full {
            fn begins(&self, _: &str, _: &Script, _: &str) -> Result<(), String> {
                Err("the disk is full".to_owned())
            }
            fn played(&self, _: &Case) {}
            fn ended(&self, _: &Case) -> Result<(), String> {
                Ok(())
            }
        }
        assert_eq!(fuzz(&plan(""), &Full), Err("the disk is full".to_owned()));
    }
}
