//! The one thing that a room is busy with.
//!
//! A job is a request whose answer the client waits for. Its bytes are fixed when it begins and on
//! disk before they are sent, so that every try sends the same: the hub tells a repeat by its
//! bytes. A job ends by a definite answer, or by an event that settles it.

use bytes::Bytes;

use super::errand::{Expects, JobTag, Sending};
use crate::mimi::local::Errand;
use crate::mimi::room::RoomState;
use crate::mimi::uri::{RoomUri, UserUri};
use crate::mls::{RequestKey, Store};
use crate::node::wish::Wish;
use crate::trace::Digest;

/// Pause between two tries, in milliseconds; it grows with the tries up to four times this.
const PAUSE_MS: u64 = 500;

/// An intent under way.
#[derive(Clone)]
pub(super) struct Wanted {
    pub wish: Wish,
    /// How many requests were made for it.
    pub attempts: u32,
    /// How often a commit for it was turned down for another reason than the epoch.
    pub setbacks: u32,
    /// KeyPackages that were fetched for it and not used up.
    pub material: Option<Vec<Vec<u8>>>,
    /// The room that a new one is to take the place of, as it was when the user wanted it.
    pub estate: Option<Box<Estate>>,
}

impl Wanted {
    pub fn new(wish: Wish) -> Self {
        Self { wish, attempts: 0, setbacks: 0, material: None, estate: None }
    }
}

/// What is left of a room for one that takes its place.
#[derive(Clone)]
pub(super) struct Estate {
    pub state: RoomState,
    /// The users who have clients in it, the own one left out.
    pub users: Vec<UserUri>,
}

/// What a job is.
#[derive(Clone)]
pub(super) enum Kind {
    /// Asks for the hub's key, to create a room.
    HubKey,
    /// Opens the room at the hub.
    Create,
    /// Asks for KeyPackages.
    KeyMaterial(UserUri),
    /// Has a commit accepted.
    Commit { epoch: u64 },
    /// Has proposals accepted.
    Propose { epoch: u64 },
    /// Has a message accepted, which was encrypted in this epoch.
    Submit { epoch: u64 },
    /// Asks for the GroupInfo.
    GroupInfo(RequestKey),
    /// Has an external commit accepted; the group that it leads to is in a store of its own.
    Join { epoch: u64, store: Store },
    /// Tells the provider that the room's events are not wanted any more.
    Unsubscribe,
    /// Reports abuse to the hub.
    Report,
}

#[derive(Clone)]
pub(super) struct Job {
    pub kind: Kind,
    /// On behalf of which intent; none for what the client does of its own accord.
    pub wanted: Option<Wanted>,
    pub body: Bytes,
    /// Hash of the MLS message in the body.
    pub digest: Option<Digest>,
    pub serial: u64,
    pub attempt: u32,
    pub send_at_ms: u64,
    pub in_flight: bool,
    pub about: String,
}

impl Job {
    pub fn new(kind: Kind, wanted: Option<Wanted>, about: String, body: impl Into<Bytes>) -> Self {
        let attempt = wanted.as_ref().map_or(0, |wanted| wanted.attempts);
        let body = body.into();
        Self {
            kind,
            wanted,
            body,
            about,
            attempt,
            digest: None,
            serial: 0,
            send_at_ms: 0,
            in_flight: false,
        }
    }

    pub fn with_digest(self, message: &[u8]) -> Self {
        Self { digest: Some(Digest::of(message)), ..self }
    }

    /// The next try.
    pub fn send(&mut self, room: &RoomUri) -> (JobTag, Sending) {
        self.in_flight = true;
        self.attempt += 1;
        if let Some(wanted) = &mut self.wanted {
            wanted.attempts = self.attempt;
        }
        let tag = JobTag {
            room: room.clone(),
            serial: self.serial,
            digest: self.digest,
            is_commit: matches!(self.kind, Kind::Commit { .. } | Kind::Join { .. }),
            expects: match self.kind {
                Kind::Commit { .. } | Kind::Propose { .. } | Kind::Join { .. } => Expects::Update,
                Kind::Submit { .. } => Expects::Submit,
                _ => Expects::Other,
            },
        };
        let sending = Sending {
            errand: self.errand(room),
            about: self.about.clone(),
            attempt: self.attempt,
            body: self.body.clone(),
        };
        (tag, sending)
    }

    /// Whether this may make the client a member.
    pub fn is_way_in(&self) -> bool {
        matches!(self.kind, Kind::GroupInfo(_) | Kind::Join { .. })
    }

    /// No answer came, or none that settles it: the same again, at this time.
    pub fn put_off(&mut self, until_ms: u64) {
        (self.in_flight, self.send_at_ms) = (false, until_ms);
    }

    /// How long to wait before the next try, in milliseconds.
    pub fn pause_ms(&self) -> u64 {
        PAUSE_MS * u64::from(self.attempt.clamp(1, 4))
    }

    fn errand(&self, room: &RoomUri) -> Errand {
        let room = room.clone();
        match &self.kind {
            Kind::HubKey => Errand::HubKey,
            Kind::Create => Errand::CreateRoom(room),
            Kind::KeyMaterial(user) => Errand::KeyMaterial(user.clone()),
            Kind::Commit { .. } | Kind::Propose { .. } | Kind::Join { .. } => Errand::Update(room),
            Kind::Submit { .. } => Errand::SubmitMessage(room),
            Kind::GroupInfo(_) => Errand::GroupInfo(room),
            Kind::Unsubscribe => Errand::Unsubscribe(room),
            Kind::Report => Errand::ReportAbuse(room),
        }
    }
}
