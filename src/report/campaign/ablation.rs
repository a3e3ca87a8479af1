//! What each rule is worth, as tables: a matrix of rules and invariants.
//!
//! A row is a rule that was off, a column an invariant, a cell the number of cases in which it
//! broke. Rules without which nothing broke have a table of their own: what they are worth, what
//! became of all that they refuse, and why that is no loss. The CSV has a line for each cell of the
//! matrix that is not empty, and one for each row of the other table; the page also holds the
//! shrunk scenarios.

use std::collections::BTreeSet;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::campaign::{AblationRow, Finding, Worth, count_lines};
use crate::mimi::rules::RULES;
use crate::oracle::INVARIANTS;

/// The columns of the CSV.
pub const ABLATION_HEADINGS: [&str; 13] = [
    "rule",
    "off",
    "invariant",
    "broken",
    "cases",
    "first_scenario",
    "first_seed",
    "tried",
    "lines",
    "holds_with_rule",
    "worth",
    "instead",
    "why",
];

/// The lines of the CSV for one row.
pub fn ablation_lines(row: &AblationRow) -> Vec<[String; 13]> {
    let worth = row.worth();
    let line = |(invariant, of): (&String, &Finding)| {
        let lines = of.shrunk.as_ref().map(|it| count_lines(&it.script).to_string());
        [
            row.rule.to_owned(),
            row.off.word().to_owned(),
            invariant.clone(),
            of.cases.to_string(),
            row.cases.to_string(),
            of.scenario.clone(),
            of.seed.to_string(),
            of.tried.to_string(),
            lines.unwrap_or_default(),
            of.holds_with_rule.map(|it| it.to_string()).unwrap_or_default(),
            worth.word().to_owned(),
            String::new(),
            String::new(),
        ]
    };
    if !row.broke.is_empty() {
        return row.broke.iter().map(line).collect();
    }
    let (rule, off, cases) = (row.rule.to_owned(), row.off.word().to_owned(), row.cases);
    let nothing = String::new;
    vec![[
        rule,
        off,
        nothing(),
        "0".to_owned(),
        cases.to_string(),
        nothing(),
        nothing(),
        nothing(),
        nothing(),
        nothing(),
        worth.word().to_owned(),
        row.told_instead(),
        worth.why().to_owned(),
    ]]
}

/// The name of the file of a shrunk scenario.
pub fn ablation_file(row: &AblationRow, invariant: &str) -> String {
    let off = row.off.word().replace(' ', "-");
    format!("{}-off-{off}-breaks-{invariant}.toml", row.rule)
}

/// The matrix as Markdown.
pub fn ablation_markdown(rows: &[AblationRow]) -> String {
    let columns = columns(rows);
    let mut text = format!("{TITLE}\n\n{}\n\n| rule | off | cases |", intro(rows));
    columns.iter().for_each(|column| text += &format!(" {column} |"));
    text += &format!("\n|---|---|---|{}\n", "---|".repeat(columns.len()));
    for row in rows.iter().filter(|row| !row.broke.is_empty()) {
        text += &format!("| `{}` | {} | {} |", row.rule, row.off.word(), row.cases);
        for column in &columns {
            text += &format!(" {} |", cell(row, column));
        }
        text.push('\n');
    }
    text += &format!("\n{NOTHING}\n\n|");
    NOTHING_HEADINGS.iter().for_each(|heading| text += &format!(" {heading} |"));
    text += &format!("\n|{}\n", "---|".repeat(NOTHING_HEADINGS.len()));
    for row in rows.iter().filter(|row| row.broke.is_empty()) {
        let worth = row.worth();
        let (cases, instead) = (row.cases, row.told_instead());
        text += &format!(
            "| `{}` | {} | {cases} | {} | {instead} | {} |\n",
            row.rule,
            row.off.word(),
            worth.word(),
            worth.why(),
        );
    }
    text += &format!("\n{NO_SWITCH}\n\n");
    built_in().for_each(|(id, why)| text += &format!("- `{id}`: {why}\n"));
    text
}

/// The rules that no trial is about.
fn built_in() -> impl Iterator<Item = (&'static str, &'static str)> {
    RULES.iter().filter_map(|rule| Some((rule.id, rule.built_in()?)))
}

/// The matrix as a page that needs nothing else.
pub fn ablation_page(rows: &[AblationRow], command: &str) -> String {
    let columns = columns(rows);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (TITLE.trim_start_matches("# ")) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (TITLE.trim_start_matches("# ")) }
                p { (intro(rows)) }
                div.wide {
                    table {
                        thead { tr {
                            th scope="col" { "rule" }
                            th scope="col" { "off" }
                            th scope="col" { "cases" }
                            @for column in &columns { th.turned scope="col" { span { (column) } } }
                        } }
                        tbody {
                            @for row in rows.iter().filter(|row| !row.broke.is_empty()) {
                                (table_row(row, &columns))
                            }
                        }
                    }
                }
                h2 { "What shows it" }
                @for row in rows { (scenarios(row)) }
                h2 { "Without these, nothing broke" }
                p { (NOTHING) }
                (nothing_broke(rows))
                p { (NO_SWITCH) }
                ul { @for (id, why) in built_in() { li { code { (id) } ": " (why) } } }
                p.made { "Made by " code { (command) } "." }
            }
        }
    };
    page.into_string()
}

const TITLE: &str = "# What each rule is worth";

const NOTHING: &str = "Where nothing broke, all that the rule refuses was looked for in the runs \
                       without it. A rule is redundant where others refuse all of it, built in \
                       where what stands behind it refuses in its name, harmless to miss where \
                       it came to pass and nothing is lost, and not sent where nobody can break \
                       it. Of a known hole it is said what it would take to see the loss; a hole is \
                       what nobody has accounted for.";

const NO_SWITCH: &str = "These rules are part of how requests are read and answered, and have no \
                         switch:";

/// The columns of the table of rules without which nothing broke.
const NOTHING_HEADINGS: [&str; 6] =
    ["rule", "off", "cases", "worth", "what it refuses, without it", "why"];

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8884; --hit: #c0392b; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .2rem .5rem; text-align: left; }
th.turned { vertical-align: bottom; padding: .2rem; }
th.turned span { writing-mode: vertical-rl; transform: rotate(180deg); font-weight: 500; }
td.hit { color: #fff; background: var(--hit); text-align: center; }
td.none { color: #8888; text-align: center; }
pre { overflow-x: auto; background: #8881; padding: .7rem; border-radius: .3rem; }
.worth { white-space: nowrap; font-weight: 600; }
.hole { color: #fff; background: var(--hit); }
.open { color: #fff; background: #b9770e; }
.plain td, .plain th { vertical-align: top; }
summary { cursor: pointer; padding: .15rem 0; }
.made { color: #888; }
";

fn intro(rows: &[AblationRow]) -> String {
    let (cases, rules): (u64, BTreeSet<_>) =
        (rows.iter().map(|row| row.cases).sum(), rows.iter().map(|row| row.rule).collect());
    format!(
        "Each of {} rules was switched off, for everybody and where clients check it too for hubs \
         alone, and played against what it stands against, in {cases} cases altogether. A cell \
         says in how many of a row's cases the invariant broke.",
        rules.len()
    )
}

/// The invariants that broke, in the catalogue's order; then what is none.
fn columns(rows: &[AblationRow]) -> Vec<String> {
    let broke: BTreeSet<&str> =
        rows.iter().flat_map(|row| row.broke.keys()).map(String::as_str).collect();
    let known = INVARIANTS.iter().map(|info| info.id).filter(|id| broke.contains(id));
    let other = broke.iter().copied().filter(|id| INVARIANTS.iter().all(|info| info.id != *id));
    known.chain(other).map(str::to_owned).collect()
}

fn cell(row: &AblationRow, column: &str) -> String {
    row.broke.get(column).map(|it| it.cases.to_string()).unwrap_or_default()
}

fn table_row(row: &AblationRow, columns: &[String]) -> Markup {
    html! {
        tr {
            th scope="row" { code { (row.rule) } }
            td { (row.off.word()) }
            td { (row.cases) }
            @for column in columns {
                @match row.broke.get(column) {
                    Some(finding) => td.hit { (finding.cases) },
                    None => td.none { "·" },
                }
            }
        }
    }
}

fn nothing_broke(rows: &[AblationRow]) -> Markup {
    html! {
        div.wide {
            table.plain {
                thead { tr {
                    @for heading in NOTHING_HEADINGS { th scope="col" { (heading) } }
                } }
                tbody {
                    @for row in rows.iter().filter(|row| row.broke.is_empty()) {
                        tr {
                            th scope="row" { code { (row.rule) } }
                            td { (row.off.word()) }
                            td { (row.cases) }
                            (worth_cell(row.worth()))
                            td { (row.told_instead()) }
                            td { (row.worth().why()) }
                        }
                    }
                }
            }
        }
    }
}

fn worth_cell(worth: Worth) -> Markup {
    let (hole, open) = (worth == Worth::Hole, matches!(worth, Worth::Open(_)));
    html! { td.worth.hole[hole].open[open] { (worth.word()) } }
}

fn scenarios(row: &AblationRow) -> Markup {
    let shrunk = row.broke.iter().filter_map(|(invariant, of)| {
        let shrunk = of.shrunk.as_ref()?;
        Some((invariant, of, &shrunk.case.script_text, count_lines(&shrunk.script)))
    });
    html! {
        @for (invariant, of, text, lines) in shrunk {
            details {
                summary {
                    code { (row.rule) } " off " (row.off.word()) " breaks " code { (invariant) }
                    ": " (lines) " lines, found by seed " (of.seed) " of " (of.scenario)
                    @if of.holds_with_rule == Some(false) { " (and does so with the rule, too)" }
                }
                pre { (text) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::campaign::{Instead, Off};

    fn row(rule: &'static str, broke: &[(&str, u64)]) -> AblationRow {
        let finding = |cases| Finding {
            cases,
            scenario: "any-room".to_owned(),
            seed: 7,
            tried: 3,
            shrunk: None,
            holds_with_rule: Some(true),
        };
        let broke = broke.iter().map(|(id, cases)| ((*id).to_owned(), finding(*cases))).collect();
        let instead = BTreeMap::from([(Instead::Refused("authorised".to_owned()), 4)]);
        AblationRow { rule, off: Off::Everywhere, cases: 9, broke, instead }
    }

    #[test]
    fn the_matrix_has_a_column_for_each_invariant_that_broke_in_the_catalogues_order() {
        let rows =
            [row("may-send", &[("panic", 1), ("convergence", 2), ("agreement", 4)]), row("x", &[])];
        let text = ablation_markdown(&rows);
        assert!(
            text.contains("| rule | off | cases | agreement | convergence | panic |\n"),
            "{text}"
        );
        assert!(text.contains("| `may-send` | everywhere | 9 | 4 | 2 | 1 |\n"), "{text}");
        let redundant = "| `x` | everywhere | 9 | redundant | refused by authorised (4) |  |\n";
        assert!(text.contains(redundant), "{text}");
        let page = ablation_page(&rows, "schism ablate");
        assert!(page.contains("<td class=\"hit\">4</td>") && page.contains("<code>x</code>"));
        assert!(page.contains("<td class=\"worth\">redundant</td>"), "{page}");
    }

    #[test]
    fn a_hole_is_red_and_a_rule_that_breaks_nothing_is_a_line_with_its_worth() {
        let mut hole = row("may-send", &[]);
        hole.instead = BTreeMap::from([(Instead::CameToPass, 3)]);
        let page = ablation_page(std::slice::from_ref(&hole), "schism ablate");
        assert!(page.contains("<td class=\"worth hole\">hole</td>"), "{page}");
        let lines = ablation_lines(&hole);
        assert_eq!(lines[0][..5], ["may-send", "everywhere", "", "0", "9"]);
        assert_eq!(
            (lines.len(), &lines[0][10..]),
            (1, &["hole", "came to pass (3)", ""].map(str::to_owned)[..])
        );
    }

    #[test]
    fn each_cell_that_is_not_empty_is_a_line() {
        let lines = ablation_lines(&row("may-send", &[("agreement", 4)]));
        assert_eq!(lines.len(), 1);
        assert_eq!(
            lines[0],
            [
                "may-send",
                "everywhere",
                "agreement",
                "4",
                "9",
                "any-room",
                "7",
                "3",
                "",
                "true",
                "breaks",
                "",
                ""
            ]
        );
    }
}
