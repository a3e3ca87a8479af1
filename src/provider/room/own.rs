//! What a hub proposes of its own accord: that the clients of users go whom it wants out, and which
//! followers' servers may propose beside it.
//!
//! A hub is an external sender of its rooms' groups (P06 §7.4). It proposes one Remove for each
//! client; the change of the list can't be proposed by a server, and falls to the next committer
//! ([`crate::mimi::rules::servers`]). Its proposals take the way of all others: judged by the same
//! rules, cached, fanned out. An external commit voids them, and nobody but the hub can make them
//! anew; they go out stapled to that commit (R34), so that whoever is in the new epoch has them.
//!
//! The certificate of a follower whom the room preauthorises comes with its first participant and
//! goes with its last (R26), in the commit after the one that changed the list. While changes of
//! the room state wait, the hub holds it back: OpenMLS commits no AppDataUpdate ahead of a
//! GroupContextExtensions. That is no loss after a commit, when nothing waits.
//!
//! Where the rules object (the last admin whose account has ended, say, or a room whose membership
//! is fixed), the user stays, and the hub tries again after the next commit. Neither keeps who is
//! gone from the room that this one depends on.

use super::{Accepted, Asker, Cached, HubRoom, Rejection, Tools, refusal};
use crate::mimi::rules::{What, servers};
use crate::mimi::uri::{ClientUri, ProviderName, UserUri};
use crate::mimi::wire::FanoutExtra;

impl HubRoom {
    /// Users that the hub wants out and that have clients whose removal does not wait yet.
    pub fn overstaying(&self) -> Vec<UserUri> {
        let users = self.record.unwanted.union(&self.record.outsiders);
        users.filter(|user| !self.clients_to_remove(user).is_empty()).cloned().collect()
    }

    /// Proposes that the user's clients go.
    ///
    /// # Errors
    /// When a rule objects; the room is as before.
    pub fn expel(
        &mut self,
        tools: &Tools<'_>,
        user: &UserUri,
        now_ms: u64,
    ) -> Result<Accepted, Rejection> {
        let messages = self.removals(tools, user)?;
        let slices: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        self.proposals(tools, &self.as_asker(), &slices, now_ms)
    }

    /// After an external commit: what was void of the hub's own proposals, made anew, with all
    /// their messages.
    pub(super) fn regenerated(
        &mut self,
        tools: &Tools<'_>,
        now_ms: u64,
    ) -> (Vec<Accepted>, Vec<Vec<u8>>) {
        let (mut all, mut sent) = (Vec::new(), Vec::new());
        for user in self.overstaying() {
            let Ok(messages) = self.removals(tools, &user) else { continue };
            let slices: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
            if let Ok(accepted) = self.cache(tools, &self.as_asker(), &slices, now_ms) {
                all.push(accepted);
                sent.extend(messages);
            }
        }
        if let Some((accepted, message)) = self.cache_senders(tools, now_ms) {
            all.push(accepted);
            sent.push(message);
        }
        (all, sent)
    }

    /// Followers whose certificate the room is to have and the hub does not know.
    pub fn missing_certificates(&self) -> Vec<ProviderName> {
        let wanted = servers::followers_to_propose(self.view.state());
        wanted.into_iter().filter(|it| !self.record.certificates.contains_key(it)).collect()
    }

    /// Proposes who the external senders are, where they are others than they should be.
    pub fn certify(&mut self, tools: &Tools<'_>, now_ms: u64) -> Option<Accepted> {
        let (accepted, message) = self.cache_senders(tools, now_ms)?;
        let audience = self.providers().ok()?;
        self.send(&accepted, audience, message, FanoutExtra::Proposal { more: Vec::new() });
        Some(accepted)
    }

    fn cache_senders(&mut self, tools: &Tools<'_>, now_ms: u64) -> Option<(Accepted, Vec<u8>)> {
        let followers = servers::followers_to_propose(self.view.state());
        let known = &self.record.certificates;
        let due: Vec<_> = followers.iter().filter_map(|it| Some((it, known.get(it)?))).collect();
        let current = self.view.external_senders().ok()?;
        let as_it_should = current.iter().skip(1).eq(due.iter().map(|(name, _)| *name));
        let waits =
            |cached: &Cached| matches!(cached.proposal.what, What::Update(_) | What::Senders(_));
        if as_it_should || self.record.cached.iter().any(waits) {
            return None;
        }
        let others: Vec<_> = due.into_iter().map(|(_, sender)| sender.clone()).collect();
        let message = self.view.propose_senders(tools.library, tools.identity, &others).ok()?;
        let accepted = self.cache(tools, &self.as_asker(), &[&message], now_ms).ok()?;
        Some((accepted, message))
    }

    fn as_asker(&self) -> Asker {
        Asker::Provider(self.uri.provider().clone())
    }

    fn removals(&self, tools: &Tools<'_>, user: &UserUri) -> Result<Vec<Vec<u8>>, Rejection> {
        let own = (self.uri.provider(), tools.identity);
        let clients = self.clients_to_remove(user);
        let messages = self.view.propose_removals(tools.library, own, &clients);
        messages.map_err(|error| refusal(error).into())
    }

    fn clients_to_remove(&self, user: &UserUri) -> Vec<ClientUri> {
        let waits = |client: &ClientUri| {
            let mut cached = self.record.cached.iter().filter_map(|it| it.proposal.what.removes());
            cached.any(|removed| removed.client == *client)
        };
        let members = self.view.members().unwrap_or_default().into_iter();
        let its = members.filter(|member| member.user == *user).map(|member| member.client);
        its.filter(|client| !waits(client)).collect()
    }
}
