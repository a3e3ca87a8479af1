//! OpenMLS with one node's chance and storage, and a meter of the time spent in it.

use std::cell::Cell;
use std::rc::Rc;

use openmls_traits::OpenMlsProvider as _;
use thiserror::Error;

use super::dialect::{Dialect, as_written};
use super::seeded::SeededProvider;
use super::store::Store;

/// Why the library refused something.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MlsError {
    /// The bytes are not what they should be.
    #[error("not a well-formed {0}")]
    Malformed(&'static str),
    /// A message for another epoch.
    #[error("made in epoch {found}, the group is at {current}")]
    WrongEpoch {
        /// The message's.
        found: u64,
        /// The group's.
        current: u64,
    },
    /// A commit names a proposal that is not here.
    #[error("refers to a proposal that is not here")]
    UnknownProposal,
    /// A room state component can't be read, or an update can't be applied.
    #[error("room state: {0}")]
    RoomState(String),
    /// Anything else, in the library's words.
    #[error("{0}")]
    Refused(String),
}

impl MlsError {
    /// The library's error, in its own words.
    pub(super) fn refused(error: impl std::fmt::Display) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Tells how much time is spent inside the library. It never enters a trace.
#[derive(Clone)]
pub struct Meter {
    nanos: Rc<dyn Fn() -> u64>,
    spent: Rc<dyn Fn(u64)>,
}

impl Meter {
    /// `nanos` is a stopwatch: nanoseconds since any moment; `spent` is told each operation's.
    pub fn new(nanos: Rc<dyn Fn() -> u64>, spent: Rc<dyn Fn(u64)>) -> Self {
        Self { nanos, spent }
    }

    /// A meter that stands still.
    pub fn off() -> Self {
        Self::new(Rc::new(|| 0), Rc::new(|_| ()))
    }

    pub(super) fn measure<T>(&self, work: impl FnOnce() -> T) -> T {
        let begin = (self.nanos)();
        let result = work();
        (self.spent)((self.nanos)().saturating_sub(begin));
        result
    }
}

/// OpenMLS with one node's chance and storage.
pub struct Library {
    pub(super) provider: SeededProvider,
    pub(super) meter: Meter,
    pub(super) dialect: Dialect,
    last: Cell<Option<Store>>,
    changed: Cell<bool>,
}

impl Library {
    /// A library with empty storage, whose every draw is a function of `seed`.
    pub fn new(seed: [u8; 32], meter: Meter) -> Self {
        let provider = SeededProvider::new(seed);
        let (last, changed) = (Cell::default(), Cell::new(true));
        Self { provider, meter, dialect: as_written, last, changed }
    }

    /// The same, as it is in a build that reads room states in this way.
    pub fn with_dialect(self, dialect: Dialect) -> Self {
        Self { dialect, ..self }
    }

    /// A library that goes on from a stored state.
    pub fn restored(seed: [u8; 32], meter: Meter, store: &Store) -> Self {
        let library = Self::new(seed, meter);
        library.adopt(store);
        library
    }

    /// All that is stored now.
    pub fn store(&self) -> Store {
        let unchanged = self.last.take().filter(|_| !self.changed.get());
        let store = unchanged.unwrap_or_else(|| self.provider.storage().copy());
        self.changed.set(false);
        self.last.set(Some(store.clone()));
        store
    }

    /// Takes over what another library stored, over what is here under the same keys.
    pub fn adopt(&self, store: &Store) {
        self.touched();
        self.provider.storage().extend(store);
    }

    /// A library with storage of its own, for a group that may never come to be.
    pub fn scratch(&self) -> Result<Self, MlsError> {
        use openmls_traits::random::OpenMlsRand as _;
        let seed = self.provider.rand().random_array().map_err(MlsError::refused)?;
        Ok(Self::new(seed, self.meter.clone()).with_dialect(self.dialect))
    }

    /// A salt for a message's content.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn salt(&self) -> Result<[u8; 16], MlsError> {
        use openmls_traits::random::OpenMlsRand as _;
        self.provider.rand().random_array().map_err(MlsError::refused)
    }

    /// Storage will differ from the last [`Library::store`].
    pub(super) fn touched(&self) {
        self.changed.set(true);
    }
}
