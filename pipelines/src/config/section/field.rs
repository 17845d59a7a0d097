//! The kinds of value that an option may have, each with its limits and what is said when it is something else.
//!
//! Numbers are also read from texts, because the environment has nothing else.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use config::{Value, ValueKind};

use super::Section;
use crate::config::error::Wrong;
use crate::config::quantity;
use crate::config::value::{origin_of, shown};

impl Section<'_> {
    /// A text that is not empty.
    pub(in crate::config) fn text(&mut self, key: &str) -> String {
        self.parse(key, String::new(), text_of)
    }

    /// A text that may be left out.
    pub(in crate::config) fn optional_text(&mut self, key: &str) -> Option<String> {
        self.offers(key).then(|| self.text(key))
    }

    /// A table of texts that may be left out.
    pub(in crate::config) fn optional_table(&mut self, key: &str) -> BTreeMap<String, String> {
        if !self.offers(key) {
            return BTreeMap::new();
        }
        let mut table = BTreeMap::new();
        for (name, value) in self.entries(key) {
            match text_of(&value) {
                Ok(text) => {
                    table.insert(name, text);
                }
                Err(wrong) => self.refuse(&format!("{key}.{name}"), &origin_of(&value), wrong),
            }
        }
        table
    }

    /// One of the named `choices`.
    pub(in crate::config) fn choice<T: Copy, const N: usize>(
        &mut self,
        key: &str,
        choices: [(&str, T); N],
        placeholder: T,
    ) -> T {
        self.parse(key, placeholder, |value| {
            let found = match &value.kind {
                ValueKind::String(text) => choices.iter().find(|(name, _)| *name == text.trim()),
                _ => None,
            };
            let names = choices.map(|(name, _)| name).join(", ");
            found.map(|(_, choice)| *choice).ok_or_else(|| {
                Wrong::new(format!("{} is not a choice here", shown(value)), format!("write one of {names}"))
            })
        })
    }

    /// A whole number within `range`.
    pub(in crate::config) fn whole(&mut self, key: &str, range: RangeInclusive<u32>) -> u32 {
        self.parse(key, *range.start(), |value| {
            let number = match &value.kind {
                ValueKind::I64(number) => Some(*number),
                ValueKind::String(text) => text.trim().parse().ok(),
                _ => None,
            };
            let not_one = || Wrong::new(format!("{} is not a whole number", shown(value)), between(&range));
            let number = number.ok_or_else(not_one)?;
            u32::try_from(number).ok().filter(|number| range.contains(number)).ok_or_else(|| out_of(value, &range))
        })
    }

    /// A finite number within `range`.
    pub(in crate::config) fn number(&mut self, key: &str, range: RangeInclusive<f64>) -> f64 {
        self.parse(key, *range.start(), |value| number_of(value, &range))
    }

    /// A duration within `range`, of whole milliseconds.
    pub(in crate::config) fn duration(&mut self, key: &str, range: RangeInclusive<Duration>) -> Duration {
        self.parse(key, *range.start(), |value| {
            let ValueKind::String(text) = &value.kind else {
                let problem = format!("{} is not a duration", shown(value));
                return Err(Wrong::new(problem, "write a number and a unit such as 10s"));
            };
            let parsed = quantity::duration(text)?;
            let limits = [*range.start(), *range.end()].map(quantity::show_duration);
            let [low, high] = &limits;
            if range.contains(&parsed) { Ok(parsed) } else { Err(out_of(value, &(low..=high))) }
        })
    }

    /// A size within `range`, in bytes.
    pub(in crate::config) fn size(&mut self, key: &str, range: RangeInclusive<u64>) -> u64 {
        self.parse(key, *range.start(), |value| {
            let ValueKind::String(text) = &value.kind else {
                return Err(Wrong::new(
                    format!("{} is not a size", shown(value)),
                    "write a number and a unit such as 1MiB",
                ));
            };
            let parsed = quantity::size(text)?;
            let limits = [*range.start(), *range.end()].map(quantity::show_size);
            let [low, high] = &limits;
            if range.contains(&parsed) { Ok(parsed) } else { Err(out_of(value, &(low..=high))) }
        })
    }

    /// Texts, at least one: a list, or one text with commas as the environment has it. `check` looks at each.
    pub(in crate::config) fn texts(&mut self, key: &str, check: impl Fn(&str) -> Result<(), Wrong>) -> Vec<String> {
        self.parse(key, Vec::new(), |value| {
            let texts: Vec<String> = match &value.kind {
                ValueKind::String(text) => text.split(',').map(|part| part.trim().to_owned()).collect(),
                ValueKind::Array(items) => items.iter().map(text_of).collect::<Result<_, _>>()?,
                _ => {
                    return Err(Wrong::new(format!("{} is not a list of texts", shown(value)), "write [one, another]"));
                }
            };
            if texts.is_empty() {
                return Err(Wrong::new("the list is empty", "name at least one"));
            }
            texts.iter().try_for_each(|text| check(text)).map(|()| texts)
        })
    }

    /// A list of sections, each read with `read`.
    pub(in crate::config) fn list<T>(&mut self, key: &str, mut read: impl FnMut(&mut Section) -> T) -> Vec<T> {
        let items = self.values(key);
        let path = self.path_of(key);
        let numbered = items.into_iter().enumerate();
        numbered.map(|(at, item)| Section::read(&format!("{path}[{at}]"), item, self.errors, &mut read)).collect()
    }

    /// Sections whose names are the user's own, each read with `read`.
    pub(in crate::config) fn sections<T>(
        &mut self,
        key: &str,
        mut read: impl FnMut(&mut Section) -> T,
    ) -> Vec<(String, T)> {
        let path = self.path_of(key);
        let entries = self.entries(key).into_iter();
        entries
            .map(|(name, value)| {
                let section = Section::read(&format!("{path}.{name}"), value, self.errors, &mut read);
                (name, section)
            })
            .collect()
    }

    /// The values of a list, unread.
    pub(in crate::config) fn values(&mut self, key: &str) -> Vec<Value> {
        self.parse(key, Vec::new(), |value| match &value.kind {
            ValueKind::Array(items) => Ok(items.clone()),
            _ => {
                Err(Wrong::new(format!("{} is not a list", shown(value)), "write one item per line, each after a dash"))
            }
        })
    }

    /// The values of a section whose keys are the user's own, by key.
    pub(in crate::config) fn entries(&mut self, key: &str) -> Vec<(String, Value)> {
        let mut entries = self.parse(key, Vec::new(), |value| match &value.kind {
            ValueKind::Table(table) => Ok(table.clone().into_iter().collect()),
            _ => Err(Wrong::new(format!("{} is not a section", shown(value)), "write keys and values under it")),
        });
        entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        entries
    }
}

/// A finite number within `range`.
pub(in crate::config) fn number_of(value: &Value, range: &RangeInclusive<f64>) -> Result<f64, Wrong> {
    let number = match &value.kind {
        ValueKind::I64(number) => Some(*number as f64),
        ValueKind::Float(number) => Some(*number),
        ValueKind::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let not_one = || Wrong::new(format!("{} is not a number", shown(value)), between(range));
    number.ok_or_else(not_one).and_then(|number: f64| {
        // NaN lies in no range.
        if range.contains(&number) { Ok(number) } else { Err(out_of(value, range)) }
    })
}

fn text_of(value: &Value) -> Result<String, Wrong> {
    match &value.kind {
        ValueKind::String(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        ValueKind::String(_) | ValueKind::Nil => Err(Wrong::new("the text is empty", "write one")),
        ValueKind::Table(_) | ValueKind::Array(_) => {
            Err(Wrong::new(format!("{} is not a text", shown(value)), "write a text"))
        }
        // YAML has already changed what was written, such as 007.
        _ => Err(Wrong::new(format!("{} is not a text", shown(value)), "put it in quotes")),
    }
}

fn between<T: Display>(range: &RangeInclusive<T>) -> String {
    format!("write {} to {}", range.start(), range.end())
}

fn out_of<T: Display>(value: &Value, range: &RangeInclusive<T>) -> Wrong {
    Wrong::new(format!("{} is out of range", shown(value)), between(range))
}
