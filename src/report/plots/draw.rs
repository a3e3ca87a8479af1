//! Puts a figure on paper: title, legend, axes, what is to be seen, and the foot.
//!
//! Colours are those of Okabe and Ito, which people tell apart whatever colours they see; marks of
//! different shapes say the same once more.

use std::sync::Once;

use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::figure::{Body, Figure, Lane, Line};

const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(60, 60, 60),
];
const INK: RGBColor = RGBColor(30, 30, 30);
const GREY: RGBColor = RGBColor(95, 95, 95);
const RULE: RGBColor = RGBColor(228, 228, 228);
const SHADE: RGBColor = RGBColor(225, 225, 225);

type Area<DB> = DrawingArea<DB, Shift>;
type Chart<'a, DB> = ChartContext<'a, DB, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Everything that is drawn with: where, and how many pixels a unit has.
struct Paper<'a, DB: DrawingBackend> {
    area: &'a Area<DB>,
    scale: i32,
}

/// Draws it.
pub fn figure<DB: DrawingBackend>(
    area: &Area<DB>,
    figure: &Figure,
    scale: u32,
) -> Result<(), String> {
    static FONT: Once = Once::new();
    FONT.call_once(|| {
        // The font is a file of this tree, and is one.
        let _ = register_font("sans-serif", FontStyle::Normal, include_bytes!("DejaVuSans.ttf"));
    });
    let paper = Paper { area, scale: scale as i32 };
    area.fill(&WHITE).map_err(told)?;
    let below = paper.title(&figure.title)?;
    let below = paper.legend(&legend(&figure.body), below)?;
    paper.foot(&figure.foot)?;
    paper.body(figure, below)?;
    area.present().map_err(told)
}

fn told(error: impl std::fmt::Display) -> String {
    format!("cannot draw: {error}")
}

/// What stands in the legend; none where there is only one kind of thing.
fn legend(body: &Body) -> Vec<(&str, Sign)> {
    let line = |(place, line): (usize, &Line)| Sign::Line(place, !line.points.is_empty());
    match body {
        Body::Lines { lines, .. } if lines.len() > 1 => {
            lines.iter().enumerate().map(|it| (&*it.1.name, line(it))).collect()
        }
        Body::Steps(lines) if lines.len() > 1 => {
            let sign = |(place, line): (usize, &Line)| Sign::Box(place, !line.points.is_empty());
            lines.iter().enumerate().map(|it| (&*it.1.name, sign(it))).collect()
        }
        Body::Bars { kinds, .. } if kinds.len() > 1 => {
            kinds.iter().enumerate().map(|(at, it)| (&*it.0, Sign::Box(at, true))).collect()
        }
        Body::Lanes { .. } => {
            vec![("epochs behind the hub", Sign::Box(0, true)), ("a fault lasts", Sign::Shade)]
        }
        _ => Vec::new(),
    }
}

/// A colour by its place; the second says whether there is anything of it.
enum Sign {
    Line(usize, bool),
    Box(usize, bool),
    Shade,
}

fn colour(place: usize) -> RGBColor {
    COLOURS[place % COLOURS.len()]
}

impl<DB: DrawingBackend> Paper<'_, DB> {
    fn px(&self, units: i32) -> i32 {
        units * self.scale
    }

    fn font(&self, size: i32) -> TextStyle<'static> {
        ("sans-serif", self.px(size)).into_font().color(&INK)
    }

    fn width(&self, text: &str, style: &TextStyle<'_>) -> i32 {
        self.area.estimate_text_size(text, style).map_or(0, |(width, _)| width as i32)
    }

    /// Text, as many lines as it takes; gives where it ends.
    fn words(
        &self,
        text: &str,
        style: &TextStyle<'_>,
        (left, top): (i32, i32),
        leading: i32,
    ) -> Result<i32, String> {
        let most = self.area.dim_in_pixel().0 as i32 - self.px(left) - self.px(16);
        let mut lines = vec![String::new()];
        for word in text.split(' ') {
            let last = lines.last().cloned().unwrap_or_default();
            let longer = if last.is_empty() { word.to_owned() } else { format!("{last} {word}") };
            if self.width(&longer, style) > most && !last.is_empty() {
                lines.push(word.to_owned());
            } else if let Some(last) = lines.last_mut() {
                *last = longer;
            }
        }
        let mut y = top;
        for line in lines {
            self.area.draw_text(&line, style, (self.px(left), self.px(y))).map_err(told)?;
            y += leading;
        }
        Ok(y)
    }

    fn title(&self, title: &str) -> Result<i32, String> {
        self.words(title, &self.font(18), (16, 14), 24)
    }

    fn foot(&self, [marks, command]: &[String; 2]) -> Result<(), String> {
        let style = self.font(11).color(&GREY);
        self.words(marks, &style, (16, 463), 15)?;
        self.words(command, &style, (16, 479), 15)?;
        Ok(())
    }

    fn legend(&self, entries: &[(&str, Sign)], top: i32) -> Result<i32, String> {
        if entries.is_empty() {
            return Ok(top);
        }
        let style = self.font(12);
        let right = self.area.dim_in_pixel().0 as i32 - self.px(16);
        let (mut x, mut y) = (self.px(16), top + 4);
        for (name, sign) in entries {
            let shown = match sign {
                Sign::Line(_, false) | Sign::Box(_, false) => format!("{name} (no value)"),
                _ => (*name).to_owned(),
            };
            let wide = self.px(30) + self.width(&shown, &style);
            if x + wide > right {
                (x, y) = (self.px(16), y + 19);
            }
            self.sign(sign, (x, self.px(y)))?;
            self.area.draw_text(&shown, &style, (x + self.px(28), self.px(y))).map_err(told)?;
            x += wide + self.px(18);
        }
        Ok(y + 20)
    }

    fn sign(&self, sign: &Sign, (x, y): (i32, i32)) -> Result<(), String> {
        let middle = y + self.px(4);
        let filled = |colour: RGBColor| {
            let corners = [(x + self.px(4), y - self.px(2)), (x + self.px(20), y + self.px(10))];
            self.area.draw(&Rectangle::new(corners, colour.filled())).map_err(told)
        };
        match sign {
            Sign::Line(place, _) => {
                let style = colour(*place).stroke_width(2 * self.scale as u32);
                let line = vec![(x, middle), (x + self.px(24), middle)];
                self.area.draw(&PathElement::new(line, style)).map_err(told)?;
                self.mark(*place, (x + self.px(12), middle))
            }
            Sign::Box(place, _) => filled(colour(*place)),
            Sign::Shade => filled(SHADE),
        }
    }

    /// A mark whose shape goes with the colour.
    fn mark(&self, place: usize, (x, y): (i32, i32)) -> Result<(), String> {
        let r = self.px(4);
        let style = colour(place).filled();
        let shape = match place % 4 {
            0 => {
                return self.area.draw(&Circle::new((x, y), r, style)).map_err(told);
            }
            1 => vec![(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)],
            2 => vec![(x, y - r - r / 2), (x + r + r / 4, y + r), (x - r - r / 4, y + r)],
            _ => {
                vec![(x, y - r - r / 2), (x + r + r / 2, y), (x, y + r + r / 2), (x - r - r / 2, y)]
            }
        };
        self.area.draw(&Polygon::new(shape, style)).map_err(told)
    }

    fn body(&self, figure: &Figure, top: i32) -> Result<(), String> {
        let (x, y, (x_names, y_has_ticks)) = ranges(&figure.body);
        let left = if y_has_ticks { 66 } else { 86 };
        let mut chart = ChartBuilder::on(self.area)
            .margin_top(self.px(top + 4))
            .margin_right(self.px(24))
            .margin_bottom(self.px(46))
            .margin_left(self.px(10))
            .x_label_area_size(self.px(44))
            .y_label_area_size(self.px(left))
            .build_cartesian_2d(x.0..x.1, y.0..y.1)
            .map_err(told)?;
        let x_tick = |value: &f64| match &x_names {
            Some(names) => {
                let place = value.round();
                let near = (value - place).abs() < 0.01 && place >= 0.0;
                near.then(|| names.get(place as usize).cloned()).flatten().unwrap_or_default()
            }
            None => tick(*value),
        };
        let y_tick = |value: &f64| if y_has_ticks { tick(*value) } else { String::new() };
        let mut mesh = chart.configure_mesh();
        mesh.x_desc(&figure.x_label)
            .y_desc(&figure.y_label)
            .axis_desc_style(self.font(13))
            .label_style(self.font(12))
            .x_label_formatter(&x_tick)
            .y_label_formatter(&y_tick)
            .light_line_style(TRANSPARENT)
            .bold_line_style(RULE)
            .axis_style(GREY)
            .set_all_tick_mark_size(self.px(7));
        mesh.x_labels(x_names.as_ref().map_or(10, |names| 2 * names.len() + 1));
        mesh.y_labels(if y_has_ticks { 7 } else { 0 });
        if x_names.is_some() || !y_has_ticks {
            mesh.disable_x_mesh();
        }
        mesh.draw().map_err(told)?;
        match &figure.body {
            Body::Lines { lines, .. } => self.lines(&mut chart, lines),
            Body::Steps(lines) => self.steps(&mut chart, lines, x.1),
            Body::Bars { kinds, .. } => self.bars(&mut chart, kinds),
            Body::Lanes { lanes, shaded, end } => self.lanes(&mut chart, lanes, shaded, *end),
        }
    }

    fn lines(&self, chart: &mut Chart<'_, DB>, lines: &[Line]) -> Result<(), String> {
        for (place, line) in lines.iter().enumerate() {
            let lows = line.points.iter().map(|mark| (mark.x, mark.low));
            let highs = line.points.iter().rev().map(|mark| (mark.x, mark.high));
            let band: Vec<_> = lows.chain(highs).collect();
            let style = colour(place).mix(0.18).filled();
            chart.draw_series([Polygon::new(band, style)]).map_err(told)?;
        }
        for (place, line) in lines.iter().enumerate() {
            let middle: Vec<_> = line.points.iter().map(|mark| (mark.x, mark.mid)).collect();
            self.path(chart, &middle, place)?;
            for at in &middle {
                self.mark(place, chart.backend_coord(at))?;
            }
        }
        Ok(())
    }

    /// A line; each piece by itself, since corners of thick lines grow spikes.
    fn path(
        &self,
        chart: &mut Chart<'_, DB>,
        points: &[(f64, f64)],
        place: usize,
    ) -> Result<(), String> {
        let style = colour(place).stroke_width(2 * self.scale as u32);
        let piece = |ends: &[(f64, f64)]| PathElement::new(ends.to_vec(), style);
        chart.draw_series(points.windows(2).map(piece)).map_err(told)?;
        Ok(())
    }

    fn steps(&self, chart: &mut Chart<'_, DB>, lines: &[Line], end: f64) -> Result<(), String> {
        for (place, line) in lines.iter().enumerate() {
            let mut path = vec![(0.0, 0.0)];
            for mark in &line.points {
                let before = path.last().map_or(0.0, |it| it.1);
                path.extend([(mark.x, before), (mark.x, mark.mid)]);
            }
            path.push((end, path.last().map_or(0.0, |it| it.1)));
            self.path(chart, &path, place)?;
        }
        Ok(())
    }

    fn bars(&self, chart: &mut Chart<'_, DB>, kinds: &[(String, Vec<f64>)]) -> Result<(), String> {
        let wide = 0.8 / kinds.len() as f64;
        for (place, (_, means)) in kinds.iter().enumerate() {
            let bar = |(group, mean): (usize, &f64)| {
                let left = group as f64 - 0.4 + wide * place as f64;
                let corners = [(left + 0.02, 0.0), (left + wide - 0.02, *mean)];
                Rectangle::new(corners, colour(place).filled())
            };
            chart.draw_series(means.iter().enumerate().map(bar)).map_err(told)?;
        }
        Ok(())
    }

    fn lanes(
        &self,
        chart: &mut Chart<'_, DB>,
        lanes: &[Lane],
        shaded: &[(f64, f64)],
        end: f64,
    ) -> Result<(), String> {
        let (most, all) = (highest(lanes), lanes.len() as f64);
        let shade =
            |(from, to): &(f64, f64)| Rectangle::new([(*from, 0.0), (*to, all)], SHADE.filled());
        chart.draw_series(shaded.iter().map(shade)).map_err(told)?;
        let right = Pos::new(HPos::Right, VPos::Center);
        for (place, (name, values)) in lanes.iter().enumerate() {
            let base = all - 1.0 - place as f64;
            let at = |value: f64| base + 0.8 * value / most;
            let mut path = Vec::new();
            for (time, value) in values {
                let before = path.last().map_or(at(*value), |it: &(f64, f64)| it.1);
                path.extend([(*time, before), (*time, at(*value))]);
            }
            path.push((end, path.last().map_or(base, |it| it.1)));
            let first = path.first().map_or(0.0, |it| it.0);
            let closed = [&path[..], &[(end, base), (first, base)]].concat();
            let style = colour(0).mix(0.45).filled();
            chart.draw_series([Polygon::new(closed, style)]).map_err(told)?;
            self.path(chart, &path, 0)?;
            let floor = PathElement::new(vec![(0.0, base), (end, base)], GREY);
            chart.draw_series([floor]).map_err(told)?;
            for (text, value, far, size) in
                [(&**name, most / 2.0, 34, 13), ("0", 0.0, 8, 10), (&tick(most), most, 8, 10)]
            {
                let (x, y) = chart.backend_coord(&(0.0, at(value)));
                let style = self.font(size).pos(right);
                self.area.draw_text(text, &style, (x - self.px(far), y)).map_err(told)?;
            }
        }
        Ok(())
    }
}

fn highest(lanes: &[Lane]) -> f64 {
    let values = lanes.iter().flat_map(|(_, values)| values.iter().map(|it| it.1));
    values.fold(1.0, f64::max)
}

/// What the axes span; the names along the horizontal one, where it has some; and whether the
/// vertical one has ticks of its own.
type Ranges = ((f64, f64), (f64, f64), (Option<Vec<String>>, bool));

fn ranges(body: &Body) -> Ranges {
    let most = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
    let room = |most: f64| if most > 0.0 { most * 1.06 } else { 1.0 };
    match body {
        Body::Lines { lines, names } => {
            let marks = || lines.iter().flat_map(|line| &line.points);
            let high = room(most(&mut marks().map(|mark| mark.high.max(mark.mid))));
            let x = if names.is_empty() {
                let low = marks().map(|mark| mark.x).fold(f64::INFINITY, f64::min);
                let high = most(&mut marks().map(|mark| mark.x));
                let spare = (high - low).max(1.0) * 0.03;
                (low - spare, high + spare)
            } else {
                (-0.5, names.len() as f64 - 0.5)
            };
            (x, (0.0, high), ((!names.is_empty()).then(|| names.clone()), true))
        }
        Body::Steps(lines) => {
            let marks = lines.iter().flat_map(|line| &line.points);
            ((0.0, room(most(&mut marks.map(|mark| mark.x)))), (0.0, 103.0), (None, true))
        }
        Body::Bars { groups, kinds } => {
            let high = room(most(&mut kinds.iter().flat_map(|kind| kind.1.iter().copied())));
            let x = (-0.5, groups.len() as f64 - 0.5);
            (x, (0.0, high), (Some(groups.clone()), true))
        }
        Body::Lanes { lanes, end, .. } => ((0.0, *end), (0.0, lanes.len() as f64), (None, false)),
    }
}

/// A number on an axis, with no digits that say nothing.
fn tick(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
