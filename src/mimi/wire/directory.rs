//! `GET /.well-known/mimi-protocol-directory`: where a provider's endpoints are (§5.1).
//!
//! The one body that is JSON. The URLs are `http`: the testbed models mutual TLS by who dialled.

use serde::{Deserialize, Serialize};

use super::{ExternalSender, WireError};
use crate::mimi::uri::ProviderName;

/// The URLs of a provider's endpoints, each a template with one `{parameter}`. The document names
/// all ten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Directory {
    /// Of `{targetUser}`.
    pub key_material: String,
    /// Of `{roomId}`. The draft's example lacks the slash before it (Q2).
    pub update: String,
    /// Of `{roomId}`.
    pub notify: String,
    /// Of `{roomId}`.
    pub submit_message: String,
    /// Of `{roomId}`.
    pub group_info: String,
    /// Of `{targetUser}`; a domain in the draft's own description of it (Q2).
    pub request_consent: String,
    /// Of `{requesterUser}`; likewise.
    pub update_consent: String,
    /// Of `{domain}`.
    pub identifier_query: String,
    /// Of `{roomId}`.
    pub report_abuse: String,
    /// Of `{downloadUrl}`.
    pub proxy_download: String,
    /// What rooms of other hubs may take into their `external_senders` (§7.4): an ExternalSender,
    /// encoded, in hexadecimal digits. The draft has no way to ask a provider for it; fields that
    /// it does not name are passed over, so this one harms nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    external_sender: Option<String>,
}

impl Directory {
    /// The document of a provider.
    pub fn of(provider: &ProviderName) -> Self {
        let url = |endpoint_and_parameter| format!("http://{provider}/v1/{endpoint_and_parameter}");
        Self {
            key_material: url("keyMaterial/{targetUser}"),
            update: url("update/{roomId}"),
            notify: url("notify/{roomId}"),
            submit_message: url("submitMessage/{roomId}"),
            group_info: url("groupInfo/{roomId}"),
            request_consent: url("requestConsent/{targetUser}"),
            update_consent: url("updateConsent/{requesterUser}"),
            identifier_query: url("identifierQuery/{domain}"),
            report_abuse: url("reportAbuse/{roomId}"),
            proxy_download: url("proxyDownload/{downloadUrl}"),
            external_sender: None,
        }
    }

    /// The same with the provider's certificate.
    pub fn with_sender(self, sender: &ExternalSender) -> Self {
        Self { external_sender: Some(hex::encode(sender.encode())), ..self }
    }

    /// The provider's certificate, where there is one that can be read.
    pub fn sender(&self) -> Option<ExternalSender> {
        ExternalSender::decode(&hex::decode(self.external_sender.as_ref()?).ok()?).ok()
    }

    /// The document as JSON.
    pub fn encode(&self) -> Vec<u8> {
        // Ten strings: serde_json has no reason to refuse them.
        serde_json::to_vec(self).expect("ten strings")
    }

    /// # Errors
    /// When `bytes` are not such a document. Fields that the draft does not name are passed over.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        serde_json::from_slice(bytes).map_err(|error| {
            let lines = bytes.split_inclusive(|&byte| byte == b'\n');
            let before: usize = lines.take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
            WireError::Unexpected {
                body: "directory",
                at: before + error.column().saturating_sub(1),
                expected: "a JSON object with the URLs of ten endpoints",
                found: error.to_string(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mimi::uri::{RoomUri, UserUri};
    use crate::mimi::wire::{AssetUrl, Route, escape};

    fn directory() -> Directory {
        Directory::of(&ProviderName::new("a.example").unwrap())
    }

    #[test]
    fn a_directory_reads_back() {
        assert_eq!(Directory::decode(&directory().encode()), Ok(directory()));
    }

    #[test]
    fn a_certificate_reads_back_and_a_damaged_one_is_none() {
        let credential = crate::mimi::wire::Credential::basic([0xbb]);
        let sender = ExternalSender { key: vec![0xaa; 32], credential };
        let with = directory().with_sender(&sender);
        let mut read = Directory::decode(&with.encode()).unwrap();
        assert_eq!(read.sender(), Some(sender));
        read.external_sender = Some("aa".to_owned());
        assert_eq!((read.sender(), directory().sender()), (None, None));
    }

    #[test]
    fn a_directory_has_the_ten_names_of_the_draft() {
        let json: serde_json::Value = serde_json::from_slice(&directory().encode()).unwrap();
        let mut names: Vec<&String> = json.as_object().unwrap().keys().collect();
        names.sort();
        let expected = [
            "groupInfo",
            "identifierQuery",
            "keyMaterial",
            "notify",
            "proxyDownload",
            "reportAbuse",
            "requestConsent",
            "submitMessage",
            "update",
            "updateConsent",
        ];
        assert_eq!(names, expected);
        assert_eq!(json["update"], "http://a.example/v1/update/{roomId}");
    }

    #[test]
    fn the_urls_lead_to_the_routes() {
        let user = UserUri::parse("mimi://b.example/u/bob").unwrap();
        let room = RoomUri::parse("mimi://a.example/r/x").unwrap();
        let asset = AssetUrl::try_from("https://c.example/assets/f1".to_owned()).unwrap();
        let directory = directory();
        for (url, route) in [
            (directory.key_material, Route::KeyMaterial(user.clone())),
            (directory.update, Route::Update(room.clone())),
            (directory.notify, Route::Notify(room.clone())),
            (directory.submit_message, Route::SubmitMessage(room.clone())),
            (directory.group_info, Route::GroupInfo(room.clone())),
            (directory.request_consent, Route::RequestConsent(user.clone())),
            (directory.update_consent, Route::UpdateConsent(user.clone())),
            (directory.identifier_query, Route::IdentifierQuery(user.provider().clone())),
            (directory.proxy_download, Route::ProxyDownload(asset.clone())),
        ] {
            let path = url
                .replace("http://a.example", "")
                .replace("{targetUser}", &escape(&user))
                .replace("{requesterUser}", &escape(&user))
                .replace("{domain}", user.provider().as_str())
                .replace("{downloadUrl}", &escape(&asset))
                .replace("{roomId}", &escape(&room));
            assert_eq!(Route::parse(&path), Some(route));
        }
    }

    #[test]
    fn a_bad_document_is_refused_with_its_place() {
        let error = Directory::decode(b"{\n  \"update\": 5\n}").unwrap_err();
        let WireError::Unexpected { at, .. } = error else { panic!("{error}") };
        assert!((12..16).contains(&at), "{error}");
        for bad in [&b""[..], b"{", b"[]", b"null", b"\xff\xfe"] {
            assert!(Directory::decode(bad).is_err());
        }
    }
}
