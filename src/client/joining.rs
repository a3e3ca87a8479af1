//! The way in from outside: GroupInfo, external commit, and adopting the group that it made.
//!
//! The same way serves a new client of a listed user, a user that returns, a user who is not listed
//! and lists itself where the room lets it, and a member that has lost track and must rejoin. The
//! group that an external commit leads to is built in a store of its own, since the library puts it
//! there before the hub has said anything (study/openmls.md §4); it becomes this client's group
//! when the hub has accepted.

use super::job::{Job, Kind, Wanted};
use super::kit::Kit;
use super::room::{Denials, Futile, Room, Standing};
use crate::mimi::room::{ComponentUpdate, ParticipantListUpdate, RoomState};
use crate::mimi::rules::joining::role_to_enter;
use crate::mimi::wire::{GroupInfoRequest, GroupInfoResponse, RatchetTreeOption};
use crate::mls::{Committed, Member, MlsError, Store, judge_hub, open_group_info, state_in};
use crate::node::Reply;
use crate::node::wish::WishKind;
use crate::trace::{Digest, Event, Fate, Way};

/// Pause before a refused or failed rejoin is tried again, in milliseconds.
const PAUSE_MS: u64 = 1_000;

/// The rule that a GroupInfo is held against.
const HUBS_OWN: &str = "group-info-is-the-hubs";

impl Room {
    pub(super) fn begin_recovery(&mut self, kit: &Kit, why: &str) {
        tracing::warn!(room = %self.uri, why, "must rejoin");
        let (room, why) = (self.uri.clone(), why.to_owned());
        kit.journal.record(Event::Resyncing { room, why });
        self.begin_group_info(kit, None);
    }

    pub(super) fn begin_group_info(&mut self, kit: &Kit, wanted: Option<Wanted>) {
        if wanted.is_some() {
            self.record.denials = Denials::none(!self.is_reader);
        }
        let code = wanted.as_ref().and_then(code).map(str::as_bytes);
        match GroupInfoRequest::signed(&kit.library, &kit.identity, code) {
            Ok((request, key)) => {
                let about = match &wanted {
                    Some(wanted) => format!("{} group info", wanted.wish.intent),
                    None => format!("resync {} {}", self.uri.name(), self.record.stay),
                };
                self.begin(Job::new(Kind::GroupInfo(key), wanted, about, request.encode()));
            }
            Err(error) => self.not_joined(kit, wanted, &error.to_string()),
        }
    }

    pub(super) fn got_group_info(&mut self, kit: &Kit, job: Job, reply: &Reply, now_ms: u64) {
        let Kind::GroupInfo(key) = &job.kind else { return };
        let response = match GroupInfoResponse::decode(&reply.body) {
            Ok(response @ GroupInfoResponse::Success { .. }) => response,
            Ok(refusal) => {
                let why = format!("the hub answered {}", refusal.code_name());
                self.record.denials.add();
                if self.record.recover.take().is_some() && job.wanted.is_none() {
                    // No participant any more, or one on its way out.
                    return self.denied(kit);
                }
                return self.not_joined(kit, job.wanted, &why);
            }
            Err(error) => return self.not_joined(kit, job.wanted, &error.to_string()),
        };
        let opened = match open_group_info(&kit.library, &self.uri, key, &response) {
            Ok(opened) => opened,
            Err(error) => return self.not_joined(kit, job.wanted, &error.to_string()),
        };
        let known = self.record.hub.as_deref();
        if let Err(why) = judge_hub(&self.uri, &response, &opened, known)
            && kit.rules.is_on(HUBS_OWN)
        {
            self.reject(kit, Digest::of(&reply.body), HUBS_OWN, &why);
            return self.no_way_in(kit, job.wanted, &format!("{HUBS_OWN}: {why}"));
        }
        let has_code = job.wanted.as_ref().and_then(code).is_some();
        match self.build_join(kit, &opened.group_info, &opened.ratchet_tree, has_code) {
            Ok(Some((epoch, store, committed))) => {
                let about = match &job.wanted {
                    Some(wanted) => format!("{} join", wanted.wish.intent),
                    None => format!("rejoin {} {}", self.uri.name(), self.record.stay),
                };
                let body = super::replies::update_body(kit, &committed);
                let join = Job::new(Kind::Join { epoch, store }, job.wanted, about, body);
                self.begin(join.with_digest(&committed.message));
            }
            Ok(None) => {
                // The hub is no further than this client: rejoining would lead back (N-11).
                self.record.recover = None;
                self.record.behind_since_ms = None;
                self.record.heard_of = 0;
                self.record.rest_until_ms = now_ms + PAUSE_MS;
            }
            Err(error) => {
                // It would be as wrong at once.
                self.record.rest_until_ms = self.record.rest_until_ms.max(now_ms + PAUSE_MS);
                self.not_joined(kit, job.wanted, &error.to_string());
            }
        }
    }

    /// The hub refused the external commit, since its epoch is over. As a rule somebody else came
    /// first, and the GroupInfo of the next epoch is there. Where it is the same one again, this
    /// client asks more and more seldom, and in the end no more.
    pub(super) fn join_overtaken(
        &mut self,
        kit: &Kit,
        wanted: Option<Wanted>,
        epoch: u64,
        now_ms: u64,
    ) {
        if self.has_a_welcome() {
            // Another way in has opened meanwhile.
            self.try_again(kit);
            if self.record.standing == Standing::Member && self.record.recover.is_none() {
                return self.again(wanted);
            }
        }
        self.record.futile.add(epoch);
        let futile = self.record.futile;
        if futile.is_final() {
            self.record.futile = Futile::default();
            let why = format!("the hub gives the GroupInfo of epoch {epoch}, and calls it over");
            return self.no_way_in(kit, wanted, &why);
        }
        let rest_until_ms = now_ms + futile.pause_ms();
        if futile.pause_ms() > 0 {
            self.record.rest_until_ms = self.record.rest_until_ms.max(rest_until_ms);
        }
        self.begin_group_info(kit, wanted);
    }

    /// What the hub gives leads nowhere. That counts as not being let in.
    fn no_way_in(&mut self, kit: &Kit, wanted: Option<Wanted>, why: &str) {
        if wanted.is_none() {
            self.record.denials.add();
        }
        let is_final = wanted.is_none() && self.record.denials.are_final();
        self.not_joined(kit, wanted, why);
        if is_final {
            self.denied(kit);
        }
    }

    /// Builds the external commit; none where the GroupInfo is not ahead of what a member has.
    fn build_join(
        &self,
        kit: &Kit,
        group_info: &[u8],
        tree: &RatchetTreeOption,
        has_code: bool,
    ) -> Result<Option<(u64, Store, Committed)>, MlsError> {
        let RatchetTreeOption::Full(tree) = tree else {
            return Err(MlsError::Malformed("GroupInfo answer: it has no ratchet tree"));
        };
        let scratch = kit.library.scratch()?;
        let entry = own_entry(kit, &state_in(&kit.library, group_info)?, has_code);
        let (joined, committed) =
            Member::join_externally(&scratch, &kit.identity, group_info, tree, entry.as_ref())?;
        let epoch = joined.epoch() - 1;
        let anew = self.record.recover.as_ref().is_some_and(|recovery| recovery.anew);
        let leads_on = self
            .member
            .as_ref()
            .is_none_or(|member| epoch > member.epoch() || (anew && epoch == member.epoch()));
        Ok(leads_on.then(|| (epoch, scratch.store(), committed)))
    }

    /// The hub has accepted the external commit: the group becomes this client's.
    pub(super) fn join_accepted(&mut self, kit: &Kit, job: Job) {
        let Kind::Join { store, .. } = &job.kind else { return };
        if let Some(member) = self.member.take() {
            let _ = member.forget(&kit.library);
        }
        kit.library.adopt(store);
        match Member::load(&kit.library, &self.uri) {
            Ok(member) => {
                self.member = Some(member);
                self.record.standing = Standing::Member;
                self.begin_stay();
                self.entered(kit, Way::ExternalCommit, job.digest);
                if let Some(wanted) = job.wanted {
                    let why = format!("at epoch {}", self.epoch());
                    self.end(kit, &wanted, Fate::Done, &why);
                }
                self.try_again(kit);
            }
            Err(error) => self.not_joined(kit, job.wanted, &error.to_string()),
        }
    }

    /// This client has lost its way, and the hub does not lead it back. It listens on for a commit
    /// after which that may change, until it is plain that it is out.
    pub(super) fn denied(&mut self, kit: &Kit) {
        if self.record.standing == Standing::Member {
            self.record.estate = self.estate(&kit.actor.user).map(Box::new);
            // A Welcome that came meanwhile may lead back in: somebody has added it again.
            self.put_out(kit, None, self.record.out_since, false);
            self.try_again(kit);
            if self.record.standing == Standing::Member {
                return;
            }
        }
        // Between two denials there was a commit: it took the user out that had asked for it, or
        // voided that, and then the hub would let it in.
        let has_left = self.record.leaving.is_some() && self.record.denials.is_more_than_one();
        if has_left || self.record.denials.are_final() {
            self.leave_ends(kit, true);
            self.read_no_more();
        }
    }

    fn not_joined(&mut self, kit: &Kit, wanted: Option<Wanted>, why: &str) {
        if let Some(wanted) = wanted {
            self.end(kit, &wanted, Fate::Refused, why);
        } else {
            kit.journal.record(Event::Rejected {
                room: self.uri.clone(),
                digest: Digest::of(why.as_bytes()),
                rule: "mls".to_owned(),
                why: format!("not rejoined: {why}"),
            });
            self.record.recover = None;
        }
        // A Welcome may have waited for this.
        self.try_again(kit);
    }
}

/// The join code that a wish names.
fn code(wanted: &Wanted) -> Option<&str> {
    match &wanted.wish.what {
        WishKind::JoinWith(code) => Some(code),
        _ => None,
    }
}

/// The entry in the list that a user who has none makes for itself. None where it is listed, and
/// where there is no way in: the hub will say so.
fn own_entry(kit: &Kit, state: &RoomState, has_code: bool) -> Option<ComponentUpdate> {
    let role = role_to_enter(state, &kit.actor, has_code)?;
    let update = ParticipantListUpdate::add(kit.actor.user.clone(), role);
    Some(ComponentUpdate::Participants(update))
}
