//! What a hub or a client checks before it accepts something: the first catalogue.
//!
//! [`RULES`] is the list: each rule has a stable id, one line of meaning, its source, and a check.
//! A [`RuleSet`] is the list without the rules that a scenario switches off. It judges a
//! [`Handshake`] or a [`Message`] against a [`Base`], what the judge believes at that moment; the
//! first objection in the list's order is the [`Refusal`]. Hub and clients run the same rules,
//! and differ only in their base.
//!
//! Rules about requests have no check here: whoever reads the request asks [`RuleSet::is_on`] and
//! refuses in its own words. Validity inside MLS (signatures, tags, tree) belongs to `mls`.
//!
//! Each rule is written so that it alone makes its claim: with one switched off, the others do not
//! stand in for it on purpose. A rule that needs the state after a commit says nothing where there
//! is none; that is the objection of `list-update-applies`.

mod authorised;
mod catalogue;
mod enforcers;
mod evidence;
mod giving_way;
mod group;
pub mod joining;
mod kind;
mod message;
mod proposals;
mod prospect;
mod readings;
mod sender;
pub mod servers;
mod subject;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use thiserror::Error;

pub use catalogue::RULES;
pub use enforcers::Enforcer;
pub use evidence::{EVIDENCE, Evidence};
pub use giving_way::{exiting, gave_way, giving_way};
pub use kind::founded_inside;
pub use prospect::Prospect;
pub use readings::{READINGS, Reading, ReadingInfo, Readings};
pub use subject::{
    Actor, Base, CachedProposal, Handshake, HandshakeKind, Message, Part, Proposer, What,
};

/// One rule of the catalogue.
#[derive(Debug)]
pub struct Rule {
    /// What scenarios and refusals call it.
    pub id: &'static str,
    /// What has to hold, in one line.
    pub meaning: &'static str,
    /// Where it comes from: draft section, or number of the study.
    pub source: &'static str,
    /// How it is checked.
    pub check: Check,
}

/// How a rule is checked.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// Against a commit or proposals.
    Handshake(fn(&Base<'_>, &Handshake) -> Result<(), Objection>),
    /// Against an application message.
    Message(fn(&Base<'_>, &Message) -> Result<(), Objection>),
    /// At the endpoint, by whoever reads the request.
    Request,
    /// There as well, and it can't be switched off, for this reason.
    BuiltIn(&'static str),
}

impl Rule {
    /// Why no scenario can switch it off, where none can.
    pub fn built_in(&self) -> Option<&'static str> {
        match self.check {
            Check::BuiltIn(why) => Some(why),
            _ => None,
        }
    }
}

/// What a rule has to say against something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// In words: who or what, and what was expected.
    pub why: String,
    /// What the response says.
    pub code: Code,
}

/// The response codes of P06 §5.3 and §5.4 that a rule can lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// `wrongEpoch`: the handshake is for another epoch than the hub's.
    WrongEpoch,
    /// `notAllowed`: policy or authorisation forbids it.
    NotAllowed,
    /// `invalidProposal`, with the ProposalRefs concerned; none for proposals that have no
    /// reference.
    InvalidProposal(Vec<Vec<u8>>),
    /// `epochTooOld`: the message is too many epochs late.
    EpochTooOld,
}

/// A rule's objection, with the rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{rule}: {why}")]
pub struct Refusal {
    /// Id of the rule.
    pub rule: &'static str,
    /// What the response says.
    pub code: Code,
    /// In words: who or what, and what was expected.
    pub why: String,
}

/// An id that is in no catalogue of rules, readings or detectors.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{id}` is no {kind}: expected one of {}", known.join(", "))]
pub struct UnknownId {
    /// `rule`, `reading` or `detector`.
    pub kind: &'static str,
    /// The id.
    pub id: String,
    /// The ids that there are.
    pub known: Vec<&'static str>,
}

/// All rules but those that are switched off, and how open texts are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleSet {
    off: BTreeSet<String>,
    readings: Readings,
}

impl RuleSet {
    /// All rules but those named. The default is all rules.
    ///
    /// # Errors
    /// When an id names no rule, or one that can't be off.
    pub fn without(ids: &[String]) -> Result<Self, UnknownId> {
        let switched = RULES.iter().filter(|rule| rule.built_in().is_none());
        let known: Vec<_> = switched.map(|rule| rule.id).collect();
        match ids.iter().find(|id| !known.contains(&id.as_str())) {
            Some(id) => Err(UnknownId { kind: "rule that can be off", id: id.clone(), known }),
            None => Ok(Self { off: ids.iter().cloned().collect(), ..Self::default() }),
        }
    }

    /// The same rules with these readings.
    pub fn reading(self, readings: Readings) -> Self {
        Self { readings, ..self }
    }

    /// How open texts are read.
    pub fn readings(&self) -> &Readings {
        &self.readings
    }

    /// Whether the rule is checked.
    pub fn is_on(&self, id: &str) -> bool {
        !self.off.contains(id)
    }

    /// Whether a commit or proposals may be accepted.
    ///
    /// # Errors
    /// The first objection, in the order of the catalogue.
    pub fn judge_handshake(&self, base: &Base<'_>, handshake: &Handshake) -> Result<(), Refusal> {
        self.judge(|check| match check {
            Check::Handshake(check) => check(base, handshake),
            Check::Message(_) | Check::Request | Check::BuiltIn(_) => Ok(()),
        })
    }

    /// Whether an application message may be accepted.
    ///
    /// # Errors
    /// The first objection, in the order of the catalogue.
    pub fn judge_message(&self, base: &Base<'_>, message: &Message) -> Result<(), Refusal> {
        self.judge(|check| match check {
            Check::Message(check) => check(base, message),
            Check::Handshake(_) | Check::Request | Check::BuiltIn(_) => Ok(()),
        })
    }

    fn judge(&self, run: impl Fn(Check) -> Result<(), Objection>) -> Result<(), Refusal> {
        for rule in RULES.iter().filter(|rule| self.is_on(rule.id)) {
            run(rule.check).map_err(|Objection { why, code }| Refusal {
                rule: rule.id,
                code,
                why,
            })?;
        }
        Ok(())
    }
}

/// An objection of policy or authorisation.
fn not_allowed(why: String) -> Objection {
    Objection { why, code: Code::NotAllowed }
}

/// An objection to proposals as such, with the references of those that `concerns` picks.
fn invalid(why: String, handshake: &Handshake, concerns: impl Fn(&What) -> bool) -> Objection {
    let concerned = handshake.parts.iter().filter(|part| concerns(&part.what));
    let references = concerned.filter_map(|part| part.by_reference.clone()).collect();
    Objection { why, code: Code::InvalidProposal(references) }
}
