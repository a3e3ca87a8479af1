//! Application messages: what the user says, and what others say to it.
//!
//! What is said is franked where the room has a franking agent: the tag goes beside the message,
//! and the hub does the rest. What comes is held against its frank, its tag and its own words
//! before the user gets it (R39); the newest genuine message of each user is kept, for a report.
//!
//! Not here: how often a message is sent, and what the hub answers (`replies`).

use std::rc::Rc;

use super::inbox::Use;
use super::job::{Job, Kind, Wanted};
use super::kit::Kit;
use super::room::Room;
use crate::mimi::content::Content;
use crate::mimi::frank::{Received, authenticated_data, franking_tag, judge_names, judge_tag};
use crate::mimi::policy::Capability;
use crate::mimi::rules::Actor;
use crate::mimi::uri::{ClientUri, UserUri};
use crate::mimi::wire::{AbusiveMessage, FanoutExtra, FanoutMessage, Frank, SubmitMessageRequest};
use crate::mls::{
    CommitPlan, Incoming, Member, MlsError, SUITE_NUMBER, franking_tag_of, judge_frank,
};
use crate::trace::{Digest, Event, Fate, SeenFrank};

impl Room {
    pub(super) fn begin_send(&mut self, kit: &Kit, wanted: Wanted, text: &str) {
        if self.member.as_ref().is_some_and(Member::has_proposals) {
            // RFC 9420 §12.4: what is proposed is committed before anything is sent (R37).
            self.record.wanted.push_front(wanted);
            return self.begin_commit(kit, None, &CommitPlan::default());
        }
        let message_id = format!("{} by {}", wanted.wish.intent, kit.actor.client.name());
        let epoch = self.epoch();
        match self.encrypt(kit, text, message_id) {
            Ok(message) => {
                let sending_user = kit.actor.user.clone();
                let request = SubmitMessageRequest { message, sending_user };
                let about = format!("{} submit", wanted.wish.intent);
                let job = Job::new(Kind::Submit { epoch }, Some(wanted), about, request.encode());
                self.begin(job.with_digest(&request.message));
            }
            Err(error) => self.end(kit, &wanted, Fate::Refused, &error.to_string()),
        }
    }

    fn encrypt(&mut self, kit: &Kit, text: &str, id: String) -> Result<Vec<u8>, MlsError> {
        let said_by = (kit.actor.user.clone(), self.uri.clone());
        let salt = kit.library.salt()?;
        let content = Content::saying(text, id.clone(), said_by, salt);
        let (message, content) = self.seal(kit, &content)?;
        kit.journal.record(Event::Submitted {
            room: self.uri.clone(),
            message: id,
            epoch: self.epoch(),
            digest: Digest::of(&message),
            content: Digest::of(&content),
            bytes: content.len() as u64,
        });
        Ok(message)
    }

    /// Encrypts a content, with its franking tag beside it where the room has a franking agent;
    /// returns the content's bytes, too.
    pub(super) fn seal(
        &mut self,
        kit: &Kit,
        content: &Content,
    ) -> Result<(Vec<u8>, Vec<u8>), MlsError> {
        let no_member = || MlsError::Refused("not a member of the room".to_owned());
        let member = self.member.as_mut().ok_or_else(no_member)?;
        let bytes = content.encode();
        let beside = match member.state().franking_agent {
            Some(_) => authenticated_data(&franking_tag(&content.salt, &bytes)),
            None => Vec::new(),
        };
        let message = member.encrypt_beside(&kit.library, &kit.identity, &bytes, beside)?;
        Ok((message, bytes))
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
        let right = Capability::RECEIVE_MESSAGE;
        if kit.rules.is_on("may-receive") && !member.state().can(&kit.actor.user, right) {
            self.record.beats.deaf_in(epoch);
            self.reject(kit, digest, "may-receive", &format!("the own role lacks {right}"));
            return Use::Done;
        }
        match member.receive(&kit.library, &event.message) {
            Ok(Incoming::Message { sender, epoch, content }) => {
                match self.check(kit, event, &sender.user, &content) {
                    Ok((said, _)) if said.claims().is_some() => {
                        self.overhear(&sender.client, &said);
                        self.pass(kit, digest, "for the client, not for its user")
                    }
                    Ok(checked) => self.deliver(kit, digest, (&sender, epoch, &content), checked),
                    Err((rule, why)) => {
                        self.record.beats.came(epoch, Some(&sender.client));
                        self.reject(kit, digest, rule, &why);
                        Use::Done
                    }
                }
            }
            Ok(Incoming::OwnMessage) => self.pass(kit, digest, "own message"),
            Ok(_) => self.refuse(kit, digest, "not what it was sent as"),
            Err(error) => {
                self.record.beats.came(epoch, None);
                let (room, why) = (self.uri.clone(), error.to_string());
                kit.journal.record(Event::Unreadable { room, digest, epoch, why });
                Use::Done
            }
        }
    }

    /// Decodes a message and holds it against the rules; the first one that it breaks, or it with
    /// its frank.
    fn check(
        &mut self,
        kit: &Kit,
        event: &FanoutMessage,
        sender: &UserUri,
        bytes: &[u8],
    ) -> Result<(Content, Option<SeenFrank>), (&'static str, String)> {
        let content =
            Content::decode(bytes).map_err(|error| ("body-is-well-formed", error.to_string()))?;
        let frank = match &event.extra {
            FanoutExtra::Application { frank } => frank.as_ref(),
            _ => None,
        };
        let agent = self.member.as_ref().and_then(|member| member.state().franking_agent.as_ref());
        let received = Received {
            sender,
            room: &self.uri,
            cipher_suite: SUITE_NUMBER,
            accepted_at: event.timestamp,
            // Where nobody franks, what stands beside a message means nothing.
            tag: agent.and_then(|_| franking_tag_of(&event.message).ok().flatten()),
            application_data: bytes,
            content: &content,
        };
        let genuine = match (frank, agent) {
            (Some(frank), Some(agent)) => judge_frank(&kit.library, &received, frank, agent),
            _ => Ok(()),
        };
        let objections = [
            ("frank-is-genuine", genuine.err()),
            ("franking-tag-fits", judge_tag(&received).err()),
            ("content-names-its-sender", judge_names(&received).err()),
        ];
        // Without an agent there is nobody to hold a frank against.
        let genuine = agent.is_some() && objections.iter().all(|(_, why)| why.is_none());
        for (rule, why) in objections {
            if let Some(why) = why.filter(|_| kit.rules.is_on(rule)) {
                return Err((rule, why));
            }
        }
        // What clients tell each other is nothing that a user could report.
        if let Some(frank) = frank.filter(|_| genuine && content.claims().is_none()) {
            self.keep_evidence(sender, bytes, frank, event.timestamp);
        }
        let seen = |frank: &Frank| SeenFrank { frank: Digest::of(&frank.encode()), genuine };
        Ok((content, frank.map(seen)))
    }

    /// Something for this client and not for its user.
    fn overhear(&mut self, sender: &ClientUri, said: &Content) {
        let claims = said.claims().map(|claims| claims.0).unwrap_or_default();
        self.heard.extend(claims.into_iter().map(|claim| (sender.clone(), claim)));
    }

    fn keep_evidence(&mut self, sender: &UserUri, bytes: &[u8], frank: &Frank, accepted_at: u64) {
        let newer = |kept: &Rc<AbusiveMessage>| kept.accepted_at >= accepted_at;
        if self.record.evidence.get(sender).is_some_and(newer) {
            return;
        }
        let (content, frank) = (bytes.to_vec(), frank.clone());
        let message = AbusiveMessage { content, frank, accepted_at };
        self.record.evidence.insert(sender.clone(), Rc::new(message));
    }

    fn deliver(
        &mut self,
        kit: &Kit,
        digest: Digest,
        (sender, epoch, bytes): (&Actor, u64, &[u8]),
        (content, frank): (Content, Option<SeenFrank>),
    ) -> Use {
        // A message without an id of the testbed's own goes by its hash.
        let id = content.extensions.message_id.unwrap_or_else(|| hex::encode(digest.0));
        if !Rc::make_mut(&mut self.record.delivered).insert(id.clone()) {
            return self.pass(kit, digest, "delivered before");
        }
        self.record.beats.came(epoch, Some(&sender.client));
        self.deliveries.push(Event::Delivered {
            room: self.uri.clone(),
            message: id,
            sender: sender.client.clone(),
            epoch,
            digest,
            content: Digest::of(bytes),
            frank,
        });
        Use::Done
    }
}
