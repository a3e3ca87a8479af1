//! A provider's access network: one host that carries all its clients as tasks.
//!
//! turmoil's cost grows with the cube of its hosts, and clients on a host are nearly free. Each
//! client still dials connections of its own, and has a line of its own that faults can take down.

use std::collections::BTreeMap;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

use crate::node::Task;

/// What the driver asks of an access network.
pub enum Order {
    /// Run this client.
    Start(String, Task<()>),
    /// Drop this client, with all that it had in memory.
    Stop(String),
}

/// Follows orders for ever.
///
pub async fn carry(mut orders: UnboundedReceiver<Order>) -> turmoil::Result {
    let mut running: BTreeMap<String, JoinHandle<()>> = BTreeMap::new();
    while let Some(order) = orders.recv().await {
        let (name, next) = match order {
            Order::Start(name, body) => (name, Some(tokio::task::spawn_local(body))),
            Order::Stop(name) => (name, None),
        };
        if let Some(before) = running.remove(&name) {
            before.abort();
        }
        if let Some(next) = next {
            running.insert(name, next);
        }
    }
    Ok(())
}
