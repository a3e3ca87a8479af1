//! A tap on the traffic: what was sent, kept for whoever looks into it later.
//!
//! Every body, of a request or an answer, is kept once for each node that it goes to. All answers
//! to the clients that the script stops are kept besides, repeats too: what they were sent tells
//! what their restart should find.
//!
//! Not here: what the bodies hold.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use bytes::Bytes;

use crate::trace::Digest;

/// A body on its way.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The place in the trace of the request that it is of, or answers.
    pub request: u64,
    /// The node that sends it.
    pub from: String,
    /// The node that it is sent to: of a request, a server.
    pub to: String,
    /// The endpoint.
    pub endpoint: &'static str,
    /// The body.
    pub body: Bytes,
}

/// What one run sent.
#[derive(Default)]
pub struct Tap {
    requests: RefCell<Once>,
    answers: RefCell<Once>,
    watched: BTreeSet<String>,
    found_by: RefCell<BTreeMap<String, Vec<(&'static str, Bytes)>>>,
}

/// Bodies, each once for each node that it goes to.
#[derive(Default)]
struct Once {
    sent: Vec<Sent>,
    known: BTreeSet<(Digest, String)>,
}

impl Once {
    fn keep(&mut self, sent: Sent, digest: Digest) {
        if !sent.body.is_empty() && self.known.insert((digest, sent.to.clone())) {
            self.sent.push(sent);
        }
    }
}

impl Tap {
    /// A tap that keeps all answers to these nodes.
    pub fn new(watched: BTreeSet<String>) -> Rc<Self> {
        Rc::new(Self { watched, ..Self::default() })
    }

    /// A request sets off; `digest` is the hash of its body.
    pub fn sent(&self, sent: Sent, digest: Digest) {
        self.requests.borrow_mut().keep(sent, digest);
    }

    /// A node got an answer; `digest` is the hash of its body.
    pub fn answered(&self, sent: Sent, digest: Digest) {
        if self.watched.contains(&sent.to) && !sent.body.is_empty() {
            let mut found_by = self.found_by.borrow_mut();
            found_by.entry(sent.to.clone()).or_default().push((sent.endpoint, sent.body.clone()));
        }
        self.answers.borrow_mut().keep(sent, digest);
    }

    /// All bodies of requests, each once for each server, in order.
    pub fn requests(&self) -> Vec<Sent> {
        self.requests.borrow().sent.clone()
    }

    /// All bodies of answers, each once for each node that asked, in order.
    pub fn answers(&self) -> Vec<Sent> {
        self.answers.borrow().sent.clone()
    }

    /// The answers that the watched node got, with their endpoints, in order.
    pub fn answers_to(&self, node: &str) -> Vec<(&'static str, Bytes)> {
        self.found_by.borrow().get(node).cloned().unwrap_or_default()
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
        let kept: Vec<_> = tap.requests().iter().map(|it| it.request).collect();
        assert_eq!(kept, [1, 3, 4]);
    }

    #[test]
    fn repeats_of_an_answer_are_kept_for_the_watched_only() {
        let tap = Tap::new(["A1".to_owned()].into());
        for to in ["A1", "A1", "B1", "B1"] {
            tap.answered(sent(1, to, b"x"), Digest::of(b"x"));
        }
        assert_eq!(tap.answers().len(), 2);
        assert_eq!((tap.answers_to("A1").len(), tap.answers_to("B1").len()), (2, 0));
    }
}
