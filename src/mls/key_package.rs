//! KeyPackages: what one promises, and what a room requires of it.

use openmls::prelude::{
    Capabilities, Extension, ExtensionType, Extensions, KeyPackageIn, Lifetime, ProposalType,
    ProtocolVersion, RequiredCapabilitiesExtension, UnknownExtension,
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

/// The extension of a KeyPackage that says when it expires: milliseconds since the UNIX epoch. Of
/// the registry's private range.
const NOT_AFTER: u16 = 0xf0a7;

/// For ever: the library measures lifetimes with the wall clock, so leaves carry one that no clock
/// ends (study/openmls.md §1). A KeyPackage that expires says so in an extension of its own, which
/// providers and clients hold against the clock that they are given.
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

/// How KeyPackages are made. The default is what every room accepts, with no end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyPackageKind {
    /// It may be handed out again where no other is left
    /// (draft-ietf-mls-extensions, "Last-Resort KeyPackages").
    pub last_resort: bool,
    /// When it expires: milliseconds since the UNIX epoch.
    pub not_after_ms: Option<u64>,
    /// Its client supports what RFC 9420 has, and nothing that rooms require beyond.
    pub plain: bool,
}

impl KeyPackageKind {
    fn capabilities(self) -> Capabilities {
        // RFC 9420 §10.1: what a KeyPackage carries, its leaf must support.
        let own = [
            self.last_resort.then_some(ExtensionType::LastResort),
            self.not_after_ms.map(|_| ExtensionType::Unknown(NOT_AFTER)),
        ];
        let own: Vec<_> = own.into_iter().flatten().collect();
        if self.plain {
            return Capabilities::new(None, Some(&[SUITE]), Some(&own), None, None);
        }
        let extensions = [&EXTENSIONS[..], &own].concat();
        Capabilities::new(None, Some(&[SUITE]), Some(&extensions), Some(&PROPOSALS), None)
    }

    fn extensions(self) -> Result<Extensions<openmls::prelude::KeyPackage>, MlsError> {
        let not_after = |at: u64| UnknownExtension(at.to_be_bytes().to_vec());
        let not_after = self.not_after_ms.map(not_after);
        let extension = not_after.map(|it| Extension::Unknown(NOT_AFTER, it));
        Extensions::from_vec(extension.into_iter().collect()).map_err(MlsError::refused)
    }
}

impl Library {
    /// Makes `count` KeyPackages, whose private keys stay in storage until a Welcome uses them (and
    /// on, for a last resort).
    ///
    /// # Errors
    /// When the library refuses.
    pub fn new_key_packages(
        &self,
        identity: &Identity,
        count: usize,
        kind: KeyPackageKind,
    ) -> Result<Vec<Vec<u8>>, MlsError> {
        self.touched();
        self.meter.measure(|| (0..count).map(|_| self.new_key_package(identity, kind)).collect())
    }

    fn new_key_package(
        &self,
        identity: &Identity,
        kind: KeyPackageKind,
    ) -> Result<Vec<u8>, MlsError> {
        let mut builder = openmls::prelude::KeyPackage::builder()
            .leaf_node_capabilities(kind.capabilities())
            .key_package_extensions(kind.extensions()?)
            .key_package_lifetime(lifetime());
        if kind.last_resort {
            builder = builder.mark_as_last_resort();
        }
        let bundle = builder
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

/// What a valid KeyPackage says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPackageFacts {
    /// Whose it is.
    pub owner: Actor,
    /// Its cipher suite's number.
    pub suite: u16,
    /// What its client supports.
    pub capabilities: wire::Capabilities,
    /// Whether it may be handed out again where no other is left.
    pub last_resort: bool,
    /// When it expires, if ever: milliseconds since the UNIX epoch.
    pub not_after_ms: Option<u64>,
}

impl KeyPackageFacts {
    /// Whether it can be used with one of `suites` where `required` is.
    pub fn fits(&self, suites: &[u16], required: &wire::RequiredCapabilities) -> bool {
        let can = &self.capabilities;
        suites.contains(&self.suite)
            && required.extensions.iter().all(|kind| can.extensions.contains(kind))
            && required.proposals.iter().all(|kind| can.proposals.contains(kind))
            && required.credentials.iter().all(|kind| can.credentials.contains(kind))
    }

    /// Whether it can be used in the rooms of the testbed.
    pub fn is_for_rooms(&self) -> bool {
        self.fits(&[super::SUITE_NUMBER], &required_capabilities())
    }

    /// Whether it is over at `now_ms`.
    pub fn has_expired(&self, now_ms: u64) -> bool {
        self.not_after_ms.is_some_and(|end| end < now_ms)
    }
}

/// Reads a KeyPackage.
///
/// # Errors
/// When it is malformed, its signature is wrong, or its credential names nobody.
pub fn key_package_facts(library: &Library, bytes: &[u8]) -> Result<KeyPackageFacts, MlsError> {
    let package = library.meter.measure(|| library.read_key_package(bytes))?;
    let leaf = package.leaf_node();
    let owner = read_credential(leaf.credential())
        .ok_or(MlsError::Malformed("credential of a MIMI client"))?;
    let not_after = package.extensions().iter().find_map(|extension| match extension {
        Extension::Unknown(NOT_AFTER, UnknownExtension(at)) => Some(at.as_slice().try_into()),
        _ => None,
    });
    let not_after = not_after
        .transpose()
        .map_err(|_: std::array::TryFromSliceError| MlsError::Malformed("KeyPackage's end"))?;
    Ok(KeyPackageFacts {
        owner,
        suite: package.ciphersuite().into(),
        capabilities: told(leaf.capabilities()),
        last_resort: package.last_resort(),
        not_after_ms: not_after.map(u64::from_be_bytes),
    })
}

fn number(version: &ProtocolVersion) -> u16 {
    match version {
        ProtocolVersion::Mls10 => 1,
        ProtocolVersion::Other(number) => *number,
    }
}

fn told(capabilities: &Capabilities) -> wire::Capabilities {
    wire::Capabilities {
        versions: capabilities.versions().iter().map(number).collect(),
        cipher_suites: capabilities.ciphersuites().iter().map(|it| (*it).value()).collect(),
        extensions: capabilities.extensions().iter().map(|it| u16::from(*it)).collect(),
        proposals: capabilities.proposals().iter().map(|it| u16::from(*it)).collect(),
        credentials: capabilities.credentials().iter().map(|it| u16::from(*it)).collect(),
    }
}

/// The KeyPackageRef (RFC 9420 §5.2).
///
/// # Errors
/// When the bytes are not a KeyPackage.
pub fn key_package_reference(bytes: &[u8]) -> Result<Vec<u8>, MlsError> {
    exactly::<KeyPackageIn>(bytes, "KeyPackage")?;
    Ok(Sha256::digest(labelled("KeyPackage Reference", bytes)).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mimi::uri::{ClientUri, UserUri};
    use crate::mls::{Meter, SUITE_NUMBER};

    fn facts(kind: KeyPackageKind) -> KeyPackageFacts {
        let client = ClientUri::parse("mimi://b.example/d/B1").unwrap();
        let user = UserUri::parse("mimi://b.example/u/bob").unwrap();
        let actor = Actor { client, user };
        let library = Library::new([1; 32], Meter::off());
        let made = library.new_key_packages(&Identity::client(&actor, [1; 32]), 1, kind).unwrap();
        let facts = key_package_facts(&library, &made[0]).unwrap();
        assert_eq!(facts.owner, actor);
        facts
    }

    #[test]
    fn an_ordinary_key_package_fits_every_room_and_never_ends() {
        let facts = facts(KeyPackageKind::default());
        assert!(facts.fits(&[7, SUITE_NUMBER], &required_capabilities()));
        assert!(!facts.fits(&[7], &required_capabilities()), "of another cipher suite");
        assert!(!facts.last_resort && !facts.has_expired(u64::MAX));
        let mut required = required_capabilities();
        required.credentials.push(2);
        assert!(!facts.fits(&[SUITE_NUMBER], &required), "x509 is not supported");
    }

    #[test]
    fn a_last_resort_says_so_and_an_end_is_read_back() {
        let kind = KeyPackageKind { last_resort: true, not_after_ms: Some(500), plain: false };
        let facts = facts(kind);
        assert!(facts.last_resort);
        assert!(!facts.has_expired(500) && facts.has_expired(501));
        assert!(facts.fits(&[SUITE_NUMBER], &required_capabilities()));
    }

    #[test]
    fn a_plain_client_does_not_support_what_rooms_require() {
        let facts = facts(KeyPackageKind { plain: true, ..KeyPackageKind::default() });
        assert!(!facts.fits(&[SUITE_NUMBER], &required_capabilities()));
        assert!(facts.fits(&[SUITE_NUMBER], &wire::RequiredCapabilities::default()));
        assert_eq!(facts.capabilities.cipher_suites, [SUITE_NUMBER]);
    }
}
