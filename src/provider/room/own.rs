//! What a hub proposes of its own accord: that the clients of users go whom it wants out.
//!
//! A hub is an external sender of its rooms' groups (P06 §7.4). It proposes one Remove for each
//! client; the change of the list can't be proposed by a server, and falls to the next committer
//! ([`crate::mimi::rules::servers`]). Its proposals take the way of all others: judged by the same
//! rules, cached, fanned out. An external commit voids them, and nobody but the hub can make them
//! anew; they go out stapled to that commit (R34), so that whoever is in the new epoch has them.
//!
//! Where the rules object (the last admin, say, or a room whose membership is fixed), the user
//! stays, and the hub tries again after the next commit.

use super::{Accepted, Asker, HubRoom, Rejection, Tools, refusal};
use crate::mimi::uri::{ClientUri, UserUri};

impl HubRoom {
    /// Users that the hub wants out and that have clients whose removal does not wait yet.
    pub fn overstaying(&self) -> Vec<UserUri> {
        let users = self.record.unwanted.iter();
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
        (all, sent)
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
