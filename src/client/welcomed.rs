//! The way in by a Welcome: somebody inside has added this client.
//!
//! A Welcome may come late, twice, or once more by whoever kept it, and nobody signs when that is
//! (N-03). Two things tell whether it leads on. The hub's time of it has to be later than that of
//! the removal that ended the last stay, which keeps off what was overtaken; and the epoch that it
//! leads to has to be one in which this client was not inside before (`welcome-leads-on`), which
//! keeps off what comes with another time.

use super::inbox::Use;
use super::job::Job;
use super::kit::Kit;
use super::room::{Room, Standing};
use crate::mimi::rules::Reading;
use crate::mimi::wire::{FanoutMessage, RatchetTreeOption};
use crate::mls::OpenedWelcome;
use crate::trace::{Digest, Way};

/// The rule that the epoch of a Welcome is held against.
const LEADS_ON: &str = "welcome-leads-on";

impl Room {
    pub(super) fn welcomed(
        &mut self,
        kit: &Kit,
        event: &FanoutMessage,
        tree: &RatchetTreeOption,
    ) -> Use {
        let digest = Digest::of(&event.message);
        let may_tie = kit.rules.readings().has(Reading::StampsMayTie);
        let out_since = self.record.out_since;
        if event.timestamp < out_since || (event.timestamp == out_since && !may_tie) {
            return self.pass(kit, digest, "of a stay that is over");
        }
        // Who has lost the room may have been taken out by a commit that it can't follow, and added
        // again: a Welcome of later than all that it knows leads on.
        let is_lost = self.record.recover.is_some() || !self.record.denials.is_none();
        let leads_on = is_lost && event.timestamp > self.record.led_at;
        // Whatever the hub said of it before, somebody lets this client in.
        let denials = std::mem::take(&mut self.record.denials);
        let is_inside = match self.record.standing {
            Standing::Member => !leads_on,
            standing => standing == Standing::Creating,
        };
        if is_inside {
            // Perhaps the removal that it follows is still under way (N-03).
            return Use::Early("already a member".to_owned());
        }
        if self.record.job.as_ref().is_some_and(Job::is_way_in) {
            // Two ways in at once: the external commit may be accepted already, and it removes
            // the leaf that this Welcome is for.
            return Use::Early("waiting to have joined".to_owned());
        }
        let RatchetTreeOption::Full(tree) = tree else {
            return self.refuse(kit, digest, "a Welcome without its ratchet tree");
        };
        let joined = OpenedWelcome::open(&kit.library, &self.uri, &event.message, tree);
        if let Ok(opened) = &joined
            && opened.epoch() <= self.last_inside()
            && kit.rules.is_on(LEADS_ON)
        {
            // This was nobody who does.
            self.record.denials = denials;
            self.used_key_packages += 1;
            let (to, inside) = (opened.epoch(), self.last_inside());
            let why = format!("it leads to epoch {to}, and this client was in epoch {inside}");
            self.reject(kit, digest, LEADS_ON, &why);
            return Use::Done;
        }
        match joined.and_then(|opened| opened.join(&kit.library)) {
            Ok(member) => {
                let joining = self.record.job.take().and_then(|job| job.wanted);
                self.member = Some(member);
                self.record.standing = Standing::Member;
                self.used_key_packages += 1;
                self.begin_stay();
                self.entered(kit, Way::Welcome, None);
                self.again(joining);
                Use::Done
            }
            Err(error) => self.refuse(kit, digest, &error.to_string()),
        }
    }

    /// The last epoch of which this client knows that it was in it with everybody. Of a stay that
    /// it has lost, that is only the first: what came after may have been a fork, which may be
    /// longer than what the others have.
    fn last_inside(&self) -> u64 {
        match self.record.standing {
            Standing::Member => self.record.first_epoch,
            _ => self.record.last_inside,
        }
    }
}
