//! `consent_respected` (I18): where consent is explicit, KeyPackages go only to those whom their
//! user has agreed to.
//!
//! The word of the user's own provider counts: what it noted before it handed out a KeyPackage.
//! The last word that is about the room, or about any, decides. A user's own clients need nobody's
//! leave.

use std::collections::BTreeMap;

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::mimi::uri::{ClientUri, RoomUri, UserUri};
use crate::trace::{Entry, Event};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "consent_respected",
    meaning: "where consent is explicit, no KeyPackage goes out without its user's consent",
    source: "I18; R57; P06 §5.7, §8",
    not_checked: "runs in which consent is implied; dishonest providers; whether a provider \
                  noted what its user said (nobody_stuck sees a wish that came to no end); what \
                  is done with a KeyPackage that was handed out in time",
    kind: Kind::Safety,
    begin: || Box::new(ConsentRespected::default()),
};

/// What each target has said to each requester, in order.
#[derive(Default)]
struct ConsentRespected {
    said: BTreeMap<(UserUri, UserUri), Vec<Word>>,
}

/// Whether a target agrees, of one room or of any.
struct Word {
    room: Option<RoomUri>,
    agrees: bool,
}

impl Invariant for ConsentRespected {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let counts = |target: &UserUri| entry.node == target.provider().as_str();
        match &entry.event {
            Event::ConsentGranted { requester, target, room } if counts(target) => {
                self.say(requester, target, room, true);
            }
            Event::ConsentRevoked { requester, target, room } if counts(target) => {
                self.say(requester, target, room, false);
            }
            Event::KeyPackageHandedOut { client, room, requester: Some(requester), .. }
                if ledger.explicit_consent && ledger.is_honest(&entry.node) =>
            {
                return self.handed_out(ledger, client, room, requester);
            }
            _ => {}
        }
        vec![]
    }
}

impl ConsentRespected {
    fn say(&mut self, requester: &UserUri, target: &UserUri, room: &Option<RoomUri>, agrees: bool) {
        let said = self.said.entry((requester.clone(), target.clone())).or_default();
        said.push(Word { room: room.clone(), agrees });
    }

    fn handed_out(
        &self,
        ledger: &Ledger,
        client: &ClientUri,
        room: &RoomUri,
        requester: &UserUri,
    ) -> Vec<Finding> {
        let Some(person) = ledger.node_of(client).and_then(|node| ledger.person(node)) else {
            // A client that nobody knows is `no_ghost`'s.
            return vec![];
        };
        let target = &person.user;
        let said = self.said.get(&(requester.clone(), target.clone()));
        let about = |word: &&Word| word.room.as_ref().is_none_or(|of| of == room);
        let last = said.and_then(|said| said.iter().rev().find(about));
        let what = match last {
            _ if requester == target => return vec![],
            Some(Word { agrees: true, .. }) => return vec![],
            Some(Word { agrees: false, .. }) => "has taken its consent back, or denied it",
            None => "has not agreed",
        };
        let name = ledger.name_of(client);
        found(room, format!("{requester} got a KeyPackage of {name}, whose user {target} {what}"))
    }
}

#[cfg(test)]
mod tests {
    use crate::mimi::uri::RoomUri;
    use crate::oracle::tests_support::{Story, client, digest, room, user};
    use crate::trace::Event;

    const BOBS: &str = "b.example";

    fn explicit() -> Story {
        let mut story = Story::room_of(&["A1"]);
        story.header.explicit_consent = true;
        story
    }

    fn grants(story: &mut Story, at: &str, of: Option<RoomUri>) {
        let (requester, target) = (user("A1"), user("B1"));
        story.push(at, Event::ConsentGranted { requester, target, room: of });
    }

    fn revokes(story: &mut Story, of: Option<RoomUri>) {
        let (requester, target) = (user("A1"), user("B1"));
        story.push(BOBS, Event::ConsentRevoked { requester, target, room: of });
    }

    fn hands_out(story: &mut Story, to: &str) {
        let event = Event::KeyPackageHandedOut {
            reference: digest(&format!("key package {}", story.last())),
            client: client("B1"),
            room: room(),
            requester: Some(user(to)),
            last_resort: false,
        };
        story.push(BOBS, event);
    }

    #[test]
    fn a_grant_for_the_room_or_for_any_covers_it_and_a_users_own_client_needs_none() {
        let mut story = explicit();
        hands_out(&mut story, "B2");
        grants(&mut story, BOBS, Some(room()));
        hands_out(&mut story, "A1");
        revokes(&mut story, Some(room()));
        grants(&mut story, BOBS, None);
        hands_out(&mut story, "A1");
        story.is_clean();
    }

    #[test]
    fn a_key_package_without_a_grant_is_found_unless_consent_is_implied() {
        let mut story = explicit();
        hands_out(&mut story, "A1");
        story.fires_last("consent_respected", "has not agreed");
        story.header.explicit_consent = false;
        story.is_clean();
    }

    #[test]
    fn a_key_package_after_the_revocation_is_found() {
        let mut story = explicit();
        grants(&mut story, BOBS, Some(room()));
        hands_out(&mut story, "A1");
        revokes(&mut story, None);
        hands_out(&mut story, "A1");
        story.fires_last("consent_respected", "has taken its consent back");
    }

    #[test]
    fn a_grant_for_another_room_or_noted_elsewhere_does_not_count() {
        let attic = RoomUri::parse("mimi://a.example/r/attic").unwrap();
        for (at, of) in [(BOBS, Some(attic)), ("a.example", None)] {
            let mut story = explicit();
            grants(&mut story, at, of);
            hands_out(&mut story, "A1");
            story.fires_last("consent_respected", "has not agreed");
        }
    }
}
