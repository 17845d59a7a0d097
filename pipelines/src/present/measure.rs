//! Numbers with units as people write them: `46 ms`, `12.3 MB`, `1,234`, `97 %`.

use tidewatch_schemas::unit;

/// Endings of the names of signals that measure a share of a whole, where 1 means all of it.
const SHARES: [&str; 6] = [".success", ".status", ".up", "_up", ".utilization", "_ratio"];

/// From which size on a name is used, and how much one of it is.
struct Step {
    from: f64,
    size: f64,
    name: &'static str,
}

const fn step(from: f64, size: f64, name: &'static str) -> Step {
    Step { from, size, name }
}

/// Two minutes are said in seconds, two hours in minutes, two days in hours.
const TIME: [Step; 6] = [
    step(172_800.0, 86_400.0, "d"),
    step(7_200.0, 3_600.0, "h"),
    step(120.0, 60.0, "min"),
    step(1.0, 1.0, "s"),
    step(1e-3, 1e-3, "ms"),
    step(f64::MIN_POSITIVE, 1e-6, "µs"),
];

const BYTES: [Step; 4] = [step(1e12, 1e12, "TB"), step(1e9, 1e9, "GB"), step(1e6, 1e6, "MB"), step(1e3, 1e3, "kB")];

/// How the values of a signal are written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Measure {
    quantity: Quantity,
    /// In seconds, bytes or ones per unit of the values.
    factor: f64,
    /// What follows the unit: `/s` for rates.
    per: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Quantity {
    Time,
    Bytes,
    Share,
    Number(String),
}

impl Measure {
    /// For values of `signal` in `unit`.
    pub(crate) fn of(signal: &str, unit: &str) -> Self {
        let (base, per) = unit.split_once('/').map_or((unit, String::new()), |(base, per)| (base, format!("/{per}")));
        let (quantity, factor) = if base.is_empty() {
            (Quantity::Number(String::new()), 1.0)
        } else if let Ok(factor) = unit::factor(base, "s") {
            (Quantity::Time, factor)
        } else if let Ok(factor) = unit::factor(base, "By") {
            (Quantity::Bytes, factor)
        } else if base == "%" || is_share(signal, unit) {
            (Quantity::Share, unit::factor(base, "1").unwrap_or(1.0))
        } else {
            let name = base.trim_matches(['{', '}']);
            (Quantity::Number(if name == "1" { String::new() } else { format!(" {name}") }), 1.0)
        };
        Self { quantity, factor, per }
    }

    /// `value` with its unit; infinity and NaN in words.
    pub(crate) fn text(&self, value: f64) -> String {
        if value.is_nan() {
            return "not a number".to_owned();
        }
        if value.is_infinite() {
            return if value > 0.0 { "infinite".to_owned() } else { "minus infinite".to_owned() };
        }
        let value = value * self.factor;
        let text = match &self.quantity {
            Quantity::Time => scaled(value, &TIME, "s"),
            Quantity::Bytes => scaled(value, &BYTES, "B"),
            Quantity::Share => format!("{} %", digits(value * 100.0)),
            Quantity::Number(name) => format!("{}{name}", digits(value)),
        };
        text + &self.per
    }
}

fn is_share(signal: &str, unit: &str) -> bool {
    unit == "1" && SHARES.iter().any(|ending| signal.ends_with(ending))
}

/// `value` in the largest step that it reaches, else in `base`.
fn scaled(value: f64, steps: &[Step], base: &str) -> String {
    match steps.iter().find(|step| value.abs() >= step.from) {
        Some(step) => format!("{} {}", digits(value / step.size), step.name),
        None => format!("{} {base}", digits(value)),
    }
}

/// Three significant digits, whole numbers from 100 on with thousands apart, no trailing zeros.
fn digits(value: f64) -> String {
    let size = value.abs();
    let decimals = match size {
        _ if size >= 99.95 => 0,
        _ if size >= 9.995 => 1,
        _ if size >= 0.9995 => 2,
        _ if size >= 0.09995 => 3,
        _ if size >= 0.009_995 => 4,
        _ => 6,
    };
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = thousands_apart(whole);
    let text = match fraction.trim_end_matches('0') {
        "" => whole,
        fraction => format!("{whole}.{fraction}"),
    };
    if text == "-0" { "0".to_owned() } else { text }
}

fn thousands_apart(whole: &str) -> String {
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut text = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_people_write_them() {
        let cases = [
            ("x.duration", "s", 0.046, "46 ms"),
            ("x.duration", "ms", 868.13, "868 ms"),
            ("x.duration", "ms", 10_002.0, "10 s"),
            ("x.duration", "s", 0.0, "0 s"),
            ("x.duration", "s", 0.000_12, "120 µs"),
            ("x.age", "s", 5_400.0, "90 min"),
            ("x.size", "By", 12_345_678.0, "12.3 MB"),
            ("x.size", "KiBy", 2.0, "2.05 kB"),
            ("x.io", "By/s", 512.0, "512 B/s"),
            ("x.backends", "1", 1_234.4, "1,234"),
            ("x.backends", "1", -1_234_567.0, "-1,234,567"),
            ("x.deadlocks", "1", 0.05, "0.05"),
            ("lab.synthetic.check.success", "1", 0.97, "97 %"),
            ("system.memory.utilization", "1", 0.5125, "51.2 %"),
            ("x.load", "%", 97.0, "97 %"),
            ("redis.commands", "{ops}/s", 41.27, "41.3 ops/s"),
            ("x.price", "EUR", 3.0, "3 EUR"),
            ("x.unitless", "", 3.0, "3"),
            ("x.broken", "s", f64::NAN, "not a number"),
            ("x.broken", "s", f64::NEG_INFINITY, "minus infinite"),
        ];
        for (signal, unit, value, expected) in cases {
            assert_eq!(Measure::of(signal, unit).text(value), expected, "{signal} {value} {unit:?}");
        }
    }
}
