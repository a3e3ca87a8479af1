//! What once broke by chance: the files that `schism shrink` left in `scenarios/regressions/`.
//!
//! Each pins the seed that it failed with, and is played with it.

use std::path::Path;

use super::playing::{play, script};
use schism::oracle::Outcome;

#[test]
fn what_once_broke_holds() {
    let folder = Path::new("scenarios/regressions");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let name = format!("regressions/{}", file.file_stem().unwrap().to_string_lossy());
        let verdict = play(&script(&name, None)).verdict;
        assert_eq!(verdict.verdict, Outcome::AsExpected, "{name}: {}", verdict.why);
    }
}
