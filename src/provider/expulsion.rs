//! Having users go who have no business in a room any more: whose account has ended, whom the hub
//! bans, and who are not in the room that this one depends on.
//!
//! Which users these are is worked out anew after each commit and at each start, from what is on
//! the disk: users of this provider whose account has ended and who still have clients in a room of
//! this hub, whoever the hub bans (`abuse`), and participants of a room with a parent (RP03 §5,
//! I17) who are none of the parent. So nothing is forgotten over a crash, and a client that a
//! commit under way still brings in goes with the next one. The hub proposes ([`super::room`]);
//! members commit.
//!
//! Not here: users of other providers whose account has ended. A hub does not know of it, and their
//! own provider has to ask. Nor users who are listed without a client: there is no leaf for a
//! Remove to name, and a server can't propose a change of the list (study/openmls.md §2), so that
//! they stay until a member takes them off.

use std::rc::Rc;

use super::Inner;
use super::answer::refused_event;
use super::room::{HubRoom, Rejection, Tools};
use crate::mimi::uri::{RoomUri, UserUri};

impl Inner {
    pub(super) fn tools(&self) -> Tools<'_> {
        let (library, rules, identity) = (&self.library, &self.setup.rules, &self.identity);
        Tools { library, rules, identity }
    }

    /// Looks through all rooms.
    pub(super) fn clear_out_everything(self: &Rc<Self>) {
        let rooms: Vec<_> = self.state.borrow().rooms.keys().cloned().collect();
        rooms.iter().for_each(|room| self.clear_out_later(room));
    }

    /// Looks through a room, once the request at hand is answered.
    pub(super) fn clear_out_later(self: &Rc<Self>, uri: &RoomUri) {
        if self.overstaying(uri).is_empty() {
            return;
        }
        let (inner, uri) = (self.clone(), uri.clone());
        let work = async move { inner.clear_out(&uri).await };
        tokio::task::spawn_local(self.setup.journal.caused(self.setup.journal.cause(), work));
    }

    /// The same for the rooms that depend on this one.
    pub(super) fn clear_out_children_later(self: &Rc<Self>, parent: &RoomUri) {
        let depends = |room: &HubRoom| {
            room.view.state().base_policy().parent.as_ref().is_some_and(|it| it == parent)
        };
        let state = self.state.borrow();
        let rooms = state.rooms.iter().filter(|(_, room)| depends(room));
        let children: Vec<_> = rooms.map(|(uri, _)| uri.clone()).collect();
        drop(state);
        children.iter().for_each(|child| self.clear_out_later(child));
    }

    async fn clear_out(self: Rc<Self>, uri: &RoomUri) {
        for user in self.overstaying(uri) {
            let now = self.setup.clock.now_ms();
            let expelled = self.with_room(uri, |room| room.expel(&self.tools(), &user, now));
            match expelled {
                Ok(Ok(accepted)) => self.settle(uri, &accepted).await,
                Ok(Err(Rejection { refusal, judged })) => {
                    let what = (None, judged);
                    let event = refused_event(uri, "update", "notAllowed", &refusal, what);
                    self.setup.journal.record(event);
                }
                Err(_) => return,
            }
        }
    }

    /// Who has to be taken out of a room; its record is brought up to date.
    fn overstaying(&self, uri: &RoomUri) -> Vec<UserUri> {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let parent = state.rooms.get(uri).and_then(|room| {
            let parent = room.view.state().base_policy().parent.clone()?;
            Some(state.rooms.get(&parent)?.view.state().clone())
        });
        let Some(room) = state.rooms.get_mut(uri) else { return Vec::new() };
        let members = room.view.members().unwrap_or_default();
        let outside =
            |user: &UserUri| parent.as_ref().is_some_and(|parent| !parent.is_participant(user));
        let users = members.iter().map(|member| &member.user);
        room.record.outsiders = users.filter(|user| outside(user)).cloned().collect();
        let ended = |user: &UserUri| state.shelf.was_deleted(user);
        room.record.unwanted.retain(|user| members.iter().any(|member| member.user == *user));
        let users = members.into_iter().map(|member| member.user);
        room.record.unwanted.extend(users.filter(ended));
        room.overstaying()
    }
}
