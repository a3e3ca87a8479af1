//! HTTP answers, and refusals with the rule that they rest on.

use bytes::Bytes;

use crate::mimi::rules::Refusal;
use crate::mimi::uri::RoomUri;
use crate::mimi::wire::WireError;
use crate::node;
use crate::trace::{Digest, Event, Judged};

/// Which errand of the asker a request is a try of, as its headers say. A gateway repeats it when
/// it passes the request on. Only consents are told apart by it: all else shows by its own bytes
/// whether it came before.
pub(super) struct Try {
    pub about: String,
    pub attempt: u32,
}

impl Try {
    pub(super) fn of<T>(request: &http::Request<T>) -> Self {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        Self {
            about: header(node::ERRAND_HEADER).unwrap_or_default().to_owned(),
            attempt: header(node::TRY_HEADER).and_then(|text| text.parse().ok()).unwrap_or(1),
        }
    }
}

/// A response with a body.
pub(super) fn answer(status: u16, body: impl Into<Bytes>) -> http::Response<Bytes> {
    let mut response = http::Response::new(body.into());
    // All statuses here are literals between 200 and 599.
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response
}

/// Another server's answer, for whoever asked this one: as it is, with the time after which a
/// server that was too busy may be asked again.
pub(super) fn passed_on(reply: node::Reply) -> http::Response<Bytes> {
    let mut response = answer(reply.status, reply.body);
    if let Some(seconds) = reply.retry_after_s {
        response.headers_mut().insert(http::header::RETRY_AFTER, seconds.into());
    }
    response
}

/// A refusal at the level of HTTP: the request is answered without the endpoint's own body.
pub(super) struct Failure {
    status: u16,
    rule: &'static str,
    why: String,
    room: Option<RoomUri>,
}

impl Failure {
    pub(super) fn new(status: u16, rule: &'static str, why: &str) -> Self {
        Self { status, rule, why: why.to_owned(), room: None }
    }

    /// The body can't be read.
    pub(super) fn malformed(error: &WireError) -> Self {
        Self::new(400, "body-is-well-formed", &error.to_string())
    }

    /// The room is not one of this hub's.
    pub(super) fn unknown_room(room: &RoomUri) -> Self {
        let why = format!("{room} is not a room of this provider");
        Self { room: Some(room.clone()), ..Self::new(404, "room-is-known", &why) }
    }

    /// The same, about a room.
    pub(super) fn about(self, room: &RoomUri) -> Self {
        Self { room: Some(room.clone()), ..self }
    }

    /// In words.
    pub(super) fn why(&self) -> &str {
        &self.why
    }

    /// A gateway got no answer that it could pass on, about a room or none. Nobody refused
    /// anything.
    pub(super) fn gateway(room: Option<&RoomUri>, why: &str) -> Self {
        Self { room: room.cloned(), ..Self::new(504, "", why) }
    }

    /// The trace's record of it, where it is a refusal.
    pub(super) fn event(&self, endpoint: &str) -> Option<Event> {
        (!self.rule.is_empty()).then(|| Event::Refused {
            room: self.room.clone(),
            endpoint: endpoint.to_owned(),
            rule: self.rule.to_owned(),
            code: self.status.to_string(),
            why: self.why.clone(),
            digest: None,
            judged: None,
        })
    }
}

/// The response to a refused request: the reason in words.
pub(super) fn refuse(failure: &Failure) -> http::Response<Bytes> {
    answer(failure.status, failure.why.clone().into_bytes())
}

/// The trace's record of a refusal that the endpoint's own body tells, with the message and the
/// handshake that it is about, where there is one.
pub(super) fn refused_event(
    room: &RoomUri,
    endpoint: &str,
    code: &str,
    refusal: &Refusal,
    (digest, judged): (Option<Digest>, Option<Judged>),
) -> Event {
    tracing::info!(%room, endpoint, code, rule = refusal.rule, why = refusal.why, "refused");
    Event::Refused {
        room: Some(room.clone()),
        endpoint: endpoint.to_owned(),
        rule: refusal.rule.to_owned(),
        code: code.to_owned(),
        why: refusal.why.clone(),
        digest,
        judged,
    }
}
