//! Why bytes are not the body that they should be.

use thiserror::Error;

use crate::mimi::uri::UriError;

/// Why bytes are not the body that they should be: which body, where in it, what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WireError {
    /// The body is of a protocol that this testbed does not speak. The one error that has an
    /// answer of its own (`incompatibleProtocol`, §5.2).
    #[error("{body}, byte {at}: expected protocol 1 (mls10), found {found}")]
    UnknownProtocol {
        /// Name of the body in the draft.
        body: &'static str,
        /// Offset of the value in bytes.
        at: usize,
        /// The value.
        found: u8,
    },
    /// A URI in the body is not one, or not of the kind that belongs there.
    #[error("{body}, byte {at}: {source}")]
    Uri {
        /// Name of the body in the draft.
        body: &'static str,
        /// Offset of the URI in bytes, its length included.
        at: usize,
        /// What is wrong with it.
        source: UriError,
    },
    /// Anything else.
    #[error("{body}, byte {at}: expected {expected}, found {found}")]
    Unexpected {
        /// Name of the body in the draft.
        body: &'static str,
        /// Offset in bytes of the field that could not be read.
        at: usize,
        /// The field, and where it has few values, which.
        expected: &'static str,
        /// What stands there instead.
        found: String,
    },
}
