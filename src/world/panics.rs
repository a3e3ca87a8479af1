//! What a node said when it panicked.
//!
//! A panic in a spawned task ends the run with a message that names neither the task nor the
//! reason. So a hook, installed once per process, keeps the first message of a simulation thread,
//! with the node that was running; panics of all other threads go to the hook that was there
//! before, untouched.

use std::cell::{Cell, RefCell};
use std::panic;
use std::rc::Rc;
use std::sync::Once;

/// A panic's message and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panic {
    /// The message with its place in the source.
    pub message: String,
    /// The node that was running, if any.
    pub node: Option<String>,
}

thread_local! {
    static ARMED: Cell<bool> = const { Cell::new(false) };
    static FIRST: RefCell<Option<Panic>> = const { RefCell::new(None) };
    static RUNNING: RefCell<Option<Rc<str>>> = const { RefCell::new(None) };
}

/// From here on this thread's panics are kept quietly.
pub fn arm() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !ARMED.try_with(Cell::get).unwrap_or(false) {
                return before(info);
            }
            let node = RUNNING.with_borrow(|node| node.as_ref().map(|name| name.to_string()));
            let message = info.to_string();
            FIRST.with_borrow_mut(|first| {
                first.get_or_insert(Panic { message, node });
            });
        }));
    });
    ARMED.set(true);
}

/// The first panic of this thread.
pub fn first() -> Option<Panic> {
    FIRST.with_borrow(Clone::clone)
}

/// Says which node runs on this thread, and returns which did before.
pub fn running(node: Option<Rc<str>>) -> Option<Rc<str>> {
    RUNNING.replace(node)
}
