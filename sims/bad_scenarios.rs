//! What a person who got a scenario file wrong is told, by the command as it is shipped.
//!
//! Each mistake is one change to a good file. The answer is exit code 64, nothing on stdout, one
//! message on stderr that begins with file, line and column, and no folder. Not here: the wording
//! of every message (`scenario`).

// Clippy knows tests by their attribute, and takes what they share for something else.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const GOOD: &str = r#"title = "A room"
why = "To be broken."

providers = ["a.example", "b.example"]
users.alice = { at = "a.example", clients = ["A1"] }
users.bob = { at = "b.example", clients = ["B1"] }
rooms.clubhouse = { hub = "a.example" }

steps = [
    { at = "1s", who = "A1", do = "create", room = "clubhouse" },
    { at = "2s", who = "A1", do = "add", user = "bob" },
]

faults = [
    { at = "3s", for = "2s", fault = "partition", between = ["a.example", "b.example"] },
]

[protocol]
without = []
"#;

/// A folder of its own for one test, with a scenario file in it.
struct Place(PathBuf);

impl Place {
    fn with(name: &str, scenario: &str) -> Self {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bad-scenarios").join(name);
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("room.toml"), scenario).unwrap();
        Self(place)
    }

    fn run(&self) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_schism"));
        child.current_dir(&self.0).args(["run", "room.toml"]).output().unwrap()
    }

    fn files(&self) -> Vec<String> {
        let files = fs::read_dir(&self.0).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }
}

/// The good file with `old` replaced by `new` is refused at `line:column` with these words.
fn refused(name: &str, (old, new): (&str, &str), position: &str, words: &[&str]) {
    assert_eq!(GOOD.matches(old).count(), 1, "{old}");
    let place = Place::with(name, &GOOD.replace(old, new));
    let done = place.run();
    let (stdout, stderr) =
        (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
    assert_eq!(done.status.code(), Some(64), "{stderr}");
    assert_eq!(stdout, "");
    let first = stderr.lines().next().unwrap_or_default();
    assert!(first.contains(&format!("room.toml:{position}: ")), "not at {position}: {stderr}");
    for word in words {
        assert!(stderr.contains(word), "`{word}` is not in: {stderr}");
    }
    assert_eq!(stderr.matches("room.toml:").count(), 1, "more than one message: {stderr}");
    assert_eq!(place.files(), ["room.toml"]);
}

#[test]
fn the_file_that_is_broken_here_is_good() {
    let place = Place::with("good", GOOD);
    let done = place.run();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(place.files().len(), 2, "the scenario and the folder `output`");
}

#[test]
fn an_unknown_key() {
    let change = ("rooms.clubhouse", "room.clubhouse");
    refused("key", change, "7:1", &["unknown key `room`", "did you mean `rooms`?"]);
}

#[test]
fn an_unknown_key_of_a_step() {
    let change = (r#"user = "bob""#, r#"usr = "bob""#);
    refused("step-key", change, "11:42", &["unknown key `usr`", "did you mean `user`?"]);
}

#[test]
fn an_unknown_user() {
    let change = (r#"user = "bob""#, r#"user = "bop""#);
    refused("user", change, "11:49", &["unknown user `bop`", "did you mean `bob`?"]);
}

#[test]
fn a_fault_before_the_room_exists() {
    let change = (r#"{ at = "3s", for"#, r#"{ at = "500ms", for"#);
    refused("early-fault", change, "15:12", &["before", "1s"]);
}

#[test]
fn a_bad_duration() {
    let change = (r#"for = "2s""#, r#"for = "2 seconds""#);
    refused("duration", change, "15:24", &["2 seconds", "ms"]);
}

#[test]
fn a_bad_rule_name() {
    let change = ("without = []", r#"without = ["current-epok"]"#);
    refused("rule", change, "19:12", &["unknown rule `current-epok`", "`current-epoch`"]);
}

#[test]
fn a_file_that_is_not_toml() {
    refused("toml", ("title = ", "title "), "1:7", &["not TOML"]);
}

#[test]
fn a_file_that_is_not_there() {
    let place = Place::with("missing", GOOD);
    let mut child = Command::new(env!("CARGO_BIN_EXE_schism"));
    let done = child.current_dir(&place.0).args(["run", "rom.toml"]).output().unwrap();
    assert_eq!(done.status.code(), Some(64));
    assert!(String::from_utf8(done.stderr).unwrap().contains("rom.toml"));
    assert_eq!(place.files(), ["room.toml"]);
}
