//! `schism report`: makes a page of a stored run, from its trace alone.

use std::fs;
use std::path::Path;

use schism::report::{Folder, command_of, run_page};

use super::stored::StoredRun;
use super::{Answer, Failure, ReportArguments};

/// The page's name in the folder of its run.
pub const PAGE: &str = "report.html";

/// Does it.
pub fn report(arguments: &ReportArguments) -> Result<Answer, Failure> {
    let dir = &arguments.dir;
    let StoredRun { header, entries, verdict, .. } = StoredRun::read(dir)?;
    let page = run_page(&header, &entries, &verdict, &command(dir));
    Folder::at(dir.clone())
        .write(PAGE, &page)
        .map_err(|error| Failure::internal(&error.to_string()))?;
    let page = dir.join(PAGE);
    if arguments.open {
        open(&page)?;
    }
    Ok(Answer { text: format!("{}\n", page.display()), code: 0 })
}

/// Shows a page in the browser that the system has for it.
pub fn open(page: &Path) -> Result<(), Failure> {
    open::that_detached(page).map_err(|error| {
        Failure::internal(&format!("no browser opens {}: {error}", page.display()))
    })
}

/// What makes the run again: as its summary has it, else from its script.
fn command(dir: &Path) -> String {
    let summary = fs::read_to_string(dir.join("summary.json")).ok();
    let stored = summary.as_deref().and_then(command_of);
    stored.unwrap_or_else(|| format!("schism run {}", dir.join("script.toml").display()))
}

#[cfg(test)]
mod tests {
    use super::super::place::Place;
    use super::*;

    #[test]
    fn where_there_is_no_run_there_is_no_page() {
        let place = Place::new("report-bad");
        let arguments = ReportArguments { dir: place.path().to_owned(), open: false };
        assert!(report(&arguments).is_err());
        assert!(!place.path().join(PAGE).exists());
    }

    #[test]
    fn without_a_summary_the_script_makes_the_run_again() {
        let place = Place::new("report-command");
        let script = place.path().join("script.toml");
        assert_eq!(command(place.path()), format!("schism run {}", script.display()));
        fs::write(place.path().join("summary.json"), "{\"command\":\"schism run x\"}").unwrap();
        assert_eq!(command(place.path()), "schism run x");
    }
}
