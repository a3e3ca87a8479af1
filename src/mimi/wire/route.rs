//! What a request's path leads to.
//!
//! A path names its endpoint and, in one segment, the URI that the request is about. Such a
//! segment is percent-encoded as little as is needed: `:` as `%3A` and `/` as `%2F`, nothing else,
//! in upper case. A path has one form, so that [`Route::parse`] and [`Route::path`] are inverse.

use std::fmt::Display;

use crate::mimi::local::{Errand, LocalRoute};
use crate::mimi::uri::{ProviderName, RoomUri, UserUri, is_name};
use crate::mimi::wire::AssetUrl;

/// What a request's path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// The directory document.
    Directory,
    /// KeyPackages of a user.
    KeyMaterial(UserUri),
    /// Commits and proposals for a room.
    Update(RoomUri),
    /// Events of a room, from its hub.
    Notify(RoomUri),
    /// Application messages for a room.
    SubmitMessage(RoomUri),
    /// The GroupInfo of a room.
    GroupInfo(RoomUri),
    /// What a client wants of its own provider.
    Client(LocalRoute),
    /// Reports of abuse in a room.
    ReportAbuse(RoomUri),
    /// A request for this user's consent, or its end.
    RequestConsent(UserUri),
    /// Consent given to this user, or taken from it.
    UpdateConsent(UserUri),
    /// Users of this provider that match a query.
    IdentifierQuery(ProviderName),
    /// An asset of another provider.
    ProxyDownload(AssetUrl),
    /// An asset of the provider that is asked, by its name.
    Asset(String),
    /// The hub's word for the commit that led to an epoch of a room: of the testbed's own.
    Receipt(RoomUri),
    /// What another provider was told of a room: of the testbed's own.
    Claims(RoomUri),
}

impl Route {
    /// Reads a path; none where it leads nowhere.
    pub fn parse(path: &str) -> Option<Self> {
        let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        Some(match segments[..] {
            [".well-known", "mimi-protocol-directory"] => Self::Directory,
            ["v1", "keyMaterial", user] => Self::KeyMaterial(unescape(user)?),
            ["v1", "update", room] => Self::Update(unescape(room)?),
            ["v1", "notify", room] => Self::Notify(unescape(room)?),
            ["v1", "submitMessage", room] => Self::SubmitMessage(unescape(room)?),
            ["v1", "groupInfo", room] => Self::GroupInfo(unescape(room)?),
            ["client", client, ref errand @ ..] => {
                Self::Client(LocalRoute::parse(unescape(client)?, errand)?)
            }
            ["v1", "reportAbuse", room] => Self::ReportAbuse(unescape(room)?),
            ["v1", "requestConsent", user] => Self::RequestConsent(unescape(user)?),
            ["v1", "updateConsent", user] => Self::UpdateConsent(unescape(user)?),
            ["v1", "identifierQuery", domain] => Self::IdentifierQuery(unescape(domain)?),
            ["v1", "proxyDownload", url] => Self::ProxyDownload(unescape(url)?),
            ["v1", "receipt", room] => Self::Receipt(unescape(room)?),
            ["v1", "claims", room] => Self::Claims(unescape(room)?),
            ["assets", name] if is_name(name) => Self::Asset(name.to_owned()),
            _ => return None,
        })
    }

    /// The room that it names; some requests name theirs in the body, and some have none.
    pub fn room(&self) -> Option<&RoomUri> {
        match self {
            Self::Update(room)
            | Self::Notify(room)
            | Self::SubmitMessage(room)
            | Self::GroupInfo(room)
            | Self::ReportAbuse(room)
            | Self::Receipt(room)
            | Self::Claims(room) => Some(room),
            Self::Client(local) => local.errand.room(),
            _ => None,
        }
    }

    /// Whether commits and proposals take it, from a provider or from an own client.
    pub fn is_update(&self) -> bool {
        match self {
            Self::Update(_) => true,
            Self::Client(local) => matches!(local.errand, Errand::Update(_)),
            _ => false,
        }
    }

    /// Whether application messages take it, from a provider or from an own client.
    pub fn is_submission(&self) -> bool {
        match self {
            Self::SubmitMessage(_) => true,
            Self::Client(local) => matches!(local.errand, Errand::SubmitMessage(_)),
            _ => false,
        }
    }

    /// Whether it leads to a room's GroupInfo, for a provider or for an own client.
    pub fn is_group_info(&self) -> bool {
        match self {
            Self::GroupInfo(_) => true,
            Self::Client(local) => matches!(local.errand, Errand::GroupInfo(_)),
            _ => false,
        }
    }

    /// Whether it takes GET; the others take POST.
    pub fn is_read(&self) -> bool {
        matches!(self, Self::Directory | Self::ProxyDownload(_) | Self::Asset(_))
    }

    /// The path that leads here.
    pub fn path(&self) -> String {
        let endpoint = self.endpoint();
        match self {
            Self::Directory => "/.well-known/mimi-protocol-directory".to_owned(),
            Self::KeyMaterial(user) | Self::RequestConsent(user) | Self::UpdateConsent(user) => {
                format!("/v1/{endpoint}/{}", escape(user))
            }
            Self::IdentifierQuery(domain) => format!("/v1/{endpoint}/{domain}"),
            Self::ProxyDownload(url) => format!("/v1/{endpoint}/{}", escape(url)),
            Self::Asset(name) => format!("/assets/{name}"),
            Self::Update(room)
            | Self::Notify(room)
            | Self::SubmitMessage(room)
            | Self::GroupInfo(room)
            | Self::ReportAbuse(room)
            | Self::Receipt(room)
            | Self::Claims(room) => format!("/v1/{endpoint}/{}", escape(room)),
            Self::Client(route) => route.path(),
        }
    }

    /// The endpoint's name: as in the directory document, `directory` for the document itself,
    /// and as in [`LocalRoute::endpoint`] for the provider's own clients.
    pub fn endpoint(&self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::KeyMaterial(_) => "keyMaterial",
            Self::Update(_) => "update",
            Self::Notify(_) => "notify",
            Self::SubmitMessage(_) => "submitMessage",
            Self::GroupInfo(_) => "groupInfo",
            Self::Client(route) => route.endpoint(),
            Self::ReportAbuse(_) => "reportAbuse",
            Self::RequestConsent(_) => "requestConsent",
            Self::UpdateConsent(_) => "updateConsent",
            Self::IdentifierQuery(_) => "identifierQuery",
            Self::ProxyDownload(_) => "proxyDownload",
            Self::Asset(_) => "asset",
            Self::Receipt(_) => "receipt",
            Self::Claims(_) => "claims",
        }
    }
}

/// A URI as one segment of a path.
pub(in crate::mimi) fn escape(uri: &impl Display) -> String {
    uri.to_string().replace(':', "%3A").replace('/', "%2F")
}

/// The URI that a segment of a path stands for; none unless [`escape`] writes it so.
pub(in crate::mimi) fn unescape<U: TryFrom<String>>(segment: &str) -> Option<U> {
    if segment.contains([':', '/']) {
        return None;
    }
    // Any other `%` stays, and no URI has one.
    U::try_from(segment.replace("%3A", ":").replace("%2F", "/")).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mimi::wire::testing::{any_provider, any_room, any_user, config};

    fn any_route() -> impl Strategy<Value = Route> {
        prop_oneof![
            Just(Route::Directory),
            any_user().prop_map(Route::KeyMaterial),
            any_room().prop_map(Route::Update),
            any_room().prop_map(Route::Notify),
            any_room().prop_map(Route::SubmitMessage),
            any_room().prop_map(Route::GroupInfo),
            any_room().prop_map(Route::ReportAbuse),
            any_room().prop_map(Route::Receipt),
            any_room().prop_map(Route::Claims),
            any_user().prop_map(Route::RequestConsent),
            any_user().prop_map(Route::UpdateConsent),
            any_provider().prop_map(Route::IdentifierQuery),
            (any_provider(), "[A-Za-z0-9_.-]{1,12}")
                .prop_map(|(host, name)| Route::ProxyDownload(AssetUrl { host, name })),
            "[A-Za-z0-9_.-]{1,12}".prop_map(Route::Asset),
        ]
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn a_path_leads_back_to_its_route(route in any_route()) {
            prop_assert_eq!(Route::parse(&route.path()), Some(route));
        }

        #[test]
        fn what_a_damaged_path_leads_to_has_that_path(route in any_route(), at in 0..99usize,
                                                      put in "[%/:3A2Fa-]{0,3}") {
            let mut path = route.path();
            let at = at.min(path.len());
            path.insert_str(at, &put);
            if let Some(route) = Route::parse(&path) {
                prop_assert_eq!(route.path(), path);
            }
        }
    }

    #[test]
    fn paths_look_like_this() {
        let user = UserUri::parse("mimi://b.example/u/bob").unwrap();
        let path = "/v1/keyMaterial/mimi%3A%2F%2Fb.example%2Fu%2Fbob";
        assert_eq!(Route::KeyMaterial(user).path(), path);
        assert_eq!(Route::Directory.path(), "/.well-known/mimi-protocol-directory");
        let url = AssetUrl::try_from("https://c.example/assets/f1".to_owned()).unwrap();
        let path = "/v1/proxyDownload/https%3A%2F%2Fc.example%2Fassets%2Ff1";
        assert_eq!(Route::ProxyDownload(url).path(), path);
    }

    #[test]
    fn other_paths_lead_nowhere() {
        for path in [
            "",
            "/",
            "v1/update/mimi%3A%2F%2Fa%2Fr%2Fx",
            "/v1/update",
            "/v1/update/",
            "/v1/update/mimi%3A%2F%2Fa%2Fr%2Fx/",
            "/v1/update/mimi%3a%2f%2fa%2fr%2fx",
            "/v1/update/mimi:%2F%2Fa%2Fr%2Fx",
            "/v1/update/mimi%3A%2F%2Fa%2Fr%2Fx%2",
            "/v1/update/mimi%3A%2F%2Fa%2Fr%2Fx%00",
            "/v1/update/mimi%3A%2F%2Fa%2Fu%2Fx",
            "/v1/requestConsent/a.example",
            "/v1/proxyDownload/https%3A%2F%2Fc.example%2Fv1%2Fupdate",
            "/assets/",
            "/assets/..%2Fstate",
            "/client/mimi%3A%2F%2Fa%2Fd%2Fx",
            "/client/mimi%3A%2F%2Fa%2Fu%2Fx/mailbox",
            "/client/mimi%3A%2F%2Fa%2Fd%2Fx/mailbox/more",
        ] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
    }
}
