//! Who gets which KeyPackages: a part of the `protocol` table.

use super::fields::{Fields, Value};
use super::problem::Complaint;
use super::topology::Topology;
use crate::script::KeyMaterial;

/// The keys of the table that are read here.
pub(super) const KEYS: &[&str] = &[
    "consent",
    "mask_unknown_users",
    "key_packages",
    "key_package_lifetime",
    "last_resort",
    "plain_clients",
];

/// How a file says whether users must have agreed to be added.
pub(super) const EXPLICIT: &str = "explicit";
pub(super) const IMPLIED: &str = "implied";

/// Most KeyPackages that a client may leave: as many fit into one body with ease.
pub(super) const MOST_KEY_PACKAGES: u64 = 1_000;

/// Reads these keys, given the `protocol` table if there is one.
pub(super) fn key_material(
    fields: Option<&Fields<'_>>,
    topology: &Topology,
) -> Result<KeyMaterial, Complaint> {
    let get = |key| fields.and_then(|fields| fields.get(key));
    let flag = |key| get(key).map_or(Ok(false), |value| value.flag());
    let defaults = KeyMaterial::default();
    let count = get("key_packages").map(|value| value.number(1..=MOST_KEY_PACKAGES)).transpose()?;
    let plain = get("plain_clients").map(|value| clients(&value, topology)).transpose()?;
    Ok(KeyMaterial {
        explicit_consent: get("consent").map_or(Ok(false), |value| is_explicit(&value))?,
        mask_unknown_users: flag("mask_unknown_users")?,
        key_packages: count.unwrap_or(defaults.key_packages),
        lifetime_ms: get("key_package_lifetime").map(|value| value.time(1)).transpose()?,
        last_resort: flag("last_resort")?,
        plain_clients: plain.unwrap_or_default(),
    })
}

fn is_explicit(value: &Value<'_>) -> Result<bool, Complaint> {
    let mode = value.text("\"implied\" or \"explicit\"")?;
    match mode.text {
        EXPLICIT => Ok(true),
        IMPLIED => Ok(false),
        unknown => Err(Complaint::unknown(&mode.span, "consent", unknown, [IMPLIED, EXPLICIT])),
    }
}

fn clients(value: &Value<'_>, topology: &Topology) -> Result<Vec<String>, Complaint> {
    let names = value.texts("a list of short names of clients")?;
    names.iter().map(|name| topology.client(name).map(|_| name.text.to_owned())).collect()
}
