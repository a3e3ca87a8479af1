//! A campaign as a JUnit report: a suite for each scenario, a test for each seed.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::campaign::{Case, Ended};

/// The report's text. Cases in the order in which they are to stand.
///
/// # Errors
/// When a text in it can't stand in XML.
pub fn junit<'a>(
    cases: impl Iterator<Item = &'a Case>,
) -> Result<String, quick_junit::SerializeError> {
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for case in cases {
        let suite =
            suites.entry(&case.scenario).or_insert_with(|| TestSuite::new(case.scenario.as_str()));
        suite.add_test_case(test(case));
    }
    let mut report = Report::new("schism");
    report.add_test_suites(suites.into_values());
    report.to_string()
}

fn test(case: &Case) -> TestCase {
    let status = if case.ended.is_fine() {
        TestCaseStatus::success()
    } else {
        let kind = match case.ended {
            Ended::Judged(_) => NonSuccessKind::Failure,
            _ => NonSuccessKind::Error,
        };
        let mut status = TestCaseStatus::non_success(kind);
        status.set_message(case.ended.why());
        status.set_type(case.invariant.as_deref().unwrap_or(case.ended.word()));
        status
    };
    let mut test = TestCase::new(format!("seed {}", case.seed), status);
    test.set_classname(case.scenario.as_str());
    test.set_time(Duration::from_secs_f64(case.wall_seconds));
    test
}
