//! A time since the scenario's start, written as people say it: `90s`, `1h30m`.

use std::fmt;

use serde::{Deserialize, Deserializer};

/// Milliseconds since the scenario's start, or a length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub i64);

impl Span {
    /// Reads numbers with units, largest first.
    fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let mut total = 0;
        while !rest.is_empty() {
            let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
            let (number, after) = rest.split_at(digits);
            let letters = after.find(|letter: char| letter.is_ascii_digit()).unwrap_or(after.len());
            let (unit, next) = after.split_at(letters);
            let factor = match unit {
                "ms" => 1,
                "s" => 1_000,
                "m" => 60_000,
                "h" => 3_600_000,
                _ => return None,
            };
            total += number.parse::<i64>().ok()? * factor;
            rest = next;
        }
        (!text.is_empty()).then_some(Self(total))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no time such as 90s or 1h30m")))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}m{}s", self.0.div_euclid(60_000), self.0.rem_euclid(60_000) / 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_numbers_with_units() {
        let cases = [("90s", Some(90_000)), ("1h30m", Some(5_400_000)), ("250ms", Some(250)), ("5", None), ("", None)];
        for (text, expected) in cases {
            assert_eq!(Span::parse(text), expected.map(Span), "{text:?}");
        }
    }
}
