//! `POST /update/{roomId}`: a commit, or proposals, for the hub to accept (§5.3).
//!
//! The body names no protocol: the room has one. Which of the two forms it has is told by its
//! first MLSMessage.

use super::codec::{Reader, Writer};
use super::{Framing, MessageKind, RatchetTreeOption, WireError};

/// The GroupInfo that comes with a commit, without its ratchet tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupInfoOption {
    /// A GroupInfo.
    Full(Vec<u8>),
    /// What the hub lacks to put it together.
    Partial(PartialGroupInfo),
}

/// What of a GroupInfo its reader can't work out from the commit
/// (draft-mahy-mls-ratchet-tree-options).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartialGroupInfo {
    /// Whether there is a ratchet tree among the GroupInfo's extensions.
    pub presence: RatchetTreePresence,
    /// The other extensions, encoded one after the other.
    pub extensions: Vec<u8>,
    /// The committer's signature over the whole.
    pub signature: Vec<u8>,
}

/// Whether a GroupInfo has the ratchet tree among its extensions, in the epoch before and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum RatchetTreePresence {
    /// Neither before nor now.
    NoRatchetTree = 0,
    /// Before and now.
    Present = 1,
    /// Before, and not now.
    Removed = 2,
    /// Now, and not before.
    Added = 3,
}

impl GroupInfoOption {
    fn write(&self, writer: Writer) -> Writer {
        match self {
            Self::Full(group_info) => writer.put(&1u8).raw(group_info),
            Self::Partial(PartialGroupInfo { presence, extensions, signature }) => {
                writer.put(&2u8).put(&(*presence as u8)).opaque(extensions).opaque(signature)
            }
        }
    }

    fn read(reader: &mut Reader, framing: &dyn Framing) -> Result<Self, WireError> {
        match reader.code(&[1, 2], "a GroupInfo representation: full(1) or partial(2)")? {
            1 => reader.framed(|bytes| framing.group_info(bytes), "a GroupInfo").map(Self::Full),
            _ => PartialGroupInfo::read(reader).map(Self::Partial),
        }
    }
}

impl PartialGroupInfo {
    fn read(reader: &mut Reader) -> Result<Self, WireError> {
        let expected = "no_ratchet_tree(0), present(1), removed(2) or added(3)";
        let presence = match reader.code(&[0, 1, 2, 3], expected)? {
            0 => RatchetTreePresence::NoRatchetTree,
            1 => RatchetTreePresence::Present,
            2 => RatchetTreePresence::Removed,
            _ => RatchetTreePresence::Added,
        };
        let extensions = reader.opaque("the extensions of a GroupInfo")?;
        let signature = reader.opaque("the signature of a GroupInfo")?;
        Ok(Self { presence, extensions, signature })
    }
}

/// The draft's `HandshakeBundle`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpdateRequest {
    /// A commit with what the hub and new members need.
    Commit {
        /// The commit, an MLSMessage.
        message: Vec<u8>,
        /// A bare Welcome, where the commit adds members; without the ratchet tree.
        welcome: Option<Vec<u8>>,
        /// The GroupInfo of the epoch that the commit leads to.
        group_info: GroupInfoOption,
        /// The ratchet tree of that epoch.
        ratchet_tree: RatchetTreeOption,
    },
    /// One or more proposals.
    Proposals {
        /// The first, an MLSMessage.
        message: Vec<u8>,
        /// The others, MLSMessages.
        more: Vec<Vec<u8>>,
    },
}

impl UpdateRequest {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        let writer = Writer::default();
        match self {
            Self::Commit { message, welcome, group_info, ratchet_tree } => {
                let writer = writer
                    .raw(message)
                    .optional(welcome.as_ref(), |writer, welcome| writer.raw(welcome));
                ratchet_tree.write(group_info.write(writer)).done()
            }
            Self::Proposals { message, more } => writer.raw(message).messages(more).done(),
        }
    }

    /// # Errors
    /// When `bytes` are not exactly one such body.
    pub fn decode(bytes: &[u8], framing: &dyn Framing) -> Result<Self, WireError> {
        Reader::whole("UpdateRequest", bytes, |reader| {
            let known = [MessageKind::Commit, MessageKind::Proposal];
            let expected = "an MLSMessage: a commit or a proposal";
            let (message, kind) = reader.message(framing, &known, expected)?;
            if kind == MessageKind::Proposal {
                return Ok(Self::Proposals { message, more: reader.proposals(framing)? });
            }
            let welcome =
                |reader: &mut Reader| reader.framed(|bytes| framing.welcome(bytes), "a Welcome");
            Ok(Self::Commit {
                message,
                welcome: reader.optional(welcome)?,
                group_info: GroupInfoOption::read(reader, framing)?,
                ratchet_tree: reader.ratchet_tree()?,
            })
        })
    }
}

/// What the hub decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpdateOutcome {
    /// Accepted; a promise that everyone will get it (R14).
    Success {
        /// The hub's stamp: milliseconds since the UNIX epoch.
        accepted_at: u64,
    },
    /// Made in another epoch than the hub's.
    WrongEpoch {
        /// The hub's epoch.
        current: u64,
    },
    /// Against the room's policy, or not authorised.
    NotAllowed,
    /// With proposals that are not valid.
    InvalidProposal {
        /// Their ProposalRefs (RFC 9420 §5.2).
        references: Vec<Vec<u8>>,
    },
}

/// The draft's `UpdateRoomResponse`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateResponse {
    /// In words; may be empty.
    pub description: String,
    /// What the hub decided.
    pub outcome: UpdateOutcome,
}

impl UpdateResponse {
    /// The outcome's name in the draft.
    pub fn code_name(&self) -> &'static str {
        match self.outcome {
            UpdateOutcome::Success { .. } => "success",
            UpdateOutcome::WrongEpoch { .. } => "wrongEpoch",
            UpdateOutcome::NotAllowed => "notAllowed",
            UpdateOutcome::InvalidProposal { .. } => "invalidProposal",
        }
    }

    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        let head = |code: u8| Writer::default().put(&code).opaque(self.description.as_bytes());
        match &self.outcome {
            UpdateOutcome::Success { accepted_at } => head(0).put(accepted_at),
            UpdateOutcome::WrongEpoch { current } => head(1).put(current),
            UpdateOutcome::NotAllowed => head(2),
            UpdateOutcome::InvalidProposal { references } => head(3).put(references),
        }
        .done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole("UpdateRoomResponse", bytes, |reader| {
            let expected = "success(0), wrongEpoch(1), notAllowed(2) or invalidProposal(3)";
            let code = reader.code(&[0, 1, 2, 3], expected)?;
            let description = reader.string("a description in UTF-8")?;
            let outcome = match code {
                0 => UpdateOutcome::Success { accepted_at: reader.take("the time of acceptance")? },
                1 => UpdateOutcome::WrongEpoch { current: reader.take("the hub's epoch")? },
                2 => UpdateOutcome::NotAllowed,
                _ => UpdateOutcome::InvalidProposal {
                    references: reader
                        .list("a list of ProposalRefs", |reader| reader.opaque("a ProposalRef"))?,
                },
            };
            Ok(Self { description, outcome })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mimi::wire::testing::*;

    fn any_partial() -> impl Strategy<Value = PartialGroupInfo> {
        let presence = prop_oneof![
            Just(RatchetTreePresence::NoRatchetTree),
            Just(RatchetTreePresence::Present),
            Just(RatchetTreePresence::Removed),
            Just(RatchetTreePresence::Added),
        ];
        (presence, any_bytes(), any_bytes()).prop_map(|(presence, extensions, signature)| {
            PartialGroupInfo { presence, extensions, signature }
        })
    }

    fn any_request() -> impl Strategy<Value = UpdateRequest> {
        let group_info = prop_oneof![
            any_group_info().prop_map(GroupInfoOption::Full),
            any_partial().prop_map(GroupInfoOption::Partial),
        ];
        let welcome = prop::option::of(any_object(b'W'));
        let commit = (any_object(b'c'), welcome, group_info, any_tree()).prop_map(
            |(message, welcome, group_info, ratchet_tree)| UpdateRequest::Commit {
                message,
                welcome,
                group_info,
                ratchet_tree,
            },
        );
        let proposals = (any_object(b'p'), any_proposals())
            .prop_map(|(message, more)| UpdateRequest::Proposals { message, more });
        prop_oneof![commit, proposals]
    }

    fn any_response() -> impl Strategy<Value = UpdateResponse> {
        let outcome = prop_oneof![
            any::<u64>().prop_map(|accepted_at| UpdateOutcome::Success { accepted_at }),
            any::<u64>().prop_map(|current| UpdateOutcome::WrongEpoch { current }),
            Just(UpdateOutcome::NotAllowed),
            prop::collection::vec(any_bytes(), 0..4)
                .prop_map(|references| UpdateOutcome::InvalidProposal { references }),
        ];
        (any::<String>(), outcome)
            .prop_map(|(description, outcome)| UpdateResponse { description, outcome })
    }

    #[test]
    fn a_request_reads_back_and_damage_does_no_harm() {
        let decode = |it: &[u8]| UpdateRequest::decode(it, &FakeFraming);
        holds(any_request(), UpdateRequest::encode, decode);
    }

    #[test]
    fn a_response_reads_back_and_damage_does_no_harm() {
        holds(any_response(), UpdateResponse::encode, UpdateResponse::decode);
    }

    #[test]
    fn a_commit_has_these_bytes() {
        let request = |welcome, group_info, ratchet_tree| {
            let message = vec![b'c', 1, 7];
            UpdateRequest::Commit { message, welcome, group_info, ratchet_tree }.encode()
        };
        let full = GroupInfoOption::Full(vec![b'G', 0]);
        let tree = RatchetTreeOption::Full(vec![2, 8, 9]);
        assert_eq!(
            request(Some(vec![b'W', 0]), full, tree),
            [b'c', 1, 7, 1, b'W', 0, 1, b'G', 0, 1, 2, 8, 9]
        );
        let partial = GroupInfoOption::Partial(PartialGroupInfo {
            presence: RatchetTreePresence::Added,
            extensions: vec![5],
            signature: vec![6, 7],
        });
        assert_eq!(
            request(None, partial, RatchetTreeOption::DistributionService),
            [b'c', 1, 7, 0, 2, 3, 1, 5, 2, 6, 7, 4]
        );
    }

    #[test]
    fn proposals_have_these_bytes() {
        let more = vec![vec![b'p', 1, 2], vec![b'p', 0]];
        let request = UpdateRequest::Proposals { message: vec![b'p', 1, 1], more };
        assert_eq!(request.encode(), [b'p', 1, 1, 5, b'p', 1, 2, b'p', 0]);
    }

    #[test]
    fn a_response_has_these_bytes_and_this_name() {
        let check = |outcome, name, expected: &[u8]| {
            let response = UpdateResponse { description: "no".to_owned(), outcome };
            assert_eq!(response.encode(), expected);
            assert_eq!(response.code_name(), name);
        };
        check(
            UpdateOutcome::Success { accepted_at: 0x0102 },
            "success",
            &[0, 2, b'n', b'o', 0, 0, 0, 0, 0, 0, 1, 2],
        );
        check(
            UpdateOutcome::WrongEpoch { current: 3 },
            "wrongEpoch",
            &[1, 2, b'n', b'o', 0, 0, 0, 0, 0, 0, 0, 3],
        );
        check(UpdateOutcome::NotAllowed, "notAllowed", &[2, 2, b'n', b'o']);
        check(
            UpdateOutcome::InvalidProposal { references: vec![vec![7, 8], vec![]] },
            "invalidProposal",
            &[3, 2, b'n', b'o', 4, 2, 7, 8, 0],
        );
    }

    #[test]
    fn what_the_draft_does_not_send_is_refused() {
        let refused =
            |bytes: &[u8]| UpdateRequest::decode(bytes, &FakeFraming).unwrap_err().to_string();
        assert_eq!(
            refused(&[b'a', 0]),
            "UpdateRequest, byte 0: expected an MLSMessage: a commit or a proposal, \
             found an MLSMessage of kind Application"
        );
        assert_eq!(
            refused(&[b'p', 0, 2, b'c', 0]),
            "UpdateRequest, byte 3: expected an MLSMessage: a proposal, \
             found an MLSMessage of kind Commit"
        );
        assert_eq!(
            refused(&[b'c', 0, 0, 1, b'G', 0, 2, 0]),
            "UpdateRequest, byte 6: expected a ratchet tree: full(1) or distributionService(4), \
             found 2"
        );
    }
}
