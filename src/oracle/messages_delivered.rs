//! `messages_delivered` (L2): an accepted message reaches everyone it was meant for.
//!
//! Judged at the end: each application message that the hub accepted from an honest sender was
//! delivered by every honest client that was a member in its epoch, or reported as unreadable.
//!
//! Not owed to: its sender; clients that are out of the room, down, offline or cut off at the end;
//! clients whose user's account has ended; clients whose user was on its way out when the hub
//! accepted it (R22); clients whose present stay began in a later epoch, and those that the room's
//! policy does not let back in after they lost their way; users whose role may not receive.

use super::hub_log::Item;
use super::invariant::{Finding, Invariant, InvariantInfo, Kind as Sort, owed};
use super::ledger::{Ledger, begins};
use super::receivers_may_receive::is_deaf;
use super::room::Room;
use crate::mimi::uri::RoomUri;
use crate::trace::{Entry, Kind, Member, Phase};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "messages_delivered",
    meaning: "an accepted message is delivered, or reported, by every member of its epoch",
    source: "L2; R14; P06 §5.5",
    not_checked: "rooms with a dishonest hub; what was never accepted; messages whose \
                  submission, and epochs whose members, the trace does not have",
    kind: Sort::Liveness,
    begin: || Box::new(MessagesDelivered),
};

struct MessagesDelivered;

impl Invariant for MessagesDelivered {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        if !begins(entry, Phase::End) {
            return vec![];
        }
        let judged = |(uri, room)| owed(uri, &missing(ledger, uri, room));
        ledger.owed_rooms().filter_map(judged).collect()
    }
}

fn missing(ledger: &Ledger, uri: &RoomUri, room: &Room) -> Vec<String> {
    let mut reasons = vec![];
    for item in room.hub.items().filter(|item| item.kind == Kind::Message) {
        let Some(message) = ledger.mail.id_of(&item.digest) else { continue };
        let Some(sender) = ledger.mail.submissions(message).first() else { continue };
        let Some(shadow) = room.hub.shadow_at(item.epoch) else { continue };
        if !ledger.is_honest(&sender.node) {
            continue;
        }
        let readers = shadow.members.iter().filter_map(|m| reader(ledger, uri, room, item, m));
        for node in readers.filter(|node| *node != sender.node) {
            if !ledger.mail.settled(node, message, &item.digest) {
                reasons.push(format!(
                    "{node} neither delivered message {message} of {} nor reported it, which the \
                     hub accepted in epoch {}",
                    sender.node, item.epoch
                ));
            }
        }
    }
    reasons
}

/// The member's node, if the message is owed to it.
fn reader<'a>(
    ledger: &'a Ledger,
    uri: &RoomUri,
    room: &Room,
    item: &Item,
    member: &Member,
) -> Option<&'a str> {
    let node = ledger.node_of(&member.client)?;
    let still = room.hub.members().iter().any(|now| now.client == member.client);
    let leaving = room.leavers.get(&member.user).is_some_and(|leave| leave.since < item.n);
    let place = room.places.get(node);
    // Who takes itself for removed and is not is `convergence`'s.
    let missed = place.is_some_and(|place| place.removed || place.since > item.epoch);
    let able = ledger.is_honest(node) && ledger.in_touch(node, uri) && !ledger.is_barred(uri, node);
    let now = place.map_or(item.epoch, |place| place.epoch);
    // The hub withheld it by the epoch that it took it in, the client by the one that it was in.
    let mut between = item.epoch..=now.max(item.epoch);
    let deaf = between.any(|at| is_deaf(ledger, uri, at, &member.user));
    (still && able && !leaving && !missed && !deaf).then_some(node)
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{HUB, Story, digest, removing, room, user};
    use crate::trace::{Event, Kind, Way};

    fn sent() -> Story {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.sends("A1", "m1");
        story
    }

    #[test]
    fn a_message_that_all_other_members_deliver_or_report_is_settled() {
        let mut story = Story::room_of(&["A1", "B1", "B2"]);
        story.sends("A1", "m1");
        story.delivers("B1", "m1", "A1");
        let (digest, why) = (digest("m1"), "too old".to_owned());
        story.push("B2", Event::Unreadable { room: room(), digest, epoch: 1, why });
        story.ends();
        story.is_clean();
    }

    #[test]
    fn a_message_that_a_member_never_delivers_is_found_at_the_end() {
        let mut story = sent();
        story.ends();
        story.fires_last("messages_delivered", "B1 neither delivered message m1 of A1");
    }

    #[test]
    fn a_message_is_not_owed_to_clients_that_joined_later_or_are_gone() {
        let mut story = sent();
        story.commit("A1", removing(&["B1"], &["B1"]));
        story.enters("A1");
        story.removed("B1");
        story.commit("A1", crate::oracle::tests_support::adding(&["C1"], &["C1"]));
        story.enters("A1");
        story.joins("C1", Way::Welcome);
        story.ends();
        story.is_clean();
    }

    #[test]
    fn a_client_that_rejoined_is_owed_only_what_comes_after() {
        let mut story = sent();
        story.commit_of("B1", Kind::ExternalCommit, Default::default(), &[]);
        story.joins("B1", Way::ExternalCommit);
        story.enters("A1");
        story.ends();
        story.is_clean();
        let mut story = Story::room_of(&["A1", "B1"]);
        story.commit_of("B1", Kind::ExternalCommit, Default::default(), &[]);
        story.joins("B1", Way::ExternalCommit);
        story.enters("A1");
        story.sends("A1", "m2");
        story.ends();
        story.fires_last("messages_delivered", "message m2");
    }

    #[test]
    fn a_user_whose_own_provider_ended_the_account_is_owed_nothing() {
        let ended = |at: &str| {
            let mut story = sent();
            story.push(at, Event::AccountDeleted { user: user("B1") });
            story.ends();
            story
        };
        ended("b.example").is_clean();
        ended("c.example").fires_last("messages_delivered", "B1 neither delivered");
    }

    #[test]
    fn a_client_that_is_away_at_the_end_owes_nothing() {
        for event in [Event::Crashed, Event::Offline] {
            let mut story = sent();
            story.push("B1", event);
            story.ends();
            story.is_clean();
        }
    }

    #[test]
    fn a_user_on_its_way_out_is_not_owed_what_comes_after() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.push(HUB, Event::Exiting { room: room(), user: user("B1") });
        story.sends("A1", "m1");
        story.ends();
        let end = story.last();
        story.fires(&[("leave_completes", end)]);
    }

    #[test]
    fn a_user_that_was_on_its_way_out_and_is_let_back_in_is_owed_what_comes_after() {
        let mut story = Story::with_somebody_back("B1");
        story.sends("A1", "m1");
        story.ends();
        story.fires_last("messages_delivered", "B1 neither delivered message m1 of A1");
    }
}
