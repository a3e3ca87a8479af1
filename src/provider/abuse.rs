//! Reports of abusive messages, for the rooms of this hub (P06 §5.9, R41).
//!
//! A report is taken where it is well-formed and made in the reporter's own name; what its evidence
//! is worth goes on record and not into the answer. So nobody can learn by trying whether a made-up
//! message would pass. A reporter who is named and listed needs a role that may report; who is out
//! of the room may still report what it got there.
//!
//! What a provider does about a user who was reported, the drafts leave open. Here a hub acts where
//! the room itself made it an enforcer: where its server is preauthorised for a role that may ban
//! (RP03 §4), a genuine report has the accused banned. Any other hub only takes note.

use std::rc::Rc;

use bytes::Bytes;

use super::Inner;
use super::answer::{Failure, answer};
use super::room::Asker;
use crate::mimi::policy::Capability;
use crate::mimi::rules::servers;
use crate::mimi::uri::{RoomUri, UserUri};
use crate::mimi::wire::{AbuseReport, AbusiveMessage};
use crate::trace::{Digest, Event, Evidence};

impl Inner {
    /// Answers `reportAbuse`: 201, without a body.
    pub(super) async fn report_abuse(
        self: &Rc<Self>,
        asker: &Asker,
        room: &RoomUri,
        body: &Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        let report =
            AbuseReport::decode(body).map_err(|error| Failure::malformed(&error).about(room))?;
        if let Some(reporter) = &report.reporting_user
            && !asker.may_send_as(reporter)
        {
            let why = format!("{reporter} is not a user that the peer speaks for");
            return Err(Failure::new(403, "peer-is-who-it-says", &why).about(room));
        }
        let lacks = |user: &UserUri| {
            self.with_room(room, |it| {
                let state = it.view.state();
                state.is_participant(user) && !state.can(user, Capability::REPORT_ABUSE)
            })
        };
        let mute = report.reporting_user.as_ref().map_or(Ok(false), lacks)?;
        if mute && self.setup.rules.is_on("may-report") {
            let why = format!("the reporter's role lacks {}", Capability::REPORT_ABUSE);
            return Err(Failure::new(403, "may-report", &why).about(room));
        }
        self.with_room(room, |_| ())?;
        let accused = &report.alleged_abuser;
        let evidence = report.messages.iter().map(|message| self.weigh(room, accused, message));
        let evidence: Vec<_> = evidence.collect();
        let proven = evidence.iter().any(|one| one.genuine);
        self.setup.journal.record(Event::Reported {
            room: room.clone(),
            reporter: report.reporting_user.clone(),
            accused: accused.clone(),
            evidence,
        });
        if proven {
            self.enforce(room, accused).await?;
        }
        Ok(answer(201, Bytes::new()))
    }

    /// Has the user banned, where the room lets its hub do so.
    async fn enforce(self: &Rc<Self>, uri: &RoomUri, accused: &UserUri) -> Result<(), Failure> {
        let enforces = self.with_room(uri, |room| {
            let enforces = servers::may_ban(room.view.state(), &self.setup.name);
            if enforces {
                room.record.unwanted.insert(accused.clone());
            }
            enforces
        })?;
        if enforces {
            self.sync().await;
            self.clear_out_later(uri);
        }
        Ok(())
    }

    fn weigh(&self, room: &RoomUri, accused: &UserUri, message: &AbusiveMessage) -> Evidence {
        let found = match self.franker.verify(&self.library, room, message) {
            Ok(sender) if sender != *accused => Err(format!("{sender} sent it")),
            other => other,
        };
        Evidence {
            content: Digest::of(&message.content),
            genuine: found.is_ok(),
            why: found.err().unwrap_or_default(),
        }
    }
}
