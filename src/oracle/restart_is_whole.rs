//! `restart_is_whole` (I7): a restart finds all of a commit, or nothing of it.
//!
//! Three things on a client's disk tell where it is in a room: the MLS group, its own record of the
//! room, and its place in its mailbox. After a restart they must tell the same. Where the record
//! says that there is a group, there is one; its epoch was entered, by the commit that the record
//! names and with the same room state; the mailbox is not past a commit that the group lacks
//! (N-01), nor the group past one that the mailbox has not given, but for the client's own, which
//! an answer brings first.

use std::collections::{BTreeMap, BTreeSet};

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::mimi::uri::RoomUri;
use crate::trace::{Digest, Entry, Event, FoundCommit, FoundGroup, Way};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "restart_is_whole",
    meaning: "after a restart, MLS group, room record and mailbox cursor refer to the same commit",
    source: "I7; N-01, N-22",
    not_checked: "whether the found state is the last one (what was not durable may be lost); a \
                  creation that the hub has not accepted, which nobody has entered yet; commits \
                  that the client rejected or passed over; the mailbox in a stay that the client \
                  has set out to end by coming back, as when its mail was dropped before a \
                  rollback let it read it again; dishonest clients",
    kind: Kind::Safety,
    begin: || Box::new(RestartIsWhole::default()),
};

#[derive(Default)]
struct RestartIsWhole {
    /// What led to each epoch that a client entered, by its authenticator.
    entered: BTreeMap<(String, RoomUri, Digest), Step>,
    /// Commits that a client made itself, or had no use for.
    settled: BTreeSet<(String, Digest)>,
    /// The stay that each client is in: its number, and its first epoch.
    stays: BTreeMap<(String, RoomUri), (u64, u64)>,
    /// Stays, by their first epoch, that a client set out to end, since mail leads on from none.
    given_up: BTreeSet<(String, RoomUri, u64)>,
}

/// A step into an epoch.
#[derive(PartialEq, Eq)]
struct Step {
    epoch: u64,
    state: Digest,
    commit: Option<Digest>,
}

impl Invariant for RestartIsWhole {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        if !ledger.is_honest(&entry.node) {
            return vec![];
        }
        match &entry.event {
            Event::Entered { room, epoch, stay, authenticator, state, commit, way, .. } => {
                let place = (entry.node.clone(), room.clone(), *authenticator);
                let step = Step { epoch: *epoch, state: state.hash, commit: *commit };
                self.entered.insert(place, step);
                let now = self.stays.entry((entry.node.clone(), room.clone())).or_default();
                if now.0 != *stay {
                    *now = (*stay, *epoch);
                }
                let own = commit.filter(|_| *way == Way::OwnCommit);
                self.settled.extend(own.map(|digest| (entry.node.clone(), digest)));
            }
            Event::Rejected { digest, .. } | Event::Passed { digest, .. } => {
                self.settled.insert((entry.node.clone(), *digest));
            }
            Event::Resyncing { room, .. } => {
                let (node, room) = (entry.node.clone(), room.clone());
                let stay = self.stays.get(&(node.clone(), room.clone()));
                self.given_up.extend(stay.map(|(_, first_epoch)| (node, room, *first_epoch)));
            }
            Event::RestartFound {
                room,
                inside,
                lost,
                group,
                first_epoch,
                commit,
                read,
                unread,
                ..
            } => {
                let node = entry.node.as_str();
                let stay = (entry.node.clone(), room.clone(), *first_epoch);
                let given_up = *lost || self.given_up.contains(&stay);
                let why = match group {
                    None => inside.then(|| "its record says that there is a group".to_owned()),
                    Some(_) if !inside => Some("its record says that there is no group".to_owned()),
                    Some(group) => self.record(node, room, group, *commit).or_else(|| {
                        let mailbox = || self.mailbox(node, group, *first_epoch, *read, unread);
                        (!given_up).then(mailbox).flatten()
                    }),
                };
                let tell = |why| match group {
                    Some(group) => {
                        format!(
                            "{node} restarts with its group at epoch {}, and {why}",
                            group.epoch
                        )
                    }
                    None => format!("{node} restarts without a group, and {why}"),
                };
                return why.map_or(vec![], |why| found(room, tell(why)));
            }
            _ => {}
        }
        vec![]
    }
}

impl RestartIsWhole {
    /// How group and record differ, if they do.
    fn record(
        &self,
        node: &str,
        room: &RoomUri,
        group: &FoundGroup,
        commit: Option<Digest>,
    ) -> Option<String> {
        let place = (node.to_owned(), room.clone(), group.authenticator);
        let found = Step { epoch: group.epoch, state: group.state, commit };
        match self.entered.get(&place) {
            Some(step) if *step == found => None,
            Some(step) if step.commit != commit => {
                let name = |commit: Option<Digest>| commit.map_or("none".into(), |it| it.short());
                let (led, has) = (name(step.commit), name(commit));
                Some(format!("its record names the commit {has}, where {led} led to that epoch"))
            }
            Some(_) => Some("that is not how it entered that epoch".into()),
            None => (group.epoch > 0).then(|| "it never entered that epoch in that state".into()),
        }
    }

    /// How group and mailbox differ, if they do.
    fn mailbox(
        &self,
        node: &str,
        group: &FoundGroup,
        first_epoch: u64,
        read: Option<FoundCommit>,
        unread: &[FoundCommit],
    ) -> Option<String> {
        let settled = |commit: &FoundCommit| self.settled.contains(&(node.into(), commit.digest));
        let of_stay = |commit: &&FoundCommit| commit.epoch >= first_epoch && !settled(commit);
        let lacks = read.as_ref().filter(of_stay).filter(|commit| commit.epoch >= group.epoch);
        if let Some(FoundCommit { epoch, .. }) = lacks {
            return Some(format!("its mailbox is past the commit of epoch {epoch}"));
        }
        let ahead = unread.iter().filter(of_stay).find(|commit| commit.epoch < group.epoch)?;
        Some(format!("its mailbox has still to give it the commit of epoch {}", ahead.epoch))
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{Story, digest, state_hash};
    use crate::trace::{Event, FoundCommit, FoundGroup, Way};

    /// A1's commits lead the room to epoch 3; B1 came in at epoch 1 and followed to `at`.
    fn followed_to(at: u64) -> Story {
        let mut story = Story::room_of(&["A1", "B1"]);
        for epoch in 2..=3 {
            story.update("A1");
            story.enters("A1");
            if epoch <= at {
                story.enters("B1");
            }
        }
        story
    }

    fn commit_of(epoch: u64) -> FoundCommit {
        FoundCommit { digest: digest(&format!("commit {}", epoch + 1)), epoch }
    }

    /// B1's restart finds its group at `group`, the record of `record`, and a mailbox read up to
    /// the commit that leads to `read`.
    fn finds(story: &mut Story, group: u64, record: u64, read: u64) {
        story.crashes("B1", false);
        let read_to = |epoch: u64| (epoch > 1).then(|| commit_of(epoch - 1));
        let found = FoundGroup {
            epoch: group,
            authenticator: digest(&format!("authenticator {group}")),
            state: state_hash(story, group),
        };
        story.push(
            "B1",
            Event::RestartFound {
                room: crate::oracle::tests_support::room(),
                inside: true,
                lost: false,
                group: Some(found),
                first_epoch: 1,
                commit: story.commit_to(record),
                cursor: read,
                read: read_to(read),
                unread: (read..3).map(commit_of).collect(),
            },
        );
    }

    #[test]
    fn a_restart_before_or_after_a_step_is_in_order() {
        for epoch in 1..=3 {
            let mut story = followed_to(3);
            finds(&mut story, epoch, epoch, epoch);
            story.is_clean();
        }
    }

    #[test]
    fn a_record_of_another_epoch_than_the_groups_is_found() {
        let mut story = followed_to(3);
        finds(&mut story, 3, 2, 3);
        story.fires_last("restart_is_whole", "its record names the commit");
    }

    #[test]
    fn a_mailbox_that_is_past_what_the_group_has_is_found() {
        let mut story = followed_to(3);
        finds(&mut story, 2, 2, 3);
        story.fires_last("restart_is_whole", "its mailbox is past the commit of epoch 2");
    }

    #[test]
    fn a_stay_that_a_client_has_given_up_may_lack_what_its_mailbox_is_past() {
        let mut story = followed_to(2);
        let room = crate::oracle::tests_support::room();
        story.push("B1", Event::Resyncing { room, why: "mail was dropped".to_owned() });
        finds(&mut story, 1, 1, 2);
        // It came back, and lost that again in a crash.
        story.joins("B1", Way::ExternalCommit);
        finds(&mut story, 1, 1, 2);
        story.is_clean();
    }

    #[test]
    fn a_group_that_is_past_its_mailbox_is_found_unless_by_an_own_commit() {
        let mut story = followed_to(3);
        finds(&mut story, 3, 3, 2);
        story.fires_last("restart_is_whole", "has still to give it the commit of epoch 2");
        for entry in &mut story.entries {
            if let (Event::Entered { way, epoch: 3, .. }, "B1") = (&mut entry.event, &*entry.node) {
                *way = Way::OwnCommit;
            }
        }
        story.is_clean();
    }

    #[test]
    fn the_mailbox_of_a_client_that_knows_that_it_is_lost_is_no_matter() {
        let mut story = followed_to(3);
        finds(&mut story, 2, 2, 3);
        story.amend(|event| {
            if let Event::RestartFound { lost, .. } = event {
                *lost = true;
            }
        });
        story.is_clean();
    }

    #[test]
    fn a_group_that_was_never_entered_is_found() {
        let mut story = followed_to(2);
        finds(&mut story, 3, 3, 3);
        story.fires_last("restart_is_whole", "it never entered that epoch");
    }

    #[test]
    fn a_record_without_its_group_is_found() {
        let mut story = followed_to(3);
        finds(&mut story, 3, 3, 3);
        story.amend(|event| {
            if let Event::RestartFound { group, .. } = event {
                *group = None;
            }
        });
        story.fires_last("restart_is_whole", "without a group, and its record says that there is");
    }
}
