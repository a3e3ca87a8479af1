//! What a `change-policy` step changes: one key, with its value.
//!
//! ```toml
//! { at = "5s", who = "A1", do = "change-policy", max_users = 3 }
//! { at = "6s", who = "A1", do = "change-policy", preauthorized = { user = "bob", role = "guest" } }
//! ```

use super::fields::Fields;
use super::problem::Complaint;
use super::rooms;
use super::topology::Topology;
use super::write::text;
use crate::mimi::room::PolicyChange;

/// What a step can change, one at a time.
pub(super) const KEYS: &[&str] = &[
    "roles",
    "max_users",
    "max_clients",
    "multi_device",
    "external_commits",
    "external_proposals",
    "fixed_membership",
    "epoch_tolerance",
    "max_skip",
    "preauthorized",
    "join_code",
    "no_join_code",
];

/// Reads the one change that the step names.
pub(super) fn read(fields: &Fields<'_>, topology: &Topology) -> Result<PolicyChange, Complaint> {
    let mut named = KEYS.iter().filter_map(|key| fields.get(key).map(|value| (*key, value)));
    let (Some((key, value)), None) = (named.next(), named.next()) else {
        let what = "what of the policy changes?";
        let expected = format!("expected exactly one of {}", KEYS.join(", "));
        return Err(Complaint::new(fields.span(), what, expected));
    };
    let number =
        || value.number(1..=u64::from(u32::MAX)).map(|it| it.try_into().unwrap_or(u32::MAX));
    let words = |expected| Ok::<_, Complaint>(value.text(expected)?.text.to_owned());
    Ok(match key {
        "roles" => PolicyChange::Roles(rooms::policy(&value)?),
        "max_users" => PolicyChange::MaxUsers(number()?),
        "max_clients" => PolicyChange::MaxClients(number()?),
        "multi_device" => PolicyChange::MultiDevice(value.flag()?),
        "external_commits" => PolicyChange::ExternalCommits(value.flag()?),
        "external_proposals" => PolicyChange::ExternalProposals(value.flag()?),
        "fixed_membership" => PolicyChange::FixedMembership(value.flag()?),
        "max_skip" => {
            let number = value.number(0..=u64::from(u32::MAX))?;
            PolicyChange::MaxSkip(number.try_into().unwrap_or(u32::MAX))
        }
        "epoch_tolerance" => {
            PolicyChange::EpochTolerance(value.number(0..=255)?.try_into().unwrap_or(u8::MAX))
        }
        "preauthorized" => {
            let (whom, role) = rooms::preauthorisation(value, topology)?;
            PolicyChange::Preauthorize(whom, role)
        }
        "join_code" => PolicyChange::JoinCode(words("a code to join with")?),
        _ => PolicyChange::NoJoinCode(words("a code to join with")?),
    })
}

/// The change as the step's key again.
pub(super) fn written(change: &PolicyChange) -> String {
    match change {
        PolicyChange::Roles(policy) => format!("roles = {}", text(policy)),
        PolicyChange::MaxUsers(most) => format!("max_users = {most}"),
        PolicyChange::MaxClients(most) => format!("max_clients = {most}"),
        PolicyChange::MultiDevice(several) => format!("multi_device = {several}"),
        PolicyChange::ExternalCommits(allowed) => format!("external_commits = {allowed}"),
        PolicyChange::ExternalProposals(allowed) => format!("external_proposals = {allowed}"),
        PolicyChange::FixedMembership(fixed) => format!("fixed_membership = {fixed}"),
        PolicyChange::MaxSkip(most) => format!("max_skip = {most}"),
        PolicyChange::EpochTolerance(epochs) => format!("epoch_tolerance = {epochs}"),
        PolicyChange::Preauthorize(whom, role) => {
            format!("preauthorized = {}", rooms::entry(whom, role))
        }
        PolicyChange::JoinCode(code) => format!("join_code = {}", text(code)),
        PolicyChange::NoJoinCode(code) => format!("no_join_code = {}", text(code)),
    }
}
