//! Who plays: the makers of servers and clients, and what each node is given.
//!
//! `world` knows neither `provider` nor `client`. It takes both through [`Cast`], so that a run
//! can also be played with misbehaving parts, or with toys. A node reaches nothing but what is in
//! its [`Given`].

use std::rc::Rc;

use tokio::sync::mpsc::UnboundedReceiver;

use super::disk::Disks;
use super::inspect::Inspector;
use crate::mimi::uri::{ClientUri, ProviderName, UserUri};
use crate::node::{Clock, Network, OutOfBand, Points, Service, Stopwatch, Task};
use crate::trace::Journal;

pub use crate::node::wish::{Wish, WishKind};

/// Makes the nodes of a run. Everything runs on one thread.
pub trait Cast {
    /// (Re)starts a provider's server from its disk. What it spawns with
    /// `tokio::task::spawn_local` ends with it.
    fn provider(&self, name: &ProviderName, given: Given) -> Rc<dyn Service>;

    /// Runs a client from its disk until it is dropped; what it spawns with
    /// `tokio::task::spawn_local` ends with it. A wish that waits in the channel when the client
    /// crashes is lost: a client takes wishes as soon as they come, and syncs them.
    fn client(
        &self,
        client: &ClientUri,
        user: &UserUri,
        given: Given,
        wishes: UnboundedReceiver<Wish>,
    ) -> Task<()>;

    /// Who can tell what these nodes keep and send; without one, the world makes no probes of it.
    fn inspector(&self) -> Option<&dyn Inspector> {
        None
    }
}

/// All that a node may reach, from one start to the next crash.
#[derive(Clone)]
pub struct Given {
    /// Sends requests in the node's name.
    pub network: Rc<dyn Network>,
    /// Simulated time.
    pub clock: Rc<dyn Clock>,
    /// Where faults may stop the node.
    pub points: Rc<dyn Points>,
    /// Where the node records what it does.
    pub journal: Journal,
    /// The seed of all its choices, a different one at each start.
    pub random: [u8; 32],
    /// What survives a crash.
    pub disks: Disks,
    /// Wall time, for figures only.
    pub stopwatch: Rc<dyn Stopwatch>,
    /// What no provider carries.
    pub out_of_band: Rc<dyn OutOfBand>,
}
