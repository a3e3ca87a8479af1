//! Every kind of bytes that a node decodes and did not write itself, with its decoder.
//!
//! What decodes is encoded again: bodies have one form only, so the same bytes must come out. The
//! tests in `bodies` and the fuzz target in `fuzz/` share this list. Not a target of its own.

use schism::mimi::content::Content;
use schism::mimi::local::{
    CreateRoomRequest, HubKeys, MailboxRequest, MailboxResponse, PublishKeyPackages,
    UnsubscribeRequest,
};
use schism::mimi::room::{COMPONENTS, ComponentUpdate};
use schism::mimi::wire::{
    AbuseReport, ConsentEntry, Directory, ExternalSender, FanoutMessage, GroupInfoRatchetTree,
    GroupInfoRequest, GroupInfoResponse, IdentifierRequest, IdentifierResponse, KeyMaterialRequest,
    KeyMaterialResponse, NotifyRequest, Route, SubmitMessageRequest, SubmitMessageResponse,
    UpdateRequest, UpdateResponse,
};
use schism::mls::{MlsFraming, peek, welcome_references};

/// What a decoder makes of bytes: nothing, or what they mean, in bytes again.
pub type Decoder = fn(&[u8]) -> Option<Vec<u8>>;

macro_rules! body {
    ($type:ident) => {
        (stringify!($type), |bytes| Some($type::decode(bytes).ok()?.encode()))
    };
    ($type:ident, framed) => {
        (stringify!($type), |bytes| Some($type::decode(bytes, &MlsFraming).ok()?.encode()))
    };
}

/// Names and decoders.
pub const DECODERS: &[(&str, Decoder)] = &[
    body!(UpdateRequest, framed),
    body!(UpdateResponse),
    body!(SubmitMessageRequest, framed),
    body!(SubmitMessageResponse),
    body!(NotifyRequest, framed),
    body!(FanoutMessage, framed),
    body!(GroupInfoRequest),
    body!(GroupInfoResponse),
    body!(GroupInfoRatchetTree, framed),
    body!(KeyMaterialRequest),
    body!(KeyMaterialResponse, framed),
    body!(AbuseReport),
    body!(ConsentEntry, framed),
    body!(IdentifierRequest),
    body!(IdentifierResponse),
    body!(Directory),
    body!(ExternalSender),
    body!(HubKeys),
    body!(CreateRoomRequest, framed),
    body!(PublishKeyPackages),
    body!(MailboxRequest),
    body!(MailboxResponse),
    body!(UnsubscribeRequest),
    body!(Content),
    ("update of a component", |bytes| {
        let (id, update) = bytes.split_first()?;
        let id = COMPONENTS[usize::from(*id) % COMPONENTS.len()];
        let update = ComponentUpdate::decode(id, update).ok()?;
        Some([&bytes[..1], &update.encode()].concat())
    }),
    ("path", |bytes| {
        Route::parse(std::str::from_utf8(bytes).ok()?);
        None
    }),
    ("outside of a message", |bytes| {
        let _ = peek(bytes);
        None
    }),
    ("Welcome", |bytes| {
        let _ = welcome_references(bytes);
        None
    }),
];
