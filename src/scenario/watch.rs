//! How it can be noticed that a hub lies: a part of the `protocol` table, and of `expect`.

use super::fields::Fields;
use super::known;
use super::problem::Complaint;
use crate::mimi::watch::DETECTORS;
use crate::script::{Expect, Watch, ids};

/// The keys of the `protocol` table that are read here.
pub(super) const KEYS: &[&str] = &["detectors", "watch_every", "watch_patience"];

/// The keys of the `expect` table.
pub(super) const EXPECTED: &[&str] = &["violates", "detected_by", "within"];

/// Reads these keys, given the `protocol` table if there is one.
pub(super) fn watch(fields: Option<&Fields<'_>>) -> Result<Watch, Complaint> {
    let get = |key| fields.and_then(|fields| fields.get(key));
    let time = |key, usual| get(key).map_or(Ok(usual), |value| value.time(1));
    let usual = Watch::default();
    let detectors = get("detectors").map(|value| known(&value, "detector", &all())).transpose()?;
    Ok(Watch {
        detectors: detectors.unwrap_or_default(),
        every_ms: time("watch_every", usual.every_ms)?,
        patience_ms: time("watch_patience", usual.patience_ms)?,
    })
}

/// Reads the `expect` table; an alarm is expected only of a detector that is on.
pub(super) fn expect(file: &Fields<'_>, watch: &Watch) -> Result<Expect, Complaint> {
    let fields = file.get("expect").map(|value| value.fields("the expectation", EXPECTED));
    let fields = fields.transpose()?;
    let get = |key| fields.as_ref().and_then(|fields| fields.get(key));
    let violates = get("violates").map(|value| known(&value, "invariant", ids::INVARIANTS));
    let form = "the id of a detector that is on";
    let detected_by = get("detected_by").map(|value| value.text(form)).transpose()?;
    if let Some(by) = &detected_by
        && !watch.detectors.iter().any(|on| on == by.text)
    {
        if !all().contains(&by.text) {
            return Err(Complaint::unknown(&by.span, "detector", by.text, all()));
        }
        let what = format!("the detector `{}` is off", by.text);
        let help = format!("add it: protocol.detectors = [\"{}\"]", by.text);
        return Err(Complaint::new(&by.span, what, help));
    }
    let within = get("within");
    if let (Some(within), None) = (&within, &detected_by) {
        let what = "nothing is to be detected within this time";
        return Err(Complaint::new(&within.span(), what, "add `detected_by`".to_owned()));
    }
    Ok(Expect {
        violates: violates.transpose()?.unwrap_or_default(),
        detected_by: detected_by.map(|by| by.text.to_owned()),
        within_ms: within.map(|value| value.time(1)).transpose()?,
    })
}

fn all() -> Vec<&'static str> {
    DETECTORS.iter().map(|info| info.id).collect()
}
