//! Heartbeats: who is silent, and what was said and did not come.
//!
//! A member that shows its messages to nobody on this side of a fork falls silent there. It is
//! counted in rounds of whoever listens, not in time: a listener that is cut off itself makes no
//! rounds, so it does not take everybody else for silent. Each heartbeat says how many messages of
//! its sender's the hub has accepted in the epoch; who has fewer of them after so many rounds
//! misses some (draft-ietf-mls-extensions, AppAck).
//!
//! Both are suspicion and no proof: a member may be away.

use std::collections::{BTreeMap, BTreeSet};

use crate::mimi::uri::ClientUri;

/// How many epochs are remembered.
const MOST_EPOCHS: usize = 64;

/// What one member has heard of the others, and said itself.
#[derive(Debug, Clone, Default)]
pub struct Beats {
    /// Rounds since each other member was heard.
    silent: BTreeMap<ClientUri, u64>,
    /// Own messages that the hub has accepted, by epoch.
    sent: BTreeMap<u64, u64>,
    /// Messages that came, by sender and epoch.
    came: BTreeMap<(u64, ClientUri), u64>,
    /// Messages that came and could not be read, or were not to be, by epoch.
    unread: BTreeMap<u64, u64>,
    /// What others said that they have sent, and rounds since that is more than came.
    owed: BTreeMap<(u64, ClientUri), (u64, u64)>,
    /// Epochs in which the hub may have withheld messages by right.
    deaf: BTreeSet<u64>,
}

impl Beats {
    /// The hub has accepted an own message of this epoch.
    pub fn sent(&mut self, epoch: u64) {
        *self.sent.entry(epoch).or_default() += 1;
    }

    /// How many own messages of this epoch the hub has accepted.
    pub fn count(&self, epoch: u64) -> u64 {
        self.sent.get(&epoch).copied().unwrap_or_default()
    }

    /// A message came, of this epoch; none names who sent it where it could not be read.
    pub fn came(&mut self, epoch: u64, sender: Option<&ClientUri>) {
        match sender {
            Some(sender) => *self.came.entry((epoch, sender.clone())).or_default() += 1,
            None => *self.unread.entry(epoch).or_default() += 1,
        }
    }

    /// The hub may withhold messages of this epoch: the user may not read, or is about to leave.
    pub fn deaf_in(&mut self, epoch: u64) {
        self.deaf.insert(epoch);
    }

    /// A member is there, and has sent so many messages in this epoch.
    pub fn heard(&mut self, speaker: &ClientUri, epoch: u64, sent: u64) {
        self.silent.insert(speaker.clone(), 0);
        let owed = self.owed.entry((epoch, speaker.clone())).or_default();
        owed.0 = owed.0.max(sent);
    }

    /// A stay in the room begins: nothing of before counts.
    pub fn restart(&mut self) {
        *self = Self::default();
    }

    /// A round is over, in this epoch, in which these members are expected to be heard; of what
    /// was sent before `since`, nothing is owed. Returns what has gone on for too many rounds, in
    /// words.
    pub fn round(
        &mut self,
        (since, epoch): (u64, u64),
        expected: &BTreeSet<ClientUri>,
        patience: u64,
    ) -> Vec<String> {
        self.silent.retain(|client, _| expected.contains(client));
        let mut found = Vec::new();
        for client in expected {
            let rounds = self.silent.entry(client.clone()).or_default();
            *rounds += 1;
            if *rounds > patience {
                found.push(format!("{} has not been heard for {patience} rounds", client.name()));
            }
        }
        let missing = self.missing((since, epoch), patience);
        self.forget(epoch);
        found.into_iter().chain(missing).collect()
    }

    fn missing(&mut self, (since, now): (u64, u64), patience: u64) -> Vec<String> {
        let mut found = Vec::new();
        for ((epoch, client), (sent, rounds)) in &mut self.owed {
            let came = self.came.get(&(*epoch, client.clone())).copied().unwrap_or_default();
            let unread = self.unread.range(epoch..).map(|(_, count)| count).sum::<u64>();
            let withheld = self.deaf.range(epoch..=&now.max(*epoch)).next().is_some();
            if *epoch < since || withheld || came.saturating_add(unread) >= *sent {
                *rounds = 0;
                continue;
            }
            *rounds += 1;
            if *rounds > patience {
                let name = client.name();
                found.push(format!(
                    "{name} sent {sent} messages in epoch {epoch}, and {came} have come"
                ));
            }
        }
        found
    }

    fn forget(&mut self, now: u64) {
        let oldest = now.saturating_sub(MOST_EPOCHS as u64);
        self.sent.retain(|epoch, _| *epoch >= oldest);
        self.came.retain(|(epoch, _), _| *epoch >= oldest);
        self.unread.retain(|epoch, _| *epoch >= oldest);
        self.owed.retain(|(epoch, _), _| *epoch >= oldest);
        self.deaf.retain(|epoch| *epoch >= oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bob() -> ClientUri {
        ClientUri::parse("mimi://b.example/d/B1").unwrap()
    }

    fn rounds(beats: &mut Beats, count: usize) -> Vec<String> {
        let expected = BTreeSet::from([bob()]);
        (0..count).flat_map(|_| beats.round((1, 2), &expected, 3)).collect()
    }

    #[test]
    fn a_member_that_is_heard_now_and_then_is_not_suspicious_and_one_that_falls_silent_is() {
        let mut beats = Beats::default();
        for _ in 0..3 {
            assert_eq!(rounds(&mut beats, 3), [""; 0]);
            beats.heard(&bob(), 2, 0);
        }
        assert_eq!(rounds(&mut beats, 4), ["B1 has not been heard for 3 rounds"]);
    }

    #[test]
    fn a_message_that_was_sent_and_does_not_come_is_missed_after_a_while() {
        let missed = |prepare: fn(&mut Beats)| {
            let mut beats = Beats::default();
            let mut found = vec![];
            for _ in 0..5 {
                beats.heard(&bob(), 2, 2);
                prepare(&mut beats);
                found.extend(rounds(&mut beats, 1));
            }
            found
        };
        let all = "B1 sent 2 messages in epoch 2, and 0 have come";
        assert_eq!(missed(|_| {}), [all; 2]);
        assert_eq!(missed(|beats| beats.came(2, Some(&bob()))), [""; 0]);
        assert_eq!(missed(|beats| beats.came(3, None)), [""; 0]);
        assert_eq!(missed(|beats| beats.deaf_in(2)), [""; 0]);
    }

    #[test]
    fn what_was_sent_before_this_stay_is_not_owed() {
        let mut beats = Beats::default();
        let expected = BTreeSet::from([bob()]);
        for _ in 0..9 {
            beats.heard(&bob(), 2, 5);
            assert_eq!(beats.round((3, 3), &expected, 3), [""; 0]);
        }
    }
}
