//! Written scripts read back; the files in `scenarios/` are good ones; no text is too bad to read.

use std::path::Path;

use proptest::prelude::*;

use super::{list, read, render, write};
use crate::mimi::policy::{Capability, PendingProposalPolicy};
use crate::mimi::room::{Charter, PolicyChange, Whom};
use crate::mimi::rules;
use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};
use crate::mimi::wire::{ConsentOperation, QueryElement, SearchField};
use crate::script::{
    Action, Behaviour, Expect, FORMS, Fault, FaultKind, Form, KeyMaterial, Link, Misbehaviour,
    Network, Point, Protocol, Room, Script, Step, Takes, User, Watch, Who,
};

const RULES: &[&str] = &["cached-proposals-included"];
const STANDARD: &str = include_str!("../../scenarios/standard-room.toml");

fn scenarios() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"))
}

#[test]
fn every_scenario_file_reads_and_reads_again_once_written() {
    let rules: Vec<_> = rules::RULES.iter().map(|rule| rule.id).collect();
    let listed = list(scenarios(), &rules).unwrap();
    assert!(listed.len() >= 13);
    for one in listed {
        assert!(one.said.is_ok(), "{}", one.said.unwrap_err());
        let text = std::fs::read_to_string(&one.path).unwrap();
        let script = read("scenario", &text, Some(7), &rules).unwrap();
        assert_eq!(read("again", &write(&script), None, &rules).unwrap(), script);
        assert_eq!(write(&read("again", &write(&script), None, &rules).unwrap()), write(&script));
    }
}

#[test]
fn the_seed_given_wins_over_the_files() {
    let pinned = format!("seed = 7\n{STANDARD}");
    let seed = |text: &str, seed| read("standard", text, seed, RULES).unwrap().seed;
    assert_eq!(seed(STANDARD, None), 0);
    assert_eq!(seed(&pinned, None), 7);
    assert_eq!(seed(&pinned, Some(9)), 9);
}

#[test]
fn the_standard_room_has_its_counts() {
    let script = read("standard", STANDARD, None, RULES).unwrap();
    let count = |of: fn(&Action) -> bool| script.steps.iter().filter(|s| of(&s.action)).count();
    let clients: Vec<usize> = (script.providers.iter())
        .map(|provider| {
            let at = script.users.values().filter(|user| user.uri.provider() == provider);
            at.map(|user| user.clients.len()).sum()
        })
        .collect();
    assert_eq!(clients, [3, 3, 3, 3]);
    assert_eq!(count(|action| matches!(action, Action::Send { .. })), 100);
    let is_commit = |action: &Action| {
        matches!(action, Action::Add { .. } | Action::Update | Action::Rename { .. })
    };
    assert_eq!(count(is_commit), 40);
    assert!(script.steps.iter().all(|step| step.at_ms < 60_000));
    assert!(script.faults.is_empty());
}

#[test]
fn a_repeated_step_is_many_numbered_ones() {
    let script = read("standard", STANDARD, None, RULES).unwrap();
    let sent = script.steps.iter().filter(|step| step.client == "B1").filter_map(|step| {
        let Action::Send { text } = &step.action else { return None };
        Some((step.at_ms, text.as_str()))
    });
    let first: Vec<_> = sent.take(2).collect();
    assert_eq!(first, [(9750, "B1 says 1"), (15_750, "B1 says 2")]);
}

/// A client of each of four users: two at the hub, one at each follower.
const CLIENTS: [&str; 4] = ["A1", "A.2", "B1", "C1"];

fn time() -> impl Strategy<Value = u64> {
    prop_oneof![2_000..200_000u64, (2..1000u64).prop_map(|s| s * 1000), Just(86_400_000)]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z ]{0,20}", "\\PC{0,12}", "[\"'\\\\\n\t\r\u{0}\u{7f}]{0,6}"]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let action = prop_oneof![
        text().prop_map(|text| Action::Send { text }),
        text().prop_map(|name| Action::Rename { name }),
        Just(Action::Add { user: "b-ob".to_owned() }),
        Just(Action::Remove { user: "cathy".to_owned() }),
        Just(Action::Update),
        Just(Action::Leave),
        Just(Action::Join),
        prop::option::of(text())
            .prop_map(|text| Action::ReportAbuse { user: "b-ob".to_owned(), text }),
        prop::sample::select(governing()),
        Just(Action::DeleteAccount),
        prop::sample::select(queries()),
        Just(Action::Upload { name: "photo.1".to_owned() }),
        Just(Action::Download { user: "cathy".to_owned(), name: "photo".to_owned() }),
        (consent(), any::<bool>()).prop_map(|(operation, here)| Action::Consent {
            operation,
            user: "b-ob".to_owned(),
            here
        }),
    ];
    let rooms = prop::sample::select(vec!["attic", "club.house"]);
    let step = (time(), prop::sample::select(CLIENTS.to_vec()), rooms, action);
    let step = step.prop_map(|(at_ms, client, room, action)| Step {
        at_ms,
        client: client.to_owned(),
        room: room.to_owned(),
        action,
    });
    prop::collection::vec(step, 0..12)
}

/// Queries for users: for none, for one thing, for several.
fn queries() -> Vec<Action> {
    let element = |field, value: &str| QueryElement { field, value: value.to_owned() };
    let query = |query| {
        let provider = ProviderName::new("b.example").unwrap();
        Action::FindUser { provider, query }
    };
    let (bob, name) = (element(SearchField::Handle, "im:b@b"), element(SearchField::Nick, "b \"b"));
    vec![query(vec![]), query(vec![bob.clone()]), query(vec![bob, name])]
}

/// What users do to each other, to roles and to the policy.
fn governing() -> Vec<Action> {
    let (user, role) = (|| "b-ob".to_owned(), || "group_admin".to_owned());
    let bob = UserUri::parse("mimi://b.example/u/b-ob").unwrap();
    let change = |change| Action::ChangePolicy { change };
    vec![
        Action::JoinWith { code: "a \"b\"".to_owned() },
        Action::Invite { user: user(), role: None },
        Action::Invite { user: user(), role: Some(role()) },
        Action::Ban { user: user() },
        Action::Unban { user: user(), role: Some(role()) },
        Action::Kick { user: user() },
        Action::ChangeRole { user: user(), role: role() },
        Action::ChangeOwnRole { role: role() },
        Action::RemoveClient { client: "A.2".to_owned() },
        Action::SelfRemove,
        Action::ReAdd { user: user() },
        change(PolicyChange::Roles("strict".to_owned())),
        change(PolicyChange::MaxUsers(3)),
        change(PolicyChange::MaxClients(4)),
        change(PolicyChange::MultiDevice(false)),
        change(PolicyChange::ExternalCommits(false)),
        change(PolicyChange::ExternalProposals(true)),
        change(PolicyChange::FixedMembership(true)),
        change(PolicyChange::MaxSkip(7)),
        change(PolicyChange::EpochTolerance(0)),
        change(PolicyChange::Preauthorize(Whom::User(bob), role())),
        change(PolicyChange::JoinCode("abc".to_owned())),
        change(PolicyChange::NoJoinCode("é".to_owned())),
    ]
}

fn consent() -> impl Strategy<Value = ConsentOperation> {
    prop::sample::select(vec![
        ConsentOperation::Request,
        ConsentOperation::Cancel,
        ConsentOperation::Grant { key_packages: Vec::new() },
        ConsentOperation::Revoke,
    ])
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let ends = vec![
        ("a.example", "b.example"),
        ("c.example", "a.example"),
        ("clients.b.example", "b.example"),
        ("c.example", "clients.c.example"),
    ];
    let link = prop::sample::select(ends);
    let link = link.prop_map(|(from, to)| Link { from: from.to_owned(), to: to.to_owned() });
    let percent = 1..=100u8;
    let of_link = (link, 0..7, 1..90_000u64, percent).prop_map(
        |(link, kind, up_to_ms, percent)| match kind {
            0 => FaultKind::Partition(link),
            1 => FaultKind::PartitionOneWay(link),
            2 => FaultKind::Hold(link),
            3 => FaultKind::Delay { link, up_to_ms },
            4 => FaultKind::LoseRequests { link, percent },
            5 => FaultKind::LoseResponses { link, percent },
            _ => FaultKind::Repeat { link, percent },
        },
    );
    let server = prop::sample::select(vec![
        None,
        Some(Point::BeforeDurable),
        Some(Point::AfterDurable),
        Some(Point::AfterAnswer),
    ]);
    let client = prop::sample::select(vec![
        None,
        Some(Point::BeforeSend),
        Some(Point::BeforeMerge),
        Some(Point::AfterMerge),
    ]);
    let kind = prop_oneof![
        4 => of_link,
        1 => server.prop_map(|point| FaultKind::Crash { node: "a.example".to_owned(), point }),
        1 => client.prop_map(|point| FaultKind::Crash { node: "C1".to_owned(), point }),
        1 => time().prop_map(|back_ms| FaultKind::Rollback { node: "B1".to_owned(), back_ms }),
        1 => Just(FaultKind::Offline { client: "A.2".to_owned() }),
        1 => busy(),
        1 => (-86_400_000..=86_400_000i64)
            .prop_filter("a step", |by_ms| *by_ms != 0)
            .prop_map(|by_ms| FaultKind::ClockStep { node: "a.example".to_owned(), by_ms }),
        1 => prop::sample::select(vec![-50, -1, 5, 100])
            .prop_map(|percent| FaultKind::ClockDrift { node: "B1".to_owned(), percent }),
        1 => (prop::sample::select(vec!["a.example", "B1"]), time())
            .prop_map(|(node, up_to_ms)| FaultKind::SlowDisk { node: node.to_owned(), up_to_ms }),
    ];
    let fault = (time(), time(), kind);
    let fault = fault.prop_map(|(at_ms, f, kind)| Fault { at_ms, for_ms: Some(f), kind });
    prop::collection::vec(fault, 0..8)
}

fn busy() -> impl Strategy<Value = FaultKind> {
    let choices = (1..=100u8, prop::sample::select(vec![429u16, 503]), 1..90u64);
    choices.prop_map(|(percent, status, retry_after_s)| FaultKind::Busy {
        node: "c.example".to_owned(),
        percent,
        status,
        retry_after_s,
    })
}

fn user(provider: &str, name: &str, clients: &[&str], new: &[&str]) -> (String, User) {
    let at = ProviderName::new(provider).unwrap();
    let named = |clients: &[&str]| {
        let client = |name: &&str| ((*name).to_owned(), ClientUri::new(&at, name).unwrap());
        clients.iter().map(client).collect()
    };
    let uri = UserUri::new(&at, name).unwrap();
    (name.to_owned(), User { uri, clients: named(clients), new_clients: named(new) })
}

/// A room that differs from its preset in all that a file can say, but for a parent.
fn charter(most: u32) -> Charter {
    let at = |domain| ProviderName::new(domain).unwrap();
    let bob = UserUri::new(&at("b.example"), "b-ob").unwrap();
    let role = || "attendee".to_owned();
    let mut charter = Charter {
        policy: "moderated".to_owned(),
        participants: vec![bob.clone()],
        fixed_membership: true,
        multi_device: false,
        max_users: Some(most),
        max_clients: Some(most + 1),
        lacking: vec![("guest".to_owned(), Capability::RECEIVE_MESSAGE)],
        granting: vec![("speaker".to_owned(), Capability::BAN)],
        franking: most > 5,
        preauthorized: vec![
            (Whom::User(bob), "speaker".to_owned()),
            (Whom::Provider(at("c.example")), role()),
            (Whom::Server(at("a.example")), "policy_enforcer".to_owned()),
        ],
        join_codes: vec!["a \"b\"".to_owned(), "é".to_owned()],
        ..Charter::default()
    };
    let operational = &mut charter.operational;
    operational.external_commit_allowed = false;
    operational.external_proposal_allowed = false;
    operational.app_messages.epoch_tolerance = 3;
    operational.app_messages.max_generations_skipahead = most;
    let (minimum, maximum) = (u64::from(most), 2 * u64::from(most));
    operational.pending_proposals = match most.is_multiple_of(2) {
        true => PendingProposalPolicy::ImmediateCommit,
        false => PendingProposalPolicy::RandomDelay { minimum, maximum },
    };
    charter
}

fn script() -> impl Strategy<Value = Script> {
    let lying = prop::option::of((time(), prop::option::of(time())));
    let why = (text(), any::<u64>(), "[a-zA-Z\"\\\\é]{1,10}");
    let choices = (any::<bool>(), any::<bool>(), 10..500u64, 0..500u64);
    (why, choices, steps(), faults(), lying).prop_map(|(why, choices, steps, faults, lying)| {
        let (why, seed, title) = why;
        let (one_room, without, least, more) = choices;
        let most = u32::try_from(more).unwrap() + 1;
        let a = ProviderName::new("a.example").unwrap();
        let names = if one_room { &["club.house"][..] } else { &["attic", "club.house"][..] };
        let room = |name: &&str| {
            let charter = if without { charter(most) } else { Charter::default() };
            ((*name).to_owned(), Room { uri: RoomUri::new(&a, name).unwrap(), charter })
        };
        let create = |name: &&str| Step {
            at_ms: 1000,
            client: "A1".to_owned(),
            room: (*name).to_owned(),
            action: Action::Create,
        };
        let known = |step: &Step| names.contains(&step.room.as_str());
        // What concerns no room stands under the first.
        let placed = |step: Step| match step.action {
            Action::Consent { here: false, .. }
            | Action::DeleteAccount
            | Action::FindUser { .. }
            | Action::Upload { .. } => Step { room: names[0].to_owned(), ..step },
            _ => step,
        };
        let mut all: Vec<Step> = names.iter().map(create).collect();
        all.extend(steps.into_iter().map(placed).filter(known));
        all.sort_by_key(|step| step.at_ms);
        let mut faults = faults;
        faults.sort_by_key(|fault| fault.at_ms);
        let side = [ProviderName::new("b.example").unwrap()];
        let misbehave = |(at_ms, for_ms): (u64, Option<u64>)| {
            let room = "club.house".to_owned();
            let nodes = |who| match who {
                Who::Hub => "a.example",
                Who::Follower => "c.example",
                Who::Client => "B1",
            };
            let own_user = |who| if who == Who::Hub { "alice" } else { "cathy" };
            let takes = |form: &Form, takes| form.takes.contains(&takes);
            let one = |form: &Form| Misbehaviour {
                at_ms,
                for_ms: match takes(form, Takes::End) {
                    true => for_ms.or(Some(1_000)),
                    false => for_ms.filter(|_| form.lasts),
                },
                node: nodes(form.who).to_owned(),
                behaviour: Behaviour {
                    id: form.id,
                    room: room.clone(),
                    side: side.iter().filter(|_| takes(form, Takes::Side)).cloned().collect(),
                    user: (takes(form, Takes::User) || takes(form, Takes::OwnUser))
                        .then(|| own_user(form.who).to_owned()),
                    rule: match takes(form, Takes::Rule) {
                        true => Some(RULES[0].to_owned()),
                        false => takes(form, Takes::Lie).then(|| "valid-mls".to_owned()),
                    },
                    code: match takes(form, Takes::MessageCode) {
                        true => Some("epochTooOld".to_owned()),
                        false => takes(form, Takes::Code).then(|| "wrongEpoch".to_owned()),
                    },
                },
            };
            // A hub has one second server at most.
            let mut taken = false;
            let fits =
                |form: &&Form| !form.takes_a_second_server || !std::mem::replace(&mut taken, true);
            FORMS.iter().filter(fits).map(one).collect::<Vec<_>>()
        };
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        Script {
            title,
            why,
            seed,
            providers: ["a.example", "c.example", "b.example"]
                .map(|domain| ProviderName::new(domain).unwrap())
                .to_vec(),
            users: [
                user("a.example", "alice", &["A1", "A.2"], &[]),
                user("b.example", "b-ob", &["B1"], &["B2"]),
                user("c.example", "cathy", &["C1"], &[]),
            ]
            .into(),
            rooms: names.iter().map(room).collect(),
            network: Network { latency_min_ms: least, latency_max_ms: least + more },
            protocol: Protocol {
                without: if without { ids(RULES) } else { Vec::new() },
                hub_without: if one_room { ids(&RULES[..1]) } else { Vec::new() },
                readings: if without {
                    ids(&[crate::mimi::rules::READINGS[0].id])
                } else {
                    Vec::new()
                },
                commit_delay_min_ms: more,
                commit_delay_max_ms: more + least,
                key_material: KeyMaterial {
                    explicit_consent: without,
                    mask_unknown_users: one_room,
                    key_packages: least,
                    lifetime_ms: without.then_some(least),
                    last_resort: without != one_room,
                    plain_clients: if one_room { ids(&["A.2", "B2"]) } else { Vec::new() },
                },
                watch: Watch {
                    detectors: if one_room { ids(&["receipts", "gossip"]) } else { Vec::new() },
                    every_ms: least,
                    patience_ms: least + more,
                },
            },
            steps: all,
            faults,
            expect: Expect {
                violates: if lying.is_some() { ids(&["agreement"]) } else { Vec::new() },
                detected_by: one_room.then(|| "receipts".to_owned()),
                within_ms: (one_room && without).then_some(least),
            },
            misbehaviour: lying.map(misbehave).into_iter().flatten().collect(),
            rest_ms: 1 + more * 100,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..<_>::default() })]

    #[test]
    fn a_written_script_reads_to_the_same_script(script in script()) {
        let text = write(&script);
        match read("written", &text, None, RULES) {
            Ok(read) => prop_assert_eq!(read, script),
            Err(problem) => prop_assert!(false, "{}\n{text}", render(&problem)),
        }
    }

    #[test]
    fn a_damaged_file_is_read_or_refused_with_its_place(
        from in 0..STANDARD.len(),
        length in 0..40usize,
        put in "[\\[\\]{}=\",.#\n\r a-z0-9é]{0,6}",
    ) {
        let from = STANDARD.floor_char_boundary(from);
        let to = STANDARD.floor_char_boundary((from + length).min(STANDARD.len()));
        let text = [&STANDARD[..from], &put, &STANDARD[to..]].concat();
        if let Err(problem) = read("damaged", &text, None, RULES) {
            let place = format!("damaged:{}:{}: ", problem.line(), problem.column());
            let page = render(&problem);
            prop_assert!(page.lines().next().unwrap_or_default().contains(&place), "{page}");
            prop_assert!(page.contains("── "), "nothing is marked:\n{page}");
        }
    }
}
