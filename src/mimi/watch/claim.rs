//! What somebody takes a room to be at one epoch.

use super::{Detector, Receipt};
use crate::mimi::uri::RoomUri;
use crate::mimi::wire::WireError;
use crate::mimi::wire::codec::{Reader, Writer};

/// The content type of a part that holds [`Claims`]: it is for the reader's client, not its user.
pub const CLAIM_TYPE: &str = "application/vnd.schism.claim";

/// What a room is at one epoch, as somebody sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The way that it is told.
    pub detector: Detector,
    /// The room.
    pub room: RoomUri,
    /// The epoch.
    pub epoch: u64,
    /// SHA-256 of the commit that led there; none where the speaker came by a Welcome or made the
    /// room.
    pub commit: Option<[u8; 32]>,
    /// SHA-256 of the epoch authenticator, where the speaker knows it.
    pub state: Option<[u8; 32]>,
    /// How many messages of the speaker's the hub has accepted in this epoch (for heartbeats).
    pub sent: u64,
    /// The hub's word for the commit, where the speaker has it.
    pub receipt: Option<Receipt>,
}

impl Claim {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        self.write(Writer::default()).done()
    }

    /// # Errors
    /// When `bytes` are not exactly one claim.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole("Claim", bytes, Self::read)
    }

    fn write(&self, writer: Writer) -> Writer {
        writer
            .put(&(self.detector as u8))
            .uri(&self.room)
            .put(&self.epoch)
            .optional(self.commit.as_ref(), |writer, hash| writer.raw(hash))
            .optional(self.state.as_ref(), |writer, hash| writer.raw(hash))
            .put(&self.sent)
            .optional(self.receipt.as_ref(), |writer, receipt| receipt.write(writer))
    }

    fn read(reader: &mut Reader) -> Result<Self, WireError> {
        let known = [0, 1, 2, 3, 4, 5];
        let code = reader.code(&known, "the number of a detector, 0 to 5")?;
        Ok(Self {
            detector: super::DETECTORS[usize::from(code)].detector,
            room: reader.uri("the room that it is about")?,
            epoch: reader.take("an epoch")?,
            commit: reader.optional(|reader| reader.take("the hash of a commit"))?,
            state: reader.optional(|reader| reader.take("the hash of an authenticator"))?,
            sent: reader.take("a number of messages")?,
            receipt: reader.optional(Receipt::read)?,
        })
    }
}

/// Several epochs at once: what a provider tells another one, and what stands in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims(pub Vec<Claim>);

impl Claims {
    /// Most claims in one body.
    pub const MOST: usize = 32;

    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        Writer::default().list(&self.0, |writer, claim| claim.write(writer)).done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body, of at most [`Claims::MOST`] claims.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole("Claims", bytes, |reader| {
            let claims = reader.list("a list of claims", Claim::read)?;
            if claims.len() > Self::MOST {
                return Err(reader.refuse("32 claims at most", claims.len().to_string()));
            }
            Ok(Self(claims))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mimi::wire::testing::*;

    fn any_claim() -> impl Strategy<Value = Claim> {
        let hash = || proptest::option::of(any::<[u8; 32]>());
        let receipt = (any_room(), any::<u64>(), any::<[u8; 32]>(), any::<[u8; 8]>()).prop_map(
            |(room, epoch, commit, signature)| {
                let signature = signature.to_vec();
                Receipt { room, epoch, commit, signature }
            },
        );
        let numbers = (0..6usize, any::<u64>(), any::<u64>());
        (numbers, any_room(), hash(), hash(), proptest::option::of(receipt)).prop_map(
            |((detector, epoch, sent), room, commit, state, receipt)| {
                let detector = super::super::DETECTORS[detector].detector;
                Claim { detector, room, epoch, commit, state, sent, receipt }
            },
        )
    }

    #[test]
    fn a_claim_reads_back_and_damage_does_no_harm() {
        holds(any_claim(), Claim::encode, Claim::decode);
    }

    #[test]
    fn claims_read_back_and_damage_does_no_harm() {
        let some = proptest::collection::vec(any_claim(), 0..4).prop_map(Claims);
        holds(some, Claims::encode, Claims::decode);
    }
}
