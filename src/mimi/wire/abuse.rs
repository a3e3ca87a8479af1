//! `POST /reportAbuse/{roomId}`: what a user received, for the hub to look at (§5.9).
//!
//! Only the hub can tell whether it franked a message, so a report goes to the hub alone. The
//! response has no body: its status says that the report was taken, not what became of it.

use super::codec::{Reader, Writer};
use super::{Frank, WireError};
use crate::mimi::uri::UserUri;

/// A report of abusive messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbuseReport {
    /// Who reports. The draft calls it optional and encodes it as a plain URI; none is an empty
    /// one here.
    pub reporting_user: Option<UserUri>,
    /// Who is said to have sent the messages.
    pub alleged_abuser: UserUri,
    /// The kind of abuse. The draft has reserved 0 and defined nothing else.
    pub reason: u8,
    /// In words; may be empty.
    pub note: String,
    /// The evidence; may be empty.
    pub messages: Vec<AbusiveMessage>,
    /// Anything else (`AppDataDictionary`), by component id, in the order of the ids.
    pub extensions: Vec<(u16, Vec<u8>)>,
}

/// A message as a client received it, with what proves that the hub took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbusiveMessage {
    /// The plaintext.
    pub content: Vec<u8>,
    /// The hub's frank.
    pub frank: Frank,
    /// The hub's stamp: milliseconds since the UNIX epoch.
    pub accepted_at: u64,
}

impl AbuseReport {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        let reporter = self.reporting_user.as_ref().map(UserUri::to_string).unwrap_or_default();
        let message = |writer: Writer, it: &AbusiveMessage| {
            writer.opaque(&it.content).put(&it.frank).put(&it.accepted_at)
        };
        Writer::default()
            .opaque(reporter.as_bytes())
            .uri(&self.alleged_abuser)
            .put(&self.reason)
            .opaque(self.note.as_bytes())
            .list(&self.messages, message)
            .list(&self.extensions, |writer, (id, data)| writer.put(id).opaque(data))
            .done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let message = |reader: &mut Reader| {
            Ok(AbusiveMessage {
                content: reader.opaque("a message's content")?,
                frank: reader.take("a Frank")?,
                accepted_at: reader.take("the time of acceptance")?,
            })
        };
        Reader::whole("AbuseReport", bytes, |reader| {
            Ok(Self {
                reporting_user: reader.uri_or_nothing("the reporting user")?,
                alleged_abuser: reader.uri("the alleged abuser")?,
                reason: reader.take("a reason")?,
                note: reader.string("a note in UTF-8")?,
                messages: reader.list("a list of messages", message)?,
                extensions: reader.components("a list of extensions")?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mimi::wire::testing::*;

    fn any_message() -> impl Strategy<Value = AbusiveMessage> {
        let frank = any_frank().prop_filter_map("none", |frank| frank);
        (any_bytes(), frank, any::<u64>()).prop_map(|(content, frank, accepted_at)| {
            AbusiveMessage { content, frank, accepted_at }
        })
    }

    #[test]
    fn a_report_reads_back_and_damage_does_no_harm() {
        let users = (prop::option::of(any_user()), any_user());
        let extensions = prop::collection::btree_map(any::<u16>(), any_bytes(), 0..3);
        let messages = prop::collection::vec(any_message(), 0..3);
        let bodies = (users, any::<u8>(), any::<String>(), messages, extensions).prop_map(
            |((reporting_user, alleged_abuser), reason, note, messages, extensions)| AbuseReport {
                reporting_user,
                alleged_abuser,
                reason,
                note,
                messages,
                extensions: extensions.into_iter().collect(),
            },
        );
        holds(bodies, AbuseReport::encode, AbuseReport::decode);
    }

    #[test]
    fn a_report_has_these_bytes() {
        let frank = Frank { server_frank: [0xff; 32], cipher_suite: 1, signature: vec![6, 7] };
        let report = AbuseReport {
            reporting_user: None,
            alleged_abuser: UserUri::parse("mimi://a/u/x").unwrap(),
            reason: 0,
            note: "hé".to_owned(),
            messages: vec![AbusiveMessage { content: vec![9], frank, accepted_at: 5 }],
            extensions: vec![(3, vec![4])],
        };
        let message = [&[1, 9][..], &[0xff; 32], &[0, 1, 2, 6, 7, 0, 0, 0, 0, 0, 0, 0, 5]].concat();
        assert_eq!(message.len(), 47);
        assert_eq!(
            report.encode(),
            bytes(&[
                &[0, 12],
                b"mimi://a/u/x",
                &[0, 3, b'h', 0xc3, 0xa9, 47],
                &message,
                &[4, 0, 3, 1, 4],
            ])
        );
    }

    #[test]
    fn extensions_stand_in_the_order_of_their_ids_each_once() {
        let good = bytes(&[&[0, 12], b"mimi://a/u/x", &[0, 0, 0], &[6, 0, 3, 0, 0, 4, 0]]);
        assert!(AbuseReport::decode(&good).is_ok());
        for (first, second) in [(3, 3), (4, 3)] {
            let mut bad = good.clone();
            let at = good.len() - 6;
            (bad[at + 1], bad[at + 4]) = (first, second);
            assert!(AbuseReport::decode(&bad).is_err());
        }
    }
}
