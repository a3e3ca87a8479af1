//! Reporting abuse to the room's hub: the newest message of a user, with its frank (P06 §5.9).

use super::job::{Job, Kind, Wanted};
use super::kit::Kit;
use super::room::Room;
use crate::mimi::content::{Content, NestedPart};
use crate::mimi::uri::UserUri;
use crate::mimi::wire::{AbuseReport, AbusiveMessage};
use crate::trace::Fate;

/// The draft reserves 0 and defines no reason yet.
const NO_REASON: u8 = 0;

impl Room {
    /// Reports the newest genuine message of `accused`. Where the user has the report `claim` that
    /// something else was said, that is what it says: only the hub can tell.
    pub(super) fn begin_report(
        &mut self,
        kit: &Kit,
        wanted: Wanted,
        accused: &UserUri,
        claim: Option<&str>,
    ) {
        let Some(kept) = self.record.evidence.get(accused) else {
            let why = format!("no message of {accused} came with a genuine frank");
            return self.end(kit, &wanted, Fate::Refused, &why);
        };
        let kept = AbusiveMessage::clone(kept);
        let message = claim.map_or(kept.clone(), |claim| claiming(kept, claim));
        let report = AbuseReport {
            reporting_user: Some(kit.actor.user.clone()),
            alleged_abuser: accused.clone(),
            reason: NO_REASON,
            note: String::new(),
            messages: vec![message],
            extensions: Vec::new(),
        };
        let about = format!("{} report", wanted.wish.intent);
        self.begin(Job::new(Kind::Report, Some(wanted), about, report.encode()));
    }

    /// The hub has taken the report.
    pub(super) fn reported(&mut self, kit: &Kit, job: Job) {
        if let Some(wanted) = job.wanted {
            self.end(kit, &wanted, Fate::Done, "the hub has it");
        }
    }
}

/// The message with another text in it.
fn claiming(kept: AbusiveMessage, claim: &str) -> AbusiveMessage {
    // What is kept was decoded before.
    match Content::decode(&kept.content) {
        Ok(content) => {
            let content = Content { part: NestedPart::text(claim), ..content }.encode();
            AbusiveMessage { content, ..kept }
        }
        Err(_) => kept,
    }
}
