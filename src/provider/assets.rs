//! Assets: uploaded by own clients, downloaded by others through a hub (P06 §5.10).
//!
//! A provider's asset server is its own host, since no room of the testbed has an `asset_policy`
//! that names another. The hub fetches for anybody who asks, but only from its peers: the providers
//! of the participants of its rooms. It is no open proxy. It keeps no copies.
//!
//! Left out: the content of an asset (for a server, bytes that are sealed), and oblivious HTTP.

use bytes::Bytes;

use super::Inner;
use super::answer::{Failure, Try, answer};
use super::directory::Errand;
use crate::mimi::uri::ProviderName;
use crate::mimi::wire::{AssetUrl, Route};

impl Inner {
    /// An own client uploads an asset. A name is given once.
    pub(super) async fn upload(
        &self,
        name: &str,
        body: Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        let known = self.state.borrow().assets.get(name).cloned();
        if known.is_some_and(|asset| asset != body) {
            return Err(Failure::new(
                409,
                "asset-is-known",
                &format!("there is an asset `{name}`"),
            ));
        }
        self.state.borrow_mut().assets.insert(name.to_owned(), body);
        self.sync().await;
        Ok(answer(201, Bytes::new()))
    }

    /// An own client downloads an asset through a hub.
    pub(super) async fn download(
        &self,
        hub: &ProviderName,
        url: &AssetUrl,
        trying: &Try,
    ) -> Result<http::Response<Bytes>, Failure> {
        match *hub == self.setup.name {
            true => self.proxy_download(url, trying).await,
            false => self.fetch(hub, Route::ProxyDownload(url.clone()), trying).await,
        }
    }

    /// Answers `proxyDownload`.
    pub(super) async fn proxy_download(
        &self,
        url: &AssetUrl,
        trying: &Try,
    ) -> Result<http::Response<Bytes>, Failure> {
        if url.host == self.setup.name {
            return self.asset(&url.name);
        }
        if self.setup.rules.is_on("asset-host-is-a-peer") && !self.is_peer(&url.host) {
            let why = format!("{} is no peer of this hub", url.host);
            return Err(Failure::new(403, "asset-host-is-a-peer", &why));
        }
        self.fetch(&url.host, Route::Asset(url.name.clone()), trying).await
    }

    /// Gives away an asset of this provider's own clients.
    pub(super) fn asset(&self, name: &str) -> Result<http::Response<Bytes>, Failure> {
        match self.state.borrow().assets.get(name) {
            Some(asset) => Ok(answer(200, asset.clone())),
            None => {
                Err(Failure::new(404, "asset-is-known", &format!("there is no asset `{name}`")))
            }
        }
    }

    /// Whether a participant of one of this hub's rooms is a user of the provider.
    fn is_peer(&self, provider: &ProviderName) -> bool {
        let state = self.state.borrow();
        let lists = state.rooms.values().map(|room| &room.view.state().participants.participants);
        lists.flatten().any(|listed| listed.user.provider() == provider)
    }

    async fn fetch(
        &self,
        from: &ProviderName,
        route: Route,
        trying: &Try,
    ) -> Result<http::Response<Bytes>, Failure> {
        self.relay(Errand {
            to: from.clone(),
            route,
            room: None,
            about: trying.about.clone(),
            attempt: trying.attempt,
            body: None,
        })
        .await
    }
}
