//! What the world finds out beside what the nodes say: after each tick, at a restart, at the end.
//!
//! Nothing is found where the [`Cast`](super::Cast) brings no inspector.

use std::collections::BTreeMap;

use super::attackers::Attackers;
use super::crew::Props;
use super::probes::Members;
use super::tap::Sent;
use super::{leaks, restarts};
use crate::trace::{Digest, Event, Node};

/// A watch over one run.
pub struct Watch {
    attackers: Attackers,
}

impl Watch {
    /// A watch that begins.
    pub fn new(props: &Props) -> Self {
        Self { attackers: Attackers::new(props.log.header()) }
    }

    /// A tick is over: copies the disks that are worth it.
    pub fn tick(&mut self, props: &Props) {
        if let Some(inspector) = props.cast.inspector() {
            self.attackers.look(&props.log, &props.cabinet, inspector);
        }
    }

    /// A client is about to restart: what it will find.
    pub fn restart(&self, props: &Props, client: &str) -> Vec<Event> {
        let Some(inspector) = props.cast.inspector() else { return vec![] };
        restarts::found(inspector, client, &props.cabinet.of(client), &props.tap)
    }

    /// The nodes have done all they will: what thieves and servers came to know. Of the members,
    /// those that `can` act are looked at.
    pub fn end(&mut self, props: &Props, can: impl Fn(&str) -> bool) -> Vec<Event> {
        let Some(inspector) = props.cast.inspector() else { return vec![] };
        let letters = |sent: Sent| {
            let letters = inspector.letters(sent.endpoint, &sent.body);
            (sent, letters)
        };
        let sent: Vec<_> = props.tap.requests().into_iter().map(letters).collect();
        let answers: Vec<_> = props.tap.answers().into_iter().map(letters).collect();
        let nodes = props.log.header().nodes.iter();
        let servers = nodes.filter(|(_, node)| matches!(node, Node::Provider { .. }));
        let kept = servers.map(|(server, _)| (server, inspector.kept(&props.cabinet.of(server))));
        let kept: BTreeMap<_, _> = kept.map(|(server, kept)| (server.clone(), kept)).collect();
        let mut events = leaks::find(&props.log, &[sent.as_slice(), &answers].concat(), &kept);
        let mut members = Members::default();
        props.log.each(|entry| members.note(entry));
        let inside = members.all().filter(|(_, client)| can(client));
        self.attackers.copy_members(inside, &props.cabinet, inspector);
        let letters = sent.into_iter().flat_map(|(_, letters)| letters);
        let letters = letters.map(|letter| (Digest::of(&letter.message), letter)).collect();
        events.extend(self.attackers.read(&props.log, &letters));
        events
    }
}
