//! What the rig's server has in place of a network, a clock, a disk and faults.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytes::Bytes;
use schism::mimi::wire::Directory;
use schism::node::{Call, Clock, Disk, Network, Points, Reply, Task, Unanswered, points};
use schism::provider::Stored;

/// All other providers: each has a directory, takes what is sent, gives an asset and this key
/// material, and keeps what it is notified of.
pub struct Elsewhere(pub Rc<RefCell<Vec<u8>>>, pub Rc<RefCell<Vec<Bytes>>>);

impl Network for Elsewhere {
    fn call(&self, call: Call) -> Task<Result<Reply, Unanswered>> {
        if call.endpoint == "notify" {
            self.1.borrow_mut().extend(call.body);
        }
        let (status, body) = match call.endpoint {
            "directory" => (200, Directory::of(&call.to).encode()),
            "keyMaterial" => (200, self.0.borrow().clone()),
            "asset" => (200, format!("an asset of {}", call.to).into_bytes()),
            _ => (201, Vec::new()),
        };
        let reply = Reply { status, retry_after_s: None, body: body.into() };
        Box::pin(async move { Ok(reply) })
    }
}

/// A clock that moves when somebody waits for it.
pub struct Hands(pub Cell<u64>);

impl Clock for Hands {
    fn now_ms(&self) -> u64 {
        self.0.get()
    }

    fn sleep(&self, ms: u64) -> Task<()> {
        self.0.set(self.0.get() + ms);
        Box::pin(async {})
    }
}

/// A disk that is always durable at once.
#[derive(Default)]
pub struct Sheet(RefCell<Option<Stored>>);

impl Disk<Stored> for Sheet {
    fn sync(&self, state: Stored) {
        self.0.replace(Some(state));
    }

    fn durable(&self) -> Task<()> {
        Box::pin(async {})
    }

    fn load(&self) -> Option<Stored> {
        self.0.borrow().clone()
    }
}

/// Where set, whoever has decided something and written nothing down stays there for good.
pub struct Halts(pub Rc<Cell<bool>>);

impl Points for Halts {
    fn reached(&self, point: &'static str) -> Task<()> {
        match self.0.get() && point == points::BEFORE_DURABLE {
            true => Box::pin(std::future::pending()),
            false => Box::pin(async {}),
        }
    }
}
