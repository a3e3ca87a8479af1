//! The scenarios of a folder and of the folders in it, for people who look for one.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::{Problem, read};

/// A scenario file and what it says of itself.
#[derive(Debug)]
pub struct Listed {
    /// Where it is.
    pub path: PathBuf,
    /// What it says of itself; or what is wrong with it, so that a broken file is not overlooked.
    pub said: Result<Said, Unreadable>,
}

/// What a scenario says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its title.
    pub title: String,
    /// Why it exists: the first sentence, in one line.
    pub why: String,
}

/// Why a file can't be listed.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The file can't be read at all, or is not UTF-8.
    #[error("{0}")]
    File(#[from] io::Error),
    /// The file is not a scenario.
    #[error("{0}")]
    Problem(#[from] Box<Problem>),
}

/// All `*.toml` files in `folder`, sorted by name, but for sweeps (`*.sweep.toml`), which are not
/// scenarios; then those of the folders in it, one after the other. `known_rules` are as for
/// [`read`].
///
/// # Errors
/// When a folder can't be read.
pub fn list(folder: &Path, known_rules: &[&str]) -> io::Result<Vec<Listed>> {
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            folders.push(path);
        } else if name.ends_with(".toml") && !name.ends_with(".sweep.toml") {
            files.push(path);
        }
    }
    files.sort();
    folders.sort();
    let listed = |path: PathBuf| Listed { said: said(&path, known_rules), path };
    let mut listed: Vec<_> = files.into_iter().map(listed).collect();
    for folder in folders {
        listed.extend(list(&folder, known_rules)?);
    }
    Ok(listed)
}

fn said(path: &Path, known_rules: &[&str]) -> Result<Said, Unreadable> {
    let text = fs::read_to_string(path)?;
    let script = read(&path.to_string_lossy(), &text, None, known_rules)?;
    Ok(Said { title: script.title, why: first_sentence(&script.why) })
}

/// Up to the first full stop that a space follows, in one line.
fn first_sentence(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.find(". ") {
        Some(stop) => line[..=stop].to_owned(),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sentence_is_one_line() {
        assert_eq!(
            first_sentence(" A hub at\n a.example falls. More."),
            "A hub at a.example falls."
        );
        assert_eq!(first_sentence("No stop"), "No stop");
    }

    #[test]
    fn a_folder_is_listed_before_the_folders_in_it() {
        let scenarios = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"));
        let listed = list(scenarios, &[]).unwrap();
        let is_deeper = |it: &Listed| it.path.parent() != Some(scenarios);
        assert!(listed.iter().any(is_deeper));
        assert!(listed.is_sorted_by_key(is_deeper));
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        assert!(list(Path::new("no/such/folder"), &[]).is_err());
    }
}
