//! `follower.spoils-franks`: a follower that hands a room's messages on with another frank (A29).
//!
//! Of what the room's hub sends, each server frank has one bit turned before the honest server
//! sees it. A frank is the only thing that a follower could change in a message and have it read
//! all the same.

use bytes::Bytes;

use super::Plan;
use super::meddling::{Incoming, Meddler};
use crate::mimi::wire::{FanoutExtra, FanoutMessage, NotifyRequest, Route};
use crate::mls::MlsFraming;
use crate::node::Peer;

struct SpoiltFranks;

/// Makes it.
pub(super) fn spoils_franks(_: &Plan) -> Box<dyn Meddler> {
    Box::new(SpoiltFranks)
}

impl Meddler for SpoiltFranks {
    fn incoming(&self, _: &Peer, route: &Route, body: &Bytes) -> Incoming {
        let events = match route {
            Route::Notify(_) => NotifyRequest::decode(body, &MlsFraming).ok(),
            _ => None,
        };
        let Some(mut events) = events else { return Incoming::Pass };
        match events.0.iter_mut().map(spoil).filter(|spoilt| *spoilt).count() {
            0 => Incoming::Pass,
            _ => Incoming::Bodies(vec![events.encode().into()]),
        }
    }
}

/// Whether there was a frank to spoil.
fn spoil(event: &mut FanoutMessage) -> bool {
    match &mut event.extra {
        FanoutExtra::Application { frank: Some(frank) } => {
            frank.server_frank[0] ^= 1;
            true
        }
        _ => false,
    }
}
