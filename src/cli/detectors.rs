//! `schism detectors`: plays liars, and says which detector notices each of them, how soon, and what
//! it costs where nobody lies.
//!
//! Beneath `--out`: `detectors.md` and `detectors.csv`.

use std::path::{Path, PathBuf};

use schism::campaign::{Noticed, Watched, detect};
use schism::report::{DETECTION_HEADINGS, Folder, detection_lines, detection_markdown};

use super::expand::read;
use super::{Answer, DetectorsArguments, Failure};
use crate::wiring;

/// Where liars are.
const LIARS: &str = "scenarios/adversaries";

/// A hub with two faces, and one whose users share another room.
const FORKS: [&str; 2] = ["scenarios/two-forks.toml", "scenarios/fork-noticed-elsewhere.toml"];

/// Does it.
pub fn detectors(arguments: &DetectorsArguments) -> Result<Answer, Failure> {
    let watch = wiring::stopwatch();
    let files = if arguments.files.is_empty() { liars()? } else { arguments.files.clone() };
    let all = files.iter().map(|file| watched(file)).collect::<Result<Vec<_>, Failure>>()?;
    let jobs = arguments.jobs.unwrap_or_else(wiring::processors);
    let told = |of: &Noticed| eprintln!("{}: noticed by {}", of.name, of.delays_ms.len());
    let noticed = detect(&all, jobs, &told);
    let text = detection_markdown(&noticed, "schism detectors");
    write(&arguments.out, &noticed, &text)?;
    let place = arguments.out.join("detectors.csv");
    let broke_off = noticed.iter().any(|of| !of.broke_off.is_empty());
    Ok(Answer {
        text: format!("{text}\nresults    {}, in {:.1} s\n", place.display(), watch()),
        code: if broke_off { super::INTERNAL } else { 0 },
    })
}

fn liars() -> Result<Vec<PathBuf>, Failure> {
    let listed = wiring::scenarios(Path::new(LIARS));
    let listed =
        listed.map_err(|error| Failure::usage(&format!("cannot list {LIARS}: {error}")))?;
    let liars = listed.into_iter().map(|it| PathBuf::from(it.path));
    Ok(FORKS.map(PathBuf::from).into_iter().chain(liars).collect())
}

fn watched(file: &Path) -> Result<Watched, Failure> {
    let scenario = read(file)?;
    let seeds = vec![scenario.seed(None), 1, 2];
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Watched { name, scenario, seeds })
}

fn write(out: &Path, noticed: &[Noticed], text: &str) -> Result<(), Failure> {
    let internal = |error: &dyn std::fmt::Display| Failure::internal(&error.to_string());
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(DETECTION_HEADINGS).map_err(|error| internal(&error))?;
    for line in noticed.iter().flat_map(detection_lines) {
        csv.write_record(line).map_err(|error| internal(&error))?;
    }
    let bytes = csv.into_inner().map_err(|error| internal(&error))?;
    let folder = Folder::at(out.to_owned());
    let files = [("detectors.csv", &*String::from_utf8_lossy(&bytes)), ("detectors.md", text)];
    for (name, text) in files {
        folder.write(name, text).map_err(|error| internal(&error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::place::Place;
    use super::*;

    fn told(place: &Place, file: &str) -> Result<Answer, Failure> {
        let (files, out) = (vec![PathBuf::from(file)], place.path().to_owned());
        detectors(&DetectorsArguments { files, jobs: Some(1), out })
    }

    #[test]
    fn a_liar_is_played_and_its_tables_are_left() {
        let place = Place::new("detectors");
        let answer = told(&place, "scenarios/success-without-a-receipt.toml").unwrap();
        assert_eq!(answer.code, 0);
        assert!(answer.text.contains("| success-without-a-receipt | agreement | 3 |"));
        for name in ["detectors.csv", "detectors.md"] {
            assert!(place.path().join(name).exists(), "{name}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_a_usage_error() {
        let failure = told(&Place::new("detectors-nothing"), "scenarios/nobody.toml").unwrap_err();
        assert_eq!(failure.code, super::super::USAGE);
    }
}
