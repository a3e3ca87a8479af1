//! `schism list`: the catalogues, and the scenarios there are.

use std::path::Path;

use schism::report::{Note, Row, table_with_notes};
use serde::Serialize;

use super::{Answer, Catalogue, Failure, Format, ListArguments};
use crate::wiring;

/// Where the scenario files stand, from the root of a checkout.
const SCENARIOS: &str = "scenarios";

/// Does it.
pub fn list(arguments: &ListArguments) -> Result<Answer, Failure> {
    let text = if arguments.what == Catalogue::Scenarios {
        let listed = scenarios(Path::new(SCENARIOS))?;
        let cells = listed.iter().map(|file| [&file.path, &file.title, &file.why]);
        shown(arguments.format, &listed, (["scenario", "title", "why"], &[]), cells)?
    } else {
        let rows = wiring::catalogue(arguments.what);
        let cells = rows.iter().map(|row| [&row.id, &row.meaning, &row.source]);
        let notes: Vec<_> = rows.iter().map(Row::notes).collect();
        shown(arguments.format, &rows, (["id", "meaning", "source"], &notes), cells)?
    };
    Ok(Answer { text, code: 0 })
}

fn scenarios(dir: &Path) -> Result<Vec<wiring::Listed>, Failure> {
    if !dir.is_dir() {
        let message = format!("there is no folder {} here: run this in a checkout", dir.display());
        return Err(Failure::usage(&message));
    }
    wiring::scenarios(dir)
        .map_err(|error| Failure::usage(&format!("cannot read {}: {error}", dir.display())))
}

fn shown<'a, T: Serialize>(
    format: Format,
    rows: &[T],
    (heads, notes): ([&str; 3], &[Vec<Note>]),
    cells: impl Iterator<Item = [&'a String; 3]>,
) -> Result<String, Failure> {
    match format {
        Format::Human => {
            let cells: Vec<[String; 3]> = cells.map(|row| row.map(String::clone)).collect();
            Ok(table_with_notes(heads, &cells, notes))
        }
        Format::Json => {
            let json = serde_json::to_string(rows);
            Ok(json.map_err(|error| Failure::internal(&error.to_string()))? + "\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use schism::script::{Form, ids};

    use super::*;

    fn listed(what: Catalogue, format: Format) -> String {
        list(&ListArguments { what, format }).unwrap().text
    }

    #[test]
    fn every_id_that_a_scenario_can_name_has_a_line() {
        for (what, ids) in [
            (Catalogue::Invariants, ids::INVARIANTS),
            (Catalogue::Behaviours, &Form::ids()),
            (Catalogue::Faults, ids::FAULTS),
            (Catalogue::Operations, ids::OPERATIONS),
            (Catalogue::Families, ids::FAMILIES),
        ] {
            let text = listed(what, Format::Human);
            for id in ids {
                assert!(text.lines().any(|line| line.split(' ').next() == Some(id)), "{id}");
            }
        }
    }

    #[test]
    fn a_catalogue_as_json_is_one_line_of_objects_with_an_id() {
        let text = listed(Catalogue::Faults, Format::Json);
        assert_eq!(text.lines().count(), 1);
        let rows: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(rows[0]["id"], ids::FAULTS[0]);
    }

    #[test]
    fn without_a_folder_of_scenarios_the_message_says_where_to_go() {
        let failure = scenarios(Path::new("no-such-folder")).unwrap_err();
        assert!(failure.message.contains("run this in a checkout"), "{}", failure.message);
        assert_eq!(failure.code, super::super::USAGE);
    }
}
