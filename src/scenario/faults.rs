//! What goes wrong: the `faults` of a file, in order of time.
//!
//! Checked here is that a fault can do something: both ends of a link are there and talk to each
//! other, a point is one that the node comes to, and some room is there already.

use std::ops::Range;

use super::fields::{Fields, Text, Value};
use super::problem::{Complaint, Earliest};
use super::steps::Steps;
use super::time::show;
use super::topology::Topology;
use crate::script::{ACCESS, Fault, FaultKind, Link, Point, ids};

/// The statuses of a server that has no time (RFC 9110 §15.6.4, RFC 6585 §4).
pub(super) const SERVICE_UNAVAILABLE: u16 = 503;
pub(super) const TOO_MANY_REQUESTS: u16 = 429;

/// How long a crash or a rollback lasts where the file does not say, in milliseconds.
const OUTAGE_MS: u64 = 2000;

pub(super) const KEYS: &[&str] = &[
    "at",
    "for",
    "fault",
    "between",
    "from",
    "to",
    "up_to",
    "percent",
    "node",
    "point",
    "back",
    "status",
    "retry_after",
    "by",
];
const END_FORM: &str = "a provider, or `clients.` and a provider";
const BETWEEN_FORM: &str = "two link ends such as [\"a.example\", \"b.example\"]";

/// The points that a crash can aim at, and whether a hub comes to it; a client otherwise.
pub(super) const POINTS: &[(&str, Point, bool)] = &[
    ("before_durable", Point::BeforeDurable, true),
    ("after_durable", Point::AfterDurable, true),
    ("after_answer", Point::AfterAnswer, true),
    ("before_send", Point::BeforeSend, false),
    ("before_merge", Point::BeforeMerge, false),
    ("after_merge", Point::AfterMerge, false),
];

/// Reads `faults`, which may be left out.
pub(super) fn faults(
    file: &Fields<'_>,
    topology: &Topology,
    steps: &Steps,
) -> Result<Vec<Fault>, Complaint> {
    let form = "a list of tables such as { at = \"5s\", fault = \"crash\", node = \"A1\" }";
    let mut faults = each(file.get("faults"), form, |value| fault(value, topology, steps))?;
    faults.sort_by_key(|fault| fault.at_ms);
    Ok(faults)
}

/// All items of a list that may be left out, each as `read` has it.
pub(super) fn each<'t, T>(
    list: Option<Value<'t>>,
    form: &str,
    read: impl Fn(&Value<'t>) -> Result<T, Complaint>,
) -> Result<Vec<T>, Complaint> {
    let mut earliest = Earliest::default();
    let items = list.map(|list| list.list(form)).transpose()?.unwrap_or_default();
    let values = items.iter().filter_map(|item| earliest.note(read(item))).collect();
    earliest.or(values)
}

fn fault(value: &Value<'_>, topology: &Topology, steps: &Steps) -> Result<Fault, Complaint> {
    let fields = value.fields("a fault", KEYS)?;
    let at = fields.need("at", "the time when it begins")?;
    let at_ms = at.time(0)?;
    let form = format!("one of {}", ids::FAULTS.join(", "));
    let name = fields.need("fault", &form)?.text(&form)?;
    let kind = Reader { fields: &fields, topology, name: &name }.kind()?;
    let has_default = matches!(kind, FaultKind::Crash { .. } | FaultKind::Rollback { .. });
    let for_ms = match fields.get("for") {
        None if has_default => Some(OUTAGE_MS),
        None if !needs_an_end(name.text) => None,
        None => Some(fields.need("for", "how long it lasts")?.time(1)?),
        Some(length) => Some(length.time(1)?),
    };
    steps.room_exists((at_ms, &at.span()), "this fault", None)?;
    Ok(Fault { at_ms, for_ms, kind })
}

/// What a fault of this name says beside `at`, `for` and `fault`: what it has to, and what it may.
pub(super) fn keys(name: &str) -> Option<(&'static [&'static str], &'static [&'static str])> {
    Some(match name {
        "partition" | "hold" => (&["between"], &[]),
        "partition-one-way" => (&["from", "to"], &[]),
        "delay" => (&["between", "up_to"], &[]),
        "lose-requests" | "lose-responses" | "repeat" => (&["between", "percent"], &[]),
        "crash" => (&["node"], &["point"]),
        "rollback" => (&["node", "back"], &[]),
        "offline" => (&["node"], &[]),
        "slow-disk" => (&["node", "up_to"], &[]),
        "clock-step" => (&["node", "by"], &[]),
        "clock-drift" => (&["node", "percent"], &[]),
        "busy" => (&["node", "percent", "retry_after"], &["status"]),
        _ => return None,
    })
}

/// Whether a fault of this name has to say how long it lasts.
pub(super) fn needs_an_end(name: &str) -> bool {
    !matches!(name, "crash" | "rollback" | "clock-step" | "clock-drift")
}

/// Reads what is particular to a kind of fault.
struct Reader<'a, 't> {
    fields: &'a Fields<'t>,
    topology: &'a Topology,
    name: &'a Text<'t>,
}

impl Reader<'_, '_> {
    fn kind(&self) -> Result<FaultKind, Complaint> {
        let Some((needs, may)) = keys(self.name.text) else {
            let known = ids::FAULTS.iter().copied();
            return Err(Complaint::unknown(&self.name.span, "fault", self.name.text, known));
        };
        self.fields.only(self.name.text, &[&["at", "for", "fault"], needs, may].concat())?;
        Ok(match self.name.text {
            "partition" => FaultKind::Partition(self.between()?),
            "partition-one-way" => FaultKind::PartitionOneWay(self.one_way()?),
            "hold" => FaultKind::Hold(self.between()?),
            "delay" => {
                let link = self.between()?;
                let up_to = self.fields.need("up_to", "the most extra time")?;
                FaultKind::Delay { link, up_to_ms: up_to.time(1)? }
            }
            "lose-requests" => {
                FaultKind::LoseRequests { link: self.between()?, percent: self.percent()? }
            }
            "lose-responses" => {
                FaultKind::LoseResponses { link: self.between()?, percent: self.percent()? }
            }
            "repeat" => FaultKind::Repeat { link: self.between()?, percent: self.percent()? },
            "crash" => self.crash()?,
            "rollback" => {
                let back = self.fields.need("back", "how much older the state is")?;
                FaultKind::Rollback { node: self.client()?, back_ms: back.time(1)? }
            }
            "busy" => self.busy()?,
            "clock-step" => {
                let by = self.fields.need("by", "how far the clock jumps, such as \"-30s\"")?;
                FaultKind::ClockStep { node: self.node()?.0.text.to_owned(), by_ms: by.offset()? }
            }
            "clock-drift" => {
                let percent = self.fields.need("percent", "how much the clock gains or loses")?;
                let percent = percent.signed(-50..=100)?;
                FaultKind::ClockDrift { node: self.node()?.0.text.to_owned(), percent }
            }
            "slow-disk" => {
                let (node, _) = self.node()?;
                let up_to = self.fields.need("up_to", "the most time that a sync takes")?;
                FaultKind::SlowDisk { node: node.text.to_owned(), up_to_ms: up_to.time(1)? }
            }
            _ => FaultKind::Offline { client: self.client()? },
        })
    }

    fn percent(&self) -> Result<u8, Complaint> {
        let form = "in how many of a hundred requests";
        let percent = self.fields.need("percent", form)?.number(1..=100)?;
        Ok(u8::try_from(percent).unwrap_or(100))
    }

    fn client(&self) -> Result<String, Complaint> {
        let form = "the short name of a client";
        let node = self.fields.need("node", form)?.text(form)?;
        if self.topology.provider(&node).is_ok() {
            let what = format!("`{}` can't befall a provider", self.name.text);
            return Err(Complaint::new(&node.span, what, format!("expected {form}")));
        }
        self.topology.client(&node)?;
        Ok(node.text.to_owned())
    }

    fn busy(&self) -> Result<FaultKind, Complaint> {
        let form = "the domain of a provider";
        let node = self.fields.need("node", form)?.text(form)?;
        self.topology.provider(&node)?;
        let status = match self.fields.get("status") {
            None => SERVICE_UNAVAILABLE,
            Some(value) => match value.number(0..=u64::MAX)? {
                429 => TOO_MANY_REQUESTS,
                503 => SERVICE_UNAVAILABLE,
                other => {
                    let what = format!("a busy server can't answer {other}");
                    return Err(Complaint::new(&value.span(), what, "expected 503 or 429"));
                }
            },
        };
        let wait = self.fields.need("retry_after", "how long whoever asks is to wait")?;
        let wait_ms = wait.time(1000)?;
        if !wait_ms.is_multiple_of(1000) {
            let what = format!("`Retry-After` can't say {}", show(wait_ms));
            return Err(Complaint::new(&wait.span(), what, "expected whole seconds"));
        }
        let (node, retry_after_s) = (node.text.to_owned(), wait_ms / 1000);
        Ok(FaultKind::Busy { node, percent: self.percent()?, status, retry_after_s })
    }

    /// A provider or a client, and whether it is a provider.
    fn node(&self) -> Result<(Text<'_>, bool), Complaint> {
        let form = "the domain of a provider or the short name of a client";
        let node = self.fields.need("node", form)?.text(form)?;
        let server = self.topology.provider(&node).is_ok();
        if !server && self.topology.find_client(node.text).is_none() {
            return Err(unknown_node(&node, self.topology));
        }
        Ok((node, server))
    }

    fn crash(&self) -> Result<FaultKind, Complaint> {
        let (node, server) = self.node()?;
        let point = self.fields.get("point").map(|value| value.text("the name of a point"));
        let point = point.transpose()?.map(|point| self.point(&point, &node, server));
        Ok(FaultKind::Crash { node: node.text.to_owned(), point: point.transpose()? })
    }

    fn point(&self, point: &Text<'_>, node: &Text<'_>, server: bool) -> Result<Point, Complaint> {
        let reached = || POINTS.iter().filter(|(_, _, of_hub)| *of_hub == server);
        let is_hub = || self.topology.rooms.values().any(|room| is(node, room.uri.provider()));
        if let Some((_, found, _)) = reached().find(|(name, _, _)| *name == point.text) {
            if server && !is_hub() {
                let what = format!("`{}` never comes to `{}`", node.text, point.text);
                let expected = "expected the hub of a room to come to this point";
                return Err(Complaint::new(&node.span, what, expected));
            }
            return Ok(*found);
        }
        let kind = if server { "point of a hub" } else { "point of a client" };
        let known = reached().map(|(name, _, _)| *name);
        Err(Complaint::unknown(&point.span, kind, point.text, known))
    }

    fn between(&self) -> Result<Link, Complaint> {
        let value = self.fields.need("between", BETWEEN_FORM)?;
        match value.texts(BETWEEN_FORM)?.as_slice() {
            [from, to] => self.link(from, to, &value.span()),
            other => {
                let what = format!("a link can't have {} ends", other.len());
                Err(Complaint::new(&value.span(), what, format!("expected {BETWEEN_FORM}")))
            }
        }
    }

    fn one_way(&self) -> Result<Link, Complaint> {
        let from = self.fields.need("from", "the sending end")?.text(END_FORM)?;
        let to = self.fields.need("to", "the receiving end")?.text(END_FORM)?;
        self.link(&from, &to, &to.span)
    }

    /// The link between two ends that can talk: two servers, or a server and its own clients.
    fn link(&self, from: &Text<'_>, to: &Text<'_>, span: &Range<usize>) -> Result<Link, Complaint> {
        let (near, far) = (self.end(from)?, self.end(to)?);
        let talk = match (near, far) {
            (End::Server(near), End::Server(far)) => near != far,
            (End::Clients(clients), End::Server(server))
            | (End::Server(server), End::Clients(clients)) => clients == server,
            (End::Clients(_), End::Clients(_)) => false,
        };
        if talk {
            return Ok(Link { from: from.text.to_owned(), to: to.text.to_owned() });
        }
        let what = format!("`{}` and `{}` never talk to each other", from.text, to.text);
        let expected = "expected two providers, or a provider and its own clients";
        Err(Complaint::new(span, what, expected))
    }

    fn end<'t>(&self, end: &Text<'t>) -> Result<End<'t>, Complaint> {
        if self.topology.find_client(end.text).is_some() {
            let what = format!("the client `{}` can't be the end of a link", end.text);
            let hint = "cut off a single client with `fault = \"offline\", node = …`";
            return Err(Complaint::new(&end.span, what, format!("expected {END_FORM}")).hint(hint));
        }
        if let Some(domain) = end.text.strip_prefix(ACCESS) {
            self.topology.provider(&Text { text: domain, span: end.span.clone() })?;
            return Ok(End::Clients(domain));
        }
        self.topology.provider(end)?;
        Ok(End::Server(end.text))
    }
}

/// What a link can end at.
enum End<'t> {
    Server(&'t str),
    Clients(&'t str),
}

fn is(node: &Text<'_>, provider: &crate::mimi::uri::ProviderName) -> bool {
    provider.as_str() == node.text
}

fn unknown_node(node: &Text<'_>, topology: &Topology) -> Complaint {
    let providers = topology.providers.iter().map(|provider| provider.as_str());
    let known = providers.chain(topology.client_names());
    Complaint::unknown(&node.span, "provider or client", node.text, known)
}
