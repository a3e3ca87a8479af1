//! What a node is given at construction: network, clock, disk, and places to be stopped at.
//!
//! Protocol code (`provider`, `client`) reaches the outside only through these traits, so it never
//! knows that it is simulated. `world` implements them over turmoil; a deployment would implement
//! them over real sockets and files. Futures are local to one thread.
//!
//! Not here: randomness, which enters only through `mls` (a seeded provider).

pub mod copy;
pub mod telling;
pub mod wish;

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use thiserror::Error;

use crate::mimi::uri::{ClientUri, ProviderName, RoomUri};

/// Something that will be done on this thread.
pub type Task<T> = Pin<Box<dyn Future<Output = T>>>;

/// A request to a provider's server.
#[derive(Debug, Clone)]
pub struct Call {
    /// The server.
    pub to: ProviderName,
    /// The endpoint's name in the directory document, or of the client-provider API.
    pub endpoint: &'static str,
    /// The path of the URL.
    pub path: String,
    /// The room that the request is about.
    pub room: Option<RoomUri>,
    /// What the request is about: the same for each try, and different for different errands.
    pub about: String,
    /// Which try, from 1.
    pub attempt: u32,
    /// The body. POST where it is there, GET where it is not.
    pub body: Option<Bytes>,
    /// Milliseconds after which to give up.
    pub timeout_ms: u64,
}

/// The header that carries [`Call::about`]: what other protocols call an idempotency key.
pub const ERRAND_HEADER: &str = "idempotency-key";

/// The header that carries [`Call::attempt`].
pub const TRY_HEADER: &str = "x-try";

/// The answer to a [`Call`].
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The `Retry-After` header, in seconds.
    pub retry_after_s: Option<u64>,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// Whether the server had no time for the request (429, 503). It had no effect, and the same
    /// may be asked again after [`Reply::retry_after_s`].
    pub fn is_busy(&self) -> bool {
        matches!(self.status, 429 | 503)
    }

    /// Whether this says what becomes of the request: not where the server, or one further on, was
    /// busy, gave no answer or failed.
    pub fn is_definite(&self) -> bool {
        self.status < 500 && !self.is_busy()
    }
}

/// The longest that a server is waited for because it asks for it, in milliseconds: a day.
const MOST_PAUSE_MS: u64 = 24 * 60 * 60 * 1000;

/// How long to wait before a request that came to this is sent again, in milliseconds: at least
/// `usual_ms`, and as long as the server asks for, within a day (RFC 9110 §10.2.3; P06 §5.5).
pub fn pause_ms(result: &Result<Reply, Unanswered>, usual_ms: u64) -> u64 {
    let asked_s = result.as_ref().ok().and_then(|reply| reply.retry_after_s).unwrap_or(0);
    asked_s.saturating_mul(1000).min(MOST_PAUSE_MS).max(usual_ms)
}

/// Why there is no answer. All but the first are ambiguous: the request may have taken effect.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unanswered {
    /// The connection was refused: the request did not arrive.
    #[error("unreachable")]
    Unreachable,
    /// No answer came in time.
    #[error("timed out")]
    TimedOut,
    /// The connection broke.
    #[error("connection broke: {0}")]
    Broken(String),
}

/// Sends requests to provider servers. Sets `Host` and `From` (P06 §4.1), [`ERRAND_HEADER`] and
/// [`TRY_HEADER`] itself.
pub trait Network {
    /// Sends one request over a connection of its own.
    fn call(&self, call: Call) -> Task<Result<Reply, Unanswered>>;
}

/// How users of clients tell each other something that no provider carries: in person, over the
/// phone. What is told to somebody who is not there is lost.
pub trait OutOfBand {
    /// Tells a client's user.
    fn tell(&self, to: &ClientUri, words: Bytes);
    /// Waits for what is told to this one: by whom, and what. Nothing is lost where it stops
    /// waiting.
    fn told(&self) -> Task<(ClientUri, Bytes)>;
}

/// Tells the time.
pub trait Clock {
    /// Milliseconds since the UNIX epoch.
    fn now_ms(&self) -> u64;
    /// Waits.
    fn sleep(&self, ms: u64) -> Task<()>;
}

/// Measures what the machine really took, for budgets and figures. Nothing that it says may reach
/// a decision or a trace.
pub trait Stopwatch {
    /// Wall-clock nanoseconds since some fixed moment. They never go back.
    fn nanos(&self) -> u64;
    /// Adds `nanos` of work in MLS to the run's total.
    fn spent(&self, _nanos: u64) {}
}

/// Keeps a node's state over a crash. All of it, or nothing: a state is never half written.
pub trait Disk<S> {
    /// Hands `state` over. It becomes durable once all is that was handed over before it.
    fn sync(&self, state: S);
    /// Waits until all that was handed over is durable.
    fn durable(&self) -> Task<()>;
    /// The state that is durable, if any.
    fn load(&self) -> Option<S>;
}

/// Places where a fault may stop the node.
pub trait Points {
    /// The node has come to `point`. Where it is to be stopped there, the future never ends.
    fn reached(&self, point: &'static str) -> Task<()>;
}

/// The names of those places.
pub mod points {
    /// A hub has decided, and nothing is on its disk yet.
    pub const BEFORE_DURABLE: &str = "before_durable";
    /// A hub's decision is on its disk, and nobody was told.
    pub const AFTER_DURABLE: &str = "after_durable";
    /// A hub has answered, and nothing was fanned out.
    pub const AFTER_ANSWER: &str = "after_answer";
    /// A client has a pending commit on its disk, and has not sent it.
    pub const BEFORE_SEND: &str = "before_send";
    /// A client has its own accepted commit before it, and has not merged it.
    pub const BEFORE_MERGE: &str = "before_merge";
    /// A client has merged a commit, and nothing of it is on its disk yet.
    pub const AFTER_MERGE: &str = "after_merge";
}

/// Who is at the other end of a connection, as the transport's authentication knows it (mutual
/// TLS in life, the peer's address here). What a request says of its sender is checked against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// Another provider's server.
    Provider(ProviderName),
    /// One of the provider's own clients, logged in.
    Client(ClientUri),
    /// Nobody that can be named.
    Unknown,
}

/// A server as its transport sees it.
pub trait Service {
    /// Answers one request. Never panics on any input.
    fn handle(&self, peer: Peer, request: http::Request<Bytes>) -> Task<http::Response<Bytes>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_as_long_as_the_server_asks_for_but_never_short_and_never_endless() {
        let asked = |retry_after_s| Ok(Reply { status: 503, retry_after_s, body: Bytes::new() });
        assert_eq!(pause_ms(&asked(Some(3)), 500), 3_000);
        assert_eq!(pause_ms(&asked(Some(0)), 500), 500);
        assert_eq!(pause_ms(&asked(None), 500), 500);
        assert_eq!(pause_ms(&asked(Some(u64::MAX)), 500), MOST_PAUSE_MS);
        assert_eq!(pause_ms(&Err(Unanswered::TimedOut), 500), 500);
    }
}
