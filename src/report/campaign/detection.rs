//! What each detector notices of each liar, as tables: a matrix of liars and detectors, and what
//! each detector costs where nobody lies.

use crate::campaign::Noticed;
use crate::mimi::watch::{DETECTORS, Detector};

/// The columns of the CSV: a line for each scenario and detector.
pub const DETECTION_HEADINGS: [&str; 9] = [
    "scenario",
    "breaks",
    "detector",
    "cases",
    "noticed",
    "median_delay_ms",
    "false_alarms",
    "bytes_without",
    "bytes_with",
];

/// The lines of the CSV for one scenario.
pub fn detection_lines(of: &Noticed) -> Vec<[String; 9]> {
    let line = |detector: Detector| {
        let delays = of.delays_ms.get(&detector).map_or(&[][..], Vec::as_slice);
        [
            of.name.clone(),
            of.broke.join(" "),
            detector.id().to_owned(),
            of.cases.to_string(),
            delays.len().to_string(),
            median(delays).map(|it| it.to_string()).unwrap_or_default(),
            of.false_alarms.get(&detector).copied().unwrap_or_default().to_string(),
            of.bytes.to_string(),
            of.bytes_with.get(&detector).copied().unwrap_or_default().to_string(),
        ]
    };
    DETECTORS.iter().map(|info| line(info.detector)).collect()
}

/// Both tables as Markdown.
pub fn detection_markdown(all: &[Noticed], command: &str) -> String {
    let heads: String = DETECTORS.iter().map(|info| format!(" {} |", info.id)).collect();
    let rules = "---|".repeat(DETECTORS.len());
    let mut text = format!(
        "# What gives a liar away\n\nIn how many of the cases an honest node was warned, and how long \
         after the misbehaviour began, in the median. Made by `{command}`.\n\n\
         | scenario | breaks | cases |{heads}\n|---|---|---|{rules}\n"
    );
    for of in all {
        let breaks = if of.broke.is_empty() { "nothing".to_owned() } else { of.broke.join(", ") };
        text += &format!("| {} | {breaks} | {} |", of.name, of.cases);
        for info in DETECTORS {
            text += &format!(" {} |", cell(of, info.detector));
        }
        text.push('\n');
    }
    text += &format!(
        "\nWithout the liar, over all of these scenarios:\n\n| |{heads}\n|---|{rules}\n| false alarms \
         |{}\n| bytes of bodies, more than without |{}\n",
        each(|detector| false_alarms(all, detector).to_string()),
        each(|detector| more_bytes(all, detector)),
    );
    for of in all {
        of.broke_off.iter().for_each(|why| text += &format!("\n{} broke off: {why}\n", of.name));
    }
    text
}

fn each(cell: impl Fn(Detector) -> String) -> String {
    DETECTORS.iter().map(|info| format!(" {} |", cell(info.detector))).collect()
}

fn cell(of: &Noticed, detector: Detector) -> String {
    let delays = of.delays_ms.get(&detector).map_or(&[][..], Vec::as_slice);
    median(delays).map_or(String::new(), |median| {
        format!("{}: {:.1} s", delays.len(), median as f64 / 1_000.0)
    })
}

fn false_alarms(all: &[Noticed], detector: Detector) -> u64 {
    all.iter().filter_map(|of| of.false_alarms.get(&detector)).sum()
}

fn more_bytes(all: &[Noticed], detector: Detector) -> String {
    let without: u64 = all.iter().map(|of| of.bytes).sum();
    let with: u64 = all.iter().filter_map(|of| of.bytes_with.get(&detector)).sum();
    let more = with as f64 - without as f64;
    format!("{:+.1} %", 100.0 * more / (without as f64).max(1.0))
}

/// The middle one of sorted values; of two, the lower.
fn median(sorted: &[u64]) -> Option<u64> {
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noticed() -> Noticed {
        Noticed {
            name: "two-forks".to_owned(),
            cases: 3,
            broke: vec!["agreement".to_owned()],
            delays_ms: [(Detector::Exchange, vec![900, 1_400, 2_000])].into(),
            false_alarms: [(Detector::Heartbeats, 1)].into(),
            bytes: 1_000,
            bytes_with: [(Detector::Receipts, 1_250), (Detector::Exchange, 1_000)].into(),
            broke_off: vec![],
        }
    }

    #[test]
    fn a_row_shows_who_noticed_how_often_and_how_soon() {
        let text = detection_markdown(&[noticed()], "schism detectors");
        assert!(text.contains("| two-forks | agreement | 3 |  |  |  | 3: 1.4 s |"), "{text}");
        assert!(text.contains("| false alarms | 0 | 0 | 0 | 0 | 0 | 1 |"), "{text}");
        assert!(text.contains("| -100.0 % | -100.0 % | +25.0 % | +0.0 %"), "{text}");
    }

    #[test]
    fn the_csv_has_a_line_for_each_detector() {
        let lines = detection_lines(&noticed());
        assert_eq!(lines.len(), DETECTORS.len());
        assert_eq!(lines[3][2..6], ["exchange", "3", "3", "1400"]);
        assert_eq!(lines[0][4..7], ["0", "", "0"]);
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!([median(&[]), median(&[4]), median(&[4, 9])], [None, Some(4), Some(4)]);
        assert_eq!(median(&[1, 2, 9]), Some(2));
    }
}
