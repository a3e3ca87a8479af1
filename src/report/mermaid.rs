//! A small run as a Mermaid sequence diagram, for issues and pages that draw such.
//!
//! Providers are boxes with their clients in them; requests are arrows with what they carry, lost
//! ones end in a cross. Epochs and violations are notes. Requests for mail are left out; what the
//! mail led to is in the notes. A large run is cut off, and says so.

use std::collections::BTreeMap;

use super::wires::{Wire, wires};
use crate::oracle::Verdict;
use crate::trace::{Entry, Event, Header, Node};

/// Most arrows and notes that a diagram has: with more, nobody reads it.
const MOST: usize = 150;

/// The diagram.
pub fn mermaid(header: &Header, entries: &[Entry], verdict: &Verdict) -> String {
    let names = Names::of(header);
    let wires: BTreeMap<u64, Wire<'_>> =
        wires(entries).into_iter().map(|wire| (wire.request.n, wire)).collect();
    let mut lines = Vec::new();
    for entry in entries {
        lines.extend(line(&names, &wires, entry));
        for violation in verdict.violations.iter().filter(|it| it.event == entry.n) {
            let over = names.over(&entry.node);
            lines.push(format!("Note over {over}: ✗ {}", plain(&violation.invariant)));
        }
    }
    let left_out = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if left_out > 0 {
        let first = names.over("");
        lines.push(format!("Note over {first}: {left_out} more are left out"));
    }
    let lines = lines.into_iter().map(|line| format!("    {line}\n"));
    format!("sequenceDiagram\n{}{}", names.boxes(header), lines.collect::<String>())
}

fn line(names: &Names<'_>, wires: &BTreeMap<u64, Wire<'_>>, entry: &Entry) -> Option<String> {
    let at = names.of.get(entry.node.as_str());
    let note = |text: String| Some(format!("Note over {}: {}", at?, plain(&text)));
    match &entry.event {
        Event::Request { endpoint, about, .. } => {
            let wire = wires.get(&entry.n).filter(|wire| !wire.is_mail())?;
            let arrow = if wire.is_lost() { "-x" } else { "->>" };
            let (from, to) = (at?, names.of.get(wire.to())?);
            let what = endpoint.trim_start_matches("client/");
            Some(format!("{from}{arrow}{to}: {} ({})", plain(what), plain(about)))
        }
        Event::Entered { epoch, .. } => note(format!("epoch {epoch}")),
        Event::Removed { .. } => note("is out".to_owned()),
        Event::Refused { rule, .. } => note(format!("refuses: {rule}")),
        Event::Rejected { rule, .. } => note(format!("rejects: {rule}")),
        Event::Crashed => note("crashes".to_owned()),
        Event::Restarted { .. } => note("runs again".to_owned()),
        Event::BehaviourBegan { behaviour } => note(behaviour.clone()),
        _ => None,
    }
}

/// Mermaid's own names for the nodes: no character of a node's name can be amiss in them.
struct Names<'a> {
    of: BTreeMap<&'a str, String>,
}

impl<'a> Names<'a> {
    fn of(header: &'a Header) -> Self {
        let numbered = header.nodes.keys().zip(1..);
        Self { of: numbered.map(|(name, n)| (name.as_str(), format!("n{n}"))).collect() }
    }

    /// A node, or where it is none (the testbed itself), all from the first to the last.
    fn over(&self, node: &str) -> String {
        let ends = || {
            let (first, last) = (self.of.values().next()?, self.of.values().next_back()?);
            Some(format!("{first},{last}"))
        };
        self.of.get(node).cloned().or_else(ends).unwrap_or_default()
    }

    /// Each provider with its clients.
    fn boxes(&self, header: &Header) -> String {
        let mut boxes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, node) in &header.nodes {
            let (provider, first) = match node {
                Node::Provider { provider } => (provider.as_str(), true),
                Node::Client { client, .. } => (client.provider().as_str(), false),
            };
            let inside = boxes.entry(provider).or_default();
            inside.insert(if first { 0 } else { inside.len() }, name);
        }
        let one = |(provider, inside): (&str, Vec<&str>)| {
            let people = inside
                .iter()
                .map(|name| format!("        participant {} as {}\n", self.of[name], plain(name)));
            format!("    box {}\n{}    end\n", plain(provider), people.collect::<String>())
        };
        boxes.into_iter().map(one).collect()
    }
}

/// A text without what means something to Mermaid.
fn plain(text: &str) -> String {
    let plain = |c: char| match c {
        '#' => "#35;".to_owned(),
        ';' => "#59;".to_owned(),
        '\n' => " ".to_owned(),
        other => other.to_string(),
    };
    text.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    fn drawn() -> String {
        mermaid(&testing::header(), &testing::clubhouse(), &testing::verdict())
    }

    #[test]
    fn each_node_stands_in_the_box_of_its_provider() {
        let drawn = drawn();
        let begin = "sequenceDiagram\n    box a.example\n        participant n6 as a.example\n        \
                     participant n1 as A1\n        participant n2 as A2\n    end\n    box b.example\n";
        assert!(drawn.starts_with(begin), "{drawn}");
    }

    #[test]
    fn a_violation_is_marked_where_it_shows() {
        assert!(drawn().contains("Note over n1,n8: ✗ nobody_stuck\n"), "{}", drawn());
    }

    #[test]
    fn what_means_something_to_mermaid_is_escaped() {
        assert_eq!(plain("a;b#c\nd"), "a#59;b#35;c d");
    }
}
