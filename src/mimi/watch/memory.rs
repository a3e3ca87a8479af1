//! What one party takes a room to have been, epoch by epoch, and what others said of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use super::{Claim, Detector, Receipt};
use crate::mimi::uri::{ClientUri, ProviderName};

/// How many epochs are remembered: what is older can't be compared any more.
const MOST_EPOCHS: usize = 64;

/// How many claims about epochs to come are kept.
const MOST_HEARD: usize = 64;

/// Who says something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Speaker {
    /// A client, as the MLS leaf or the user in person says.
    Client(ClientUri),
    /// A provider.
    Provider(ProviderName),
}

impl fmt::Display for Speaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(client) => f.write_str(client.name()),
            Self::Provider(provider) => write!(f, "{provider}"),
        }
    }
}

/// What a room was in one epoch, as far as whoever remembers it could tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// SHA-256 of the commit that led there.
    pub commit: Option<[u8; 32]>,
    /// SHA-256 of the epoch authenticator.
    pub state: Option<[u8; 32]>,
    /// The hub's word for the commit.
    pub receipt: Option<Receipt>,
}

/// Something that can't be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// What raises it.
    pub detector: Detector,
    /// The epoch that it is about.
    pub epoch: u64,
    /// In words: who says what against what.
    pub why: String,
    /// Whether two receipts show that the hub gave its word for both.
    pub proven: bool,
}

/// See the top of this file.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    own: BTreeMap<u64, Seen>,
    heard: VecDeque<(Speaker, Claim)>,
    raised: BTreeSet<Detector>,
}

impl Memory {
    /// Whoever remembers is now in this epoch. What it was told of it before is compared.
    pub fn enter(&mut self, epoch: u64, seen: Seen) -> Vec<Alarm> {
        // Who comes back in anew may find the room at an epoch that it took for its past.
        self.own.retain(|past, _| *past < epoch);
        self.own.insert(epoch, seen);
        while self.own.len() > MOST_EPOCHS {
            self.own.pop_first();
        }
        let (now, later): (VecDeque<_>, _) =
            self.heard.drain(..).partition(|(_, claim)| claim.epoch <= epoch);
        self.heard = later;
        now.into_iter().filter_map(|(speaker, claim)| self.hear(&speaker, claim)).collect()
    }

    /// The same for whoever only looks on, and may be told of epochs out of order.
    pub fn note(&mut self, epoch: u64, seen: Seen) -> Vec<Alarm> {
        if self.own.last_key_value().is_none_or(|(newest, _)| *newest < epoch) {
            return self.enter(epoch, seen);
        }
        let commit = seen.commit;
        let known = self.own.entry(epoch).or_insert(seen).commit;
        if known.is_none() || commit.is_none() || known == commit {
            return Vec::new();
        }
        let why = "the hub sent two commits that lead there".to_owned();
        let detector = Detector::Exchange;
        self.raise(Alarm { detector, epoch, why, proven: false }).into_iter().collect()
    }

    /// The newest epoch and what it was.
    pub fn newest(&self) -> Option<(u64, &Seen)> {
        self.own.last_key_value().map(|(epoch, seen)| (*epoch, seen))
    }

    /// The newest epochs, at most so many, the oldest first.
    pub fn latest(&self, most: usize) -> impl Iterator<Item = (u64, &Seen)> {
        let skipped = self.own.len().saturating_sub(most);
        self.own.iter().skip(skipped).map(|(epoch, seen)| (*epoch, seen))
    }

    /// The hub gave its word for the commit that led to an epoch: to be shown to others.
    pub fn keep_receipt(&mut self, receipt: Receipt) {
        if let Some(seen) = self.own.get_mut(&receipt.epoch) {
            seen.receipt = Some(receipt);
        }
    }

    /// Somebody says what it takes the room to be; a receipt in it has to be genuine. About an
    /// epoch to come the claim is kept until then; about one that was not seen there is nothing to
    /// say. A detector raises its alarm once.
    pub fn hear(&mut self, speaker: &Speaker, claim: Claim) -> Option<Alarm> {
        let Some(own) = self.own.get(&claim.epoch) else {
            if self.own.last_key_value().is_none_or(|(newest, _)| *newest < claim.epoch) {
                self.heard.push_back((speaker.clone(), claim));
                if self.heard.len() > MOST_HEARD {
                    self.heard.pop_front();
                }
            }
            return None;
        };
        let differ = |one: Option<[u8; 32]>, other: Option<[u8; 32]>| {
            one.zip(other).filter(|(one, other)| one != other)
        };
        let short = |hash: [u8; 32]| hex::encode(&hash[..4]);
        let why = if let Some((here, there)) = differ(own.state, claim.state) {
            let (here, there) = (short(here), short(there));
            format!("the authenticator here is {here}, and that of {speaker} is {there}")
        } else if let Some((here, there)) = differ(own.commit, claim.commit) {
            let (here, there) = (short(here), short(there));
            format!("commit {here} led here, and by {speaker} it was commit {there}")
        } else {
            return None;
        };
        let receipts = own.receipt.as_ref().zip(claim.receipt.as_ref());
        let proven = receipts.is_some_and(|(one, other)| {
            one.room == other.room && one.epoch == other.epoch && one.commit != other.commit
        });
        let epoch = claim.epoch;
        self.raise(Alarm { detector: claim.detector, epoch, why, proven })
    }

    /// Gives the alarm back where its detector has raised none before.
    pub fn raise(&mut self, alarm: Alarm) -> Option<Alarm> {
        self.raised.insert(alarm.detector).then_some(alarm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mimi::uri::RoomUri;

    fn room() -> RoomUri {
        RoomUri::parse("mimi://a.example/r/clubhouse").unwrap()
    }

    fn bob() -> Speaker {
        Speaker::Client(ClientUri::parse("mimi://b.example/d/B1").unwrap())
    }

    fn seen(commit: u8, state: u8) -> Seen {
        Seen { commit: Some([commit; 32]), state: Some([state; 32]), receipt: None }
    }

    fn claim(epoch: u64, commit: u8, state: u8) -> Claim {
        let Seen { commit, state, .. } = seen(commit, state);
        let detector = Detector::Authenticators;
        Claim { detector, room: room(), epoch, commit, state, sent: 0, receipt: None }
    }

    fn at(epoch: u64) -> Memory {
        let mut memory = Memory::default();
        for epoch in 1..=epoch {
            assert_eq!(memory.enter(epoch, seen(epoch as u8, epoch as u8)), []);
        }
        memory
    }

    #[test]
    fn who_says_the_same_of_any_epoch_raises_no_alarm() {
        let mut memory = at(3);
        for epoch in 0..=4 {
            assert_eq!(memory.hear(&bob(), claim(epoch, epoch as u8, epoch as u8)), None);
        }
        assert_eq!(memory.enter(4, seen(4, 4)), []);
    }

    #[test]
    fn another_commit_or_another_state_of_the_same_epoch_raises_an_alarm_once() {
        let mut memory = at(3);
        let alarm = memory.hear(&bob(), claim(2, 9, 2)).unwrap();
        assert_eq!(alarm.why, "commit 02020202 led here, and by B1 it was commit 09090909");
        assert_eq!((alarm.epoch, alarm.proven), (2, false));
        assert_eq!(memory.hear(&bob(), claim(3, 9, 9)), None);
        let alarm = at(3).hear(&bob(), claim(3, 3, 9)).unwrap();
        assert_eq!(alarm.why, "the authenticator here is 03030303, and that of B1 is 09090909");
    }

    #[test]
    fn what_is_said_of_an_epoch_to_come_is_compared_when_it_has_come() {
        let mut memory = at(1);
        assert_eq!(memory.hear(&bob(), claim(3, 9, 9)), None);
        assert_eq!(memory.enter(2, seen(2, 2)), []);
        assert_eq!(memory.enter(3, seen(3, 3)).len(), 1);
    }

    #[test]
    fn who_comes_back_at_an_earlier_epoch_forgets_what_it_took_for_later_ones() {
        let mut memory = at(3);
        memory.enter(2, seen(8, 8));
        assert_eq!(memory.hear(&bob(), claim(2, 8, 8)), None);
        assert_eq!(memory.hear(&bob(), claim(3, 9, 9)), None);
    }

    #[test]
    fn two_receipts_for_different_commits_of_one_epoch_are_proof() {
        let receipt = |commit: u8| {
            let (commit, signature) = ([commit; 32], vec![]);
            Receipt { room: room(), epoch: 2, commit, signature }
        };
        let mut memory = at(2);
        memory.keep_receipt(receipt(2));
        let said = Claim { receipt: Some(receipt(9)), ..claim(2, 9, 9) };
        assert!(memory.hear(&bob(), said).unwrap().proven);
    }

    #[test]
    fn who_looks_on_may_be_told_out_of_order_but_not_of_two_commits_for_one_epoch() {
        let mut memory = at(1);
        assert_eq!(memory.note(3, seen(3, 3)), []);
        assert_eq!(memory.note(2, seen(2, 2)), []);
        assert_eq!(memory.note(2, seen(2, 2)), []);
        let alarms = memory.note(2, seen(9, 9));
        assert_eq!(alarms[0].why, "the hub sent two commits that lead there");
    }

    #[test]
    fn memory_stays_small() {
        let mut memory = at(200);
        for epoch in 201..500 {
            memory.hear(&bob(), claim(epoch, 1, 1));
        }
        assert_eq!((memory.own.len(), memory.heard.len()), (MOST_EPOCHS, MOST_HEARD));
    }
}
