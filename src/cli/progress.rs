//! How far a search has come, on stderr: a bar on a terminal, now and then a line elsewhere.

use std::io::IsTerminal as _;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

use crate::wiring;

/// Seconds between two lines where there is no terminal.
const PAUSE_S: f64 = 15.0;

/// See the top of this file.
pub struct Progress {
    bar: Option<ProgressBar>,
    lines: Mutex<Lines>,
}

struct Lines {
    seconds: wiring::Seconds,
    last_s: f64,
    played: u64,
    failed: u64,
    all: Option<u64>,
}

impl Progress {
    /// Of so many cases, where that is known.
    pub fn new(all: Option<u64>) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = all.map_or_else(ProgressBar::no_length, ProgressBar::new);
            let template = match all {
                Some(_) => "{wide_bar} {pos} of {len}, {per_sec}, {eta} left {msg}",
                None => "{spinner} {pos} cases, {per_sec}, {elapsed} {msg}",
            };
            // The templates are literals that are known to be right.
            bar.with_style(
                ProgressStyle::with_template(template)
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            )
        });
        let seconds = wiring::stopwatch();
        let lines = Lines { seconds, last_s: 0.0, played: 0, failed: 0, all };
        Self { bar, lines: Mutex::new(lines) }
    }

    /// A case was played.
    pub fn played(&self, failed: bool) {
        let Ok(mut lines) = self.lines.lock() else { return };
        lines.played += 1;
        lines.failed += u64::from(failed);
        if let Some(bar) = &self.bar {
            bar.inc(1);
            if failed {
                bar.set_message(format!("({} failed)", lines.failed));
            }
            return;
        }
        let now = (lines.seconds)();
        if now - lines.last_s >= PAUSE_S {
            lines.last_s = now;
            let of = lines.all.map_or_else(String::new, |all| format!(" of {all}"));
            eprintln!("{now:.0} s: {}{of} played, {} failed", lines.played, lines.failed);
        }
    }

    /// Something that is worth a line of its own.
    pub fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
