//! `servers_see_no_content` (I24): servers carry messages and read none; followers don't know
//! whose.
//!
//! The world looks through every body that was sent to a server or by one, and through the servers'
//! disks at the end, for the plaintext of messages; and through what followers were told, keep and
//! tell their clients, for the senders.

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::trace::{Entry, Event, Secret};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "servers_see_no_content",
    meaning: "no server is sent, keeps or tells plaintext, and no follower the sender of a message",
    source: "I24; P06 §5.4.1, §9; R40",
    not_checked: "what a user shows a hub on purpose (a report of abuse, R41); what dishonest \
                  nodes send; texts of less than 8 bytes, apart from \
                  their id; sizes and times, from which a follower may guess; and that a frank's signature fits one participant only, \
                  whom a follower can find by trying (frank)",
    kind: Kind::Safety,
    begin: || Box::new(ServersSeeNoContent),
};

struct ServersSeeNoContent;

impl Invariant for ServersSeeNoContent {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        match &entry.event {
            Event::Seen { room, secret, message, from, to, endpoint, .. } => {
                let on_purpose = endpoint.trim_start_matches("client/") == "reportAbuse";
                if on_purpose || !ledger.is_honest(from) {
                    return vec![];
                }
                let what = named(*secret);
                found(room, format!("{from} sent {to} {what} of message {message}, by {endpoint}"))
            }
            Event::Kept { room, secret, message, server } if ledger.is_honest(server) => {
                let what = named(*secret);
                found(room, format!("{server} keeps {what} of message {message} on its disk"))
            }
            _ => vec![],
        }
    }
}

fn named(secret: Secret) -> &'static str {
    match secret {
        Secret::Content => "the plaintext",
        Secret::Sender => "the sender",
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{HUB, Story, room};
    use crate::trace::{Event, Secret};

    fn seen(secret: Secret, from: &str, to: &str, endpoint: &str) -> Story {
        let mut story = Story::room_of(&["A1", "B1"]);
        let (from, to, endpoint) = (from.into(), to.into(), endpoint.into());
        let message = "m1".into();
        story.push(
            "world",
            Event::Seen { room: room(), secret, message, request: 1, from, to, endpoint },
        );
        story
    }

    #[test]
    fn plaintext_at_a_server_is_found() {
        let story = seen(Secret::Content, "A1", HUB, "client/submitMessage");
        story.fires_last("servers_see_no_content", "A1 sent a.example the plaintext of message m1");
    }

    #[test]
    fn a_sender_at_a_follower_is_found() {
        let story = seen(Secret::Sender, HUB, "b.example", "notify");
        story.fires_last("servers_see_no_content", "sent b.example the sender of message m1");
    }

    #[test]
    fn what_a_server_tells_or_keeps_is_found() {
        let story = seen(Secret::Content, HUB, "B1", "client/mailbox");
        story.fires_last("servers_see_no_content", "a.example sent B1 the plaintext of message m1");
        let mut story = Story::room_of(&["A1", "B1"]);
        let (secret, message, server) = (Secret::Sender, "m1".into(), "b.example".into());
        story.push("world", Event::Kept { room: room(), secret, message, server });
        story.fires_last("servers_see_no_content", "b.example keeps the sender of message m1");
    }

    #[test]
    fn what_is_shown_on_purpose_or_by_a_dishonest_node_is_in_order() {
        seen(Secret::Content, "A1", HUB, "client/reportAbuse").is_clean();
        seen(Secret::Content, "b.example", HUB, "reportAbuse").is_clean();
        let mut story = seen(Secret::Content, "A1", HUB, "client/submitMessage");
        story.header.dishonest = vec!["A1".into()];
        story.is_clean();
    }
}
