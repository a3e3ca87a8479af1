//! Getting the certificates of followers, for the `external_senders` of a hub's rooms (P06 §7.4).
//!
//! A provider shows its certificate in its directory. The hub asks each provider once whose server
//! a room lets propose and keeps the answer with the room; what it then proposes, and when, is
//! decided there ([`super::room`]). One that is busy is asked again when it says; one that does not
//! answer, after the next commit: until then its server proposes nothing, which P06 allows ("MAY be
//! added").

use std::rc::Rc;

use super::Inner;
use super::directory::{Errand, NoWay};
use crate::mimi::uri::{ProviderName, RoomUri};
use crate::mimi::wire::Route;
use crate::node::pause_ms;

/// How long to wait before a busy provider is asked again, in milliseconds, where it does not say.
const PAUSE_MS: u64 = 500;

impl Inner {
    /// Looks after the certificates of a room, once the request at hand is answered.
    pub(super) fn certify_later(self: &Rc<Self>, uri: &RoomUri) {
        let missing = self.with_room(uri, |room| room.missing_certificates());
        let Ok(missing) = missing else { return };
        if missing.is_empty() {
            return;
        }
        let (inner, uri) = (self.clone(), uri.clone());
        let work = async move {
            for provider in missing {
                inner.fetch_certificate(&uri, provider).await;
            }
            let now = inner.setup.clock.now_ms();
            let proposed = inner.with_room(&uri, |room| room.certify(&inner.tools(), now));
            if let Ok(Some(accepted)) = proposed {
                inner.settle(&uri, &accepted).await;
            }
        };
        tokio::task::spawn_local(self.setup.journal.caused(self.setup.journal.cause(), work));
    }

    /// Only one task at a time asks a provider for a room: whoever comes while it waits for a busy
    /// one would ask too early.
    async fn fetch_certificate(&self, uri: &RoomUri, provider: ProviderName) {
        let subject = (uri.clone(), provider.clone());
        if !self.certifying.borrow_mut().insert(subject.clone()) {
            return;
        }
        let mut errand = Errand {
            to: provider.clone(),
            route: Route::Directory,
            room: None,
            about: format!("certificate {} {provider}", uri.name()),
            attempt: 1,
            body: None,
        };
        let mut directory = self.directory_for(&errand).await;
        while let Err(NoWay::Busy(reply)) = directory {
            self.setup.clock.sleep(pause_ms(&Ok(reply), PAUSE_MS)).await;
            errand.attempt += 1;
            directory = self.directory_for(&errand).await;
        }
        self.certifying.borrow_mut().remove(&subject);
        if let Some(sender) = directory.ok().and_then(|directory| directory.sender()) {
            let _ = self.with_room(uri, |room| room.record.certificates.insert(provider, sender));
        }
    }
}
