//! Join links: codes by which users who are not listed may join (RP03 §6.2).
//!
//! RP03 writes `opaque join_link` without a length; it is read as `<V>`. A link is the bare code:
//! it has no field for the role that it leads to (which RP03 §8.1.1 speaks of), for its end, or
//! for who may use it. So role 0 says which roles a code may lead to, by its
//! `authorized_role_changes`, as both examples with codes do (RP03 Appendix A.2, A.3).

use tls_codec::{TlsDeserializeBytes, TlsSerialize, TlsSize};

use crate::mimi::room::{flag, text};

/// How new links are made: the component, and the update that replaces it (`JoinLinkPolicy`,
/// RP03 §6.2). Data only: capabilities to create links are reserved for future use.
#[derive(Debug, Clone, Default, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct JoinLinkPolicy {
    /// At most one link is kept at a time.
    #[tls_codec(with = "flag")]
    pub on_request: bool,
    /// Where a client can ask for a link; may be empty. (The struct says `join_link`, its text
    /// `link_requests`.)
    #[tls_codec(with = "text")]
    pub link_requests: String,
    /// Whether one link may serve several users.
    #[tls_codec(with = "flag")]
    pub multiuser: bool,
    /// Seconds for which a new link is valid.
    pub expiration: u32,
}

/// One code (`JoinLink`, RP03 §6.2).
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, TlsSize, TlsSerialize, TlsDeserializeBytes,
)]
pub struct JoinLink {
    /// What a joiner has to know.
    pub code: Vec<u8>,
}

/// The codes that are valid now (`JoinLinksData`, RP03 §6.2). A room without the component has
/// none.
#[derive(Debug, Clone, Default, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct JoinLinks {
    /// In the order in which they were added; updates name them by their place here, from 0.
    pub links: Vec<JoinLink>,
}

impl JoinLinks {
    /// Whether the code is one of them.
    pub fn accept(&self, code: &[u8]) -> bool {
        self.links.iter().any(|link| link.code == code)
    }
}

/// A change of the codes (`JoinLinksUpdate`, RP03 §6.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct JoinLinksUpdate {
    /// Places, in the list before the commit, of those that end. Done first.
    pub removed: Vec<u32>,
    /// Those that begin. Done last.
    pub added: Vec<JoinLink>,
}
