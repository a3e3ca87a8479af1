//! How a node's requests travel: recorded, handed to the courier, sent over HTTP.
//!
//! Each request has a connection of its own (turmoil's TCP never sends twice, so a connection that
//! lost a segment is dead) and its own time limit. What stands for mutual TLS and for a client's
//! login are the address that it dials from and the headers in `wire`.

use std::cell::Cell;
use std::future::{Future, pending};
use std::io::ErrorKind;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, FROM, HOST, RETRY_AFTER};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use turmoil::net::TcpStream;

use super::courier::{Courier, Fate};
use super::links::Links;
use super::tap::{Sent, Tap};
use super::wire;
use crate::mimi::uri::{ClientUri, ProviderName};
use crate::node::{Call, ERRAND_HEADER, Network, Reply, TRY_HEADER, Task, Unanswered};
use crate::trace::{Digest, Event, Journal};

/// Simulated milliseconds until a node learns that it can't connect, so that loops that try
/// again do not spin.
const REFUSED_AFTER_MS: u64 = 50;

/// A client's own line to its access network.
#[derive(Default)]
pub struct Line {
    down: Cell<u32>,
    broke: Notify,
}

impl Line {
    /// A fault takes the line down, and what is in flight with it; tells whether it was up.
    pub fn take_down(&self) -> bool {
        self.down.set(self.down.get() + 1);
        self.broke.notify_waiters();
        self.down.get() == 1
    }

    /// A fault ends; tells whether the line is up again.
    pub fn put_up(&self) -> bool {
        self.down.set(self.down.get().saturating_sub(1));
        !self.is_down()
    }

    /// Whether nothing passes.
    pub fn is_down(&self) -> bool {
        self.down.get() > 0
    }
}

/// Sends requests in one node's name.
#[derive(Clone)]
pub struct Dialer {
    /// The provider of the node.
    pub provider: ProviderName,
    /// The client, where the node is one.
    pub client: Option<ClientUri>,
    /// The host that the node dials from.
    pub host: String,
    /// The node's journal.
    pub journal: Journal,
    /// The node's line.
    pub line: Rc<Line>,
    /// What the network does to single requests.
    pub courier: Rc<Courier>,
    /// What the network does to all traffic between two hosts.
    pub links: Rc<Links>,
    /// Keeps what is sent.
    pub tap: Rc<Tap>,
}

impl Network for Dialer {
    fn call(&self, call: Call) -> Task<Result<Reply, Unanswered>> {
        let dialer = self.clone();
        Box::pin(async move {
            let request = dialer.record_request(&call);
            let outcome = dialer.carry(request, &call).await;
            let response = dialer.record_response(request, &call, &outcome);
            if dialer.client.is_some() {
                dialer.journal.set_cause(Some(response));
            }
            outcome
        })
    }
}

impl Dialer {
    fn record_request(&self, call: &Call) -> u64 {
        let body = call.body.clone().unwrap_or_default();
        let digest = Digest::of(&body);
        tracing::info!(endpoint = call.endpoint, to = %call.to, about = call.about, "request");
        let request = self.journal.record(Event::Request {
            endpoint: call.endpoint.to_owned(),
            to: call.to.to_string(),
            room: call.room.clone(),
            about: call.about.clone(),
            attempt: call.attempt,
            bytes: body.len() as u64,
            body: digest,
        });
        let (from, to) = (self.journal.node().to_owned(), call.to.to_string());
        self.tap.sent(Sent { request, from, to, endpoint: call.endpoint, body }, digest);
        request
    }

    fn record_response(
        &self,
        request: u64,
        call: &Call,
        outcome: &Result<Reply, Unanswered>,
    ) -> u64 {
        let (status, failure, body) = match outcome {
            Ok(reply) => (reply.status, String::new(), reply.body.clone()),
            Err(why) => (0, why.to_string(), Bytes::new()),
        };
        tracing::info!(request, status, failure, "response");
        let (bytes, digest) = (body.len() as u64, Digest::of(&body));
        let (from, to) = (call.to.to_string(), self.journal.node().to_owned());
        self.tap.answered(Sent { request, from, to, endpoint: call.endpoint, body }, digest);
        self.journal.record(Event::Response { request, status, failure, bytes, body: digest })
    }

    /// Everything between the request and its end, within the call's time.
    async fn carry(&self, request: u64, call: &Call) -> Result<Reply, Unanswered> {
        if self.line.is_down() {
            return refused().await;
        }
        let fate = self.courier.fate(self.journal.node(), &self.host, call);
        self.record_fate(request, &fate);
        self.send_again(request, call, &fate);
        self.while_up(call, self.deliver(request, call, &fate)).await
    }

    /// `work`, until the line goes down or the call's time is over.
    async fn while_up(
        &self,
        call: &Call,
        work: impl Future<Output = Result<Reply, Unanswered>>,
    ) -> Result<Reply, Unanswered> {
        let limit = Duration::from_millis(call.timeout_ms);
        tokio::select! {
            biased;
            () = self.line.broke.notified() => Err(Unanswered::Broken("offline".to_owned())),
            outcome = timeout(limit, work) => outcome.unwrap_or(Err(Unanswered::TimedOut)),
        }
    }

    fn record_fate(&self, request: u64, fate: &Fate) {
        let happened = [
            (fate.extra_ms > 0, "delayed", fate.extra_ms),
            (fate.lost, "lost", 0),
            (fate.response_lost && !fate.lost, "response lost", 0),
            (fate.repeated_ms.is_some(), "repeated", fate.repeated_ms.unwrap_or(0)),
        ];
        for (_, what, delay_ms) in happened.into_iter().filter(|(it_did, ..)| *it_did) {
            let what = what.to_owned();
            self.journal.record(Event::Couriered { request, what, delay_ms });
        }
    }

    /// The second copy, if there is one. Nobody waits for its answer.
    fn send_again(&self, request: u64, call: &Call, fate: &Fate) {
        let Some(delay_ms) = fate.repeated_ms else { return };
        let (dialer, call) = (self.clone(), call.clone());
        tokio::task::spawn_local(async move {
            let exchange = async {
                sleep(Duration::from_millis(delay_ms)).await;
                dialer.exchange(request, &call).await
            };
            let answered = dialer.while_up(&call, exchange).await.is_ok();
            tracing::debug!(request, answered, "second copy");
        });
    }

    async fn deliver(&self, request: u64, call: &Call, fate: &Fate) -> Result<Reply, Unanswered> {
        sleep(Duration::from_millis(fate.jitter_ms + fate.extra_ms)).await;
        if fate.lost {
            return pending().await;
        }
        let reply = self.exchange(request, call).await?;
        if fate.response_lost {
            return pending().await;
        }
        Ok(reply)
    }

    /// One connection, one request, one response.
    async fn exchange(&self, request: u64, call: &Call) -> Result<Reply, Unanswered> {
        // turmoil would refuse this at once as well, and leak a port each time.
        if self.links.is_cut(&self.host, call.to.as_str()) {
            return refused().await;
        }
        let stream = match TcpStream::connect((call.to.as_str(), wire::PORT)).await {
            Ok(stream) => stream,
            Err(why) if why.kind() == ErrorKind::ConnectionRefused => return refused().await,
            Err(why) => return Err(Unanswered::Broken(why.to_string())),
        };
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        let message = self.message(request, call)?;
        let mut answer = pin!(async move { read(sender.send_request(message).await).await });
        let mut connection = pin!(connection);
        tokio::select! {
            biased;
            done = &mut answer => done,
            // What has arrived by then can still be read.
            _ended = &mut connection => answer.await,
        }
    }

    fn message(&self, request: u64, call: &Call) -> Result<http::Request<Full<Bytes>>, Unanswered> {
        let method = if call.body.is_some() { http::Method::POST } else { http::Method::GET };
        let mut message = http::Request::builder()
            .method(method)
            .uri(call.path.as_str())
            .header(HOST, call.to.as_str())
            .header(FROM, format!("mimi@{}", self.provider))
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(ERRAND_HEADER, &call.about)
            .header(TRY_HEADER, call.attempt)
            .header(wire::REQUEST, request);
        if let Some(client) = &self.client {
            message = message.header(wire::CLIENT, client.to_string());
        }
        message.body(Full::new(call.body.clone().unwrap_or_default())).map_err(broken)
    }
}

async fn refused() -> Result<Reply, Unanswered> {
    sleep(Duration::from_millis(REFUSED_AFTER_MS)).await;
    Err(Unanswered::Unreachable)
}

fn broken(why: impl std::fmt::Display) -> Unanswered {
    Unanswered::Broken(why.to_string())
}

async fn read(
    response: hyper::Result<http::Response<hyper::body::Incoming>>,
) -> Result<Reply, Unanswered> {
    let (head, body) = response.map_err(broken)?.into_parts();
    let body = Limited::new(body, wire::MOST_RESPONSE_BYTES).collect().await.map_err(broken)?;
    let seconds = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    Ok(Reply {
        status: head.status.as_u16(),
        retry_after_s: seconds.and_then(|text| text.parse().ok()),
        body: body.to_bytes(),
    })
}
