//! The story of a run for people: what was set up, what happened, what the oracle says of it, what
//! it cost, where the files are and how to run it again.
//!
//! The same trace gives the same story; only [`Measured`] differs between two runs of one seed.

use std::path::Path;

use super::collapse::{Shown, collapse};
use super::names::Names;
use super::paint::Paint;
use super::telling::{Line, tell};
use super::text::{count, hanging, length, seconds};
use crate::oracle::{Outcome, Verdict};
use crate::trace::{Entry, Figures, Header};

/// What stands beside a run and is not in its trace.
pub struct Measured<'a> {
    /// Seconds of wall time that the run took.
    pub wall_seconds: f64,
    /// Seconds of these that were spent inside MLS operations.
    pub mls_seconds: f64,
    /// The folder that holds the run's files.
    pub folder: &'a Path,
    /// The arguments after the program's name that make the same run again.
    pub arguments: &'a str,
    /// What the seed drew for the run, and what came of each; none where nothing was left to
    /// chance.
    pub drawn: &'a [(String, String)],
}

/// Tells a whole run.
pub fn story(
    header: &Header,
    entries: &[Entry],
    verdict: &Verdict,
    measured: &Measured<'_>,
    paint: Paint,
) -> String {
    let figures = Figures::of(entries);
    [
        facts(header, measured.drawn, paint),
        happenings(header, entries, paint),
        judgement(verdict, paint),
        costs(&figures, measured),
        whereabouts(measured),
    ]
    .join("\n")
}

fn facts(header: &Header, drawn: &[(String, String)], paint: Paint) -> String {
    let names = Names::of(header);
    let mut shown = format!("{}\n", paint.strong(&header.scenario));
    let mut fact = |label: &str, text: &str| {
        if !text.is_empty() {
            shown.push_str(&hanging(&format!("  {label:<11}"), text));
        }
    };
    fact("providers", &names.providers());
    fact("users", &names.users());
    fact("rooms", &names.rooms());
    fact("rules off", &header.without.join(", "));
    fact("unenforced", &header.hub_without.join(", "));
    fact("read so", &header.readings.join(", "));
    fact("watching", &header.detectors.join(", "));
    fact("dishonest", &header.dishonest.join(", "));
    fact("to violate", &header.expected.join(", "));
    fact("seed", &header.seed.to_string());
    for (n, (what, value)) in drawn.iter().enumerate() {
        fact(if n == 0 { "drawn" } else { "" }, &format!("{what}: {value}"));
    }
    shown
}

fn happenings(header: &Header, entries: &[Entry], paint: Paint) -> String {
    let lines = tell(header, entries);
    let longest = |of: fn(&Line) -> usize| lines.iter().map(of).max().unwrap_or_default();
    let time = longest(|line| length(&seconds(line.at_ms)));
    let node = longest(|line| length(&line.node));
    let mut shown = String::new();
    for line in collapse(lines, |line| line.sort) {
        match line {
            Shown::Line(line) => {
                let when = format!("  {:>time$}  {:<node$}  ", seconds(line.at_ms), line.node);
                shown.push_str(&hanging(&when, &line.text));
            }
            Shown::More(more) => {
                let margin = " ".repeat(2 + time + 2 + node + 2);
                shown.push_str(&format!("{margin}{}\n", paint.faint(&more)));
            }
        }
    }
    shown
}

/// The violations and the verdict.
pub fn judgement(verdict: &Verdict, paint: Paint) -> String {
    let mut shown = String::new();
    for violation in &verdict.violations {
        let name = paint.bad(&violation.invariant);
        let at = seconds(violation.at);
        shown.push_str(&format!("violation  {name} at {at}, event {}\n", violation.event));
        shown.push_str(&hanging("           ", &violation.why));
    }
    let word = match verdict.verdict {
        Outcome::AsExpected => paint.good("as expected"),
        Outcome::Safety => paint.bad("safety violation"),
        Outcome::Liveness => paint.bad("liveness violation"),
        Outcome::Inconclusive => paint.open("inconclusive"),
        Outcome::ExpectedViolationMissing => paint.bad("expected violation missing"),
    };
    shown.push_str(&format!("verdict    {word} (exit code {})\n", verdict.verdict.exit_code()));
    shown.push_str(&hanging("           ", &verdict.why));
    shown
}

fn costs(figures: &Figures, measured: &Measured<'_>) -> String {
    let counted = format!(
        "{}, {}, {} delivered",
        count(figures.events, "event"),
        count(figures.epochs, "epoch"),
        count(figures.messages_delivered, "message"),
    );
    let mut took = format!(
        "{} simulated in {:.2} s of wall time",
        seconds(figures.simulated_ms),
        measured.wall_seconds
    );
    if measured.wall_seconds > 0.0 {
        let times = figures.simulated_seconds() / measured.wall_seconds;
        took.push_str(&format!(" ({times:.1} times real time)"));
    }
    took.push_str(&format!(", {:.2} s of it in MLS", measured.mls_seconds));
    hanging("figures    ", &counted) + &hanging("           ", &took)
}

fn whereabouts(measured: &Measured<'_>) -> String {
    let Measured { folder, arguments, .. } = measured;
    format!(
        "files      {}/{{script.toml,trace.jsonl,summary.json}}\n\
         again      schism {arguments}\n\
         \x20          or, in a checkout: cargo run --release -- {arguments}\n",
        folder.display()
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    fn told() -> String {
        let measured = Measured {
            wall_seconds: 0.9,
            mls_seconds: 0.25,
            folder: Path::new("output/scenarios/small/7"),
            arguments: "run scenarios/small.toml --seed 7",
            drawn: &[],
        };
        let (header, verdict) = (testing::header(), testing::verdict());
        story(&header, &testing::clubhouse(), &verdict, &measured, Paint::plain())
    }

    #[test]
    fn the_story_of_a_run_reads_from_its_setting_to_the_command_that_repeats_it() {
        insta::assert_snapshot!(told(), @"
        A small clubhouse, made by hand
          providers  a.example, b.example, c.example
          users      alice (A1, A2), bob (B1, B2), cathy (C1)
          rooms      clubhouse at a.example
          seed       7

           1.000 s  A1         creates clubhouse (done in 0.120 s)
           1.060 s  a.example  clubhouse exists: A1 created it
           2.000 s  A1         adds bob to clubhouse (done in 0.310 s)
           2.240 s  a.example  clubhouse is at epoch 1: A1 added bob (B1, B2)
           3.100 s  B1         sends “hello 1” to clubhouse
           3.200 s  B1         sends “hello 2” to clubhouse
           3.300 s  B1         sends “hello 3” to clubhouse
                               … 17 more messages
           6.000 s  world      nothing passes any more between a.example and b.example
           7.000 s  a.example  crashes, and loses what was not on its disk
           9.000 s  a.example  runs again from its disk
           9.500 s  world      everything flows again between a.example and b.example
           9.800 s  B2         sets out to return to clubhouse by an external commit: the commit for epoch 1
                               never came
           9.990 s  a.example  clubhouse is at epoch 2: B2 came back
          12.000 s  B1         renames clubhouse to “The Attic” (done in 0.200 s)
          12.000 s  A2         adds cathy to clubhouse (refused after 0.900 s: ordinary users may not add)
          12.070 s  a.example  clubhouse is at epoch 3: B1 renamed it “The Attic”
          12.090 s  a.example  refuses B1: wrongEpoch, by the rule current-epoch: the commit is for epoch 2,
                               the room is at 3
          13.000 s  A2         updates its keys in clubhouse (this never came to an end)
          14.000 s  B1         leaves clubhouse (done in 1.000 s)
          14.200 s  a.example  bob (B1, B2) asks to be taken out of clubhouse: the next commit shall do it
          14.900 s  a.example  clubhouse is at epoch 4: A1 completed the leave of bob (B1, B2)
          15.000 s  B1         is out of clubhouse; its last epoch was 3
          15.000 s  world      all steps are given and no fault is left: the rooms have 20.000 s to come to
                               rest
          35.000 s  world      the rooms should be at rest: members send and commit to show it
          45.000 s  world      the run is over

        violation  nobody_stuck at 45.000 s, event 92
                   A2 wanted to update its keys at 13.000 s, and 32.0 s later that had not come to an end;
                   the hub was at epoch 4, and A2 had no request under way
        verdict    liveness violation (exit code 3)
                   One intent never came to an end.

        figures    92 events, 4 epochs, 20 messages delivered
                   45.000 s simulated in 0.90 s of wall time (50.0 times real time), 0.25 s of it in MLS

        files      output/scenarios/small/7/{script.toml,trace.jsonl,summary.json}
        again      schism run scenarios/small.toml --seed 7
                   or, in a checkout: cargo run --release -- run scenarios/small.toml --seed 7
        ");
    }

    #[test]
    fn no_line_of_the_story_is_wider_than_a_hundred_columns() {
        assert!(told().lines().all(|line| length(line) <= 100));
    }

    #[test]
    fn an_empty_trace_has_a_story_too() {
        let (header, verdict) = (testing::header(), testing::verdict());
        let folder = Path::new("output");
        let arguments = "run x";
        let measured =
            Measured { wall_seconds: 0.0, mls_seconds: 0.0, folder, arguments, drawn: &[] };
        let told = story(&header, &[], &verdict, &measured, Paint::plain());
        assert!(told.contains("0 events, 0 epochs, 0 messages delivered"), "{told}");
    }

    #[test]
    fn a_declared_liar_and_what_is_expected_of_it_stand_among_the_facts() {
        let mut header = testing::header();
        header.dishonest = vec!["a.example".into()];
        header.expected = vec!["agreement".into()];
        let facts = facts(&header, &[], Paint::plain());
        assert!(facts.contains("  dishonest  a.example\n  to violate agreement\n"), "{facts}");
    }

    #[test]
    fn what_was_drawn_stands_below_the_seed_one_value_a_line() {
        let drawn = [("users", "5"), ("operations off", "kick, ban")];
        let drawn = drawn.map(|(what, value)| (what.to_owned(), value.to_owned()));
        let facts = facts(&testing::header(), &drawn, Paint::plain());
        let shown = "  drawn      users: 5\n             operations off: kick, ban\n";
        assert!(facts.ends_with(shown), "{facts}");
    }
}
