//! Shows a run to people and to programs: the story on the console, the summary as JSON, the
//! files that a run leaves, tables of what there is.
//!
//! [`story`] turns a trace and its verdict into text; [`Found`] and [`Summary`] are the same
//! knowledge as JSON; [`Folder`] says where a run's files stand and writes them whole; [`table`]
//! lays out the catalogues; [`Figure`] draws what a sweep came to, from its rows; [`run_page`] is
//! the run as a page to look at. All else reads the trace and the verdict, and nothing else, so
//! that a stored run can be shown again without being played. What a campaign came to is shown by
//! `campaign`, from its cases.
//!
//! Not here: judging (`oracle`), and reading arguments (the command line).

mod campaign;
mod causes;
mod collapse;
mod explain;
mod export;
mod folder;
mod mermaid;
mod names;
mod page;
mod paint;
mod plots;
mod sentence;
mod story;
mod summary;
mod table;
mod telling;
#[cfg(test)]
mod testing;
mod text;
mod wires;

pub use campaign::{
    ABLATION_HEADINGS, DETECTION_HEADINGS, FailureNote, HEADINGS, Tally, UNEXPLAINED,
    ablation_file, ablation_lines, ablation_markdown, ablation_page, annotation, detection_lines,
    detection_markdown, failure_files, junit, never_reached, row, step_summary, touched,
};
pub use causes::Causes;
pub use explain::{Explainer, Explanation, explained};
pub use export::{EXPORT_HEADINGS, csv_rows, perfetto};
pub use folder::Folder;
pub use mermaid::mermaid;
pub use page::run_page;
pub use paint::Paint;
pub use plots::{Figure, Sheet};
pub use sentence::sentences;
pub use story::{Measured, judgement, story};
pub use summary::{Found, Stored, Summary, command_of};
pub use table::{Note, Row, table, table_with_notes};
