//! Emptying a hub's queues: every parcel is sent until its provider answers 201 (R42 to R44).
//!
//! Parcels for one provider travel side by side, so they can overtake each other; receivers put
//! them in order (R43). A parcel leaves the queue when it is confirmed. That is not made durable
//! at once: after a crash it is sent again, and the follower knows it (R45).

use std::rc::Rc;

use super::Inner;
use super::directory::Errand;
use super::parcel::Parcel;
use crate::mimi::rules::Reading;
use crate::mimi::uri::{ProviderName, RoomUri};
use crate::mimi::wire::Route;
use crate::node::pause_ms;
use crate::trace::Event;

/// Most parcels that are under way to one provider for one room.
const WINDOW: usize = 8;

/// How long to wait before a parcel is sent again, in milliseconds, unless the follower asks for
/// more (P06 §5.5).
const PAUSE_MS: u64 = 500;

impl Inner {
    /// Takes up all queues.
    pub(super) fn fan_out_everything(self: &Rc<Self>) {
        let rooms: Vec<_> = self.state.borrow().rooms.keys().cloned().collect();
        for room in rooms {
            self.fan_out(&room);
        }
    }

    /// Sends what waits in a room's queue, as far as the windows allow.
    pub(super) fn fan_out(self: &Rc<Self>, uri: &RoomUri) {
        for (provider, index) in self.next_parcels(uri) {
            self.in_flight.borrow_mut().insert((uri.clone(), provider.clone(), index));
            let (inner, uri) = (self.clone(), uri.clone());
            let work = async move { inner.deliver_parcel(uri, provider, index).await };
            tokio::task::spawn_local(self.setup.journal.caused(self.setup.journal.cause(), work));
        }
    }

    fn next_parcels(&self, uri: &RoomUri) -> Vec<(ProviderName, u64)> {
        let state = self.state.borrow();
        let Some(room) = state.rooms.get(uri) else { return Vec::new() };
        let in_flight = self.in_flight.borrow();
        let mut next = Vec::new();
        for (provider, parcels) in &room.record.queue {
            let window = parcels.keys().take(WINDOW);
            let key = |index: u64| (uri.clone(), provider.clone(), index);
            let waiting = window.filter(|index| !in_flight.contains(&key(**index)));
            next.extend(waiting.map(|index| (provider.clone(), *index)));
        }
        next
    }

    async fn deliver_parcel(self: Rc<Self>, uri: RoomUri, provider: ProviderName, index: u64) {
        // It may have come into the queue while another one was on its way.
        self.setup.disk.durable().await;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let Some(body) = self.parcel_body((&uri, &provider, index), attempts) else { return };
            let reply = self
                .ask(Errand {
                    to: provider.clone(),
                    route: Route::Notify(uri.clone()),
                    room: Some(uri.clone()),
                    about: format!("notify {} {index}", uri.name()),
                    attempt: attempts,
                    body: Some(body.into()),
                })
                .await;
            if reply.as_ref().is_ok_and(|reply| reply.status == 201) {
                break;
            }
            self.setup.clock.sleep(pause_ms(&reply, PAUSE_MS)).await;
        }
        for index in self.confirm(&uri, &provider, index) {
            let (room, to) = (uri.clone(), provider.clone());
            self.setup.journal.record(Event::FannedOut { room, index, to, attempts });
        }
        self.fan_out(&uri);
    }

    /// What a try sends: the parcel, as each time before. In the other reading of Q6 it is what
    /// waits for the provider from this parcel on.
    fn parcel_body(
        &self,
        (uri, provider, index): (&RoomUri, &ProviderName, u64),
        attempt: u32,
    ) -> Option<Vec<u8>> {
        let state = self.state.borrow();
        let parcels = state.rooms.get(uri)?.record.queue.get(provider)?;
        let parcel = parcels.get(&index)?;
        if attempt == 1 || !self.setup.rules.readings().has(Reading::RetriesCarryMore) {
            return Some(parcel.body());
        }
        let waiting = parcels.range(index..).take(WINDOW);
        Some(Parcel::together(waiting.map(|(_, parcel)| &**parcel)))
    }

    /// Takes the parcel off the queue; returns the places in the log that it was for.
    fn confirm(&self, uri: &RoomUri, provider: &ProviderName, index: u64) -> Vec<u64> {
        let mut places = vec![index];
        self.in_flight.borrow_mut().remove(&(uri.clone(), provider.clone(), index));
        let mut state = self.state.borrow_mut();
        let Some(room) = state.rooms.get_mut(uri) else { return places };
        if let Some(parcels) = room.record.queue.get_mut(provider) {
            let parcel = parcels.remove(&index);
            places.extend(parcel.iter().flat_map(|parcel| parcel.stapled()));
        }
        places
    }
}
