//! All inputs of a back-test, one after the other: each is judged, scored and, where that is asked for, written.

use std::collections::BTreeSet;
use std::path::Path;

use tidewatch_detectors::Judgement;
use tidewatch_ingest::Format;
use tidewatch_schemas::{ResourceId, TenantId, Timestamp};

use super::corpus::{self, Member};
use super::files::{Inputs, free_name, plain_name, source};
use super::results::Rows;
use super::run::{Counter, Judged, Setup, judge};
use super::table::Table;
use super::{BacktestError, Outcome, Progress, Request, csv, parquet, plots};
use crate::config::Config;
use crate::labels::{Label, Labels};
use crate::report::Plot;
use crate::scoreboard::{Alarm, Report, SeriesTally, beginnings};

/// What a back-test goes by, and what came of it so far.
pub(super) struct Trial<'a> {
    request: &'a Request,
    config: &'a Config,
    labels: Option<&'a Labels>,
    counter: Counter<'a>,
    known: Known,
    outcome: Outcome,
}

/// A file whose rows name their series.
type List<'i> = (&'i Path, parquet::Content);

/// Who was among the inputs.
#[derive(Default)]
struct Known {
    tenants: BTreeSet<TenantId>,
    resources: BTreeSet<ResourceId>,
    /// Tenants that are tables, which are scored by themselves.
    tables: BTreeSet<TenantId>,
}

impl<'a> Trial<'a> {
    pub fn new(request: &'a Request, config: &'a Config, labels: Option<&'a Labels>, progress: Progress<'a>) -> Self {
        let counter = Counter { done: 0, progress };
        Self { request, config, labels, counter, known: Known::default(), outcome: Outcome::default() }
    }

    pub fn run(mut self) -> Result<Outcome, BacktestError> {
        let inputs = Inputs::sort_out(self.request)?;
        let pool = inputs.pool(self.request);
        let (tables, lists) = self.parquet(&inputs)?;
        for path in inputs.csv.iter().chain(tables.iter().map(|table| &table.path)) {
            self.meet(path, &tenant_of(path))?;
        }
        if inputs.has_records() || !lists.is_empty() {
            self.fleet(&inputs, &lists, &pool)?;
        }
        for table in &tables {
            self.table(table, &pool, None)?;
        }
        for path in &inputs.csv {
            let table = csv::read(path, tenant_of(path), &mut self.outcome.refused)?;
            self.table(&table, &pool, None)?;
        }
        if let Some(root) = &self.request.corpus {
            for member in corpus::members(root)? {
                let table = csv::read(&member.path, member.tenant(), &mut self.outcome.refused)?;
                self.table(&table, &pool, Some(&member))?;
            }
        }
        self.finish()
    }

    /// The Parquet files that are tables, and those whose rows name their series.
    fn parquet<'i>(&mut self, inputs: &'i Inputs) -> Result<(Vec<Table>, Vec<List<'i>>), BacktestError> {
        let (mut tables, mut lists) = (Vec::new(), Vec::new());
        for path in &inputs.parquet {
            let content = parquet::read(path)?;
            if content.names_series() {
                lists.push((path.as_path(), content));
            } else {
                tables.push(content.table(path, tenant_of(path), &mut self.outcome.refused)?);
            }
        }
        Ok((tables, lists))
    }

    /// Takes note of a table before anything is judged, since its name must be no other's.
    fn meet(&mut self, path: &Path, tenant: &str) -> Result<(), BacktestError> {
        let is_first = self.known.tables.insert(tenant.into());
        if is_first { Ok(()) } else { Err(BacktestError::SameTenant { path: path.to_owned() }) }
    }

    fn fleet(&mut self, inputs: &Inputs, lists: &[List<'_>], pool: &str) -> Result<(), BacktestError> {
        let mut feed = inputs.read(pool, &mut self.outcome.refused)?;
        let mut topics = BTreeSet::new();
        for (path, content) in lists {
            let topic = free_name(plain_name(path), &mut topics);
            content.lines((path, &topic), &mut feed, &mut self.outcome.refused);
            feed.sources.push(source(&topic, Format::JsonLines));
        }
        feed.put_in_order();
        let setup = Setup::of_fleet(self.config).tracing(self.request.plots);
        let judged = judge(feed, setup, &mut self.counter)?;
        let calendars = &self.config.detect.calendars;
        let plots = if self.request.plots { plots::of_fleet(&judged, calendars) } else { Vec::new() };
        let of_fleet = |label: &Label| !label.tenants().iter().any(|tenant| self.known.tables.contains(*tenant));
        let labels = self.labels.map(|labels| labels.only(of_fleet));
        self.add(judged, plots, labels.as_ref());
        Ok(())
    }

    fn table(&mut self, table: &Table, pool: &str, member: Option<&Member>) -> Result<(), BacktestError> {
        let window_ms = table.window_ms(self.config.detect.window_ms);
        let trace = self.request.out.is_some() || self.request.plots;
        let setup = Setup::of_table(self.config, window_ms, table.columns.len()).tracing(trace);
        let mut judged = judge(table.feed(pool), setup, &mut self.counter)?;
        let judgements = by_column(std::mem::take(&mut judged.judgements), table, pool);
        if let Some(folder) = &self.request.out {
            write(folder, &Rows::of(table, &judgements), member)?;
        }
        let calendars = &self.config.detect.calendars;
        let plot = || plots::of_table((table, pool), &judgements, calendars);
        let plots = if self.request.plots { plot() } else { Vec::new() };
        let labels = self.labels_of(table, window_ms, member);
        self.add(judged, plots, labels.as_ref());
        Ok(())
    }

    /// What was really wrong with a table: what the caller says of its tenant, what the corpus says, or what its rows say.
    fn labels_of(&self, table: &Table, window_ms: i64, member: Option<&Member>) -> Option<Labels> {
        let tenant = TenantId::from(table.tenant.as_str());
        if let Some(labels) = self.labels {
            return Some(labels.only(|label| label.tenants().contains(&tenant)));
        }
        let stretches = match member.and_then(|member| member.windows.as_ref()) {
            Some(windows) => windows.clone(),
            None if table.is_labelled => table.events(window_ms),
            None => return None,
        };
        let faults = stretches.into_iter().map(|stretch| label(&tenant, stretch)).collect();
        Some(Labels { faults, ..Labels::default() })
    }

    /// Adds what came of inputs that were judged together.
    fn add(&mut self, judged: Judged, mut plots: Vec<Plot>, labels: Option<&Labels>) {
        let Judged { changes, findings, refused, series, span, .. } = judged;
        let findings = beginnings(findings);
        let alarms: Vec<Alarm> = findings.iter().map(Alarm::from).collect();
        let span_ms = span.map_or(0, |(first, last)| last - first);
        let tally = |key| SeriesTally::of(key, &alarms, labels, span_ms);
        self.known.tenants.extend(series.iter().map(|(key, _)| key.tenant.clone()));
        self.known.resources.extend(series.iter().map(|(key, _)| key.resource.clone()));
        let tallies: Vec<SeriesTally> = series.into_iter().map(|(key, _)| tally(key)).collect();
        let outcome = &mut self.outcome;
        outcome.total.add(&tallies, &alarms, labels);
        outcome.series.extend(tallies);
        let report = Report::of(changes.iter().cloned(), labels);
        for plot in &mut plots {
            plots::tell(plot, &findings, &report.incidents, labels);
        }
        outcome.plots.extend(plots);
        outcome.findings.extend(findings);
        outcome.report.add(report);
        outcome.changes.extend(changes);
        outcome.refused.append(refused);
        outcome.records = self.counter.done;
        let started = span.map(|(first, _)| first);
        outcome.started = outcome.started.into_iter().chain(started).min();
    }

    fn finish(self) -> Result<Outcome, BacktestError> {
        let Some(labels) = self.labels else { return Ok(self.outcome) };
        let all: Vec<&Label> = labels.faults.iter().chain(&labels.benign).collect();
        let is_known = |label: &&Label| {
            self.known.resources.contains(&label.resource)
                || label.tenants().iter().any(|tenant| self.known.tenants.contains(*tenant))
        };
        match all.first() {
            Some(first) if !all.iter().any(is_known) => {
                Err(BacktestError::Strangers { tenant: first.culprit.clone(), known: self.known.shown() })
            }
            _ => Ok(self.outcome),
        }
    }
}

impl Known {
    /// The first tenants, for a message.
    fn shown(&self) -> String {
        let names: Vec<&str> = self.tenants.iter().map(TenantId::as_str).take(5).collect();
        let more = if self.tenants.len() > names.len() { ", .." } else { "" };
        if names.is_empty() { "nobody".to_owned() } else { format!("{}{more}", names.join(", ")) }
    }
}

/// Windows by the column they are about, in the order of [`Table::columns`].
fn by_column(judgements: Vec<Judgement>, table: &Table, pool: &str) -> Vec<Vec<Judgement>> {
    let ids: Vec<_> = table.columns.iter().map(|(column, _)| table.key(pool, column).id()).collect();
    let mut of_columns = vec![Vec::new(); ids.len()];
    for judgement in judgements {
        let place = ids.iter().position(|id| *id == judgement.series);
        if let Some(own) = place.and_then(|place| of_columns.get_mut(place)) {
            own.push(judgement);
        }
    }
    of_columns
}

/// Writes what was said about the rows of a table.
fn write(folder: &Path, rows: &Rows<'_>, member: Option<&Member>) -> Result<(), BacktestError> {
    match member {
        Some(member) => rows.write_benchmark(&member.results(folder), member.windows.as_deref().unwrap_or_default()),
        None => rows.write(folder),
    }
}

fn label(tenant: &TenantId, (start, end): (Timestamp, Timestamp)) -> Label {
    Label {
        start,
        end,
        kind: "label".to_owned(),
        culprit: tenant.clone(),
        victims: Vec::new(),
        resource: tenant.as_str().into(),
        what: String::new(),
    }
}

/// The name of a table's file without what says of which kind it is.
fn tenant_of(path: &Path) -> String {
    let name = plain_name(path);
    name.strip_suffix(".csv").or_else(|| name.strip_suffix(".parquet")).unwrap_or(name).to_owned()
}
