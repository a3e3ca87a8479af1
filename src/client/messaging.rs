//! Application messages: what the user says, and what others say to it.
//!
//! Not here: how often a message is sent, and what the hub answers (`replies`).

use std::rc::Rc;

use super::inbox::Use;
use super::job::{Job, Kind, Wanted};
use super::kit::Kit;
use super::room::Room;
use crate::mimi::content::Content;
use crate::mimi::rules::Actor;
use crate::mimi::wire::{FanoutMessage, SubmitMessageRequest};
use crate::mls::{CommitPlan, Incoming, Member, MlsError};
use crate::trace::{Digest, Event, Fate};

impl Room {
    pub(super) fn begin_send(&mut self, kit: &Kit, wanted: Wanted, text: &str) {
        if self.member.as_ref().is_some_and(Member::has_proposals) {
            // RFC 9420 §12.4: what is proposed is committed before anything is sent (R37).
            self.record.wanted.push_front(wanted);
            return self.begin_commit(kit, None, &CommitPlan::default());
        }
        let message_id = format!("{} by {}", wanted.wish.intent, kit.actor.client.name());
        match self.encrypt(kit, text, message_id) {
            Ok(message) => {
                let sending_user = kit.actor.user.clone();
                let request = SubmitMessageRequest { message, sending_user };
                let about = format!("{} submit", wanted.wish.intent);
                let job = Job::new(Kind::Submit, Some(wanted), about, request.encode());
                self.begin(job.with_digest(&request.message));
            }
            Err(error) => self.end(kit, &wanted, Fate::Refused, &error.to_string()),
        }
    }

    fn encrypt(&mut self, kit: &Kit, text: &str, id: String) -> Result<Vec<u8>, MlsError> {
        let no_member = || MlsError::Refused("not a member of the room".to_owned());
        let member = self.member.as_mut().ok_or_else(no_member)?;
        let said_by = (kit.actor.user.clone(), self.uri.clone());
        let content = Content::saying(text, id.clone(), said_by, kit.library.salt()?).encode();
        let message = member.encrypt(&kit.library, &kit.identity, &content)?;
        kit.journal.record(Event::Submitted {
            room: self.uri.clone(),
            message: id,
            epoch: member.epoch(),
            digest: Digest::of(&message),
            content: Digest::of(&content),
            bytes: content.len() as u64,
        });
        Ok(message)
    }

    /// An application message came, of this epoch or a past one.
    pub(super) fn message(
        &mut self,
        kit: &Kit,
        event: &FanoutMessage,
        digest: Digest,
        epoch: u64,
    ) -> Use {
        let Some(member) = &mut self.member else { return Use::Done };
        match member.receive(&kit.library, &event.message) {
            Ok(Incoming::Message { sender, epoch, content }) => {
                self.deliver(kit, digest, &sender, epoch, &content)
            }
            Ok(Incoming::OwnMessage) => self.pass(kit, digest, "own message"),
            Ok(_) => self.refuse(kit, digest, "not what it was sent as"),
            Err(error) => {
                let (room, why) = (self.uri.clone(), error.to_string());
                kit.journal.record(Event::Unreadable { room, digest, epoch, why });
                Use::Done
            }
        }
    }

    fn deliver(
        &mut self,
        kit: &Kit,
        digest: Digest,
        sender: &Actor,
        epoch: u64,
        bytes: &[u8],
    ) -> Use {
        let content = match Content::decode(bytes) {
            Ok(content) => content,
            Err(error) => {
                self.reject(kit, digest, "body-is-well-formed", &error.to_string());
                return Use::Done;
            }
        };
        // A message without an id of the testbed's own goes by its hash.
        let id = content.extensions.message_id.unwrap_or_else(|| hex::encode(digest.0));
        if !Rc::make_mut(&mut self.record.delivered).insert(id.clone()) {
            return self.pass(kit, digest, "delivered before");
        }
        self.deliveries.push(Event::Delivered {
            room: self.uri.clone(),
            message: id,
            sender: sender.client.clone(),
            epoch,
            digest,
            content: Digest::of(bytes),
        });
        Use::Done
    }
}
