//! A provider's server as a host: connections in, HTTP to the service and back.
//!
//! The other end is known by its address, as mutual TLS would know it: another provider's server,
//! a client of the own access network, or nobody. The service works in a task of its own: a
//! client that hangs up does not undo what it asked for. Bad HTTP ends its connection and nothing
//! else.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use turmoil::net::{TcpListener, TcpStream};

use super::wire;
use crate::mimi::uri::{ClientUri, ProviderName};
use crate::node::{Peer, Service};
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
        let work = self.service.handle(peer, Request::from_parts(head, body));
        let task = tokio::task::spawn_local(self.journal.caused(cause, work));
        Ok(task.await.map_err(io::Error::other)?.map(Full::new))
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
