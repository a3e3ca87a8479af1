//! What a campaign touched: every rule that let something pass or refused it, every response code,
//! every wish of a user and what became of it, every fault.
//!
//! All is counted from traces and scripts, by the ids of the catalogues. A search that never
//! reaches something tests nothing of it: [`Coverage::never_reached`] says what. What chance can't
//! come to (`reach`), it leaves out.
//!
//! A rule lets something pass where whatever it is held against was accepted: each accepted
//! handshake has passed all rules about handshakes. Rules about requests are counted by what they
//! stand before ([`PASSED_BY`]). Not counted: whether an event was interesting.

use std::collections::BTreeMap;

use super::reach::{Chance, Thing, things};
use crate::mimi::rules::{Check, RULES};
use crate::mimi::wire::{EACH_CLIENT, HTTP};
use crate::script::{FaultKind, Script};
use crate::trace::{Entry, Event, Fate, Kind};

/// How often something went one way and the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Both {
    /// Passed; came true.
    pub yes: u64,
    /// Refused; did not come true.
    pub no: u64,
}

/// Counts over one run or many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Rules, by id.
    pub rules: BTreeMap<&'static str, Both>,
    /// What users wanted, by its verb. A wish without an end is counted as not come true.
    pub wishes: BTreeMap<String, Both>,
    /// Response codes, by the catalogue's id.
    pub codes: BTreeMap<String, u64>,
    /// Faults, by id.
    pub faults: BTreeMap<&'static str, u64>,
}

/// What shows that a rule about requests let one pass: rules by id, and the endpoint of a grant,
/// or of a request that was answered well.
const PASSED_BY: &[(&str, &[&str])] = &[
    (
        "keyMaterial",
        &[
            "key-material-through-the-hub",
            "key-package-once",
            "key-material-is-signed",
            "user-is-known",
            "consent-is-given",
            "protocol-is-spoken",
        ],
    ),
    (
        "groupInfo",
        &[
            "group-info-is-signed",
            "group-info-for-participants",
            "group-info-is-the-hubs",
            "room-is-known",
        ],
    ),
    ("update", &["valid-mls", "group-info-matches", "key-package-not-expired"]),
    ("welcome", &["welcome-after-its-commit", "welcome-leads-on"]),
    ("create", &["room-is-new"]),
    ("asset", &["asset-host-is-a-peer", "asset-is-known"]),
    ("reportAbuse", &["may-report"]),
    ("delivered", &["franking-tag-fits", "content-names-its-sender", "may-receive"]),
    ("franked", &["frank-is-genuine"]),
    (
        "any",
        &["peer-is-who-it-says", "body-at-most-1-mib", "body-is-well-formed", "route-is-known"],
    ),
];

impl Coverage {
    /// The faults of a script.
    pub fn of_script(script: &Script) -> Self {
        let mut coverage = Self::default();
        for fault in &script.faults {
            *coverage.faults.entry(fault.kind.id()).or_default() += 1;
            if let FaultKind::Crash { point: Some(_), .. } = fault.kind {
                *coverage.faults.entry(CRASH_AT_POINT).or_default() += 1;
            }
        }
        coverage
    }

    /// Counts what a trace shows.
    pub fn note(&mut self, entries: &[Entry]) {
        let mut open: BTreeMap<&str, &str> = BTreeMap::new();
        let mut asked: BTreeMap<u64, &str> = BTreeMap::new();
        for entry in entries {
            for code in codes(&entry.event) {
                *self.codes.entry(code).or_default() += 1;
            }
            match &entry.event {
                Event::Intent { intent, wish, probe: false, .. } => {
                    open.insert(intent, wish);
                }
                Event::IntentEnded { intent, fate, .. } => {
                    if let Some(wish) = open.remove(intent.as_str()) {
                        self.wish(wish, *fate == Fate::Done);
                    }
                }
                Event::Request { endpoint, .. } => {
                    asked.insert(entry.n, endpoint);
                }
                Event::Response { request, status: 200..300, .. } => {
                    self.passed_by("any");
                    let asset = |it: &&str| it.ends_with("ownload") || it.ends_with("asset");
                    if asked.get(request).is_some_and(asset) {
                        self.passed_by("asset");
                    }
                }
                event => self.note_rules(event),
            }
        }
        open.into_values().for_each(|wish| self.wish(wish, false));
    }

    fn note_rules(&mut self, event: &Event) {
        match event {
            Event::Refused { rule, .. } | Event::Rejected { rule, .. } => {
                if let Some(rule) = RULES.iter().find(|it| it.id == rule) {
                    self.rules.entry(rule.id).or_default().no += 1;
                }
            }
            Event::Accepted { kind: Kind::Created, .. } => self.passed_by("create"),
            Event::Accepted { kind: Kind::Message, .. } => {
                self.passed(|it| matches!(it, Check::Message(_)))
            }
            Event::Accepted { change, .. } => {
                self.passed(|it| matches!(it, Check::Handshake(_)));
                self.passed_by("update");
                if !change.adds.is_empty() {
                    self.passed_by("welcome");
                }
            }
            Event::Answered { endpoint, code, .. } if code == "success" => self.passed_by(endpoint),
            Event::Reported { .. } => self.passed_by("reportAbuse"),
            Event::Delivered { frank, .. } => {
                self.passed_by("delivered");
                if frank.is_some() {
                    self.passed_by("franked");
                }
            }
            _ => {}
        }
    }

    fn passed(&mut self, of: impl Fn(&Check) -> bool) {
        for rule in RULES.iter().filter(|rule| of(&rule.check)) {
            self.rules.entry(rule.id).or_default().yes += 1;
        }
    }

    fn passed_by(&mut self, what: &str) {
        let rules = PASSED_BY.iter().filter(|(by, _)| *by == what).flat_map(|(_, rules)| *rules);
        for rule in rules {
            self.rules.entry(rule).or_default().yes += 1;
        }
    }

    fn wish(&mut self, verb: &str, done: bool) {
        let both = self.wishes.entry(verb.to_owned()).or_default();
        match done {
            true => both.yes += 1,
            false => both.no += 1,
        }
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Self) {
        let both = |mine: &mut Both, theirs: &Both| {
            (mine.yes, mine.no) = (mine.yes + theirs.yes, mine.no + theirs.no);
        };
        other.rules.iter().for_each(|(id, it)| both(self.rules.entry(id).or_default(), it));
        for (verb, it) in &other.wishes {
            both(self.wishes.entry(verb.clone()).or_default(), it);
        }
        for (code, times) in &other.codes {
            *self.codes.entry(code.clone()).or_default() += times;
        }
        for (fault, times) in &other.faults {
            *self.faults.entry(fault).or_default() += times;
        }
    }

    /// Everything that was never reached although chance should come to it: `rule authorised
    /// refused`, `code update/notAllowed`, `wish kick came true`, `fault hold`; in the order of the
    /// catalogues.
    pub fn never_reached(&self) -> Vec<String> {
        let expected = things().filter(|thing| !matches!(thing.chance(), Chance::None(_)));
        expected.filter(|thing| !self.has(*thing)).map(|thing| thing.to_string()).collect()
    }

    /// What was never reached for a reason: the thing, and why chance does not come to it.
    pub fn not_by_chance(&self) -> Vec<(String, String)> {
        let missing = things().filter(|thing| !self.has(*thing));
        let explained = missing.filter_map(|thing| match thing.chance() {
            Chance::None(why) => Some((thing.to_string(), why)),
            _ => None,
        });
        explained.collect()
    }

    /// What a search of some hundred seeds has to reach, in the words of
    /// [`Coverage::never_reached`]: all that chance comes to and that is not rare.
    pub fn must_reach() -> Vec<String> {
        let likely = things().filter(|thing| thing.chance() == Chance::Likely);
        likely.map(|thing| thing.to_string()).collect()
    }

    /// What honest nodes come to only now and then: the thing, and what it needs.
    pub fn rare() -> Vec<(String, &'static str)> {
        let rare = things().filter_map(|thing| match thing.chance() {
            Chance::Rare(needs) => Some((thing.to_string(), needs)),
            _ => None,
        });
        rare.collect()
    }

    fn has(&self, thing: Thing) -> bool {
        let rule = |id| self.rules.get(id).copied().unwrap_or_default();
        let wish = |verb| self.wishes.get(verb).copied().unwrap_or_default();
        match thing {
            Thing::Passed(it) => rule(it.id).yes > 0,
            Thing::Refused(it) => rule(it.id).no > 0,
            Thing::Code(code) => self.codes.contains_key(&code.id()),
            Thing::True(verb) => wish(verb).yes > 0,
            Thing::Untrue(verb) => wish(verb).no > 0,
            Thing::Fault(fault) => self.faults.contains_key(fault),
        }
    }
}

/// Stands beside the faults: a crash that waits for its node to come to a point.
pub const CRASH_AT_POINT: &str = "crash at a point";

/// The response codes that an event shows, as the catalogue calls them.
pub fn codes(event: &Event) -> Vec<String> {
    match event {
        Event::Refused { endpoint, code, .. } => vec![format!("{endpoint}/{code}")],
        Event::Response { status, .. } => vec![format!("{HTTP}/{status}")],
        Event::Answered { endpoint, code, clients, .. } => {
            let of_clients = clients.values().map(|code| format!("{EACH_CLIENT}/{code}"));
            std::iter::once(format!("{endpoint}/{code}")).chain(of_clients).collect()
        }
        Event::Accepted { kind: Kind::Message, .. } => vec!["submitMessage/success".to_owned()],
        Event::Accepted { .. } => vec!["update/success".to_owned()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_about_requests_is_counted_by_what_it_stands_before() {
        for rule in
            RULES.iter().filter(|rule| matches!(rule.check, Check::Request | Check::BuiltIn(_)))
        {
            let known = PASSED_BY.iter().any(|(_, rules)| rules.contains(&rule.id));
            assert!(known, "{}", rule.id);
        }
        let all: Vec<_> = PASSED_BY.iter().flat_map(|(_, rules)| *rules).collect();
        assert!(all.iter().all(|id| RULES.iter().any(|rule| rule.id == **id)));
    }

    #[test]
    fn what_must_be_reached_is_missed_by_nothing_and_so_is_what_is_rare() {
        let mut expected = Coverage::must_reach();
        expected.extend(Coverage::rare().into_iter().map(|(thing, _)| thing));
        let mut missed = Coverage::default().never_reached();
        expected.sort();
        missed.sort();
        assert_eq!(missed, expected);
        let explained = Coverage::default().not_by_chance();
        let has = |what: &str| explained.iter().any(|(thing, _)| thing == what);
        assert!(has("rule valid-mls refused") && has("code HTTP/413"));
        assert!(!has("rule valid-mls passed") && !has("rule authorised refused"));
    }

    #[test]
    fn nothing_is_reached_by_nothing_and_what_is_counted_is_reached() {
        let nothing = Coverage::default().never_reached();
        assert!(nothing.contains(&"rule authorised passed".to_owned()));
        assert!(nothing.contains(&"fault hold".to_owned()));
        let mut coverage = Coverage::default();
        let refused = Event::Refused {
            room: None,
            endpoint: "update".to_owned(),
            rule: "authorised".to_owned(),
            code: "notAllowed".to_owned(),
            why: String::new(),
            digest: None,
            judged: None,
        };
        let wish = Event::Intent {
            intent: "s1".to_owned(),
            room: crate::mimi::uri::RoomUri::parse("mimi://a.example/r/hall").unwrap(),
            wish: "kick".to_owned(),
            object: String::new(),
            probe: false,
        };
        let entry = |n, event| Entry { n, at_ms: 0, node: "x".to_owned(), cause: None, event };
        coverage.note(&[entry(1, refused), entry(2, wish)]);
        let mut twice = coverage.clone();
        twice.add(&coverage);
        assert_eq!(twice.wishes["kick"], Both { yes: 0, no: 2 });
        assert_eq!(twice.rules["authorised"], Both { yes: 0, no: 2 });
        assert_eq!(twice.codes["update/notAllowed"], 2);
        let reached = nothing.len() - twice.never_reached().len();
        assert_eq!(reached, 3);
    }
}
