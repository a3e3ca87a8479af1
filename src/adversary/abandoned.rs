//! Commits whose maker does not hear what became of them (A25, N-12).
//!
//! `client.abandons-its-commit`: with its first commit on the way to the hub a client is gone, as
//! where its user closes the lid. It sends nothing more and hears nothing more, in any room, until
//! the plan ends. What the hub makes of the commit is for the others to live with.
//!
//! `client.misses-its-commits`: no answer to a commit reaches the client's code, and in its mailbox
//! it passes over its own. All else it hears, and how it comes back by an external commit, too.
//!
//! Either way the client is honest, and has the commit pending on its disk (R16).

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use bytes::Bytes;

use super::Plan;
use super::mailboxes::{Sieve, event, is_commit};
use super::meddling::{Meddler, Outgoing};
use crate::mimi::local::MailboxItem;
use crate::mimi::wire::UpdateRequest;
use crate::mls::{MlsFraming, PeekKind, peek};
use crate::node::{Call, Reply};
use crate::trace::Digest;

/// The commit by a member that this request brings.
fn commit(call: &Call) -> Option<Vec<u8>> {
    let body = call.body.as_ref().filter(|_| call.endpoint == "client/update")?;
    let UpdateRequest::Commit { message, .. } = UpdateRequest::decode(body, &MlsFraming).ok()?
    else {
        return None;
    };
    peek(&message).is_ok_and(|it| it.kind == PeekKind::Commit).then_some(message)
}

/// What a gateway says that heard nothing in time.
fn nothing_heard() -> Reply {
    Reply { status: 504, retry_after_s: None, body: Bytes::new() }
}

/// `client.abandons-its-commit`.
pub(super) fn abandons(_: &Plan) -> Box<dyn Meddler> {
    Box::new(Abandons::default())
}

#[derive(Default)]
struct Abandons {
    is_gone: Cell<bool>,
}

impl Meddler for Abandons {
    fn outgoing(&self, call: &Call) -> Outgoing {
        if self.is_gone.get() {
            return Outgoing::Swallow(nothing_heard());
        }
        self.is_gone.set(commit(call).is_some());
        Outgoing::Pass
    }

    fn reply(&self, _: &Call, _: &Reply) -> Option<Reply> {
        self.is_gone.get().then(nothing_heard)
    }
}

/// `client.misses-its-commits`.
pub(super) fn misses(_: &Plan) -> Box<dyn Meddler> {
    Box::new(Misses::default())
}

#[derive(Default)]
struct Misses {
    sieve: Sieve,
    /// What the client has sent.
    own: RefCell<BTreeSet<Digest>>,
}

impl Misses {
    fn is_own(&self, item: &MailboxItem) -> bool {
        let own = |message: &[u8]| self.own.borrow().contains(&Digest::of(message));
        is_commit(item) && event(item).is_some_and(|event| own(&event.message))
    }
}

impl Meddler for Misses {
    fn outgoing(&self, call: &Call) -> Outgoing {
        if let Some(commit) = commit(call) {
            self.own.borrow_mut().insert(Digest::of(&commit));
        }
        let asks = call.body.as_ref().filter(|_| call.endpoint == "client/mailbox");
        match asks.and_then(|body| self.sieve.request(body)) {
            Some(body) => Outgoing::Calls(vec![Call { body: Some(body), ..call.clone() }]),
            None => Outgoing::Pass,
        }
    }

    fn reply(&self, call: &Call, reply: &Reply) -> Option<Reply> {
        if commit(call).is_some() {
            return Some(nothing_heard());
        }
        let is_mail = call.endpoint == "client/mailbox" && reply.status == 200;
        let body = is_mail.then(|| self.sieve.response(&reply.body, |it| self.is_own(it)));
        Some(Reply { body: body.flatten()?, ..reply.clone() })
    }
}
