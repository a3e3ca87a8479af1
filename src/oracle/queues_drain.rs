//! `queues_drain` (L10, R14): what a hub owes it pays, and then it owes nothing.
//!
//! Success is a promise that the message will be distributed. When the run ends, everything that
//! was durable before the probe has been handed to each provider that had a member at the time and
//! can be reached: a hub's queues do not grow without end.

use std::collections::{BTreeMap, BTreeSet};

use super::hub_log::Item;
use super::invariant::{self, Finding, Invariant, InvariantInfo, owed};
use super::ledger::{Ledger, begins, hub_of};
use super::receivers_may_receive::is_deaf;
use crate::mimi::uri::{ProviderName, RoomUri, UserUri};
use crate::trace::{Entry, Event, Kind, Phase};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "queues_drain",
    meaning: "what a hub accepted before the probe has reached every provider of a member",
    source: "L10; R14, R44; P06 §5.5",
    not_checked: "memory itself; the early events that clients keep, which end with the epoch \
                  that they wait for (convergence); what a provider does with what it confirmed",
    kind: invariant::Kind::Liveness,
    begin: || Box::new(QueuesDrain::default()),
};

#[derive(Default)]
struct QueuesDrain {
    /// What is owed: by room and place, the providers that have not confirmed.
    open: BTreeMap<(RoomUri, u64), BTreeSet<ProviderName>>,
    probing: bool,
}

impl Invariant for QueuesDrain {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        match &entry.event {
            Event::PhaseBegan { phase: Phase::Probe } => self.probing = true,
            Event::Durable { room, index } if !self.probing && entry.node == hub_of(room) => {
                self.open.insert((room.clone(), *index), owed_to(ledger, room, *index));
            }
            Event::FannedOut { room, index, to, .. } => {
                if let Some(providers) = self.open.get_mut(&(room.clone(), *index)) {
                    providers.remove(to);
                }
            }
            _ => {}
        }
        if !begins(entry, Phase::End) {
            return vec![];
        }
        let judged = |(uri, _)| owed(uri, &self.unpaid(ledger, uri));
        ledger.owed_rooms().filter_map(judged).collect()
    }
}

/// The providers that must get what has this place in the log. Who is on its way out (R22) or may
/// not receive (R51) gets no messages, nor does a provider that has nobody else.
fn owed_to(ledger: &Ledger, uri: &RoomUri, index: u64) -> BTreeSet<ProviderName> {
    let room = ledger.room(uri);
    let mut items = room.hub.items();
    let message = items.find(|item| item.index == index && item.kind == Kind::Message);
    // The hub gives it to whom it is for in the epoch that it takes it in, perhaps a later one than
    // the message's own; and by the time that it is durable, a commit may have come.
    let taken_in = message.map(|item| {
        let before = room.hub.items().filter(|before| before.n < item.n);
        before.filter_map(Item::begins).max().unwrap_or(item.epoch)
    });
    let listens = |user: &UserUri| {
        taken_in.is_none_or(|epoch| {
            !is_deaf(ledger, uri, epoch, user) && !room.leavers.contains_key(user)
        })
    };
    let then = taken_in.and_then(|epoch| room.hub.shadow_at(epoch));
    let members = then.map_or(room.hub.members(), |shadow| &shadow.members);
    let members = members.iter().filter(|member| listens(&member.user));
    let providers = members.map(|member| member.client.provider().clone());
    providers.filter(|provider| provider != uri.provider()).collect()
}

impl QueuesDrain {
    fn unpaid(&self, ledger: &Ledger, uri: &RoomUri) -> Vec<String> {
        let of_room = self.open.iter().filter(|((room, _), _)| room == uri);
        let mut open: BTreeMap<&ProviderName, Vec<u64>> = BTreeMap::new();
        for ((_, index), providers) in of_room {
            for provider in providers {
                open.entry(provider).or_default().push(*index);
            }
        }
        let reachable = |provider: &ProviderName| {
            ledger.health.servers_in_touch(provider.as_str(), hub_of(uri))
        };
        let open = open.into_iter().filter(|(provider, _)| reachable(provider));
        let tell = |(provider, places): (&ProviderName, Vec<u64>)| {
            format!("{provider} has not got {} things from place {} on", places.len(), places[0])
        };
        open.map(tell).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::mimi::uri::ProviderName;
    use crate::oracle::tests_support::{HUB, Story, adding, removing, room, user};
    use crate::trace::{Change, Event, Kind};

    fn owing() -> Story {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.accepted("A1", Kind::Message, 1, "message", Change::default());
        story.durable();
        story
    }

    fn told(mut story: Story) -> String {
        story.ends_in_debt();
        let found = story.verdict().violations;
        let found = found.iter().find(|it| it.invariant == "queues_drain");
        found.map_or(String::new(), |it| it.why.clone())
    }

    fn pays(story: &mut Story, index: u64) {
        let to = ProviderName::new("b.example").unwrap();
        story.push(HUB, Event::FannedOut { room: room(), index, to, attempts: 1 });
    }

    #[test]
    fn what_every_provider_confirmed_is_paid() {
        let mut story = owing();
        (0..3).for_each(|index| pays(&mut story, index));
        assert_eq!(told(story), "");
    }

    #[test]
    fn what_a_reachable_provider_never_confirmed_is_found() {
        let mut story = owing();
        pays(&mut story, 1);
        assert!(told(story).contains("b.example has not got 1 things from place 2 on"));
    }

    #[test]
    fn a_provider_whose_only_user_is_on_its_way_out_is_owed_no_message() {
        let mut story = Story::room_of(&["A1", "B1"]);
        let leave = removing(&["B1"], &["B1"]);
        story.accepted("B1", Kind::Proposals, 1, "leave", leave);
        story.durable();
        let user = user("B1");
        story.push(HUB, Event::Exiting { room: room(), user });
        story.accepted("A1", Kind::Message, 1, "message", Change::default());
        story.durable();
        (0..3).for_each(|index| pays(&mut story, index));
        assert_eq!(told(story), "");
    }

    #[test]
    fn a_provider_whose_only_user_is_let_back_in_is_owed_messages_again() {
        let mut story = Story::with_somebody_back("B1");
        story.accepted("A1", Kind::Message, 3, "message", Change::default());
        story.durable();
        (0..5).for_each(|index| pays(&mut story, index));
        assert!(told(story).contains("b.example has not got 1 things from place 5 on"));
    }

    #[test]
    fn a_provider_whose_only_user_may_not_receive_is_owed_no_message() {
        let paid_but_the_message = |mut story: Story| {
            (0..2).for_each(|index| pays(&mut story, index));
            told(story)
        };
        assert!(paid_but_the_message(owing()).contains("1 things from place 2 on"));
        let mut deaf = owing();
        deaf.nobody_may_receive(0);
        assert_eq!(paid_but_the_message(deaf), "");
    }

    #[test]
    fn who_comes_in_before_a_message_is_durable_and_after_it_was_taken_in_is_not_owed_it() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.accepted("A1", Kind::Message, 1, "message", Change::default());
        story.commit("A1", adding(&["C1"], &["C1"]));
        story.push(HUB, Event::Durable { room: room(), index: 2 });
        (0..4).for_each(|index| pays(&mut story, index));
        let to = ProviderName::new("c.example").unwrap();
        story.push(HUB, Event::FannedOut { room: room(), index: 3, to, attempts: 1 });
        assert_eq!(told(story), "");
    }

    #[test]
    fn a_right_that_goes_after_a_message_was_taken_in_takes_nothing_from_what_is_owed() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.accepted("A1", Kind::Message, 1, "message", Change::default());
        // It is on the disk only once the commit is that takes the right.
        story.commit("A1", Change::default());
        story.push(HUB, Event::Durable { room: room(), index: 2 });
        story.nobody_may_receive(2);
        (0..2).chain(3..4).for_each(|index| pays(&mut story, index));
        assert!(told(story).contains("from place 2 on"));
    }

    #[test]
    fn a_provider_that_is_cut_off_can_be_owed_something() {
        let mut story = owing();
        let (from, to) = ("a.example".to_owned(), "b.example".to_owned());
        story.push("world", Event::Partitioned { from, to });
        assert_eq!(told(story), "");
    }
}
