//! A storm: faults of many families that befall the nodes of a run, and are all over at its end.
//!
//! The families are those of `script::FaultKind`, and some that take several of them. Which node or
//! link it meets is drawn from all that there are; the hubs of rooms are no likelier than others,
//! but for what only a hub can suffer.

use std::collections::BTreeSet;

use super::Drawn;
use super::dice::{Dice, Stream};
use super::swarm::Swarm;
use crate::mimi::uri::ProviderName;
use crate::scenario::faults::{POINTS, SERVICE_UNAVAILABLE, TOO_MANY_REQUESTS};
use crate::script::{ACCESS, Fault, FaultKind, Link, Script, Step};

/// What a file says of its storm. All ranges have both ends included.
#[derive(Debug, Clone)]
pub(super) struct Storm {
    /// Which families there are.
    pub(super) families: Vec<&'static Family>,
    /// In how many of a hundred seeds each of them is off.
    pub(super) swarm: u64,
    /// How many strike, those of families that are off included.
    pub(super) faults: (u64, u64),
    /// How long each lasts, in simulated milliseconds.
    pub(super) length_ms: (u64, u64),
    /// In how many of a hundred requests the courier loses or repeats one.
    pub(super) percent: (u64, u64),
    /// The most extra time of delayed requests, in simulated milliseconds.
    pub(super) up_to_ms: (u64, u64),
    /// How much older the state is that a client is set back to, in simulated milliseconds.
    pub(super) back_ms: (u64, u64),
}

/// One way in which a storm strikes.
#[derive(Debug)]
pub struct Family {
    /// What scenario files call it.
    pub id: &'static str,
    /// What happens, in one line.
    pub meaning: &'static str,
    /// Where it comes from: draft section, RFC, or number of the study.
    pub source: &'static str,
    strike: fn(&mut Strike<'_>) -> Option<Vec<FaultKind>>,
}

const fn family(
    id: &'static str,
    strike: fn(&mut Strike<'_>) -> Option<Vec<FaultKind>>,
    source: &'static str,
    meaning: &'static str,
) -> Family {
    Family { id, meaning, source, strike }
}

/// All families, in the order of `script::ids::FAMILIES`.
pub static FAMILIES: &[Family] = &[
    family(
        "partition",
        partition,
        "P06 §5.5; RFC 9750 §5.2",
        "nothing passes between two ends of a link",
    ),
    family(
        "partition-one-way",
        partition_one_way,
        "P06 §5.5",
        "nothing passes from one end to the other",
    ),
    family(
        "isolated-hub",
        isolated_hub,
        "P06 §5.5; RFC 9750 §5.2",
        "a hub is cut off from all other providers",
    ),
    family(
        "split-followers",
        split_followers,
        "P06 §5.5; RFC 9750 §5.2",
        "some followers are cut off from all the others",
    ),
    family("hold", hold, "A3; RP03 §7", "what is sent between two ends waits until the end"),
    family("delay", delay, "A3; I26", "each request takes extra time, so that requests overtake"),
    family(
        "lose-requests",
        lose_requests,
        "P06 §5.5; R3",
        "requests are lost before they have effect",
    ),
    family(
        "lose-responses",
        lose_responses,
        "I28; L5",
        "requests take effect, their responses are lost",
    ),
    family("repeat", repeat, "R45; I27", "requests arrive twice"),
    family("crash", crash, "A15; I7", "a node stops, loses what it had not synced, and restarts"),
    family(
        "crash-at-point",
        crash_at_point,
        "A15; I7",
        "the same, when it next comes to a named point",
    ),
    family("rollback", rollback, "L7; A10", "a client restarts from an older state of its disk"),
    family("offline", offline, "R3; L2", "a client cannot reach its provider, perhaps to the end"),
    family(
        "busy",
        busy,
        "P06 §5.5; RFC 9110 §15.6.4",
        "a server turns requests away and says when to come back",
    ),
    family("slow-disk", slow_disk, "A15; I7", "what a node syncs takes its time to be durable"),
    family("clock-step", clock_step, "R17; I21", "a clock is put on or back, and right again"),
    family("clock-drift", clock_drift, "R17; I21", "a clock gains or loses, and is put right"),
];

/// What `Retry-After` says at most, in seconds.
const MOST_RETRY_AFTER_S: u64 = 3;
/// Most time that a sync of a slow disk takes, in milliseconds. One waits for the other, so longer
/// ones would stop the node.
const SLOW_MS: (u64, u64) = (50, 800);
/// How far a clock is put on or back, in milliseconds.
const STEP_MS: (u64, u64) = (500, 30_000);
/// How much a clock gains or loses, in percent.
const DRIFT_PERCENT: (u64, u64) = (1, 30);

impl Storm {
    /// The faults of a storm from `begin_ms` to `end_ms`, over this script.
    pub(super) fn expand(
        &self,
        dice: &Dice,
        script: &Script,
        (begin_ms, end_ms): (u64, u64),
        drawn: &mut Drawn,
    ) -> Vec<Fault> {
        let count = dice.stream("storm", "faults").within(self.faults);
        let ids: Vec<_> = self.families.iter().map(|family| family.id).collect();
        let swarm = Swarm::of(dice, "families", &ids, self.swarm);
        let (mut faults, mut struck) = (Vec::new(), 0);
        for number in 0..count {
            let mut draw = dice.stream("storm", &number.to_string());
            let Some(family) = draw.pick(&self.families) else { continue };
            let at_ms = draw.within((begin_ms, end_ms.saturating_sub(1)));
            let longest = end_ms.saturating_sub(at_ms).max(1);
            let for_ms = draw.within(self.length_ms).clamp(1, longest);
            if swarm.is_off(family.id) {
                continue;
            }
            let mut strike = Strike { at_ms, for_ms, longest, draw, storm: self, script };
            let kinds = (family.strike)(&mut strike).unwrap_or_default();
            let for_ms = Some(strike.for_ms);
            struck += u64::from(!kinds.is_empty());
            faults.extend(kinds.into_iter().map(|kind| Fault { at_ms, for_ms, kind }));
        }
        drawn.note("faults", &format!("{struck} of {count} that could be"));
        drawn.note("families off", &swarm);
        faults
    }
}

/// One strike of the storm.
struct Strike<'a> {
    at_ms: u64,
    for_ms: u64,
    /// How long it could last.
    longest: u64,
    draw: Stream,
    storm: &'a Storm,
    script: &'a Script,
}

impl Strike<'_> {
    /// Two ends that talk: two servers, or a server and its own clients; either way round.
    fn link(&mut self) -> Option<Link> {
        let servers = &self.script.providers;
        let near = self.draw.pick(servers)?;
        let others: Vec<_> = servers.iter().filter(|server| **server != near).collect();
        let far = match self.draw.pick(&others).filter(|_| self.draw.happens(50)) {
            Some(other) => other.to_string(),
            None => format!("{ACCESS}{near}"),
        };
        let near = near.to_string();
        Some(match self.draw.happens(50) {
            true => Link { from: near, to: far },
            false => Link { from: far, to: near },
        })
    }

    fn percent(&mut self) -> u8 {
        u8::try_from(self.draw.within(self.storm.percent)).unwrap_or(100)
    }

    /// A client that is there by then.
    fn client(&mut self) -> Option<String> {
        let acts = |step: &&Step| step.at_ms <= self.at_ms;
        let acting: BTreeSet<_> =
            self.script.steps.iter().filter(acts).map(|step| &step.client).collect();
        let users = self.script.users.values();
        let mut clients: Vec<&String> = Vec::new();
        for user in users {
            let new = user.new_clients.iter().filter(|(name, _)| acting.contains(name));
            clients.extend(user.clients.iter().chain(new).map(|(name, _)| name));
        }
        self.draw.pick(&clients).cloned()
    }

    /// A server or a client.
    fn node(&mut self) -> Option<String> {
        match self.draw.happens(50) {
            true => Some(self.draw.pick(&self.script.providers)?.to_string()),
            false => self.client(),
        }
    }

    /// A number of the range, or what is as far below 0.
    fn either_way(&mut self, range: (u64, u64)) -> i64 {
        let far = i64::try_from(self.draw.within(range)).unwrap_or(i64::MAX);
        if self.draw.happens(50) { far } else { -far }
    }

    fn hub(&mut self) -> Option<ProviderName> {
        let hubs: BTreeSet<_> =
            self.script.rooms.values().map(|room| room.uri.provider()).collect();
        self.draw.pick(&hubs.into_iter().cloned().collect::<Vec<_>>())
    }
}

/// What a strike comes to; none where there is nothing for it to strike.
type Struck = Option<Vec<FaultKind>>;

fn partition(it: &mut Strike<'_>) -> Struck {
    Some(vec![FaultKind::Partition(it.link()?)])
}

fn partition_one_way(it: &mut Strike<'_>) -> Struck {
    Some(vec![FaultKind::PartitionOneWay(it.link()?)])
}

/// Nothing passes between any server of `side` and any other.
fn cut(script: &Script, side: &[ProviderName]) -> Struck {
    let others = || script.providers.iter().filter(|server| !side.contains(server));
    let link = |from: &ProviderName, to: &ProviderName| Link {
        from: from.to_string(),
        to: to.to_string(),
    };
    let links = side.iter().flat_map(|near| others().map(move |far| link(near, far)));
    Some(links.map(FaultKind::Partition).collect())
}

fn isolated_hub(it: &mut Strike<'_>) -> Struck {
    let hub = it.hub()?;
    cut(it.script, &[hub])
}

/// With fewer than two followers, there is nothing to split.
fn split_followers(it: &mut Strike<'_>) -> Struck {
    let hub = it.hub()?;
    let others = it.script.providers.iter().filter(|server| **server != hub);
    let mut side: Vec<_> = others.cloned().collect();
    let most = u64::try_from(side.len()).ok()?.checked_sub(1).filter(|most| *most > 0)?;
    let size = usize::try_from(it.draw.within((1, most))).ok()?;
    while side.len() > size {
        let out = it.draw.pick(&side)?;
        side.retain(|server| *server != out);
    }
    cut(it.script, &side)
}

fn hold(it: &mut Strike<'_>) -> Struck {
    Some(vec![FaultKind::Hold(it.link()?)])
}

fn delay(it: &mut Strike<'_>) -> Struck {
    let (link, up_to_ms) = (it.link()?, it.draw.within(it.storm.up_to_ms));
    Some(vec![FaultKind::Delay { link, up_to_ms }])
}

fn lose_requests(it: &mut Strike<'_>) -> Struck {
    Some(vec![FaultKind::LoseRequests { link: it.link()?, percent: it.percent() }])
}

fn lose_responses(it: &mut Strike<'_>) -> Struck {
    Some(vec![FaultKind::LoseResponses { link: it.link()?, percent: it.percent() }])
}

fn repeat(it: &mut Strike<'_>) -> Struck {
    Some(vec![FaultKind::Repeat { link: it.link()?, percent: it.percent() }])
}

fn crash(it: &mut Strike<'_>) -> Struck {
    Some(vec![FaultKind::Crash { node: it.node()?, point: None }])
}

fn crash_at_point(it: &mut Strike<'_>) -> Struck {
    let (_, point, of_hub) = it.draw.pick(POINTS)?;
    let node = if of_hub { it.hub()?.to_string() } else { it.client()? };
    Some(vec![FaultKind::Crash { node, point: Some(point) }])
}

fn rollback(it: &mut Strike<'_>) -> Struck {
    let (node, back_ms) = (it.client()?, it.draw.within(it.storm.back_ms));
    Some(vec![FaultKind::Rollback { node, back_ms }])
}

/// One in three lasts to the end of the storm.
fn offline(it: &mut Strike<'_>) -> Struck {
    if it.draw.happens(33) {
        it.for_ms = it.longest;
    }
    Some(vec![FaultKind::Offline { client: it.client()? }])
}

fn busy(it: &mut Strike<'_>) -> Struck {
    let node = it.draw.pick(&it.script.providers)?.to_string();
    let status = it.draw.pick(&[SERVICE_UNAVAILABLE, TOO_MANY_REQUESTS])?;
    let retry_after_s = it.draw.within((1, MOST_RETRY_AFTER_S));
    Some(vec![FaultKind::Busy { node, percent: it.percent(), status, retry_after_s }])
}

fn slow_disk(it: &mut Strike<'_>) -> Struck {
    Some(vec![FaultKind::SlowDisk { node: it.node()?, up_to_ms: it.draw.within(SLOW_MS) }])
}

fn clock_step(it: &mut Strike<'_>) -> Struck {
    Some(vec![FaultKind::ClockStep { node: it.node()?, by_ms: it.either_way(STEP_MS) }])
}

fn clock_drift(it: &mut Strike<'_>) -> Struck {
    Some(vec![FaultKind::ClockDrift { node: it.node()?, percent: it.either_way(DRIFT_PERCENT) }])
}
