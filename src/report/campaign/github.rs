//! What GitHub Actions shows of a campaign: an annotation for each failure, and a summary page.

use super::super::text::count;
use super::tally::Tally;
use crate::campaign::Case;

/// A line for stdout that becomes an annotation.
pub fn annotation(case: &Case) -> String {
    let what = case.invariant.as_deref().unwrap_or(case.ended.word());
    let title = escaped(&format!("{what} broke, seed {}", case.seed), true);
    let file = escaped(&case.scenario, true);
    format!("::error file={file},title={title}::{}\n", escaped(&case.ended.why(), false))
}

/// Markdown for the page of the job.
pub fn step_summary(tally: &Tally, last_line: &str) -> String {
    let heading = match tally.failed() {
        0 => "All cases as expected".to_owned(),
        failed => count(failed, "failure"),
    };
    let failures = tally.failures();
    let failures =
        if failures.is_empty() { failures } else { format!("\n```text\n{failures}```\n") };
    format!("### Schism: {heading}\n\n{last_line}\n{failures}")
}

/// As GitHub's commands want their values; properties have two more characters that mean something.
fn escaped(text: &str, property: bool) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    if property { text.replace(':', "%3A").replace(',', "%2C") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_to_github_is_escaped() {
        assert_eq!(escaped("a: 5 %,\nb", true), "a%3A 5 %25%2C%0Ab");
        assert_eq!(escaped("a: 5 %,\nb", false), "a: 5 %25,%0Ab");
    }
}
