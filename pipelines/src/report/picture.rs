//! A plot as SVG: what was seen over the band of what was expected, with alarms, incidents, labels and period ends.
//!
//! Nothing is told by colour alone: labels are hatched and say whether they were found, false alarms are hollow, what was
//! expected is dashed, and incidents have a lane of their own.

use std::fmt::Write as _;

use super::markup::Text;
use super::plot::{COLUMNS, Column, Plot};
use super::scale::{Heights, date, moments};
use crate::present::amount;

/// The look of a picture, in light and in dark.
pub(super) const STYLE: &str = include_str!("picture.css");

const LEFT: f64 = 70.0;
const WIDTH: f64 = 1_046.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 206.0;
/// The lane that says which labels were found.
const LANE: f64 = 214.0;
/// The lane of the incidents.
const INCIDENTS: f64 = 223.0;
const INCIDENT_HEIGHT: f64 = 6.0;
const TIMES: f64 = 243.0;
const HEIGHT: f64 = 250.0;
/// Least width of a label with room for a pattern.
const HATCHED: f64 = 5.0;
/// Height of heading and legend of a picture that stands by itself.
const HEADING: f64 = 46.0;
/// Period ends with their dates that fit above a plot.
const MOST_DATES: usize = 16;

/// A file of its own.
#[must_use]
pub fn standalone(plot: &Plot) -> String {
    let height = HEIGHT + HEADING;
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 {:.0} {WIDTH:.0} {height:.0}\" \
         role=\"img\" aria-labelledby=\"title what\">\n<title id=\"title\">{}</title>\n<desc id=\"what\">{}</desc>\n\
         <style>{STYLE}</style>\n<rect class=\"ground\" y=\"{:.0}\" width=\"{WIDTH:.0}\" height=\"{height:.0}\"/>",
        -HEADING,
        Text(&plot.name()),
        Text(&described(plot)),
        -HEADING,
    );
    let _ = writeln!(svg, "<text class=\"heading\" x=\"10\" y=\"-26\">{}</text>", Text(&plot.name()));
    svg.push_str(&legend());
    svg.push_str(&inner(plot, "wrong"));
    svg.push_str("</svg>\n");
    svg
}

/// A picture in a page; `number` tells it apart from the others there.
pub(super) fn embedded(plot: &Plot, number: usize) -> String {
    let heights = heights(plot);
    let (from, until) = plot.span;
    format!(
        "<svg class=\"plot\" viewBox=\"0 0 {WIDTH:.0} {HEIGHT:.0}\" role=\"img\" aria-labelledby=\"t{number} d{number}\" \
         data-from=\"{}\" data-until=\"{}\" data-least=\"{}\" data-most=\"{}\">\n\
         <title id=\"t{number}\">{}</title><desc id=\"d{number}\">{}</desc>\n{}</svg>\n",
        from.0,
        until.0,
        heights.least,
        heights.most,
        Text(&plot.name()),
        Text(&described(plot)),
        inner(plot, &format!("wrong{number}")),
    )
}

/// What the marks mean.
pub(super) fn legend() -> String {
    let mut svg = String::from("<g transform=\"translate(10 -10)\">");
    let items = [
        (0.0, "<path class=\"value\" d=\"M0-4h18\"/>", "seen"),
        (70.0, "<path class=\"expected\" d=\"M0-4h18\"/>", "expected"),
        (160.0, "<path class=\"band\" d=\"M0-9h18v10h-18z\"/>", "usual"),
        (230.0, "<path class=\"alarm\" d=\"M4-9h10l-5 9z\"/>", "alarm"),
        (300.0, "<path class=\"alarm false\" d=\"M4-9h10l-5 9z\"/>", "false alarm"),
        (
            402.0,
            "<path class=\"shade\" d=\"M0-10h18v12h-18z\"/><path class=\"hatch\" d=\"M1 1l8-10M9 1l8-10\"/>",
            "labelled as wrong",
        ),
        (536.0, "<path class=\"incident\" d=\"M0-7h18v6h-18z\"/>", "incident"),
        (622.0, "<path class=\"end\" d=\"M9 1V-9\"/>", "last business day of a month"),
    ];
    for (x, mark, word) in items {
        let _ = write!(svg, "<g transform=\"translate({x:.0} 0)\">{mark}<text x=\"24\">{word}</text></g>");
    }
    svg.push_str("</g>\n");
    svg
}

/// The series in a sentence, for those who cannot see it.
pub(super) fn described(plot: &Plot) -> String {
    let (from, until) = (date(plot.span.0, "%Y-%m-%d %H:%M"), date(plot.span.1, "%Y-%m-%d %H:%M"));
    let mut text = format!(
        "{} from {from} to {until} UTC; {}",
        counted(plot.points, "value"),
        counted(plot.alarms.len(), "alarm")
    );
    if !plot.labels.is_empty() {
        let found = plot.labels.iter().filter(|label| label.found).count();
        let _ = write!(text, "; {found} of {} labelled events found", plot.labels.len());
    }
    text
}

/// `1 value`, `1,440 values`.
pub(super) fn counted(count: usize, what: &str) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|of| std::str::from_utf8(of).ok()).collect();
    format!("{} {what}{}", groups.join(","), if count == 1 { "" } else { "s" })
}

fn heights(plot: &Plot) -> Heights {
    Heights::of(plot, (TOP, BOTTOM))
}

/// Everything between the axes; `hatch` is the name of the pattern of labels, which no other picture of the page has.
fn inner(plot: &Plot, hatch: &str) -> String {
    let heights = heights(plot);
    let mut svg = String::new();
    band(&mut svg, plot, &heights);
    labels(&mut svg, plot, hatch);
    axes(&mut svg, plot, &heights);
    period_ends(&mut svg, plot);
    let expected = |column: &Column| [column.expected].into_iter().filter(|value| value.is_finite()).collect();
    line(&mut svg, "expected", &points(plot, &heights, expected));
    let seen = |column: &Column| {
        let both = if column.low == column.high { vec![column.low] } else { vec![column.high, column.low] };
        both.into_iter().filter(|value| value.is_finite()).collect()
    };
    line(&mut svg, "value", &points(plot, &heights, seen));
    incidents(&mut svg, plot);
    alarms(&mut svg, plot);
    let _ = writeln!(svg, "<path class=\"cursor\" d=\"M0 {TOP:.0}V{BOTTOM:.0}\"/>");
    svg
}

#[expect(clippy::cast_precision_loss, reason = "some hundred columns")]
fn across(plot: &Plot, at: tidewatch_schemas::Timestamp) -> f64 {
    LEFT + plot.place(at) * COLUMNS as f64
}

fn labels(svg: &mut String, plot: &Plot, hatch: &str) {
    if plot.labels.is_empty() {
        return;
    }
    let _ = writeln!(
        svg,
        "<defs><pattern id=\"{hatch}\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0V7\"/></pattern></defs>"
    );
    let mut free = LEFT;
    for label in &plot.labels {
        let (from, until) = (across(plot, label.from), across(plot, label.until));
        let width = (until - from).max(1.5);
        let told = if label.found { "\u{2713} found" } else { "\u{2717} missed" };
        let _ = write!(svg, "<g><title>{}: {}, {told}</title>", date(label.from, "%Y-%m-%d %H:%M"), Text(&label.what));
        let tall = BOTTOM - TOP;
        let rect = format!("x=\"{from:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{tall:.0}\"");
        let _ = write!(svg, "<rect class=\"shade\" {rect}/>");
        if width >= HATCHED {
            let _ = write!(svg, "<rect {rect} fill=\"url(#{hatch})\"/>");
        }
        let word = if width > 56.0 { told } else { told.get(..3).unwrap_or_default() };
        if from >= free {
            let (x, y) = (from + (width - 8.0).min(2.0), LANE + 5.0);
            let _ = write!(svg, "<text class=\"told\" x=\"{x:.1}\" y=\"{y:.0}\">{word}</text>");
            free = from + if width > 56.0 { 56.0 } else { 11.0 };
        }
        svg.push_str("</g>\n");
    }
}

fn axes(svg: &mut String, plot: &Plot, heights: &Heights) {
    let mut before = String::new();
    for mark in heights.marks(4.0) {
        let y = heights.at(mark);
        let text = amount(plot.key.signal.as_str(), &plot.unit, mark);
        if std::mem::replace(&mut before, text.clone()) == text {
            continue;
        }
        let _ = writeln!(
            svg,
            "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{:.0}\"/><text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT + COLUMNS as f64,
            LEFT - 6.0,
            y + 4.0,
            Text(&text),
        );
    }
    for (at, text) in moments(plot.span, 12) {
        let x = across(plot, at);
        let anchor = if x > WIDTH - 45.0 { "end" } else { "middle" };
        let _ = writeln!(
            svg,
            "<path class=\"grid\" d=\"M{x:.1} {TOP}V{BOTTOM}\"/><text x=\"{x:.1}\" y=\"{TIMES}\" \
             text-anchor=\"{anchor}\">{text}</text>"
        );
    }
}

/// Neighbouring columns with a band are one shape: its upper edge forth, its lower edge back.
fn band(svg: &mut String, plot: &Plot, heights: &Heights) {
    let has_band = |column: &Column| column.lower.is_finite() && column.upper.is_finite();
    let most = 3 * usual_gap(plot, has_band);
    let mut runs: Vec<Vec<(usize, Column)>> = Vec::new();
    for (index, column) in plot.columns.iter().filter(|(_, column)| has_band(column)) {
        match runs.last_mut().filter(|run| run.last().is_some_and(|(last, _)| index - last <= most)) {
            Some(run) => run.push((*index, *column)),
            None => runs.push(vec![(*index, *column)]),
        }
    }
    let mut path = String::new();
    for run in runs {
        let upper = run.iter().map(|(index, column)| (*index, column.upper));
        let lower = run.iter().rev().map(|(index, column)| (*index, column.lower));
        for (place, (index, value)) in upper.chain(lower).enumerate() {
            let letter = if place == 0 { "M" } else { "L" };
            let _ = write!(path, "{letter}{} {:.1}", LEFT + index as f64, heights.at(value));
        }
        path.push('Z');
    }
    let _ = writeln!(svg, "<path class=\"band\" d=\"{path}\"/>");
}

/// Columns between two that have what `has` asks for, usually.
fn usual_gap(plot: &Plot, has: impl Fn(&Column) -> bool) -> usize {
    let with: Vec<usize> = plot.columns.iter().filter(|(_, column)| has(column)).map(|(index, _)| *index).collect();
    let mut gaps: Vec<usize> = with.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().unwrap_or(1)
}

/// Stretches of a line, without the gaps.
fn points(plot: &Plot, heights: &Heights, values: impl Fn(&Column) -> Vec<f64>) -> Vec<Vec<(usize, f64)>> {
    let most = 3 * usual_gap(plot, |column| !values(column).is_empty());
    let mut runs: Vec<Vec<(usize, f64)>> = Vec::new();
    for (index, column) in &plot.columns {
        for value in values(column) {
            let point = (*index, heights.at(value));
            match runs.last_mut().filter(|run| run.last().is_some_and(|(last, _)| index - last <= most)) {
                Some(run) => run.push(point),
                None => runs.push(vec![point]),
            }
        }
    }
    runs
}

fn line(svg: &mut String, class: &str, runs: &[Vec<(usize, f64)>]) {
    let mut path = String::new();
    for run in runs {
        for (place, (index, y)) in run.iter().enumerate() {
            let letter = if place == 0 { "M" } else { "L" };
            let _ = write!(path, "{letter}{} {y:.1}", LEFT + *index as f64);
        }
        if run.len() == 1 {
            path.push_str("h1");
        }
    }
    let _ = writeln!(svg, "<path class=\"{class}\" d=\"{path}\"/>");
}

fn period_ends(svg: &mut String, plot: &Plot) {
    let every = plot.period_ends.len().div_ceil(MOST_DATES).max(1);
    for (number, at) in plot.period_ends.iter().enumerate() {
        let x = across(plot, *at);
        let _ = write!(svg, "<path class=\"end\" d=\"M{x:.1} 16V{BOTTOM}\"/>");
        if number % every == 0 {
            let text = date(*at, "%b %-d");
            let _ = write!(svg, "<text x=\"{x:.1}\" y=\"12\" text-anchor=\"middle\">{text}</text>");
        }
        svg.push('\n');
    }
}

fn incidents(svg: &mut String, plot: &Plot) {
    for incident in &plot.incidents {
        let (from, until) = (across(plot, incident.from), across(plot, incident.until));
        let _ = writeln!(
            svg,
            "<rect class=\"incident\" x=\"{from:.1}\" y=\"{INCIDENTS}\" width=\"{:.1}\" height=\"{INCIDENT_HEIGHT}\">\
             <title>{} {}</title></rect>",
            (until - from).max(3.0),
            date(incident.from, "%Y-%m-%d %H:%M"),
            Text(&incident.what),
        );
    }
}

fn alarms(svg: &mut String, plot: &Plot) {
    for alarm in &plot.alarms {
        let x = across(plot, alarm.at);
        let class = if alarm.is_right == Some(false) { "alarm false" } else { "alarm" };
        let _ = writeln!(
            svg,
            "<g><title>{} {}</title><path class=\"line\" d=\"M{x:.1} {TOP}V{BOTTOM}\"/>\
             <path class=\"{class}\" d=\"M{:.1} 22h10l-5 9z\"/></g>",
            date(alarm.at, "%Y-%m-%d %H:%M"),
            Text(&alarm.why),
            x - 5.0,
        );
    }
}

#[cfg(test)]
mod tests;
