//! What OpenMLS keeps of a node's groups and keys: one ordered map in memory.
//!
//! OpenMLS writes a group's message secrets at every message and its tree at every commit, so the
//! encoding of values is a good part of a run's cost. They are MessagePack, with bytes as bytes and
//! not as lists of numbers. A format without types of its own (postcard, bincode) would not do:
//! OpenMLS reads a group's join configuration back by looking at what stands there.
//!
//! Each method of the storage trait is a line: what it does, where. Lists are their items'
//! encodings one after the other, so that appending needs no decoding.
//!
//! Not here: durability. [`Store`] is a copy of the map, and the node's disk keeps it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use openmls_traits::storage::{CURRENT_VERSION, StorageProvider, traits};
use rmp_serde::config::BytesMode;
use rmp_serde::{Serializer, decode, encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// Why the store refused something.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A value can't be encoded.
    #[error("can't be written: {0}")]
    Write(#[from] encode::Error),
    /// A stored value is not of the type that is asked for.
    #[error("can't be read back: {0}")]
    Read(#[from] decode::Error),
    /// The queue names a proposal that is not stored.
    #[error("a queued proposal is not stored")]
    ProposalMissing,
}

type Entries = BTreeMap<Rc<[u8]>, Rc<Vec<u8>>>;

/// Everything that OpenMLS stored, at one moment. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Store(Rc<Entries>);

impl Store {
    /// All values, as they are encoded.
    pub fn values(&self) -> impl Iterator<Item = &[u8]> {
        self.0.values().map(|value| value.as_slice())
    }
}

/// The storage of one node.
#[derive(Debug, Default)]
pub struct NodeStorage(RefCell<Entries>);

/// What a value is; the first byte of its key.
#[derive(Clone, Copy)]
enum Kind {
    ApplicationExportTree,
    ConfirmationTag,
    EncryptionKeyPair,
    EpochKeyPairs,
    EpochSecrets,
    GroupContext,
    GroupState,
    InterimTranscriptHash,
    JoinConfig,
    KeyPackage,
    MessageSecrets,
    OwnLeafIndex,
    OwnLeafNodes,
    ProposalQueue,
    Psk,
    QueuedProposal,
    ResumptionPsks,
    SignatureKeyPair,
    Tree,
}

fn encoded(value: &(impl Serialize + ?Sized)) -> Result<Vec<u8>, StoreError> {
    encoded_after(Vec::new(), value)
}

fn encoded_after(
    mut bytes: Vec<u8>,
    value: &(impl Serialize + ?Sized),
) -> Result<Vec<u8>, StoreError> {
    value.serialize(&mut Serializer::new(&mut bytes).with_bytes(BytesMode::ForceIterables))?;
    Ok(bytes)
}

fn place(kind: Kind, key: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    encoded_after(vec![kind as u8], key)
}

impl NodeStorage {
    /// A copy of all that is stored. The values are shared.
    pub fn copy(&self) -> Store {
        Store(Rc::new(self.0.borrow().clone()))
    }

    /// Takes over what a copy holds, over what is here under the same keys.
    pub fn extend(&self, store: &Store) {
        let entries = store.0.iter().map(|(key, value)| (Rc::clone(key), Rc::clone(value)));
        self.0.borrow_mut().extend(entries);
    }

    fn put(&self, place: Vec<u8>, value: Vec<u8>) {
        self.0.borrow_mut().insert(place.into(), Rc::new(value));
    }

    fn bytes(&self, place: &[u8]) -> Option<Rc<Vec<u8>>> {
        self.0.borrow().get(place).cloned()
    }

    fn write(
        &self,
        kind: Kind,
        key: &impl Serialize,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), StoreError> {
        let place = place(kind, key)?;
        // The next value of a kind is about as long as the last.
        let room = self.bytes(&place).map_or(0, |before| before.len() + before.len() / 8);
        let value = encoded_after(Vec::with_capacity(room), value)?;
        self.put(place, value);
        Ok(())
    }

    fn read<V: DeserializeOwned>(
        &self,
        kind: Kind,
        key: &impl Serialize,
    ) -> Result<Option<V>, StoreError> {
        let bytes = self.bytes(&place(kind, key)?);
        Ok(bytes.map(|bytes| rmp_serde::from_slice(&bytes)).transpose()?)
    }

    fn delete(&self, kind: Kind, key: &impl Serialize) -> Result<(), StoreError> {
        self.0.borrow_mut().remove(place(kind, key)?.as_slice());
        Ok(())
    }

    fn append(
        &self,
        kind: Kind,
        key: &impl Serialize,
        item: &impl Serialize,
    ) -> Result<(), StoreError> {
        let place = place(kind, key)?;
        let before = self.bytes(&place).map_or_else(Vec::new, |bytes| bytes.as_ref().clone());
        self.put(place, encoded_after(before, item)?);
        Ok(())
    }

    fn list<V: DeserializeOwned>(
        &self,
        kind: Kind,
        key: &impl Serialize,
    ) -> Result<Vec<V>, StoreError> {
        let bytes = self.bytes(&place(kind, key)?).unwrap_or_default();
        let mut rest = &bytes[..];
        let mut items = Vec::new();
        while !rest.is_empty() {
            items.push(rmp_serde::from_read(&mut rest)?);
        }
        Ok(items)
    }

    fn remove_item<V: Serialize + DeserializeOwned>(
        &self,
        kind: Kind,
        key: &impl Serialize,
        item: &V,
    ) -> Result<(), StoreError> {
        let removed = encoded(item)?;
        let mut kept = Vec::new();
        for other in self.list::<V>(kind, key)? {
            let other = encoded(&other)?;
            if other != removed {
                kept.extend(other);
            }
        }
        self.put(place(kind, key)?, kept);
        Ok(())
    }
}

/// One method of the trait: its generics in the trait's order, each of the trait of its own name.
macro_rules! method {
    (write $name:ident<$($of:ident),+>($key:ident, $value:ident) at $kind:ident) => {
        fn $name<$($of: traits::$of<CURRENT_VERSION>),+>(
            &self,
            key: &$key,
            value: &$value,
        ) -> Result<(), StoreError> {
            self.write(Kind::$kind, key, value)
        }
    };
    (read $name:ident<$($of:ident),+>($key:ident) -> $value:ident at $kind:ident) => {
        fn $name<$($of: traits::$of<CURRENT_VERSION>),+>(
            &self,
            key: &$key,
        ) -> Result<Option<$value>, StoreError> {
            self.read(Kind::$kind, key)
        }
    };
    (delete $name:ident<$key:ident $(, $of:ident)?> at $kind:ident) => {
        fn $name<$key: traits::$key<CURRENT_VERSION> $(, $of: traits::$of<CURRENT_VERSION>)?>(
            &self,
            key: &$key,
        ) -> Result<(), StoreError> {
            self.delete(Kind::$kind, key)
        }
    };
    (append $name:ident<$key:ident, $item:ident> at $kind:ident) => {
        fn $name<$key: traits::$key<CURRENT_VERSION>, $item: traits::$item<CURRENT_VERSION>>(
            &self,
            key: &$key,
            item: &$item,
        ) -> Result<(), StoreError> {
            self.append(Kind::$kind, key, item)
        }
    };
    (list $name:ident<$key:ident, $item:ident> at $kind:ident) => {
        fn $name<$key: traits::$key<CURRENT_VERSION>, $item: traits::$item<CURRENT_VERSION>>(
            &self,
            key: &$key,
        ) -> Result<Vec<$item>, StoreError> {
            self.list(Kind::$kind, key)
        }
    };
}

impl StorageProvider<CURRENT_VERSION> for NodeStorage {
    type Error = StoreError;

    // A group's public state.
    method!(write write_tree<GroupId, TreeSync>(GroupId, TreeSync) at Tree);
    method!(read tree<GroupId, TreeSync>(GroupId) -> TreeSync at Tree);
    method!(delete delete_tree<GroupId> at Tree);
    method!(write write_context<GroupId, GroupContext>(GroupId, GroupContext) at GroupContext);
    method!(read group_context<GroupId, GroupContext>(GroupId) -> GroupContext at GroupContext);
    method!(delete delete_context<GroupId> at GroupContext);
    method!(write write_interim_transcript_hash<GroupId, InterimTranscriptHash>
        (GroupId, InterimTranscriptHash) at InterimTranscriptHash);
    method!(read interim_transcript_hash<GroupId, InterimTranscriptHash>
        (GroupId) -> InterimTranscriptHash at InterimTranscriptHash);
    method!(delete delete_interim_transcript_hash<GroupId> at InterimTranscriptHash);
    method!(write write_confirmation_tag<GroupId, ConfirmationTag>
        (GroupId, ConfirmationTag) at ConfirmationTag);
    method!(read confirmation_tag<GroupId, ConfirmationTag>
        (GroupId) -> ConfirmationTag at ConfirmationTag);
    method!(delete delete_confirmation_tag<GroupId> at ConfirmationTag);

    // A member's state.
    method!(write write_mls_join_config<GroupId, MlsGroupJoinConfig>
        (GroupId, MlsGroupJoinConfig) at JoinConfig);
    method!(read mls_group_join_config<GroupId, MlsGroupJoinConfig>
        (GroupId) -> MlsGroupJoinConfig at JoinConfig);
    method!(delete delete_group_config<GroupId> at JoinConfig);
    method!(write write_group_state<GroupState, GroupId>(GroupId, GroupState) at GroupState);
    method!(read group_state<GroupState, GroupId>(GroupId) -> GroupState at GroupState);
    method!(delete delete_group_state<GroupId> at GroupState);
    method!(write write_message_secrets<GroupId, MessageSecrets>
        (GroupId, MessageSecrets) at MessageSecrets);
    method!(read message_secrets<GroupId, MessageSecrets>
        (GroupId) -> MessageSecrets at MessageSecrets);
    method!(delete delete_message_secrets<GroupId> at MessageSecrets);
    method!(write write_resumption_psk_store<GroupId, ResumptionPskStore>
        (GroupId, ResumptionPskStore) at ResumptionPsks);
    method!(read resumption_psk_store<GroupId, ResumptionPskStore>
        (GroupId) -> ResumptionPskStore at ResumptionPsks);
    method!(delete delete_all_resumption_psk_secrets<GroupId> at ResumptionPsks);
    method!(write write_own_leaf_index<GroupId, LeafNodeIndex>
        (GroupId, LeafNodeIndex) at OwnLeafIndex);
    method!(read own_leaf_index<GroupId, LeafNodeIndex>(GroupId) -> LeafNodeIndex at OwnLeafIndex);
    method!(delete delete_own_leaf_index<GroupId> at OwnLeafIndex);
    method!(write write_group_epoch_secrets<GroupId, GroupEpochSecrets>
        (GroupId, GroupEpochSecrets) at EpochSecrets);
    method!(read group_epoch_secrets<GroupId, GroupEpochSecrets>
        (GroupId) -> GroupEpochSecrets at EpochSecrets);
    method!(delete delete_group_epoch_secrets<GroupId> at EpochSecrets);
    method!(write write_application_export_tree<GroupId, ApplicationExportTree>
        (GroupId, ApplicationExportTree) at ApplicationExportTree);
    method!(read application_export_tree<GroupId, ApplicationExportTree>
        (GroupId) -> ApplicationExportTree at ApplicationExportTree);
    method!(delete delete_application_export_tree<GroupId, ApplicationExportTree>
        at ApplicationExportTree);
    method!(append append_own_leaf_node<GroupId, LeafNode> at OwnLeafNodes);
    method!(list own_leaf_nodes<GroupId, LeafNode> at OwnLeafNodes);
    method!(delete delete_own_leaf_nodes<GroupId> at OwnLeafNodes);

    // Keys that belong to no group, or not yet.
    method!(write write_signature_key_pair<SignaturePublicKey, SignatureKeyPair>
        (SignaturePublicKey, SignatureKeyPair) at SignatureKeyPair);
    method!(read signature_key_pair<SignaturePublicKey, SignatureKeyPair>
        (SignaturePublicKey) -> SignatureKeyPair at SignatureKeyPair);
    method!(delete delete_signature_key_pair<SignaturePublicKey> at SignatureKeyPair);
    method!(write write_encryption_key_pair<EncryptionKey, HpkeKeyPair>
        (EncryptionKey, HpkeKeyPair) at EncryptionKeyPair);
    method!(read encryption_key_pair<HpkeKeyPair, EncryptionKey>
        (EncryptionKey) -> HpkeKeyPair at EncryptionKeyPair);
    method!(delete delete_encryption_key_pair<EncryptionKey> at EncryptionKeyPair);
    method!(write write_key_package<HashReference, KeyPackage>
        (HashReference, KeyPackage) at KeyPackage);
    method!(read key_package<HashReference, KeyPackage>(HashReference) -> KeyPackage at KeyPackage);
    method!(delete delete_key_package<HashReference> at KeyPackage);
    method!(write write_psk<PskId, PskBundle>(PskId, PskBundle) at Psk);
    method!(read psk<PskBundle, PskId>(PskId) -> PskBundle at Psk);
    method!(delete delete_psk<PskId> at Psk);

    // The proposal queue: a list of references, and each proposal under the group and its own.

    fn queue_proposal<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        ProposalRef: traits::ProposalRef<CURRENT_VERSION>,
        QueuedProposal: traits::QueuedProposal<CURRENT_VERSION>,
    >(
        &self,
        group: &GroupId,
        reference: &ProposalRef,
        proposal: &QueuedProposal,
    ) -> Result<(), StoreError> {
        self.write(Kind::QueuedProposal, &(group, reference), proposal)?;
        self.append(Kind::ProposalQueue, group, reference)
    }

    method!(list queued_proposal_refs<GroupId, ProposalRef> at ProposalQueue);

    fn queued_proposals<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        ProposalRef: traits::ProposalRef<CURRENT_VERSION>,
        QueuedProposal: traits::QueuedProposal<CURRENT_VERSION>,
    >(
        &self,
        group: &GroupId,
    ) -> Result<Vec<(ProposalRef, QueuedProposal)>, StoreError> {
        let with_proposal = |reference: ProposalRef| {
            let proposal = self.read(Kind::QueuedProposal, &(group, &reference))?;
            Ok((reference, proposal.ok_or(StoreError::ProposalMissing)?))
        };
        self.list(Kind::ProposalQueue, group)?.into_iter().map(with_proposal).collect()
    }

    fn remove_proposal<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        ProposalRef: traits::ProposalRef<CURRENT_VERSION>,
    >(
        &self,
        group: &GroupId,
        reference: &ProposalRef,
    ) -> Result<(), StoreError> {
        self.delete(Kind::QueuedProposal, &(group, reference))?;
        self.remove_item(Kind::ProposalQueue, group, reference)
    }

    fn clear_proposal_queue<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        ProposalRef: traits::ProposalRef<CURRENT_VERSION>,
    >(
        &self,
        group: &GroupId,
    ) -> Result<(), StoreError> {
        for reference in self.list::<ProposalRef>(Kind::ProposalQueue, group)? {
            self.delete(Kind::QueuedProposal, &(group, reference))?;
        }
        self.delete(Kind::ProposalQueue, group)
    }

    // An epoch's keys, under the group, the epoch and the member's leaf.

    fn write_encryption_epoch_key_pairs<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        EpochKey: traits::EpochKey<CURRENT_VERSION>,
        HpkeKeyPair: traits::HpkeKeyPair<CURRENT_VERSION>,
    >(
        &self,
        group: &GroupId,
        epoch: &EpochKey,
        leaf: u32,
        pairs: &[HpkeKeyPair],
    ) -> Result<(), StoreError> {
        self.write(Kind::EpochKeyPairs, &(group, epoch, leaf), pairs)
    }

    fn encryption_epoch_key_pairs<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        EpochKey: traits::EpochKey<CURRENT_VERSION>,
        HpkeKeyPair: traits::HpkeKeyPair<CURRENT_VERSION>,
    >(
        &self,
        group: &GroupId,
        epoch: &EpochKey,
        leaf: u32,
    ) -> Result<Vec<HpkeKeyPair>, StoreError> {
        Ok(self.read(Kind::EpochKeyPairs, &(group, epoch, leaf))?.unwrap_or_default())
    }

    fn delete_encryption_epoch_key_pairs<
        GroupId: traits::GroupId<CURRENT_VERSION>,
        EpochKey: traits::EpochKey<CURRENT_VERSION>,
    >(
        &self,
        group: &GroupId,
        epoch: &EpochKey,
        leaf: u32,
    ) -> Result<(), StoreError> {
        self.delete(Kind::EpochKeyPairs, &(group, epoch, leaf))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_leaves_its_list_and_the_others_stay_in_order() {
        let storage = NodeStorage::default();
        let items = [vec![1_u8, 200], vec![], vec![3]];
        let list = || storage.list::<Vec<u8>>(Kind::ProposalQueue, &"group").unwrap();
        assert!(list().is_empty());
        for item in &items {
            storage.append(Kind::ProposalQueue, &"group", item).unwrap();
        }
        assert_eq!(list(), items);
        storage.remove_item(Kind::ProposalQueue, &"group", &items[1]).unwrap();
        assert_eq!(list(), [vec![1, 200], vec![3]]);
    }

    #[test]
    fn kinds_and_keys_stand_apart_and_a_copy_stays_as_it_was() {
        let storage = NodeStorage::default();
        storage.write(Kind::Tree, &"one", &1_u8).unwrap();
        storage.write(Kind::Psk, &"one", &2_u8).unwrap();
        let copy = storage.copy();
        storage.delete(Kind::Tree, &"one").unwrap();
        assert_eq!(storage.read::<u8>(Kind::Tree, &"one").unwrap(), None);
        assert_eq!(storage.read::<u8>(Kind::Psk, &"one").unwrap(), Some(2));
        storage.extend(&copy);
        assert_eq!(storage.read::<u8>(Kind::Tree, &"one").unwrap(), Some(1));
        assert!(storage.read::<String>(Kind::Tree, &"one").is_err());
    }
}
