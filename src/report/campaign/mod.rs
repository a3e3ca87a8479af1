//! Shows a campaign: a row for each case, a folder for each failure, tables of what was touched,
//! and the same for machines that run tests.

mod ablation;
mod detection;
mod failure;
mod github;
mod junit;
mod results;
mod tally;
mod touched;

pub use ablation::{
    ABLATION_HEADINGS, ablation_file, ablation_lines, ablation_markdown, ablation_page,
};
pub use detection::{DETECTION_HEADINGS, detection_lines, detection_markdown};
pub use failure::{FailureNote, failure_files};
pub use github::{annotation, step_summary};
pub use junit::junit;
pub use results::{HEADINGS, row};
pub use tally::Tally;
pub use touched::{UNEXPLAINED, never_reached, touched};
