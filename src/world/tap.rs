//! A tap on the traffic: what was sent, kept for whoever looks into it later.
//!
//! Every request body is kept once for each target. Of answers, only those to the clients that the
//! script stops are kept: what they were sent tells what their restart should find.
//!
//! Not here: other answers. What a server answers with came to it in some request; had it made
//! plaintext itself, it would have needed keys.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use bytes::Bytes;

use crate::trace::Digest;

/// A request's body on its way.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The request's place in the trace.
    pub request: u64,
    /// The node that sends it.
    pub from: String,
    /// The server.
    pub to: String,
    /// The endpoint.
    pub endpoint: &'static str,
    /// The body.
    pub body: Bytes,
}

/// What one run sent.
#[derive(Default)]
pub struct Tap {
    sent: RefCell<Vec<Sent>>,
    known: RefCell<BTreeSet<(Digest, String)>>,
    watched: BTreeSet<String>,
    answers: RefCell<BTreeMap<String, Vec<(&'static str, Bytes)>>>,
}

impl Tap {
    /// A tap that keeps the answers to these nodes.
    pub fn new(watched: BTreeSet<String>) -> Rc<Self> {
        Rc::new(Self { watched, ..Self::default() })
    }

    /// A request sets off; `digest` is the hash of its body.
    pub fn sent(&self, sent: Sent, digest: Digest) {
        let is_new = || self.known.borrow_mut().insert((digest, sent.to.clone()));
        if !sent.body.is_empty() && is_new() {
            self.sent.borrow_mut().push(sent);
        }
    }

    /// A node got an answer.
    pub fn answered(&self, node: &str, endpoint: &'static str, body: &Bytes) {
        if self.watched.contains(node) && !body.is_empty() {
            let mut answers = self.answers.borrow_mut();
            answers.entry(node.to_owned()).or_default().push((endpoint, body.clone()));
        }
    }

    /// All bodies that were sent, each once for each server, in order.
    pub fn bodies(&self) -> Vec<Sent> {
        self.sent.borrow().clone()
    }

    /// The answers that the node got, with their endpoints, in order.
    pub fn answers(&self, node: &str) -> Vec<(&'static str, Bytes)> {
        self.answers.borrow().get(node).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(request: u64, to: &str, body: &'static [u8]) -> Sent {
        let body = Bytes::from_static(body);
        Sent { request, from: "A1".into(), to: to.into(), endpoint: "notify", body }
    }

    #[test]
    fn a_body_is_kept_once_for_each_server() {
        let tap = Tap::new(BTreeSet::new());
        for (request, to, body) in [(1, "a", b"x"), (2, "a", b"x"), (3, "b", b"x"), (4, "a", b"y")]
        {
            tap.sent(sent(request, to, body), Digest::of(body));
        }
        let kept: Vec<_> = tap.bodies().iter().map(|it| it.request).collect();
        assert_eq!(kept, [1, 3, 4]);
    }

    #[test]
    fn answers_are_kept_for_the_watched_only() {
        let tap = Tap::new(["A1".to_owned()].into());
        tap.answered("A1", "client/mailbox", &Bytes::from_static(b"x"));
        tap.answered("B1", "client/mailbox", &Bytes::from_static(b"x"));
        assert_eq!((tap.answers("A1").len(), tap.answers("B1").len()), (1, 0));
    }
}
