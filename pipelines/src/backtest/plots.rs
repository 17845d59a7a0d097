//! What was said about each series, ready to be drawn.

use std::collections::BTreeMap;

use tidewatch_detectors::Judgement;
use tidewatch_detectors::calendar::Calendars;
use tidewatch_schemas::{Finding, Incident, SeriesId, SeriesKey, Timestamp};

use super::run::Judged;
use super::table::Table;
use crate::labels::Labels;
use crate::report::Plot;
use crate::report::plot::{Mark, Stretch};
use crate::scoreboard::{Alarm, is_about, touches};

/// The series of a table: every value, and what was expected where a window was judged.
pub(super) fn of_table((table, pool): (&Table, &str), judged: &[Vec<Judgement>], calendars: &Calendars) -> Vec<Plot> {
    let ends = table.rows.first().zip(table.rows.last());
    let span = ends.map_or((Timestamp(0), Timestamp(0)), |(first, last)| (first.at, last.at));
    let mut plots = Vec::new();
    for ((column, place), windows) in table.columns.iter().zip(judged) {
        let key = table.key(pool, column);
        let calendar = calendars.of(&key.tenant);
        let mut plot = Plot::new(key, "1".to_owned(), span, calendar);
        for row in &table.rows {
            if let Some(value) = table.value(row, *place) {
                plot.see(row.at, value);
            }
        }
        for window in windows {
            plot.judge(window);
        }
        plots.push(plot);
    }
    plots
}

/// The series of a fleet: every window that was judged.
pub(super) fn of_fleet(judged: &Judged, calendars: &Calendars) -> Vec<Plot> {
    let span = judged.span.unwrap_or_default();
    let plot =
        |(key, unit): &(SeriesKey, String)| Plot::new(key.clone(), unit.clone(), span, calendars.of(&key.tenant));
    let mut plots: Vec<Plot> = judged.series.iter().map(plot).collect();
    let places: BTreeMap<SeriesId, usize> = plots.iter().map(|plot| plot.key.id()).zip(0..).collect();
    for window in &judged.judgements {
        let place = places.get(&window.series);
        if let Some(plot) = place.and_then(|place| plots.get_mut(*place)) {
            plot.see(window.window_start, window.value);
            plot.judge(window);
        }
    }
    plots
}

/// Adds to a plot what was concluded about its series, and what was really wrong.
pub(super) fn tell(plot: &mut Plot, findings: &[Finding], incidents: &[Incident], labels: Option<&Labels>) {
    let id = plot.key.id();
    let own: Vec<&Finding> = findings.iter().filter(|finding| finding.series == id).collect();
    let is_right =
        |alarm: &Alarm| labels.map(|labels| labels.faults.iter().any(|fault| touches(fault, labels.grace_ms, alarm)));
    plot.alarms = own
        .iter()
        .map(|finding| Mark {
            at: finding.window_start,
            why: finding.summary.clone(),
            is_right: is_right(&Alarm::from(*finding)),
        })
        .collect();
    let of_tenant = incidents.iter().filter(|incident| incident.tenants.contains(&plot.key.tenant));
    plot.incidents = of_tenant.map(incident).collect();
    let Some(labels) = labels else { return };
    let about = labels.faults.iter().filter(|fault| is_about(fault, &plot.key));
    plot.labels = about
        .map(|fault| Stretch {
            from: fault.start,
            until: fault.end,
            what: fault.kind.clone(),
            found: own.iter().any(|finding| touches(fault, labels.grace_ms, &Alarm::from(*finding))),
        })
        .collect();
}

fn incident(incident: &Incident) -> Stretch {
    Stretch {
        from: incident.started_at,
        until: incident.resolved_at.unwrap_or(incident.updated_at),
        what: incident.summary.clone(),
        found: false,
    }
}
