//! `schism meta`: plays each seed in two processes, and compares the traces line by line.
//!
//! The search compares repetitions inside one process; what two processes have differently
//! (addresses, environment, the order of their maps) only two processes show.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Answer, Failure, MetaArguments};

/// Does it. Exit code 4 where a seed gives two traces.
pub fn meta(arguments: &MetaArguments) -> Result<Answer, Failure> {
    let usual = [PathBuf::from("scenarios/any-room.toml")];
    let files = if arguments.files.is_empty() { &usual[..] } else { &arguments.files };
    let (mut text, mut compared) = (String::new(), 0);
    for seed in arguments.seeds.clone() {
        for file in files {
            compared += 1;
            if let Some(difference) = differs(file, seed, &arguments.out)? {
                text += &format!("seed {seed} of {}: {difference}\n", file.display());
            }
        }
    }
    let code = if text.is_empty() { 0 } else { 4 };
    if text.is_empty() {
        text = format!("{compared} runs, each in two processes: the same, line by line\n");
    }
    Ok(Answer { text, code })
}

/// Where the traces of two processes differ; none where they don't.
fn differs(file: &Path, seed: u64, out: &Path) -> Result<Option<String>, Failure> {
    let [one, other] = ["one", "other"].map(|name| out.join(name));
    // Side by side, so that neither finds the machine as the other did.
    let children = [start(file, seed, &one)?, start(file, seed, &other)?];
    for child in children {
        let done = child.wait_with_output().map_err(|error| broken(&error))?;
        let code = done.status.code();
        if code.is_none_or(|code| code >= 64) {
            let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
            return Err(Failure { message: said, code: code.map_or(super::INTERNAL, exit) });
        }
    }
    let read = |folder: &Path| {
        let path = schism::report::Folder::of(folder, file, seed).path().join("trace.jsonl");
        fs::read_to_string(&path)
            .map_err(|error| Failure::internal(&format!("cannot read {}: {error}", path.display())))
    };
    let difference = first_difference(&read(&one)?, &read(&other)?);
    if difference.is_none() {
        // Alike, they are of no use.
        let _ = (fs::remove_dir_all(&one), fs::remove_dir_all(&other));
    }
    Ok(difference)
}

fn start(file: &Path, seed: u64, out: &Path) -> Result<std::process::Child, Failure> {
    let program = std::env::current_exe().map_err(|error| broken(&error))?;
    Command::new(program)
        .arg("run")
        .arg(file)
        .args(["--seed", &seed.to_string(), "--format", "json", "--out"])
        .arg(out)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| broken(&error))
}

fn broken(error: &std::io::Error) -> Failure {
    Failure::internal(&format!("cannot play in another process: {error}"))
}

/// Exit codes of processes fit into a byte.
fn exit(code: i32) -> u8 {
    u8::try_from(code).unwrap_or(super::INTERNAL)
}

fn first_difference(one: &str, other: &str) -> Option<String> {
    if one == other {
        return None;
    }
    let lines = one.lines().zip(other.lines()).zip(1..);
    let first = lines.map(|((a, b), n)| (a, b, n)).find(|(a, b, _)| a != b);
    Some(match first {
        Some((a, b, n)) => format!("line {n} differs:\n    {a}\n    {b}"),
        None => format!("{} lines and {}", one.lines().count(), other.lines().count()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_shown_with_its_number() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n").unwrap(), "line 2 differs:\n    b\n    c");
        assert_eq!(first_difference("a\n", "a\nb\n").unwrap(), "1 lines and 2");
    }
}
