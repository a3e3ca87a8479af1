//! What clocks that are wrong do to a room: nothing that its users could see.

use schism::trace::{Event, Fate};

use crate::each_seed;

#[test]
fn a_hub_whose_clock_falls_back_goes_on_stamping_upwards() {
    each_seed("clocks-that-disagree", |played| {
        let set = played.first("the hub's clock", |it| {
            it.node == "a.example" && it.event == Event::ClockSet { off_ms: -30_000 }
        });
        let stamps = played.entries().iter().filter_map(|it| match it.event {
            Event::Accepted { stamp, .. } => Some((it.n, stamp)),
            _ => None,
        });
        let stamps: Vec<_> = stamps.collect();
        assert!(stamps.windows(2).all(|pair| pair[0].1 < pair[1].1), "{stamps:?}");
        // Until the clock has caught up, each is the least that still grows.
        let (before, after): (Vec<_>, Vec<_>) = stamps.into_iter().partition(|it| it.0 < set);
        let (_, last) = *before.last().expect("something was accepted before");
        assert!(after.len() > 10 && after[9].1 == last + 10, "{after:?} after {last}");
        played.assert_nothing_undone();
        played.assert_all_at_one_epoch(5);
    });
}

#[test]
fn a_client_waits_as_long_as_it_was_told_although_its_clock_is_put_back() {
    each_seed("clocks-that-disagree", |played| {
        let tries = played.all(|it| {
            it.node == "B1"
                && matches!(&it.event, Event::Request { endpoint, about, .. }
                    if endpoint == "client/update" && about == "s12000-B1 commit")
        });
        let at: Vec<_> = tries.iter().map(|place| played.at(*place).at_ms).collect();
        assert!(at.len() > 1 && at[0] < 13_000, "{at:?}");
        // What it had slept before the jump may not count.
        assert!((3_000..6_500).contains(&(at[1] - at[0])), "{at:?}");
        assert_eq!(played.fate("s12000-B1"), Some(Fate::Done));
        assert_eq!(played.readers("what time is it?"), ["A1", "A2", "B2", "D1"]);
    });
}
