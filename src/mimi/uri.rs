//! Who and what a MIMI URI names: providers, users, clients, rooms.
//!
//! `mimi://a.example/u/alice` is a user, `/d/` a client (device), `/r/` a room, and the bare
//! authority a provider (draft-ietf-mimi-protocol-06 §3). Each kind is a type of its own, so that
//! a user can't be handed over where a client is meant. All are ordered, so that they can be keys
//! of the ordered maps that determinism asks for.
//!
//! Copies share their text: they are made by the thousand.
//!
//! Not here: percent-encoding. Names are restricted to characters that need none.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a text is not the MIMI URI that was wanted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is not a {wanted}: expected {form}")]
pub struct UriError {
    text: String,
    wanted: &'static str,
    form: String,
}

/// A name within a provider, or a domain: letters, digits, `-`, `_` and `.`, not empty, at most
/// 128 characters.
pub fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.len() <= 128 && text.chars().all(plain)
}

/// A provider, by its domain: `a.example`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProviderName(Arc<str>);

impl ProviderName {
    /// # Errors
    /// When `domain` has characters that a name may not have.
    pub fn new(domain: &str) -> Result<Self, UriError> {
        if is_name(domain) {
            return Ok(Self(domain.into()));
        }
        let form = "letters, digits, `-`, `_` and `.`".to_owned();
        Err(UriError { text: domain.to_owned(), wanted: "provider", form })
    }

    /// The bare domain.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ProviderName {
    type Error = UriError;
    fn try_from(text: String) -> Result<Self, UriError> {
        Self::new(&text)
    }
}

impl From<ProviderName> for String {
    fn from(name: ProviderName) -> Self {
        name.0.to_string()
    }
}

macro_rules! uri_kind {
    ($(#[$doc:meta])* $name:ident, $letter:literal, $wanted:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name {
            provider: ProviderName,
            name: Arc<str>,
        }

        impl $name {
            /// # Errors
            /// When `name` has characters that a name may not have.
            pub fn new(provider: &ProviderName, name: &str) -> Result<Self, UriError> {
                Self::parse(&format!("mimi://{provider}/{}/{name}", $letter))
            }

            /// Reads a whole URI.
            ///
            /// # Errors
            /// When `text` is not a URI of this kind.
            pub fn parse(text: &str) -> Result<Self, UriError> {
                let read = || {
                    let (domain, path) = text.strip_prefix("mimi://")?.split_once('/')?;
                    let name = path.strip_prefix(concat!($letter, "/"))?;
                    let provider = ProviderName::new(domain).ok()?;
                    is_name(name).then(|| Self { provider, name: name.into() })
                };
                read().ok_or_else(|| UriError {
                    text: text.chars().take(200).collect(),
                    wanted: $wanted,
                    form: format!("mimi://PROVIDER/{}/NAME", $letter),
                })
            }

            /// The provider that is responsible for it.
            pub fn provider(&self) -> &ProviderName {
                &self.provider
            }

            /// The last part, unique within its provider.
            pub fn name(&self) -> &str {
                &self.name
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "mimi://{}/{}/{}", self.provider, $letter, self.name)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl TryFrom<String> for $name {
            type Error = UriError;
            fn try_from(text: String) -> Result<Self, UriError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(uri: $name) -> Self {
                uri.to_string()
            }
        }
    };
}

uri_kind!(
    /// A user: `mimi://a.example/u/alice`. A participant of rooms.
    UserUri, "u", "user URI"
);
uri_kind!(
    /// A client: `mimi://a.example/d/A1`. A member of MLS groups.
    ClientUri, "d", "client URI"
);
uri_kind!(
    /// A room: `mimi://a.example/r/clubhouse`. Its provider is the hub that made it.
    RoomUri, "r", "room URI"
);

impl RoomUri {
    /// The MLS group id that belongs to the room: the URI with `g` in place of `r` (§3.1).
    pub fn group_id(&self) -> String {
        format!("mimi://{}/g/{}", self.provider, self.name)
    }

    /// The room that a group id belongs to.
    ///
    /// # Errors
    /// When `group_id` is not of the form `mimi://HUB/g/NAME`.
    pub fn of_group(group_id: &[u8]) -> Result<Self, UriError> {
        let text = String::from_utf8_lossy(group_id);
        Self::parse(&text.replacen("/g/", "/r/", 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_reads_back_as_it_was_written() {
        for text in ["mimi://a.example/u/alice", "mimi://b.example/u/b-o_b.2"] {
            assert_eq!(UserUri::parse(text).unwrap().to_string(), text);
        }
        let room = RoomUri::parse("mimi://a.example/r/clubhouse").unwrap();
        assert_eq!(RoomUri::of_group(room.group_id().as_bytes()).unwrap(), room);
    }

    #[test]
    fn a_uri_of_another_kind_is_refused_with_the_form_that_was_wanted() {
        let refused = UserUri::parse("mimi://a.example/d/A1").unwrap_err().to_string();
        assert_eq!(
            refused,
            "`mimi://a.example/d/A1` is not a user URI: expected mimi://PROVIDER/u/NAME"
        );
        for text in ["", "mimi://", "mimi://a.example/u/", "mimi:///u/x", "mimi://a/u/x/y"] {
            assert!(UserUri::parse(text).is_err(), "{text}");
        }
    }
}
