//! Lies: for each rule that a client can break, a request that breaks it and as little else as can
//! be.
//!
//! A lie is made with all that the client has: its signature key, its groups, its provider's trust.
//! It is built on a copy of the client's disk, so that the honest client beside it knows nothing of
//! it. Which rules have none here is for the reader of [`LIES`] to see: those that OpenMLS does not
//! let a member break, and those that are a server's to keep.
//!
//! Not here: sending a lie, and when (`rule_breaker`).

mod handshakes;
mod messages;
mod requests;

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
    /// The user whom the lie is about: somebody else.
    pub victim: UserUri,
    /// KeyPackages of that user that went through the hub, where the lie needs some.
    pub material: Vec<Vec<u8>>,
    /// The way in from outside, where the lie needs it.
    pub group_info: Option<OpenedGroupInfo>,
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

/// How a rule is broken.
pub struct Lie {
    /// The rule's id.
    pub rule: &'static str,
    /// What it takes.
    pub needs: Needs,
    /// Makes it.
    pub build: fn(&mut Inside) -> Result<Forged, MlsError>,
}

/// All lies; a list that grows at its end.
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

const fn lie(rule: &'static str, build: fn(&mut Inside) -> Result<Forged, MlsError>) -> Lie {
    Lie { rule, needs: Needs::Nothing, build }
}

const fn with(
    needs: Needs,
    rule: &'static str,
    build: fn(&mut Inside) -> Result<Forged, MlsError>,
) -> Lie {
    Lie { rule, needs, build }
}

impl Lie {
    /// The lie that breaks this rule, if there is one.
    pub fn against(rule: &str) -> Option<&'static Self> {
        LIES.iter().find(|lie| lie.rule == rule)
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
    use crate::mimi::rules::RULES;
    use crate::script::ids;

    #[test]
    fn each_lie_breaks_a_rule_that_there_is_and_that_scenarios_can_name() {
        let rules: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
        let lies: Vec<_> = LIES.iter().map(|lie| lie.rule).collect();
        assert!(lies.iter().all(|lie| rules.contains(lie)));
        assert_eq!(lies, ids::LIES);
    }
}
