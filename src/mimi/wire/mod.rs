//! The bodies of the MIMI endpoints: what goes over the wire between two providers.
//!
//! One file an endpoint, in the order of draft-ietf-mimi-protocol-06 §5: the [`Directory`] that
//! names the endpoints and the [`Route`] that a path leads to; key material (§5.2), update (§5.3),
//! submitMessage (§5.4), notify (§5.5), groupInfo (§5.6), consent (§5.7), identifier queries (§5.8)
//! and downloads (§5.10). Each body has an `encode` and a `decode`; decoding accepts exactly what
//! encoding writes, byte for byte, so that a body has one form only (a follower tells repeats by
//! their bytes, R45).
//!
//! Bodies are in TLS presentation language, `<V>` as in RFC 9420 §2.1.2. MLS objects inside them
//! stay bytes here. Most of them carry no length of their own, so that a body that embeds one can
//! be decoded only with a [`Framing`], which knows where MLS objects end.
//!
//! Not here: whether a body is *right* (signatures, policy, the order of things): that is for the
//! rules of hubs and clients.

mod abuse;
pub(in crate::mimi) mod codec;
mod codes;
mod consent;
mod directory;
mod download;
mod error;
mod fanout;
mod group_info;
mod identifier;
mod key_material;
mod parts;
mod route;
mod submit;
#[cfg(test)]
pub(in crate::mimi) mod testing;
mod update;

pub use abuse::{AbuseReport, AbusiveMessage};
pub use codes::{EACH_CLIENT, HTTP, RESPONSE_CODES, ResponseCode};
pub use consent::{ConsentEntry, ConsentOperation, ConsentScope};
pub use directory::Directory;
pub use download::{AssetUrl, AssetUrlError};
pub use error::WireError;
pub use fanout::{FanoutExtra, FanoutMessage, NotifyRequest};
pub use group_info::{
    GroupInfoRatchetTree, GroupInfoRequest, GroupInfoResponse, HpkeCiphertext, PendingProposal,
};
pub use identifier::{
    FieldSource, IdentifierQueryCode, IdentifierRequest, IdentifierResponse, ProfileField,
    QueryElement, SearchField, UserProfile,
};
pub use key_material::{
    Capabilities, ClientKeyMaterial, ClientStatus, KeyMaterialRequest, KeyMaterialResponse,
    KeyMaterialUserCode, RequiredCapabilities,
};
pub use parts::{
    AppDataDictionary, Credential, ExternalSender, Frank, Protocol, RatchetTreeOption,
};
pub use route::Route;
pub(in crate::mimi) use route::{escape, unescape};
pub use submit::{SubmitMessageRequest, SubmitMessageResponse};
pub use update::{
    GroupInfoOption, PartialGroupInfo, RatchetTreePresence, UpdateOutcome, UpdateRequest,
    UpdateResponse,
};

/// Most bytes that a body may have. The drafts name no limit; a server refuses what is larger
/// without decoding it.
pub const MAX_BODY: usize = 1 << 20;

/// What an MLSMessage is, by its wire format and, for a PublicMessage, its content type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// A PublicMessage with a commit.
    Commit,
    /// A PublicMessage with a proposal.
    Proposal,
    /// A PrivateMessage with application data.
    Application,
    /// A Welcome.
    Welcome,
    /// Anything else: MIMI does not send it.
    Other,
}

/// Tells where an MLS object ends that stands at the start of some bytes.
///
/// Each method returns the length of that object in bytes, or `None` where there is none; more
/// bytes may follow. `mls` implements it with its library, so that this module needs none.
pub trait Framing {
    /// An MLSMessage (RFC 9420 §6) and its kind.
    fn message(&self, bytes: &[u8]) -> Option<(usize, MessageKind)>;
    /// A bare Welcome (RFC 9420 §12.4.3.1).
    fn welcome(&self, bytes: &[u8]) -> Option<usize>;
    /// A bare GroupInfo (RFC 9420 §12.4.3).
    fn group_info(&self, bytes: &[u8]) -> Option<usize>;
    /// A bare KeyPackage (RFC 9420 §10).
    fn key_package(&self, bytes: &[u8]) -> Option<usize>;
}
