//! Of each check, what it says is wrong and where, and what it says was expected.

use super::said;

macro_rules! says {
    ($($name:ident: $old:literal => $new:literal, $what:literal, $expected:literal;)*) => {
        $(#[test]
        fn $name() {
            assert_eq!(said($old, $new), ($what.to_owned(), $expected.to_owned()));
        })*
    };
}

says! {
    who_is_a_text: r#""3s", who = "B1""# => r#""3s", who = 1"#,
        "12:24: `who` can't be a whole number",
        "expected the short name of a client";
    unknown_user: r#"user = "bob""# => r#"user = "rob""#,
        "11:49: unknown user `rob`",
        "expected one of alice, bob";
    unknown_consent: "faults = [" => "protocol.consent = \"explict\"\nfaults = [",
        "16:20: unknown consent `explict`",
        "expected one of implied, explicit";
    unknown_reading: "faults = [" => "protocol.readings = [\"kicks-unlist\"]\nfaults = [",
        "16:22: unknown reading `kicks-unlist`",
        "expected one of partial-group-infos, stamps-may-tie, last-user-asks-to-leave, fixed-rooms-may-be-left, voided-leaves-lapse, kick-unlists, committed-list-counts, later-proposal-wins, retries-carry-more";
    unknown_plain_client: "faults = [" => "protocol.plain_clients = [\"B3\"]\nfaults = [",
        "16:27: unknown client `B3`",
        "expected one of A1, A2, B1, B2";
    no_flag: "faults = [" => "protocol.last_resort = 1\nfaults = [",
        "16:24: `last_resort` can't be a whole number",
        "expected true or false";
    an_account_in_a_room: r#"do = "send", text = "hello""# => r#"do = "delete-account", room = "clubhouse""#,
        "12:53: `delete-account` takes no `room`",
        "expected only at, who, do";
    unknown_provider: r#"{ at = "b.example""# => r#"{ at = "bb.example""#,
        "6:20: unknown provider `bb.example`",
        "expected one of a.example, b.example, c.example";
    unknown_room: r#""create", room = "clubhouse""# => r#""create", room = "clubhaus""#,
        "10:52: unknown room `clubhaus`",
        "expected clubhouse";
    unknown_key_of_a_step: r#"do = "join" }"# => r#"do = "join", rom = "x" }"#,
        "13:43: unknown key `rom`",
        "expected one of at, who, do, room, user, text, name, every, times, code, role, client, of, provider, handle, nick, email, phone, partial_name, whole_profile, roles, max_users, max_clients, multi_device, external_commits, external_proposals, fixed_membership, epoch_tolerance, max_skip, preauthorized, join_code, no_join_code";
    unknown_key_of_a_user: r#", new_clients = ["B2"]"# => r#", newclients = ["B2"]"#,
        "6:51: unknown key `newclients`",
        "expected one of at, clients, new_clients";
    unknown_node: r#"fault = "partition", between = ["a.example", "b.example"]"#
        => r#"fault = "crash", node = "X1""#,
        "17:55: unknown provider or client `X1`",
        "expected one of a.example, b.example, c.example, A1, A2, B1, B2";
    two_clients_of_one_name: r#"clients = ["B1"]"# => r#"clients = ["A2"]"#,
        "6:44: there are two clients named `A2`",
        "`alice` has one of this name already";
    one_client_twice: r#"["A1", "A2"]"# => r#"["A1", "A1"]"#,
        "5:52: `A1` stands twice in `clients`",
        "expected each name once";
    a_client_old_and_new: r#"new_clients = ["B2"]"# => r#"new_clients = ["B1"]"#,
        "6:66: there are two clients named `B1`",
        "`bob` has one of this name already";
    a_client_like_a_provider: r#"["A1", "A2"]"# => r#"["A1", "c.example"]"#,
        "5:52: a client can't be named `c.example` like a provider",
        "expected a name that no node has yet";
    a_user_twice: "rooms.clubhouse" => "users.alice = { at = \"a.example\" }\nrooms.clubhouse",
        "7:7: not TOML: duplicate key",
        "here";
    a_user_without_clients: r#"clients = ["A1", "A2"]"# => "clients = []",
        "5:45: the user `alice` has no clients",
        "expected at least one short name";
    a_name_with_a_space: r#"["A1", "A2"]"# => r#"["A1", "A 2"]"#,
        "5:52: `A 2` can't be a name",
        "expected 1 to 128 letters, digits, `-`, `_` and `.`";
    no_providers: r#"["a.example", "b.example", "c.example"]"# => "[]",
        "4:13: there are no providers",
        r#"expected a list of domains such as ["a.example", "b.example"]"#;
    a_provider_like_an_access_network: r#", "c.example"]"# => r#", "clients.a.example"]"#,
        "4:40: a provider's domain can't begin with `clients.`",
        "expected another domain: this is how access networks are named";
    a_new_client_acts_early: r#"do = "join""# => r#"do = "update""#,
        "13:24: the new client `B2` acts before it joins",
        "expected its first step to be a `join`";
    a_room_made_twice: r#"do = "join""#
        => r#"do = "join" }, { at = "5s", who = "A2", do = "create""#,
        "13:75: the room `clubhouse` is created twice",
        "it was created at 1s already";
    a_room_never_made: r#"do = "create""# => r#"do = "update""#,
        "10:35: the room `clubhouse` is never created",
        "expected only in a room that is there";
    a_creator_away_from_the_hub: r#""1s", who = "A1""# => r#""1s", who = "B1""#,
        "10:24: `B1` can't create the room `clubhouse`",
        "expected a client of the hub a.example";
    a_choice_of_rooms: "rooms.clubhouse"
        => "rooms.attic = { hub = \"a.example\" }\nrooms.clubhouse",
        "12:5: which room is meant?",
        "expected `room = …`, one of attic, clubhouse";
    a_fault_before_any_room: r#"at = "5s""# => r#"at = "900ms""#,
        "17:12: this fault comes before any room is created",
        r#"expected "1s" or later"#;
    a_misbehaviour_before_the_room: r#"at = "9s""# => r#"at = "0s""#,
        "21:12: this misbehaviour comes before the room `clubhouse` is created",
        r#"expected "1s" or later"#;
    a_bad_time: r#"at = "5s""# => r#"at = "5 sec""#,
        "17:12: `5 sec` is not a time",
        r#"expected a time such as "250ms", "3s" or "2m""#;
    a_time_over_a_day: r#"at = "5s""# => r#"at = "1441m""#,
        "17:12: `1441m` is too long",
        "expected at most 1440m, a day";
    a_partition_without_length: r#"for = "10s", "# => "",
        "17:5: a fault has no `for`",
        "expected `for = …`, how long it lasts";
    a_partition_of_no_length: r#"for = "10s", "# => r#"for = "0ms", "#,
        "17:24: `0ms` is too short",
        "expected at least 1ms";
    a_low_latency: "[expect]" => "[network]\nlatency = \"9ms..20ms\"\n[expect]",
        "25:11: `9ms` is too short",
        "expected at least 10ms";
    a_reversed_range: "[expect]" => "[network]\nlatency = \"60ms..20ms\"\n[expect]",
        "25:11: the range `60ms..20ms` ends before it begins",
        r#"expected "20ms..60ms""#;
    a_bad_seed: "why = " => "seed = -1\nwhy = ",
        "2:8: `seed` can't be -1",
        "expected a whole number from 0 on";
    a_title_of_two_lines: r#""A room""# => r#""A\nroom""#,
        "1:9: the title is not one line",
        "expected one line that says what this is";
    too_many_percent: r#"fault = "partition""# => r#"percent = 101, fault = "repeat""#,
        "17:41: `percent` can't be 101",
        "expected a whole number from 1 to 100";
    no_percent: r#"fault = "partition""# => r#"percent = 0, fault = "repeat""#,
        "17:41: `percent` can't be 0",
        "expected a whole number from 1 to 100";
    missing_percent: r#"fault = "partition""# => r#"fault = "repeat""#,
        "17:5: a fault has no `percent`",
        "expected `percent = …`, in how many of a hundred requests";
    superfluous_percent: r#"fault = "partition""# => r#"percent = 1, fault = "hold""#,
        "17:31: `hold` takes no `percent`",
        "expected only at, for, fault, between";
    three_ends: r#"["a.example", "b.example"] }"# => r#"["a.example", "b.example", "c.example"] }"#,
        "17:62: a link can't have 3 ends",
        r#"expected two link ends such as ["a.example", "b.example"]"#;
    ends_that_never_talk: r#"["a.example", "b.example"] }"#
        => r#"["a.example", "clients.b.example"] }"#,
        "17:62: `a.example` and `clients.b.example` never talk to each other",
        "expected two providers, or a provider and its own clients";
    an_offline_provider: r#"fault = "partition", between = ["a.example", "b.example"]"#
        => r#"fault = "offline", node = "b.example""#,
        "17:57: `offline` can't befall a provider",
        "expected the short name of a client";
    a_busy_client: r#"fault = "partition", between = ["a.example", "b.example"]"#
        => r#"fault = "busy", node = "B1", percent = 9, retry_after = "3s""#,
        "17:54: unknown provider `B1`",
        "expected one of a.example, b.example, c.example";
    a_busy_server_that_says_something_else: r#"fault = "partition", between = ["a.example", "b.example"]"#
        => r#"fault = "busy", node = "b.example", percent = 9, retry_after = "3s", status = 404"#,
        "17:109: a busy server can't answer 404",
        "expected 503 or 429";
    a_busy_server_that_counts_milliseconds: r#"fault = "partition", between = ["a.example", "b.example"]"#
        => r#"fault = "busy", node = "b.example", percent = 9, retry_after = "2500ms""#,
        "17:94: `Retry-After` can't say 2500ms",
        "expected whole seconds";
    a_clock_that_jumps_nowhere: r#"fault = "partition", between = ["a.example", "b.example"]"#
        => r#"fault = "clock-step", node = "B1", by = "-0s""#,
        "17:71: `0s` is too short",
        "expected at least 1ms";
    a_clock_that_stands_still: r#"fault = "partition", between = ["a.example", "b.example"]"#
        => r#"fault = "clock-drift", node = "B1", percent = -100"#,
        "17:77: `percent` can't be -100",
        "expected a whole number from -50 to 100, but for 0";
    a_client_at_a_hubs_point: r#"fault = "partition", between = ["a.example", "b.example"]"#
        => r#"fault = "crash", node = "B1", point = "after_durable""#,
        "17:69: unknown point of a client `after_durable`",
        "expected one of before_send, before_merge, after_merge";
    a_follower_at_a_hubs_point: r#"fault = "partition", between = ["a.example", "b.example"]"#
        => r#"fault = "crash", node = "b.example", point = "after_durable""#,
        "17:55: `b.example` never comes to `after_durable`",
        "expected the hub of a room to come to this point";
    the_hub_on_the_second_side: r#"side = ["b.example"]"# => r#"side = ["a.example"]"#,
        "21:77: `a.example` can't lie to itself",
        "expected only others";
    an_unknown_side: r#"side = ["b.example"]"# => r#"side = ["d.example"]"#,
        "21:77: unknown provider `d.example`",
        "expected one of a.example, b.example, c.example";
    an_empty_side: r#"side = ["b.example"]"# => "side = []",
        "21:76: nobody is lied to",
        "expected the providers to which it lies";
    somebody_elses_client_that_a_follower_makes_up:
        r#""a.example", behaviour = "hub.equivocates", side = ["b.example"]"#
            => r#""b.example", behaviour = "follower.proposes-more", user = "alice""#,
        "21:83: `alice` is no user of b.example",
        "expected one of its own";
    a_follower_that_equivocates: r#"node = "a.example""# => r#"node = "c.example""#,
        "21:25: `c.example` is not the hub of the room `clubhouse`",
        "expected a.example";
    a_hub_that_lies_with_no_code: r#""hub.equivocates", side"# => r#""hub.lies-code", side"#,
        "21:5: a misbehaviour has no `code`",
        "expected `code = …`, what it answers";
    a_hub_that_lies_with_a_code_that_is_none: r#""hub.equivocates", side"#
        => r#""hub.lies-code", code = "failure", side"#,
        "21:74: unknown code that a hub can lie with `failure`",
        "expected one of success, wrongEpoch, notAllowed";
    a_hub_that_skips_a_check_that_there_is_not:
        r#""hub.equivocates", side = ["b.example"]"# => r#""hub.skips-check", rule = "politeness""#,
        "21:76: unknown rule `politeness`",
        "expected one of one-commit-per-epoch, cached-proposals-included";
    a_hub_that_lies_of_messages_with_a_code_of_commits: r#""hub.equivocates", side"#
        => r#""hub.lies-message-code", code = "wrongEpoch", side"#,
        "21:82: unknown code of a message that a hub can lie with `wrongEpoch`",
        "expected one of success, epochTooOld, notAllowed";
    a_hub_with_two_second_servers: r#"side = ["b.example"] },"#
        => "side = [\"b.example\"] },\n    { at = \"12s\", node = \"a.example\", \
            behaviour = \"hub.resurrects\" },",
        "22:51: `a.example` can't do `hub.resurrects` beside `hub.equivocates`",
        "expected one of the two: each needs a second server behind that name, and there is one \
         at most";
    a_hub_that_is_never_set_back:
        r#""hub.equivocates", side = ["b.example"]"# => r#""hub.rolls-back""#,
        "21:5: a misbehaviour has no `for`",
        "expected `for = …`, how long it lasts";
    repeated_joins: r#"do = "join""# => r#"do = "join", every = "1s", times = 2"#,
        "13:43: `join` takes no `every`",
        "expected only at, who, do, room, code";
    every_without_times: r#"text = "hello""# => r#"text = "hello", every = "1s""#,
        "12:5: a step has no `times`",
        "expected `times = …`, how often in all";
    too_many_times: r#"text = "hello""# => r#"text = "hello", every = "1s", times = 10001"#,
        "12:81: `times` can't be 10001",
        "expected a whole number from 1 to 10000";
    too_long_a_repetition: r#"text = "hello""# => r#"text = "hello", every = "10m", times = 1000"#,
        "12:67: the last `send` would come too late",
        "expected all of them within 1440m";
}

says! {
    a_change_of_policy_that_names_nothing:
        r#"do = "join" }"# => r#"do = "change-policy" }"#,
        "13:5: what of the policy changes?",
        "expected exactly one of roles, max_users, max_clients, multi_device, external_commits, \
         external_proposals, fixed_membership, epoch_tolerance, max_skip, preauthorized, join_code, \
         no_join_code";
    a_client_to_remove_that_is_nobodys:
        r#"do = "send", text = "hello" }"# => r#"do = "remove-client", client = "B7" }"#,
        "12:61: unknown client `B7`", "expected one of A1, A2, B1, B2";
    a_rule_that_has_no_switch:
        "faults = [" => "protocol.without = [\"valid-mls\"]\nfaults = [",
        "16:21: the rule `valid-mls` can't be switched off",
        "MLS itself makes nothing of what is not valid";
    a_user_to_add_again_that_is_nobody:
        r#"do = "send", text = "hello" }"# => r#"do = "re-add", user = "rob" }"#,
        "12:52: unknown user `rob`", "expected one of alice, bob";
    a_room_in_the_place_of_none:
        r#"do = "send", text = "hello" }"# => r#"do = "reboot", of = "attic" }"#,
        "12:50: unknown room `attic`", "expected clubhouse";
    a_room_in_the_place_of_nothing:
        r#"do = "send", text = "hello" }"# => r#"do = "reboot" }"#,
        "12:5: a step has no `of`",
        "expected `of = …`, the room that it takes the place of";
    a_change_of_role_without_a_role:
        r#"do = "send", text = "hello" }"# => r#"do = "change-role", user = "alice" }"#,
        "12:5: a step has no `role`", "expected `role = …`, the name of a role";
    a_policy_that_is_no_preset:
        r#"{ hub = "a.example" }"# => r#"{ hub = "a.example", policy = "cosy" }"#,
        "7:49: unknown policy `cosy`",
        "expected one of cooperative, strict, moderated, multi-organisation";
    a_flag_that_is_none:
        r#"{ hub = "a.example" }"# => r#"{ hub = "a.example", multi_device = "no" }"#,
        "7:55: `multi_device` can't be a text", "expected true or false";
    a_parent_that_is_the_room_itself:
        r#"{ hub = "a.example" }"# => r#"{ hub = "a.example", parent = "clubhouse" }"#,
        "7:49: unknown room of the same hub `clubhouse`",
        "there is no room of the same hub in this file";
    a_role_that_the_policy_has_not:
        r#"{ hub = "a.example" }"#
        => r#"{ hub = "a.example", preauthorized = [{ user = "bob", role = "king" }] }"#,
        "7:56: the policy cooperative has no role named `king`",
        "expected one of banned, ordinary_user, group_admin, super_admin, policy_enforcer";
    a_preauthorisation_of_nobody:
        r#"{ hub = "a.example" }"#
        => r#"{ hub = "a.example", preauthorized = [{ role = "ordinary_user" }] }"#,
        "7:57: who is preauthorised?", "expected one of `provider`, `user` and `server`";
    a_delay_that_is_no_time:
        r#"{ hub = "a.example" }"# => r#"{ hub = "a.example", pending_proposals = "soon" }"#,
        "7:60: `soon` is not a time", "expected a time such as \"250ms\", \"3s\" or \"2m\"";
}

says! {
    a_detector_that_there_is_not: "faults = [" => "protocol.detectors = [\"rumours\"]\nfaults = [",
        "16:23: unknown detector `rumours`",
        "expected one of authenticators, announcements, receipts, exchange, gossip, heartbeats";
    an_alarm_of_a_detector_that_is_off:
        "violates = [\"agreement\"]" => "detected_by = \"gossip\"",
        "25:15: the detector `gossip` is off",
        "add it: protocol.detectors = [\"gossip\"]";
    an_alarm_of_a_detector_that_there_is_not:
        "violates = [\"agreement\"]" => "detected_by = \"rumours\"",
        "25:15: unknown detector `rumours`",
        "expected one of authenticators, announcements, receipts, exchange, gossip, heartbeats";
    a_time_for_no_alarm: "violates = [\"agreement\"]" => "within = \"1s\"",
        "25:10: nothing is to be detected within this time", "add `detected_by`";
}
