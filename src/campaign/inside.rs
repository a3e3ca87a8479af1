//! The inside of the real nodes, for the world's probes: what their disks and bodies hold.

use crate::client;
use crate::mimi::local::MailboxResponse;
use crate::mimi::uri::RoomUri;
use crate::mimi::wire::{
    FanoutExtra, FanoutMessage, NotifyRequest, SubmitMessageRequest, UpdateRequest,
};
use crate::mls::{MlsFraming, PeekKind, peek};
use crate::provider;
use crate::trace::{Digest, FoundCommit};
use crate::world::Disks;
use crate::world::inspect::{Found, Inspector, Kept, Letter, MailedCommit, Stolen};

/// See the top of this file.
pub struct Inside;

impl Inspector for Inside {
    fn steal(&self, disks: &Disks, room: &RoomUri) -> Option<Box<dyn Stolen>> {
        let stolen = stored(disks)?.steal(room)?;
        Some(Box::new(stolen))
    }

    fn found(&self, disks: &Disks) -> Vec<Found> {
        stored(disks).map_or_else(Vec::new, |stored| stored.found())
    }

    fn kept(&self, disks: &Disks) -> Vec<Kept> {
        let stored: Option<provider::Stored> = disks.disk("state").load();
        let mut kept = Vec::new();
        if let Some(stored) = stored {
            stored.each(&mut |bytes| {
                let event = FanoutMessage::decode(bytes, &MlsFraming);
                let letters = event.map_or_else(|_| vec![], |event| of_event(&event));
                kept.push(Kept { bytes: bytes.to_vec(), letters });
            });
        }
        kept
    }

    fn letters(&self, endpoint: &str, body: &[u8]) -> Vec<Letter> {
        // A server passes on what its clients gave it: those bodies say nothing new.
        let read = match endpoint {
            "client/update" => UpdateRequest::decode(body, &MlsFraming).ok().map(of_update),
            "client/submitMessage" => {
                let request = SubmitMessageRequest::decode(body, &MlsFraming).ok();
                request.map(|it| letter(&it.message, it.encode()).into_iter().collect())
            }
            "notify" => {
                let notify = NotifyRequest::decode(body, &MlsFraming).ok();
                notify.map(|NotifyRequest(events)| events.iter().flat_map(of_event).collect())
            }
            "client/mailbox" => MailboxResponse::decode(body).ok().map(of_mailbox),
            _ => None,
        };
        read.unwrap_or_default()
    }

    fn mailed_commits(&self, endpoint: &str, body: &[u8]) -> Vec<MailedCommit> {
        let response = (endpoint == "client/mailbox").then(|| MailboxResponse::decode(body).ok());
        let items = response.flatten().map_or_else(Vec::new, |response| response.items);
        let commit = |item: crate::mimi::local::MailboxItem| {
            let event = FanoutMessage::decode(&item.body, &MlsFraming).ok()?;
            let outside = peek(&event.message).ok()?;
            let is_commit = matches!(outside.kind, PeekKind::Commit | PeekKind::ExternalCommit);
            let commit = FoundCommit { digest: Digest::of(&event.message), epoch: outside.epoch };
            is_commit.then_some(MailedCommit { sequence: item.sequence, room: item.room, commit })
        };
        items.into_iter().filter_map(commit).collect()
    }
}

fn stored(disks: &Disks) -> Option<client::Stored> {
    disks.disk("state").load()
}

fn of_update(request: UpdateRequest) -> Vec<Letter> {
    let messages = match request {
        UpdateRequest::Commit { message, .. } => vec![message],
        UpdateRequest::Proposals { message, more } => [vec![message], more].concat(),
    };
    messages.iter().filter_map(|message| letter(message, message.clone())).collect()
}

fn of_mailbox(response: MailboxResponse) -> Vec<Letter> {
    let events = response
        .items
        .iter()
        .filter_map(|item| FanoutMessage::decode(&item.body, &MlsFraming).ok());
    events.flat_map(|event| of_event(&event)).collect()
}

fn of_event(event: &FanoutMessage) -> Vec<Letter> {
    let more = match &event.extra {
        FanoutExtra::Proposal { more } => more.as_slice(),
        FanoutExtra::Commit { external_proposals } => external_proposals.as_slice(),
        FanoutExtra::Application { .. } | FanoutExtra::Welcome { .. } => &[],
    };
    let first = letter(&event.message, event.encode());
    let more = more.iter().filter_map(|message| letter(message, message.clone()));
    first.into_iter().chain(more).collect()
}

fn letter(message: &[u8], whole: Vec<u8>) -> Option<Letter> {
    let outside = peek(message).ok()?;
    let is_application = outside.kind == PeekKind::Application;
    Some(Letter { room: outside.room, is_application, message: message.to_vec(), whole })
}
