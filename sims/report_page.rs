//! Pages of runs in a real browser: they load without an error, show what they should, answer to
//! clicks, boxes, keys and the slider, and are quick with ten thousand events.
//!
//! The page is opened in a headless Chromium together with a script that uses it as a person would
//! and writes down what it sees. Where there is no Chromium, the tests say so and pass.

// Clippy knows tests by their attribute, and takes what they share for something else.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use schism::campaign::play_and_judge;
use schism::mimi::rules::RULES;
use schism::report::run_page;
use schism::scenario::Scenario;
use schism::world::Options;
use serde_json::Value;

const WATCH: &str = include_str!("report_page/watch.js");
const USE: &str = include_str!("report_page/use.js");

/// The names that Chromium goes by.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

fn chromium() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let here = |folder: PathBuf| NAMES.iter().map(move |name| folder.join(name));
    env::split_paths(&path).flat_map(here).find(|program| program.is_file())
}

/// The page of a scenario's run.
fn page(name: &str, text: &str) -> (String, usize) {
    let ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    let scenario = Scenario::read(name, text, &ids).unwrap();
    let script = scenario.expand(scenario.seed(None)).script;
    let judged = play_and_judge(&script, &Options { log: None }).unwrap();
    let (header, entries) = (&judged.run.header, &judged.run.entries);
    let page = run_page(header, entries, &judged.verdict, &format!("schism run {name}"));
    (page, entries.len())
}

/// What the script saw in the browser; none where there is no browser.
fn seen(name: &str, page: &str) -> Option<Value> {
    let Some(browser) = chromium() else {
        println!("skipped: no Chromium here to open the page of {name} in");
        return None;
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("report-page-{name}"));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("page.html");
    let watched = page.replacen("<head>", &format!("<head><script>{WATCH}</script>"), 1);
    let used = watched.replacen("</body>", &format!("<script>{USE}</script></body>"), 1);
    fs::write(&file, used).unwrap();
    let dumped = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1500,1100"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", file.display()))
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let dom = String::from_utf8(dumped.stdout).unwrap();
    let begin = dom.find("<pre id=\"seen\">").expect("the script came to its end");
    let json = dom[begin + 15..].split("</pre>").next().unwrap();
    let json = json.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
    Some(serde_json::from_str(&json.replace("&amp;", "&")).unwrap())
}

fn assert_usable(seen: &Value) {
    assert_eq!(seen["errors"], Value::Array(vec![]), "{seen}");
    assert_eq!(seen["overlaps"], Value::Array(vec![]), "{seen}");
    assert_eq!(seen["downward"], true, "{seen}");
    assert_eq!(seen["clicked"], true, "{seen}");
    assert_eq!(seen["stepped"], true, "{seen}");
    assert_eq!(seen["slid"], true, "{seen}");
    assert_eq!(seen["filtered"], true, "{seen}");
    assert_eq!(seen["folded"], true, "{seen}");
}

#[test]
fn a_split_is_two_colours_at_one_height_where_its_violation_is_marked() {
    let (page, _) = page("two-forks", include_str!("../scenarios/two-forks.toml"));
    let Some(seen) = seen("two-forks", &page) else { return };
    assert_usable(&seen);
    assert_eq!(seen["violations"], 1, "{seen}");
    assert!(seen["colours"].as_u64().unwrap() >= 2, "{seen}");
    assert!(seen["faded"].as_u64().unwrap() > 0, "{seen}");
    let chosen = seen["chosen"].as_str().unwrap();
    assert!(chosen.contains("are split at epoch 4"), "{chosen}");
}

#[test]
fn an_honest_run_has_no_violation_and_one_colour_for_each_epoch() {
    let (page, _) = page("clubhouse", include_str!("../scenarios/clubhouse.toml"));
    let Some(seen) = seen("clubhouse", &page) else { return };
    assert_usable(&seen);
    assert_eq!(seen["violations"], 0, "{seen}");
    assert_eq!(seen["forks"], 0, "{seen}");
}

#[test]
fn time_leads_downward_where_the_nodes_of_a_tick_have_their_own() {
    let (page, _) = page("partition-heals", include_str!("../scenarios/partition-heals.toml"));
    let Some(seen) = seen("partition-heals", &page) else { return };
    assert_usable(&seen);
}

/// Three users at three providers, each with four clients, who talk for a while.
fn talk(messages: u32) -> String {
    let user = |name: &str, at: &str| {
        let clients: Vec<_> = (1..=4).map(|n| format!("\"{}{n}\"", at.to_uppercase())).collect();
        format!("users.{name} = {{ at = \"{at}.example\", clients = [{}] }}\n", clients.join(", "))
    };
    let users = [user("alice", "a"), user("bob", "b"), user("cathy", "c")].concat();
    let sends = (0..messages).map(|n| {
        let who = ["A1", "B2", "C3", "B1", "C4"][n as usize % 5];
        format!(
            "    {{ at = \"{}ms\", who = \"{who}\", do = \"send\", text = \"m{n}\" }},\n",
            8_000 + 150 * n
        )
    });
    format!(
        "title = \"A long talk\"\nwhy = \"\"\"Many events.\"\"\"\n\
         providers = [\"a.example\", \"b.example\", \"c.example\"]\n{users}\
         rooms.hall = {{ hub = \"a.example\" }}\nsteps = [\n\
         {{ at = \"1s\", who = \"A1\", do = \"create\" }},\n\
         {{ at = \"2s\", who = \"A1\", do = \"add\", user = \"bob\" }},\n\
         {{ at = \"4s\", who = \"A1\", do = \"add\", user = \"cathy\" }},\n{}]\n",
        sends.collect::<String>()
    )
}

#[test]
fn ten_thousand_events_are_there_in_under_two_seconds() {
    let (page, events) = page("a-long-talk", &talk(200));
    assert!(events > 10_000, "{events}");
    let Some(seen) = seen("a-long-talk", &page) else { return };
    assert_usable(&seen);
    let ready = seen["ready_ms"].as_f64().unwrap();
    println!("{events} events: ready after {ready:.0} ms");
    assert!(ready < 2_000.0, "{events} events took {ready} ms");
}
