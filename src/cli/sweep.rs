//! `schism sweep`: plays a grid and draws what came of it. `schism plot`: draws it again.
//!
//! Beneath `--out`: `runs.csv`, `series.csv` where a figure shows a run in time, `sweep.json`, and
//! each figure as SVG and PNG. While it goes on, `progress.jsonl` has what was played, a line a
//! run: a sweep that is interrupted goes on from there, as long as it is the same. Half a line at
//! its end is left out.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;

use schism::campaign::{Described, Played, PlotKind, Sweep, play_sweep};
use schism::report::{Figure, Folder, Sheet};

use super::progress::Progress;
use super::{Answer, Failure, PlotArguments, SweepArguments};
use crate::wiring;

const PROGRESS: &str = "progress.jsonl";

/// Does it.
pub fn sweep(arguments: &SweepArguments) -> Result<Answer, Failure> {
    let sweep = read(&arguments.file)?;
    if let Some(number) = arguments.point {
        return expanded(&sweep, number);
    }
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| Path::new("output/sweeps").join(stem(&arguments.file)));
    let jobs = arguments.jobs.unwrap_or_else(wiring::processors);
    let watch = wiring::stopwatch();
    let text = played(sweep, &arguments.file, &out, jobs, true)?;
    Ok(Answer { text: format!("{text}in {:.1} s\n", watch()), code: 0 })
}

/// Draws a stored sweep again.
pub fn plot(arguments: &PlotArguments) -> Result<Answer, Failure> {
    let drawn = drawn(&arguments.dir, true)?;
    Ok(Answer { text: shown(&drawn), code: 0 })
}

/// The name of a sweep file without `.sweep.toml`.
pub fn stem(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let short = name.strip_suffix(".toml").unwrap_or(&name);
    short.strip_suffix(".sweep").unwrap_or(short).to_owned()
}

/// Reads a sweep file.
pub fn read(file: &Path) -> Result<Sweep, Failure> {
    let shown = file.display().to_string();
    let text = fs::read_to_string(file).map_err(|error| {
        Failure::usage(&format!("cannot read {shown}: {error}; expected a sweep file"))
    })?;
    let beside = |name: &str| {
        let path = file.with_file_name(name);
        fs::read_to_string(&path)
            .map_err(|error| format!("cannot read the base {}: {error}", path.display()))
    };
    wiring::read_sweep(&shown, &text, beside).map_err(|error| Failure::usage(&error))
}

fn expanded(sweep: &Sweep, number: u64) -> Result<Answer, Failure> {
    let points = sweep.points();
    let Some(point) = points.iter().find(|point| point.number == number) else {
        let message = format!("there is no point {number}; the grid has 1 to {}", points.len());
        return Err(Failure::usage(&message));
    };
    let axes = sweep.described.parameters.iter().zip(&point.values);
    let said: Vec<_> = axes.map(|(axis, value)| format!(", {} = {value}", axis.name)).collect();
    let text = sweep.scenario(point).map_err(|error| Failure::usage(&error))?;
    let head = format!("# Point {number} of {}{}\n", points.len(), said.concat());
    Ok(Answer { text: format!("{head}{}\n", text.trim()), code: 0 })
}

/// Plays what is not played yet, writes and draws all of it; gives what is to be said.
pub fn played(
    mut sweep: Sweep,
    file: &Path,
    out: &Path,
    jobs: usize,
    bitmaps: bool,
) -> Result<String, Failure> {
    sweep.described.command = format!("schism sweep {}", file.display());
    let runs = sweep.points().len() as u64 * sweep.described.seeds;
    let key = key(&sweep)?;
    let place = out.join(PROGRESS);
    let known = resumed(&place, &key);
    let progress = Progress::new(Some(runs));
    if !known.is_empty() {
        progress.say(&format!("going on after {} of {runs} runs", known.len()));
    }
    let log = Mutex::new(begun(&place, &key, &known)?);
    let told = |played: &Played| {
        progress.played(played.verdict == "broken");
        let line = line(played)?;
        let mut log = log.lock().map_err(|error| error.to_string())?;
        log.write_all(line.as_bytes())
            .map_err(|error| format!("cannot write {}: {error}", place.display()))
    };
    let all = play_sweep(&sweep, &wiring::rule_ids(), &known, jobs, &told);
    progress.finish();
    let all = all.map_err(|error| Failure::internal(&error))?;
    stored(&sweep.described, &all, out)?;
    let drawn = drawn(out, bitmaps)?;
    let gone = fs::remove_file(&place);
    gone.map_err(|error| Failure::internal(&format!("cannot delete {PROGRESS}: {error}")))?;
    let played = all.len() - known.len();
    Ok(format!("{played} of {runs} runs played\n{}", shown(&drawn)))
}

/// What a sweep is, so that another one's progress is not taken for its own.
fn key(sweep: &Sweep) -> Result<String, Failure> {
    let scenarios: Result<Vec<_>, _> = sweep.points().iter().map(|it| sweep.scenario(it)).collect();
    let scenarios = scenarios.map_err(|error| Failure::usage(&error))?;
    let described = serde_json::to_string(&sweep.described);
    let described = described.map_err(|error| Failure::internal(&error.to_string()))?;
    let commit = wiring::source_commit().unwrap_or_default();
    Ok(wiring::hash_of(&[&described, &commit, &scenarios.concat()]))
}

fn line(played: &Played) -> Result<String, String> {
    Ok(serde_json::to_string(played).map_err(|error| error.to_string())? + "\n")
}

/// What an interrupted sweep has played, where it was the same one.
fn resumed(place: &Path, key: &str) -> Vec<Played> {
    let text = fs::read_to_string(place).unwrap_or_default();
    // What comes after the last line break is half a line.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut lines = whole.lines();
    if lines.next() != Some(key) {
        return Vec::new();
    }
    lines.filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The file to which runs are added; it begins with what is known.
fn begun(place: &Path, key: &str, known: &[Played]) -> Result<fs::File, Failure> {
    let lines = known.iter().map(line).collect::<Result<String, _>>();
    let text = format!("{key}\n{}", lines.map_err(|error| Failure::internal(&error))?);
    let folder = place.parent().unwrap_or(Path::new("."));
    let open = || fs::OpenOptions::new().append(true).open(place);
    let begun = fs::create_dir_all(folder).and_then(|()| fs::write(place, text));
    begun
        .and_then(|()| open())
        .map_err(|error| Failure::internal(&format!("cannot write {}: {error}", place.display())))
}

fn stored(described: &Described, all: &[Played], out: &Path) -> Result<(), Failure> {
    let folder = Folder::at(out.to_owned());
    let write = |name: &str, text: Result<String, String>| {
        let text = text.map_err(|error| Failure::internal(&error))?;
        folder.write(name, &text).map_err(|error| Failure::internal(&error.to_string()))
    };
    let json = serde_json::to_string_pretty(described).map_err(|error| error.to_string());
    write("sweep.json", json.map(|json| json + "\n"))?;
    write("runs.csv", Sheet::of_runs(described, all).write())?;
    let series = Sheet::of_series(all);
    if described.plots.iter().any(|plot| plot.kind == PlotKind::TimeSeries) {
        write("series.csv", series.write())?;
    }
    Ok(())
}

/// Draws all figures of a stored sweep; gives the names of the files.
pub fn drawn(dir: &Path, bitmaps: bool) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for (name, figure) in figures(dir)? {
        let fail = |error: String| Failure::internal(&format!("{name}: {error}"));
        let svg = figure.svg().map_err(fail)?;
        let vector = format!("{name}.svg");
        Folder::at(dir.to_owned()).write(&vector, &svg).map_err(|it| fail(it.to_string()))?;
        names.push(dir.join(vector).display().to_string());
        if bitmaps {
            let place = dir.join(format!("{name}.png"));
            let png = figure.png().map_err(fail)?;
            fs::write(&place, png)
                .map_err(|error| fail(format!("cannot write {}: {error}", place.display())))?;
            names.push(place.display().to_string());
        }
    }
    Ok(names)
}

/// The figures of a stored sweep, by their names, from its JSON and its CSV files.
pub fn figures(dir: &Path) -> Result<Vec<(String, Figure)>, Failure> {
    let text = |name: &str| {
        let path = dir.join(name);
        fs::read_to_string(&path)
            .map_err(|error| Failure::usage(&format!("cannot read {}: {error}", path.display())))
    };
    let bad = |name: &str, error: &str| {
        Failure::usage(&format!("{} is not as a sweep left it: {error}", dir.join(name).display()))
    };
    let described: Described = serde_json::from_str(&text("sweep.json")?)
        .map_err(|error| bad("sweep.json", &error.to_string()))?;
    let runs = Sheet::read(&text("runs.csv")?).map_err(|error| bad("runs.csv", &error))?;
    let in_time = described.plots.iter().any(|plot| plot.kind == PlotKind::TimeSeries);
    let series = if in_time { text("series.csv")? } else { String::new() };
    let series = Sheet::read(&series).map_err(|error| bad("series.csv", &error))?;
    let figure = |plot| {
        let figure = Figure::of(&described, plot, &runs, &series);
        let figure = figure.map_err(|error| bad("runs.csv", &error))?;
        Ok((plot.name.clone(), figure))
    };
    described.plots.iter().map(figure).collect()
}

fn shown(names: &[String]) -> String {
    names.iter().map(|name| format!("{name}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::place::Place;
    use super::*;

    const SMALL: &str = "scenarios/small.sweep.toml";

    fn of(place: &Place, jobs: usize) -> String {
        let file = Path::new(SMALL);
        played(read(file).unwrap(), file, place.path(), jobs, true).unwrap()
    }

    fn files(place: &Place) -> Vec<(String, Vec<u8>)> {
        let mut all: Vec<_> = fs::read_dir(place.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                (path.file_name().unwrap().to_string_lossy().into(), fs::read(path).unwrap())
            })
            .collect();
        all.sort();
        all
    }

    #[test]
    fn a_sweep_gives_the_same_bytes_with_one_worker_with_more_and_after_an_interruption() {
        let (one, more) = (Place::new("sweep-one"), Place::new("sweep-more"));
        assert!(of(&one, 1).starts_with("4 of 4 runs played"));
        let rows = fs::read_to_string(one.path().join("runs.csv")).unwrap();
        let starts: Vec<_> =
            rows.lines().map(|row| row.split(',').take(3).collect::<Vec<_>>().join(",")).collect();
        assert_eq!(starts, ["point,length,seed", "1,1s,0", "1,1s,1", "2,4s,0", "2,4s,1"]);
        // Two runs were played, and half of a third is on the disk.
        let mut sweep = read(Path::new(SMALL)).unwrap();
        sweep.described.command = format!("schism sweep {SMALL}");
        let key = key(&sweep).unwrap();
        let known = play_sweep(&sweep, &wiring::rule_ids(), &[], 2, &|_| Ok(())).unwrap();
        let whole: String = known[1..3].iter().map(|it| line(it).unwrap()).collect();
        let half = &line(&known[3]).unwrap()[..20];
        fs::write(more.path().join(PROGRESS), format!("{key}\n{whole}{half}")).unwrap();
        assert!(of(&more, 2).starts_with("2 of 4 runs played"));
        let (one_files, more_files) = (files(&one), files(&more));
        assert_eq!(one_files.len(), 7, "rows, series, description, and two figures twice");
        assert!(one_files == more_files);
        // Drawn again, all of it is the same.
        plot(&PlotArguments { dir: one.path().to_owned() }).unwrap();
        assert!(files(&one) == more_files);
    }

    #[test]
    fn another_sweeps_progress_is_not_taken_for_its_own() {
        let place = Place::new("sweep-other");
        fs::write(place.path().join(PROGRESS), "other\n{}\n").unwrap();
        assert_eq!(resumed(&place.path().join(PROGRESS), "own"), vec![]);
    }

    #[test]
    fn a_point_expands_to_a_scenario_that_runs_as_it_is() {
        let sweep = read(Path::new(SMALL)).unwrap();
        let text = expanded(&sweep, 2).unwrap().text;
        assert!(text.starts_with("# Point 2 of 2, length = 4s\n"), "{text}");
        assert!(wiring::read("point", &text).is_ok());
        assert!(expanded(&sweep, 3).unwrap_err().message.contains("1 to 2"));
    }

    #[test]
    fn a_folder_without_a_sweep_is_a_usage_error() {
        let place = Place::new("plot-nothing");
        let failure = plot(&PlotArguments { dir: place.path().to_owned() }).unwrap_err();
        assert_eq!(failure.code, super::super::USAGE);
    }
}
