//! Counts what was paged on month ends and found on others, by the age of the series.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use crate::fleet::{MONTH, Tenant, Truth};

/// Ages of a series in months: from, until, and how the column is called.
pub const AGES: [(f64, f64, &str); 5] = [
    (0.25, 1.0, "month 1"),
    (1.0, 2.0, "month 2"),
    (2.0, 3.0, "month 3"),
    (3.0, 6.0, "months 4-6"),
    (6.0, 99.0, "later"),
];
/// Age from which a fault must be seen, in hours: two weeks.
const FAULTS_FROM: usize = 336;

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub hits: usize,
    pub of: usize,
}

impl Tally {
    fn count(&mut self, hit: bool) {
        self.hits += usize::from(hit);
        self.of += 1;
    }

    pub fn share(self) -> f64 {
        self.hits as f64 / self.of.max(1) as f64
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.hits += other.hits;
        self.of += other.of;
    }
}

/// An hour of a month end: age of the series in months, what is true, and whether there was a finding.
type Seen = (f64, Truth, bool);

/// The figures of a run.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// Ordinary month ends that were paged, by age.
    pub paged: [Tally; 5],
    /// Bad ones that were found, by age.
    pub found: [Tally; 5],
    /// Ordinary month ends of December that were paged.
    pub year_ends: Tally,
    /// Faults on ordinary days that were found.
    pub faults: Tally,
    /// Findings on ordinary hours outside month ends, and the hours, after the first month.
    pub elsewhere: Tally,
}

impl Score {
    /// Takes in a tenant and, per hour, whether there was a finding.
    pub fn add(&mut self, tenant: &Tenant, findings: &[bool]) {
        let mut ends: BTreeMap<(i64, i64), Vec<Seen>> = BTreeMap::new();
        let mut faults: BTreeMap<usize, bool> = BTreeMap::new();
        let (mut after_trouble, mut before) = (0, false);
        for (age, (hour, found)) in tenant.hours.iter().zip(findings).enumerate() {
            let months = age as f64 / MONTH as f64;
            after_trouble = if hour.truth == Truth::Ordinary { after_trouble - 1 } else { 12 };
            match (hour.month_end, hour.truth) {
                (Some(month), truth) => ends.entry(month).or_default().push((months, truth, *found)),
                (None, Truth::Fault(fault)) if age >= FAULTS_FROM => *faults.entry(fault).or_default() |= *found,
                (None, Truth::Ordinary) if age >= MONTH && after_trouble < 0 => self.elsewhere.count(*found && !before),
                _ => {}
            }
            before = *found;
        }
        for ((_, month), hours) in &ends {
            self.add_month_end(*month == 12, hours);
        }
        for found in faults.values() {
            self.faults.count(*found);
        }
    }

    fn add_month_end(&mut self, ends_year: bool, hours: &[Seen]) {
        let age = hours.first().map_or(0.0, |(age, ..)| *age);
        let Some(column) = AGES.iter().position(|(from, until, _)| *from <= age && age < *until) else { return };
        if hours.iter().any(|(_, truth, _)| *truth == Truth::Bad) {
            self.found[column].count(hours.iter().any(|(_, truth, found)| *truth == Truth::Bad && *found));
            return;
        }
        let paged = hours.iter().any(|(_, _, found)| *found);
        self.paged[column].count(paged);
        if ends_year {
            self.year_ends.count(paged);
        }
    }

    /// Findings per series and month on ordinary hours.
    pub fn rate(&self) -> f64 {
        self.elsewhere.share() * MONTH as f64
    }

    /// A row of the table.
    pub fn row(&self, name: &str) -> String {
        let mut cells = vec![name.to_owned()];
        for (paged, found) in self.paged.iter().zip(self.found) {
            cells.push(format!("{}/{}, {}/{}", paged.hits, paged.of, found.hits, found.of));
        }
        cells.push(format!("{}/{}", self.year_ends.hits, self.year_ends.of));
        cells.push(format!("{}/{}", self.faults.hits, self.faults.of));
        cells.push(format!("{:.2}", self.rate()));
        format!("| {} |", cells.join(" | "))
    }

    /// The head of the table.
    pub fn head() -> String {
        let ages: Vec<_> = AGES.iter().map(|(.., name)| *name).collect();
        let head = format!("| | {} | year ends paged | ordinary days found | findings elsewhere |", ages.join(" | "));
        format!("{head}\n|{}", "---|".repeat(AGES.len() + 4))
    }
}

impl AddAssign<&Score> for Score {
    fn add_assign(&mut self, other: &Self) {
        for column in 0..AGES.len() {
            self.paged[column] += other.paged[column];
            self.found[column] += other.found[column];
        }
        self.year_ends += other.year_ends;
        self.faults += other.faults;
        self.elsewhere += other.elsewhere;
    }
}
