//! Finding other providers' endpoints: the directory document comes first (P06 §5.1, R2).

use bytes::Bytes;

use super::Inner;
use super::answer::{Failure, passed_on};
use crate::mimi::uri::{ProviderName, RoomUri};
use crate::mimi::wire::{Directory, Route};
use crate::node::{Call, Reply, Unanswered};

/// How long to wait for another server, in simulated milliseconds.
pub(super) const PATIENCE_MS: u64 = 3_000;

/// A request to another provider's endpoint.
pub(super) struct Errand {
    pub to: ProviderName,
    pub route: Route,
    /// The room that it is about, where it is about one.
    pub room: Option<RoomUri>,
    pub about: String,
    pub attempt: u32,
    /// None for an endpoint that takes GET.
    pub body: Option<Bytes>,
}

/// Why another provider's endpoint is not known.
pub(super) enum NoWay {
    /// Its server had no time to say.
    Busy(Reply),
    /// It gave no answer that leads anywhere.
    Unanswered(Unanswered),
}

impl From<Unanswered> for NoWay {
    fn from(why: Unanswered) -> Self {
        Self::Unanswered(why)
    }
}

impl Inner {
    /// Sends a request to the URL that the other provider's directory gives for the endpoint. A
    /// server that is too busy to show its directory has answered.
    pub(super) async fn ask(&self, errand: Errand) -> Result<Reply, Unanswered> {
        let path = match self.endpoint_path(&errand).await {
            Ok(path) => path,
            Err(NoWay::Busy(reply)) => return Ok(reply),
            Err(NoWay::Unanswered(why)) => return Err(why),
        };
        let call = Call {
            to: errand.to,
            endpoint: errand.route.endpoint(),
            path,
            room: errand.room,
            about: errand.about,
            attempt: errand.attempt,
            body: errand.body,
            timeout_ms: PATIENCE_MS,
        };
        self.setup.network.call(call).await
    }

    /// The same for whoever asked this server: what the other one answers is passed on as it is,
    /// and where nothing comes, that is told. Only who asked knows whether to try again.
    pub(super) async fn relay(&self, errand: Errand) -> Result<http::Response<Bytes>, Failure> {
        let room = errand.room.clone();
        let reply = self.ask(errand).await;
        reply.map(passed_on).map_err(|error| Failure::gateway(room.as_ref(), &error.to_string()))
    }

    async fn endpoint_path(&self, errand: &Errand) -> Result<String, NoWay> {
        if matches!(errand.route, Route::Asset(_)) {
            // No endpoint: assets lie where their URL says.
            return Ok(errand.route.path());
        }
        let directory = self.directory_for(errand).await?;
        let path = path_in(&directory, &errand.to, &errand.route);
        path.ok_or_else(|| broken("the directory leads to another host"))
    }

    /// The directory of the provider that an errand leads to, as it was when first asked for.
    pub(super) async fn directory_for(&self, errand: &Errand) -> Result<Directory, NoWay> {
        let known = self.directories.borrow().get(&errand.to).cloned();
        match known {
            Some(directory) => Ok(directory),
            None => self.fetch_directory(errand).await,
        }
    }

    async fn fetch_directory(&self, errand: &Errand) -> Result<Directory, NoWay> {
        let call = Call {
            to: errand.to.clone(),
            endpoint: Route::Directory.endpoint(),
            path: Route::Directory.path(),
            room: None,
            about: format!("directory for {}", errand.about),
            attempt: errand.attempt,
            body: None,
            timeout_ms: PATIENCE_MS,
        };
        let reply = self.setup.network.call(call).await?;
        if reply.is_busy() {
            return Err(NoWay::Busy(reply));
        }
        let directory =
            Directory::decode(&reply.body).map_err(|error| broken(&error.to_string()))?;
        self.directories.borrow_mut().insert(errand.to.clone(), directory.clone());
        Ok(directory)
    }
}

fn broken(why: &str) -> NoWay {
    NoWay::Unanswered(Unanswered::Broken(why.to_owned()))
}

/// The path of an endpoint's URL with its parameter filled in. The host must be the provider's
/// own: a directory can't send requests elsewhere.
fn path_in(directory: &Directory, provider: &ProviderName, route: &Route) -> Option<String> {
    let template = match route {
        Route::KeyMaterial(_) => &directory.key_material,
        Route::Update(_) => &directory.update,
        Route::Notify(_) => &directory.notify,
        Route::SubmitMessage(_) => &directory.submit_message,
        Route::GroupInfo(_) => &directory.group_info,
        Route::ReportAbuse(_) => &directory.report_abuse,
        Route::RequestConsent(_) => &directory.request_consent,
        Route::UpdateConsent(_) => &directory.update_consent,
        Route::IdentifierQuery(_) => &directory.identifier_query,
        Route::ProxyDownload(_) => &directory.proxy_download,
        // The draft's directory has no place for those that are the testbed's own.
        Route::Directory
        | Route::Client(_)
        | Route::Asset(_)
        | Route::Receipt(_)
        | Route::Claims(_) => return Some(route.path()),
    };
    let path = template.strip_prefix(&format!("http://{provider}"))?;
    let (before, rest) = path.split_once('{')?;
    let (_, after) = rest.split_once('}')?;
    let own = route.path();
    let parameter = own.rsplit('/').next()?;
    Some(format!("{before}{parameter}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_where_the_directory_says_and_never_at_another_host() {
        let provider = ProviderName::new("a.example").unwrap();
        let room = RoomUri::parse("mimi://a.example/r/clubhouse").unwrap();
        let route = Route::Update(room);
        let mut directory = Directory::of(&provider);
        assert_eq!(path_in(&directory, &provider, &route), Some(route.path()));
        directory.update = "http://a.example/elsewhere/{roomId}/now".to_owned();
        let path = path_in(&directory, &provider, &route).unwrap();
        assert_eq!(path, "/elsewhere/mimi%3A%2F%2Fa.example%2Fr%2Fclubhouse/now");
        directory.update = "http://evil.example/v1/update/{roomId}".to_owned();
        assert_eq!(path_in(&directory, &provider, &route), None);
    }
}
