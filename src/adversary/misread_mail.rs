//! Bugs between a client's mailbox and its rooms, as they were found in clients of other systems:
//! a cursor that moves past what nobody has used (N-01), Welcomes that come up again (N-03), events
//! that are taken twice (N-16, N-24), and in the order in which they came (N-20).
//!
//! Each is made of what its client gets to see of its mailbox; the rest of the client is honest.
//! The mailbox of a client that finds more in it stays so for good, since it counts on.

use std::cell::RefCell;

use super::Plan;
use super::mailboxes::{Crowd, Sieve, event, is_commit};
use super::meddling::{Meddler, Outgoing};
use crate::mimi::local::{MailboxItem, MailboxResponse};
use crate::mimi::uri::RoomUri;
use crate::mimi::wire::{FanoutExtra, FanoutMessage};
use crate::node::{Call, Reply};

/// The endpoint that mail comes from.
const MAILBOX: &str = "client/mailbox";

/// The client asks with another body.
fn asks(call: &Call, changed: impl FnOnce(&[u8]) -> Option<bytes::Bytes>) -> Outgoing {
    let body = call.body.as_ref().filter(|_| call.endpoint == MAILBOX);
    match body.and_then(|body| changed(body)) {
        Some(body) => Outgoing::Calls(vec![Call { body: Some(body), ..call.clone() }]),
        None => Outgoing::Pass,
    }
}

/// The client gets mail with another body.
fn gets(
    call: &Call,
    reply: &Reply,
    changed: impl FnOnce(&[u8]) -> Option<bytes::Bytes>,
) -> Option<Reply> {
    let is_mail = call.endpoint == MAILBOX && reply.status == 200;
    let body = is_mail.then(|| changed(&reply.body)).flatten()?;
    Some(Reply { body, ..reply.clone() })
}

/// `client.skips-commits`.
pub(super) fn skips_commits(plan: &Plan) -> Box<dyn Meddler> {
    Box::new(SkipsCommits { room: plan.room.clone(), sieve: Sieve::default() })
}

struct SkipsCommits {
    room: RoomUri,
    sieve: Sieve,
}

impl Meddler for SkipsCommits {
    fn outgoing(&self, call: &Call) -> Outgoing {
        asks(call, |body| self.sieve.request(body))
    }

    fn reply(&self, call: &Call, reply: &Reply) -> Option<Reply> {
        let hides = |item: &MailboxItem| item.room == self.room && is_commit(item);
        gets(call, reply, |body| self.sieve.response(body, hides))
    }
}

/// `client.repeats-welcomes`: of the Welcomes that came since its time, the last.
pub(super) fn repeats_welcomes(plan: &Plan) -> Box<dyn Meddler> {
    Box::new(RepeatsWelcomes::with_stamps(plan, |welcome, _| welcome.timestamp))
}

/// `client.renews-welcomes`: the same, as if the hub had accepted each right after the commit that
/// it comes after.
pub(super) fn renews_welcomes(plan: &Plan) -> Box<dyn Meddler> {
    Box::new(RepeatsWelcomes::with_stamps(plan, |_, commit| commit.timestamp + 1))
}

/// The stamp of a Welcome that comes again after a commit.
type Stamp = fn(&FanoutMessage, &FanoutMessage) -> u64;

struct RepeatsWelcomes {
    room: RoomUri,
    crowd: Crowd,
    welcome: RefCell<Option<FanoutMessage>>,
    stamp: Stamp,
}

impl RepeatsWelcomes {
    fn with_stamps(plan: &Plan, stamp: Stamp) -> Self {
        let (room, crowd) = (plan.room.clone(), Crowd::default());
        Self { room, crowd, welcome: RefCell::default(), stamp }
    }

    fn after(&self, item: &MailboxItem) -> Option<Vec<u8>> {
        let event = event(item).filter(|_| item.room == self.room)?;
        match event.extra {
            FanoutExtra::Welcome { .. } => {
                *self.welcome.borrow_mut() = Some(event);
                None
            }
            FanoutExtra::Commit { .. } => {
                let welcome = self.welcome.borrow().clone()?;
                let timestamp = (self.stamp)(&welcome, &event);
                Some(FanoutMessage { timestamp, ..welcome }.encode())
            }
            _ => None,
        }
    }
}

impl Meddler for RepeatsWelcomes {
    fn outgoing(&self, call: &Call) -> Outgoing {
        asks(call, |body| self.crowd.request(body))
    }

    fn reply(&self, call: &Call, reply: &Reply) -> Option<Reply> {
        gets(call, reply, |body| self.crowd.response(body, |item| self.after(item)))
    }
}

/// `client.doubles-mail`.
pub(super) fn doubles_mail(plan: &Plan) -> Box<dyn Meddler> {
    Box::new(DoublesMail { room: plan.room.clone(), crowd: Crowd::default() })
}

struct DoublesMail {
    room: RoomUri,
    crowd: Crowd,
}

impl Meddler for DoublesMail {
    fn outgoing(&self, call: &Call) -> Outgoing {
        asks(call, |body| self.crowd.request(body))
    }

    fn reply(&self, call: &Call, reply: &Reply) -> Option<Reply> {
        let again = |item: &MailboxItem| (item.room == self.room).then(|| item.body.clone());
        gets(call, reply, |body| self.crowd.response(body, again))
    }
}

/// `client.reverses-mail`: as much as came in one answer.
pub(super) fn reverses_mail(_: &Plan) -> Box<dyn Meddler> {
    Box::new(ReversesMail)
}

struct ReversesMail;

impl Meddler for ReversesMail {
    fn reply(&self, call: &Call, reply: &Reply) -> Option<Reply> {
        gets(call, reply, |body| {
            let mut response = MailboxResponse::decode(body).ok()?;
            let numbers: Vec<_> = response.items.iter().map(|item| item.sequence).collect();
            response.items.reverse();
            let places = response.items.iter_mut().zip(&numbers);
            places.for_each(|(item, number)| item.sequence = *number);
            (numbers.len() > 1).then(|| response.encode().into())
        })
    }
}
/// `client.rereads-proposals`.
pub(super) fn rereads_proposals(plan: &Plan) -> Box<dyn Meddler> {
    let (room, crowd) = (plan.room.clone(), Crowd::default());
    Box::new(RereadsProposals { room, crowd, last: RefCell::default() })
}

struct RereadsProposals {
    room: RoomUri,
    crowd: Crowd,
    /// The last proposal of the epoch, as it came.
    last: RefCell<Option<Vec<u8>>>,
}

impl RereadsProposals {
    fn after(&self, item: &MailboxItem) -> Option<Vec<u8>> {
        let event = event(item).filter(|_| item.room == self.room)?;
        let mut last = self.last.borrow_mut();
        match event.extra {
            FanoutExtra::Proposal { .. } => last.replace(item.body.clone()),
            FanoutExtra::Commit { .. } => {
                *last = None;
                None
            }
            _ => last.clone(),
        }
    }
}

impl Meddler for RereadsProposals {
    fn outgoing(&self, call: &Call) -> Outgoing {
        asks(call, |body| self.crowd.request(body))
    }

    fn reply(&self, call: &Call, reply: &Reply) -> Option<Reply> {
        gets(call, reply, |body| self.crowd.response(body, |item| self.after(item)))
    }
}
