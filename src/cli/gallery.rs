//! `schism gallery`: the figures that are kept, each with the rows behind it.
//!
//! Every `*.sweep.toml` of the folder of scenarios that the gallery already has, or all that are
//! named, is played into a folder of its own. `--check` plays and draws into another place and
//! compares byte for byte; `--redraw` only draws from the rows that are there, and compares.

use std::fs;
use std::path::{Path, PathBuf};

use super::sweep::{figures, played, read, stem};
use super::{Answer, Failure, GalleryArguments};
use crate::wiring;

/// Where sweep files are, from the root of a checkout.
const SWEEPS: &str = "scenarios";
/// What says so is no figure to keep, but one to try the engine with.
const NOT_KEPT: &str = "small.sweep.toml";

/// Does it.
pub fn gallery(arguments: &GalleryArguments) -> Result<Answer, Failure> {
    let files = if arguments.files.is_empty() { kept()? } else { arguments.files.clone() };
    let jobs = arguments.jobs.unwrap_or_else(wiring::processors);
    let mut text = String::new();
    let mut differing = Vec::new();
    for file in &files {
        let place = arguments.dir.join(stem(file));
        if arguments.redraw {
            differing.extend(redrawn(&place)?);
        } else if arguments.check {
            let fresh = std::env::temp_dir()
                .join(format!("schism-drawn-anew-{}", std::process::id()))
                .join(stem(file));
            played(read(file)?, file, &fresh, jobs, false)?;
            differing.extend(differences(&place, &fresh)?);
            // What is left behind in a folder for such things hurts nobody.
            let _ = fs::remove_dir_all(&fresh);
        } else {
            played(read(file)?, file, &place, jobs, false)?;
        }
        text += &format!("{}\n", place.display());
    }
    if differing.is_empty() {
        return Ok(Answer { text, code: 0 });
    }
    let lines: Vec<_> = differing.iter().map(|name| format!("differs: {name}\n")).collect();
    Ok(Answer { text: text + &lines.concat(), code: super::DIFFERS })
}

/// The sweep files of the figures that are kept.
fn kept() -> Result<Vec<PathBuf>, Failure> {
    let listed = fs::read_dir(SWEEPS).map_err(|error| {
        Failure::usage(&format!("cannot list {SWEEPS}: {error}; run this in a checkout"))
    })?;
    let paths = listed.filter_map(|entry| Some(entry.ok()?.path()));
    let is_kept = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".sweep.toml") && name != NOT_KEPT
    };
    let mut kept: Vec<_> = paths.filter(is_kept).collect();
    kept.sort();
    Ok(kept)
}

/// The figures that are not what the rows beside them give.
fn redrawn(place: &Path) -> Result<Vec<String>, Failure> {
    let mut differing = Vec::new();
    for (name, figure) in figures(place)? {
        let path = place.join(format!("{name}.svg"));
        let svg = figure.svg().map_err(|error| Failure::internal(&error))?;
        if fs::read_to_string(&path).ok() != Some(svg) {
            differing.push(path.display().to_string());
        }
    }
    Ok(differing)
}

/// The files that are not alike in both folders.
fn differences(kept: &Path, fresh: &Path) -> Result<Vec<String>, Failure> {
    let names = |dir: &Path| {
        let listed = fs::read_dir(dir)
            .map_err(|error| Failure::usage(&format!("cannot list {}: {error}", dir.display())))?;
        Ok(listed.filter_map(|entry| Some(entry.ok()?.file_name())).collect::<Vec<_>>())
    };
    let mut all = [names(kept)?, names(fresh)?].concat();
    all.sort();
    all.dedup();
    let is_other = |name: &std::ffi::OsString| {
        fs::read(kept.join(name)).ok() != fs::read(fresh.join(name)).ok()
    };
    let other = all.into_iter().filter(is_other);
    Ok(other.map(|name| kept.join(name).display().to_string()).collect())
}

#[cfg(test)]
mod tests {
    use super::super::place::Place;
    use super::*;

    fn of(place: &Place, check: bool, redraw: bool) -> Answer {
        let files = vec![PathBuf::from("scenarios/small.sweep.toml")];
        let dir = place.path().to_owned();
        gallery(&GalleryArguments { files, dir, check, redraw, jobs: Some(2) }).unwrap()
    }

    #[test]
    fn what_was_made_is_found_alike_until_a_row_or_a_figure_changes() {
        let place = Place::new("gallery");
        assert_eq!(of(&place, false, false).code, 0);
        assert_eq!((of(&place, true, false).code, of(&place, false, true).code), (0, 0));
        let figure = place.path().join("small/lag.svg");
        fs::write(&figure, "<svg/>").unwrap();
        let answer = of(&place, false, true);
        assert_eq!(answer.code, super::super::DIFFERS);
        assert!(answer.text.ends_with("small/lag.svg\n"), "{}", answer.text);
        assert_eq!(of(&place, true, false).code, super::super::DIFFERS);
    }

    #[test]
    fn each_figure_of_this_checkout_comes_from_the_rows_beside_it() {
        for file in kept().unwrap() {
            let place = Path::new("output/gallery").join(stem(&file));
            assert_eq!(redrawn(&place).unwrap(), [""; 0], "{}", place.display());
        }
    }
}
