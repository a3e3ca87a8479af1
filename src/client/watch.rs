//! What a client does beside its rooms' business to notice a hub that lies: round by round it tells
//! others what it takes its rooms to be, and it sends what the rooms have to say (`claims`).
//!
//! The requests go one after the other, on a way of their own. What gets no answer is sent a few
//! times and then forgotten: the next round says more.

use std::collections::VecDeque;

use bytes::Bytes;

use super::claims::Saying;
use super::errand::Sending;
use super::kit::Kit;
use crate::mimi::local::Errand;
use crate::mimi::uri::RoomUri;
use crate::mimi::watch::{Detector, Peers, ReceiptRequest, ReceiptResponse};
use crate::node::{self, Reply, Unanswered};
use crate::trace::Event;

/// Most requests that wait; older ones are forgotten.
const MOST: usize = 64;

/// How often a request is sent where no answer comes.
const TRIES: u32 = 3;

/// Pause before the same is sent again, in milliseconds.
const PAUSE_MS: u64 = 1_000;

/// See the top of this file. Nothing of it is kept over a restart.
#[derive(Default)]
pub(super) struct Watch {
    waiting: VecDeque<Note>,
    in_flight: bool,
    /// When the next round is due, where one is.
    pub due_ms: Option<u64>,
    /// How many rounds there were.
    pub rounds: u64,
    /// Mail was asked for, and came or did not, since the last round: who is cut off hears nobody.
    pub is_in_touch: bool,
    serial: u64,
}

struct Note {
    room: RoomUri,
    detector: Detector,
    epoch: u64,
    to: String,
    about: String,
    errand: Errand,
    body: Bytes,
    attempt: u32,
    send_at_ms: u64,
}

impl Watch {
    /// A room has something to say.
    pub fn add(&mut self, room: &RoomUri, saying: Saying) {
        let (detector, epoch, errand, body) = match saying {
            Saying::Message { detector, body, epoch } => {
                (detector, epoch, Errand::SubmitMessage(room.clone()), body)
            }
            Saying::Receipt { epoch } => {
                let body = ReceiptRequest { epoch }.encode();
                (Detector::Receipts, epoch, Errand::Receipt(room.clone()), body)
            }
            Saying::Peers { peers, epoch } => {
                (Detector::Exchange, epoch, Errand::Peers(room.clone()), Peers(peers).encode())
            }
        };
        // Of what is asked or told anew, the older form is not worth sending.
        let same =
            |note: &Note| note.errand == errand && !matches!(errand, Errand::SubmitMessage(_));
        self.waiting.retain(|note| note.attempt > 0 || !same(note));
        if self.waiting.len() >= MOST {
            self.waiting.pop_back();
        }
        self.serial += 1;
        let about = format!("{} {} {}", detector.id(), room.name(), self.serial);
        let to = match errand {
            Errand::SubmitMessage(_) => room.name().to_owned(),
            Errand::Peers(_) => "the own provider".to_owned(),
            _ => "the hub".to_owned(),
        };
        let (room, body) = (room.clone(), body.into());
        let (attempt, send_at_ms) = (0, 0);
        let note = Note { room, detector, epoch, to, about, errand, body, attempt, send_at_ms };
        self.waiting.push_back(note);
    }

    /// What is to be sent now, if anything.
    pub fn advance(&mut self, kit: &Kit, now_ms: u64) -> Option<Sending> {
        let note = self.waiting.front_mut()?;
        if self.in_flight || now_ms < note.send_at_ms {
            return None;
        }
        self.in_flight = true;
        note.attempt += 1;
        if note.attempt == 1 {
            kit.journal.record(Event::Claimed {
                room: note.room.clone(),
                detector: note.detector.id().to_owned(),
                epoch: note.epoch,
                to: note.to.clone(),
                bytes: note.body.len() as u64,
            });
        }
        Some(Sending {
            errand: note.errand.clone(),
            about: note.about.clone(),
            attempt: note.attempt,
            body: note.body.clone(),
        })
    }

    /// When [`Watch::advance`] should be asked again, or a round is due.
    pub fn next_ms(&self) -> Option<u64> {
        let first = self.waiting.front().filter(|_| !self.in_flight).map(|note| note.send_at_ms);
        [first, self.due_ms].into_iter().flatten().min()
    }

    /// An answer to the first request came, or none will. Returns what the hub says of the commit
    /// that led to an epoch, where it was asked.
    pub fn answered(
        &mut self,
        result: &Result<Reply, Unanswered>,
        now_ms: u64,
    ) -> Option<(RoomUri, u64, ReceiptResponse)> {
        self.in_flight = false;
        let mut note = self.waiting.pop_front()?;
        let reply = result.as_ref().ok().filter(|reply| reply.is_definite());
        let Some(reply) = reply else {
            if note.attempt < TRIES {
                note.send_at_ms = now_ms + node::pause_ms(result, PAUSE_MS);
                self.waiting.push_front(note);
            }
            return None;
        };
        let asked = matches!(note.errand, Errand::Receipt(_)) && reply.status == 200;
        let response = asked.then(|| ReceiptResponse::decode(&reply.body).ok()).flatten()?;
        Some((note.room, note.epoch, response))
    }
}
