//! What the hub's answers mean.
//!
//! No answer, or one by a gateway, is ambiguous: the request may have taken effect. The same bytes
//! are sent again until a definite answer comes or an event settles the matter. A definite answer
//! to a job that was given up in the meantime is recorded and changes nothing. Where a server was
//! too busy and asks for time, nothing of the room is sent before, be it the same job or another.

use super::errand::{Expects, JobTag};
use super::job::{Job, Kind, Wanted};
use super::kit::Kit;
use super::room::{Denials, Futile, Room, Standing};
use crate::mimi::local::{CreateRoomRequest, HubKeys};
use crate::mimi::room::Charter;
use crate::mimi::rules::Reading;
use crate::mimi::wire::{
    ClientKeyMaterial, ClientStatus, GroupInfoOption, KeyMaterialResponse, RatchetTreeOption,
    SubmitMessageResponse, UpdateOutcome, UpdateRequest, UpdateResponse,
};
use crate::mls::{Committed, Member, MlsFraming, partial_group_info};
use crate::node::wish::WishKind;
use crate::node::{self, Reply, Unanswered};
use crate::trace::{Digest, Event, Fate, Way};

/// How often an intent is tried again after the hub found its proposals wanting, or was found to be
/// behind.
const MOST_SETBACKS: u32 = 20;

/// Pause after such a setback, in milliseconds.
const SETBACK_PAUSE_MS: u64 = 500;

/// The body of an `update` with a commit. The hub keeps the tree itself.
pub(super) fn update_body(kit: &Kit, committed: &Committed) -> Vec<u8> {
    let full = || GroupInfoOption::Full(committed.group_info.clone());
    let partial = || partial_group_info(&committed.group_info).map(GroupInfoOption::Partial);
    let in_part = kit.rules.readings().has(Reading::PartialGroupInfos);
    UpdateRequest::Commit {
        message: committed.message.clone(),
        welcome: committed.welcome.clone(),
        group_info: in_part.then(|| partial().ok()).flatten().unwrap_or_else(full),
        ratchet_tree: RatchetTreeOption::DistributionService,
    }
    .encode()
}

/// Why there is nothing to add, with what was told of each client.
fn no_material(response: &KeyMaterialResponse) -> String {
    let told = |it: &ClientKeyMaterial| format!("{} {}", it.client.name(), it.status.code_name());
    let clients: Vec<_> = response.clients.iter().map(told).collect();
    let clients =
        if clients.is_empty() { String::new() } else { format!(" ({})", clients.join(", ")) };
    format!("no key material: {}{clients}", response.user_status.code_name())
}

impl Room {
    /// An answer came, or none will.
    pub(super) fn answered(
        &mut self,
        kit: &Kit,
        tag: &JobTag,
        result: Result<Reply, Unanswered>,
        now_ms: u64,
    ) {
        let asked_ms = node::pause_ms(&result, 0);
        if asked_ms > 0 {
            self.record.rest_until_ms = self.record.rest_until_ms.max(now_ms + asked_ms);
        }
        let reply = result.ok().filter(Reply::is_definite);
        let update = reply.as_ref().and_then(|reply| self.told_update(kit, tag, reply));
        let submit = reply.as_ref().and_then(|reply| self.told_submit(kit, tag, reply));
        let Some(job) = self.record.job.take_if(|job| job.serial == tag.serial) else { return };
        let Some(reply) = reply else { return self.put_off(job, now_ms) };
        match (&job.kind, update, submit) {
            (_, Some(response), _) => self.update_decided(kit, job, response, now_ms),
            (_, _, Some(response)) => self.submit_decided(kit, job, response),
            _ if reply.status >= 400 && !matches!(job.kind, Kind::Unsubscribe) => {
                self.turned_away(kit, job, &reply);
            }
            (Kind::HubKey, ..) => self.create_with(kit, job, &reply),
            (Kind::Create, ..) => self.created(kit, job),
            (Kind::KeyMaterial(_), ..) => self.got_key_material(kit, job, &reply),
            (Kind::GroupInfo(_), ..) => self.got_group_info(kit, job, &reply, now_ms),
            (Kind::Unsubscribe, ..) => {}
            (Kind::Report, ..) => self.reported(kit, job),
            // An answer that can't be read is none.
            _ => self.put_off(job, now_ms),
        }
    }

    fn put_off(&mut self, mut job: Job, now_ms: u64) {
        job.put_off((now_ms + job.pause_ms()).max(self.record.rest_until_ms));
        self.record.job = Some(job);
    }

    fn told_update(&self, kit: &Kit, tag: &JobTag, reply: &Reply) -> Option<UpdateResponse> {
        if tag.expects != Expects::Update || reply.status != 200 {
            return None;
        }
        let response = UpdateResponse::decode(&reply.body).ok()?;
        let epoch = match response.outcome {
            UpdateOutcome::WrongEpoch { current } => Some(current),
            _ => None,
        };
        self.told(kit, tag, response.code_name(), epoch);
        Some(response)
    }

    fn told_submit(&self, kit: &Kit, tag: &JobTag, reply: &Reply) -> Option<SubmitMessageResponse> {
        if tag.expects != Expects::Submit || reply.status != 200 {
            return None;
        }
        let response = SubmitMessageResponse::decode(&reply.body).ok()?;
        let epoch = match response {
            SubmitMessageResponse::EpochTooOld { current } => Some(current),
            _ => None,
        };
        self.told(kit, tag, response.code_name(), epoch);
        Some(response)
    }

    fn told(&self, kit: &Kit, tag: &JobTag, code: &str, epoch: Option<u64>) {
        if let Some(digest) = tag.digest {
            let (room, code) = (self.uri.clone(), code.to_owned());
            kit.journal.record(Event::Told { room, digest, code, epoch });
        }
    }

    fn update_decided(&mut self, kit: &Kit, job: Job, response: UpdateResponse, now_ms: u64) {
        match response.outcome {
            UpdateOutcome::Success { accepted_at } => {
                if matches!(job.kind, Kind::Commit { .. } | Kind::Join { .. }) {
                    self.record.led_at = self.record.led_at.max(accepted_at);
                }
                match &job.kind {
                    Kind::Commit { .. } => self.commit_accepted(kit, job),
                    Kind::Propose { .. } => self.leave_accepted(kit, job),
                    Kind::Join { .. } => self.join_accepted(kit, job),
                    _ => {}
                }
            }
            UpdateOutcome::WrongEpoch { current } => {
                self.take_back(kit, &job);
                self.record.heard_of = self.record.heard_of.max(current);
                match job.kind {
                    Kind::Join { epoch, .. } => self.join_overtaken(kit, job.wanted, epoch, now_ms),
                    // The hub was set back (A10), and comes no further by being asked.
                    Kind::Commit { epoch } | Kind::Propose { epoch } if current <= epoch => {
                        self.set_back(kit, job, &response.description, now_ms);
                    }
                    _ => self.again(job.wanted),
                }
            }
            UpdateOutcome::InvalidProposal { .. } => {
                // Proposals that the hub has and this client has not seen yet: they will come.
                self.take_back(kit, &job);
                self.set_back(kit, job, &response.description, now_ms);
            }
            UpdateOutcome::NotAllowed => {
                self.take_back(kit, &job);
                let joins = matches!(job.kind, Kind::Join { .. });
                let recovery = joins.then(|| self.record.recover.take()).flatten();
                if recovery.is_some() {
                    self.record.rest_until_ms = now_ms + SETBACK_PAUSE_MS;
                }
                if let Some(wanted) = job.wanted {
                    self.end(kit, &wanted, Fate::Refused, &response.description);
                }
                // A Welcome may have waited for this.
                self.try_again(kit);
                if recovery.is_some() || joins && self.record.standing != Standing::Member {
                    self.record.denials.add();
                }
                if recovery.is_some_and(|it| it.anew || self.record.denials.are_final()) {
                    self.denied(kit);
                }
            }
        }
    }

    /// The intent is tried again later, unless it has been too often.
    fn set_back(&mut self, kit: &Kit, job: Job, why: &str, now_ms: u64) {
        self.record.rest_until_ms = now_ms + SETBACK_PAUSE_MS;
        let Some(mut wanted) = job.wanted else { return };
        wanted.setbacks += 1;
        if wanted.setbacks > MOST_SETBACKS {
            return self.end(kit, &wanted, Fate::Refused, why);
        }
        self.record.wanted.push_front(wanted);
    }

    /// What was prepared for a request that was refused is dropped.
    pub(super) fn take_back(&mut self, kit: &Kit, job: &Job) {
        let Some(member) = &mut self.member else { return };
        // The library's storage is in memory: dropping has no way to fail.
        match job.kind {
            Kind::Commit { epoch } if member.epoch() == epoch => {
                let _ = member.drop_own(&kit.library);
            }
            Kind::Propose { epoch } if member.epoch() == epoch => {
                let _ = member.drop_own_proposals(&kit.library);
            }
            _ => {}
        }
    }

    /// The hub has accepted this client's commit. Only now does its state change (R16).
    pub(super) fn commit_accepted(&mut self, kit: &Kit, job: Job) {
        let Kind::Commit { epoch } = job.kind else { return };
        if self.member.as_ref().is_none_or(|member| member.epoch() != epoch) {
            return;
        }
        self.announce(kit, job.digest);
        let Some(member) = &mut self.member else { return };
        match member.merge_own(&kit.library) {
            Ok(()) => {
                self.entered(kit, Way::OwnCommit, job.digest);
                if let Some(wanted) = job.wanted {
                    let why = format!("at epoch {}", self.epoch());
                    self.end(kit, &wanted, Fate::Done, &why);
                }
                // Events of this epoch may have come before the answer.
                self.try_again(kit);
            }
            Err(error) => {
                self.must_rejoin(format!("the own accepted commit can't be merged: {error}"));
                self.again(job.wanted);
            }
        }
    }

    fn leave_accepted(&mut self, kit: &Kit, job: Job) {
        let Kind::Propose { epoch } = job.kind else { return };
        match self.epoch() == epoch {
            true => {
                self.record.exiting = true;
                if let Some(before) = std::mem::replace(&mut self.record.leaving, job.wanted) {
                    self.end(kit, &before, Fate::Abandoned, "asked for again");
                }
            }
            // A commit came first, and either had the proposals or voided them.
            false => self.again(job.wanted),
        }
    }

    fn submit_decided(&mut self, kit: &Kit, job: Job, response: SubmitMessageResponse) {
        let Some(wanted) = job.wanted else { return };
        match response {
            SubmitMessageResponse::Accepted { .. } => {
                if let Kind::Submit { epoch } = job.kind {
                    self.record.beats.sent(epoch);
                }
                self.end(kit, &wanted, Fate::Done, "accepted")
            }
            SubmitMessageResponse::EpochTooOld { current } => {
                self.record.heard_of = self.record.heard_of.max(current);
                self.again(Some(wanted));
            }
            SubmitMessageResponse::NotAllowed => {
                self.end(kit, &wanted, Fate::Refused, "the hub does not allow it");
            }
        }
    }

    /// A server refused the request itself, not what is in it.
    fn turned_away(&mut self, kit: &Kit, job: Job, reply: &Reply) {
        self.take_back(kit, &job);
        if self.record.standing == Standing::Creating {
            self.record.standing = Standing::Outside;
            if let Some(member) = self.member.take() {
                let _ = member.forget(&kit.library);
            }
        }
        let why = format!("status {}: {}", reply.status, String::from_utf8_lossy(&reply.body));
        if let Some(wanted) = job.wanted {
            self.end(kit, &wanted, Fate::Refused, &why);
        }
    }

    fn create_with(&mut self, kit: &Kit, job: Job, reply: &Reply) {
        let Some(wanted) = job.wanted else { return };
        let name = self.uri.name().to_owned();
        let creator = kit.actor.user.clone();
        let found = |charter: &Charter| {
            let state = charter.found(self.uri.clone(), &name, creator);
            Ok((state.map_err(|error| error.to_string())?, charter.franking))
        };
        let state = match (&wanted.wish.what, &wanted.estate) {
            (WishKind::Create(charter), _) => found(charter),
            (_, Some(estate)) => {
                Ok((self.taken_over(estate), estate.state.franking_agent.is_some()))
            }
            _ => Err("there is nothing to begin with".to_owned()),
        };
        let keys = HubKeys::decode(&reply.body).map_err(|error| error.to_string());
        let built = state.and_then(|(mut state, franks)| {
            let HubKeys { external_sender, franking_agent } = keys?;
            state.franking_agent = franks.then_some(franking_agent);
            Member::create(&kit.library, &kit.identity, &self.uri, &state, &external_sender)
                .and_then(|(member, info)| Ok((member.ratchet_tree()?, member, info)))
                .map_err(|error| error.to_string())
        });
        match built {
            Ok((tree, member, group_info)) => {
                self.member = Some(member);
                self.record.standing = Standing::Creating;
                let ratchet_tree = RatchetTreeOption::Full(tree);
                let about = format!("{} create", wanted.wish.intent);
                let body = CreateRoomRequest { group_info, ratchet_tree }.encode();
                self.begin(Job::new(Kind::Create, Some(wanted), about, body));
            }
            Err(why) => self.end(kit, &wanted, Fate::Refused, &why),
        }
    }

    fn created(&mut self, kit: &Kit, job: Job) {
        self.record.standing = Standing::Member;
        self.begin_stay();
        self.entered(kit, Way::Created, None);
        if let Some(wanted) = job.wanted {
            self.end(kit, &wanted, Fate::Done, "at epoch 0");
            self.want_clients(kit, &wanted);
        }
    }

    fn got_key_material(&mut self, kit: &Kit, job: Job, reply: &Reply) {
        let Some(mut wanted) = job.wanted else { return };
        match KeyMaterialResponse::decode(&reply.body, &MlsFraming) {
            Ok(response) => {
                let package = |client: &ClientKeyMaterial| match &client.status {
                    ClientStatus::Success(package) => Some(package.clone()),
                    _ => None,
                };
                let material: Vec<_> = response.clients.iter().filter_map(package).collect();
                if material.is_empty() {
                    return self.end(kit, &wanted, Fate::Refused, &no_material(&response));
                }
                wanted.material = Some(material);
                self.record.wanted.push_front(wanted);
            }
            Err(error) => self.end(kit, &wanted, Fate::Refused, &error.to_string()),
        }
    }

    /// A new stay in the room begins.
    pub(super) fn begin_stay(&mut self) {
        self.record.stay += 1;
        self.record.first_epoch = self.epoch();
        self.record.recover = None;
        self.record.behind_since_ms = None;
        self.record.outside_since_ms = None;
        self.record.exiting = false;
        self.record.futile = Futile::default();
        self.record.estate = None;
        self.record.hub = self.member.as_ref().and_then(Member::hub);
    }

    /// The client is in an epoch that it was not in before.
    pub(super) fn entered(&mut self, kit: &Kit, way: Way, commit: Option<Digest>) {
        let Some(member) = &mut self.member else { return };
        // The library's storage is in memory: writing has no way to fail.
        let _ = member.keep_to_policy(&kit.library);
        self.has_merged = !matches!(way, Way::Created | Way::Welcome);
        self.record.last_commit = commit;
        self.record.last_epoch = member.epoch();
        self.record.behind_since_ms = None;
        self.record.commit_due_ms = None;
        self.record.barred = None;
        self.record.denials = Denials::default();
        tracing::info!(room = %self.uri, epoch = member.epoch(), ?way, "entered");
        if let Ok(snapshot) = member.snapshot() {
            let stay = self.record.stay;
            kit.journal.record(kit.teller.entered(&self.uri, stay, way, commit, &snapshot));
            self.remember(kit, (way, commit), &snapshot);
        }
        // Whoever is still here after a commit was not let go by it: what was proposed is void,
        // and a leaver proposes again.
        self.record.exiting = false;
        if !kit.rules.readings().has(Reading::VoidedLeavesLapse) {
            let leaving: Option<Wanted> = self.record.leaving.take();
            self.again(leaving);
        }
    }
}
