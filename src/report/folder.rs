//! Where a run's files stand, and how they are written.
//!
//! `OUT/<scenario path without ending>/<seed>/`: for `scenarios/clubhouse.toml` and seed 0 that is
//! `output/scenarios/clubhouse/0/`. A path that is absolute or has `..` in it would lead out of the
//! folder: then its file name alone counts.
//!
//! Each file is written under another name first and renamed when it is whole, so that nobody
//! ever finds half a file.

use std::path::{Component, Path, PathBuf};
use std::{fs, io, process};

/// The folder of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder for a scenario file and a seed; it is made when something is written.
    pub fn of(out: &Path, scenario: &Path, seed: u64) -> Self {
        Self { path: out.join(inner(scenario)).join(seed.to_string()) }
    }

    /// The folder with this path.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file whole, in place of an earlier one.
    ///
    /// # Errors
    /// When the folder or the file can't be written; the message names the path.
    pub fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let target = self.path.join(name);
        let draft = self.path.join(format!(".{name}.{}", process::id()));
        let written = fs::create_dir_all(&self.path)
            .and_then(|()| fs::write(&draft, text))
            .and_then(|()| fs::rename(&draft, &target));
        written.map_err(|error| {
            // The draft may not even exist; the first error is the one worth telling.
            let _ = fs::remove_file(&draft);
            io::Error::new(error.kind(), format!("cannot write {}: {error}", target.display()))
        })
    }
}

fn inner(scenario: &Path) -> PathBuf {
    let parts = scenario.components();
    let leads_out = |part: Component<'_>| !matches!(part, Component::Normal(_) | Component::CurDir);
    let whole = if parts.clone().any(leads_out) {
        scenario.file_name().map_or_else(PathBuf::new, PathBuf::from)
    } else {
        parts.filter(|part| *part != Component::CurDir).collect()
    };
    if whole.as_os_str().is_empty() { "scenario".into() } else { whole.with_extension("") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(scenario: &str) -> String {
        let folder = Folder::of(Path::new("output"), Path::new(scenario), 7);
        folder.path().to_string_lossy().into_owned()
    }

    #[test]
    fn a_run_stands_under_its_scenarios_path_without_ending_and_its_seed() {
        assert_eq!(folder("scenarios/clubhouse.toml"), "output/scenarios/clubhouse/7");
        assert_eq!(folder("./scenarios/./clubhouse.toml"), "output/scenarios/clubhouse/7");
        assert_eq!(folder("plain"), "output/plain/7");
    }

    #[test]
    fn a_path_that_leads_elsewhere_counts_by_its_file_name_alone() {
        assert_eq!(folder("/srv/deep/clubhouse.toml"), "output/clubhouse/7");
        assert_eq!(folder("../clubhouse.toml"), "output/clubhouse/7");
        assert_eq!(folder("scenarios/../../x.toml"), "output/x/7");
        assert_eq!(folder(".."), "output/scenario/7");
    }

    #[test]
    fn a_file_is_replaced_whole_and_leaves_no_draft() {
        let out = std::env::temp_dir().join(format!("schism-folder-{}", process::id()));
        let folder = Folder::of(&out, Path::new("x.toml"), 0);
        folder.write("trace.jsonl", "first").unwrap();
        folder.write("trace.jsonl", "second").unwrap();
        let names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
        assert_eq!(names, ["trace.jsonl"]);
        assert_eq!(fs::read_to_string(folder.path().join("trace.jsonl")).unwrap(), "second");
        fs::remove_dir_all(out).unwrap();
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let out = std::env::temp_dir().join(format!("schism-file-{}", process::id()));
        fs::write(&out, "a file where a folder should be").unwrap();
        let refused =
            Folder::of(&out, Path::new("x.toml"), 0).write("trace.jsonl", "").unwrap_err();
        assert!(refused.to_string().contains("x/0/trace.jsonl"), "{refused}");
        fs::remove_file(out).unwrap();
    }
}
