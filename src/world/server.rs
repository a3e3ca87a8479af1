//! A provider's server as a host: connections in, HTTP to the service and back.
//!
//! The other end is known by its address, as mutual TLS would know it: another provider's server,
//! a client of the own access network, or nobody. The service works in a task of its own: a
//! client that hangs up does not undo what it asked for. Bad HTTP ends its connection and nothing
//! else. Where a fault makes the server busy, requests are turned away here, and the service never
//! sees them.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use turmoil::net::{TcpListener, TcpStream};

use super::courier::{Courier, TurnedAway};
use super::wire;
use crate::mimi::uri::{ClientUri, ProviderName};
use crate::node::{ERRAND_HEADER, Peer, Service, TRY_HEADER};
use crate::trace::{Event, Journal};

/// Simulated time after which a connection is dropped, whatever it does: a stream that lost a
/// segment stays silent for ever.
const CONNECTION_LIFE: Duration = Duration::from_secs(300);

/// Answers for a provider.
#[derive(Clone)]
pub struct Server {
    /// Whose server it is.
    pub provider: ProviderName,
    /// All providers of the run.
    pub providers: Rc<[ProviderName]>,
    /// What answers.
    pub service: Rc<dyn Service>,
    /// Knows when the server is too busy to.
    pub courier: Rc<Courier>,
    /// The server's journal.
    pub journal: Journal,
}

impl Server {
    /// Accepts connections for ever.
    ///
    /// # Errors
    /// When the port is taken, or the listener breaks: neither happens in a simulation.
    pub async fn run(self) -> io::Result<()> {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, wire::PORT)).await?;
        loop {
            let (stream, address) = listener.accept().await?;
            tokio::task::spawn_local(self.clone().converse(stream, address.ip()));
        }
    }

    async fn converse(self, stream: TcpStream, from: IpAddr) {
        let answer = service_fn(|request| self.answer(from, request));
        let conversation = hyper::server::conn::http1::Builder::new()
            .auto_date_header(false)
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), answer);
        match timeout(CONNECTION_LIFE, conversation).await {
            Ok(Ok(())) => (),
            Ok(Err(why)) => tracing::debug!(%why, "connection broke"),
            Err(_) => tracing::debug!("connection dropped: silent for too long"),
        }
    }

    async fn answer(
        &self,
        from: IpAddr,
        request: Request<Incoming>,
    ) -> io::Result<Response<Full<Bytes>>> {
        let (mut head, body) = request.into_parts();
        let cause = take(&mut head.headers, wire::REQUEST).and_then(|text| text.parse().ok());
        let client = take(&mut head.headers, wire::CLIENT);
        let Some(body) = whole(body).await? else {
            let refuse = async { self.refuse_body(head.uri.path()) };
            return Ok(self.journal.caused(cause, refuse).await);
        };
        let peer = self.peer(from, client);
        if let Some(turned_away) = self.turns_away(&peer, &head) {
            let refuse = async { self.turn_away(cause, turned_away) };
            return Ok(self.journal.caused(cause, refuse).await);
        }
        let work = self.service.handle(peer, Request::from_parts(head, body));
        let task = tokio::task::spawn_local(self.journal.caused(cause, work));
        Ok(task.await.map_err(io::Error::other)?.map(Full::new))
    }

    fn turns_away(&self, peer: &Peer, head: &Parts) -> Option<TurnedAway> {
        let caller = match peer {
            Peer::Provider(provider) => provider.to_string(),
            Peer::Client(client) => client.to_string(),
            Peer::Unknown => String::new(),
        };
        let header = |name: &str| {
            head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
        };
        let about = [&caller, head.uri.path(), header(ERRAND_HEADER), header(TRY_HEADER)];
        self.courier.turns_away(self.provider.as_str(), &about)
    }

    fn turn_away(&self, request: Option<u64>, why: TurnedAway) -> Response<Full<Bytes>> {
        if let Some(request) = request {
            let (what, delay_ms) = ("turned away".to_owned(), why.retry_after_s * 1000);
            self.journal.record(Event::Couriered { request, what, delay_ms });
        }
        let mut response = Response::new(Full::default());
        // 503 or 429: a script holds no other.
        *response.status_mut() = StatusCode::from_u16(why.status).unwrap_or_default();
        response.headers_mut().insert(RETRY_AFTER, why.retry_after_s.into());
        response
    }

    fn refuse_body(&self, path: &str) -> Response<Full<Bytes>> {
        self.journal.record(Event::Refused {
            room: None,
            endpoint: path.to_owned(),
            rule: "body-at-most-1-mib".to_owned(),
            code: "413".to_owned(),
            why: format!("the body has more than {} bytes", wire::MOST_REQUEST_BYTES),
            digest: None,
            judged: None,
        });
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        response
    }

    fn peer(&self, from: IpAddr, client: Option<String>) -> Peer {
        let Some(host) = turmoil::reverse_lookup(from) else { return Peer::Unknown };
        if host == wire::access_network(self.provider.as_str()) {
            let client = client.and_then(|text| ClientUri::parse(&text).ok());
            return client.map_or(Peer::Unknown, Peer::Client);
        }
        let provider = self.providers.iter().find(|name| name.as_str() == host);
        provider.map_or(Peer::Unknown, |name| Peer::Provider(name.clone()))
    }
}

/// All of a body; none where it is longer than a body may be.
async fn whole<B>(body: B) -> io::Result<Option<Bytes>>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match Limited::new(body, wire::MOST_REQUEST_BYTES).collect().await {
        Ok(body) => Ok(Some(body.to_bytes())),
        Err(why) if why.is::<LengthLimitError>() => Ok(None),
        Err(why) => Err(io::Error::other(why)),
    }
}

fn take(headers: &mut HeaderMap, name: &str) -> Option<String> {
    headers.remove(name).and_then(|value| value.to_str().ok().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_may_have_1_mib_and_not_a_byte_more() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let read = |bytes: usize| {
            let body = runtime.block_on(whole(Full::new(Bytes::from(vec![0; bytes]))));
            body.unwrap().map(|body| body.len())
        };
        assert_eq!(read(1024 * 1024), Some(1024 * 1024));
        assert_eq!(read(1024 * 1024 + 1), None);
    }
}
