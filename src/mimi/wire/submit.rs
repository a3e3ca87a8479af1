//! `POST /submitMessage/{roomId}`: an application message for the hub to fan out (§5.4).

use super::codec::{Reader, Writer};
use super::{Framing, Frank, MessageKind, Protocol, WireError};
use crate::mimi::uri::UserUri;

/// Asks the hub to fan out an application message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmitMessageRequest {
    /// An MLSMessage: a PrivateMessage with application data.
    pub message: Vec<u8>,
    /// The user who sends it. The hub tells nobody (R40).
    pub sending_user: UserUri,
}

impl SubmitMessageRequest {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        let writer = Writer::default().put(&Protocol::Mls10);
        writer.raw(&self.message).uri(&self.sending_user).done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body, or of another protocol.
    pub fn decode(bytes: &[u8], framing: &dyn Framing) -> Result<Self, WireError> {
        Reader::whole("SubmitMessageRequest", bytes, |reader| {
            reader.protocol()?;
            let expected = "an MLSMessage: an application message";
            let (message, _) = reader.message(framing, &[MessageKind::Application], expected)?;
            Ok(Self { message, sending_user: reader.uri("the sending user")? })
        })
    }
}

/// Answers a [`SubmitMessageRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubmitMessageResponse {
    /// Accepted. The draft's enum calls it `accepted`, and all its other text `success` (Q2).
    Accepted {
        /// The hub's stamp: milliseconds since the UNIX epoch.
        accepted_at: u64,
        /// The frank, where the room and the message ask for one.
        frank: Option<Frank>,
    },
    /// Against the room's policy, or from an epoch that the hub does not have yet.
    NotAllowed,
    /// From an epoch that the hub no longer takes messages of.
    EpochTooOld {
        /// The hub's epoch.
        current: u64,
    },
}

impl SubmitMessageResponse {
    /// The outcome's name in the draft; `success` where the draft has two.
    pub fn code_name(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "success",
            Self::NotAllowed => "notAllowed",
            Self::EpochTooOld { .. } => "epochTooOld",
        }
    }

    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        let writer = Writer::default().put(&Protocol::Mls10);
        match self {
            Self::Accepted { accepted_at, frank } => writer.put(&0u8).put(accepted_at).put(frank),
            Self::NotAllowed => writer.put(&1u8),
            Self::EpochTooOld { current } => writer.put(&2u8).put(current),
        }
        .done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body, or of another protocol.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole("SubmitMessageResponse", bytes, |reader| {
            reader.protocol()?;
            Ok(match reader.code(&[0, 1, 2], "accepted(0), notAllowed(1) or epochTooOld(2)")? {
                0 => Self::Accepted {
                    accepted_at: reader.take("the time of acceptance")?,
                    frank: reader.optional(|reader| reader.take("a Frank"))?,
                },
                1 => Self::NotAllowed,
                _ => Self::EpochTooOld { current: reader.take("the hub's epoch")? },
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mimi::wire::testing::*;

    #[test]
    fn a_request_reads_back_and_damage_does_no_harm() {
        let bodies = (any_object(b'a'), any_user())
            .prop_map(|(message, sending_user)| SubmitMessageRequest { message, sending_user });
        let decode = |it: &[u8]| SubmitMessageRequest::decode(it, &FakeFraming);
        holds(bodies, SubmitMessageRequest::encode, decode);
    }

    #[test]
    fn a_response_reads_back_and_damage_does_no_harm() {
        let bodies = prop_oneof![
            (any::<u64>(), any_frank()).prop_map(|(accepted_at, frank)| {
                SubmitMessageResponse::Accepted { accepted_at, frank }
            }),
            Just(SubmitMessageResponse::NotAllowed),
            any::<u64>().prop_map(|current| SubmitMessageResponse::EpochTooOld { current }),
        ];
        holds(bodies, SubmitMessageResponse::encode, SubmitMessageResponse::decode);
    }

    #[test]
    fn a_request_has_these_bytes() {
        let sending_user = UserUri::parse("mimi://a/u/x").unwrap();
        let request = SubmitMessageRequest { message: vec![b'a', 1, 7], sending_user };
        assert_eq!(request.encode(), bytes(&[&[1, b'a', 1, 7, 12], b"mimi://a/u/x"]));
    }

    #[test]
    fn a_response_has_these_bytes_and_this_name() {
        let check = |response: SubmitMessageResponse, name, expected: &[u8]| {
            assert_eq!(response.encode(), expected);
            assert_eq!(response.code_name(), name);
        };
        check(
            SubmitMessageResponse::Accepted { accepted_at: 5, frank: None },
            "success",
            &[1, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0],
        );
        let frank = Frank { server_frank: [0xff; 32], cipher_suite: 1, signature: vec![6, 7] };
        check(
            SubmitMessageResponse::Accepted { accepted_at: 5, frank: Some(frank) },
            "success",
            &bytes(&[&[1, 0, 0, 0, 0, 0, 0, 0, 0, 5, 1], &[0xff; 32], &[0, 1, 2, 6, 7]]),
        );
        check(SubmitMessageResponse::NotAllowed, "notAllowed", &[1, 1]);
        check(
            SubmitMessageResponse::EpochTooOld { current: 9 },
            "epochTooOld",
            &[1, 2, 0, 0, 0, 0, 0, 0, 0, 9],
        );
    }

    #[test]
    fn only_an_application_message_can_be_submitted() {
        let body = bytes(&[&[1, b'c', 0, 12], b"mimi://a/u/x"]);
        assert!(SubmitMessageRequest::decode(&body, &FakeFraming).is_err());
    }
}
