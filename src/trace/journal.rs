//! How nodes write the trace: a [`Log`] for the run, a [`Journal`] for each node.
//!
//! The log gives each event its ordinal and its simulated time. A journal knows its node and what
//! the node is busy with: [`Journal::caused`] wraps the work that an earlier entry set off, so
//! that all entries made in it name that entry as their cause, whatever else is interleaved.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::{Digest, Entry, Event, Header};

/// All entries of a run so far.
pub struct Log {
    header: Header,
    entries: RefCell<Vec<Entry>>,
    now_ms: Box<dyn Fn() -> u64>,
}

impl Log {
    /// An empty log. `now_ms` tells the simulated milliseconds since the start of the run.
    pub fn new(header: Header, now_ms: impl Fn() -> u64 + 'static) -> Rc<Self> {
        Rc::new(Self { header, entries: RefCell::default(), now_ms: Box::new(now_ms) })
    }

    /// The journal of the node with this name.
    pub fn journal(self: &Rc<Self>, node: &str) -> Journal {
        Journal { log: self.clone(), node: node.into(), cause: Rc::default() }
    }

    /// The first line of the trace.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.borrow().len()
    }

    /// Whether nothing was recorded yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Shows every entry so far to `look`.
    pub fn each(&self, look: impl FnMut(&Entry)) {
        self.entries.borrow().iter().for_each(look);
    }

    /// Shows every entry after the first `known` to `look`.
    pub fn after(&self, known: usize, look: impl FnMut(&Entry)) {
        self.entries.borrow().iter().skip(known).for_each(look);
    }

    /// Takes all entries out.
    pub fn take(&self) -> Vec<Entry> {
        self.entries.take()
    }

    fn record(&self, node: &str, cause: Option<u64>, event: Event) -> u64 {
        let mut entries = self.entries.borrow_mut();
        let n = entries.len() as u64 + 1;
        entries.push(Entry { n, at_ms: (self.now_ms)(), node: node.to_owned(), cause, event });
        n
    }
}

/// Where one node records what it does.
#[derive(Clone)]
pub struct Journal {
    log: Rc<Log>,
    node: Rc<str>,
    cause: Rc<Cell<Option<u64>>>,
}

impl Journal {
    /// Records an event; returns its place in the trace. Whoever logs at this level sees it too.
    pub fn record(&self, event: Event) -> u64 {
        tracing::trace!(?event);
        self.log.record(&self.node, self.cause.get(), event)
    }

    /// A journal of the same node that goes into no trace, for a program of its that nobody hears.
    pub fn unread(&self) -> Self {
        let log = self.log.clone();
        Log::new(log.header.clone(), move || (log.now_ms)()).journal(&self.node)
    }

    /// The node's name.
    pub fn node(&self) -> &str {
        &self.node
    }

    /// What the node is busy with.
    pub fn cause(&self) -> Option<u64> {
        self.cause.get()
    }

    /// From here on, and until something else is set, entries name this cause.
    pub fn set_cause(&self, cause: Option<u64>) {
        self.cause.set(cause);
    }

    /// `work`, with `cause` as the cause of all that it records.
    pub fn caused<F: Future>(&self, cause: Option<u64>, work: F) -> Caused<F> {
        Caused { cell: self.cause.clone(), cause, work: Box::pin(work) }
    }
}

/// A future whose entries name a cause: see [`Journal::caused`].
pub struct Caused<F> {
    cell: Rc<Cell<Option<u64>>>,
    cause: Option<u64>,
    work: Pin<Box<F>>,
}

impl<F: Future> Future for Caused<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let before = self.cell.replace(self.cause);
        let result = self.work.as_mut().poll(context);
        // What the work set itself stays its own cause for the next poll.
        self.cause = self.cell.replace(before);
        result
    }
}

/// A trace in its written form: JSON Lines, the header first.
pub fn write(header: &Header, entries: &[Entry]) -> String {
    let mut text = String::with_capacity(entries.len() * 400);
    let line = |text: &mut String, json: serde_json::Result<String>| {
        // Plain data with string keys: serde_json has no reason to refuse it.
        text.push_str(&json.expect("the vocabulary is plain data"));
        text.push('\n');
    };
    line(&mut text, serde_json::to_string(header));
    for entry in entries {
        line(&mut text, serde_json::to_string(entry));
    }
    text
}

/// The hash of a trace in its written form.
pub fn hash(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}
