//! The README's table of rules is the catalogue's: this target compares the two.
//!
//! Run it with `SCHISM_WRITE_README=1` to have the table written anew after a rule has changed:
//!
//!     SCHISM_WRITE_README=1 cargo test --test readme
//!
//! It looks at nothing else that the README says.

use std::fmt::Write as _;
use std::path::PathBuf;

use schism::mimi::rules::{RULES, Rule};

const BEGINS: &str =
    "<!-- rules: written by `SCHISM_WRITE_README=1 cargo test --test readme` -->\n";
const ENDS: &str = "<!-- end of rules -->\n";

#[test]
fn the_readme_shows_each_rule_as_the_catalogue_has_it() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGINS).expect("the README says where rules begin");
    let (shown, after) = rest.split_once(ENDS).expect("the README says where rules end");
    let table = table();
    if std::env::var_os("SCHISM_WRITE_README").is_some() {
        std::fs::write(&path, format!("{before}{BEGINS}{table}{ENDS}{after}")).unwrap();
        return;
    }
    let hint =
        "run `SCHISM_WRITE_README=1 cargo test --test readme`, look at the change, commit it";
    assert_eq!(shown, table, "the README's table of rules is old: {hint}");
}

fn table() -> String {
    let mut text = String::from("| rule | meaning | source | enforced by | scenario |\n");
    text.push_str("|---|---|---|---|---|\n");
    for rule in RULES {
        let _ = writeln!(text, "{}", line(rule));
    }
    text
}

fn line(rule: &Rule) -> String {
    let enforced_by: Vec<_> = rule.enforced_by().iter().map(ToString::to_string).collect();
    let scenario = rule.evidence().map(|it| match it.scenario {
        Ok(name) => format!("[{name}](scenarios/{name}.toml)"),
        Err(why) => format!("none: {why}"),
    });
    let (id, meaning, source) = (rule.id, rule.meaning, rule.source);
    let (by, scenario) = (enforced_by.join(", "), scenario.unwrap_or_default());
    format!("| `{id}` | {meaning} | {source} | {by} | {scenario} |")
}
