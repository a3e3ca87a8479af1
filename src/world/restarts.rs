//! What a client's restart is about to find: its MLS group, its own record of the room, and its
//! place in its mailbox.
//!
//! The cursor is a number. What it stands for is in the mail that the client was sent before it
//! stopped: the commits up to the cursor, which its group should have, and those after it, which
//! its group should not have.

use std::collections::BTreeMap;

use super::disk::Disks;
use super::inspect::{Found, Inspector, MailedCommit};
use super::tap::Tap;
use crate::mimi::uri::RoomUri;
use crate::trace::{Event, FoundCommit};

/// The commits of each room that a client was sent, by their numbers in its mailbox.
type Mailed = BTreeMap<RoomUri, BTreeMap<u64, FoundCommit>>;

/// The events to record when the client that `node` names restarts from these disks.
pub fn found(inspector: &dyn Inspector, node: &str, disks: &Disks, tap: &Tap) -> Vec<Event> {
    let mut mailed = Mailed::new();
    for (endpoint, body) in tap.answers_to(node) {
        for MailedCommit { sequence, room, commit } in inspector.mailed_commits(endpoint, &body) {
            mailed.entry(room).or_default().insert(sequence, commit);
        }
    }
    let found = inspector.found(disks).into_iter();
    found.map(|found| event(mailed.get(&found.room), &found)).collect()
}

fn event(mailed: Option<&BTreeMap<u64, FoundCommit>>, found: &Found) -> Event {
    let mailed = mailed.into_iter().flatten();
    let (read, unread): (Vec<_>, Vec<_>) = mailed.partition(|(place, _)| **place <= found.cursor);
    let of = |(_, commit): (&u64, &FoundCommit)| *commit;
    let read: Vec<_> = read.into_iter().map(of).collect();
    let unread = unread.into_iter().map(of);
    Event::RestartFound {
        room: found.room.clone(),
        inside: found.inside,
        lost: found.lost,
        group: found.group.clone(),
        first_epoch: found.first_epoch,
        commit: found.commit,
        cursor: found.cursor,
        // What comes twice is read once.
        unread: unread.filter(|commit| !read.contains(commit)).collect(),
        read: read
            .into_iter()
            .filter(|commit| !found.kept.contains(&commit.digest))
            .max_by_key(|commit| commit.epoch),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Digest;

    fn commit(epoch: u64) -> FoundCommit {
        FoundCommit { digest: Digest::of(&[epoch as u8]), epoch }
    }

    fn read_and_unread(
        cursor: u64,
        mailed: &[(u64, u64)],
        kept: &[u64],
    ) -> (Option<u64>, Vec<u64>) {
        let mailed: BTreeMap<_, _> = mailed.iter().map(|(n, epoch)| (*n, commit(*epoch))).collect();
        let found = Found {
            room: RoomUri::parse("mimi://a.example/r/r").unwrap(),
            inside: true,
            lost: false,
            group: None,
            first_epoch: 0,
            commit: None,
            cursor,
            kept: kept.iter().map(|epoch| commit(*epoch).digest).collect(),
        };
        match event(Some(&mailed), &found) {
            Event::RestartFound { read, unread, .. } => {
                (read.map(|it| it.epoch), unread.iter().map(|it| it.epoch).collect())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_cursor_parts_what_was_read_from_what_was_not() {
        assert_eq!(read_and_unread(2, &[(1, 4), (2, 5), (3, 6)], &[]), (Some(5), vec![6]));
        assert_eq!(read_and_unread(0, &[(1, 4)], &[]), (None, vec![4]));
    }

    #[test]
    fn what_was_kept_for_later_is_not_read_and_what_came_twice_is_not_unread() {
        assert_eq!(read_and_unread(2, &[(1, 4), (2, 6)], &[6]), (Some(4), vec![]));
        assert_eq!(read_and_unread(1, &[(1, 4), (2, 4), (3, 5)], &[]), (Some(4), vec![5]));
    }
}
