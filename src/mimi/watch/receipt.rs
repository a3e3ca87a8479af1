//! A hub's word in writing: which commit led to an epoch.
//!
//! The drafts have no such thing: a hub answers `success`, and nobody can show later that it did.

use crate::mimi::uri::RoomUri;
use crate::mimi::wire::WireError;
use crate::mimi::wire::codec::{Reader, Writer};

/// The label of its signature (RFC 9420 §5.1.2).
pub const RECEIPT: &str = "SchismCommitReceiptTBS";

/// See the top of this file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The room.
    pub room: RoomUri,
    /// The epoch that the commit led to.
    pub epoch: u64,
    /// SHA-256 of the commit.
    pub commit: [u8; 32],
    /// The hub's signature over all that stands before it.
    pub signature: Vec<u8>,
}

impl Receipt {
    /// What the hub signs.
    pub fn to_be_signed(&self) -> Vec<u8> {
        self.write_unsigned(Writer::default()).done()
    }

    fn write_unsigned(&self, writer: Writer) -> Writer {
        writer.uri(&self.room).put(&self.epoch).raw(&self.commit)
    }

    pub(super) fn write(&self, writer: Writer) -> Writer {
        self.write_unsigned(writer).opaque(&self.signature)
    }

    pub(super) fn read(reader: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            room: reader.uri("the room of a receipt")?,
            epoch: reader.take("the epoch of a receipt")?,
            commit: reader.take("the hash of a commit")?,
            signature: reader.opaque("the signature of a receipt")?,
        })
    }
}

/// Asks the hub for the receipt of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptRequest {
    /// The epoch that the commit led to.
    pub epoch: u64,
}

impl ReceiptRequest {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        Writer::default().put(&self.epoch).done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole("ReceiptRequest", bytes, |reader| {
            Ok(Self { epoch: reader.take("an epoch")? })
        })
    }
}

/// The hub's answer: nothing where it knows of no commit that led to that epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptResponse(pub Option<Receipt>);

impl ReceiptResponse {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        let write = |writer, receipt: &Receipt| receipt.write(writer);
        Writer::default().optional(self.0.as_ref(), write).done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole("ReceiptResponse", bytes, |reader| reader.optional(Receipt::read).map(Self))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mimi::wire::testing::*;

    #[test]
    fn receipts_read_back_and_damage_does_no_harm() {
        let receipt = (any_room(), any::<u64>(), any::<[u8; 32]>(), any::<[u8; 16]>());
        let receipt = receipt.prop_map(|(room, epoch, commit, signature)| {
            let signature = signature.to_vec();
            Receipt { room, epoch, commit, signature }
        });
        let response = proptest::option::of(receipt).prop_map(ReceiptResponse);
        holds(response, ReceiptResponse::encode, ReceiptResponse::decode);
        let request = any::<u64>().prop_map(|epoch| ReceiptRequest { epoch });
        holds(request, ReceiptRequest::encode, ReceiptRequest::decode);
    }
}
