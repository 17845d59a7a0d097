//! All plots of a back-test on one page, with a table over them and the alarms of each under it.

use std::fmt::Write as _;

use super::markup::Text;
use super::picture::{self, STYLE, embedded, legend};
use super::plot::{Mark, Plot};
use super::scale::date;
use crate::present::span;
use crate::scoreboard::{SeriesTally, Tally, Total};

/// The look of the page; that of the pictures is theirs.
const PAGE_STYLE: &str = include_str!("page.css");
/// Reads values under the pointer.
const SCRIPT: &str = include_str!("hover.js");
/// Alarms that are listed under a picture.
const LISTED: usize = 50;

/// What is on the page.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// What was judged, and how, in one line.
    pub about: &'a str,
    /// What was said about all series.
    pub total: &'a Total,
    /// What was said about each.
    pub series: &'a [SeriesTally],
    /// How each looks, in the order in which they are shown.
    pub plots: &'a [&'a Plot],
    /// Series that are not shown.
    pub left_out: usize,
}

/// The page as HTML that needs nothing else.
#[must_use]
pub fn page(page: &Page<'_>) -> String {
    let mut html = String::new();
    let _ = writeln!(
        html,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Tidewatch back-test</title>\n\
         <style>\n{PAGE_STYLE}{STYLE}</style>\n</head>\n<body>\n<h1>Tidewatch back-test</h1>\n<p>{}</p>",
        Text(page.about)
    );
    table(&mut html, page);
    let _ = writeln!(
        html,
        "<svg class=\"plot legend\" viewBox=\"0 -24 900 30\" role=\"img\" aria-label=\"What the marks mean\">{}</svg>",
        legend()
    );
    for (number, plot) in page.plots.iter().enumerate() {
        section(&mut html, plot, number);
    }
    if page.left_out > 0 {
        let _ = writeln!(html, "<p>{} more series are not shown.</p>", page.left_out);
    }
    let _ = writeln!(html, "<script>\n{SCRIPT}</script>\n</body>\n</html>");
    html
}

fn table(html: &mut String, page: &Page<'_>) {
    let is_scored = page.total.tally.against.is_some();
    let scored = "<th>labelled<th>found<th>missed<th>median delay<th>false alarms<th>a month";
    let plain = "<th>alarms<th>a month";
    let heads = if is_scored { scored } else { plain };
    let _ = writeln!(html, "<table>\n<thead><tr><th class=\"text\">series{heads}</thead>\n<tbody>");
    for (number, plot) in page.plots.iter().enumerate() {
        let Some(of) = page.series.iter().find(|of| of.key == plot.key) else { continue };
        let name = plot.name();
        let _ = write!(html, "<tr><td class=\"text\"><a href=\"#s{number}\">{}</a>", Text(&name));
        row(html, &of.tally, is_scored);
    }
    let _ = write!(html, "<tr class=\"all\"><td class=\"text\">all {} series", page.total.series);
    row(html, &page.total.tally, is_scored);
    html.push_str("</tbody>\n</table>\n");
}

fn row(html: &mut String, tally: &Tally, is_scored: bool) {
    let rate = |rate: Option<f64>| rate.map_or("\u{2013}".to_owned(), |rate| format!("{rate:.2}"));
    match (&tally.against, is_scored) {
        (Some(against), _) => {
            let missed = if against.missed > 0 { " class=\"bad\"" } else { "" };
            let _ = writeln!(
                html,
                "<td>{}<td>{}<td{missed}>{}<td>{}<td>{}<td>{}",
                against.labelled,
                against.found,
                against.missed,
                against.median_delay_ms.map_or("\u{2013}".to_owned(), span),
                against.false_alarms,
                rate(against.false_alarms_per_month),
            );
        }
        (None, true) => html.push_str("<td><td><td><td><td><td>\n"),
        (None, false) => {
            let _ = writeln!(html, "<td>{}<td>{}", tally.alarms, rate(tally.alarms_per_month));
        }
    }
}

fn section(html: &mut String, plot: &Plot, number: usize) {
    let (name, about) = (plot.name(), picture::described(plot));
    let _ = writeln!(
        html,
        "<section id=\"s{number}\">\n<h2>{}</h2>\n<p>{}</p>\n{}<p class=\"said\" aria-hidden=\"true\"></p>",
        Text(&name),
        Text(&about),
        embedded(plot, number)
    );
    if !plot.alarms.is_empty() {
        let count = plot.alarms.len();
        let heading = picture::counted(count, "alarm");
        let _ = writeln!(html, "<details><summary>{heading} in words</summary>\n<table>\n<tbody>");
        for alarm in plot.alarms.iter().take(LISTED) {
            alarm_row(html, alarm);
        }
        html.push_str("</tbody>\n</table>\n");
        if count > LISTED {
            let _ = writeln!(html, "<p>and {} more</p>", count - LISTED);
        }
        html.push_str("</details>\n");
    }
    html.push_str("</section>\n");
}

fn alarm_row(html: &mut String, alarm: &Mark) {
    let verdict = match alarm.is_right {
        Some(true) => "<td class=\"good\">right",
        Some(false) => "<td class=\"bad\">false",
        None => "",
    };
    let at = date(alarm.at, "%Y-%m-%d %H:%M");
    let _ = writeln!(html, "<tr><td class=\"time\">{at}<td class=\"text\">{}{verdict}", Text(&alarm.why));
}
