//! What happens in the room, as the hub sends it.
//!
//! Events come in any order, more than once, and with the client's own among them. Each is used
//! when its epoch is the client's, kept when it is early, and passed over when it is late. After
//! each step forward, what was kept gets another chance.

use super::job::{Job, Kind};
use super::kit::Kit;
use super::room::{Room, Standing};
use crate::mimi::local::UnsubscribeRequest;
use crate::mimi::room::ComponentUpdate;
use crate::mimi::rules::{HandshakeKind, Part, Proposer, Reading, What};
use crate::mimi::wire::{FanoutExtra, FanoutMessage, WireError};
use crate::mls::{Incoming, MlsError, PeekKind, StagedByMember, peek};
use crate::node::wish::WishKind;
use crate::trace::{Digest, Event, Fate, Way};

/// Most events that are kept because they came early.
const MOST_EARLY: usize = 2_000;

/// What became of an event.
pub(super) enum Use {
    /// It took effect, or never will.
    Done,
    /// It may take effect later.
    Early(String),
}

impl Room {
    /// Something came from the room's hub.
    pub(super) fn received(&mut self, kit: &Kit, event: FanoutMessage, now_ms: u64) {
        let stapled = stapled(&event);
        self.take(kit, event);
        if let Some(stapled) = stapled {
            self.take(kit, stapled);
        }
        self.lose_patience_later(now_ms);
    }

    /// Something came that is no event.
    pub(super) fn received_garbage(&mut self, kit: &Kit, body: &[u8], error: &WireError) {
        self.reject(kit, Digest::of(body), "body-is-well-formed", &error.to_string());
    }

    /// Whether an event is the commit that this client is waiting to have accepted.
    pub(super) fn is_own_commit(&self, event: &FanoutMessage) -> bool {
        let job = self.record.job.as_ref();
        job.and_then(|job| job.digest).is_some_and(|own| own == Digest::of(&event.message))
    }

    /// Whether somebody has added this client, who could not use that so far.
    pub(super) fn has_a_welcome(&self) -> bool {
        self.record.early.iter().any(|event| matches!(event.extra, FanoutExtra::Welcome { .. }))
    }

    /// Notes the hub's time of what has led this client on from `before`, if it has.
    fn note_led_at(&mut self, before: (u64, u64, Standing), stamp: u64) {
        if before != (self.record.stay, self.epoch(), self.record.standing) {
            self.record.led_at = self.record.led_at.max(stamp);
        }
    }

    fn take(&mut self, kit: &Kit, event: FanoutMessage) {
        let before = (self.record.stay, self.epoch(), self.record.standing);
        match self.use_event(kit, &event) {
            Use::Done => {}
            Use::Early(why) => return self.keep_for_later(kit, event, &why),
        }
        self.note_led_at(before, event.timestamp);
        let proposal = matches!(event.extra, FanoutExtra::Proposal { .. });
        if proposal || before != (self.record.stay, self.epoch(), self.record.standing) {
            self.try_again(kit);
        }
    }

    /// Gives everything that was kept another chance.
    pub(super) fn try_again(&mut self, kit: &Kit) {
        for event in std::mem::take(&mut self.record.early) {
            self.take_quietly(kit, event);
        }
    }

    fn take_quietly(&mut self, kit: &Kit, event: FanoutMessage) {
        let before = (self.record.stay, self.epoch(), self.record.standing);
        if let Use::Early(_) = self.use_event(kit, &event) {
            return self.record.early.push(event);
        }
        self.note_led_at(before, event.timestamp);
        if before != (self.record.stay, self.epoch(), self.record.standing) {
            self.try_again(kit);
        }
    }

    fn keep_for_later(&mut self, kit: &Kit, event: FanoutMessage, why: &str) {
        let (room, digest) = (self.uri.clone(), Digest::of(&event.message));
        if self.record.early.len() >= MOST_EARLY {
            let why = format!("{MOST_EARLY} early events are kept already");
            kit.journal.record(Event::Passed { room, digest, why });
            return;
        }
        kit.journal.record(Event::Buffered { room, digest, why: why.to_owned() });
        self.record.early.push(event);
    }

    fn use_event(&mut self, kit: &Kit, event: &FanoutMessage) -> Use {
        if let FanoutExtra::Welcome { ratchet_tree } = &event.extra {
            return self.welcomed(kit, event, ratchet_tree);
        }
        let digest = Digest::of(&event.message);
        let outside = match peek(&event.message) {
            Ok(outside) if outside.room == self.uri => outside,
            Ok(_) => return self.refuse(kit, digest, "the message is of another room"),
            Err(error) => return self.refuse(kit, digest, &error.to_string()),
        };
        if let Some(decided) = self.settles_the_join(kit, digest, outside.kind, outside.epoch) {
            return decided;
        }
        if matches!(outside.kind, PeekKind::Commit | PeekKind::ExternalCommit) {
            self.record.denials.commit_came();
        }
        if self.record.standing != Standing::Member {
            return match self.record.standing {
                Standing::Gone if self.record.job.is_none() => self.pass(kit, digest, "gone"),
                _ => Use::Early("not a member yet".to_owned()),
            };
        }
        if self.record.parted.is_some() && outside.epoch >= self.epoch() {
            return self.pass(kit, digest, "of a hub that this client does not follow");
        }
        let handshake = outside.kind != PeekKind::Application;
        match outside.epoch.cmp(&self.epoch()) {
            std::cmp::Ordering::Greater => {
                Use::Early(format!("of epoch {}, this is {}", outside.epoch, self.epoch()))
            }
            std::cmp::Ordering::Less if handshake => self.pass(kit, digest, "of a past epoch"),
            _ if outside.epoch < self.record.first_epoch => {
                self.pass(kit, digest, "from before this stay")
            }
            _ if handshake => self.handshake(kit, event, digest),
            _ => self.message(kit, event, digest, outside.epoch),
        }
    }

    fn handshake(&mut self, kit: &Kit, event: &FanoutMessage, digest: Digest) -> Use {
        if let FanoutExtra::Proposal { more } = &event.extra {
            let messages = std::iter::once(&event.message).chain(more);
            let came: Vec<_> = messages.filter_map(|it| self.proposal(kit, it)).collect();
            if kit.rules.readings().has(Reading::LaterProposalWins) {
                self.make_way(kit, &came, event.timestamp);
            }
            if !came.is_empty() && !self.record.exiting {
                self.judge_waiting(kit, digest);
            }
            return Use::Done;
        }
        let Some(member) = &mut self.member else { return Use::Done };
        match member.receive(&kit.library, &event.message) {
            Ok(Incoming::Commit(staged)) => self.follow(kit, staged, digest, event.timestamp),
            Ok(Incoming::OwnCommit) => {
                if let Some(job) = self.record.job.take_if(|job| job.digest == Some(digest)) {
                    // The answer is still under way, or lost: the event says the same.
                    self.commit_accepted(kit, job);
                }
                Use::Done
            }
            Ok(_) => self.refuse(kit, digest, "not what it was sent as"),
            Err(MlsError::UnknownProposal) => {
                Use::Early("commits a proposal that has not come".to_owned())
            }
            Err(error) => {
                // The hub is in the next epoch, and nothing else will lead there.
                self.must_rejoin(format!(
                    "a commit that the hub accepted is not valid here: {error}"
                ));
                self.refuse(kit, digest, &error.to_string())
            }
        }
    }

    /// Keeps a proposal for the next commit; none where it can't be.
    fn proposal(&mut self, kit: &Kit, message: &[u8]) -> Option<Part> {
        let digest = Digest::of(message);
        let member = self.member.as_mut()?;
        match member.receive(&kit.library, message) {
            Ok(Incoming::Proposal { part, proposal }) => {
                let kept = member.keep(&kit.library, *proposal).is_ok();
                if kept && (self.unlists_me(kit, &part) || expels_me(kit, &part)) {
                    self.record.exiting = true;
                }
                return kept.then_some(part);
            }
            Ok(_) => self.reject(kit, digest, "mls", "not a proposal"),
            Err(error) => self.reject(kit, digest, "mls", &error.to_string()),
        }
        None
    }

    fn unlists_me(&self, kit: &Kit, part: &Part) -> bool {
        let mine = self.member.as_ref().and_then(|it| it.state().index_of(&kit.actor.user));
        match (&part.what, mine) {
            (What::Update(ComponentUpdate::Participants(update)), Some(mine)) => {
                update.removed.contains(&mine)
            }
            _ => false,
        }
    }

    fn follow(&mut self, kit: &Kit, staged: StagedByMember, digest: Digest, stamp: u64) -> Use {
        if let Err(refusal) = self.judge(kit, &staged.handshake) {
            self.part_with_hub(kit, digest, &refusal);
            return Use::Done;
        }
        let removes_me = staged.removes_me;
        // Whom a commit takes out and adds again, its own Welcome leads back in (`repair`).
        let adds_me =
            staged.handshake.parts.iter().any(
                |part| matches!(&part.what, What::Add(added) if added.client == kit.actor.client),
            );
        if removes_me && matches!(self.record.job, Some(Job { kind: Kind::Join { .. }, .. })) {
            // The external commit is for a later epoch, and perhaps leads back in: the answer
            // tells.
            return Use::Early("waiting to have joined".to_owned());
        }
        let Some(member) = &mut self.member else { return Use::Done };
        let waits = self.record.commit_due_ms;
        // What an external commit voids of the hub's proposals comes with it anew. Who began to
        // wait anew as well could be kept waiting for ever (A20).
        let waited = waits.filter(|_| staged.handshake.kind == HandshakeKind::ExternalCommit);
        if let Err(error) = member.merge(&kit.library, staged) {
            self.must_rejoin(error.to_string());
            return self.refuse(kit, digest, &error.to_string());
        }
        if removes_me && adds_me {
            self.record.out_since = stamp.saturating_sub(1);
            self.put_out(kit, Some(digest), self.record.out_since, false);
            return Use::Done;
        }
        if removes_me {
            self.removed(kit, Some(digest), stamp);
            return Use::Done;
        }
        let outrun = |job: &mut Job| matches!(job.kind, Kind::Commit { .. } | Kind::Propose { .. });
        if let Some(job) = self.record.job.take_if(outrun) {
            self.again(job.wanted);
        }
        self.entered(kit, Way::Commit, Some(digest));
        self.record.commit_due_ms = waited;
        Use::Done
    }

    /// This client is out of the room since the hub's `stamp`.
    fn removed(&mut self, kit: &Kit, commit: Option<Digest>, stamp: u64) {
        self.record.out_since = stamp;
        // Perhaps only this client is out, and its user stays with others.
        let left = self.clients_of(&kit.actor.user).is_empty();
        self.put_out(kit, commit, stamp, left);
        self.leave_ends(kit, left);
        self.read_no_more();
    }

    /// Ends this client's stay; `left` says that nobody else of its user's is there. Only a Welcome
    /// that was accepted after the hub's `stamp` leads back; those that were put off before are
    /// stale (N-03).
    pub(super) fn put_out(&mut self, kit: &Kit, commit: Option<Digest>, stamp: u64, left: bool) {
        self.record.early.retain(|event| event.timestamp > stamp);
        let epoch = self.epoch();
        self.record.last_inside = match commit {
            Some(_) => self.record.last_epoch,
            None => self.record.first_epoch,
        };
        if let Some(member) = self.member.take() {
            let _ = member.forget(&kit.library);
        }
        self.has_merged = true;
        self.record.standing = Standing::Gone;
        self.record.exiting = false;
        self.record.recover = None;
        self.record.behind_since_ms = None;
        self.record.heard_of = 0;
        tracing::info!(room = %self.uri, epoch, "removed");
        kit.journal.record(Event::Removed { room: self.uri.clone(), epoch, commit });
        let under_way = self.record.job.take().and_then(|job| job.wanted);
        if let Some(wanted) = under_way {
            // A leave whose answer was lost was accepted all the same.
            self.end(kit, &wanted, fate_outside(&wanted.wish.what, left), "no longer a member");
        }
        for wanted in std::mem::take(&mut self.record.wanted) {
            match wanted.wish.what {
                WishKind::Join | WishKind::JoinWith(_) => self.record.wanted.push_back(wanted),
                _ => self.end(kit, &wanted, Fate::Abandoned, "no longer a member"),
            }
        }
    }

    /// The leave that was asked for, and accepted, has come to pass or to nothing.
    pub(super) fn leave_ends(&mut self, kit: &Kit, left: bool) {
        if let Some(leaving) = self.record.leaving.take() {
            self.end(kit, &leaving, fate_outside(&leaving.wish.what, left), "out of the room");
        }
    }

    pub(super) fn read_no_more(&mut self) {
        self.is_reader = false;
        let about = format!("unsubscribe {} {}", self.uri.name(), self.record.stay);
        let body = UnsubscribeRequest { seen: self.seen }.encode();
        self.begin(Job::new(Kind::Unsubscribe, None, about, body));
    }

    pub(super) fn misses_an_epoch(&self) -> bool {
        self.record
            .early
            .iter()
            .any(|event| peek(&event.message).is_ok_and(|outside| outside.epoch >= self.epoch()))
    }

    fn lose_patience_later(&mut self, now_ms: u64) {
        if self.record.standing == Standing::Member && self.misses_an_epoch() {
            self.record.behind_since_ms.get_or_insert(now_ms);
        }
    }

    pub(super) fn pass(&mut self, kit: &Kit, digest: Digest, why: &str) -> Use {
        let (room, why) = (self.uri.clone(), why.to_owned());
        kit.journal.record(Event::Passed { room, digest, why });
        Use::Done
    }

    pub(super) fn refuse(&mut self, kit: &Kit, digest: Digest, why: &str) -> Use {
        self.reject(kit, digest, "mls", why);
        Use::Done
    }

    pub(super) fn reject(&mut self, kit: &Kit, digest: Digest, rule: &str, why: &str) {
        let (room, rule, why) = (self.uri.clone(), rule.to_owned(), why.to_owned());
        kit.journal.record(Event::Rejected { room, digest, rule, why });
    }

    /// While this client waits to have its external commit accepted, events show how it went: its
    /// own commit among them means that it did, another one in its place that it did not.
    fn settles_the_join(
        &mut self,
        kit: &Kit,
        digest: Digest,
        kind: PeekKind,
        epoch: u64,
    ) -> Option<Use> {
        let Some(Job { kind: Kind::Join { epoch: joined_at, .. }, .. }) = &self.record.job else {
            return None;
        };
        let is_commit = matches!(kind, PeekKind::Commit | PeekKind::ExternalCommit);
        if !is_commit || epoch < *joined_at {
            return None;
        }
        if epoch > *joined_at {
            return Some(Use::Early("waiting to have joined".to_owned()));
        }
        let job = self.record.job.take()?;
        if job.digest == Some(digest) {
            self.join_accepted(kit, job);
            return Some(Use::Done);
        }
        self.begin_group_info(kit, job.wanted);
        // A member that is about to return may still make use of it.
        None
    }
}

/// What the hub stapled to an external commit (R34): proposals of its own for the epoch that the
/// commit leads to. They are taken as if they had come right after it. So they are not lost on who
/// is in that epoch already, the joiner above all, and are kept where the commit itself is early.
fn stapled(event: &FanoutMessage) -> Option<FanoutMessage> {
    let FanoutExtra::Commit { external_proposals } = &event.extra else { return None };
    let (message, more) = external_proposals.split_first()?;
    let (message, more) = (message.clone(), more.to_vec());
    let extra = FanoutExtra::Proposal { more };
    Some(FanoutMessage { timestamp: event.timestamp, message, extra })
}

/// Whether a server wants this client out: it can't commit that itself.
fn expels_me(kit: &Kit, part: &Part) -> bool {
    matches!(part.sender, Proposer::Server(_)) && part.what.removes() == Some(&kit.actor)
}

/// What a wish has come to when its client is out of the room; `left` says that its whole user is.
fn fate_outside(wish: &WishKind, left: bool) -> Fate {
    match wish {
        WishKind::SelfRemove => Fate::Done,
        WishKind::Leave if left => Fate::Done,
        _ => Fate::Abandoned,
    }
}
