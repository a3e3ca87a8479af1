//! The signature on requests for key material (P06 §5.2, R4).

use super::key_package::required_capabilities;
use super::{Identity, Library, SUITE_NUMBER, sign_with_label, verify_with_label};
use crate::mimi::rules::Actor;
use crate::mimi::uri::{RoomUri, UserUri};
use crate::mimi::wire::KeyMaterialRequest;

const LABEL: &str = "KeyMaterialRequestTBS";

/// A signed request by this client for KeyPackages of `target`, for use in `room`.
pub fn sign_key_material(
    identity: &Identity,
    actor: &Actor,
    target: &UserUri,
    room: &RoomUri,
) -> KeyMaterialRequest {
    let mut request = KeyMaterialRequest {
        requesting_user: actor.user.clone(),
        target_user: target.clone(),
        room: room.clone(),
        cipher_suites: vec![SUITE_NUMBER],
        required: required_capabilities(),
        requester_key: identity.public_key(),
        requester_credential: identity.wire_credential(),
        signature: Vec::new(),
    };
    request.signature = sign_with_label(identity, LABEL, &request.to_be_signed());
    request
}

/// Whether the holder of the requester's key signed this.
pub fn verify_key_material(library: &Library, request: &KeyMaterialRequest) -> bool {
    let text = request.to_be_signed();
    verify_with_label(library, &request.requester_key, LABEL, &text, &request.signature)
}
