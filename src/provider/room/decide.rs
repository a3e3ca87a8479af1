//! The decisions: from a request that is well-formed to what is accepted, or why not.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Accepted, Asker, Cached, HubRoom, Rejection, Tools, kind_of, refusal, refused};
use crate::mimi::policy::Capability;
use crate::mimi::rules::{
    CachedProposal, Handshake, HandshakeKind, Message, Proposer, Refusal, RuleSet, What, exiting,
};
use crate::mimi::uri::{ProviderName, UserUri};
use crate::mimi::wire::{FanoutExtra, GroupInfoOption, RatchetTreeOption};
use crate::mls::{Franker, PeekKind, Staged, View, welcome_message, welcome_references};
use crate::node::telling;
use crate::trace::{Change, Digest, Kind};

impl HubRoom {
    pub(super) fn commit(
        &mut self,
        tools: &Tools<'_>,
        asker: &Asker,
        (message, welcome, group_info): (&[u8], Option<&[u8]>, &GroupInfoOption),
        now_ms: u64,
    ) -> Result<Accepted, Rejection> {
        let Tools { library, rules, .. } = tools;
        let (staged, group_info) = self.valid_commit(tools, asker, message, group_info)?;
        let (recipients, used_key_packages) =
            self.recipients(rules, &staged.handshake, welcome, now_ms)?;
        let change = telling::change(self.view.state(), &staged.handshake);
        let deeds = telling::deeds(self.view.state(), &staged.handshake);
        let handshake = staged.handshake.clone();
        let user = concerned(&handshake)?;
        let before = self.providers()?;
        self.view.accept(library, staged).map_err(refusal)?;
        let proposals = self.step_on(&handshake, group_info.into_owned());
        let mut accepted = self.accept(
            rules,
            Accepted {
                index: 0,
                kind: kind_of(&handshake),
                epoch: handshake.epoch,
                digest: Digest::of(message),
                proposals,
                user,
                actor: handshake.client().cloned(),
                stamp: now_ms,
                change,
                deeds,
                newly_exiting: Vec::new(),
                used_key_packages,
                along: Vec::new(),
            },
        );
        let mut external_proposals = Vec::new();
        if handshake.kind == HandshakeKind::ExternalCommit {
            (accepted.along, external_proposals) = self.regenerated(tools, now_ms);
        }
        let extra = FanoutExtra::Commit { external_proposals };
        let mut audience = before;
        audience.extend(self.providers()?);
        self.send(&accepted, audience, message.to_vec(), extra);
        self.send_welcomes(&accepted, welcome, recipients)?;
        accepted.along.extend(self.certify(tools, now_ms));
        Ok(accepted)
    }

    /// A commit that may be accepted, with its whole GroupInfo.
    fn valid_commit<'a>(
        &self,
        Tools { library, rules, .. }: &Tools<'_>,
        asker: &Asker,
        message: &[u8],
        group_info: &'a GroupInfoOption,
    ) -> Result<(Staged, Cow<'a, [u8]>), Rejection> {
        self.check_outside(message, &[PeekKind::Commit, PeekKind::ExternalCommit])?;
        let staged = self.view.stage_commit(library, message).map_err(refusal)?;
        asker.speaks_for(&staged.handshake.actor)?;
        self.judge(rules, &staged.handshake)?;
        let group_info = whole(&staged, group_info)?;
        let rule = "group-info-matches";
        if rules.is_on(rule) && !View::matches(library, &staged, &group_info) {
            return Err(refused(
                rule,
                "the GroupInfo is not the committer's of the epoch that the commit leads to",
            )
            .into());
        }
        Ok((staged, group_info))
    }

    /// Nothing waits any more once a commit is part of the view. Returns the hashes of the
    /// proposals that it took along; what it left out is void with the epoch (as where a rule that
    /// asks for it is off).
    fn step_on(&mut self, handshake: &Handshake, group_info: Vec<u8>) -> Vec<Digest> {
        let parts = handshake.parts.iter();
        let named: BTreeSet<_> = parts.filter_map(|part| part.by_reference.as_ref()).collect();
        let cached = self.record.cached.drain(..);
        let committed = cached.filter(|cached| named.contains(&cached.proposal.reference));
        let proposals = committed.map(|cached| Digest::of(&cached.message)).collect();
        self.record.exiting.clear();
        self.record.provisional = self.view.state().clone();
        self.record.group_info = group_info;
        proposals
    }

    pub(super) fn proposals(
        &mut self,
        tools: &Tools<'_>,
        asker: &Asker,
        messages: &[&[u8]],
        now_ms: u64,
    ) -> Result<Accepted, Rejection> {
        let accepted = self.cache(tools, asker, messages, now_ms)?;
        let more = messages[1..].iter().map(|message| message.to_vec()).collect();
        let audience = self.providers()?;
        self.send(&accepted, audience, messages[0].to_vec(), FanoutExtra::Proposal { more });
        Ok(accepted)
    }

    /// Accepts proposals for the next commit. They are not sent to anyone yet.
    pub(super) fn cache(
        &mut self,
        Tools { library, rules, .. }: &Tools<'_>,
        asker: &Asker,
        messages: &[&[u8]],
        now_ms: u64,
    ) -> Result<Accepted, Rejection> {
        for message in messages {
            self.check_outside(message, &[PeekKind::Proposal])?;
        }
        let staged = self.view.stage_proposals(library, messages).map_err(refusal)?;
        asker.speaks_for(&staged.handshake.actor)?;
        let gone = self.judge_proposals(rules, &staged.handshake)?;
        let stays = |cached: &Cached| !gone.contains(&cached.proposal.reference);
        let kept: Vec<_> = self.record.cached.iter().filter(|it| stays(it)).cloned().collect();
        let provisional = self.with_waiting(&kept, &staged.handshake)?;
        let (handshake, references) = (staged.handshake.clone(), staged.references.clone());
        let user = concerned(&handshake)?;
        let change = telling::change(self.view.state(), &handshake);
        let deeds = telling::deeds(self.view.state(), &handshake);
        self.view.accept(library, staged).map_err(refusal)?;
        let exiting = exiting(self.view.state(), &provisional);
        let newly_exiting = exiting.difference(&self.record.exiting).cloned().collect();
        self.record.cached = kept;
        self.record.exiting = exiting;
        self.record.provisional = provisional;
        let accepted = self.accept(
            rules,
            Accepted {
                index: 0,
                kind: kind_of(&handshake),
                epoch: handshake.epoch,
                digest: Digest::of(messages[0]),
                proposals: messages.iter().map(|message| Digest::of(message)).collect(),
                user,
                actor: handshake.client().cloned(),
                stamp: now_ms,
                change,
                deeds,
                newly_exiting,
                used_key_packages: Vec::new(),
                along: Vec::new(),
            },
        );
        let parts = handshake.parts.into_iter().zip(references);
        for (message, (part, reference)) in messages.iter().zip(parts) {
            self.record.cached.push(Cached {
                message: message.to_vec(),
                accepted_at: accepted.stamp,
                proposal: CachedProposal { reference, sender: part.sender, what: part.what },
            });
        }
        Ok(accepted)
    }

    pub(super) fn message(
        &mut self,
        (rules, franker): (&RuleSet, &Franker),
        user: &UserUri,
        message: &[u8],
        now_ms: u64,
    ) -> Result<Accepted, Refusal> {
        let epoch = self.check_outside(message, &[PeekKind::Application])?;
        let members = self.view.members().map_err(refusal)?;
        let cached = self.cached_proposals();
        let base = self.base(rules, &members, &cached);
        rules.judge_message(&base, &Message { epoch, user: user.clone() })?;
        let tag = self.tag_to_frank(franker, message)?;
        let accepted = self.accept(
            rules,
            Accepted {
                index: 0,
                kind: Kind::Message,
                epoch,
                digest: Digest::of(message),
                proposals: Vec::new(),
                actor: None,
                user: user.clone(),
                stamp: now_ms,
                change: Change::default(),
                deeds: Vec::new(),
                newly_exiting: Vec::new(),
                used_key_packages: Vec::new(),
                along: Vec::new(),
            },
        );
        // Who is about to leave, or may not receive, gets no messages; a provider with nobody else
        // gets none (R22, RP03 §8.3).
        let silent = self.silenced(rules);
        let listening = members.iter().filter(|it| !silent.contains(&it.user));
        let audience = listening.map(|member| member.user.provider().clone()).collect();
        // The sender is in none of this (R40).
        let frank = tag.map(|tag| self.frank(franker, &tag, &accepted));
        let extra = FanoutExtra::Application { frank };
        self.send(&accepted, audience, message.to_vec(), extra);
        Ok(accepted)
    }

    /// Users that get no application messages: those on their way out, and whose role lacks the
    /// right.
    pub fn silenced(&self, rules: &RuleSet) -> BTreeSet<UserUri> {
        let mut silent = self.record.exiting.clone();
        if rules.is_on("may-receive") {
            let state = self.view.state();
            let listed = state.participants.participants.iter().map(|listed| &listed.user);
            silent.extend(listed.filter(|it| !state.can(it, Capability::RECEIVE_MESSAGE)).cloned());
        }
        silent
    }

    /// Which providers the Welcome is for, and the KeyPackages that it uses. All KeyPackages that a
    /// commit adds must have gone through this hub (R5) and not be over yet (R8), and a Welcome
    /// comes with a commit that adds somebody, and only then.
    fn recipients(
        &self,
        rules: &RuleSet,
        handshake: &Handshake,
        welcome: Option<&[u8]>,
        now_ms: u64,
    ) -> Result<(BTreeSet<ProviderName>, Vec<Vec<u8>>), Refusal> {
        let rule = "key-material-through-the-hub";
        let adds = handshake.parts.iter().any(|part| matches!(part.what, What::Add(_)));
        let Some(welcome) = welcome else {
            return match adds {
                true => Err(refused(rule, "a commit that adds clients brings their Welcome")),
                false => Ok(Default::default()),
            };
        };
        let references = welcome_references(&welcome_message(welcome)).map_err(refusal)?;
        let route = |reference: &Vec<u8>| {
            let route = self.record.routes.get(reference).ok_or_else(|| {
                refused(rule, "the Welcome is for a KeyPackage that this hub did not pass on")
            })?;
            let fresh = "key-package-not-expired";
            if rules.is_on(fresh) && route.is_over(now_ms) {
                return Err(refused(fresh, "the Welcome is for a KeyPackage that has expired"));
            }
            Ok(route.provider.clone())
        };
        let recipients = references.iter().map(route).collect::<Result<_, _>>()?;
        Ok((recipients, references))
    }

    fn send_welcomes(
        &mut self,
        accepted: &Accepted,
        welcome: Option<&[u8]>,
        recipients: BTreeSet<ProviderName>,
    ) -> Result<(), Refusal> {
        let Some(welcome) = welcome else { return Ok(()) };
        let message = welcome_message(welcome);
        let tree = self.view.ratchet_tree().map_err(refusal)?;
        for reference in &accepted.used_key_packages {
            self.record.routes.remove(reference);
        }
        let extra = FanoutExtra::Welcome { ratchet_tree: RatchetTreeOption::Full(tree) };
        self.send(accepted, recipients, message, extra);
        Ok(())
    }
}

/// The GroupInfo that came with a commit; where a part of it came, the hub knows the rest.
fn whole<'a>(staged: &Staged, group_info: &'a GroupInfoOption) -> Result<Cow<'a, [u8]>, Refusal> {
    match group_info {
        GroupInfoOption::Full(whole) => Ok(Cow::Borrowed(whole)),
        GroupInfoOption::Partial(partial) => View::complete(staged, partial)
            .map(Cow::Owned)
            .map_err(|error| refused("group-info-matches", &error.to_string())),
    }
}

/// The user behind a handshake, or the first whose clients a server's proposals take out; where
/// they take out none, a name that stands for the server.
fn concerned(handshake: &Handshake) -> Result<UserUri, Refusal> {
    let mut removed = handshake.parts.iter().filter_map(|part| part.what.removes());
    let user = handshake.client().or_else(|| removed.next()).map(|actor| actor.user.clone());
    let server = match &handshake.actor {
        Proposer::Server(server) if user.is_none() => UserUri::new(server, server.as_str()).ok(),
        _ => None,
    };
    user.or(server).ok_or_else(|| refused("body-is-well-formed", "nobody is behind it"))
}
