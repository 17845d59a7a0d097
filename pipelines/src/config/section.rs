//! Reads one section of the merged configuration, key by key, and writes down everything that is wrong with it.
//!
//! A derived `Deserialize` stops at the first mistake. Here every key is read on its own: a wrong value is written to the
//! shared list and the reader goes on with a placeholder. Placeholders never reach anyone, because a list that is not
//! empty ends the loading. Keys that nobody asked for are unknown keys.

mod field;

pub(super) use field::number_of;

use config::{Map, Value, ValueKind};

use super::error::{ConfigError, Wrong};
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

    /// Writes down that `key`, or an item under it, is wrong.
    pub(super) fn refuse(&mut self, key: &str, origin: &str, wrong: Wrong) {
        self.errors.push(ConfigError::at_key(origin, &self.path_of(key), wrong));
    }

    /// Writes down a mistake that lies elsewhere, such as in a file that this section names.
    pub(super) fn report(&mut self, error: ConfigError) {
        self.errors.push(error);
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
    pub(super) fn offers(&mut self, key: &str) -> bool {
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
