//! Of two proposals that can't be committed together, which one stays (Q3).
//!
//! A hub checks each proposal, and each commit includes all that it has accepted (R18). What is to
//! become of two that are right one by one and wrong together (the last two admins leave), the
//! drafts don't say. Usually the one that came first stays and the other one is refused, so that
//! nothing is lost that was accepted. In the reading `later-proposal-wins` a newcomer is taken
//! where it is right by itself, and what waited gives way to it: from the newest to the oldest,
//! that stays which fits with what stays already.
//!
//! A sender's proposals in a row stand or fall together: a leave is several. Hub and members work
//! it out alike, from the same proposals in the order of their acceptance.

use std::collections::BTreeSet;

use super::servers;
use super::{Base, CachedProposal, Handshake, HandshakeKind, Part, Reading, Refusal, RuleSet};
use crate::mimi::room::RoomState;
use crate::mimi::uri::UserUri;

/// Of what waits in `base`, that which gives way to `newcomer`, by ProposalRef: nothing, as a rule.
///
/// # Errors
/// When the newcomer may not be accepted.
pub fn giving_way(
    rules: &RuleSet,
    base: &Base<'_>,
    newcomer: &Handshake,
) -> Result<BTreeSet<Vec<u8>>, Refusal> {
    let refused = match rules.judge_handshake(base, newcomer) {
        Ok(()) => return Ok(BTreeSet::new()),
        Err(refusal) => refusal,
    };
    let may_displace = newcomer.kind == HandshakeKind::Proposals
        && base.readings.has(Reading::LaterProposalWins)
        && fits(rules, base, &[], newcomer);
    if !may_displace {
        return Err(refused);
    }
    let (mut kept, mut gone) = (Vec::new(), BTreeSet::new());
    for bundle in bundles(base.cached).into_iter().rev() {
        let with = [bundle, &kept[..]].concat();
        match fits(rules, base, &with, newcomer) {
            true => kept = with,
            false => gone.extend(bundle.iter().map(|it| it.reference.clone())),
        }
    }
    Ok(gone)
}

/// Of all that came since the last commit (`base.cached`, in the order of acceptance), that which
/// has given way to what came later, by ProposalRef. For members, to whom it may come in another
/// order.
pub fn gave_way(rules: &RuleSet, base: &Base<'_>) -> BTreeSet<Vec<u8>> {
    let (mut kept, mut gone) = (Vec::<CachedProposal>::new(), BTreeSet::new());
    for bundle in bundles(base.cached) {
        let newcomer = as_handshake(base.epoch, bundle);
        // The hub took it: what this judge can't see in it is no reason against it.
        let way = with_waiting(base, &kept, |base| giving_way(rules, base, &newcomer));
        let way = way.and_then(Result::ok).unwrap_or_default();
        kept.retain(|it| !way.contains(&it.reference));
        kept.extend_from_slice(bundle);
        gone.extend(way);
    }
    gone
}

/// Users that are in the room, and not once everything that waits is committed (R22).
pub fn exiting(committed: &RoomState, provisional: &RoomState) -> BTreeSet<UserUri> {
    let users = committed.participants.participants.iter().map(|listed| &listed.user);
    let goes =
        |user: &&UserUri| committed.is_participant(user) && !provisional.is_participant(user);
    users.filter(goes).cloned().collect()
}

fn fits(
    rules: &RuleSet,
    base: &Base<'_>,
    waiting: &[CachedProposal],
    newcomer: &Handshake,
) -> bool {
    let judged = with_waiting(base, waiting, |base| rules.judge_handshake(base, newcomer));
    judged.is_some_and(|verdict| verdict.is_ok())
}

/// The same base with only these proposals waiting; none where they can't be committed together.
fn with_waiting<T>(
    base: &Base<'_>,
    waiting: &[CachedProposal],
    look: impl FnOnce(&Base<'_>) -> T,
) -> Option<T> {
    let proposed: Vec<_> = waiting.iter().map(|it| (&it.sender, &it.what)).collect();
    let provisional = servers::provisional(base.committed, base.members, &proposed).ok()?;
    let exiting = exiting(base.committed, &provisional);
    Some(look(&Base { provisional: &provisional, cached: waiting, exiting: &exiting, ..*base }))
}

fn bundles(waiting: &[CachedProposal]) -> Vec<&[CachedProposal]> {
    waiting.chunk_by(|one, next| one.sender == next.sender).collect()
}

fn as_handshake(epoch: u64, bundle: &[CachedProposal]) -> Handshake {
    let part = |it: &CachedProposal| {
        let (sender, what) = (it.sender.clone(), it.what.clone());
        Part { sender, by_reference: None, what }
    };
    Handshake {
        kind: HandshakeKind::Proposals,
        epoch,
        // A bundle is never empty: `chunk_by` gives no empty slice.
        actor: bundle[0].sender.clone(),
        parts: bundle.iter().map(part).collect(),
    }
}
