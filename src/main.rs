//! The program: everything of substance is in the library; `cli` maps arguments to calls.

mod cli;
mod wiring;

fn main() -> std::process::ExitCode {
    cli::main()
}
