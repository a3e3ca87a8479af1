//! `GET /proxyDownload/{downloadUrl}`: an asset of another provider, through a hub (§5.10).
//!
//! No bodies of its own: the request has none, and the response's is the asset. What is here is
//! the URL that the path carries.
//!
//! Where assets lie is for the room policy to say (`asset_policy`), which no room of the testbed
//! has. So a provider's asset server is its own host here, which answers `GET /assets/{name}`.

use std::fmt;

use crate::mimi::uri::{ProviderName, is_name};

/// Where an asset is: `https://HOST/assets/NAME`. (`https` as the draft has it. The testbed models
/// TLS by who dialled, as for the endpoints.)
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AssetUrl {
    /// The asset server.
    pub host: ProviderName,
    /// The asset's name: see [`is_name`].
    pub name: String,
}

/// Why a text is no [`AssetUrl`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the URL of an asset: expected https://HOST/assets/NAME")]
pub struct AssetUrlError {
    text: String,
}

impl TryFrom<String> for AssetUrl {
    type Error = AssetUrlError;

    fn try_from(text: String) -> Result<Self, AssetUrlError> {
        let read = || {
            let (host, path) = text.strip_prefix("https://")?.split_once('/')?;
            let name = path.strip_prefix("assets/").filter(|name| is_name(name))?;
            Some(Self { host: ProviderName::new(host).ok()?, name: name.to_owned() })
        };
        read().ok_or_else(|| AssetUrlError { text: text.chars().take(200).collect() })
    }
}

impl fmt::Display for AssetUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}/assets/{}", self.host, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<AssetUrl, AssetUrlError> {
        text.to_owned().try_into()
    }

    #[test]
    fn a_url_reads_back_and_names_its_host() {
        let url = read("https://c.example/assets/f1.bin").unwrap();
        assert_eq!((url.host.as_str(), url.name.as_str()), ("c.example", "f1.bin"));
        assert_eq!(url.to_string(), "https://c.example/assets/f1.bin");
    }

    #[test]
    fn other_urls_lead_to_no_asset() {
        for text in [
            "",
            "http://c.example/assets/f1",
            "https://c.example:8080/assets/f1",
            "https://user@c.example/assets/f1",
            "https://c.example/assets/",
            "https://c.example/assets/../v1/update",
            "https://c.example/client/x",
            "https:///assets/f1",
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.ends_with("expected https://HOST/assets/NAME"), "{error}");
        }
    }
}
