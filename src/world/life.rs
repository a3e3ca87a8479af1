//! A node from one start to its next stop.
//!
//! Server or client, a node's work runs as one future with a task set of its own, so that all it
//! spawned ends with it, a panic in any of it ends the run and names the node, and the log shows
//! whose line it is. Reaching a point where a fault waits freezes the node at once and asks the
//! driver to stop it when the tick is over.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::runtime::UnhandledPanic;
use tokio::task::LocalSet;
use tracing::Span;

use super::panics;
use crate::node::{Points, Task};

/// One life of a node.
pub struct Life {
    name: Rc<str>,
    frozen: Cell<bool>,
}

impl Life {
    /// A life that begins.
    pub fn new(name: &str) -> Rc<Self> {
        Rc::new(Self { name: name.into(), frozen: Cell::new(false) })
    }

    /// From here on nothing of it runs, not even in a tick that is under way.
    pub fn freeze(&self) {
        self.frozen.set(true);
    }

    /// `work`, and all that it spawns on this thread, as the work of this life.
    pub fn live<T: 'static>(self: Rc<Self>, work: Task<T>) -> impl Future<Output = T> {
        let mut tasks = LocalSet::new();
        tasks.unhandled_panic(UnhandledPanic::ShutdownRuntime);
        let span = tracing::error_span!("node", name = &*self.name);
        let work = Box::pin(async move { tasks.run_until(work).await });
        Living { life: self, span, work }
    }
}

struct Living<T> {
    life: Rc<Life>,
    span: Span,
    work: Task<T>,
}

impl<T> Future for Living<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        if self.life.frozen.get() {
            return Poll::Pending;
        }
        let span = self.span.clone();
        let _entered = span.enter();
        let before = panics::running(Some(self.life.name.clone()));
        // Where this panics, the name stays: the run is over, and the hook has read it.
        let result = self.work.as_mut().poll(context);
        panics::running(before);
        result
    }
}

/// Points at which faults wait for a node.
#[derive(Default)]
pub struct Ambush {
    waiting: RefCell<Vec<Trap>>,
    sprung: RefCell<Vec<Trap>>,
}

/// A crash that waits for a node at a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trap {
    /// The node.
    pub node: String,
    /// The point's name, as in `node::points`.
    pub point: &'static str,
    /// Simulated milliseconds from the crash to the restart; none where there is no restart.
    pub for_ms: Option<u64>,
}

impl Ambush {
    /// Lets a crash wait. It happens once.
    pub fn wait(&self, trap: Trap) {
        self.waiting.borrow_mut().push(trap);
    }

    /// Whether any crash waits.
    pub fn waits(&self) -> bool {
        !self.waiting.borrow().is_empty()
    }

    /// Calls off all that still wait.
    pub fn call_off(&self) {
        self.waiting.borrow_mut().clear();
    }

    /// The crashes that are due now.
    pub fn sprung(&self) -> Vec<Trap> {
        self.sprung.take()
    }

    fn springs(&self, node: &str, point: &str) -> bool {
        let mut waiting = self.waiting.borrow_mut();
        let place = waiting.iter().position(|trap| trap.node == node && trap.point == point);
        let Some(place) = place else { return false };
        self.sprung.borrow_mut().push(waiting.remove(place));
        true
    }
}

/// The points of one life.
pub struct LifePoints {
    /// Whose.
    pub life: Rc<Life>,
    /// What waits there.
    pub ambush: Rc<Ambush>,
}

impl Points for LifePoints {
    fn reached(&self, point: &'static str) -> Task<()> {
        if self.ambush.springs(&self.life.name, point) {
            self.life.freeze();
            return Box::pin(pending());
        }
        Box::pin(ready(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Polls a life's work once, after `before`; tells whether it ran.
    fn runs(before: impl Fn(&Life)) -> bool {
        let ran = Rc::new(Cell::new(false));
        let life = Life::new("A1");
        before(&life);
        let flag = ran.clone();
        let work: Task<()> = Box::pin(async move { flag.set(true) });
        let mut living = Box::pin(life.live(work));
        let _ = living.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop()));
        ran.get()
    }

    #[test]
    fn a_frozen_life_does_nothing_more() {
        assert!(runs(|_| ()));
        assert!(!runs(Life::freeze));
    }

    #[test]
    fn a_trap_springs_once_for_its_node_at_its_point() {
        let ambush = Ambush::default();
        ambush.wait(Trap { node: "A1".into(), point: "before_send", for_ms: Some(5) });
        assert!(!ambush.springs("A2", "before_send") && !ambush.springs("A1", "after_merge"));
        assert!(ambush.springs("A1", "before_send"));
        assert!(!ambush.springs("A1", "before_send"));
        assert_eq!(ambush.sprung().len(), 1);
    }
}
