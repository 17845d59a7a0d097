//! The iCalendar files that calendars name, read once each.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;
use tidewatch_detectors::calendar::ics::{Ics, IcsError, Occurrence};

use super::dates;
use crate::config::error::{ConfigError, Wrong};
use crate::config::section::Section;
use crate::config::value::{DEFAULT, shown};

/// Largest file that is read.
const LARGEST: u64 = 4 << 20;

/// A file and the events in it.
pub(super) struct File {
    shown: String,
    ics: Ics,
}

/// The files that were read, by path; none for one with mistakes, which are told once.
#[derive(Default)]
pub(super) struct Files(BTreeMap<PathBuf, Option<Arc<File>>>);

impl Files {
    /// The files in the list under `key`. Their paths are relative to the folder of the configuration that names them.
    pub fn read(&mut self, section: &mut Section, key: &str) -> Vec<Arc<File>> {
        let origin = section.origin(key);
        let names = dates::items(section, key, |value| match value.clone().into_string() {
            Ok(name) if !name.trim().is_empty() => Ok(name.trim().to_owned()),
            _ => Err(Wrong::new(format!("{} is not the name of a file", shown(value)), "write one such as closed.ics")),
        });
        let folder = Path::new(&origin).parent().filter(|_| origin != DEFAULT);
        let mut files = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let path = folder.unwrap_or(Path::new("")).join(name);
            if let Some(known) = self.0.get(&path) {
                files.extend(known.clone());
                continue;
            }
            let file = load(&path).map_err(|refused| refused.tell(section, &format!("{key}[{index}]"), &origin)).ok();
            files.extend(file.clone());
            self.0.insert(path, file);
        }
        files
    }
}

impl File {
    /// The days of its events by the clocks of `zone`.
    pub fn occurrences(&self, section: &mut Section, zone: &TimeZone) -> Vec<Occurrence> {
        self.ics.occurrences(zone).unwrap_or_else(|error| {
            section.report(at_line(&self.shown, error));
            Vec::new()
        })
    }
}

/// Why a file was refused.
enum Refused {
    Unread(Wrong),
    Lines(String, Vec<IcsError>),
}

impl Refused {
    fn tell(self, section: &mut Section, key: &str, origin: &str) {
        match self {
            Self::Unread(wrong) => section.refuse(key, origin, wrong),
            Self::Lines(shown, errors) => {
                for error in errors {
                    section.report(at_line(&shown, error));
                }
            }
        }
    }
}

fn at_line(shown: &str, error: IcsError) -> ConfigError {
    ConfigError { line: Some(error.line), ..ConfigError::about(shown, Wrong::new(error.problem, "")) }
}

fn load(path: &Path) -> Result<Arc<File>, Refused> {
    let shown = path.display().to_string();
    let unread = |problem: String, advice: &str| Refused::Unread(Wrong::new(problem, advice));
    let cannot = |error: std::io::Error| {
        let advice = "name a file that is there, relative to this configuration";
        unread(format!("{shown:?} cannot be read: {error}"), advice)
    };
    let size = fs::metadata(path).map_err(cannot)?.len();
    if size > LARGEST {
        return Err(unread(format!("{shown:?} has {size} bytes"), "name a file of at most 4MiB"));
    }
    let bytes = fs::read(path).map_err(cannot)?;
    match Ics::parse(&bytes) {
        Ok(ics) => Ok(Arc::new(File { shown, ics })),
        Err(errors) => Err(Refused::Lines(shown, errors)),
    }
}
