//! A corpus in the layout of the Numenta Anomaly Benchmark: `data/<category>/<file>.csv` and, where events are labelled,
//! `labels/combined_windows.json` with the stretches of each file, `{"<category>/<file>.csv": [["from", "until"], ..]}`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tidewatch_schemas::Timestamp;

use super::BacktestError;
use super::csv::parse_moment;
use super::files::{extension, plain_name};

/// A file of the corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub path: PathBuf,
    pub category: String,
    /// Labelled stretches, both ends inclusive; `None` where the corpus has no labels.
    pub windows: Option<Vec<(Timestamp, Timestamp)>>,
}

impl Member {
    /// Its name without `.gz`.
    pub fn file(&self) -> &str {
        plain_name(&self.path)
    }

    /// What it is called as a tenant: its category and its name.
    pub fn tenant(&self) -> String {
        let file = self.file();
        format!("{}/{}", self.category, file.strip_suffix(".csv").unwrap_or(file))
    }

    /// Where its results belong under `folder`.
    pub fn results(&self, folder: &Path) -> PathBuf {
        folder.join(&self.category).join(format!("tidewatch_{}", self.file()))
    }
}

/// The files of the corpus at `root`, by category and name.
///
/// # Errors
/// When there are none, or the labels cannot be read.
pub(super) fn members(root: &Path) -> Result<Vec<Member>, BacktestError> {
    let windows = windows(root)?;
    let mut members = Vec::new();
    for folder in entries(&root.join("data"))?.into_iter().filter(|path| path.is_dir()) {
        let category = name(&folder);
        for path in entries(&folder)?.into_iter().filter(|path| extension(path) == "csv") {
            let key = format!("{category}/{}", plain_name(&path));
            let windows = windows.as_ref().map(|all| all.get(&key).cloned().unwrap_or_default());
            members.push(Member { path, category: category.clone(), windows });
        }
    }
    if members.is_empty() {
        let problem = "no data/<category>/<file>.csv in this folder".to_owned();
        return Err(BacktestError::Table { path: root.to_owned(), problem });
    }
    Ok(members)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, BacktestError> {
    let broken = |source| BacktestError::Io { path: folder.to_owned(), source };
    let found = fs::read_dir(folder).map_err(broken)?;
    let mut paths: Vec<PathBuf> =
        found.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(broken)?;
    paths.sort();
    Ok(paths)
}

type Windows = BTreeMap<String, Vec<(Timestamp, Timestamp)>>;

fn windows(root: &Path) -> Result<Option<Windows>, BacktestError> {
    let path = root.join("labels").join("combined_windows.json");
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(|source| BacktestError::Io { path: path.clone(), source })?;
    parse(&text).map(Some).map_err(|problem| BacktestError::Table { path, problem })
}

fn parse(text: &str) -> Result<Windows, String> {
    let raw: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let moment = |text: &str| parse_moment(text).ok_or_else(|| format!("{text:?} is no time"));
    let mut windows = Windows::new();
    for (file, stretches) in raw {
        let parsed = stretches.iter().map(|(from, until)| Ok((moment(from)?, moment(until)?)));
        windows.insert(file, parsed.collect::<Result<_, String>>()?);
    }
    Ok(windows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_read_by_file() {
        let text = r#"{"a/b.csv": [["2014-02-19 10:50:00.000000", "2014-02-20 03:30:00.000000"]], "a/c.csv": []}"#;
        let windows = parse(text).unwrap();
        let (from, until) = windows["a/b.csv"][0];
        assert_eq!((from.to_string().as_str(), until - from), ("2014-02-19T10:50:00.000Z", 60_000_000));
        assert!(windows["a/c.csv"].is_empty());
        assert_eq!(parse(r#"{"a": [["soon", "late"]]}"#), Err("\"soon\" is no time".to_owned()));
    }
}
