//! The room policy as data: what may be done in a room, and how (RP03).
//!
//! Each component of RP03 that Schism obeys is a module: `roles` with their capabilities,
//! `preauth` for users who are not listed, `base` for what kind of room it is, `operational` for
//! MLS, `join_links` for codes. Each is written and read in TLS presentation language, as the
//! `app_data_dictionary` of a GroupContext carries it. [`PRESETS`] are the example rooms of the
//! draft.
//!
//! Not here: who has which role (`room`), and what follows from all this (`rules`). Components
//! that only tell clients how to show or keep messages are not modelled: status notifications,
//! link previews, logging, chat history, bots, expiration (RP03 §6).
//!
//! Nor is `asset_policy`. Its fields are given (where to upload and download, sizes, media types),
//! but not what a server could hold a request against: a `proxyDownload` names a host and an asset
//! and no room (P06 §5.10), so a hub of several rooms can't tell whose policy holds, and a server
//! sees sealed bytes, of no kind. What is left is for clients, who compare the URL in a message
//! with the list of upload domains; messages of the testbed link no assets.

mod base;
mod capability;
mod join_links;
mod media;
mod operational;
mod preauth;
mod presets;
mod roles;
#[cfg(test)]
pub(in crate::mimi) mod samples;
#[cfg(test)]
mod tests;

pub use base::BaseRoomPolicy;
pub use capability::{Capability, REGISTRY};
pub use join_links::{JoinLink, JoinLinkPolicy, JoinLinks, JoinLinksUpdate};
pub use media::{MediaType, Parameter};
pub use operational::{
    AppMessagePolicy, ExtendedCapabilities, MinDefaultMaxTime, OperationalParameters,
    PendingProposalPolicy,
};
pub use preauth::{Claim, ClaimId, Claimant, PreAuthData, PreAuthRoleEntry};
pub use presets::{GROUP_ADMIN, ORDINARY_USER, POLICY_ENFORCER, PRESETS, Preset, SUPER_ADMIN};
pub use roles::{Role, RoleChanges, RoleData};

/// The role of those who are not in the list: reserved (RP03 §3).
pub const NO_ROLE: u32 = 0;
/// The role of the banned, in rooms where role 1 is named "banned" (R49).
pub const BANNED: u32 = 1;
