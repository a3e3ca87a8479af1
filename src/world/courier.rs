//! The courier decides what happens to each request on its way.
//!
//! Every decision is keyed by what the request is about (caller, target, endpoint, errand, try),
//! never by the order of draws or by bytes. See `chance`. What a busy server does is decided here
//! as well: it can't be seen from what the request brings about, which is nothing.
//!
//! Not here: carrying it out (`dialer`, `server`), cut and held links (`links`).

use std::cell::RefCell;

use super::chance::Chance;
use crate::node::Call;
use crate::script::{FaultKind, Link, Network};

/// Decides over requests.
pub struct Courier {
    chance: Chance,
    network: Network,
    faults: RefCell<Vec<FaultKind>>,
}

/// What happens to one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fate {
    /// Simulated milliseconds of jitter before it sets off.
    pub jitter_ms: u64,
    /// Extra milliseconds by faults.
    pub extra_ms: u64,
    /// It is never sent.
    pub lost: bool,
    /// It takes effect, and the response is lost.
    pub response_lost: bool,
    /// It is sent a second time, this much later than asked for.
    pub repeated_ms: Option<u64>,
}

/// A request that came to a server in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TurnedAway {
    /// The HTTP status.
    pub status: u16,
    /// What `Retry-After` says, in seconds.
    pub retry_after_s: u64,
}

impl Courier {
    /// The courier of a run on this network.
    pub fn new(chance: Chance, network: Network) -> Self {
        Self { chance, network, faults: RefCell::default() }
    }

    /// A fault begins that concerns single requests.
    pub fn begin(&self, fault: &FaultKind) {
        self.faults.borrow_mut().push(fault.clone());
    }

    /// It ends.
    pub fn end(&self, fault: &FaultKind) {
        let mut faults = self.faults.borrow_mut();
        if let Some(place) = faults.iter().position(|active| active == fault) {
            faults.remove(place);
        }
    }

    /// What happens to this request of `caller`, which dials from `host`, if it sets off now.
    pub fn fate(&self, caller: &str, host: &str, call: &Call) -> Fate {
        let dice = self.chance;
        let subject = Subject { caller, call, attempt: call.attempt.to_string() };
        let here = Link { from: host.to_owned(), to: call.to.to_string() };
        let jitter = self.network.latency_max_ms.saturating_sub(self.network.latency_min_ms);
        let jitter_ms = dice.up_to(jitter, "jitter", &subject.about("first", &here));
        let mut fate = Fate { jitter_ms, ..Fate::default() };
        for fault in self.faults.borrow().iter() {
            let Some(link) = link_of(fault).filter(|link| joins(link, &here)) else { continue };
            let about = subject.about("first", link);
            match fault {
                FaultKind::Delay { up_to_ms, .. } => {
                    fate.extra_ms += dice.up_to(*up_to_ms, "delay", &about);
                }
                FaultKind::LoseRequests { percent, .. } => {
                    fate.lost |= dice.happens(*percent, "lose-requests", &about);
                }
                FaultKind::LoseResponses { percent, .. } => {
                    fate.response_lost |= dice.happens(*percent, "lose-responses", &about);
                }
                FaultKind::Repeat { percent, .. } if dice.happens(*percent, "repeat", &about) => {
                    let about = subject.about("second", &here);
                    fate.repeated_ms = Some(dice.up_to(jitter, "jitter", &about));
                }
                _ => (),
            }
        }
        fate
    }

    /// Whether `server` is too busy for a request, which `about` tells from all others.
    pub fn turns_away(&self, server: &str, about: &[&str]) -> Option<TurnedAway> {
        self.faults.borrow().iter().find_map(|fault| match fault {
            FaultKind::Busy { node, percent, status, retry_after_s } if node == server => {
                let about = [&[server], about].concat();
                let turned_away = TurnedAway { status: *status, retry_after_s: *retry_after_s };
                self.chance.happens(*percent, "busy", &about).then_some(turned_away)
            }
            _ => None,
        })
    }
}

/// What a decision is keyed by.
struct Subject<'a> {
    caller: &'a str,
    call: &'a Call,
    attempt: String,
}

impl Subject<'_> {
    fn about<'s>(&'s self, copy: &'s str, link: &'s Link) -> [&'s str; 8] {
        let Call { to, endpoint, about, .. } = self.call;
        let ends = (link.from.as_str(), link.to.as_str());
        [copy, ends.0, ends.1, self.caller, to.as_str(), endpoint, about, &self.attempt]
    }
}

/// The link of a fault that concerns single requests.
pub fn link_of(fault: &FaultKind) -> Option<&Link> {
    match fault {
        FaultKind::Delay { link, .. }
        | FaultKind::LoseRequests { link, .. }
        | FaultKind::LoseResponses { link, .. }
        | FaultKind::Repeat { link, .. } => Some(link),
        _ => None,
    }
}

/// Whether `link` joins the same two hosts as `here`, in either direction.
fn joins(link: &Link, here: &Link) -> bool {
    (link.from == here.from && link.to == here.to) || (link.from == here.to && link.to == here.from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mimi::uri::ProviderName;

    fn call(about: &str) -> Call {
        Call {
            to: ProviderName::new("b.example").unwrap(),
            endpoint: "notify",
            path: "/notify".into(),
            room: None,
            about: about.into(),
            attempt: 1,
            body: None,
            timeout_ms: 1000,
        }
    }

    fn courier() -> Courier {
        Courier::new(Chance::new(3), Network { latency_min_ms: 10, latency_max_ms: 500 })
    }

    #[test]
    fn the_fate_of_a_request_does_not_depend_on_the_requests_before_it() {
        let (busy, idle) = (courier(), courier());
        for n in 0..10 {
            busy.fate("a.example", "a.example", &call(&n.to_string()));
        }
        let fate = |courier: &Courier| courier.fate("a.example", "a.example", &call("x"));
        assert_eq!(fate(&busy), fate(&idle));
        assert_ne!(fate(&busy), busy.fate("a.example", "a.example", &call("y")));
    }

    #[test]
    fn a_busy_server_turns_each_try_away_or_not_whatever_else_it_is_asked() {
        let courier = courier();
        let turned = |server: &str, n: u32| {
            let about = ["a.example", "/notify", "x", &n.to_string()];
            courier.turns_away(server, &about).is_some()
        };
        let busy = |percent| FaultKind::Busy {
            node: "b.example".into(),
            percent,
            status: 429,
            retry_after_s: 3,
        };
        assert!(!turned("b.example", 1));
        courier.begin(&busy(50));
        let tries: Vec<_> = (1..30).map(|n| turned("b.example", n)).collect();
        assert!(tries.contains(&true) && tries.contains(&false), "{tries:?}");
        let backwards: Vec<_> = (1..30).rev().map(|n| turned("b.example", n)).collect();
        assert!(tries.iter().rev().eq(&backwards));
        courier.begin(&busy(100));
        let expected = TurnedAway { status: 429, retry_after_s: 3 };
        assert_eq!(courier.turns_away("b.example", &["x"]), Some(expected));
        assert!(!turned("a.example", 1));
    }

    #[test]
    fn a_fault_concerns_its_link_in_both_directions_while_it_lasts() {
        let courier = courier();
        let link = Link { from: "b.example".into(), to: "a.example".into() };
        let fault = FaultKind::LoseRequests { link, percent: 100 };
        let lost = |host: &str| courier.fate("node", host, &call("x")).lost;
        assert!(!lost("a.example"));
        courier.begin(&fault);
        assert!(lost("a.example"));
        assert!(!lost("clients.a.example"));
        courier.end(&fault);
        assert!(!lost("a.example"));
    }
}
