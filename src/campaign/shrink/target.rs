//! What has to stay the same while a failure is made small: how it fails.
//!
//! A verdict that rests on an invariant has to rest on the same one; it may break at other nodes,
//! at another time. Panics have to be alike, and a run that hangs, breaks off or differs from
//! itself has to do just that.

use super::super::case::{Case, Ended};
use super::super::fingerprint::Fingerprint;
use crate::oracle::{INVARIANTS, Kind, Outcome};

/// See the top of this file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// This invariant breaks.
    Broken(String),
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
    /// How the case fails.
    ///
    /// # Errors
    /// When it does not, or for a reason that a smaller run has all the more.
    pub fn of(case: &Case) -> Result<Self, NothingToShrink> {
        if let Some(invariant) = &case.invariant
            && matches!(case.ended, Ended::Judged(_))
        {
            return Ok(Self::Broken(invariant.clone()));
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

    /// Whether the case fails in this way.
    pub fn is_met_by(&self, case: &Case) -> bool {
        Self::of(case).is_ok_and(|it| it == *self)
    }

    /// Whether one play does not tell.
    pub(super) fn needs_two_plays(&self) -> bool {
        matches!(self, Self::Ended(print) if print.broke == Ended::Differed.word())
    }

    /// Whether it is that something has not come to rest in the time it has, so that less time
    /// would bring it about where nothing is wrong.
    pub(super) fn is_about_time(&self) -> bool {
        let of = |id: &str| INVARIANTS.iter().find(|info| info.id == id).map(|info| info.kind);
        match self {
            Self::Broken(id) => of(id) == Some(Kind::Liveness),
            Self::Ended(_) => false,
        }
    }
}
