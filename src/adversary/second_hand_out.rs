//! `follower.hands-out-twice`: a provider that gives a KeyPackage to whoever comes second, which
//! somebody else has already (A24).
//!
//! It remembers the first one of each of its clients that it gave out in its time, and puts it in
//! the place of all later ones.

use std::cell::RefCell;
use std::collections::BTreeMap;

use bytes::Bytes;

use super::Plan;
use super::meddling::Meddler;
use crate::mimi::uri::ClientUri;
use crate::mimi::wire::{ClientStatus, KeyMaterialResponse, Route};
use crate::mls::MlsFraming;
use crate::node::Peer;

#[derive(Default)]
struct HandsOutTwice {
    first: RefCell<BTreeMap<ClientUri, Vec<u8>>>,
}

/// Makes it.
pub(super) fn hands_out_twice(_: &Plan) -> Box<dyn Meddler> {
    Box::<HandsOutTwice>::default()
}

impl Meddler for HandsOutTwice {
    fn answer(&self, _: &Peer, route: &Route, body: &Bytes) -> Option<Bytes> {
        let Route::KeyMaterial(_) = route else { return None };
        let mut response = KeyMaterialResponse::decode(body, &MlsFraming).ok()?;
        let mut first = self.first.borrow_mut();
        let mut changed = false;
        for material in &mut response.clients {
            if let ClientStatus::Success(package) = &mut material.status {
                let given = first.entry(material.client.clone()).or_insert_with(|| package.clone());
                changed |= given != package;
                package.clone_from(given);
            }
        }
        changed.then(|| response.encode().into())
    }
}
