//! Series described compactly, and the values they have.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Span;

/// One series, or the same for several tenants.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Pool.
    #[serde(default = "pool")]
    pub pool: String,
    /// A series for each; `_shared` belongs to nobody.
    pub tenants: Vec<String>,
    /// Resource.
    #[serde(default = "resource")]
    pub resource: String,
    /// Signal.
    pub signal: String,
    /// What its values mean.
    #[serde(default)]
    pub kind: Kind,
    /// Whether every value belongs to a series of its own, told apart by an attribute that counts.
    #[serde(default)]
    pub explodes: bool,
    /// Unit.
    #[serde(default)]
    pub unit: String,
    /// What else tells it apart.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Time between two values.
    #[serde(default = "ten_seconds")]
    pub every: Span,
    /// The first value.
    #[serde(default)]
    pub from: Span,
    /// The end; no value at or after it.
    pub to: Span,
    /// Usual level; of counters and logs the rate per second.
    pub value: f64,
    /// Standard deviation of the level, as a share of it.
    #[serde(default)]
    pub noise: f64,
    /// Stretches in which the level differs.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// Stretches without values.
    #[serde(default)]
    pub gaps: Vec<Stretch>,
    /// When a counter begins again from zero.
    #[serde(default)]
    pub resets: Vec<Span>,
    /// Stretches whose values arrive late.
    #[serde(default)]
    pub delays: Vec<Delay>,
    /// Every n-th value is sent twice.
    #[serde(default)]
    pub repeat_values: usize,
}

/// What the values of an input mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The level itself.
    #[default]
    Gauge,
    /// A total that grows by the level per second.
    Counter,
    /// A change that adds up to the level per second.
    Increment,
    /// As many log lines as the level says per second.
    Log,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stretch {
    /// Its start.
    pub at: Span,
    /// Its length.
    #[serde(rename = "for")]
    pub length: Span,
}

/// A stretch in which the level differs.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Its start.
    pub at: Span,
    /// Its length.
    #[serde(rename = "for")]
    pub length: Span,
    /// The level instead.
    pub value: Option<f64>,
    /// What the level is multiplied by.
    #[serde(default = "one")]
    pub times: f64,
    /// What is added to it.
    #[serde(default)]
    pub add: f64,
}

/// A stretch whose values arrive late.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delay {
    /// Its start.
    pub at: Span,
    /// Its length.
    #[serde(rename = "for")]
    pub length: Span,
    /// By how much.
    pub by: Span,
    /// Only every n-th value of it.
    #[serde(default)]
    pub every: usize,
}

/// One value of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Event time.
    pub at: Span,
    /// When it arrives.
    pub arrives: Span,
    /// Value; of logs the number of lines.
    pub value: f64,
}

fn pool() -> String {
    "eu-1".to_owned()
}

fn resource() -> String {
    "odoo".to_owned()
}

fn ten_seconds() -> Span {
    Span(10_000)
}

fn one() -> f64 {
    1.0
}

fn within(at: Span, start: Span, length: Span) -> bool {
    (start.0..start.0 + length.0).contains(&at.0)
}

impl Input {
    /// The values of the series of `tenant`, in order of event time.
    pub fn points(&self, tenant: &str) -> Vec<Point> {
        let seed = self.seed(tenant);
        let mut points = Vec::new();
        let mut total = 0.0;
        let times = (self.from.0..self.to.0).step_by(usize::try_from(self.every.0.max(1)).unwrap_or(1));
        for (number, at) in (0..).zip(times.map(Span)) {
            let level = self.level(at, seed, number);
            let amount = level * self.every.0 as f64 / 1_000.0;
            let is_reset = self.resets.iter().any(|reset| within(*reset, at, self.every));
            total = if is_reset { 0.0 } else { total + amount };
            let value = match self.kind {
                Kind::Gauge => level,
                Kind::Counter => total,
                Kind::Increment => amount,
                Kind::Log => amount.round(),
            };
            if !self.gaps.iter().any(|gap| within(at, gap.at, gap.length)) {
                let point = Point { at, arrives: self.arrival(at, number), value };
                let copies = if is_nth(number, self.repeat_values) { 2 } else { 1 };
                points.extend(std::iter::repeat_n(point, copies));
            }
        }
        points
    }

    fn level(&self, at: Span, seed: u64, number: usize) -> f64 {
        let usual = self.value * (1.0 + self.noise * deviate(seed ^ number as u64));
        let changes = self.changes.iter().filter(|change| within(at, change.at, change.length));
        changes.fold(usual, |level, change| change.value.unwrap_or(level) * change.times + change.add).max(0.0)
    }

    fn arrival(&self, at: Span, number: usize) -> Span {
        let late =
            |delay: &&Delay| within(at, delay.at, delay.length) && (delay.every == 0 || is_nth(number, delay.every));
        Span(at.0 + self.delays.iter().filter(late).map(|delay| delay.by.0).sum::<i64>())
    }

    /// The same for the same series in every run.
    fn seed(&self, tenant: &str) -> u64 {
        let attributes = self.attributes.iter().flat_map(|(key, value)| [key.as_str(), value.as_str()]);
        let names = [self.pool.as_str(), tenant, &self.resource, &self.signal].into_iter().chain(attributes);
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        names.flat_map(|name| name.bytes().chain([0])).fold(0xcbf2_9ce4_8422_2325, hash)
    }
}

fn is_nth(number: usize, every: usize) -> bool {
    every > 0 && number.is_multiple_of(every)
}

/// Roughly normal with deviation 1, within 3.5: the sum of four uniform numbers.
fn deviate(seed: u64) -> f64 {
    let uniform =
        |part: u64| (mixed(seed.wrapping_mul(4).wrapping_add(part)) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0;
    (0..4).map(uniform).sum::<f64>() * 0.866
}

/// The finaliser of SplitMix64.
fn mixed(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_mean_0_and_deviation_1() {
        let values: Vec<f64> = (0..10_000).map(deviate).collect();
        let mean = values.iter().sum::<f64>() / 10_000.0;
        let variance = values.iter().map(|value| value * value).sum::<f64>() / 10_000.0;
        assert!(mean.abs() < 0.05 && (variance - 1.0).abs() < 0.05, "mean {mean}, variance {variance}");
    }
}
