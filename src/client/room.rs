//! A client's side of one room: a plain state machine.
//!
//! Wishes, answers and events go in ([`Room::wished`], [`Room::answered`], [`Room::received`]);
//! requests come out of [`Room::advance`], one at a time. This file holds the state and decides
//! what comes next; `intents` begins what the user wants, `replies` and `inbox` take what the hub
//! says, `joining` is the way in from outside.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use super::claims::Saying;
use super::errand::{JobTag, Sending};
use super::job::{Estate, Job, Kind, Wanted};
use super::kit::Kit;
use crate::mimi::room::ComponentUpdate;
use crate::mimi::rules::servers;
use crate::mimi::uri::{ClientUri, RoomUri, UserUri};
use crate::mimi::watch::{Beats, Claim, Memory};
use crate::mimi::wire::{AbusiveMessage, FanoutMessage};
use crate::mls::{CommitPlan, Member};
use crate::node::wish::Wish;
use crate::trace::{Digest, Event, Fate};

/// How long a client waits for what it knows to be missing before it rejoins, in milliseconds.
const PATIENCE_MS: u64 = 15_000;

/// How long the user's wishes wait for somebody to add this client, in milliseconds.
const WELCOME_WAIT_MS: u64 = 10_000;

/// A room as one client sees it.
pub(super) struct Room {
    pub uri: RoomUri,
    pub record: RoomRecord,
    /// The group, where this client is a member (or creates it).
    pub member: Option<Member>,
    /// A commit was merged since this was last looked at.
    pub has_merged: bool,
    /// The provider sends this client the room's events.
    pub is_reader: bool,
    /// Whether the provider has said so, or not, since this client runs.
    pub is_told: bool,
    /// Number of the last item in the mailbox that this client had when it was told that it is a
    /// reader, or of the last one about this room.
    pub seen: u64,
    /// Messages for the user. It gets them once they are on the disk, so that a crash can't make
    /// it get one twice.
    pub deliveries: Vec<Event>,
    /// KeyPackages that were used up since this was last looked at.
    pub used_key_packages: usize,
    /// What this room has to say, lest its hub lie to somebody.
    pub says: Vec<Saying>,
    /// What was said in this room of it and of others.
    pub heard: Vec<(ClientUri, Claim)>,
    serial: u64,
}

/// The part of it that the MLS library does not keep.
#[derive(Clone, Default)]
pub(super) struct RoomRecord {
    pub standing: Standing,
    /// Counts this client's stays in the room.
    pub stay: u64,
    /// The epoch that the stay began in.
    pub first_epoch: u64,
    /// The epoch that this client came into last.
    pub last_epoch: u64,
    /// Of the last stay, the last epoch that this client is sure to have shared with the others.
    pub last_inside: u64,
    /// What the user wants, in order.
    pub wanted: VecDeque<Wanted>,
    pub job: Option<Job>,
    /// The leave of this client's user, once its proposals are accepted.
    pub leaving: Option<Wanted>,
    /// Whether the removal of this client's user waits for a commit.
    pub exiting: bool,
    /// Events that came before this client could use them.
    pub early: Vec<FanoutMessage>,
    /// The newest message of each user with a genuine frank.
    pub evidence: BTreeMap<UserUri, Rc<AbusiveMessage>>,
    /// Ids of messages that the user has.
    pub delivered: Rc<BTreeSet<String>>,
    /// The hub was heard to be at this epoch.
    pub heard_of: u64,
    /// Since when this client knows that it misses something.
    pub behind_since_ms: Option<u64>,
    /// This client must rejoin.
    pub recover: Option<Recovery>,
    /// Since when intents wait for this client to become a member.
    pub outside_since_ms: Option<u64>,
    /// When the hub accepted the proposals that wait, by ProposalRef, where that counts (Q3).
    pub stamps: BTreeMap<Vec<u8>, u64>,
    /// Why what waits may not be committed, where it may not.
    pub barred: Option<String>,
    /// When this client commits the proposals of others that wait.
    pub commit_due_ms: Option<u64>,
    /// Nothing is begun or tried again before this time.
    pub rest_until_ms: u64,
    /// The commit that led to the current epoch.
    pub last_commit: Option<Digest>,
    /// The hub's time of the commit that ended the last stay: what it accepted before is over.
    pub out_since: u64,
    /// The hub's time of the last thing that led this client into an epoch.
    pub led_at: u64,
    /// How often the hub did not let this client back in.
    pub denials: Denials,
    /// The hub's entry among the group's external senders, encoded, as the last stay had it.
    pub hub: Option<Vec<u8>>,
    /// The way in that the hub keeps calling over.
    pub futile: Futile,
    /// What is left of the room to a client that has lost it.
    pub estate: Option<Box<Estate>>,
    /// Why this client does not follow the room's hub any more.
    pub parted: Option<String>,
    /// What it took the room to be.
    pub memory: Memory,
    /// Whom it hears, and what it has missed.
    pub beats: Beats,
}

/// Why a client must rejoin.
#[derive(Clone)]
pub(super) struct Recovery {
    pub why: String,
    /// Its own state is not to be trusted, even where the hub is at the same epoch: restored from
    /// a backup, it would encrypt with keys that it has used before.
    pub anew: bool,
}

/// How often the hub did not let a client in that reads along. That may change with the next commit
/// and not before: a user on its way out, for one, is out then, or its leave has come to nothing
/// (Q10). Who reads along only because it has asked for its user is out with the first denial. Only
/// the user has it asked more often.
#[derive(Clone, Copy, Default)]
pub(super) struct Denials {
    times: u32,
    until_commit: bool,
    stranger: bool,
}

impl Denials {
    /// After so many the client takes it that it is out.
    const MOST: u32 = 3;

    /// None so far, of somebody who was no reader before it asked, or was one.
    pub fn none(stranger: bool) -> Self {
        Self { stranger, ..Self::default() }
    }

    pub fn add(&mut self) {
        (self.times, self.until_commit) = (self.times + 1, true);
    }

    pub fn commit_came(&mut self) {
        self.until_commit = false;
    }

    pub fn is_none(self) -> bool {
        self.times == 0
    }

    pub fn is_more_than_one(self) -> bool {
        self.times > 1
    }

    pub fn are_final(self) -> bool {
        self.times >= if self.stranger { 1 } else { Self::MOST }
    }

    /// Whether there is no point in asking now.
    fn bar(self) -> bool {
        self.until_commit || self.are_final()
    }
}

/// A way in that leads nowhere. A joiner is overtaken in a race, and then the next GroupInfo is of a
/// later epoch. Where the hub gives one that it has called over before, it is stale (A6), or the hub
/// lies (A9): asking again at once brings the same answer again.
#[derive(Clone, Copy, Default)]
pub(super) struct Futile {
    /// The epoch that a commit was last refused for.
    epoch: Option<u64>,
    /// How often the same epoch was refused again.
    times: u32,
}

impl Futile {
    /// After so many the client takes it that there is no way in.
    const MOST: u32 = 10;

    /// The pause after the first, in milliseconds; it doubles each time, up to sixteen times this.
    const PAUSE_MS: u64 = 500;

    /// A commit from this epoch was refused, since the epoch is over.
    pub fn add(&mut self, epoch: u64) {
        self.times = if self.epoch == Some(epoch) { self.times + 1 } else { 0 };
        self.epoch = Some(epoch);
    }

    pub fn is_final(self) -> bool {
        self.times > Self::MOST
    }

    /// How long to wait before asking again, in milliseconds.
    pub fn pause_ms(self) -> u64 {
        match self.times {
            0 => 0,
            times => Self::PAUSE_MS << (times - 1).min(4),
        }
    }
}

/// What a client is to a room.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// It never was in it.
    #[default]
    Outside,
    /// It made the group; the hub does not know yet.
    Creating,
    /// It is in the group.
    Member,
    /// It was in the group.
    Gone,
}

impl Room {
    pub fn new(uri: RoomUri) -> Self {
        Self {
            uri,
            record: RoomRecord::default(),
            member: None,
            has_merged: false,
            is_reader: false,
            is_told: true,
            seen: 0,
            deliveries: Vec::new(),
            used_key_packages: 0,
            says: Vec::new(),
            heard: Vec::new(),
            serial: 0,
        }
    }

    /// The room as it stood on the disk. What was under way is sent again.
    pub fn restored(kit: &Kit, uri: RoomUri, mut record: RoomRecord) -> Self {
        let inside = matches!(record.standing, Standing::Member | Standing::Creating);
        let member = inside.then(|| Member::load(&kit.library, &uri).ok()).flatten();
        // Jobs are counted on, so that the answer to this one is not taken for the next one's.
        let serial = record.job.as_ref().map_or(0, |job| job.serial);
        if let Some(job) = &mut record.job {
            job.put_off(record.rest_until_ms);
        }
        Self { record, member, serial, is_told: false, ..Self::new(uri) }
    }

    /// The user wants something.
    pub fn wished(&mut self, kit: &Kit, wish: Wish) {
        kit.journal.record(wish.told());
        let wanted = Wanted::new(wish);
        if wanted.wish.probe && self.record.standing != Standing::Member {
            return self.end(kit, &wanted, Fate::Refused, "not a member of the room");
        }
        self.record.wanted.push_back(wanted);
        self.give_up(kit);
    }

    /// Mail up to this number was lost for good: what happened since can't be known.
    pub fn lost_mail(&mut self, number: u64) {
        self.seen = self.seen.min(number);
        if self.record.standing == Standing::Member {
            let why = "mail was dropped before it was read".to_owned();
            self.record.recover = Some(Recovery { why, anew: true });
        }
    }

    /// What is to be sent now, if anything.
    pub fn advance(&mut self, kit: &Kit, now_ms: u64) -> Option<(JobTag, Sending)> {
        if self.record.job.is_none() {
            self.begin_something(kit, now_ms);
        }
        let job = self.record.job.as_mut()?;
        let due = !job.in_flight && now_ms >= job.send_at_ms;
        due.then(|| job.send(&self.uri))
    }

    /// When [`Room::advance`] should be asked again, if at any known time.
    pub fn due_ms(&self) -> Option<u64> {
        let record = &self.record;
        if record.parted.is_some() {
            return None;
        }
        if let Some(job) = &record.job {
            return (!job.in_flight).then_some(job.send_at_ms);
        }
        let patience = record.behind_since_ms.map(|since| since + PATIENCE_MS);
        let commit = record.commit_due_ms;
        let rest = (record.rest_until_ms > 0).then_some(record.rest_until_ms);
        let welcome = record.outside_since_ms.map(|since| since + WELCOME_WAIT_MS);
        [patience, commit, rest, welcome].into_iter().flatten().min()
    }

    pub fn begin(&mut self, job: Job) {
        self.serial += 1;
        let send_at_ms = self.record.rest_until_ms;
        self.record.job = Some(Job { serial: self.serial, send_at_ms, ..job });
    }

    pub fn epoch(&self) -> u64 {
        self.member.as_ref().map_or(0, Member::epoch)
    }

    /// The end of an intent.
    pub fn end(&mut self, kit: &Kit, wanted: &Wanted, fate: Fate, why: &str) {
        kit.journal.record(Event::IntentEnded {
            intent: wanted.wish.intent.clone(),
            fate,
            why: why.to_owned(),
        });
    }

    /// Ends all intents: the account is over.
    pub fn close(&mut self, kit: &Kit) {
        let job = self.record.job.take();
        // Without their job, proposals that nobody has accepted yet would count as accepted.
        if let Some(job) = job.as_ref().filter(|job| matches!(job.kind, Kind::Propose { .. })) {
            self.take_back(kit, job);
        }
        let record = &mut self.record;
        let under_way = job.and_then(|job| job.wanted);
        let wanted = std::mem::take(&mut record.wanted);
        for wanted in under_way.into_iter().chain(record.leaving.take()).chain(wanted) {
            self.end(kit, &wanted, Fate::Refused, super::CLOSED);
        }
    }

    /// Puts an intent back, to be begun anew.
    pub fn again(&mut self, wanted: Option<Wanted>) {
        if let Some(wanted) = wanted {
            self.record.wanted.push_front(wanted);
        }
    }

    fn begin_something(&mut self, kit: &Kit, now_ms: u64) {
        if self.record.parted.is_some() || now_ms < self.record.rest_until_ms {
            return;
        }
        self.record.rest_until_ms = 0;
        self.lose_patience(now_ms);
        if self.record.recover.is_some() && self.has_a_welcome() {
            self.try_again(kit);
        }
        if let Some(recovery) = &self.record.recover {
            let why = recovery.why.clone();
            return self.begin_recovery(kit, &why);
        }
        match self.record.standing {
            Standing::Member if self.record.heard_of > self.epoch() => {
                if self.record.denials.bar() {
                    self.stop_waiting(kit, now_ms, "the hub does not let this client back in");
                }
            }
            Standing::Member => self.begin_as_member(kit, now_ms),
            Standing::Outside | Standing::Gone => self.begin_from_outside(kit, now_ms),
            Standing::Creating => {}
        }
    }

    fn begin_as_member(&mut self, kit: &Kit, now_ms: u64) {
        if self.record.exiting {
            // Only others can commit the removal; everything else waits for it, in vain.
            return;
        }
        self.record.outside_since_ms = None;
        if self.give_up_while_barred(kit) {
            return;
        }
        self.begin_next_intent(kit, now_ms);
        if self.record.job.is_none() && self.proposals_are_due(kit, now_ms) {
            self.begin_commit(kit, None, &CommitPlan::default());
        }
    }

    /// Whether proposals of others wait, and have waited for this client's delay.
    fn proposals_are_due(&mut self, kit: &Kit, now_ms: u64) -> bool {
        let Some(member) = self.member.as_ref().filter(|member| member.has_proposals()) else {
            self.record.commit_due_ms = None;
            return false;
        };
        let policy = member.state().operational_policy().pending_proposals;
        let delay = kit.commit_delay(&self.uri, self.epoch(), policy);
        let due = now_ms.saturating_add(delay);
        let due = *self.record.commit_due_ms.get_or_insert(due);
        now_ms >= due
    }

    fn lose_patience(&mut self, now_ms: u64) {
        let behind = match self.record.standing {
            Standing::Member => {
                let misses = self.record.heard_of > self.epoch() || self.misses_an_epoch();
                misses && !self.record.denials.bar()
            }
            // The room's events are for this client, and it knows of no way in: it was restored
            // from a time before it joined, or before it was added again.
            Standing::Outside | Standing::Gone => self.is_reader && !self.record.denials.bar(),
            Standing::Creating => false,
        };
        if !behind {
            self.record.behind_since_ms = None;
            return;
        }
        let since = *self.record.behind_since_ms.get_or_insert(now_ms);
        if now_ms >= since + PATIENCE_MS {
            self.must_rejoin(format!(
                "nothing leads on from epoch {}, and the hub is further",
                self.epoch()
            ));
        }
    }

    /// Nothing but an external commit leads on from here.
    pub fn must_rejoin(&mut self, why: String) {
        self.record.recover.get_or_insert(Recovery { why, anew: false });
    }

    /// Ends intents that have waited too long for this client to be a member that they are of use
    /// to.
    pub fn stop_waiting(&mut self, kit: &Kit, now_ms: u64, why: &str) {
        if self.record.wanted.is_empty() {
            self.record.outside_since_ms = None;
            return;
        }
        let since = *self.record.outside_since_ms.get_or_insert(now_ms);
        if now_ms >= since + WELCOME_WAIT_MS {
            self.record.outside_since_ms = None;
            for wanted in std::mem::take(&mut self.record.wanted) {
                self.end(kit, &wanted, Fate::Refused, why);
            }
        }
    }

    /// Builds a commit over the plan and what waits, and makes it the job. Where servers take users
    /// out, the commit brings the change of the list that it owes them, and no plan beside it: what
    /// the user wants is looked at again in the epoch after.
    pub fn begin_commit(&mut self, kit: &Kit, wanted: Option<Wanted>, plan: &CommitPlan) {
        if let Some(owed) = self.owed_to_servers() {
            self.again(wanted);
            let updates = vec![owed];
            return self.build_commit(kit, None, &CommitPlan { updates, ..Default::default() });
        }
        self.build_commit(kit, wanted, plan);
    }

    pub(super) fn owed_to_servers(&self) -> Option<ComponentUpdate> {
        let member = self.member.as_ref()?;
        let (members, waiting) = (member.members().ok()?, member.waiting().ok()?);
        let proposed: Vec<_> = waiting.iter().map(|it| (&it.sender, &it.what)).collect();
        let state = member.state();
        servers::owed_update(state, &servers::owed(state, &members, &proposed))
    }

    fn build_commit(&mut self, kit: &Kit, wanted: Option<Wanted>, plan: &CommitPlan) {
        let epoch = self.epoch();
        let Some(member) = &mut self.member else { return };
        match member.commit(&kit.library, &kit.identity, plan) {
            Ok(committed) => {
                let about = match &wanted {
                    Some(wanted) => format!("{} commit", wanted.wish.intent),
                    None => format!("commit {} {epoch}", self.uri.name()),
                };
                let body = super::replies::update_body(kit, &committed);
                let job = Job::new(Kind::Commit { epoch }, wanted, about, body);
                self.begin(job.with_digest(&committed.message));
            }
            Err(error) => {
                // Proposals that can't even be committed alone are not valid. Where it is the plan
                // that does not work, the hub will still ask for them with the next commit.
                if wanted.is_none() || *plan == CommitPlan::default() {
                    let _ = member.drop_proposals(&kit.library);
                }
                if let Some(wanted) = wanted {
                    self.end(kit, &wanted, Fate::Refused, &format!("no commit: {error}"));
                }
            }
        }
    }
}
