//! What an expansion promises, over many seeds of the scenario that leaves all to chance.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::{FAMILIES, FOUNDED_MS, OPERATIONS};
use crate::mimi::rules::RULES;
use crate::scenario::{Expanded, Scenario, read, render, write};
use crate::script::{Action, Fault, FaultKind, Form, Script, Step, ids};

const ANY_ROOM: &str = include_str!("../../../scenarios/any-room.toml");
const SEEDS: std::ops::Range<u64> = 0..300;

fn scenario(text: &str) -> Scenario {
    Scenario::read("random.toml", text, &[])
        .unwrap_or_else(|problem| panic!("{}", render(&problem)))
}

/// A file with these lines below its title.
pub(super) fn with(lines: &str) -> String {
    format!("title = \"Random\"\nwhy = \"To be expanded.\"\n{lines}\n")
}

fn expand(text: &str, seed: u64) -> Expanded {
    scenario(text).expand(seed)
}

fn drawn(expanded: &Expanded, what: &str) -> String {
    let found = expanded.drawn.iter().find(|(known, _)| known == what);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

fn assert_reads_back(script: &Script) {
    let text = write(script);
    let rules: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    match read("expanded.toml", &text, None, &rules) {
        Ok(again) => assert_eq!(again, *script),
        Err(problem) => panic!("seed {}: {}\n{text}", script.seed, render(&problem)),
    }
}

#[test]
fn the_lists_name_what_a_file_can_name() {
    let operations: Vec<_> = OPERATIONS.iter().map(|operation| operation.id).collect();
    let families: Vec<_> = FAMILIES.iter().map(|family| family.id).collect();
    assert_eq!((operations.as_slice(), families.as_slice()), (ids::OPERATIONS, ids::FAMILIES));
    let operations = OPERATIONS.iter().map(|it| (it.meaning, it.source));
    let families = FAMILIES.iter().map(|it| (it.meaning, it.source));
    assert!(operations.chain(families).all(|(a, b)| !a.is_empty() && !b.is_empty()));
    assert!(OPERATIONS.iter().all(|it| it.weight > 0));
}

/// What the seeds make of the scenario that leaves all to chance.
fn expansions() -> &'static [Expanded] {
    static EXPANSIONS: LazyLock<Vec<Expanded>> = LazyLock::new(|| {
        let scenario = scenario(ANY_ROOM);
        SEEDS.map(|seed| scenario.expand(seed)).collect()
    });
    &EXPANSIONS
}

#[test]
fn every_expansion_reads_back_as_it_is_and_no_two_are_the_same() {
    for expanded in expansions() {
        assert_reads_back(&expanded.script);
    }
    let scripts: BTreeSet<_> = expansions().iter().map(|it| write(&it.script)).collect();
    assert_eq!(scripts.len(), expansions().len());
}

#[test]
fn a_seed_expands_to_the_same_whatever_was_expanded_before_it() {
    let scenario = scenario(ANY_ROOM);
    for expanded in expansions().iter().rev().step_by(10) {
        assert_eq!(scenario.expand(expanded.script.seed), *expanded);
    }
}

#[test]
fn each_operation_and_each_family_is_off_in_some_seeds_and_on_in_most() {
    for (what, ids) in [("operations off", ids::OPERATIONS), ("families off", ids::FAMILIES)] {
        for id in ids {
            let is_off = |it: &&Expanded| drawn(it, what).split(", ").any(|off| off == *id);
            let off = expansions().iter().filter(is_off).count();
            assert!((50..130).contains(&off), "{id} is off in {off} seeds");
        }
    }
}

/// Whether an action is what the operation consists of, beside others.
fn is_of(operation: &str, action: &Action) -> bool {
    match operation {
        "create" => matches!(action, Action::Create),
        "add" => matches!(action, Action::Add { .. }),
        "remove" => matches!(action, Action::Remove { .. }),
        "invite" => matches!(action, Action::Invite { .. }),
        "join" | "new-client" => matches!(action, Action::Join),
        "join-code" => matches!(action, Action::JoinWith { .. }),
        "leave" => matches!(action, Action::Leave),
        "self-remove" => matches!(action, Action::SelfRemove),
        "remove-client" | "lose-client" => matches!(action, Action::RemoveClient { .. }),
        "kick" => matches!(action, Action::Kick { .. }),
        "ban" => matches!(action, Action::Ban { .. }),
        "unban" => matches!(action, Action::Unban { .. }),
        "change-role" | "duel" => matches!(action, Action::ChangeRole { .. }),
        "change-own-role" => matches!(action, Action::ChangeOwnRole { .. }),
        "change-policy" => matches!(action, Action::ChangePolicy { .. }),
        "rename" => matches!(action, Action::Rename { .. }),
        "update" => matches!(action, Action::Update),
        "send" | "burst" => matches!(action, Action::Send { .. }),
        "report-abuse" => matches!(action, Action::ReportAbuse { .. }),
        "consent" => matches!(action, Action::Consent { .. }),
        "find-user" => matches!(action, Action::FindUser { .. }),
        "asset" => matches!(action, Action::Download { .. }),
        "delete-account" => matches!(action, Action::DeleteAccount),
        other => panic!("which action is {other}?"),
    }
}

#[test]
fn each_operation_comes_to_its_own_steps_when_it_is_the_only_one() {
    let draw = "[draw]\nrooms = 3\nnew_clients = 2\n[workload]\nduration = \"60s\"\n";
    for id in ids::OPERATIONS {
        let scenario = scenario(&with(&format!("{draw}weights = {{ {id} = 1 }}")));
        let own = |seed| {
            let steps = scenario.expand(seed).script.steps.into_iter();
            // A workload begins with a creation, and adds the other users.
            let begun = match *id {
                "create" => 1,
                "add" => 6,
                _ => 0,
            };
            steps.filter(|step| is_of(id, &step.action)).count() > begun
        };
        assert!((0..10).any(own), "{id} comes to nothing");
    }
}

#[test]
fn a_lost_client_is_out_of_reach_to_the_end_of_the_workload() {
    let text = with("[workload]\nduration = \"60s\"\nweights = { lose-client = 1 }");
    let faults = expand(&text, 1).script.faults;
    let offline = |it: &Fault| {
        matches!(it.kind, FaultKind::Offline { .. })
            && it.at_ms + it.for_ms.unwrap_or(0) == FOUNDED_MS + 60_000
    };
    assert!(!faults.is_empty() && faults.iter().all(offline), "{faults:?}");
}

#[test]
fn duellists_are_of_different_users_and_act_within_an_epoch() {
    let text = with(
        "[draw]\npolicies = [\"cooperative\"]\npeculiar = 0\n\
         [workload]\nduration = \"60s\"\nsensible = 100\nweights = { duel = 1 }",
    );
    for seed in 0..10 {
        let script = expand(&text, seed).script;
        let blows = script.steps.windows(2).filter(|pair| {
            pair[1].at_ms - pair[0].at_ms <= 40
                && pair[0].room == pair[1].room
                && pair[0].client[..1] != pair[1].client[..1]
        });
        assert!(blows.count() > 0, "seed {seed}: {:?}", script.steps);
    }
}

#[test]
fn each_family_by_itself_strikes_with_its_own_faults() {
    for family in FAMILIES {
        let text = with(&format!(
            "[draw]\nproviders = 4\n[workload]\nweights = {{ send = 1 }}\n\
             [storm]\nfamilies = [\"{}\"]\nfaults = 5",
            family.id
        ));
        let faults: Vec<_> =
            (0..5).flat_map(|seed| expand(&text, seed).script.faults).map(|it| it.kind).collect();
        assert!(!faults.is_empty(), "{} strikes nothing", family.id);
        let own = |kind: &FaultKind| match family.id {
            "partition" | "isolated-hub" | "split-followers" => {
                matches!(kind, FaultKind::Partition(_))
            }
            "partition-one-way" => matches!(kind, FaultKind::PartitionOneWay(_)),
            "hold" => matches!(kind, FaultKind::Hold(_)),
            "delay" => matches!(kind, FaultKind::Delay { .. }),
            "lose-requests" => matches!(kind, FaultKind::LoseRequests { .. }),
            "lose-responses" => matches!(kind, FaultKind::LoseResponses { .. }),
            "repeat" => matches!(kind, FaultKind::Repeat { .. }),
            "crash" => matches!(kind, FaultKind::Crash { point: None, .. }),
            "crash-at-point" => matches!(kind, FaultKind::Crash { point: Some(_), .. }),
            "rollback" => matches!(kind, FaultKind::Rollback { .. }),
            "offline" => matches!(kind, FaultKind::Offline { .. }),
            "busy" => matches!(kind, FaultKind::Busy { .. }),
            "slow-disk" => matches!(kind, FaultKind::SlowDisk { .. }),
            "clock-step" => matches!(kind, FaultKind::ClockStep { .. }),
            "clock-drift" => matches!(kind, FaultKind::ClockDrift { .. }),
            other => panic!("which fault is {other}?"),
        };
        assert!(faults.iter().all(own), "{}: {faults:?}", family.id);
    }
}

#[test]
fn a_hub_that_is_isolated_and_followers_that_are_split_leave_no_link_between_the_sides() {
    for (family, links) in [("isolated-hub", 3..=3), ("split-followers", 3..=4)] {
        let text = with(&format!(
            "[draw]\nproviders = 4\n[workload]\n[storm]\nfamilies = [\"{family}\"]\nfaults = 1"
        ));
        for seed in 0..20 {
            let faults = expand(&text, seed).script.faults;
            let cuts = faults.iter().filter(|it| matches!(it.kind, FaultKind::Partition(_)));
            assert!(links.contains(&cuts.count()), "{family}, seed {seed}: {faults:?}");
        }
    }
}

#[test]
fn a_storm_is_over_when_the_workload_is() {
    for Expanded { script, .. } in expansions() {
        let end = script.faults.iter().map(|it| it.at_ms + it.for_ms.unwrap_or(0)).max();
        assert!(script.faults.iter().all(|it| it.for_ms.is_some()), "seed {}", script.seed);
        // The longest workload.
        assert!(end.unwrap_or(0) <= FOUNDED_MS + 60_000, "seed {}: {end:?}", script.seed);
    }
}

#[test]
fn an_operation_that_is_switched_off_does_not_move_the_others() {
    let expanded = |swarm, seed| {
        let weights = "weights = { update = 1, self-remove = 1 }";
        expand(&with(&format!("[workload]\nsensible = 0\nswarm = {swarm}\n{weights}")), seed)
    };
    let updates = |it: Expanded| {
        let steps = it.script.steps.into_iter();
        steps.filter(|step| step.action == Action::Update).collect::<Vec<_>>()
    };
    let without = |seed: &u64| drawn(&expanded(50, *seed), "operations off") == "self-remove";
    let seed = (0..100).find(without).unwrap();
    let alone = updates(expanded(50, seed));
    assert!(!alone.is_empty());
    assert_eq!(alone, updates(expanded(0, seed)));
}

/// In how many seeds something holds of the scenario that leaves all to chance.
fn seeds_with(holds: impl Fn(&Script) -> bool) -> usize {
    expansions().iter().filter(|it| holds(&it.script)).count()
}

#[test]
fn each_choice_that_the_drafts_leave_open_is_as_usual_in_most_seeds_and_odd_in_some() {
    let usual = scenario(&with(FIXED)).expand(0).script.protocol;
    let material = |script: &Script| script.protocol.key_material.clone();
    let odd = [
        seeds_with(|it| it.protocol.commit_delay_max_ms != usual.commit_delay_max_ms),
        seeds_with(|it| material(it).key_packages != usual.key_material.key_packages),
        seeds_with(|it| material(it).lifetime_ms.is_some()),
        seeds_with(|it| material(it).last_resort),
        seeds_with(|it| material(it).mask_unknown_users),
        seeds_with(|it| !material(it).plain_clients.is_empty()),
        seeds_with(|it| material(it).explicit_consent),
    ];
    assert!(odd.iter().all(|seeds| (10..75).contains(seeds)), "{odd:?}");
}

#[test]
fn a_user_without_a_client_gets_one_later_and_no_room_waits_for_it() {
    let absent = |script: &Script| script.users.values().any(|user| user.clients.is_empty());
    assert!((30..200).contains(&seeds_with(absent)), "{}", seeds_with(absent));
    for Expanded { script, .. } in expansions() {
        assert!(script.users.values().all(|user| user.clients.len() + user.new_clients.len() > 0));
        for room in script.rooms.values() {
            assert!(script.users.values().any(|user| super::can_create(user, room)));
        }
    }
}

#[test]
fn who_agrees_to_one_room_only_does_so_where_consent_is_explicit() {
    let grants = |here: bool| {
        seeds_with(|script| {
            let grant = |step: &Step| match &step.action {
                Action::Consent { operation, here: it, .. } => {
                    step.at_ms < FOUNDED_MS && *it == here && operation.name() == "grant"
                }
                _ => false,
            };
            script.protocol.key_material.explicit_consent && script.steps.iter().any(grant)
        })
    };
    assert!(grants(true) > 10 && grants(false) > 10, "{} {}", grants(true), grants(false));
}

#[test]
fn an_asset_is_sometimes_given_the_name_of_another_users() {
    let text = with(
        "[draw]\nproviders = 1\n[workload]\nduration = \"60s\"\nsensible = 50\n\
         weights = { asset = 1 }",
    );
    let script = expand(&text, 1).script;
    let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for step in &script.steps {
        if let Action::Upload { name } = &step.action {
            names.entry(name).or_default().insert(&step.client[..1]);
        }
    }
    assert!(names.values().any(|users| users.len() > 1), "{names:?}");
    assert!(names.values().any(|users| users.len() == 1), "{names:?}");
}

#[test]
fn where_nobody_has_said_anything_somebody_does_before_a_report() {
    let text = with("[workload]\nsensible = 100\nweights = { report-abuse = 1 }");
    for seed in 0..10 {
        let steps = expand(&text, seed).script.steps;
        let first = |is: fn(&Action) -> bool| steps.iter().position(|step| is(&step.action));
        let said = first(|action| matches!(action, Action::Send { .. }));
        let reported = first(|action| matches!(action, Action::ReportAbuse { .. }));
        assert!(reported.is_none() || said < reported, "seed {seed}");
    }
}

const FIXED: &str = r#"
providers = ["a.example", "z.example"]
users.alice = { at = "a.example", clients = ["A1"], new_clients = ["A2"] }
users.bob = { at = "z.example", clients = ["B1"] }
rooms.den = { hub = "z.example" }
network.latency = "30ms"
protocol.consent = "implied"
steps = [
    { at = "2s", who = "B1", do = "create", room = "den" },
    { at = "3s", who = "B1", do = "add", user = "alice" },
    { at = "9s", who = "A2", do = "join" },
]
faults = [
    { at = "5s", for = "1s", fault = "offline", node = "A1" },
]
"#;

#[test]
fn what_a_file_names_is_there_and_is_not_drawn() {
    for seed in 0..30 {
        let expanded = expand(&with(&format!("{FIXED}[workload]\n[storm]")), seed);
        let script = &expanded.script;
        assert_reads_back(script);
        let names: Vec<_> = script.users.keys().chain(script.rooms.keys()).collect();
        assert_eq!(names, ["alice", "bob", "den"]);
        assert_eq!((script.providers.len(), script.network.latency_max_ms), (2, 30));
        let fixed = expand(&with(FIXED), seed).script;
        assert!(fixed.steps.iter().all(|step| script.steps.contains(step)));
        assert!(fixed.faults.iter().all(|fault| script.faults.contains(fault)));
        assert!(script.steps.len() > fixed.steps.len());
    }
}

#[test]
fn what_is_drawn_on_request_comes_beside_what_a_file_names() {
    for seed in 0..30 {
        let text =
            format!("{FIXED}[draw]\nproviders = 1\nusers = 3\nrooms = 2\n[workload]\n[storm]");
        let script = expand(&with(&text), seed).script;
        assert_reads_back(&script);
        assert_eq!((script.providers.len(), script.users.len(), script.rooms.len()), (3, 5, 3));
        assert!(script.users.contains_key("alice") && script.rooms.contains_key("den"));
    }
}

#[test]
fn a_storm_alone_befalls_the_steps_of_a_file() {
    for seed in 0..30 {
        let expanded = expand(&with(&format!("{FIXED}[storm]\nfaults = 10\nswarm = 0")), seed);
        assert_reads_back(&expanded.script);
        assert_eq!(expanded.script.steps, expand(&with(FIXED), seed).script.steps);
        assert!(expanded.script.faults.len() > 5);
    }
}

#[test]
fn a_file_without_chance_draws_nothing() {
    let expanded = expand(&with(FIXED), 5);
    assert!(expanded.drawn.is_empty());
    assert_eq!((expanded.script.seed, expanded.script.rest_ms), (5, 20_000));
}

#[test]
fn ranges_of_one_value_are_kept() {
    let text = with(
        "[draw]\nproviders = 3\nusers = 6\nclients = 2\nnew_clients = 1\nclientless = 0\nrooms = 2\n\
         policies = [\"strict\"]\npeculiar = 0\nlatency = \"50ms\"\nexplicit_consent = 100\n\
         [workload]\nduration = \"10s\"\n[storm]\nfaults = 0",
    );
    let script = expand(&text, 1).script;
    assert_eq!((script.providers.len(), script.users.len(), script.rooms.len()), (3, 6, 2));
    assert!(script.users.values().all(|it| it.clients.len() == 2 && it.new_clients.len() == 1));
    assert!(script.rooms.values().all(|room| room.charter.policy == "strict"));
    assert_eq!((script.network.latency_min_ms, script.network.latency_max_ms), (50, 50));
    assert!(script.protocol.key_material.explicit_consent);
    let last = script.steps.last().unwrap().at_ms;
    assert!(script.steps.iter().any(|step| step.at_ms > 3_000) && last <= 11_000, "{last}");
}

#[test]
fn liars_of_each_form_are_drawn_and_can_do_what_they_are_to_do() {
    let scenario = scenario(&format!("{ANY_ROOM}\n[liars]\ncount = 3\n"));
    let mut seen = BTreeSet::new();
    for seed in SEEDS {
        let script = scenario.expand(seed).script;
        // The reader refuses a node, a room or a user that does not fit, and a second server
        // beside another.
        assert_reads_back(&script);
        seen.extend(script.misbehaviour.iter().map(|one| one.behaviour.id));
    }
    assert_eq!(seen, Form::ids().into_iter().collect());
}

#[test]
fn no_hub_is_drawn_with_two_second_servers() {
    let liars = "[liars]\ncount = 3\nbehaviours = [\"hub.equivocates\", \"hub.skips-check\"]\n";
    let scenario = scenario(&format!("{ANY_ROOM}\n{liars}"));
    let mut drawn = 0;
    for seed in SEEDS.step_by(10) {
        let script = scenario.expand(seed).script;
        let nodes: BTreeSet<_> = script.misbehaviour.iter().map(|one| &one.node).collect();
        assert_eq!(nodes.len(), script.misbehaviour.len(), "seed {seed}");
        drawn += nodes.len();
    }
    assert!(drawn > 0);
}

#[test]
fn liars_change_nothing_of_what_the_honest_do() {
    let lied = scenario(&format!("{ANY_ROOM}\n[liars]\nrules = [\"valid-mls\"]\n"));
    for honest in expansions().iter().step_by(20) {
        let script = lied.expand(honest.script.seed).script;
        let honest_part = Script { misbehaviour: Vec::new(), ..script.clone() };
        assert_eq!(honest_part, honest.script);
        // What a hub does not check is any rule.
        let broken =
            script.misbehaviour.iter().filter(|it| it.behaviour.id == "client.breaks-rule");
        let rules: BTreeSet<_> = broken.filter_map(|it| it.behaviour.rule.clone()).collect();
        assert!(rules.iter().all(|rule| rule == "valid-mls"));
    }
}
