//! `POST /notify/{roomId}`: what the hub accepted, on its way to everyone (§5.5).
//!
//! A notify body is one or more [`FanoutMessage`]s, one after the other. A client's mailbox holds
//! them singly. The body names no protocol: the room has one.

use super::codec::{Reader, Writer};
use super::{Framing, Frank, MessageKind, RatchetTreeOption, WireError};

/// What comes after the MLSMessage, and depends on its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FanoutExtra {
    /// After an application message.
    Application {
        /// The hub's frank, where there is one.
        frank: Option<Frank>,
    },
    /// After a Welcome.
    Welcome {
        /// The ratchet tree that the Welcome leaves out.
        ratchet_tree: RatchetTreeOption,
    },
    /// After a proposal.
    Proposal {
        /// The other proposals of the same update request (R42), MLSMessages.
        more: Vec<Vec<u8>>,
    },
    /// After a commit.
    Commit {
        /// The hub's proposals for the new epoch, where the commit is an external one and voided
        /// the old ones (R34), MLSMessages.
        external_proposals: Vec<Vec<u8>>,
    },
}

/// One event of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FanoutMessage {
    /// The hub's stamp: milliseconds since the UNIX epoch.
    pub timestamp: u64,
    /// An MLSMessage, of the kind that `extra` says: decoding goes by the message.
    pub message: Vec<u8>,
    /// What belongs to it.
    pub extra: FanoutExtra,
}

impl FanoutMessage {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        Self::write(Writer::default(), self).done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body.
    pub fn decode(bytes: &[u8], framing: &dyn Framing) -> Result<Self, WireError> {
        Reader::whole("FanoutMessage", bytes, |reader| Self::read(reader, framing))
    }

    fn write(writer: Writer, it: &Self) -> Writer {
        let writer = writer.put(&it.timestamp).raw(&it.message);
        match &it.extra {
            FanoutExtra::Application { frank } => writer.put(frank),
            FanoutExtra::Welcome { ratchet_tree } => ratchet_tree.write(writer),
            FanoutExtra::Proposal { more } => writer.messages(more),
            FanoutExtra::Commit { external_proposals } => writer.messages(external_proposals),
        }
    }

    fn read(reader: &mut Reader, framing: &dyn Framing) -> Result<Self, WireError> {
        use MessageKind::{Application, Commit, Proposal, Welcome};
        let timestamp = reader.take("the time of acceptance")?;
        let expected = "an MLSMessage: an application message, a Welcome, a proposal or a commit";
        let known = [Application, Welcome, Proposal, Commit];
        let (message, kind) = reader.message(framing, &known, expected)?;
        let extra = match kind {
            Application => {
                FanoutExtra::Application { frank: reader.optional(|it| it.take("a Frank"))? }
            }
            Welcome => FanoutExtra::Welcome { ratchet_tree: reader.ratchet_tree()? },
            Proposal => FanoutExtra::Proposal { more: reader.proposals(framing)? },
            _ => FanoutExtra::Commit { external_proposals: reader.proposals(framing)? },
        };
        Ok(Self { timestamp, message, extra })
    }
}

/// Events of one room in the hub's order; never none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifyRequest(pub Vec<FanoutMessage>);

impl NotifyRequest {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        self.0.iter().fold(Writer::default(), FanoutMessage::write).done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body; so when they are empty.
    pub fn decode(bytes: &[u8], framing: &dyn Framing) -> Result<Self, WireError> {
        Reader::whole("NotifyRequest", bytes, |reader| {
            let mut messages = vec![FanoutMessage::read(reader, framing)?];
            while !reader.is_done() {
                messages.push(FanoutMessage::read(reader, framing)?);
            }
            Ok(Self(messages))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mimi::wire::testing::*;

    fn any_message() -> impl Strategy<Value = FanoutMessage> {
        let content = prop_oneof![
            (any_object(b'a'), any_frank().prop_map(|frank| FanoutExtra::Application { frank })),
            (
                any_object(b'w'),
                any_tree().prop_map(|ratchet_tree| FanoutExtra::Welcome { ratchet_tree })
            ),
            (any_object(b'p'), any_proposals().prop_map(|more| FanoutExtra::Proposal { more })),
            (
                any_object(b'c'),
                any_proposals()
                    .prop_map(|external_proposals| FanoutExtra::Commit { external_proposals })
            ),
        ];
        (any::<u64>(), content).prop_map(|(timestamp, (message, extra))| FanoutMessage {
            timestamp,
            message,
            extra,
        })
    }

    #[test]
    fn a_message_reads_back_and_damage_does_no_harm() {
        let decode = |it: &[u8]| FanoutMessage::decode(it, &FakeFraming);
        holds(any_message(), FanoutMessage::encode, decode);
    }

    #[test]
    fn a_notification_reads_back_and_damage_does_no_harm() {
        let bodies = prop::collection::vec(any_message(), 1..4).prop_map(NotifyRequest);
        let decode = |it: &[u8]| NotifyRequest::decode(it, &FakeFraming);
        holds(bodies, NotifyRequest::encode, decode);
    }

    #[test]
    fn a_notification_of_nothing_is_refused() {
        assert_eq!(
            NotifyRequest::decode(&[], &FakeFraming).unwrap_err().to_string(),
            "NotifyRequest, byte 0: expected the time of acceptance, found too few bytes"
        );
    }

    #[test]
    fn messages_have_these_bytes_and_a_notification_is_no_more_than_them() {
        let message = |kind, extra| FanoutMessage { timestamp: 1, message: vec![kind, 0], extra };
        let messages = vec![
            message(b'a', FanoutExtra::Application { frank: None }),
            message(
                b'w',
                FanoutExtra::Welcome { ratchet_tree: RatchetTreeOption::Full(vec![1, 0]) },
            ),
            message(b'p', FanoutExtra::Proposal { more: vec![vec![b'p', 1, 3]] }),
            message(b'c', FanoutExtra::Commit { external_proposals: vec![] }),
        ];
        let stamp = [0, 0, 0, 0, 0, 0, 0, 1];
        let expected = [
            bytes(&[&stamp, &[b'a', 0, 0]]),
            bytes(&[&stamp, &[b'w', 0, 1, 1, 0]]),
            bytes(&[&stamp, &[b'p', 0, 3, b'p', 1, 3]]),
            bytes(&[&stamp, &[b'c', 0, 0]]),
        ];
        for (message, expected) in messages.iter().zip(&expected) {
            assert_eq!(&message.encode(), expected);
        }
        assert_eq!(NotifyRequest(messages).encode(), expected.concat());
    }

    #[test]
    fn a_message_of_another_kind_is_refused() {
        let body = [0, 0, 0, 0, 0, 0, 0, 1, b'o', 0];
        let error = FanoutMessage::decode(&body, &FakeFraming).unwrap_err();
        assert!(matches!(error, WireError::Unexpected { at: 8, .. }), "{error}");
    }
}
