//! Reads one section of the merged configuration, key by key, and writes down everything that is wrong with it.
//!
//! A derived `Deserialize` stops at the first mistake. Here every key is read on its own: a wrong value is written to the
//! shared list and the reader goes on with a placeholder. Placeholders never reach anyone, because a list that is not
//! empty ends the loading. Keys that nobody asked for are unknown keys.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use config::{Map, Value, ValueKind};

use super::error::{ConfigError, Wrong};
use super::quantity;
use super::value::{DEFAULT, origin_of, shown};

/// A section that is being read.
pub(super) struct Section<'e> {
    path: String,
    /// Where its first key was written.
    origin: String,
    unread: Map<String, Value>,
    known: Vec<String>,
    errors: &'e mut Vec<ConfigError>,
}

impl<'e> Section<'e> {
    /// Reads the section `value` at `path` with `read`, then refuses the keys that `read` did not ask for.
    pub(super) fn read<T>(
        path: &str,
        value: Value,
        errors: &'e mut Vec<ConfigError>,
        read: impl FnOnce(&mut Section) -> T,
    ) -> T {
        let (path, origin) = (path.to_owned(), origin_of(&value));
        let ValueKind::Table(unread) = value.kind else {
            let wrong = Wrong::new(format!("{} is not a section", shown(&value)), "write keys and values under it");
            errors.push(ConfigError::at_key(&origin, &path, wrong));
            // The keys that are missing now are no further mistakes.
            let mut ignored = Vec::new();
            return read(&mut Section { path, origin, unread: Map::new(), known: vec![], errors: &mut ignored });
        };
        let mut section = Section { path, origin, unread, known: vec![], errors };
        let result = read(&mut section);
        section.refuse_unread();
        result
    }

    /// Reads the section under `key`.
    pub(super) fn section<T>(&mut self, key: &str, read: impl FnOnce(&mut Section) -> T) -> T {
        let value = self.take(key).unwrap_or_else(|| Value::from(Map::<String, Value>::new()));
        Section::read(&self.path_of(key), value, self.errors, read)
    }

    /// Reads the value under `key`; returns `placeholder` after writing down what is wrong with it.
    pub(super) fn parse<T>(&mut self, key: &str, placeholder: T, read: impl FnOnce(&Value) -> Result<T, Wrong>) -> T {
        let Some(value) = self.take(key) else {
            let wrong = Wrong::new("it is missing", "write it");
            self.errors.push(ConfigError::at_key(&self.origin, &self.path_of(key), wrong));
            return placeholder;
        };
        read(&value).unwrap_or_else(|wrong| {
            self.errors.push(ConfigError::at_key(&origin_of(&value), &self.path_of(key), wrong));
            placeholder
        })
    }

    /// A text that is not empty.
    pub(super) fn text(&mut self, key: &str) -> String {
        self.parse(key, String::new(), text_of)
    }

    /// A text that may be left out.
    pub(super) fn optional_text(&mut self, key: &str) -> Option<String> {
        self.offers(key).then(|| self.text(key))
    }

    /// A table of texts that may be left out.
    pub(super) fn optional_table(&mut self, key: &str) -> BTreeMap<String, String> {
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
    pub(super) fn choice<T: Copy, const N: usize>(&mut self, key: &str, choices: [(&str, T); N], placeholder: T) -> T {
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
    pub(super) fn whole(&mut self, key: &str, range: RangeInclusive<u32>) -> u32 {
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
    pub(super) fn number(&mut self, key: &str, range: RangeInclusive<f64>) -> f64 {
        self.parse(key, *range.start(), |value| {
            let number = match &value.kind {
                ValueKind::I64(number) => Some(*number as f64),
                ValueKind::Float(number) => Some(*number),
                ValueKind::String(text) => text.trim().parse().ok(),
                _ => None,
            };
            let not_one = || Wrong::new(format!("{} is not a number", shown(value)), between(&range));
            number.ok_or_else(not_one).and_then(|number: f64| {
                // NaN lies in no range.
                if range.contains(&number) { Ok(number) } else { Err(out_of(value, &range)) }
            })
        })
    }

    /// A duration within `range`, of whole milliseconds.
    pub(super) fn duration(&mut self, key: &str, range: RangeInclusive<Duration>) -> Duration {
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
    pub(super) fn size(&mut self, key: &str, range: RangeInclusive<u64>) -> u64 {
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
    pub(super) fn texts(&mut self, key: &str, check: impl Fn(&str) -> Result<(), Wrong>) -> Vec<String> {
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
    pub(super) fn list<T>(&mut self, key: &str, mut read: impl FnMut(&mut Section) -> T) -> Vec<T> {
        let items = self.values(key);
        let path = self.path_of(key);
        let numbered = items.into_iter().enumerate();
        numbered.map(|(at, item)| Section::read(&format!("{path}[{at}]"), item, self.errors, &mut read)).collect()
    }

    /// The values of a list, unread.
    pub(super) fn values(&mut self, key: &str) -> Vec<Value> {
        self.parse(key, Vec::new(), |value| match &value.kind {
            ValueKind::Array(items) => Ok(items.clone()),
            _ => {
                Err(Wrong::new(format!("{} is not a list", shown(value)), "write one item per line, each after a dash"))
            }
        })
    }

    /// The values of a section whose keys are the user's own, by key.
    pub(super) fn entries(&mut self, key: &str) -> Vec<(String, Value)> {
        let mut entries = self.parse(key, Vec::new(), |value| match &value.kind {
            ValueKind::Table(table) => Ok(table.clone().into_iter().collect()),
            _ => Err(Wrong::new(format!("{} is not a section", shown(value)), "write keys and values under it")),
        });
        entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        entries
    }

    /// Writes down that `key`, or an item under it, is wrong.
    pub(super) fn refuse(&mut self, key: &str, origin: &str, wrong: Wrong) {
        self.errors.push(ConfigError::at_key(origin, &self.path_of(key), wrong));
    }

    /// Where the value at `path` was written; to be asked before it is read.
    pub(super) fn origin(&self, path: &str) -> String {
        let mut keys = path.split('.');
        let mut found = keys.next().and_then(|key| self.unread.get(key));
        for key in keys {
            found = found.and_then(|value| match &value.kind {
                ValueKind::Table(table) => table.get(key),
                _ => None,
            });
        }
        found.map_or_else(|| DEFAULT.to_owned(), origin_of)
    }

    /// Whether something is wrong at `key` or under it.
    pub(super) fn is_wrong(&self, key: &str) -> bool {
        let path = self.path_of(key);
        self.errors.iter().any(|error| error.key.starts_with(&path))
    }

    /// Makes `key` known and tells whether it is given.
    fn offers(&mut self, key: &str) -> bool {
        let is_given = self.unread.contains_key(key);
        if !is_given {
            self.known.push(key.to_owned());
        }
        is_given
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        self.known.push(key.to_owned());
        self.unread.remove(key)
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn refuse_unread(&mut self) {
        let mut unread: Vec<_> = std::mem::take(&mut self.unread).into_iter().collect();
        unread.sort_by(|(left, _), (right, _)| left.cmp(right));
        for (key, value) in unread {
            let advice = match nearest(&key, &self.known) {
                Some(known) => format!("did you mean {known}?"),
                None => format!("known here are {}", self.known.join(", ")),
            };
            self.refuse(&key, &origin_of(&value), Wrong::new("there is no such option", advice));
        }
    }
}

/// The known key that `key` was probably meant to be: at most a third of its letters differ.
pub(super) fn nearest<'k>(key: &str, known: &'k [String]) -> Option<&'k String> {
    let allowed = (key.chars().count() / 3).max(1);
    let distances = known.iter().map(|candidate| (strsim::damerau_levenshtein(key, candidate), candidate));
    distances.filter(|(distance, _)| *distance <= allowed).min_by_key(|(distance, _)| *distance).map(|(_, key)| key)
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
