//! What a client leaves with its provider, so that others can add it while it is away.
//!
//! Not here: when it is published, and again once some are used up or all are over (the client's
//! own loop).

use super::Client;
use crate::mimi::local::PublishKeyPackages;
use crate::mls::KeyPackageKind;

/// The KeyPackages that a client leaves with its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stock {
    /// How many. Each that is used up is replaced.
    pub count: usize,
    /// How long they are good, in milliseconds; then others take their place. For ever where none
    /// is given.
    pub lifetime_ms: Option<u64>,
    /// One more, which may be handed out again and again.
    pub last_resort: bool,
    /// The client supports what RFC 9420 has, and nothing that rooms require beyond.
    pub plain: bool,
}

impl Client {
    /// A whole stock of KeyPackages, which ends together.
    pub(super) fn prepare_stock(&mut self) {
        let Stock { count, lifetime_ms, last_resort, .. } = self.setup.key_packages;
        self.stock_ends_ms = lifetime_ms.map(|lifetime| self.now().saturating_add(lifetime));
        self.prepare_key_packages(count, last_resort);
    }

    pub(super) fn prepare_key_packages(&mut self, count: usize, with_last_resort: bool) {
        let (library, identity) = (&self.kit.library, &self.kit.identity);
        let (not_after_ms, plain) = (self.stock_ends_ms, self.setup.key_packages.plain);
        let kind = KeyPackageKind { last_resort: false, not_after_ms, plain };
        let last = KeyPackageKind { last_resort: true, ..kind };
        let made = library.new_key_packages(identity, count, kind);
        let last = library.new_key_packages(identity, usize::from(with_last_resort), last);
        // The library refuses only what is not of its cipher suite, and the identity is.
        if let (Ok(mut key_packages), Ok(last)) = (made, last) {
            key_packages.extend(last);
            self.publishing = Some(PublishKeyPackages { key_packages }.encode().into());
            self.publish_attempt = 0;
        }
    }
}
