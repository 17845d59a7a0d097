//! The picture of an incident between tenants: what all of them felt above what each of them took, drawn from a recording.
//!
//! Lines are named at their ends and differ by dashes, so that nothing is told by colour alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp as Instant;
use jiff::tz::TimeZone;
use tidewatch_pipelines::recording::{Detail, Event, Number, Recording};
use tidewatch_schemas::{Incident, TenantId, Timestamp};

/// Milliseconds of one point of a line.
const STEP: i64 = 10_000;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 878.0;
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 490.0;
/// Upper and lower edge of what is felt, and of what is taken.
const FELT: (f64, f64) = (104.0, 258.0);
const TAKEN: (f64, f64) = (300.0, 454.0);
/// What is drawn of a ratio at least: below is the same as half of what is usual.
const LEAST_RATIO: f64 = 0.5;
/// Letters of a line of the heading.
const HEADING: usize = 100;
/// Least distance between two names, in pixels.
const NAME: f64 = 13.0;
const DASHES: [&str; 4] = ["", "7 3", "2 3", "9 3 2 3"];

const STYLE: &str = "\
.p{--ink:#17202b;--quiet:#5a6675;--grid:#e3e7ec;--ground:#fff;--line:#5a6675;--culprit:#c0330c;--mark:#1f6fbf}\n\
@media screen and (prefers-color-scheme:dark){.p{--ink:#e6ebf1;--quiet:#a3afbd;--grid:#2a3340;--ground:#11161d;--line:#a3afbd;--culprit:#ff8660;--mark:#6db3ff}}\n\
.p{font:11px system-ui,\"DejaVu Sans\",sans-serif}.p text{fill:var(--quiet)}.p .ground{fill:var(--ground)}\
.p .grid{stroke:var(--grid);fill:none}.p .line{stroke:var(--line);fill:none;stroke-width:1.3;stroke-linejoin:round}\
.p .culprit{stroke:var(--culprit);stroke-width:2.4}.p text.culprit{fill:var(--culprit);font-weight:600;stroke:none}\
.p .mark{stroke:var(--mark);stroke-dasharray:4 3;fill:none}.p text.mark{fill:var(--mark);stroke:none}\
.p .head{fill:var(--ink);font-size:14px;font-weight:600}.p .panel{fill:var(--ink)}";

/// What is drawn.
pub struct Story<'a> {
    /// What was recorded.
    pub recording: &'a Recording,
    /// From when to when.
    pub span: (Timestamp, Timestamp),
    /// Signal that tenants feel, a duration; the median before the incident is its usual.
    pub felt: &'a str,
    /// Counter of what tenants take.
    pub taken: &'a str,
    /// What one unit a second of it is.
    pub unit: &'a str,
    /// The incident as it was told first, and as it was told when somebody was named.
    pub told: (&'a Incident, &'a Incident),
}

/// Points of each tenant.
type Lines = BTreeMap<TenantId, Vec<(Timestamp, f64)>>;

impl Story<'_> {
    /// The picture as SVG.
    pub fn drawn(&self) -> String {
        let (first, named) = self.told;
        let mut svg = String::new();
        let _ = writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"p\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             aria-labelledby=\"t d\">\n<title id=\"t\">Who hurts whom</title>\n<desc id=\"d\">{}</desc>\n\
             <style>{STYLE}</style>\n<rect class=\"ground\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>",
            named.summary
        );
        for (line, y) in wrapped(&named.summary).iter().zip([20.0, 37.0, 54.0]) {
            let _ = writeln!(svg, "<text class=\"head\" x=\"10\" y=\"{y}\">{line}</text>");
        }
        let title = "time that checks take, times what is usual for the tenant (each step is ten times more)";
        self.panel(&mut svg, (FELT, title), &self.felt(), true);
        self.panel(&mut svg, (TAKEN, self.unit), &self.taken(), false);
        let named_at = (named.updated_at != first.opened_at).then_some(named.updated_at);
        let told = if named_at.is_some() { "told" } else { "told, and acme named" };
        let told = told.replace("acme", named.culprits.first().map_or("", TenantId::as_str));
        let marks = [(first.started_at, "began"), (first.opened_at, told.as_str())];
        let y = FELT.0 - 8.0;
        for (at, word) in marks.into_iter().chain(named_at.map(|at| (at, "culprit named"))) {
            let x = self.across(at);
            let _ = writeln!(
                svg,
                "<path class=\"mark\" d=\"M{x:.1} {}V{}\"/><text class=\"mark\" x=\"{:.1}\" y=\"{y}\">{word} {}</text>",
                FELT.0,
                TAKEN.1,
                x + 3.0,
                clock(at, "%H:%M:%S"),
            );
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn across(&self, at: Timestamp) -> f64 {
        let (from, until) = self.span;
        LEFT + (RIGHT - LEFT) * (at.0 - from.0) as f64 / (until.0 - from.0) as f64
    }

    /// Mean of the measurements of a step, of each check over its own usual.
    fn felt(&self) -> Lines {
        let before = self.told.0.started_at;
        let mut usual: BTreeMap<Vec<String>, Vec<f64>> = BTreeMap::new();
        let seen: Vec<(&Event, Vec<String>, f64)> = self.values(self.felt).collect();
        for (_, check, value) in seen.iter().filter(|(event, _, _)| event.at < before) {
            usual.entry(check.clone()).or_default().push(*value);
        }
        let usual: BTreeMap<Vec<String>, f64> =
            usual.into_iter().map(|(check, values)| (check, median(values))).collect();
        let mut steps: BTreeMap<(TenantId, i64), (f64, f64)> = BTreeMap::new();
        for (event, check, value) in &seen {
            if let Some(usual) = usual.get(check).filter(|usual| **usual > 0.0) {
                let step = steps.entry((event.tenant.clone(), event.at.0 / STEP)).or_default();
                *step = (step.0 + value / usual, step.1 + 1.0);
            }
        }
        self.lines(steps.into_iter().map(|(of, (sum, count))| (of, sum / count)))
    }

    /// Growth of a counter in a step, a second.
    fn taken(&self) -> Lines {
        let mut last: BTreeMap<TenantId, (Timestamp, f64)> = BTreeMap::new();
        let mut steps: BTreeMap<(TenantId, i64), (f64, f64)> = BTreeMap::new();
        for (event, _, value) in self.values(self.taken) {
            if let Some((at, before)) = last.insert(event.tenant.clone(), (event.at, value)) {
                let step = steps.entry((event.tenant.clone(), event.at.0 / STEP)).or_default();
                *step = (step.0 + (value - before).max(0.0), step.1 + (event.at.0 - at.0) as f64 / 1e3);
            }
        }
        self.lines(steps.into_iter().map(|(of, (sum, seconds))| (of, sum / seconds)))
    }

    /// Measurements of a signal, with the name of the series.
    fn values<'a>(&'a self, signal: &'a str) -> impl Iterator<Item = (&'a Event, Vec<String>, f64)> {
        self.recording.events().iter().filter_map(move |event| {
            let Detail::Metric(metric) = &event.detail else { return None };
            let value = match metric.value {
                Number::Whole(value) => value as f64,
                Number::Real(value) => value,
            };
            let attributes = metric.attributes.iter().filter(|(name, _)| name.as_str() != "error");
            let attributes = attributes.map(|(name, value)| format!("{name}={value:?}"));
            let series = std::iter::once(event.tenant.to_string()).chain(attributes).collect();
            (metric.name.as_str() == signal).then_some((event, series, value))
        })
    }

    fn lines(&self, steps: impl Iterator<Item = ((TenantId, i64), f64)>) -> Lines {
        let (from, until) = self.span;
        let mut lines = Lines::new();
        for ((tenant, step), value) in steps {
            let at = Timestamp(step * STEP + STEP / 2);
            if (from..=until).contains(&at) {
                lines.entry(tenant).or_default().push((at, value));
            }
        }
        lines
    }

    fn panel(&self, svg: &mut String, ((top, bottom), title): ((f64, f64), &str), lines: &Lines, by_tens: bool) {
        let placed = |value: f64| if by_tens { value.max(LEAST_RATIO).log10() } else { value };
        let most = lines.values().flatten().map(|(_, value)| placed(*value)).fold(0.0, f64::max);
        let unit = if by_tens { 1.0 } else { tick(most) };
        let (least, steps) = (placed(0.0), (most / unit).ceil());
        let down = |value: f64| bottom - (bottom - top) * (placed(value) - least) / (unit * steps - least);
        let mut step = 0.0;
        while step <= steps {
            let mark = if by_tens { 10_f64.powf(step) } else { step * unit };
            let y = down(mark);
            let _ = writeln!(
                svg,
                "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{mark}</text>",
                LEFT - 6.0,
                y + 4.0
            );
            step += 1.0;
        }
        let mut minute = self.span.0.0.div_euclid(60_000) * 60_000;
        while minute <= self.span.1.0 {
            let x = self.across(Timestamp(minute));
            let text = clock(Timestamp(minute), "%H:%M");
            let _ = writeln!(
                svg,
                "<path class=\"grid\" d=\"M{x:.1} {top}V{bottom}\"/><text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{text}</text>",
                bottom + 15.0
            );
            minute += 60_000;
        }
        let _ = writeln!(svg, "<text class=\"panel\" x=\"{}\" y=\"{}\">{title}</text>", LEFT + 6.0, top + 14.0);
        self.tenants(svg, lines, down);
    }

    fn tenants(&self, svg: &mut String, lines: &Lines, down: impl Fn(f64) -> f64) {
        let mut names: Vec<(f64, &TenantId, bool)> = Vec::new();
        for ((tenant, line), dashes) in lines.iter().zip(DASHES.iter().cycle()) {
            let is_culprit = self.told.1.culprits.contains(tenant);
            let mut path = String::new();
            for (number, (at, value)) in line.iter().enumerate() {
                let letter = if number == 0 { 'M' } else { 'L' };
                let _ = write!(path, "{letter}{:.1} {:.1}", self.across(*at), down(*value));
            }
            let class = if is_culprit { "line culprit" } else { "line" };
            let _ = writeln!(svg, "<path class=\"{class}\" stroke-dasharray=\"{dashes}\" d=\"{path}\"/>");
            names.extend(line.last().map(|(_, value)| (down(*value), tenant, is_culprit)));
        }
        // From the lowest up, each at least a line above the one below.
        names.sort_by(|one, other| other.0.total_cmp(&one.0));
        let mut free = f64::INFINITY;
        for (y, tenant, is_culprit) in names {
            free = y.min(free - NAME);
            let class = if is_culprit { "culprit" } else { "" };
            let (x, y) = (RIGHT + 5.0, free + 4.0);
            let _ = writeln!(svg, "<text class=\"{class}\" x=\"{x}\" y=\"{y:.1}\">{tenant}</text>");
        }
    }
}

fn clock(at: Timestamp, form: &str) -> String {
    let at = Instant::from_millisecond(at.0).expect("a time of a recording");
    at.to_zoned(TimeZone::UTC).strftime(form).to_string()
}

/// The middle one of some values.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A round distance of marks, for three to seven of them.
fn tick(most: f64) -> f64 {
    let power = 10_f64.powf(most.max(1e-9).log10().floor());
    [0.2, 0.5, 1.0, 2.0].map(|part| part * power).into_iter().find(|unit| most / unit <= 6.0).unwrap_or(power)
}

/// A sentence in lines that fit, each of whole clauses.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for clause in text.split_inclusive("; ") {
        match lines.last_mut() {
            Some(line) if line.len() + clause.len() <= HEADING => line.push_str(clause),
            _ => lines.push(clause.to_owned()),
        }
    }
    lines
}
