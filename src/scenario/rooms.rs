//! What a file says of a room: its hub, and the policy that it is founded with.
//!
//! ```toml
//! rooms.hall = { hub = "a.example", policy = "strict", join_codes = ["abc"], max_users = 9 }
//! ```
//!
//! Whatever is left out is as in the preset. That the whole makes a room is tried here, so that a
//! mistake is answered in the file and not in the run.

use super::fields::{Fields, Text, Value};
use super::problem::Complaint;
use super::topology::Topology;
use super::write::{range, text, texts};
use crate::mimi::policy::{Capability, PRESETS, PendingProposalPolicy, Preset, REGISTRY};
use crate::mimi::room::{Charter, CharterError, Whom};
use crate::mimi::uri::{ProviderName, RoomUri, UserUri};

pub(super) const KEYS: &[&str] = &[
    "hub",
    "policy",
    "participants",
    "fixed_membership",
    "parent",
    "multi_device",
    "max_users",
    "max_clients",
    "lacking",
    "granting",
    "franking",
    "preauthorized",
    "join_codes",
    "external_commits",
    "external_proposals",
    "epoch_tolerance",
    "max_skip",
    "pending_proposals",
];

/// The fields of a room, and its hub.
pub(super) fn fields<'t>(
    value: &Value<'t>,
    topology: &Topology,
) -> Result<(Fields<'t>, ProviderName), Complaint> {
    let fields = value.fields("a room", KEYS)?;
    let hub = fields.need("hub", "the provider that makes it")?;
    let hub = topology.provider(&hub.text("the domain of a provider")?)?.clone();
    Ok((fields, hub))
}

/// What the fields say of the room's policy; all rooms are known by now.
pub(super) fn charter(
    fields: &Fields<'_>,
    uri: &RoomUri,
    topology: &Topology,
) -> Result<Charter, Complaint> {
    let most = |key| fields.get(key).map(|value| value.number(1..=u64::from(u32::MAX)));
    let most = |key| Ok::<_, Complaint>(most(key).transpose()?.and_then(|it| it.try_into().ok()));
    let flag = |key, usual| fields.get(key).map_or(Ok(usual), |value| value.flag());
    let usual = Charter::default();
    let mut charter = Charter {
        policy: fields.get("policy").map_or(Ok(usual.policy.clone()), |value| policy(&value))?,
        participants: participants(fields, topology)?,
        fixed_membership: flag("fixed_membership", false)?,
        parent: parent(fields, uri, topology)?,
        multi_device: flag("multi_device", true)?,
        max_users: most("max_users")?,
        max_clients: most("max_clients")?,
        lacking: capabilities(fields, "lacking")?,
        granting: capabilities(fields, "granting")?,
        franking: flag("franking", true)?,
        preauthorized: preauthorized(fields, topology)?,
        join_codes: join_codes(fields)?,
        ..usual
    };
    let operational = &mut charter.operational;
    operational.external_commit_allowed = flag("external_commits", true)?;
    operational.external_proposal_allowed = flag("external_proposals", true)?;
    let messages = &mut operational.app_messages;
    if let Some(value) = fields.get("epoch_tolerance") {
        messages.epoch_tolerance = value.number(0..=255)?.try_into().unwrap_or(u8::MAX);
    }
    if let Some(value) = fields.get("max_skip") {
        let number = value.number(0..=u64::from(u32::MAX))?;
        messages.max_generations_skipahead = number.try_into().unwrap_or(u32::MAX);
    }
    if let Some(value) = fields.get("pending_proposals") {
        operational.pending_proposals = pending_proposals(&value)?;
    }
    tried(&charter, fields, uri)?;
    Ok(charter)
}

/// The room is founded once, by nobody in particular, to see whether it can be.
fn tried(charter: &Charter, fields: &Fields<'_>, uri: &RoomUri) -> Result<(), Complaint> {
    // The creator is not known yet; any name will do that no participant has.
    let Ok(creator) = UserUri::new(uri.provider(), "somebody.who.creates.it") else {
        return Ok(());
    };
    let Err(error) = charter.found(uri.clone(), uri.name(), creator) else { return Ok(()) };
    let keys = ["lacking", "granting", "preauthorized"];
    let place = keys.iter().find_map(|key| fields.get(key));
    let place = place.map_or(fields.span().clone(), |value| value.span());
    let preset = Preset::named(&charter.policy);
    let roles = preset.map(|preset| preset.roles().roles).unwrap_or_default();
    let expected = match &error {
        CharterError::UnknownRole { .. } => {
            let names: Vec<_> = roles.iter().skip(1).map(|role| role.name.as_str()).collect();
            format!("expected one of {}", names.join(", "))
        }
        _ => "expected a policy that doesn't contradict itself".to_owned(),
    };
    Err(Complaint::new(&place, error.to_string(), expected))
}

/// The name of a preset.
pub(super) fn policy(value: &Value<'_>) -> Result<String, Complaint> {
    let name = value.text("the name of a policy")?;
    match Preset::named(name.text) {
        Some(preset) => Ok(preset.name.to_owned()),
        None => {
            let known = PRESETS.iter().map(|preset| preset.name);
            Err(Complaint::unknown(&name.span, "policy", name.text, known))
        }
    }
}

fn participants(fields: &Fields<'_>, topology: &Topology) -> Result<Vec<UserUri>, Complaint> {
    let Some(value) = fields.get("participants") else { return Ok(Vec::new()) };
    let names = value.texts("a list of users such as [\"bob\"]")?;
    names.iter().map(|name| user(name, topology)).collect()
}

fn user(name: &Text<'_>, topology: &Topology) -> Result<UserUri, Complaint> {
    let short = topology.user(name)?;
    Ok(topology.users[&short].uri.clone())
}

fn parent(
    fields: &Fields<'_>,
    uri: &RoomUri,
    topology: &Topology,
) -> Result<Option<RoomUri>, Complaint> {
    let Some(value) = fields.get("parent") else { return Ok(None) };
    let name = value.text("the short name of another room of the same hub")?;
    let others = || topology.rooms.iter().filter(|(_, room)| room.uri != *uri);
    let others = || others().filter(|(_, room)| room.uri.provider() == uri.provider());
    match others().find(|(other, _)| *other == name.text) {
        Some((_, room)) => Ok(Some(room.uri.clone())),
        None => {
            let known = others().map(|(name, _)| name.as_str());
            Err(Complaint::unknown(&name.span, "room of the same hub", name.text, known))
        }
    }
}

fn preauthorized(
    fields: &Fields<'_>,
    topology: &Topology,
) -> Result<Vec<(Whom, String)>, Complaint> {
    let Some(value) = fields.get("preauthorized") else { return Ok(Vec::new()) };
    let form = "a list such as [{ provider = \"b.example\", role = \"ordinary_user\" }]";
    value.list(form)?.into_iter().map(|value| preauthorisation(value, topology)).collect()
}

/// One entry of the preauthorised.
pub(super) fn preauthorisation(
    value: Value<'_>,
    topology: &Topology,
) -> Result<(Whom, String), Complaint> {
    let fields = value.fields("a preauthorisation", &["provider", "user", "server", "role"])?;
    let provider = |value: Value<'_>| {
        Ok::<_, Complaint>(topology.provider(&value.text("the domain of a provider")?)?.clone())
    };
    let get = |key| fields.get(key);
    let whom = match (get("provider"), get("user"), get("server")) {
        (Some(value), None, None) => Whom::Provider(provider(value)?),
        (None, Some(value), None) => {
            Whom::User(user(&value.text("the short name of a user")?, topology)?)
        }
        (None, None, Some(value)) => Whom::Server(provider(value)?),
        _ => {
            let what = "who is preauthorised?";
            let expected = "expected one of `provider`, `user` and `server`";
            return Err(Complaint::new(fields.span(), what, expected));
        }
    };
    let role = fields.need("role", "the name of a role")?.text("the name of a role")?;
    Ok((whom, role.text.to_owned()))
}

fn capabilities(
    fields: &Fields<'_>,
    key: &'static str,
) -> Result<Vec<(String, Capability)>, Complaint> {
    let Some(value) = fields.get(key) else { return Ok(Vec::new()) };
    let form = "a list such as [{ role = \"guest\", capability = \"canSendMessage\" }]";
    let entry = |value: Value<'_>| {
        let fields = value.fields("what a role may do", &["role", "capability"])?;
        let role = fields.need("role", "the name of a role")?.text("the name of a role")?;
        let form = "the name of a capability";
        let name = fields.need("capability", form)?.text(form)?;
        let known = REGISTRY.iter().map(|(_, name)| *name);
        let unknown = || Complaint::unknown(&name.span, "capability", name.text, known);
        let capability = Capability::named(name.text).ok_or_else(unknown)?;
        Ok((role.text.to_owned(), capability))
    };
    value.list(form)?.into_iter().map(entry).collect()
}

fn join_codes(fields: &Fields<'_>) -> Result<Vec<String>, Complaint> {
    let Some(value) = fields.get("join_codes") else { return Ok(Vec::new()) };
    let codes = value.texts("a list of codes such as [\"abc\"]")?;
    Ok(codes.into_iter().map(|code| code.text.to_owned()).collect())
}

fn pending_proposals(value: &Value<'_>) -> Result<PendingProposalPolicy, Complaint> {
    if value.text("\"immediate\" or a range of times")?.text == "immediate" {
        return Ok(PendingProposalPolicy::ImmediateCommit);
    }
    let (minimum, maximum) = value.times(0)?;
    Ok(PendingProposalPolicy::RandomDelay { minimum, maximum })
}

/// The room as a table again.
pub(super) fn written(uri: &RoomUri, charter: &Charter) -> String {
    let usual = Charter::default();
    let mut keys = vec![format!("hub = {}", text(uri.provider().as_str()))];
    let mut put = |key: &str, value: Option<String>| {
        keys.extend(value.map(|value| format!("{key} = {value}")));
    };
    let unless = |usual: bool, value: String| (!usual).then_some(value);
    put("policy", unless(charter.policy == usual.policy, text(&charter.policy)));
    let participants = texts(charter.participants.iter().map(UserUri::name));
    put("participants", unless(charter.participants.is_empty(), participants));
    put("fixed_membership", charter.fixed_membership.then(|| "true".to_owned()));
    put("parent", charter.parent.as_ref().map(|parent| text(parent.name())));
    put("multi_device", unless(charter.multi_device, "false".to_owned()));
    put("max_users", charter.max_users.map(|most| most.to_string()));
    put("max_clients", charter.max_clients.map(|most| most.to_string()));
    for (key, changes) in [("lacking", &charter.lacking), ("granting", &charter.granting)] {
        let entry = |(role, capability): &(String, Capability)| {
            format!("{{ role = {}, capability = {} }}", text(role), text(&capability.to_string()))
        };
        let entries: Vec<_> = changes.iter().map(entry).collect();
        put(key, unless(entries.is_empty(), format!("[{}]", entries.join(", "))));
    }
    put("franking", unless(charter.franking, "false".to_owned()));
    let entries: Vec<_> =
        charter.preauthorized.iter().map(|(whom, role)| entry(whom, role)).collect();
    put("preauthorized", unless(entries.is_empty(), format!("[{}]", entries.join(", "))));
    let codes = texts(charter.join_codes.iter().map(String::as_str));
    put("join_codes", unless(charter.join_codes.is_empty(), codes));
    let operational = &charter.operational;
    let no = || "false".to_owned();
    put("external_commits", unless(operational.external_commit_allowed, no()));
    put("external_proposals", unless(operational.external_proposal_allowed, no()));
    let (messages, usual) = (operational.app_messages, usual.operational.app_messages);
    let tolerance = messages.epoch_tolerance;
    put("epoch_tolerance", unless(tolerance == usual.epoch_tolerance, tolerance.to_string()));
    let skip = messages.max_generations_skipahead;
    put("max_skip", unless(skip == usual.max_generations_skipahead, skip.to_string()));
    put(
        "pending_proposals",
        match operational.pending_proposals {
            PendingProposalPolicy::Unspecified => None,
            PendingProposalPolicy::ImmediateCommit => Some(text("immediate")),
            PendingProposalPolicy::RandomDelay { minimum, maximum } => {
                Some(range(minimum, maximum))
            }
        },
    );
    format!("{{ {} }}", keys.join(", "))
}

/// One entry of the preauthorised as a table again.
pub(super) fn entry(whom: &Whom, role: &str) -> String {
    let (key, name) = match whom {
        Whom::Provider(provider) => ("provider", provider.as_str()),
        Whom::User(user) => ("user", user.name()),
        Whom::Server(provider) => ("server", provider.as_str()),
    };
    format!("{{ {key} = {}, role = {} }}", text(name), text(role))
}
