//! Toy nodes for the world's own tests: a server that counts and echoes, a client that asks.

use std::cell::Cell;
use std::rc::Rc;

use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc::UnboundedReceiver;
use turmoil::net::TcpStream;

use super::cast::{Cast, Given, Wish, WishKind};
use crate::mimi::uri::{ClientUri, ProviderName, UserUri};
use crate::node::{Call, Disk, Peer, Service, Task, points};
use crate::trace::Event;

/// A cast of toys.
pub struct Toys;

impl Cast for Toys {
    fn provider(&self, _name: &ProviderName, given: Given) -> Rc<dyn Service> {
        let disk = given.disks.disk::<u64>("count");
        let count = Rc::new(Cell::new(disk.load().unwrap_or(0)));
        note(&given, format!("server starts at {}", count.get()));
        Rc::new(Counter { given: Rc::new(given), disk, count })
    }

    fn client(
        &self,
        client: &ClientUri,
        _user: &UserUri,
        given: Given,
        mut wishes: UnboundedReceiver<Wish>,
    ) -> Task<()> {
        let server = client.provider().clone();
        let given = Rc::new(given);
        Box::pin(async move {
            let disk = given.disks.disk::<u32>("starts");
            disk.sync(disk.load().unwrap_or(0) + 1);
            note(&given, format!("client starts, disk {}", disk.load().unwrap_or(0)));
            while let Some(wish) = wishes.recv().await {
                tokio::task::spawn_local(ask(given.clone(), server.clone(), wish));
            }
        })
    }
}

/// Sends one wish to the provider, or to the provider that its text names after an `@`.
async fn ask(given: Rc<Given>, home: ProviderName, wish: Wish) {
    let text = match &wish.what {
        WishKind::Send(text) => text.clone(),
        other => format!("{other:?}"),
    };
    assert!(text != "panic", "the client was told to panic");
    if text == "garbage" {
        let mut stream = TcpStream::connect((home.as_str(), 80)).await.unwrap();
        stream.write_all(b"\0\xff not HTTP at all\r\n\r\n").await.unwrap();
        return;
    }
    if text == "snapshot" {
        let disk = given.disks.disk::<u32>("starts");
        disk.sync(100);
    }
    let body = match text.as_str() {
        "huge" => Bytes::from(vec![0; (1 << 20) + 1]),
        _ => Bytes::from(text.clone()),
    };
    let to = text.strip_prefix('@').and_then(|to| ProviderName::new(to).ok()).unwrap_or(home);
    let answer = match given.network.call(echo(to, wish.intent, body)).await {
        Ok(reply) => {
            let again = reply.retry_after_s.map(|seconds| format!(", again in {seconds} s"));
            let (again, words) = (again.unwrap_or_default(), String::from_utf8_lossy(&reply.body));
            format!("{}{again} {words}", reply.status)
        }
        Err(why) => why.to_string(),
    };
    note(&given, format!("{text}: {answer}"));
}

fn echo(to: ProviderName, about: String, body: Bytes) -> Call {
    Call {
        to,
        endpoint: "echo",
        path: "/echo".into(),
        room: None,
        about,
        attempt: 1,
        body: Some(body),
        timeout_ms: 1_000,
    }
}

fn note(given: &Given, why: String) {
    let event = Event::IntentEnded {
        intent: hex::encode(&given.random[..2]),
        fate: crate::trace::Fate::Done,
        why,
    };
    given.journal.record(event);
}

struct Counter {
    given: Rc<Given>,
    disk: Rc<dyn Disk<u64>>,
    count: Rc<Cell<u64>>,
}

impl Service for Counter {
    fn handle(&self, peer: Peer, request: http::Request<Bytes>) -> Task<http::Response<Bytes>> {
        let (given, disk, count) = (self.given.clone(), self.disk.clone(), self.count.clone());
        Box::pin(async move {
            count.set(count.get() + 1);
            let headers: Vec<_> = request.headers().keys().map(|name| name.as_str()).collect();
            let ours = headers.iter().filter(|name| name.starts_with("x-schism")).count();
            let body = String::from_utf8_lossy(request.body()).into_owned();
            note(&given, format!("served {body} as {} of {peer:?}, {ours} left", count.get()));
            if let Some(domain) = body.strip_prefix("relay-to-") {
                let to = ProviderName::new(domain).unwrap();
                let relayed = echo(to, "relay".into(), Bytes::from_static(b"relayed"));
                given.network.call(relayed).await.unwrap();
            }
            given.points.reached(points::BEFORE_DURABLE).await;
            disk.sync(count.get());
            disk.durable().await;
            given.points.reached(points::AFTER_DURABLE).await;
            http::Response::new(Bytes::from(format!("echo {body}")))
        })
    }
}
