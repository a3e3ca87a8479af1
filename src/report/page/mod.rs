//! A run as a page to look at: the verdict in words, a space-time diagram, and each event in full.
//!
//! The page is one file and needs nothing else: no network, no other file, no program but a
//! browser. This module writes what can be read without one's hands, the verdict and the story, and
//! puts the trace into the page with what the scripts beside it can't know: a sentence for each
//! event, and what led to it. The scripts fold the trace into what each node has (`state.js`) and
//! draw the part that is on the screen (`draw.js`), so that large runs stay quick.
//!
//! Of a run that is larger than a browser likes, what is mere routine is left out, and the page
//! says so. Not here: judging, and any event that the trace has not.

mod data;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use self::data::Data;
use super::names::Names;
use super::telling::tell;
use super::text::seconds;
use crate::oracle::{Outcome, Verdict};
use crate::trace::{Entry, Figures, Header};

const STYLE: &str = include_str!("page.css");

/// In the order in which each builds on those before.
const SCRIPTS: [&str; 6] = [
    include_str!("model.js"),
    include_str!("state.js"),
    include_str!("layout.js"),
    include_str!("draw.js"),
    include_str!("panel.js"),
    include_str!("main.js"),
];

/// What the boxes switch, in the order of the page, as `model.js` names it.
const KINDS: [(&str, &str); 10] = [
    ("wishes", "what users want"),
    ("decisions", "what servers decide"),
    ("epochs", "epochs"),
    ("messages", "messages"),
    ("requests", "requests"),
    ("faults", "faults and lies"),
    ("alarms", "detectors"),
    ("world", "the testbed's own"),
    ("mail", "asking for mail"),
    ("bookkeeping", "bookkeeping"),
];

/// The page of a run. `command` makes the run again.
pub fn run_page(header: &Header, entries: &[Entry], verdict: &Verdict, command: &str) -> String {
    let data = Data::of(header, entries, verdict);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (header.scenario) " – seed " (header.seed) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (header.scenario) }
                    (judged(verdict))
                    (facts(header, entries))
                    @if data.left_out > 0 {
                        p.left-out {
                            "The run has " (entries.len()) " events. To keep the page quick, "
                            (data.left_out) " that are mere routine are left out of the diagram."
                        }
                    }
                }
                main {
                    (tools(header))
                    (stage())
                    (key())
                    (told(header, entries))
                }
                footer { "Made by Schism. To play the run again: " code { (command) } }
                script type="application/json" id="run" { (PreEscaped(data.json())) }
                script { @for script in SCRIPTS { (PreEscaped(script)) } }
            }
        }
    };
    page.into_string()
}

fn judged(verdict: &Verdict) -> Markup {
    let (class, word) = match verdict.verdict {
        Outcome::AsExpected => ("good", "As expected"),
        Outcome::Safety => ("bad", "Safety violation"),
        Outcome::Liveness => ("bad", "Liveness violation"),
        Outcome::Inconclusive => ("open", "Inconclusive"),
        Outcome::ExpectedViolationMissing => ("bad", "An expected violation did not come"),
    };
    html! {
        section class={ "verdict " (class) } aria-label="Verdict" {
            p { strong { (word) ". " } (coded(&verdict.why)) }
            @if !verdict.violations.is_empty() {
                ul {
                    @for it in &verdict.violations {
                        li {
                            button.link type="button" data-event=(it.event) {
                                code { (it.invariant) } " at " (seconds(it.at))
                            }
                            ": " (it.why)
                        }
                    }
                }
            }
        }
    }
}

/// A sentence, with what stands between backticks set as code.
fn coded(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn facts(header: &Header, entries: &[Entry]) -> Markup {
    let (names, figures) = (Names::of(header), Figures::of(entries));
    let facts = [
        ("seed", header.seed.to_string()),
        ("users", names.users()),
        ("rooms", names.rooms()),
        ("rules off", header.without.join(", ")),
        ("not enforced by hubs", header.hub_without.join(", ")),
        ("read otherwise", header.readings.join(", ")),
        ("detectors", header.detectors.join(", ")),
        ("misbehaving", header.dishonest.join(", ")),
        ("expected to break", header.expected.join(", ")),
        ("events", figures.events.to_string()),
        ("epochs", figures.epochs.to_string()),
        ("messages delivered", figures.messages_delivered.to_string()),
        ("simulated", seconds(figures.simulated_ms)),
    ];
    html! {
        dl.facts {
            @for (label, text) in facts.iter().filter(|(_, text)| !text.is_empty()) {
                div { dt { (label) } dd { (text) } }
            }
        }
    }
}

fn tools(header: &Header) -> Markup {
    html! {
        div #tools role="toolbar" aria-label="What the diagram shows" {
            label { "room "
                select #room {
                    option value="" { "all" }
                    @for room in header.rooms.values() { option { (room.name()) } }
                }
            }
            fieldset #kinds {
                @for (kind, label) in KINDS {
                    label { input type="checkbox" value=(kind) autocomplete="off"; " " (label) }
                }
            }
            label { input type="checkbox" #past checked autocomplete="off"; " fade what did not lead to it" }
            label { input type="checkbox" #true-time autocomplete="off"; " true time" }
            span {
                button type="button" #out aria-label="zoom out" { "−" }
                " "
                button type="button" #in aria-label="zoom in" { "+" }
            }
            button type="button" #unfold hidden { "show all lanes" }
        }
    }
}

fn stage() -> Markup {
    html! {
        div #stage {
            div {
                div #scroller tabindex="0" role="application"
                    aria-label="Space-time diagram. Arrow keys go from event to event, v goes to the \
                                violation, plus and minus zoom, p fades what did not lead to the \
                                event. The run stands in words below." {
                    div #heads {}
                    svg #board aria-hidden="true" { (PreEscaped(PATTERNS)) }
                }
                div #stepper {
                    button type="button" #back aria-label="previous event" { "◀" }
                    input #step type="range" min="0" max="0" value="0" aria-label="event" autocomplete="off";
                    button type="button" #on aria-label="next event" { "▶" }
                    output #place for="step" {}
                }
            }
            aside #panel aria-live="polite" aria-label="The chosen event" {}
        }
        section aria-label="What each node has" {
            h2 { "What each node has, before and after the chosen event" }
            div #states.wide {}
        }
        noscript { p { "The diagram needs scripts; the run stands in words below." } }
    }
}

const PATTERNS: &str = r##"<defs>
<marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker>
<pattern id="crashed" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="7" height="7" fill="#8882"/><line y2="7" stroke="#b3261e88" stroke-width="3"/></pattern>
<pattern id="cut" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="#f9a82522"/><path d="M0 0H8" stroke="#f9a825aa"/></pattern>
<pattern id="forked" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line y2="6" stroke="#fff9" stroke-width="2"/></pattern>
</defs>"##;

fn key() -> Markup {
    html! {
        p.key {
            span { "Coloured bar: the epoch that a node is at; hatched and red: another room than the rest has." }
            span { "Arrow: a request; dotted back: its answer; dashed amber: late; dashed red with ✕: lost; doubled: came twice." }
            span { "Hatched lane: down; grey: offline; striped amber: cut off; red edge: misbehaves." }
            span { "Keys: ↑ ↓ step, v violation, p causes, + − zoom, Esc none." }
        }
    }
}

fn told(header: &Header, entries: &[Entry]) -> Markup {
    html! {
        h2 { "The run in words" }
        table.story {
            @for line in tell(header, entries) {
                tr { td { (seconds(line.at_ms)) } td { (line.node) } td { (line.text) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    fn page() -> String {
        let (header, entries) = (testing::header(), testing::clubhouse());
        run_page(&header, &entries, &testing::verdict(), "schism run scenarios/small.toml --seed 7")
    }

    #[test]
    fn the_verdict_and_its_reason_come_first_and_in_words() {
        let page = page();
        let verdict = page.find("Liveness violation").unwrap();
        assert!(verdict < page.find("id=\"board\"").unwrap());
        assert!(page.contains("One intent never came to an end."));
    }

    #[test]
    fn the_page_needs_nothing_else() {
        let page = page();
        for outside in ["http://", "https://", "src=", "@import", "url(http"] {
            let found = page.replace("http://www.w3.org/2000/svg", "").contains(outside);
            assert!(!found, "{outside}");
        }
    }

    #[test]
    fn who_cannot_see_the_diagram_reads_the_run() {
        let page = page();
        assert!(page.contains("<td>creates clubhouse (done in 0.120 s)</td>"), "{page}");
        assert!(page.contains("schism run scenarios/small.toml --seed 7"));
    }

    #[test]
    fn what_users_say_cannot_end_the_data() {
        let (mut header, entries) = (testing::header(), testing::clubhouse());
        header.scenario = "</script><b>".into();
        let page = run_page(&header, &entries, &testing::verdict(), "run x");
        assert_eq!(page.matches("</script>").count(), 2);
        assert!(!page.contains("<b>"));
    }
}
