//! The only record of a run: its vocabulary, how nodes write it, how it is read back.

mod event;
mod figures;
mod journal;
mod reader;
mod words;

pub use event::{Entry, Event};
pub use figures::Figures;
pub use journal::{Caused, Journal, Log, hash, write};
pub use reader::{FORMAT, ReadError, read};
pub use words::*;
