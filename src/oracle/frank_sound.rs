//! `frank_sound` (I23): a frank says what happened, and every message that has one brings it along.
//!
//! Sound: a frank that an honest client takes for genuine is the one that the hub gave to this
//! message, and the leaf's user is the one that the hub took it from. A message that the hub finds
//! genuine in a report was sent, as it is, by the user who is accused of it.
//!
//! Shown: what a client gives to its user with a frank, the user could report, whoever sent it: it
//! never shows what its sender could deny (P06 §5.4.1).
//!
//! Complete: where the hub has franked a message of an honest client, each honest client that
//! reads it finds the frank with it, genuine, and none refuses it for a rule about franks. Not
//! owed to clients of a dishonest provider, which may spoil what it hands on; nor where the hub
//! took the message from another user than its author, as a dishonest provider may say.

use std::collections::BTreeMap;

use super::invariant::{Finding, Invariant, InvariantInfo, Kind as Sort, found};
use super::ledger::Ledger;
use crate::mimi::uri::{ClientUri, RoomUri, UserUri};
use crate::trace::{Digest, Entry, Event, Evidence, Kind, SeenFrank};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "frank_sound",
    meaning: "a genuine frank names the true sender, and comes with every message that has one; \
              without one that holds, nothing franked is shown",
    source: "I23; R38, R39, R41; P06 §5.4.1, §5.9",
    not_checked: "rooms with a dishonest hub (it can frank what it likes); messages that the hub \
                  did not frank; whether they arrive at all (messages_delivered); reports that \
                  find nothing genuine",
    kind: Sort::Safety,
    begin: || Box::new(FrankSound::default()),
};

/// The rules by which a client refuses a message for its frank.
const RULES: [&str; 3] = ["frank-is-genuine", "franking-tag-fits", "content-names-its-sender"];

#[derive(Default)]
struct FrankSound {
    /// Whom the hub took each message from, by the hash of the MLS message.
    senders: BTreeMap<(RoomUri, Digest), UserUri>,
    /// The hash of each message's frank.
    franks: BTreeMap<(RoomUri, Digest), Digest>,
}

impl Invariant for FrankSound {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let node = entry.node.as_str();
        match &entry.event {
            Event::Accepted { room, kind: Kind::Message, digest, user, .. }
                if ledger.speaks_as_hub(node, room) =>
            {
                self.senders.insert((room.clone(), *digest), user.clone());
                vec![]
            }
            Event::Franked { room, digest, frank } if ledger.speaks_as_hub(node, room) => {
                self.franks.insert((room.clone(), *digest), *frank);
                vec![]
            }
            Event::Delivered { room, digest, sender, frank, .. } if judged(ledger, node, room) => {
                let wrong = match frank {
                    Some(SeenFrank { frank, genuine: true }) => {
                        self.not_given(ledger, room, digest, (sender, frank))
                    }
                    Some(SeenFrank { genuine: false, .. })
                        if self.franks.contains_key(&(room.clone(), *digest)) =>
                    {
                        Some("its frank did not hold: its sender could deny it".to_owned())
                    }
                    _ => self.kept_back(ledger, node, (room, digest)),
                };
                let tell = |wrong| format!("{node} delivered a message, and {wrong}");
                wrong.map_or(vec![], |wrong| found(room, tell(wrong)))
            }
            Event::Rejected { room, digest, rule, .. }
                if judged(ledger, node, room) && RULES.contains(&rule.as_str()) =>
            {
                let refused = self.is_owed(ledger, node, (room, digest));
                let why = format!("{node} refused a message that is genuine, by the rule {rule}");
                if refused { found(room, why) } else { vec![] }
            }
            Event::Reported { room, accused, evidence, .. } if ledger.speaks_as_hub(node, room) => {
                let genuine = evidence.iter().filter(|it| it.genuine);
                let mut wrong = genuine.filter(|it| !was_said(ledger, room, accused, it));
                wrong.next().map_or(vec![], |_| found(room, never_said(node, accused)))
            }
            _ => vec![],
        }
    }
}

/// Whether this client's word counts in this room.
fn judged(ledger: &Ledger, node: &str, room: &RoomUri) -> bool {
    ledger.is_honest(node) && ledger.hub_is_honest(room)
}

impl FrankSound {
    /// What is wrong with a frank that was taken for genuine, if anything.
    fn not_given(
        &self,
        ledger: &Ledger,
        room: &RoomUri,
        digest: &Digest,
        (sender, frank): (&ClientUri, &Digest),
    ) -> Option<String> {
        let key = (room.clone(), *digest);
        if self.franks.get(&key) != Some(frank) {
            return Some("took a frank for genuine that the hub never gave it".into());
        }
        let person = ledger.node_of(sender).and_then(|node| ledger.person(node))?;
        let named = self.senders.get(&key)?;
        let other = || format!("its frank names {named}, its leaf {}", person.user);
        (*named != person.user).then(other)
    }

    /// Whether a message that was delivered without a frank has one.
    fn kept_back(
        &self,
        ledger: &Ledger,
        node: &str,
        message: (&RoomUri, &Digest),
    ) -> Option<String> {
        let owed = self.is_owed(ledger, node, message);
        owed.then(|| "its frank was not there, though the hub gave it one".to_owned())
    }

    /// Whether this client is owed a genuine frank with this message.
    fn is_owed(&self, ledger: &Ledger, node: &str, (room, digest): (&RoomUri, &Digest)) -> bool {
        let franked = self.franks.contains_key(&(room.clone(), *digest));
        let id = ledger.mail.id_of(digest);
        let submission = id.and_then(|id| ledger.mail.submissions(id).first());
        let honest_sender = submission.is_some_and(|it| ledger.is_honest(&it.node));
        // A sender's provider can have the hub frank a message in another's name.
        let sender = submission.and_then(|it| ledger.person(&it.node)).map(|it| &it.user);
        let in_its_name = self.senders.get(&(room.clone(), *digest)) == sender;
        let provider = ledger.person(node).map(|person| person.client.provider());
        let honest_provider = provider.is_some_and(|it| ledger.is_honest(it.as_str()));
        franked && honest_sender && in_its_name && honest_provider
    }
}

/// Whether the accused sent this, as far as the trace can tell.
fn was_said(ledger: &Ledger, room: &RoomUri, accused: &UserUri, evidence: &Evidence) -> bool {
    ledger.mail.said(&evidence.content).any(|submission| {
        let person = ledger.person(&submission.node);
        // A dishonest client may be recorded under any name.
        submission.room == *room
            && (person.is_some_and(|person| person.user == *accused)
                || !ledger.is_honest(&submission.node))
    })
}

fn never_said(hub: &str, accused: &UserUri) -> String {
    format!("{hub} found a message genuine that {accused} never sent")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::tests_support::{HUB, Story, client, digest, room, user};
    use crate::trace::Change;

    /// A1 has sent m1, and the hub has franked it.
    fn franked() -> Story {
        let mut story = Story::room_of(&["A1", "B1", "B2"]);
        story.sends("A1", "m1");
        let (digest, frank) = (digest("m1"), digest("frank"));
        story.push(HUB, Event::Franked { room: room(), digest, frank });
        story
    }

    fn b1_reads(mut story: Story, seen: Option<SeenFrank>) -> Story {
        story.delivers("B1", "m1", "A1");
        story.amend(|event| {
            if let Event::Delivered { frank, .. } = event {
                *frank = seen;
            }
        });
        story
    }

    fn seen(frank: &str, genuine: bool) -> Option<SeenFrank> {
        Some(SeenFrank { frank: digest(frank), genuine })
    }

    fn reported(content: &str, accused: &str, genuine: bool) -> Event {
        let evidence = vec![Evidence { content: digest(content), genuine, why: String::new() }];
        let (reporter, accused) = (Some(user("B1")), user(accused));
        Event::Reported { room: room(), reporter, accused, evidence }
    }

    #[test]
    fn a_message_that_brings_its_frank_is_in_order() {
        b1_reads(franked(), seen("frank", true)).is_clean();
    }

    #[test]
    fn a_message_that_nobody_franked_needs_none() {
        let mut story = Story::room_of(&["A1", "B1", "B2"]);
        story.sends("A1", "m1");
        b1_reads(story, None).is_clean();
    }

    #[test]
    fn a_frank_that_the_hub_never_gave_is_found() {
        let story = b1_reads(franked(), seen("other", true));
        story.fires_last("frank_sound", "took a frank for genuine that the hub never gave it");
    }

    #[test]
    fn a_frank_that_names_another_sender_is_found() {
        let mut story = b1_reads(franked(), seen("frank", true));
        story.header.dishonest = vec!["C1".into()];
        story.amend(|event| {
            if let Event::Delivered { sender, .. } = event {
                *sender = client("C1");
            }
        });
        story.fires_last("frank_sound", "its frank names mimi://a.example/u/alice");
    }

    #[test]
    fn a_frank_that_is_lost_or_spoilt_on_the_way_is_found() {
        let story = b1_reads(franked(), None);
        story.fires_last("frank_sound", "its frank was not there");
        let story = b1_reads(franked(), seen("frank", false));
        story.fires_last("frank_sound", "its frank did not hold");
    }

    #[test]
    fn what_a_liar_could_deny_is_shown_to_nobody() {
        let mut story = b1_reads(franked(), seen("frank", false));
        story.header.dishonest = vec!["A1".into()];
        story.fires_last("frank_sound", "its sender could deny it");
    }

    #[test]
    fn a_dishonest_provider_owes_its_clients_no_frank() {
        let mut story = b1_reads(franked(), None);
        story.header.dishonest = vec!["b.example".into()];
        story.is_clean();
    }

    #[test]
    fn a_message_that_the_hub_franked_in_anothers_name_may_be_refused() {
        let mut story = Story::room_of(&["A1", "B1", "C1"]);
        story.submits("A1", "m1");
        story.accepted("A1", Kind::Message, story.epoch(), "m1", Change::default());
        story.amend(|event| {
            if let Event::Accepted { user: accepted, .. } = event {
                *accepted = user("C1");
            }
        });
        let (digest, frank, room) = (digest("m1"), digest("frank"), room());
        story.push(HUB, Event::Franked { room: room.clone(), digest, frank });
        let (rule, why) = ("frank-is-genuine".to_owned(), String::new());
        story.push("B1", Event::Rejected { room, digest, rule, why });
        story.is_clean();
    }

    #[test]
    fn a_genuine_message_that_is_refused_is_found() {
        let mut story = franked();
        let (digest, rule) = (digest("m1"), "franking-tag-fits".to_owned());
        story.push("B1", Event::Rejected { room: room(), digest, rule, why: String::new() });
        story.fires_last("frank_sound", "B1 refused a message that is genuine");
    }

    #[test]
    fn a_report_that_is_genuine_is_of_what_the_accused_said() {
        let mut story = franked();
        story.push(HUB, reported("content m1", "A1", true));
        story.push(HUB, reported("never said", "A1", false));
        story.is_clean();
        let mut story = franked();
        story.push(HUB, reported("content m1", "B1", true));
        story.fires_last("frank_sound", "mimi://b.example/u/bob never sent");
        let mut story = franked();
        story.push(HUB, reported("never said", "A1", true));
        story.fires_last("frank_sound", "never sent");
    }
}
