//! Lies: for each rule that a client can break, a request that breaks it and as little else as can
//! be; and for what a liar does beside that, the requests that it takes.
//!
//! A lie is made with all that the client has: its signature key, its groups, its provider's trust.
//! It is built on a copy of the client's disk, so that the honest client beside it knows nothing of
//! it. Which rules have none here is for the reader of [`LIES`] to see: those that OpenMLS does not
//! let a member break, and those that are a server's to keep. [`DEEDS`] are behaviours of their own
//! in the catalogue: what they break is no rule, or none that anybody can hold them against.
//!
//! Not here: sending a lie, and when (`liar`).

mod handshakes;
mod messages;
mod poison;
mod requests;
mod ways_in;

use crate::mimi::local::{Errand, LocalRoute};
use crate::mimi::rules::Actor;
use crate::mimi::uri::{ClientUri, RoomUri, UserUri};
use crate::mimi::wire::Route;
use crate::mls::{Identity, Library, Member, MlsError, OpenedGroupInfo};

/// A client from within: a copy of what it has of a room.
pub struct Inside {
    /// Who it is.
    pub actor: Actor,
    /// Its key.
    pub identity: Identity,
    /// The library, with its groups.
    pub library: Library,
    /// Its side of the room's group.
    pub member: Member,
    /// The room.
    pub room: RoomUri,
    /// The user whom the lie is about; where that is nobody else, the own one.
    pub victim: UserUri,
    /// KeyPackages of that user that went through the hub, where the lie needs some.
    pub material: Vec<Vec<u8>>,
    /// The way in from outside, where the lie needs it.
    pub group_info: Option<OpenedGroupInfo>,
    /// How often the liar has tried, with this try.
    pub attempt: u32,
}

/// What a lie needs beside the copy of the disk, to be got in the honest way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// KeyPackages of the victim.
    Material,
    /// The room's GroupInfo.
    GroupInfo,
    /// KeyPackages of the victim, kept until they are over.
    OldMaterial,
}

/// A request that is a lie.
pub struct Forged {
    /// The path of the URL.
    pub path: String,
    /// The endpoint's name in traces.
    pub endpoint: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

/// How a rule is broken, or a deed done.
pub struct Lie {
    /// The id of the rule, or of the behaviour.
    pub id: &'static str,
    /// What it takes.
    pub needs: Needs,
    /// Whether it is told again and again, as long as the plan is on.
    pub repeats: bool,
    /// Makes it.
    pub build: fn(&mut Inside) -> Result<Forged, MlsError>,
}

/// All lies against rules; a list that grows at its end.
pub static LIES: &[Lie] = &[
    lie("known-references", handshakes::names_what_was_never_sent),
    lie("only-known-proposals", handshakes::proposes_other_extensions),
    with(Needs::GroupInfo, "external-commit-shape", handshakes::brings_somebody_along),
    lie("client-changes-once", handshakes::removes_a_client_twice),
    lie("one-metadata-update", handshakes::renames_twice),
    lie("roles-apart-from-list", handshakes::changes_roles_and_list),
    lie("preauthorisation-apart-from-list", handshakes::preauthorises_and_lists),
    lie("list-update-applies", handshakes::removes_somebody_who_is_not_there),
    with(Needs::Material, "listed-before-member", handshakes::adds_clients_of_nobody),
    lie("clients-leave-with-user", handshakes::unlists_and_keeps_the_clients),
    lie("message-epoch-not-newer", messages::is_from_the_future),
    lie("peer-is-who-it-says", requests::speaks_for_another_client),
    lie("body-at-most-1-mib", requests::says_too_much),
    lie("body-is-well-formed", requests::says_nothing),
    lie("room-is-known", requests::is_about_a_room_that_is_not),
    lie("key-material-through-the-hub", handshakes::adds_a_client_past_the_hub),
    lie("key-material-is-signed", requests::asks_for_keys_without_a_signature),
    lie("group-info-is-signed", requests::asks_for_a_group_info_without_a_signature),
    lie("room-is-new", requests::creates_the_room_again),
    lie("route-is-known", requests::writes_where_one_reads),
    lie("valid-mls", handshakes::is_not_signed),
    lie("group-info-matches", handshakes::brings_a_wrong_group_info),
    lie("franking-tag-fits", messages::has_a_tag_of_something_else),
    lie("content-names-its-sender", messages::names_another_sender),
    lie("obliged-list-change", handshakes::leaves_the_list_as_it_is),
    lie("external-senders-fit", handshakes::says_who_may_propose),
    with(Needs::OldMaterial, "key-package-not-expired", handshakes::adds_by_what_is_over),
    lie("protocol-is-spoken", requests::asks_in_another_protocol),
];

/// All that a liar does under a name of its own, in the order of the catalogue.
pub static DEEDS: &[Lie] = &[
    lie("client.poisons-commit", poison::commits_with_a_wrong_tag),
    lie("client.poisons-path", poison::locks_out_the_victim),
    lie("client.poisons-dictionary", poison::commits_another_room_state),
    lie("client.poisons-proposal", poison::proposes_for_nobody),
    lie("client.poisons-group-info", poison::shuts_the_way_in),
    again(with(Needs::GroupInfo, "client.storms", ways_in::comes_in)),
    with(Needs::GroupInfo, "client.joins-twice", ways_in::comes_in_as_another_leaf),
    with(Needs::GroupInfo, "client.resyncs-with-stolen-key", ways_in::comes_in),
    again(lie("client.repeats-itself", messages::is_the_same_once_more)),
    lie("client.jumps-generation", messages::is_far_ahead),
    again(lie("client.hoards-key-packages", requests::asks_for_keys_to_keep)),
    lie("client.skips-proposals", handshakes::leaves_out_what_waits),
    lie("client.acts-while-exiting", messages::is_from_one_who_leaves),
    lie("client.commits-while-exiting", handshakes::commits_though_it_leaves),
    lie("client.proposes-while-exiting", handshakes::proposes_though_it_leaves),
];

const fn lie(id: &'static str, build: fn(&mut Inside) -> Result<Forged, MlsError>) -> Lie {
    Lie { id, needs: Needs::Nothing, repeats: false, build }
}

const fn with(
    needs: Needs,
    id: &'static str,
    build: fn(&mut Inside) -> Result<Forged, MlsError>,
) -> Lie {
    Lie { id, needs, repeats: false, build }
}

const fn again(lie: Lie) -> Lie {
    Lie { repeats: true, ..lie }
}

impl Lie {
    /// The lie that breaks this rule, if there is one.
    pub fn against(rule: &str) -> Option<&'static Self> {
        LIES.iter().find(|lie| lie.id == rule)
    }

    /// What a liar of this behaviour does, if that is a deed.
    pub fn of(behaviour: &str) -> Option<&'static Self> {
        DEEDS.iter().find(|lie| lie.id == behaviour)
    }
}

impl Inside {
    /// A request of this client for an errand, as an honest one would make it.
    fn errand(&self, errand: Errand, body: Vec<u8>) -> Forged {
        self.errand_of(self.actor.client.clone(), errand, body)
    }

    fn errand_of(&self, client: ClientUri, errand: Errand, body: Vec<u8>) -> Forged {
        let route = Route::Client(LocalRoute { client, errand });
        Forged { path: route.path(), endpoint: route.endpoint(), body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adversary::{BEHAVIOURS, Made};
    use crate::mimi::rules::RULES;
    use crate::script::{Form, ids};

    #[test]
    fn each_lie_breaks_a_rule_that_there_is_and_that_scenarios_can_name() {
        let rules: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
        let lies: Vec<_> = LIES.iter().map(|lie| lie.id).collect();
        assert!(lies.iter().all(|lie| rules.contains(lie)));
        assert_eq!(lies, ids::LIES);
    }

    #[test]
    fn each_deed_is_a_behaviour_and_lasts_where_its_form_does() {
        let liars = BEHAVIOURS.iter().filter(|it| matches!(it.made, Made::Liar));
        let liars: Vec<_> =
            liars.map(|it| it.id).filter(|id| *id != "client.breaks-rule").collect();
        assert_eq!(DEEDS.iter().map(|it| it.id).collect::<Vec<_>>(), liars);
        assert!(
            DEEDS.iter().all(|it| Form::of(it.id).is_some_and(|form| form.lasts == it.repeats))
        );
    }
}
