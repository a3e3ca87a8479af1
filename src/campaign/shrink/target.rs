//! What has to stay the same while a failure is made small: how it fails.
//!
//! A verdict that rests on an invariant has to rest on the same one; it may break at other nodes,
//! at another time, but what broke while something was still going on has to do so again: what is
//! judged once all has come to rest breaks for no reason where there is no time to come to rest.
//! Panics have to be alike, and a run that hangs, breaks off or differs from itself has to do just
//! that.

use super::super::case::{Case, Ended};
use super::super::fingerprint::Fingerprint;
use super::times::moments;
use crate::oracle::Outcome;
use crate::script::Script;

/// See the top of this file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// This invariant breaks.
    Broken {
        /// Its id.
        invariant: String,
        /// Whether it does so before the room has come to rest.
        in_the_midst: bool,
    },
    /// It ends like this, with no verdict.
    Ended(Fingerprint),
}

/// Why a run can't be made smaller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NothingToShrink {
    /// It is as expected.
    #[error("the run does not fail: {0}")]
    Fine(String),
    /// It fails because something did not happen.
    #[error("the run is {0}: a smaller one, in which less happens, would be so all the more")]
    Missing(&'static str),
}

impl Target {
    /// How the case fails, in which the script was played.
    ///
    /// # Errors
    /// When it does not, or for a reason that a smaller run has all the more.
    pub fn of(case: &Case, script: &Script) -> Result<Self, NothingToShrink> {
        if let (Some(invariant), Ended::Judged(verdict)) = (&case.invariant, &case.ended) {
            let first = verdict.violations.iter().find(|it| it.invariant == *invariant);
            let in_the_midst = first.is_some_and(|violation| violation.at < at_rest_ms(script));
            return Ok(Self::Broken { invariant: invariant.clone(), in_the_midst });
        }
        match (&case.ended, &case.fingerprint) {
            (Ended::Judged(verdict), _) if verdict.verdict == Outcome::AsExpected => {
                Err(NothingToShrink::Fine(verdict.why.clone()))
            }
            (Ended::Judged(verdict), _) => Err(NothingToShrink::Missing(verdict.verdict.word())),
            (ended, print) => {
                let print = print.clone().or_else(|| Fingerprint::without_trace(ended));
                print.map(Self::Ended).ok_or_else(|| NothingToShrink::Fine(ended.why()))
            }
        }
    }

    /// Whether the case, in which the script was played, fails in this way.
    pub fn is_met_by(&self, case: &Case, script: &Script) -> bool {
        Self::of(case, script).is_ok_and(|it| it == *self)
    }

    /// Whether one play does not tell.
    pub(super) fn needs_two_plays(&self) -> bool {
        matches!(self, Self::Ended(print) if print.broke == Ended::Differed.word())
    }

    /// Whether less time to come to rest could bring it about where nothing is wrong.
    pub(super) fn is_about_time(&self) -> bool {
        matches!(self, Self::Broken { in_the_midst: false, .. })
    }
}

/// When the room has had its time to come to rest, in simulated milliseconds.
fn at_rest_ms(script: &Script) -> u64 {
    moments(script).last().copied().unwrap_or(0) + script.rest_ms
}
