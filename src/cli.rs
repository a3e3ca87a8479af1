//! The command line: arguments to calls, verdicts to exit codes.
//!
//! `schism run` plays a scenario, `schism expand` shows what a seed makes of it, `schism fuzz`
//! plays many seeds, `schism replay` plays a failure again, `schism shrink` makes it small, `schism
//! ablate` switches rules off, `schism mutants` tries the oracle, `schism sweep` plays a grid,
//! `schism plot` draws it again, `schism gallery` does so with the figures that are kept, `schism
//! meta` compares two processes, `schism check` judges a stored trace again, `schism report` makes
//! a page of it, `schism explain` says how it came to what broke, `schism export` hands it to other
//! tools, `schism schema` tells editors what a file can hold, `schism list` shows what can be named
//! in a scenario. Each command gives its text for stdout and its exit code, or a [`Failure`]; only
//! [`main`] prints and ends the process.
//!
//! Exit codes: those of [`Outcome::exit_code`](schism::oracle::Outcome::exit_code), 64 for usage
//! and bad files, 70 for what is Schism's own or the machine's fault.

mod ablate;
mod arguments;
mod check;
mod detectors;
mod expand;
mod explain;
mod export;
mod fuzz;
mod gallery;
mod list;
mod meta;
mod mutants;
#[cfg(test)]
mod place;
mod progress;
mod replay;
mod report;
mod run;
mod schema;
mod shrink;
mod stored;
mod sweep;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser as _;
use schism::report::Paint;

pub use self::arguments::Catalogue;
use self::arguments::{
    AblateArguments, Arguments, CheckArguments, Command, DetectorsArguments, ExpandArguments,
    ExplainArguments, ExportArguments, ExportFormat, Format, FuzzArguments, GalleryArguments,
    ListArguments, MetaArguments, MutantsArguments, PlotArguments, ReplayArguments,
    ReportArguments, RunArguments, SchemaArguments, SchemaOf, ShrinkArguments, SweepArguments,
};

/// Usage, or a file that is not what it should be.
const USAGE: u8 = 64;
/// What should be the same bytes is not.
const DIFFERS: u8 = 4;
/// A panic, a run that broke, or an operation of the system that failed.
const INTERNAL: u8 = 70;

/// Reads the process's arguments, does what they say, and gives the exit code.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(shown) => {
            // Nobody is left to tell when even this can't be printed.
            let _ = shown.print();
            return if shown.use_stderr() { USAGE.into() } else { ExitCode::SUCCESS };
        }
    };
    // The panic's own message is on stderr by then.
    let done = std::panic::catch_unwind(|| follow(&arguments.command, Paint::for_stdout()));
    let answer = done.unwrap_or_else(|_| Err(Failure::internal("this is a bug in Schism")));
    let answer = answer.and_then(|answer| {
        print(&mut std::io::stdout().lock(), &answer.text)?;
        Ok(answer.code)
    });
    match answer {
        Ok(code) => code.into(),
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "{}", failure.message.trim_end());
            failure.code.into()
        }
    }
}

fn follow(command: &Command, paint: Paint) -> Result<Answer, Failure> {
    match command {
        Command::Run(arguments) => run::run(arguments, paint),
        Command::Expand(arguments) => expand::expand(arguments),
        Command::Fuzz(arguments) => fuzz::fuzz(arguments),
        Command::Replay(arguments) => replay::replay(arguments),
        Command::Shrink(arguments) => shrink::shrink(arguments),
        Command::Ablate(arguments) => ablate::ablate(arguments),
        Command::Detectors(arguments) => detectors::detectors(arguments),
        Command::Mutants(arguments) => mutants::mutants(arguments),
        Command::Sweep(arguments) => sweep::sweep(arguments),
        Command::Plot(arguments) => sweep::plot(arguments),
        Command::Gallery(arguments) => gallery::gallery(arguments),
        Command::Meta(arguments) => meta::meta(arguments),
        Command::Check(arguments) => check::check(arguments, paint),
        Command::Report(arguments) => report::report(arguments),
        Command::Export(arguments) => export::export(arguments),
        Command::Explain(arguments) => explain::explain(arguments, paint),
        Command::Schema(arguments) => schema::schema(arguments),
        Command::List(arguments) => list::list(arguments),
    }
}

/// Prints all of it. A reader that went away, like `head`, has what it wanted.
fn print(out: &mut impl Write, text: &str) -> Result<(), Failure> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::internal(&format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

/// What a command came to.
#[derive(Debug)]
pub struct Answer {
    /// For stdout.
    text: String,
    /// The process's exit code.
    code: u8,
}

/// Why a command came to nothing.
#[derive(Debug)]
pub struct Failure {
    /// For stderr.
    message: String,
    /// The process's exit code.
    code: u8,
}

impl Failure {
    fn usage(message: &str) -> Self {
        Self { message: message.to_owned(), code: USAGE }
    }

    fn internal(message: &str) -> Self {
        Self { message: format!("internal error: {message}"), code: INTERNAL }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    struct Refusing(io::ErrorKind);

    impl Write for Refusing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure_and_a_full_disk_is() {
        assert!(print(&mut Refusing(io::ErrorKind::BrokenPipe), "story").is_ok());
        let failure = print(&mut Refusing(io::ErrorKind::StorageFull), "story").unwrap_err();
        assert_eq!(failure.code, 70);
    }
}
