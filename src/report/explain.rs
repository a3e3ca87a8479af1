//! Why something broke, in a few sentences: the shortest way from what began it.
//!
//! From the event that breaks an invariant, edges of the causal graph lead back to where things
//! begin: a user's wish, a behaviour, a fault. The nearest beginning of each sort is followed, and
//! of the events on the way those are told that a reader has a use for; what only passes something
//! on is left out. A split has two sides, and both are told. Where something never came to pass,
//! there is no event to begin from: then what its nodes last met with stands for it.
//!
//! Not here: whether it is a violation (`oracle`), and all that happened beside (the story).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Serialize;

use super::causes::Causes;
use super::paint::Paint;
use super::sentence::sentences;
use super::text::{hanging, length, seconds};
use crate::oracle::{Verdict, Violation};
use crate::trace::{Entry, Event, Header, Stage};

/// Most steps that are told; of more, the middle is left out.
const MOST_STEPS: usize = 12;

/// Most nodes whose last troubles are told where something never came to pass.
const MOST_NODES: usize = 3;

/// One step on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Place of the event in the trace.
    pub event: u64,
    /// Simulated milliseconds since the start of the run.
    pub at_ms: u64,
    /// The node.
    pub node: String,
    /// What it did or met with.
    pub text: String,
}

/// How it came to something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// What is explained: an invariant's id; none for an event that somebody asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invariant: Option<String>,
    /// What the oracle says of it, or the event's own sentence.
    pub why: String,
    /// What is not as usual in the whole run.
    pub setting: Vec<String>,
    /// The way there, in the order of the trace.
    pub steps: Vec<Step>,
    /// How many steps are left out in the middle of these, since nobody reads more.
    #[serde(skip_serializing_if = "is_none")]
    pub left_out: usize,
}

/// Explains runs.
pub struct Explainer<'a> {
    header: &'a Header,
    entries: &'a [Entry],
    causes: Causes,
    said: Vec<String>,
}

impl<'a> Explainer<'a> {
    /// Of one run.
    pub fn of(header: &'a Header, entries: &'a [Entry]) -> Self {
        let (causes, said) = (Causes::of(entries), sentences(header, entries));
        Self { header, entries, causes, said }
    }

    /// How it came to each violation.
    pub fn violations(&self, verdict: &Verdict) -> Vec<Explanation> {
        verdict.violations.iter().map(|it| self.violation(it)).collect()
    }

    /// How it came to an event; none where the trace has no such event.
    pub fn event(&self, n: u64) -> Option<Explanation> {
        let entry = self.entry(n)?;
        let why = format!("{} {}", entry.node, self.sentence(n)?);
        let (steps, left_out) = shortened(self.steps(&self.way_to(&[n]), &[n]));
        Some(Explanation { invariant: None, why, setting: self.setting(), steps, left_out })
    }

    fn violation(&self, violation: &Violation) -> Explanation {
        let ends = self.ends(violation);
        let (steps, left_out) = shortened(self.steps(&self.way_to(&ends), &ends));
        Explanation {
            invariant: Some(violation.invariant.clone()),
            why: violation.why.clone(),
            setting: self.setting(),
            steps,
            left_out,
        }
    }

    /// The events that show a violation.
    fn ends(&self, violation: &Violation) -> Vec<u64> {
        let Some(entry) = self.entry(violation.event) else { return Vec::new() };
        if matches!(entry.event, Event::PhaseBegan { .. }) {
            return self.troubles(violation);
        }
        other_side(self.entries, entry).into_iter().chain([entry.n]).collect()
    }

    /// The last that befell each of the nodes that a violation names, before it.
    fn troubles(&self, violation: &Violation) -> Vec<u64> {
        let words: BTreeSet<_> =
            violation.why.split(|c: char| !(c.is_alphanumeric() || "-_.".contains(c))).collect();
        let named: Vec<_> =
            self.header.nodes.keys().filter(|name| words.contains(name.as_str())).collect();
        let concerned = if named.is_empty() { self.header.nodes.keys().collect() } else { named };
        // Of what befell a node, what it could not go on from comes first.
        let sorts = [is_wrong, is_trouble, is_progress];
        let met = |of: fn(&Event) -> bool| -> Vec<u64> {
            let before = || self.entries.iter().rev().filter(|it| it.n < violation.event);
            let last = |node: &&String| before().find(|it| it.node == **node && of(&it.event));
            concerned.iter().filter_map(last).map(|it| it.n).take(MOST_NODES).collect()
        };
        sorts.into_iter().map(met).find(|met| !met.is_empty()).unwrap_or_default()
    }

    /// Of the nearest beginning of each sort, all events on the shortest way from there.
    fn way_to(&self, ends: &[u64]) -> BTreeSet<u64> {
        let mut way = BTreeSet::new();
        for end in ends {
            let mut next_of: BTreeMap<u64, u64> = BTreeMap::new();
            let (mut open, mut met) = (VecDeque::from([*end]), BTreeSet::new());
            while let Some(n) = open.pop_front() {
                let sort = self.entry(n).and_then(|entry| beginning(&entry.event));
                if sort.is_some_and(|sort| met.insert(sort)) {
                    let mut on_the_way = Some(n);
                    while let Some(n) = on_the_way.filter(|n| way.insert(*n) || *n != *end) {
                        on_the_way = next_of.get(&n).copied();
                    }
                }
                for back in self.causes.of_event(n) {
                    if *back != *end && !next_of.contains_key(back) {
                        next_of.insert(*back, n);
                        open.push_back(*back);
                    }
                }
            }
            way.insert(*end);
        }
        way
    }

    fn steps(&self, way: &BTreeSet<u64>, ends: &[u64]) -> Vec<Step> {
        let told = way.iter().filter_map(|n| self.entry(*n));
        let told = told.filter(|it| ends.contains(&it.n) || is_told(&it.event));
        let step = |entry: &Entry| Step {
            event: entry.n,
            at_ms: entry.at_ms,
            node: entry.node.clone(),
            text: self.sentence(entry.n).unwrap_or_default().to_owned(),
        };
        told.map(step).collect()
    }

    fn setting(&self) -> Vec<String> {
        let header = self.header;
        let each = [
            ("nobody checks", &header.without),
            ("hubs do not check", &header.hub_without),
            ("the drafts are read otherwise:", &header.readings),
        ];
        let said = each.iter().filter(|(_, all)| !all.is_empty());
        let said = said.map(|(what, all)| format!("{what} {}", all.join(", ")));
        let began = self.entries.iter().filter_map(|it| match &it.event {
            Event::BehaviourBegan { behaviour } => {
                Some(format!("{} misbehaves from {} on: {behaviour}", it.node, seconds(it.at_ms)))
            }
            _ => None,
        });
        said.chain(began).collect()
    }

    fn entry(&self, n: u64) -> Option<&'a Entry> {
        self.entries.get(usize::try_from(n.checked_sub(1)?).ok()?)
    }

    fn sentence(&self, n: u64) -> Option<&str> {
        self.said.get(usize::try_from(n.checked_sub(1)?).ok()?).map(String::as_str)
    }
}

/// Of a split, the first event that shows the other side.
pub(super) fn other_side(entries: &[Entry], entry: &Entry) -> Option<u64> {
    let (room, epoch, context, authenticator) = view(&entry.event)?;
    let differs = |it: &&Entry| {
        view(&it.event).is_some_and(|(in_room, at, other, other_authenticator)| {
            let secrets = authenticator.zip(other_authenticator);
            (in_room, at) == (room, epoch)
                && (other != context || secrets.is_some_and(|(one, another)| one != another))
        })
    };
    let all = || entries.iter().take_while(|it| it.n < entry.n).filter(differs);
    // What another client has says more than what a hub sees.
    let clients = all().find(|it| matches!(it.event, Event::Entered { .. }));
    clients.or_else(|| all().next()).map(|it| it.n)
}

type View<'a> =
    (&'a crate::mimi::uri::RoomUri, u64, crate::trace::Digest, Option<crate::trace::Digest>);

/// What a node takes a room for.
fn view(event: &Event) -> Option<View<'_>> {
    match event {
        Event::Entered { room, epoch, context, authenticator, .. } => {
            Some((room, *epoch, *context, Some(*authenticator)))
        }
        Event::Shadowed { room, stage: Stage::Committed, epoch, context, .. } => {
            Some((room, *epoch, *context, None))
        }
        _ => None,
    }
}

/// Of what sort a beginning is; none where things only go on.
fn beginning(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::Intent { .. } => "wish",
        Event::BehaviourBegan { .. } => "behaviour",
        Event::Crashed => "crash",
        Event::Couriered { .. } => "courier",
        Event::Partitioned { .. } | Event::Held { .. } => "link",
        _ => return None,
    })
}

/// The first and the last of too many, and how many stood between.
fn shortened(mut steps: Vec<Step>) -> (Vec<Step>, usize) {
    let left_out = steps.len().saturating_sub(MOST_STEPS);
    if left_out > 0 {
        steps.drain(MOST_STEPS / 2..MOST_STEPS / 2 + left_out);
    }
    (steps, left_out)
}

fn is_none(left_out: &usize) -> bool {
    *left_out == 0
}

/// Whether a reader has a use for it on the way to something else.
fn is_told(event: &Event) -> bool {
    beginning(event).is_some()
        || is_trouble(event)
        || is_progress(event)
        || matches!(
            event,
            Event::Accepted { .. }
                | Event::Refused { .. }
                | Event::Restarted { .. }
                | Event::RestartFound { .. }
                | Event::Healed { .. }
                | Event::KeyPackageHandedOut { .. }
                | Event::Cloned { .. }
                | Event::Alarmed { .. }
        )
}

/// Whether a client meets with something that it can't go on from by itself.
fn is_trouble(event: &Event) -> bool {
    matches!(
        event,
        Event::Rejected { .. }
            | Event::Unreadable { .. }
            | Event::Resyncing { .. }
            | Event::Removed { .. }
            | Event::IntentEnded {
                fate: crate::trace::Fate::Refused | crate::trace::Fate::Abandoned,
                ..
            }
    )
}

/// Whether a client can make nothing of what came to it.
fn is_wrong(event: &Event) -> bool {
    matches!(event, Event::Rejected { .. } | Event::Unreadable { .. })
}

fn is_progress(event: &Event) -> bool {
    matches!(event, Event::Entered { .. } | Event::Submitted { .. } | Event::Delivered { .. })
}

/// Explanations for people.
pub fn explained(explanations: &[Explanation], paint: Paint) -> String {
    explanations.iter().map(|it| one(it, paint)).collect::<Vec<_>>().join("\n")
}

fn one(explanation: &Explanation, paint: Paint) -> String {
    let head = explanation.invariant.as_deref().unwrap_or("event");
    let mut text = format!("{}\n{}", paint.strong(head), hanging("  ", &explanation.why));
    for line in &explanation.setting {
        text += &hanging("  ", line);
    }
    text.push('\n');
    let widest = |of: fn(&Step) -> usize| explanation.steps.iter().map(of).max().unwrap_or(0);
    let (time, node) = (widest(|it| length(&seconds(it.at_ms))), widest(|it| length(&it.node)));
    for (place, step) in explanation.steps.iter().enumerate() {
        if place == MOST_STEPS / 2 && explanation.left_out > 0 {
            text += &hanging("  ", &format!("… {} more in between", explanation.left_out));
        }
        let when = format!("  {:>time$}  {:<node$}  ", seconds(step.at_ms), step.node);
        text += &hanging(&when, &step.text);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn what_never_came_to_pass_is_told_by_the_last_that_its_node_met_with() {
        let (header, entries) = (testing::header(), testing::clubhouse());
        let explained = Explainer::of(&header, &entries).violations(&testing::verdict());
        let [stuck] = &explained[..] else { panic!("one violation") };
        assert_eq!(stuck.invariant.as_deref(), Some("nobody_stuck"));
        assert!(stuck.steps.iter().any(|step| step.node == "A2"), "{stuck:?}");
    }

    #[test]
    fn an_event_is_explained_from_its_beginning_on() {
        let (header, entries) = (testing::header(), testing::clubhouse());
        let ended = entries.iter().find(|it| matches!(it.event, Event::IntentEnded { .. }));
        let explainer = Explainer::of(&header, &entries);
        let explanation = explainer.event(ended.unwrap().n).unwrap();
        assert_eq!(explanation.steps[0].text, "creates clubhouse (done in 0.120 s)");
        assert!(explainer.event(9_999).is_none());
    }

    #[test]
    fn of_too_many_steps_the_middle_is_left_out_and_counted() {
        let step = |event| Step { event, at_ms: event, node: "A1".into(), text: "is there".into() };
        let (all, none) = shortened((1..=12).map(step).collect());
        assert_eq!((all.len(), none), (12, 0));
        let (steps, left_out) = shortened((1..=20).map(step).collect());
        let told: Vec<_> = steps.iter().map(|step| step.event).collect();
        assert_eq!(told, [1, 2, 3, 4, 5, 6, 15, 16, 17, 18, 19, 20]);
        assert_eq!(left_out, 8);
        let (invariant, why, setting) = (None, "A1 is there".into(), vec![]);
        let text =
            explained(&[Explanation { invariant, why, setting, steps, left_out }], Paint::plain());
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[9].contains("… 8 more in between"), "{text}");
    }

    #[test]
    fn a_run_without_a_violation_has_nothing_to_explain() {
        let (header, entries) = (testing::header(), testing::clubhouse());
        let verdict = Verdict { violations: Vec::new(), ..testing::verdict() };
        assert!(Explainer::of(&header, &entries).violations(&verdict).is_empty());
    }
}
