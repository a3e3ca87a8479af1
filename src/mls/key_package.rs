//! KeyPackages: what one promises, and what a room requires of it.

use openmls::prelude::{
    Capabilities, Ciphersuite, ExtensionType, KeyPackageIn, Lifetime, ProposalType,
    ProtocolVersion, RequiredCapabilitiesExtension,
};
use openmls_traits::OpenMlsProvider as _;
use sha2::{Digest as _, Sha256};
use tls_codec::Serialize as _;

use super::framing::exactly;
use super::identity::read_credential;
use super::label::labelled;
use super::{Identity, Library, MlsError, SUITE};
use crate::mimi::rules::Actor;
use crate::mimi::wire;

const EXTENSIONS: [ExtensionType; 1] = [ExtensionType::AppDataDictionary];
const PROPOSALS: [ProposalType; 2] = [ProposalType::AppDataUpdate, ProposalType::SelfRemove];

pub(super) fn capabilities() -> Capabilities {
    Capabilities::new(None, Some(&[SUITE]), Some(&EXTENSIONS), Some(&PROPOSALS), None)
}

pub(super) fn required() -> RequiredCapabilitiesExtension {
    RequiredCapabilitiesExtension::new(&EXTENSIONS, &PROPOSALS, &[])
}

/// For ever: the library measures lifetimes with the wall clock, so leaves carry one that no clock
/// ends (study/openmls.md §1). Expiry in simulated time is the KeyPackage service's business.
pub(super) fn lifetime() -> Lifetime {
    Lifetime::init(0, u64::MAX)
}

/// What every room of the testbed requires of a client, as it stands in a `KeyMaterialRequest`.
pub fn required_capabilities() -> wire::RequiredCapabilities {
    wire::RequiredCapabilities {
        extensions: EXTENSIONS.iter().map(|kind| u16::from(*kind)).collect(),
        proposals: PROPOSALS.iter().map(|kind| u16::from(*kind)).collect(),
        credentials: Vec::new(),
    }
}

impl Library {
    /// Makes `count` KeyPackages, whose private keys stay in storage until a Welcome uses them.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn new_key_packages(
        &self,
        identity: &Identity,
        count: usize,
    ) -> Result<Vec<Vec<u8>>, MlsError> {
        self.touched();
        self.meter.measure(|| (0..count).map(|_| self.new_key_package(identity)).collect())
    }

    fn new_key_package(&self, identity: &Identity) -> Result<Vec<u8>, MlsError> {
        let bundle = openmls::prelude::KeyPackage::builder()
            .leaf_node_capabilities(capabilities())
            .key_package_lifetime(lifetime())
            .build(SUITE, &self.provider, identity, identity.with_key())
            .map_err(MlsError::refused)?;
        bundle.key_package().tls_serialize_detached().map_err(MlsError::refused)
    }

    pub(super) fn read_key_package(
        &self,
        bytes: &[u8],
    ) -> Result<openmls::prelude::KeyPackage, MlsError> {
        exactly::<KeyPackageIn>(bytes, "KeyPackage")?
            .validate(self.provider.crypto(), ProtocolVersion::Mls10)
            .map_err(MlsError::refused)
    }
}

/// A valid KeyPackage's owner, and whether it can be used with one of `suites` where `required` is.
///
/// # Errors
/// When it is malformed, its signature is wrong, or its credential names nobody.
pub fn key_package_facts(
    library: &Library,
    bytes: &[u8],
    suites: &[u16],
    required: &wire::RequiredCapabilities,
) -> Result<(Actor, bool), MlsError> {
    let package = library.meter.measure(|| library.read_key_package(bytes))?;
    let owner = read_credential(package.leaf_node().credential())
        .ok_or(MlsError::Malformed("credential of a MIMI client"))?;
    let can = package.leaf_node().capabilities();
    let fits =
        suites.iter().any(|suite| Ciphersuite::try_from(*suite) == Ok(package.ciphersuite()))
            && required.extensions.iter().all(|kind| can.extensions().contains(&(*kind).into()))
            && required.proposals.iter().all(|kind| can.proposals().contains(&(*kind).into()));
    Ok((owner, fits))
}

/// The KeyPackageRef (RFC 9420 §5.2).
///
/// # Errors
/// When the bytes are not a KeyPackage.
pub fn key_package_reference(bytes: &[u8]) -> Result<Vec<u8>, MlsError> {
    exactly::<KeyPackageIn>(bytes, "KeyPackage")?;
    Ok(Sha256::digest(labelled("KeyPackage Reference", bytes)).to_vec())
}
