//! The bugs that the oracle is tried with: for each invariant, lines of a scenario file that bring
//! one about.
//!
//! Most are planted in random rooms, where all that the bug needs may or may not come up; some need
//! a room in which something particular happens, which a scenario has.

/// A bug, in words and as lines of a scenario file.
#[derive(Debug, Clone, Copy)]
pub struct Plant {
    /// The id of the invariant that has to see it.
    pub invariant: &'static str,
    /// What is wrong, in a line.
    pub bug: &'static str,
    /// The scenario in which it is planted, a file in `scenarios/` without its ending.
    pub base: &'static str,
    /// What is added to its head: a line of the table `protocol`, or nothing.
    pub head: &'static str,
    /// What is added at its end: the table `liars`, or nothing.
    pub tail: &'static str,
    /// Whether the oracle is told who misbehaves. Then it judges what the others come to believe;
    /// else who misbehaves passes for honest, and is judged like everybody.
    pub told: bool,
}

/// Random rooms.
const ANY_ROOM: &str = "any-room";

/// In random rooms, nobody checks a rule, or a text is read otherwise.
const fn off(invariant: &'static str, bug: &'static str, head: &'static str) -> Plant {
    Plant { invariant, bug, base: ANY_ROOM, head, tail: "", told: false }
}

/// The same, where a liar makes use of it.
const fn used(
    invariant: &'static str,
    bug: &'static str,
    head: &'static str,
    tail: &'static str,
) -> Plant {
    Plant { invariant, bug, base: ANY_ROOM, head, tail, told: false }
}

/// In random rooms, somebody misbehaves and passes for honest.
const fn does(invariant: &'static str, bug: &'static str, tail: &'static str) -> Plant {
    Plant { invariant, bug, base: ANY_ROOM, head: "", tail, told: false }
}

/// In a scenario that has the bug in it, somebody misbehaves and passes for honest.
const fn seen_in(invariant: &'static str, bug: &'static str, base: &'static str) -> Plant {
    Plant { invariant, bug, base, head: "", tail: "", told: false }
}

/// The same, and the oracle is told who it is.
const fn told_in(invariant: &'static str, bug: &'static str, base: &'static str) -> Plant {
    Plant { told: true, ..seen_in(invariant, bug, base) }
}

/// In the order of the invariants.
pub static PLANTS: &[Plant] = &[
    told_in("agreement", "a hub shows one side another room (A1)", "two-forks"),
    seen_in(
        "state_agreement",
        "a build leaves the banned out of the list that it reads (N-19)",
        "incidents/older-build-reads-the-list",
    ),
    seen_in(
        "hub_shadow",
        "a hub hands out the Welcome of a commit that lost (A8)",
        "adversaries/hub-welcomes-losers",
    ),
    does(
        "single_commit",
        "a hub accepts one commit on each side (A1)",
        "behaviours = [\"hub.equivocates\"]",
    ),
    seen_in(
        "contiguous_history",
        "another program on a client's disk follows the room in its place (N-06)",
        "incidents/two-programs-one-disk-then-a-commit",
    ),
    seen_in(
        "epochs_grow",
        "an old Welcome comes again as if it were new, and nobody looks at its epoch (N-03)",
        "incidents/old-welcome-as-new-unchecked",
    ),
    told_in(
        "members_inside_participants",
        "a hub lets a banned user back in (A13)",
        "adversaries/hub-resurrects",
    ),
    Plant {
        head: "protocol.without = [\"servers-only-remove\"]",
        ..told_in(
            "no_ghost",
            "a hub makes up a client, and nobody minds what servers propose (A11)",
            "adversaries/hub-adds-ghost",
        )
    },
    used(
        "add_leave_order",
        "who goes from the list may stay inside (R21)",
        "protocol.without = [\"clients-leave-with-user\"]",
        "behaviours = [\"client.breaks-rule\"]\nrules = [\"clients-leave-with-user\"]",
    ),
    used(
        "exactly_once",
        "a client sends what its user did not say, and nobody looks whom it names (R39)",
        "protocol.without = [\"content-names-its-sender\"]",
        "behaviours = [\"client.breaks-rule\"]\nrules = [\"content-names-its-sender\"]",
    ),
    seen_in(
        "truthful_responses",
        "a hub says success and does nothing (A9)",
        "adversaries/hub-lies-success",
    ),
    off("verdicts_agree", "nobody looks at roles (R50)", "protocol.without = [\"authorised\"]"),
    off(
        "stamps_grow",
        "two things have one stamp (Q5)",
        "protocol.readings = [\"stamps-may-tie\"]",
    ),
    seen_in(
        "used_in_order",
        "another program on a client's disk makes the keys that it reads by (N-06)",
        "incidents/two-programs-one-disk-then-a-message",
    ),
    seen_in(
        "banned_stay_out",
        "a hub lets a banned user back in (A13)",
        "adversaries/hub-resurrects",
    ),
    off(
        "exiting_is_silent",
        "who is about to leave may still speak (R22)",
        "protocol.without = [\"exiting-sends-nothing\"]",
    ),
    told_in(
        "bad_input_passes",
        "a client reads again and again what it can't use (N-02)",
        "incidents/refused-again-and-again",
    ),
    told_in(
        "convergence",
        "a commit that no member can apply, and no way back (A16)",
        "adversaries/poisoned-commit-without-a-way-back",
    ),
    told_in(
        "messages_delivered",
        "a follower hands on no messages (A29)",
        "adversaries/follower-drops-messages",
    ),
    off(
        "leave_completes",
        "a leave that an external commit voids is forgotten (Q10)",
        "protocol.readings = [\"voided-leaves-lapse\"]",
    ),
    off(
        "nobody_stuck",
        "whose leave is forgotten waits for ever (Q10)",
        "protocol.readings = [\"voided-leaves-lapse\"]",
    ),
    used(
        "no_rejoin_storm",
        "a message from an epoch to come makes its readers come in anew (R36)",
        "protocol.without = [\"message-epoch-not-newer\"]",
        "behaviours = [\"client.breaks-rule\"]\nrules = [\"message-epoch-not-newer\"]",
    ),
    seen_in(
        "queues_drain",
        "a hub does not know the code by which followers confirm (Q1)",
        "adversaries/hub-takes-201-for-a-failure",
    ),
    seen_in(
        "listed_users_get_in",
        "a hub keeps a Welcome from whom it is for (A8)",
        "adversaries/hub-withholds-welcome-for-good",
    ),
    seen_in(
        "removed_cannot_read",
        "a client's disk has the keys of another one that stays (A28)",
        "incidents/backup-of-a-client-that-stays",
    ),
    seen_in(
        "joiner_cannot_read_before",
        "a client's disk has the keys of another one that was there before (A28)",
        "incidents/backup-of-a-client-that-was-there",
    ),
    seen_in(
        "old_keys_deleted",
        "a disk keeps the keys that its client has used (N-26)",
        "incidents/keys-that-stay-on-the-disk",
    ),
    seen_in(
        "compromise_heals",
        "a client's disk has the keys of another one, which a thief copies (A28)",
        "incidents/backup-that-does-not-heal",
    ),
    seen_in(
        "servers_see_no_content",
        "a client uploads drafts in the clear (S20)",
        "adversaries/drafts-in-the-clear",
    ),
    seen_in(
        "restart_is_whole",
        "a disk keeps a client's groups, and not what it notes of them (N-22)",
        "incidents/mirror-behind-the-group",
    ),
    seen_in(
        "frank_sound",
        "a follower hands messages on with another frank (A30)",
        "frank-spoilt-by-a-follower",
    ),
    off(
        "consent_respected",
        "KeyPackages go to whoever asks (R57)",
        "protocol.without = [\"consent-is-given\"]",
    ),
    off(
        "key_package_once",
        "a provider hands out a KeyPackage twice (R6)",
        "protocol.without = [\"key-package-once\"]",
    ),
    off(
        "limits_hold",
        "nobody counts the clients of a room (R55)",
        "protocol.without = [\"at-most-max-clients\"]",
    ),
    seen_in(
        "welcome_after_commit",
        "a hub hands out the Welcome of a commit that lost (A8, R17)",
        "adversaries/hub-welcomes-losers",
    ),
    used(
        "external_senders_are_hub_and_followers",
        "anybody may say who else may propose (R26)",
        "protocol.without = [\"only-known-proposals\"]",
        "behaviours = [\"client.breaks-rule\"]\nrules = [\"only-known-proposals\"]",
    ),
    Plant {
        base: "room-inside-a-room",
        ..off(
            "inside_parent",
            "a room may list who is not in its parent (R55)",
            "protocol.without = [\"inside-parent\"]",
        )
    },
    off(
        "receivers_may_receive",
        "messages go to whose role is deaf, too (R51)",
        "protocol.without = [\"may-receive\"]",
    ),
    off(
        "policy_is_kept",
        "whoever may not send is heard all the same (R51)",
        "protocol.without = [\"may-send\"]",
    ),
    told_in(
        "expulsion_completes",
        "external commits void a removal faster than members wait for it (A20)",
        "adversaries/storm-against-an-expulsion",
    ),
    off(
        "no_false_alarm",
        "members take others for silent while links are only down (RFC 9750 §5.2)",
        "protocol.detectors = [\"heartbeats\"]\nprotocol.watch_every = \"1s\"\n\
         protocol.watch_patience = \"1s\"",
    ),
];

impl Plant {
    /// The text of the scenario with the bug in it, given that of its base.
    pub fn planted(&self, base: &str) -> String {
        // The head of a file ends where its first table begins.
        let (head, tables) = match base.find("\n[") {
            Some(place) => base.split_at(place),
            None => (base, ""),
        };
        let liars = if self.tail.is_empty() { "" } else { "\n[liars]\n" };
        format!("{head}\n{}\n{tables}\n{liars}{}\n", self.head, self.tail)
    }
}
