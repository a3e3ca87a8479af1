//! Where each rule is seen at work: the scenario in which somebody breaks it, and the test that
//! holds it to what it says.
//!
//! A rule without a line here fails a test, and so does a line whose test is not there or in whose
//! scenario nobody is refused by the rule (`sims/scenarios/main.rs`). Many rules honest nodes never
//! break: for those, a liar does it. A rule that refuses nobody is seen where it is switched off,
//! and a violation follows. Where no scenario shows it, the line says why.

use super::Rule;

/// Where a rule is seen at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// The rule's id.
    pub rule: &'static str,
    /// The name of a file in `scenarios/`, without its ending, in which the rule refuses something,
    /// or is missed.
    ///
    /// # Errors
    /// Why no scenario can show that.
    pub scenario: Result<&'static str, &'static str>,
    /// The name of a test function that sees it accept and refuse.
    pub test: &'static str,
}

impl Rule {
    /// Where this rule is seen at work; none where nobody has said so yet.
    pub fn evidence(&self) -> Option<&'static Evidence> {
        EVIDENCE.iter().find(|evidence| evidence.rule == self.id)
    }
}

const fn seen(rule: &'static str, scenario: &'static str, test: &'static str) -> Evidence {
    Evidence { rule, scenario: Ok(scenario), test }
}

const fn unseen(rule: &'static str, test: &'static str, why: &'static str) -> Evidence {
    Evidence { rule, scenario: Err(why), test }
}

/// One line for each rule, in the catalogue's order.
pub static EVIDENCE: &[Evidence] = &[
    seen(
        "current-epoch",
        "concurrent-commits",
        "a_commit_or_proposal_for_another_epoch_gets_wrong_epoch",
    ),
    unseen(
        "sender-is-member",
        "who_is_no_member_can_only_join",
        "who is no member has no keys of the epoch to make such a commit with",
    ),
    seen(
        "exiting-only-removes",
        "exiting-user-hears-nothing",
        "a_user_who_leaves_may_only_remove_its_own_clients",
    ),
    seen(
        "sender-is-participant",
        "nobody-checks-the-list",
        "who_is_not_listed_or_banned_sends_nothing",
    ),
    seen(
        "known-references",
        "liar-commits",
        "a_reference_to_what_was_never_accepted_is_an_invalid_proposal",
    ),
    seen(
        "only-known-proposals",
        "liar-commits",
        "a_proposal_that_rooms_have_no_use_for_is_refused",
    ),
    seen("external-commit-shape", "liar-commits", "an_external_commit_has_one_external_init"),
    seen(
        "cached-proposals-included",
        "commit-that-has-not-heard-of-a-leave",
        "a_commit_without_a_waiting_proposal_is_told_which",
    ),
    unseen(
        "no-self-removal-by-commit",
        "a_committer_does_not_commit_its_own_removal",
        "OpenMLS builds no such commit",
    ),
    seen(
        "client-changes-once",
        "liar-commits",
        "a_client_is_removed_once_and_only_while_it_is_a_member",
    ),
    seen("one-metadata-update", "liar-commits", "a_commit_carries_one_metadata_update_at_most"),
    seen("roles-apart-from-list", "liar-commits", "roles_change_in_a_commit_without_list_changes"),
    seen(
        "preauthorisation-apart-from-list",
        "liar-commits",
        "preauthorised_users_change_together_with_removals_only",
    ),
    seen(
        "list-update-applies",
        "liar-commits",
        "updates_that_touch_a_user_twice_or_nobody_are_invalid",
    ),
    seen("listed-before-member", "liar-commits", "a_client_enters_only_with_or_after_its_user"),
    seen(
        "clients-leave-with-user",
        "liar-commits",
        "who_is_removed_from_the_list_leaves_with_all_clients",
    ),
    seen(
        "external-commits-allowed",
        "no-way-in-from-outside",
        "nobody_joins_by_an_external_commit_where_the_policy_forbids_it",
    ),
    seen(
        "fixed-membership",
        "fixed-membership",
        "nobody_enters_or_leaves_a_room_of_fixed_membership_but_clients_do",
    ),
    seen(
        "inside-parent",
        "room-inside-a-room",
        "a_room_with_a_parent_has_some_of_the_parents_participants",
    ),
    seen(
        "at-most-max-users",
        "limits-of-a-room",
        "a_room_has_no_more_users_than_it_may_and_the_banned_do_not_count",
    ),
    seen("at-most-max-clients", "limits-of-a-room", "a_room_has_no_more_clients_than_it_may"),
    seen(
        "one-client-per-user",
        "limits-of-a-room",
        "a_user_has_one_client_where_the_room_is_not_for_several",
    ),
    seen("authorised", "moderated-room", "who_lacks_the_capability_of_an_action_may_not_do_it"),
    seen(
        "message-sender-is-active",
        "nobody-checks-the-list",
        "strangers_and_banned_users_send_nothing",
    ),
    seen(
        "message-epoch-not-newer",
        "liar-messages",
        "a_message_from_an_epoch_to_come_is_not_allowed",
    ),
    seen(
        "message-epoch-tolerated",
        "epoch-too-old",
        "a_message_may_lag_behind_as_far_as_the_room_tolerates",
    ),
    seen(
        "exiting-sends-nothing",
        "exiting-user-hears-nothing",
        "a_user_who_leaves_sends_no_messages",
    ),
    seen("may-send", "moderated-room", "a_role_without_the_capability_sends_nothing"),
    seen("may-receive", "deaf-by-role", "who_may_not_receive_gets_no_message_from_its_own_hub"),
    seen("may-report", "no-right-to-report", "a_report_is_taken_from_whoever_may_report"),
    seen(
        "peer-is-who-it-says",
        "liar-requests",
        "a_good_request_by_or_to_the_wrong_one_is_refused",
    ),
    seen("body-at-most-1-mib", "liar-requests", "a_body_may_have_1_mib_and_not_a_byte_more"),
    seen("body-is-well-formed", "liar-requests", "a_damaged_message_is_refused_or_sealed"),
    seen("protocol-is-spoken", "liar-requests", "a_request_of_another_protocol_is_told_so"),
    seen("room-is-known", "liar-requests", "a_room_that_there_is_not_is_refused_and_not_made"),
    seen(
        "key-material-through-the-hub",
        "liar-commits",
        "key_packages_for_a_room_go_to_its_hub_and_to_nobody_else",
    ),
    seen("key-package-once", "key-package-handed-out-twice", "two_requests_get_two_key_packages"),
    seen(
        "key-material-is-signed",
        "liar-requests",
        "key_packages_go_to_whoever_signs_for_its_own_user",
    ),
    seen(
        "group-info-is-signed",
        "liar-requests",
        "a_group_info_goes_to_whoever_signs_and_comes_from_its_peer",
    ),
    seen(
        "group-info-for-participants",
        "ban-and-unban",
        "a_group_info_goes_to_participants_and_not_to_strangers",
    ),
    seen(
        "group-info-is-the-hubs",
        "adversaries/hub-signs-with-another-key",
        "a_group_info_signed_by_another_key_than_the_hubs_is_no_way_in",
    ),
    seen(
        "welcome-leads-on",
        "incidents/old-welcome-as-new",
        "a_welcome_to_an_epoch_that_is_over_is_no_way_in",
    ),
    seen(
        "room-is-new",
        "liar-at-the-hub",
        "a_room_is_created_once_and_the_same_creation_may_be_repeated",
    ),
    seen("route-is-known", "liar-requests", "made_up_paths_and_headers_are_refused"),
    seen(
        "user-is-known",
        "users-who-are-not-there",
        "behind_a_mask_unknown_gone_and_unwilling_are_the_same_bytes",
    ),
    seen("valid-mls", "liar-commits", "a_commit_with_a_wrong_signature_is_not_valid"),
    seen(
        "group-info-matches",
        "liar-commits",
        "a_commit_comes_with_the_group_info_of_its_own_epoch",
    ),
    unseen(
        "welcome-after-its-commit",
        "a_welcome_leaves_the_hub_only_with_an_accepted_commit",
        "a hub keeps it by itself: nobody is refused anything",
    ),
    seen(
        "frank-is-genuine",
        "frank-spoilt-by-a-follower",
        "a_receiver_finds_each_change_that_a_follower_could_make_to_a_frank",
    ),
    seen(
        "franking-tag-fits",
        "liar-messages",
        "a_tag_of_another_plaintext_is_found_by_the_receiver",
    ),
    seen(
        "content-names-its-sender",
        "liar-messages",
        "a_content_that_names_another_sender_or_room_or_none_is_found_by_the_receiver",
    ),
    seen(
        "consent-is-given",
        "consent-asked-and-granted",
        "behind_a_mask_unknown_gone_and_unwilling_are_the_same_bytes",
    ),
    seen(
        "key-package-not-expired",
        "liar-with-old-keys",
        "a_hub_takes_no_commit_by_a_key_package_that_is_over",
    ),
    seen("asset-host-is-a-peer", "asset-through-the-hub", "a_hub_is_no_open_proxy"),
    seen(
        "asset-is-known",
        "asset-through-the-hub",
        "an_asset_is_downloaded_from_its_provider_and_through_a_hub",
    ),
    seen(
        "external-proposals-allowed",
        "no-proposals-by-servers",
        "a_room_without_external_proposals_takes_none_from_its_hub",
    ),
    seen(
        "servers-only-remove",
        "follower-that-overreaches",
        "a_server_proposes_nothing_but_removals",
    ),
    seen(
        "obliged-list-change",
        "liar-at-the-hub",
        "who_loses_all_clients_to_the_hub_is_on_its_way_out_and_leaves_the_list_in_the_next_commit",
    ),
    seen(
        "external-senders-fit",
        "liar-commits",
        "the_hub_alone_says_who_may_propose_and_names_followers_with_a_participant",
    ),
    seen(
        "somebody-can-commit",
        "everybody-leaves-at-once",
        "the_last_who_could_commit_the_others_removals_may_not_ask_for_its_own",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mimi::rules::RULES;

    #[test]
    fn every_rule_has_its_line_and_every_line_its_rule() {
        let rules: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
        let lines: Vec<_> = EVIDENCE.iter().map(|evidence| evidence.rule).collect();
        assert_eq!(lines, rules);
    }
}
