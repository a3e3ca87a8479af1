//! The third catalogue: what a misbehaving node does, in a line, where that is described, and what
//! makes it.
//!
//! How scenario files write a behaviour stands in `script`; how it is done, in the file of its own
//! that each has beside this one.

use super::{
    Begins, Forgery, Made, Other, Part, abandoned, ailing_disk, forged_consents, forged_franks,
    forged_senders, handing_on, ignored_leaves, lied_codes, lost_welcomes, misread_mail,
    mistaken_201, old_bodies, older_build, reordered, replays, second_hand_out, spoilt_franks,
    swallowed_errors, uneven_mail, withheld,
};

/// A value of the third catalogue.
#[derive(Debug, Clone, Copy)]
pub struct BehaviourInfo {
    /// The name that scenarios use.
    pub id: &'static str,
    /// What the node does, in one line.
    pub meaning: &'static str,
    /// Where the behaviour is described.
    pub source: &'static str,
    /// What makes it.
    pub made: Made,
}

/// The catalogue.
pub static BEHAVIOURS: &[BehaviourInfo] = &[
    BehaviourInfo {
        id: "hub.equivocates",
        meaning: "the hub shows the providers of one side another room than the rest, and at the end \
                  the same again",
        source: "mimi.md A1; RFC 9750 §5.2",
        made: Made::TwoHubs(Begins::AtOnce),
    },
    BehaviourInfo {
        id: "hub.withholds",
        meaning: "the providers of one side hear nothing more of the room",
        source: "mimi.md A2; RFC 9750 §5.2",
        made: Made::Meddler(withheld::withholds),
    },
    BehaviourInfo {
        id: "hub.drops-messages",
        meaning: "the providers of one side get handshakes, and no application messages",
        source: "mimi.md A4",
        made: Made::Meddler(withheld::drops_messages),
    },
    BehaviourInfo {
        id: "hub.reorders",
        meaning: "on the way to the providers of one side, each event overtakes the one before",
        source: "mimi.md A3; R43; RP03 §7",
        made: Made::Meddler(reordered::reorders),
    },
    BehaviourInfo {
        id: "hub.ignores-leave",
        meaning: "the hub takes the proposals of members that leave, and passes them on to nobody",
        source: "mimi.md A5; R14, R18",
        made: Made::Meddler(ignored_leaves::ignores_leave),
    },
    BehaviourInfo {
        id: "hub.lies-code",
        meaning: "updates by way of one side get a code, and the hub does not look at them",
        source: "mimi.md A9; RFC 9420 §16.9; R13",
        made: Made::Meddler(lied_codes::lies_code),
    },
    BehaviourInfo {
        id: "hub.lies-message-code",
        meaning: "messages by way of one side get a code, and the hub does not look at them",
        source: "mimi.md A9; P06 §5.4; R36",
        made: Made::FrankMeddler(lied_codes::lies_message_code),
    },
    BehaviourInfo {
        id: "hub.withholds-welcome",
        meaning: "the providers of one side get no Welcomes",
        source: "mimi.md A8; R46",
        made: Made::Meddler(lost_welcomes::withholds_welcome),
    },
    BehaviourInfo {
        id: "hub.misroutes-welcome",
        meaning: "the providers of one side get the Welcomes that are for others",
        source: "mimi.md A8; R46",
        made: Made::Meddler(lost_welcomes::misroutes_welcome),
    },
    BehaviourInfo {
        id: "hub.welcomes-losers",
        meaning: "the hub hands out the Welcome of a commit that lost the race of its epoch",
        source: "mimi.md A8; R17; RFC 9420 §14",
        made: Made::SecondServer(Part::Welcoming),
    },
    BehaviourInfo {
        id: "hub.serves-stale-group-info",
        meaning: "who asks for the GroupInfo gets the one that the liar began with",
        source: "mimi.md A6; RFC 9750 §5.3; R33",
        made: Made::SecondServer(Part::Stale),
    },
    BehaviourInfo {
        id: "hub.leads-into-the-past",
        meaning: "who comes in by way of one side comes into the room that the liar began with, and \
                  that side is told of no other",
        source: "mimi.md A6; RFC 9750 §5.3; R33",
        made: Made::TwoHubs(Begins::WithAGroupInfo),
    },
    BehaviourInfo {
        id: "hub.rolls-back",
        meaning: "at the end of its span the hub is what it was at the beginning, as from a backup",
        source: "mimi.md A10; R15",
        made: Made::SecondServer(Part::SetBack),
    },
    BehaviourInfo {
        id: "hub.skips-check",
        meaning: "from now on the hub does not check the rule that is named",
        source: "mimi.md A9, A12, A13; S19",
        made: Made::SecondServer(Part::Blind),
    },
    BehaviourInfo {
        id: "hub.resurrects",
        meaning: "from now on the hub lets banned users back in by external commits",
        source: "mimi.md A13; R53, I13",
        made: Made::SecondServer(Part::BlindToBans),
    },
    BehaviourInfo {
        id: "hub.forges-group-info",
        meaning: "who asks for the GroupInfo gets one that names another epoch",
        source: "mimi.md A7; RFC 9420 §12.4.3; R30",
        made: Made::ForgedGroupInfo(Forgery::Epoch),
    },
    BehaviourInfo {
        id: "hub.forges-list",
        meaning: "who asks for the GroupInfo gets one whose list has another in a user's place",
        source: "mimi.md A12; S8",
        made: Made::ForgedGroupInfo(Forgery::List),
    },
    BehaviourInfo {
        id: "hub.signs-with-another-key",
        meaning: "who asks for the GroupInfo gets it signed in the hub's name by another key",
        source: "mimi.md A7; P06 §5.6, §7.4; R30",
        made: Made::ForgedGroupInfo(Forgery::Key),
    },
    BehaviourInfo {
        id: "hub.adds-ghost",
        meaning: "once, the hub has a client of its own making proposed for the group, and lets it",
        source: "mimi.md A11, N-31; RFC 9750 §8.4.3.1; RFC 9420 §12.1.8",
        made: Made::Ghost,
    },
    BehaviourInfo {
        id: "hub.mistimes-frank",
        meaning: "the providers of one side get each message as an hour older, franked for that",
        source: "mimi.md A14; R38, R39",
        made: Made::FrankMeddler(forged_franks::mistimes_frank),
    },
    BehaviourInfo {
        id: "hub.misattributes",
        meaning: "the providers of one side get each message franked in the name of another user",
        source: "mimi.md A14; R38, R39",
        made: Made::FrankMeddler(forged_franks::misattributes),
    },
    BehaviourInfo {
        id: "follower.spoils-franks",
        meaning: "a follower changes the frank of each message before its clients get it",
        source: "mimi.md A29; P06 §5.4.1; R39",
        made: Made::Meddler(spoilt_franks::spoils_franks),
    },
    BehaviourInfo {
        id: "follower.drops",
        meaning: "a follower confirms what the hub sends, and its clients get none of it",
        source: "mimi.md A29; P06 §5.5; R45",
        made: Made::Meddler(handing_on::drops),
    },
    BehaviourInfo {
        id: "follower.reorders",
        meaning: "a follower hands on every second body of the hub before the first",
        source: "mimi.md A29; R43",
        made: Made::Meddler(handing_on::reorders),
    },
    BehaviourInfo {
        id: "follower.repeats",
        meaning: "a follower's clients get everything twice",
        source: "mimi.md A29; R45, R47",
        made: Made::Meddler(handing_on::repeats),
    },
    BehaviourInfo {
        id: "follower.rewrites-time",
        meaning: "a follower tells its clients that all was accepted an hour earlier",
        source: "mimi.md A30; P06 §5.4.1; R39",
        made: Made::Meddler(handing_on::rewrites_time),
    },
    BehaviourInfo {
        id: "follower.forges-sender",
        meaning: "a follower submits its clients' messages in the name of another user",
        source: "mimi.md A30; P06 §5.4; R36, R39",
        made: Made::Meddler(forged_senders::forges_sender),
    },
    BehaviourInfo {
        id: "follower.forges-consent",
        meaning: "a follower passes on what its users say of consent in the name of another user",
        source: "mimi.md A34; P06 §5.7; R57, R58",
        made: Made::Meddler(forged_consents::forges_consent),
    },
    BehaviourInfo {
        id: "follower.equivocates",
        meaning: "a follower hides the room's commits from the clients of one user",
        source: "mimi.md A32",
        made: Made::Meddler(uneven_mail::equivocates),
    },
    BehaviourInfo {
        id: "follower.replays",
        meaning: "a follower gives its clients old events again, and sends old bodies to others",
        source: "mimi.md A33; P06 §5.5; R1, R45",
        made: Made::Meddler(old_bodies::replays),
    },
    BehaviourInfo {
        id: "follower.loses",
        meaning: "a follower's disk does not keep what it has confirmed",
        source: "mimi.md A33; R14",
        made: Made::ServerDisk(ailing_disk::loses),
    },
    BehaviourInfo {
        id: "follower.hands-out-twice",
        meaning: "a follower gives the same KeyPackage to everybody who asks",
        source: "mimi.md A24; R6; P06 §5.2",
        made: Made::Meddler(second_hand_out::hands_out_twice),
    },
    BehaviourInfo {
        id: "follower.proposes-more",
        meaning: "once, a follower's server proposes that a client enters, as an external sender",
        source: "mimi.md A31; R25, R26; RFC 9420 §12.1.8",
        made: Made::Overreach,
    },
    BehaviourInfo {
        id: "client.breaks-rule",
        meaning: "a liar beside a client sends one request that breaks the rule it names",
        source: "mimi.md A13, A16, A31; S20",
        made: Made::Liar,
    },
    BehaviourInfo {
        id: "client.poisons-commit",
        meaning: "once, a commit with a wrong confirmation tag, which no member can apply",
        source: "mimi.md A16; RFC 9420 §16.12; RFC 9750 §5.3",
        made: Made::Liar,
    },
    BehaviourInfo {
        id: "client.poisons-path",
        meaning: "once, a commit whose path is broken for one user's clients alone",
        source: "mimi.md A16; RFC 9420 §16.12",
        made: Made::Liar,
    },
    BehaviourInfo {
        id: "client.poisons-dictionary",
        meaning: "once, a commit to a room state that its proposals do not lead to",
        source: "mimi.md A19; S20, R35; study/openmls.md §3",
        made: Made::Liar,
    },
    BehaviourInfo {
        id: "client.poisons-proposal",
        meaning: "once, a proposal with a wrong membership tag: mandatory, and no use to any \
                  member",
        source: "mimi.md A17; S20, R18; RFC 9420 §6.2",
        made: Made::Liar,
    },
    BehaviourInfo {
        id: "client.poisons-group-info",
        meaning: "once, a commit with a GroupInfo whose external_pub is not the group's",
        source: "mimi.md A18; S20, R35; RFC 9750 §5.3",
        made: Made::Liar,
    },
    BehaviourInfo {
        id: "client.storms",
        meaning: "a client comes in again and again by external commits, each of which voids \
                  what waits",
        source: "mimi.md A20; R34",
        made: Made::Liar,
    },
    BehaviourInfo {
        id: "client.joins-twice",
        meaning: "once, a member comes in by an external commit as a second leaf",
        source: "mimi.md A21; R32; RFC 9420 §12.4.3.2",
        made: Made::Liar,
    },
    BehaviourInfo {
        id: "client.resyncs-with-stolen-key",
        meaning: "once, a thief with a copy of the client's disk takes its place by an external \
                  commit",
        source: "mimi.md A21; RFC 9420 §12.4.3.2",
        made: Made::Liar,
    },
    BehaviourInfo {
        id: "client.repeats-itself",
        meaning: "a member encrypts one and the same message again and again",
        source: "mimi.md A22; RFC 9750 §8.4.1; I22",
        made: Made::Liar,
    },
    BehaviourInfo {
        id: "client.jumps-generation",
        meaning: "once, a message further ahead in its sender's ratchet than the room lets one \
                  skip",
        source: "mimi.md A23; RFC 9420 §15.3; R56",
        made: Made::Liar,
    },
    BehaviourInfo {
        id: "client.hoards-key-packages",
        meaning: "a member asks for a user's KeyPackages again and again, and uses none",
        source: "mimi.md A24; RFC 9420 §16.8; R10",
        made: Made::Liar,
    },
    BehaviourInfo {
        id: "client.skips-proposals",
        meaning: "once, a commit that leaves out what waits for it",
        source: "mimi.md A5, A20; R18",
        made: Made::Liar,
    },
    BehaviourInfo {
        id: "client.acts-while-exiting",
        meaning: "once, a message by a client whose own leave waits",
        source: "mimi.md S11; P06 §5.3; R22, I14",
        made: Made::Liar,
    },
    BehaviourInfo {
        id: "client.commits-while-exiting",
        meaning: "once, a commit by a client whose own leave waits",
        source: "mimi.md S11; P06 §5.3; R22, R27",
        made: Made::Liar,
    },
    BehaviourInfo {
        id: "client.proposes-while-exiting",
        meaning: "once, a proposal to rename the room by a client whose own leave waits",
        source: "mimi.md S11; P06 §5.3; R22, I14",
        made: Made::Liar,
    },
    BehaviourInfo {
        id: "client.abandons-its-commit",
        meaning: "with its first commit on the way to the hub, a client is gone",
        source: "mimi.md A25; R16; RFC 9420 §14",
        made: Made::Meddler(abandoned::abandons),
    },
    BehaviourInfo {
        id: "client.replays",
        meaning: "before each commit and message the client sends its first once more, byte for \
                  byte",
        source: "mimi.md A22; RFC 9750 §8.4.1; R45",
        made: Made::Meddler(replays::replays),
    },
    BehaviourInfo {
        id: "client.skips-commits",
        meaning: "a client's mailbox cursor moves past commits that it never saw",
        source: "mimi.md N-01",
        made: Made::Meddler(misread_mail::skips_commits),
    },
    BehaviourInfo {
        id: "client.swallows-errors",
        meaning: "a client takes it for success when its commit meets an error",
        source: "mimi.md N-02",
        made: Made::Meddler(swallowed_errors::swallows_errors),
    },
    BehaviourInfo {
        id: "client.repeats-welcomes",
        meaning: "after each commit, a client finds its old Welcomes in its mailbox again",
        source: "mimi.md N-03",
        made: Made::Meddler(misread_mail::repeats_welcomes),
    },
    BehaviourInfo {
        id: "client.doubles-mail",
        meaning: "a client finds everything twice in its mailbox, its own commits among it",
        source: "mimi.md N-16, N-24",
        made: Made::Meddler(misread_mail::doubles_mail),
    },
    BehaviourInfo {
        id: "client.reverses-mail",
        meaning: "a client finds its mail in the reverse order",
        source: "mimi.md N-20",
        made: Made::Meddler(misread_mail::reverses_mail),
    },
    BehaviourInfo {
        id: "client.loses-mirror",
        meaning: "a client's disk keeps its groups, and not what the client notes of its rooms",
        source: "mimi.md N-22; I7",
        made: Made::ClientDisk(ailing_disk::loses_mirror),
    },
    BehaviourInfo {
        id: "client.loses-keys",
        meaning: "a client's disk keeps what the client notes of its rooms, and not its groups",
        source: "mimi.md N-22; I7",
        made: Made::ClientDisk(ailing_disk::loses_keys),
    },
    BehaviourInfo {
        id: "client.renews-welcomes",
        meaning: "after each commit, a client finds its old Welcomes again, as if they were new",
        source: "mimi.md N-03, A30",
        made: Made::Meddler(misread_mail::renews_welcomes),
    },
    BehaviourInfo {
        id: "client.rereads-proposals",
        meaning: "a client finds the last proposal again after all that comes, until a commit does",
        source: "mimi.md N-02 (libxmtp #2204); L11",
        made: Made::Meddler(misread_mail::rereads_proposals),
    },
    BehaviourInfo {
        id: "client.misses-its-commits",
        meaning: "a client hears nothing of its own commits: no answer, and nothing in its mailbox",
        source: "mimi.md N-12 (wire-ios #980), A25; R16",
        made: Made::Meddler(abandoned::misses),
    },
    BehaviourInfo {
        id: "client.shares-its-disk",
        meaning: "for a while another program runs on a client's disk, and the client hears of it \
                  nothing",
        source: "mimi.md N-06 (libxmtp #3760)",
        made: Made::SecondProgram(Other::Unheard),
    },
    BehaviourInfo {
        id: "client.keeps-others-keys",
        meaning: "a client's disk has the groups of a user's first other client, as from a backup",
        source: "mimi.md A28; I19, I20; RFC 9750 §8.2",
        made: Made::OthersKeys,
    },
    BehaviourInfo {
        id: "client.is-cloned",
        meaning: "once, a thief copies a client's disk, and follows the room as far as that leads",
        source: "mimi.md A28; I19; RFC 9750 §8.2.2",
        made: Made::Thief,
    },
    BehaviourInfo {
        id: "client.uploads-drafts",
        meaning: "a client leaves what its user is about to say with its provider, in the clear",
        source: "mimi.md S20; I24; P06 §5.10, §9",
        made: Made::Drafts,
    },
    BehaviourInfo {
        id: "hub.mistakes-201",
        meaning: "the hub waits for another code than 201, and never takes an event for delivered",
        source: "mimi.md Q1, A33; R44; P06 §5.5",
        made: Made::Meddler(mistaken_201::mistakes_201),
    },
    BehaviourInfo {
        id: "client.runs-an-older-build",
        meaning: "a client's build is an older one, which leaves the banned out of the list that it \
                  reads",
        source: "mimi.md N-19 (libxmtp #3864, #3865); I2; P06 §7.2",
        made: Made::SecondProgram(Other::Build(older_build::without_the_banned)),
    },
];

impl BehaviourInfo {
    /// The behaviour with this id.
    pub fn of(id: &str) -> Option<&'static Self> {
        BEHAVIOURS.iter().find(|behaviour| behaviour.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Form;

    #[test]
    fn who_takes_a_second_server_says_so_in_its_form() {
        let second = |made| matches!(made, Made::TwoHubs(_) | Made::SecondServer(_) | Made::Ghost);
        for behaviour in BEHAVIOURS {
            let form = Form::of(behaviour.id).unwrap();
            assert_eq!(form.takes_a_second_server, second(behaviour.made), "{}", form.id);
        }
    }

    #[test]
    fn the_catalogue_lists_what_scenarios_can_name() {
        let ids: Vec<_> = BEHAVIOURS.iter().map(|behaviour| behaviour.id).collect();
        assert_eq!(ids, Form::ids());
    }
}
