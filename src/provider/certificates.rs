//! Getting the certificates of followers, for the `external_senders` of a hub's rooms (P06 §7.4).
//!
//! A provider shows its certificate in its directory. The hub asks each provider once whose server
//! a room lets propose and keeps the answer with the room; what it then proposes, and when, is
//! decided there ([`super::room`]). A provider that does not answer is asked again after the next
//! commit: until then its server proposes nothing, which P06 allows ("MAY be added").

use std::rc::Rc;

use super::Inner;
use super::directory::Errand;
use crate::mimi::uri::{ProviderName, RoomUri};
use crate::mimi::wire::Route;

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

    async fn fetch_certificate(&self, uri: &RoomUri, provider: ProviderName) {
        let errand = Errand {
            to: provider.clone(),
            route: Route::Directory,
            room: None,
            about: format!("certificate {} {provider}", uri.name()),
            attempt: 1,
            body: None,
        };
        let directory = self.directory_for(&errand).await;
        if let Some(sender) = directory.ok().and_then(|directory| directory.sender()) {
            let _ = self.with_room(uri, |room| room.record.certificates.insert(provider, sender));
        }
    }
}
