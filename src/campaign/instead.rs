//! What becomes of what a rule refuses, now that nobody checks it.
//!
//! A script is played with the rule and without it. Up to the first thing that the rule refuses,
//! both runs are the same to the byte; and since choices are keyed, much of what comes later is the
//! same, too. So each request that the rule turned away is looked for in the run without it: in its
//! place, or else by who sent it, what it is about and its bytes, or at last another try of the
//! same. What came of it there is read off the trace: another rule refused it, a member did, or it
//! came to pass.
//!
//! Not here: whether that is any loss. The invariants say so, and where they are silent, `worth`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::trace::{Digest, Entry, Event, Header, Kind, Node};

/// What became of something that a rule would have refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instead {
    /// A server refused it, by this rule.
    Refused(String),
    /// Servers took it. A client refused it by this rule; `mls` stands for the library.
    NotFollowed(String),
    /// A server failed to answer it, with this status.
    Failed(u16),
    /// It came to pass.
    CameToPass,
    /// The run took another way before, and nobody sent it.
    NotSent,
}

impl fmt::Display for Instead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(rule) => write!(f, "refused by {rule}"),
            Self::NotFollowed(rule) => write!(f, "refused at clients by {rule}"),
            Self::Failed(status) => write!(f, "failed with {status}"),
            Self::CameToPass => f.write_str("came to pass"),
            Self::NotSent => f.write_str("not sent again"),
        }
    }
}

/// All that rules refused in a run.
#[derive(Debug, Clone)]
pub(super) struct Refusals(Vec<(String, Thing)>);

/// What was refused: the same in two runs, if it comes up in both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    /// A request, which a server refused; with its place in the trace.
    Request(u64, Sent),
    /// A message or a response, which a client refused.
    Mail { node: String, digest: Digest },
}

/// A request as it left.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Sent {
    node: String,
    to: String,
    endpoint: String,
    about: String,
    attempt: u32,
    body: Digest,
}

impl Sent {
    fn of(entry: &Entry) -> Option<Self> {
        match &entry.event {
            Event::Request { endpoint, to, about, attempt, body, .. } => Some(Self {
                node: entry.node.clone(),
                to: to.clone(),
                endpoint: endpoint.clone(),
                about: about.clone(),
                attempt: *attempt,
                body: *body,
            }),
            _ => None,
        }
    }

    /// The same errand, with bytes that no request has.
    fn whatever_bytes(&self) -> Self {
        Self { body: Digest([0; 32]), ..self.clone() }
    }
}

impl Refusals {
    /// Those of a run.
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut refusals = Vec::new();
        for entry in entries {
            match &entry.event {
                Event::Refused { rule, .. } => {
                    let request = entry.cause.and_then(|cause| place(entries, cause));
                    if let Some((n, sent)) = request.and_then(|it| Some((it.n, Sent::of(it)?))) {
                        refusals.push((rule.clone(), Thing::Request(n, sent)));
                    }
                }
                Event::Rejected { rule, digest, .. } => {
                    let (node, digest) = (entry.node.clone(), *digest);
                    refusals.push((rule.clone(), Thing::Mail { node, digest }));
                }
                _ => {}
            }
        }
        Self(refusals)
    }

    /// What this rule refused, each thing once.
    fn by(&self, rule: &str) -> BTreeSet<&Thing> {
        self.0.iter().filter(|(by, _)| by == rule).map(|(_, thing)| thing).collect()
    }

    /// Whether this rule refused anything.
    pub(super) fn any_by(&self, rule: &str) -> bool {
        self.0.iter().any(|(by, _)| by == rule)
    }

    /// What became of all that the rule refused, in a run without it.
    pub(super) fn instead(
        &self,
        rule: &str,
        header: &Header,
        without: &[Entry],
    ) -> BTreeMap<Instead, u64> {
        let run = Run::of(header, without);
        let mut instead = BTreeMap::new();
        for thing in self.by(rule) {
            *instead.entry(run.fate(thing)).or_default() += 1;
        }
        instead
    }
}

/// The run without the rule.
struct Run<'a> {
    header: &'a Header,
    entries: &'a [Entry],
    requests: BTreeMap<Sent, u64>,
}

impl<'a> Run<'a> {
    fn of(header: &'a Header, entries: &'a [Entry]) -> Self {
        let mut requests = BTreeMap::new();
        for entry in entries {
            if let Some(sent) = Sent::of(entry) {
                requests.entry(sent.whatever_bytes()).or_insert(entry.n);
                requests.entry(sent).or_insert(entry.n);
            }
        }
        Self { header, entries, requests }
    }

    /// Where this run has the request that another has at this place.
    fn find(&self, n: u64, sent: &Sent) -> Option<u64> {
        let in_place = place(self.entries, n).and_then(Sent::of).is_some_and(|it| it == *sent);
        let elsewhere = || self.requests.get(sent).copied();
        let alike = || self.requests.get(&sent.whatever_bytes()).copied();
        in_place.then_some(n).or_else(elsewhere).or_else(alike)
    }

    fn fate(&self, thing: &Thing) -> Instead {
        match thing {
            Thing::Request(n, sent) => {
                self.find(*n, sent).map_or(Instead::NotSent, |n| self.of_request(n))
            }
            Thing::Mail { node, digest } => self.of_mail(node, digest),
        }
    }

    /// The first word that a server says of it; where it is taken, what clients say of it then.
    fn of_request(&self, request: u64) -> Instead {
        let mut led_to = BTreeSet::from([request]);
        let mut failed = None;
        for entry in self.after(request) {
            if let Event::Response { request: answered, status, .. } = &entry.event
                && *answered == request
            {
                failed = (*status >= 400).then_some(*status);
            }
            if !entry.cause.is_some_and(|cause| led_to.contains(&cause)) || !self.is_server(entry) {
                continue;
            }
            led_to.insert(entry.n);
            match &entry.event {
                Event::Refused { rule, .. } => return Instead::Refused(rule.clone()),
                Event::Accepted { digest, .. } => return self.of_accepted(entry.n, digest),
                _ => {}
            }
        }
        failed.map_or(Instead::CameToPass, Instead::Failed)
    }

    /// A message that one user reads came to pass, whatever others make of it, and so did proposals
    /// that somebody commits; a commit that one client refuses did not.
    fn of_accepted(&self, accepted: u64, digest: &Digest) -> Instead {
        let honest = |entry: &&Entry| !self.header.dishonest.contains(&entry.node);
        let mut refused = None;
        for entry in self.after(accepted).filter(honest) {
            match &entry.event {
                Event::Delivered { digest: read, .. } if read == digest => {
                    return Instead::CameToPass;
                }
                Event::Accepted { proposals, kind: Kind::Commit, .. }
                    if proposals.contains(digest) =>
                {
                    return Instead::CameToPass;
                }
                _ => refused = refused.or_else(|| refused_by_client(entry, digest)),
            }
        }
        refused.map_or(Instead::CameToPass, |rule| Instead::NotFollowed(rule.to_owned()))
    }

    /// What the client says of it; where it makes use of it, what servers say to that.
    fn of_mail(&self, node: &str, digest: &Digest) -> Instead {
        let mut led_to = BTreeSet::new();
        for entry in self.entries {
            let follows = entry.cause.is_some_and(|cause| led_to.contains(&cause));
            if entry.node == node
                && let Some(rule) = refused_by_client(entry, digest)
            {
                return Instead::NotFollowed(rule.to_owned());
            }
            if let Event::Refused { rule, .. } = &entry.event
                && follows
            {
                return Instead::Refused(rule.clone());
            }
            if let Event::Entered { .. } | Event::Accepted { .. } = &entry.event
                && follows
            {
                return Instead::CameToPass;
            }
            if follows || (entry.node == node && is_about(&entry.event, digest)) {
                led_to.insert(entry.n);
            }
        }
        if led_to.is_empty() { Instead::NotSent } else { Instead::CameToPass }
    }

    fn after(&self, n: u64) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| entry.n > n)
    }

    fn is_server(&self, entry: &Entry) -> bool {
        matches!(self.header.nodes.get(&entry.node), Some(Node::Provider { .. }))
    }
}

/// The entry at this place of the trace.
fn place(entries: &[Entry], n: u64) -> Option<&Entry> {
    entries.get(usize::try_from(n.checked_sub(1)?).ok()?)
}

/// The rule by which a client refuses this.
fn refused_by_client<'a>(entry: &'a Entry, of: &Digest) -> Option<&'a str> {
    match &entry.event {
        Event::Rejected { digest, rule, .. } if digest == of => Some(rule),
        Event::Unreadable { digest, .. } if digest == of => Some("mls"),
        _ => None,
    }
}

/// Whether a client has to do with this.
fn is_about(event: &Event, of: &Digest) -> bool {
    match event {
        Event::Delivered { digest, .. }
        | Event::Passed { digest, .. }
        | Event::Buffered { digest, .. } => digest == of,
        Event::Entered { commit, .. } => commit.as_ref() == Some(of),
        Event::Removed { commit, .. } => commit.as_ref() == Some(of),
        Event::Response { body, .. } => body == of,
        _ => false,
    }
}
