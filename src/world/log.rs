//! The log for people: lines on stderr with simulated time and the node's name.
//!
//! A log is for reading along; nothing is judged by it, and a run with a log has the same trace.

use std::fmt;
use std::io;

use tracing::Level;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::prelude::*;

use super::time::Now;

/// Logs this thread's lines of at least `level`, as long as the guard lives.
pub fn to_stderr(level: Level) -> DefaultGuard {
    let lines = tracing_subscriber::fmt::layer()
        .with_timer(Now)
        .with_ansi(false)
        .with_target(false)
        .with_writer(io::stderr)
        .with_filter(Targets::new().with_target(env!("CARGO_CRATE_NAME"), level));
    tracing_subscriber::registry().with(lines).set_default()
}

impl FormatTime for Now {
    fn format_time(&self, line: &mut Writer<'_>) -> fmt::Result {
        write!(line, "{:>8} ms", self.ms())
    }
}
