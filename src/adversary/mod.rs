//! Nodes that misbehave: each wraps honest parts, or stands in their place.
//!
//! The third catalogue ([`BEHAVIOURS`]) lists what they can do. An honest node has no switch for any
//! of it: an equivocating hub, for one, is two honest hubs behind one name ([`TwoHubs`]); most other
//! liars stand between an honest node and its network, and change what comes and goes ([`Meddler`]).
//! A bug is no lie: its node is honest all the same, and what it comes to believe is judged.
//! How scenario files write a behaviour stands in `script`.

mod abandoned;
mod ailing_disk;
mod catalogue;
mod drafts;
mod forged_consents;
mod forged_franks;
mod forged_group_info;
mod forged_senders;
mod ghost;
mod handing_on;
mod ignored_leaves;
mod liar;
mod lied_codes;
pub mod lies;
mod lost_welcomes;
mod made;
mod mailboxes;
mod meddling;
mod misread_mail;
mod mistaken_201;
mod old_bodies;
mod older_build;
mod others_keys;
mod overreach;
mod pair;
mod plan;
mod puppet;
mod reordered;
mod replays;
mod second_hand_out;
mod second_program;
mod second_server;
mod spoilt_franks;
mod swallowed_errors;
mod thief;
mod two_hubs;
mod uneven_mail;
mod withheld;

pub use ailing_disk::{AilingDisk, Keep};
pub use catalogue::{BEHAVIOURS, BehaviourInfo};
pub use drafts::Drafts;
pub use forged_group_info::{ForgedGroupInfo, Forgery};
pub use ghost::Ghost;
pub use liar::Liar;
pub use made::Made;
pub use meddling::{Meddler, Meddling};
pub use others_keys::OthersKeys;
pub use overreach::Overreach;
pub use pair::Pair;
pub use plan::Plan;
pub use puppet::Puppet;
pub use second_program::{MakeProgram, Other, SecondProgram};
pub use second_server::{Part, SecondServer};
pub use thief::Thief;
pub use two_hubs::{Begins, Lie, TwoHubs};
