//! How clients and providers can notice that a room's hub does not show everybody the same room.
//!
//! A fork shares nothing with the room after the point where it forks, so a hub that keeps the
//! sides apart gives nobody a reason to complain (RFC 9750 §5.2; study §4.1). What helps is to
//! compare over another way than the hub's, or to have the hub put its word in writing. A
//! [`Detector`] is one such way. Each has somebody say what it takes the room to be (a [`Claim`]);
//! whoever hears it holds it against its own [`Memory`] of the room, and raises an alarm where the
//! two can't both be true.
//!
//! All of them are off unless a scenario names them: the drafts have none. Not here: how claims
//! travel (`client`, `provider`), and what users make of an alarm.

mod beats;
mod claim;
mod memory;
mod peers;
mod receipt;

pub use beats::Beats;
pub use claim::{CLAIM_TYPE, Claim, Claims};
pub use memory::{Alarm, Memory, Seen, Speaker};
pub use peers::Peers;
pub use receipt::{RECEIPT, Receipt, ReceiptRequest, ReceiptResponse};

use std::collections::BTreeSet;

use super::rules::UnknownId;

/// A way to notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Detector {
    /// Users compare epoch authenticators.
    Authenticators = 0,
    /// Committers say in the old epoch which commit ends it.
    Announcements = 1,
    /// The hub signs which commit led to an epoch.
    Receipts = 2,
    /// Providers tell each other which commits came.
    Exchange = 3,
    /// Clients speak of a room in another one.
    Gossip = 4,
    /// Members say again and again that they are there, and how much they have said.
    Heartbeats = 5,
}

/// A value of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct DetectorInfo {
    /// The detector.
    pub detector: Detector,
    /// What scenarios call it.
    pub id: &'static str,
    /// What is done, in one line.
    pub meaning: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// What it does not notice.
    pub blind_to: &'static str,
}

/// The catalogue, in the order of [`Detector`].
pub static DETECTORS: &[DetectorInfo] = &[
    DetectorInfo {
        detector: Detector::Authenticators,
        id: "authenticators",
        meaning: "users compare their clients' epoch authenticators, one other member at a time, \
                  where no provider can interfere",
        source: "RFC 9420 §8.7; RFC 9750 §5.2; study §4.1",
        blind_to: "members that never meet; an epoch that only one of the two was in",
    },
    DetectorInfo {
        detector: Detector::Announcements,
        id: "announcements",
        meaning: "who commits tells in a message of the old epoch which commit ends it, so that \
                  those on the other side of a fork can read it",
        source: "OpenMLS book, fork-resolution; study §4.1",
        blind_to: "a hub that drops the message as well; commits that take in waiting proposals, \
                   since nothing may be sent before those are committed (RFC 9420 §12.4)",
    },
    DetectorInfo {
        detector: Detector::Receipts,
        id: "receipts",
        meaning: "clients have the hub sign which commit led to their epoch, and ask again as time \
                  goes by; two receipts for one epoch are proof",
        source: "study §4.1; P06 signs franks and GroupInfos only",
        blind_to: "a hub that signs a different receipt for each side, unless another detector \
                   brings the two together",
    },
    DetectorInfo {
        detector: Detector::Exchange,
        id: "exchange",
        meaning: "the providers of a room's participants tell each other which commit led to which \
                  epoch, without the hub",
        source: "study §4.1",
        blind_to: "forks between clients of one provider; rooms of the hub and one follower, where \
                   the liar is all that there is to ask",
    },
    DetectorInfo {
        detector: Detector::Gossip,
        id: "gossip",
        meaning: "clients tell in another room that they share what epoch and state a room is in",
        source: "study §4.1 (MINGLE)",
        blind_to: "members that share one room only; a hub of all the rooms that they share",
    },
    DetectorInfo {
        detector: Detector::Heartbeats,
        id: "heartbeats",
        meaning: "members say regularly that they are there and how many messages they have sent; \
                  silence and gaps raise suspicion",
        source: "draft-ietf-mls-extensions, AppAck; study §4.1",
        blind_to: "what is as silent anyhow: a member that is away for long looks like a fork",
    },
];

impl Detector {
    /// What the catalogue says of it.
    pub fn info(self) -> &'static DetectorInfo {
        // The catalogue is in the order of the numbers, which a test checks.
        &DETECTORS[self as usize]
    }

    /// Its name in scenarios and traces.
    pub fn id(self) -> &'static str {
        self.info().id
    }
}

/// The detectors that are on, and how often they work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watching {
    on: BTreeSet<Detector>,
    /// Milliseconds from one round to the next.
    pub every_ms: u64,
    /// How many rounds a member may be silent, or a message missing, before that is suspicious.
    pub patience: u64,
}

impl Watching {
    /// Those with these ids; a round every so many milliseconds, and milliseconds of patience.
    ///
    /// # Errors
    /// When one is in no catalogue.
    pub fn of(ids: &[String], every_ms: u64, patience_ms: u64) -> Result<Self, UnknownId> {
        let find = |id: &String| {
            let found = DETECTORS.iter().find(|info| info.id == *id);
            found.map(|info| info.detector).ok_or_else(|| UnknownId {
                kind: "detector",
                id: id.clone(),
                known: DETECTORS.iter().map(|info| info.id).collect(),
            })
        };
        let on = ids.iter().map(find).collect::<Result<_, _>>()?;
        let every_ms = every_ms.max(1);
        Ok(Self { on, every_ms, patience: patience_ms.div_ceil(every_ms).max(1) })
    }

    /// Whether this one is on.
    pub fn has(&self, detector: Detector) -> bool {
        self.on.contains(&detector)
    }

    /// Whether any is.
    pub fn is_on(&self) -> bool {
        !self.on.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_detector_is_in_the_catalogue_once_in_order_and_found_by_its_id() {
        let ids: Vec<_> = DETECTORS.iter().map(|info| info.id.to_owned()).collect();
        let all = Watching::of(&ids, 5_000, 30_000).unwrap();
        assert_eq!((all.on.len(), all.patience), (DETECTORS.len(), 6));
        for (place, info) in DETECTORS.iter().enumerate() {
            assert_eq!(info.detector as usize, place, "{}", info.id);
            assert!(all.has(info.detector));
        }
        assert!(!Watching::default().is_on());
    }

    #[test]
    fn an_unknown_detector_is_an_error() {
        let unknown = Watching::of(&["rumours".to_owned()], 1, 1).unwrap_err().to_string();
        assert!(unknown.starts_with("`rumours` is no detector: expected one of auth"), "{unknown}");
    }
}
