//! The `groupInfo` exchange: a signed request with a key, an answer sealed to that key and signed
//! by the hub (P06 §5.6, R29, R30).
//!
//! The answer names the key that it is signed by, which by itself shows nothing: anybody can sign
//! by a key of its own. Whether the key is the hub's ([`judge_hub`]), the group says: its external
//! senders begin with the hub (P06 §7.4), in a GroupContext that a member has signed, and nobody
//! changes that entry. Who was in the room before knows the entry.
//!
//! Not here: whether a whole group was made up, members and all (A7). Against that only
//! credentials help that somebody certifies, and here nobody does ([`super::identity`]). Asking
//! the own provider for the hub's key would not: it is the one who could have made up the group.

use openmls_traits::OpenMlsProvider as _;
use openmls_traits::crypto::OpenMlsCrypto as _;
use openmls_traits::random::OpenMlsRand as _;

use super::facts::{context_in, hub_entry};
use super::label::{decrypt_with_label, encrypt_with_label};
use super::{
    Identity, Library, MlsError, MlsFraming, SUITE, SUITE_NUMBER, sign_with_label,
    verify_with_label,
};
use crate::mimi::uri::RoomUri;
use crate::mimi::wire::{
    GroupInfoRatchetTree, GroupInfoRequest, GroupInfoResponse, HpkeCiphertext,
};

const REQUEST: &str = "GroupInfoRequestTBS";
const RESPONSE: &str = "GroupInfoResponseTBS";
const SEALED: &str = "GroupInfo and ratchet_tree encryption";

/// The key that a request asks the answer to be sealed to.
#[derive(Clone)]
pub struct RequestKey {
    secret: Vec<u8>,
}

/// What was in a sealed answer.
pub type OpenedGroupInfo = GroupInfoRatchetTree;

impl GroupInfoRequest {
    /// A signed request by this client, with a join code if it has one, and the key that opens the
    /// answer.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn signed(
        library: &Library,
        identity: &Identity,
        joining_code: Option<&[u8]>,
    ) -> Result<(Self, RequestKey), MlsError> {
        let seed: [u8; 32] = library.provider.rand().random_array().map_err(MlsError::refused)?;
        let pair = library
            .meter
            .measure(|| library.provider.crypto().derive_hpke_keypair(SUITE.hpke_config(), &seed))
            .map_err(MlsError::refused)?;
        let mut request = Self {
            cipher_suite: SUITE_NUMBER,
            requester_key: identity.public_key(),
            requester_credential: identity.wire_credential(),
            hpke_public_key: pair.public,
            joining_code: joining_code.map(<[u8]>::to_vec),
            signature: Vec::new(),
        };
        request.signature = sign_with_label(identity, REQUEST, &request.to_be_signed());
        Ok((request, RequestKey { secret: pair.private.to_vec() }))
    }

    /// Whether the holder of the requester's key signed this.
    pub fn is_signed(&self, library: &Library) -> bool {
        let text = self.to_be_signed();
        verify_with_label(library, &self.requester_key, REQUEST, &text, &self.signature)
    }
}

/// A hub's answer to a request that it grants.
///
/// # Errors
/// When the request's key is not one.
pub fn seal_group_info(
    library: &Library,
    hub: &Identity,
    room: &RoomUri,
    request: &GroupInfoRequest,
    content: &GroupInfoRatchetTree,
) -> Result<GroupInfoResponse, MlsError> {
    let context = room.to_string();
    let ciphertext = encrypt_with_label(
        library,
        &request.hpke_public_key,
        SEALED,
        context.as_bytes(),
        &content.encode(),
    )?;
    let mut response = GroupInfoResponse::Success {
        room: room.clone(),
        cipher_suite: SUITE_NUMBER,
        hub_sender: hub.external_sender(),
        ciphertext,
        signature: Vec::new(),
    };
    let text = response.to_be_signed().unwrap_or_default();
    if let GroupInfoResponse::Success { signature, .. } = &mut response {
        *signature = sign_with_label(hub, RESPONSE, &text);
    }
    Ok(response)
}

/// Opens an answer, and checks that it is signed by the key that it names; whose key that is, is
/// for [`judge_hub`].
///
/// # Errors
/// When the answer is a refusal, is for another room, is not signed, or is sealed to another key.
pub fn open_group_info(
    library: &Library,
    room: &RoomUri,
    key: &RequestKey,
    response: &GroupInfoResponse,
) -> Result<OpenedGroupInfo, MlsError> {
    let GroupInfoResponse::Success { room: named, hub_sender, ciphertext, signature, .. } =
        response
    else {
        return Err(MlsError::Refused(format!("the hub answered {}", response.code_name())));
    };
    let text = response.to_be_signed().unwrap_or_default();
    if named != room || !verify_with_label(library, &hub_sender.key, RESPONSE, &text, signature) {
        return Err(MlsError::Refused("the answer is not signed for this room".to_owned()));
    }
    let sealed: &HpkeCiphertext = ciphertext;
    let context = room.to_string();
    let opened = decrypt_with_label(library, &key.secret, SEALED, context.as_bytes(), sealed)?;
    GroupInfoRatchetTree::decode(&opened, &MlsFraming).map_err(MlsError::refused)
}

/// Whether an answer comes from the room's hub: its key is that of the first external sender in the
/// GroupInfo itself, which bears the name of the hub, and is the one that was `known` before, as
/// [`Member::hub`] gave it.
///
/// # Errors
/// In words, whose key it is not.
pub fn judge_hub(
    room: &RoomUri,
    response: &GroupInfoResponse,
    opened: &OpenedGroupInfo,
    known: Option<&[u8]>,
) -> Result<(), String> {
    let GroupInfoResponse::Success { hub_sender, .. } = response else { return Ok(()) };
    let context = context_in(&opened.group_info).map_err(|error| error.to_string())?;
    let (entry, server) = hub_entry(&context).ok_or("the group has no server for its hub")?;
    if server != *room.provider() {
        return Err(format!("the group's first external sender is {server}"));
    }
    if entry != hub_sender.encode() {
        return Err("it is signed by another key than that of the room's hub".to_owned());
    }
    match known {
        Some(known) if known != entry => {
            Err("the room's hub has another key than it used to have".to_owned())
        }
        _ => Ok(()),
    }
}
