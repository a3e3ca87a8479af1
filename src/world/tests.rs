//! Claims of the world, played with toys.

use super::toy::Toys;
use super::*;
use crate::mimi::room::Charter;
use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};
use crate::script::{
    Action, Expect, Fault, KeyMaterial, Link, Network, Point, Protocol, Room, Step, User, Watch,
};
use crate::trace::Event;

const A: &str = "a.example";
const B: &str = "b.example";

fn script(seed: u64, sends: &[(u64, &str, &str)], faults: Vec<Fault>) -> Script {
    let provider = |name: &str| ProviderName::new(name).unwrap();
    let user = |domain: &str, name: &str, client: &str| User {
        uri: UserUri::new(&provider(domain), name).unwrap(),
        clients: vec![(client.into(), ClientUri::new(&provider(domain), client).unwrap())],
        new_clients: vec![],
    };
    let step = |&(at_ms, client, text): &(u64, &str, &str)| Step {
        at_ms,
        client: client.into(),
        room: "hall".into(),
        action: Action::Send { text: text.into() },
    };
    let uri = RoomUri::new(&provider(A), "hall").unwrap();
    let room = Room { uri, charter: Charter::default() };
    Script {
        title: "toys".into(),
        why: "tests of the world".into(),
        seed,
        providers: vec![provider(A), provider(B)],
        users: [
            ("alice".to_owned(), user(A, "alice", "A1")),
            ("bob".to_owned(), user(B, "bob", "B1")),
        ]
        .into(),
        rooms: [("hall".to_owned(), room)].into(),
        network: Network { latency_min_ms: 10, latency_max_ms: 60 },
        protocol: Protocol {
            without: vec![],
            hub_without: vec![],
            readings: vec![],
            commit_delay_min_ms: 0,
            commit_delay_max_ms: 0,
            key_material: KeyMaterial::default(),
            watch: Watch::default(),
        },
        steps: sends.iter().map(step).collect(),
        faults,
        misbehaviour: vec![],
        expect: Expect::default(),
        rest_ms: 500,
    }
}

fn fault(at_ms: u64, for_ms: u64, kind: FaultKind) -> Fault {
    Fault { at_ms, for_ms: Some(for_ms), kind }
}

fn link(from: &str, to: &str) -> Link {
    Link { from: from.into(), to: to.into() }
}

fn home_link() -> Link {
    link("clients.a.example", A)
}

fn run(script: &Script) -> Run {
    play(script, "text", || Box::new(Toys), &Options::default()).unwrap()
}

/// What a node noted before the probe, in order.
fn notes(run: &Run, node: &str) -> Vec<String> {
    let noted = run.entries.iter().take_while(|entry| {
        !matches!(entry.event, Event::PhaseBegan { phase: trace::Phase::Probe })
    });
    let of_node = noted.filter(|entry| entry.node == node);
    let text = |entry: &Entry| match &entry.event {
        Event::IntentEnded { why, .. } => Some(why.clone()),
        _ => None,
    };
    of_node.filter_map(text).collect()
}

fn happened(run: &Run, node: &str, event: &Event) -> usize {
    run.entries.iter().filter(|entry| entry.node == node && entry.event == *event).count()
}

fn served(run: &Run, node: &str) -> Vec<String> {
    let found = notes(run, node).into_iter().filter(|note| note.starts_with("served"));
    found.map(|note| note.split(' ').nth(1).unwrap_or_default().to_owned()).collect()
}

#[test]
fn one_seed_gives_one_run_whatever_ran_before() {
    let sends = [(100, "A1", "one"), (100, "B1", "two"), (110, "A1", "three")];
    let delay = FaultKind::Delay { link: home_link(), up_to_ms: 400 };
    let script_of = |seed| script(seed, &sends, vec![fault(50, 500, delay.clone())]);
    let first = run(&script_of(1));
    let other = run(&script_of(2));
    assert_eq!(first.entries, run(&script_of(1)).entries);
    assert_ne!(first.entries, other.entries);
}

#[test]
fn a_request_is_answered_and_its_cause_is_known_at_the_server() {
    let run = run(&script(1, &[(100, "A1", "hello")], vec![]));
    assert_eq!(notes(&run, "A1")[1], "hello: 200 echo hello");
    let client = "Client(mimi://a.example/d/A1)";
    assert_eq!(notes(&run, A)[1], format!("served hello as 1 of {client}, 0 left"));
    let is_request = |entry: &&Entry| matches!(entry.event, Event::Request { .. });
    let request = run.entries.iter().find(is_request).unwrap();
    let serving = run.entries.iter().find(|entry| entry.node == A && entry.cause.is_some());
    assert_eq!(serving.unwrap().cause, Some(request.n));
}

#[test]
fn a_client_of_another_provider_is_nobody() {
    let run = run(&script(1, &[(100, "A1", "@b.example")], vec![]));
    assert!(notes(&run, B)[1].contains("of Unknown"), "{:?}", notes(&run, B));
}

#[test]
fn a_server_is_known_to_another_by_its_address() {
    let run = run(&script(1, &[(100, "A1", "relay-to-b.example")], vec![]));
    assert_eq!(notes(&run, B)[1], "served relayed as 1 of Provider(a.example), 0 left");
}

#[test]
fn bytes_that_are_not_http_do_not_stop_a_server() {
    let run = run(&script(1, &[(100, "A1", "garbage"), (300, "A1", "x")], vec![]));
    assert_eq!(served(&run, A), ["x"]);
}

#[test]
fn a_log_does_not_change_the_trace() {
    let script = script(1, &[(100, "A1", "x")], vec![]);
    let options = Options { log: Some(tracing::Level::ERROR) };
    let logged = play(&script, "text", || Box::new(Toys), &options).unwrap();
    assert_eq!(logged.entries, run(&script).entries);
}

#[test]
fn a_lost_response_times_out_although_the_server_acted() {
    let lose = FaultKind::LoseResponses { link: home_link(), percent: 100 };
    let run = run(&script(1, &[(100, "A1", "x")], vec![fault(50, 2000, lose)]));
    assert_eq!(notes(&run, "A1")[1], "x: timed out");
    assert_eq!(served(&run, A), ["x"]);
}

#[test]
fn a_lost_request_times_out_and_has_no_effect() {
    let lose = FaultKind::LoseRequests { link: home_link(), percent: 100 };
    let run = run(&script(1, &[(100, "A1", "x")], vec![fault(50, 2000, lose)]));
    assert_eq!(notes(&run, "A1")[1], "x: timed out");
    assert!(served(&run, A).is_empty());
}

#[test]
fn a_repeated_request_reaches_the_server_twice_and_is_answered_once() {
    let repeat = FaultKind::Repeat { link: home_link(), percent: 100 };
    let run = run(&script(1, &[(100, "A1", "x")], vec![fault(50, 100, repeat)]));
    assert_eq!(served(&run, A), ["x", "x"]);
    assert_eq!(notes(&run, "A1").len(), 2);
}

#[test]
fn a_partition_refuses_and_the_last_of_two_heals() {
    let cut = || FaultKind::Partition(home_link());
    let sends = [(100, "A1", "during"), (1_300, "A1", "still"), (2_100, "A1", "after")];
    let faults = vec![fault(50, 1_000, cut()), fault(500, 1_500, cut())];
    let run = run(&script(1, &sends, faults));
    let expected = ["during: unreachable", "still: unreachable", "after: 200 echo after"];
    assert_eq!(notes(&run, "A1")[1..], expected);
    let healed = Event::Healed { from: "clients.a.example".into(), to: A.into() };
    assert_eq!(happened(&run, "world", &healed), 1);
}

#[test]
fn a_one_way_partition_of_the_way_back_lets_the_request_take_effect() {
    let cut = FaultKind::PartitionOneWay(link(A, "clients.a.example"));
    let run = run(&script(1, &[(100, "A1", "x")], vec![fault(50, 2_000, cut)]));
    assert_eq!(notes(&run, "A1")[1], "x: timed out");
    assert_eq!(served(&run, A), ["x"]);
}

#[test]
fn what_is_held_arrives_when_the_fault_ends() {
    let hold = FaultKind::Hold(home_link());
    let run = run(&script(1, &[(100, "A1", "x")], vec![fault(50, 500, hold)]));
    assert_eq!(notes(&run, "A1")[1], "x: 200 echo x");
    let at = |entry: &&Entry| matches!(entry.event, Event::Response { .. });
    assert!(run.entries.iter().find(at).unwrap().at_ms >= 550);
}

#[test]
fn a_crash_at_a_point_keeps_what_was_synced_and_loses_the_rest() {
    let crash = |point| FaultKind::Crash { node: A.into(), point: Some(point) };
    let sends = [(100, "A1", "one"), (500, "A1", "two"), (3_000, "A1", "three")];
    let starts = |point| {
        let run = run(&script(1, &sends, vec![fault(300, 400, crash(point))]));
        assert_eq!(happened(&run, A, &Event::Crashed), 1);
        assert_eq!(happened(&run, A, &Event::Restarted { rolled_back: false }), 1);
        assert!(notes(&run, "A1").contains(&"two: timed out".to_owned()));
        assert!(notes(&run, "A1").contains(&"three: 200 echo three".to_owned()));
        let starting = |note: &String| note.starts_with("server starts");
        notes(&run, A).into_iter().filter(starting).collect::<Vec<_>>()
    };
    let before = starts(Point::BeforeDurable);
    assert_eq!(before, ["server starts at 0", "server starts at 1"]);
    let after = starts(Point::AfterDurable);
    assert_eq!(after, ["server starts at 0", "server starts at 2"]);
}

#[test]
fn a_wish_that_comes_while_a_client_is_down_waits_for_it() {
    let crash = FaultKind::Crash { node: "A1".into(), point: None };
    let run = run(&script(1, &[(300, "A1", "x")], vec![fault(200, 400, crash)]));
    let expected = ["client starts, disk 1", "client starts, disk 2", "x: 200 echo x"];
    assert_eq!(notes(&run, "A1"), expected);
}

#[test]
fn a_client_does_nothing_between_its_crash_and_its_restart() {
    let crash = FaultKind::Crash { node: "A1".into(), point: None };
    // Both come between the same two ticks, the wish first.
    let run = run(&script(1, &[(212, "A1", "x")], vec![fault(218, 400, crash)]));
    let of_client = run.entries.iter().filter(|entry| entry.node == "A1");
    let mut after = of_client.skip_while(|entry| entry.event != Event::Crashed).skip(1);
    assert_eq!(after.next().unwrap().event, Event::Restarted { rolled_back: false });
    assert_eq!(notes(&run, "A1").last().unwrap(), "x: 200 echo x");
}

#[test]
fn a_rollback_restores_an_older_disk() {
    let back = FaultKind::Rollback { node: "A1".into(), back_ms: 1_000 };
    let run = run(&script(1, &[(1_500, "A1", "snapshot")], vec![fault(2_000, 100, back)]));
    assert_eq!(notes(&run, "A1").last().unwrap(), "client starts, disk 2");
    assert_eq!(happened(&run, "A1", &Event::Restarted { rolled_back: true }), 1);
}

#[test]
fn an_offline_client_reaches_nobody_and_loses_what_is_in_flight() {
    let offline = FaultKind::Offline { client: "A1".into() };
    let delay = FaultKind::Delay { link: home_link(), up_to_ms: 0 };
    let sends = [(190, "A1", "cut"), (300, "A1", "during"), (900, "A1", "after")];
    let faults = vec![fault(0, 10, delay), fault(200, 500, offline)];
    let run = run(&script(1, &sends, faults));
    let expected =
        ["cut: connection broke: offline", "during: unreachable", "after: 200 echo after"];
    assert_eq!(notes(&run, "A1")[1..], expected);
    assert_eq!(happened(&run, "A1", &Event::Online), 1);
}

#[test]
fn a_slow_disk_puts_off_the_answer_and_a_crash_loses_what_was_not_answered() {
    let slow = |up_to_ms| FaultKind::SlowDisk { node: A.into(), up_to_ms };
    let crash = FaultKind::Crash { node: A.into(), point: None };
    let sends = [(100, "A1", "one"), (1_500, "A1", "two"), (4_000, "A1", "three")];
    let answers = |faults| {
        let run = run(&script(1, &sends, faults));
        let at = |entry: &&Entry| matches!(entry.event, Event::Response { status: 200, .. });
        let first = run.entries.iter().find(at).unwrap().at_ms;
        (first, notes(&run, "A1")[1..].to_vec(), notes(&run, A))
    };
    let (quick, ..) = answers(vec![]);
    let (slow_first, ..) = answers(vec![fault(0, 1_000, slow(900))]);
    assert!(slow_first > quick, "{slow_first} and {quick}");
    let lost = vec![fault(1_000, 1_000, slow(60_000)), fault(1_600, 400, crash)];
    let (_, told, server) = answers(lost);
    assert_eq!(told, ["one: 200 echo one", "two: timed out", "three: 200 echo three"]);
    assert!(server.contains(&"server starts at 1".to_owned()), "{server:?}");
}

#[test]
fn a_busy_server_says_when_to_come_back_and_sees_nothing_of_the_request() {
    let busy = FaultKind::Busy { node: A.into(), percent: 100, status: 503, retry_after_s: 7 };
    let sends = [(100, "A1", "during"), (900, "A1", "after"), (150, "B1", "elsewhere")];
    let run = run(&script(1, &sends, vec![fault(50, 500, busy)]));
    let expected = ["during: 503, again in 7 s ", "after: 200 echo after"];
    assert_eq!(notes(&run, "A1")[1..], expected);
    assert_eq!(served(&run, A), ["after"]);
    assert_eq!(served(&run, B), ["elsewhere"]);
}

#[test]
fn a_body_that_is_too_long_is_refused_with_413() {
    let run = run(&script(1, &[(100, "A1", "huge")], vec![]));
    assert!(notes(&run, "A1")[1].starts_with("huge: 413"), "{:?}", notes(&run, "A1"));
    assert!(served(&run, A).is_empty());
}

#[test]
fn a_run_rests_then_probes_then_ends() {
    let run = run(&script(1, &[(1_000, "A1", "x")], vec![]));
    let phases = run.entries.iter().filter_map(|entry| match entry.event {
        Event::PhaseBegan { phase } => Some((entry.at_ms, phase)),
        _ => None,
    });
    let phases: Vec<_> = phases.collect();
    use trace::Phase::*;
    // Nobody entered a room, so nobody is asked to show that it works.
    assert_eq!(phases, [(1_000, Rest), (1_500, Probe), (11_500, End)]);
}

#[test]
fn a_panic_in_a_task_of_a_client_names_the_client_and_keeps_the_trace() {
    let script = script(1, &[(100, "A1", "x"), (500, "B1", "panic")], vec![]);
    let failed = play(&script, "text", || Box::new(Toys), &Options::default()).unwrap_err();
    let PlayError::Panicked { message, node, entries } = failed else { panic!("{failed}") };
    assert!(message.contains("told to panic"), "{message}");
    assert_eq!(node.as_deref(), Some("B1"));
    assert!(entries.len() > 5);
}

#[test]
fn a_script_that_names_nothing_real_is_refused() {
    let refused = |faults| {
        let script = script(1, &[], faults);
        play(&script, "text", || Box::new(Toys), &Options::default()).unwrap_err().to_string()
    };
    let crash = FaultKind::Crash { node: "nobody".into(), point: None };
    assert!(refused(vec![fault(1, 1, crash)]).contains("there is no provider or client `nobody`"));
    assert!(refused(vec![fault(1, 1, FaultKind::Hold(link(A, A)))]).contains("both ends"));
}
