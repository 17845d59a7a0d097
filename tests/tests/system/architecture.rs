//! Reads the manifests and fails when a crate depends on what it may not see.
//!
//! The direction `schemas <- {detectors, ingest, sinks} <- pipelines <- tests` keeps decisions free of I/O and builds short,
//! and one wrong line in a manifest ends it silently. The rules are a function over parsed manifests, so that the second
//! half of this file can show that each of them is able to fail.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use toml::{Table, Value};

/// The folders of the repository, without those whose name begins with a dot and without cargo's own.
const FOLDERS: [&str; 8] = ["schemas", "ingest", "detectors", "sinks", "pipelines", "deploy", "tests", "docs"];

/// Folder of a crate, and the crates of the workspace that it may name, without `tidewatch-`.
const MAY_SEE: [(&str, &[&str]); 8] = [
    ("schemas", &[]),
    ("detectors", &["schemas"]),
    ("ingest", &["schemas"]),
    ("sinks/delivery", &["schemas"]),
    ("sinks/gateway", &["lake"]),
    ("sinks/lake", &["schemas"]),
    ("pipelines", &["schemas", "detectors", "ingest", "delivery", "gateway", "lake"]),
    ("tests", &["schemas", "detectors", "ingest", "delivery", "gateway", "lake", "pipelines"]),
];

/// Family of crates (`datafusion` covers `datafusion-postgres`), and the only folders that may name one of them.
const ONLY_IN: [(&str, &[&str]); 5] = [
    ("rocksdb", &["pipelines"]),
    ("datafusion", &["sinks/gateway", "sinks/lake"]),
    ("parquet", &["sinks/lake"]),
    ("rdkafka", &["ingest", "sinks/delivery", "pipelines", "tests"]),
    ("tokio", &["ingest", "sinks/delivery", "sinks/gateway", "sinks/lake", "pipelines", "tests"]),
];

/// A crate's manifest and where it lies.
struct Manifest {
    folder: String,
    table: Table,
}

/// One line of a `[dependencies]` table of any kind.
struct Dependency<'a> {
    name: &'a str,
    from_workspace: bool,
    only_for_tests: bool,
}

impl Manifest {
    fn parse(folder: &str, text: &str) -> Self {
        let table = text.parse().unwrap_or_else(|error| panic!("{folder}/Cargo.toml is not TOML: {error}"));
        Self { folder: folder.to_owned(), table }
    }

    /// Every dependency, also those under `[target.'..'.dependencies]`.
    fn dependencies(&self) -> Vec<Dependency<'_>> {
        let targets = self.table.get("target").and_then(Value::as_table);
        let of_targets = targets.into_iter().flat_map(|all| all.values()).filter_map(Value::as_table);
        std::iter::once(&self.table).chain(of_targets).flat_map(dependencies_of).collect()
    }

    fn inherits_lints(&self) -> bool {
        self.table.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool) == Some(true)
    }
}

fn dependencies_of(table: &Table) -> Vec<Dependency<'_>> {
    let mut found = Vec::new();
    for kind in ["dependencies", "build-dependencies", "dev-dependencies"] {
        for (name, value) in table.get(kind).and_then(Value::as_table).into_iter().flatten() {
            let from_workspace = value.get("workspace").and_then(Value::as_bool) == Some(true);
            found.push(Dependency { name, from_workspace, only_for_tests: kind == "dev-dependencies" });
        }
    }
    found
}

/// What is wrong with `manifests`, one sentence each. Empty when every rule holds.
fn violations(manifests: &[Manifest]) -> Vec<String> {
    let mut wrong = unknown_folders(manifests);
    for manifest in manifests {
        let folder = &manifest.folder;
        if folder != "tests" && !manifest.inherits_lints() {
            wrong.push(format!("{folder} does not say [lints] workspace = true"));
        }
        for dependency in manifest.dependencies() {
            wrong.extend(wrong_about(folder, &dependency));
        }
    }
    wrong.extend(split_features(manifests));
    wrong
}

fn unknown_folders(manifests: &[Manifest]) -> Vec<String> {
    let expected: BTreeSet<&str> = MAY_SEE.iter().map(|(folder, _)| *folder).collect();
    let actual: BTreeSet<&str> = manifests.iter().map(|manifest| manifest.folder.as_str()).collect();
    expected
        .symmetric_difference(&actual)
        .map(|folder| format!("crate folder {folder} is missing or unknown"))
        .collect()
}

fn wrong_about(folder: &str, dependency: &Dependency) -> Vec<String> {
    let name = dependency.name;
    let mut wrong = Vec::new();
    if !dependency.from_workspace {
        wrong.push(format!("{folder} names {name} with a version of its own instead of workspace = true"));
    }
    let may_see = MAY_SEE.iter().find(|(of, _)| *of == folder).map_or(&[][..], |(_, crates)| crates);
    if name.strip_prefix("tidewatch-").is_some_and(|short| !may_see.contains(&short)) {
        wrong.push(format!("{folder} may not see {name}, only {may_see:?}"));
    }
    for (family, folders) in ONLY_IN {
        let is_member = name.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']));
        if is_member && !folders.contains(&folder) {
            wrong.push(format!("{folder} may not use {name}, only {folders:?} may"));
        }
    }
    wrong
}

/// A test-only dependency that tests/ does not name gives `make demo` other features than `make test`, and everything that
/// differs is compiled twice.
fn split_features(manifests: &[Manifest]) -> Vec<String> {
    let dependencies =
        || manifests.iter().flat_map(|manifest| manifest.dependencies().into_iter().map(|d| (&manifest.folder, d)));
    let named: BTreeSet<&str> =
        dependencies().filter(|(folder, d)| *folder == "tests" && !d.only_for_tests).map(|(_, d)| d.name).collect();
    dependencies()
        .filter(|(_, d)| d.only_for_tests && !d.name.starts_with("tidewatch-") && !named.contains(d.name))
        .map(|(folder, d)| format!("{} is a dev-dependency of {folder}, so it must be a dependency of tests", d.name))
        .collect()
}

/// A dependency of the root that hides a crate behind another name would escape every rule above.
fn renamed(root: &Table) -> Vec<String> {
    let all = root.get("workspace").and_then(|w| w.get("dependencies")).and_then(Value::as_table);
    let renames = all.into_iter().flatten().filter(|(_, value)| value.get("package").is_some());
    renames.map(|(name, _)| format!("{name} is a renamed package")).collect()
}

/// What differs between the folders that are there and those that should be.
fn folder_violations(present: &BTreeSet<String>) -> Vec<String> {
    let expected: BTreeSet<String> = FOLDERS.iter().map(ToString::to_string).collect();
    let visible = |name: &&String| !name.starts_with('.') && *name != "target";
    let actual: BTreeSet<String> = present.iter().filter(visible).cloned().collect();
    let missing = expected.difference(&actual).map(|name| format!("folder {name} is missing"));
    missing.chain(actual.difference(&expected).map(|name| format!("folder {name} has no place here"))).collect()
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lies in the repository")
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn crates_see_only_what_they_may() {
    let root: Table = read("Cargo.toml").parse().expect("Cargo.toml is TOML");
    let members = root["workspace"]["members"].as_array().expect("members is a list");
    let manifests: Vec<Manifest> = members
        .iter()
        .map(|member| member.as_str().expect("a member is a path"))
        .map(|folder| Manifest::parse(folder, &read(&format!("{folder}/Cargo.toml"))))
        .collect();
    let mut wrong = violations(&manifests);
    wrong.extend(renamed(&root));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_repository_has_its_eight_folders() {
    let entries = fs::read_dir(repository()).expect("the repository can be listed");
    let folders = entries.map(|entry| entry.expect("an entry can be read")).filter(|entry| entry.path().is_dir());
    let wrong = folder_violations(&folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Manifests that break no rule, with `extra` appended to that of `folder`.
fn manifests_with(folder: &str, extra: &str) -> Vec<Manifest> {
    let lints = "[lints]\nworkspace = true\n";
    let mut texts: BTreeMap<&str, String> = MAY_SEE.iter().map(|(of, _)| (*of, lints.to_owned())).collect();
    texts.entry(folder).or_default().push_str(extra);
    texts.iter().map(|(of, text)| Manifest::parse(of, text)).collect()
}

#[test]
fn sound_manifests_break_no_rule() {
    let wrong = violations(&manifests_with(
        "pipelines",
        "[dependencies]\nrocksdb.workspace = true\ntidewatch-lake.workspace = true",
    ));
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn each_rule_is_able_to_fail() {
    let cases = [
        (
            "upwards",
            "schemas",
            "[dependencies]\ntidewatch-detectors.workspace = true",
            "may not see tidewatch-detectors",
        ),
        ("sideways", "ingest", "[dependencies]\ntidewatch-lake.workspace = true", "may not see tidewatch-lake"),
        (
            "in tests",
            "detectors",
            "[dev-dependencies]\ntidewatch-ingest.workspace = true",
            "may not see tidewatch-ingest",
        ),
        ("store", "ingest", "[dependencies]\nrocksdb.workspace = true", "may not use rocksdb"),
        ("family", "tests", "[dependencies]\ndatafusion-postgres.workspace = true", "may not use datafusion-postgres"),
        ("runtime", "detectors", "[dependencies]\ntokio.workspace = true", "may not use tokio"),
        ("per target", "schemas", "[target.'cfg(unix)'.dependencies]\nrdkafka.workspace = true", "may not use rdkafka"),
        ("version", "schemas", "[dependencies]\nserde = \"1\"", "names serde with a version of its own"),
        ("features", "detectors", "[dev-dependencies]\nproptest.workspace = true", "must be a dependency of tests"),
        ("new crate", "helpers", "", "crate folder helpers is missing or unknown"),
    ];
    for (case, folder, extra, expected) in cases {
        let wrong = violations(&manifests_with(folder, extra));
        assert!(wrong.iter().any(|line| line.contains(expected)), "{case}: expected {expected:?} in {wrong:?}");
    }
    let bare = [Manifest::parse("schemas", "")];
    assert!(violations(&bare).contains(&"schemas does not say [lints] workspace = true".to_owned()));
    let root = "[workspace.dependencies]\nstore = { package = \"rocksdb\", version = \"1\" }".parse().expect("TOML");
    assert_eq!(renamed(&root), ["store is a renamed package"]);
}

#[test]
fn a_missing_and_a_foreign_folder_are_noticed() {
    let mut folders: BTreeSet<String> = FOLDERS.iter().map(ToString::to_string).collect();
    folders.extend([".git".to_owned(), "target".to_owned()]);
    assert!(folder_violations(&folders).is_empty());
    folders.remove("docs");
    folders.insert("scripts".to_owned());
    assert_eq!(folder_violations(&folders), ["folder docs is missing", "folder scripts has no place here"]);
}
