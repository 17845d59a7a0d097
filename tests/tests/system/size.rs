//! Looks at the size and the shape of every source file.
//!
//! Short files with one purpose are what makes this code readable, and they grow one line at a time. The measures are
//! functions over text, so that they can be shown to fail.

use std::fs;
use std::path::{Path, PathBuf};

const FILE_LIMIT: usize = 500;
const FILE_WARNING: usize = 250;
const FUNCTION_LIMIT: usize = 60;
/// Names that say nothing about what is in the file, and therefore end up holding everything.
const EMPTY_NAMES: [&str; 8] = ["common", "helper", "helpers", "manager", "misc", "util", "utils", "v2"];

/// What is wrong with the file at `path`, relative to the repository, one sentence each.
fn violations(path: &Path, text: &str) -> Vec<String> {
    let shown = path.display();
    let mut wrong = Vec::new();
    let lines = text.lines().count();
    if lines > FILE_LIMIT {
        wrong.push(format!("{shown} has {lines} lines, {FILE_LIMIT} are allowed: split it by responsibility"));
    }
    if !text.starts_with("//!") && !is_only_tests(path) {
        wrong.push(format!("{shown} does not begin with //! and what it is for"));
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    if stem == "mod" {
        wrong.push(format!("{shown}: a module lies in a file of its own name"));
    }
    if path.iter().any(|part| EMPTY_NAMES.contains(&part.to_string_lossy().trim_end_matches(".rs"))) {
        wrong.push(format!("{shown}: the name does not say what is in it"));
    }
    for (name, length) in functions(text).into_iter().filter(|(_, length)| *length > FUNCTION_LIMIT) {
        wrong.push(format!("{shown}: function {name} has {length} lines, {FUNCTION_LIMIT} are allowed"));
    }
    wrong
}

/// Unit tests that lie beside the file they belong to: `foo/tests.rs` or `foo/tests/bar.rs` under `src`.
fn is_only_tests(path: &Path) -> bool {
    let mut in_crate = path.iter().skip_while(|part| *part != "src");
    in_crate.any(|part| part == "tests" || part == "tests.rs")
}

/// Name and number of lines of every function with a body. Relies on rustfmt: the closing brace stands under the first
/// letter of the signature.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = line.len() - line.trim_start().len();
        let closing = format!("{}}}", " ".repeat(indent));
        let is_one_line = line.ends_with('}') || line.ends_with(';');
        let end = lines.iter().skip(start + 1).position(|next| next.starts_with(&closing));
        found.push((name, if is_one_line { 1 } else { end.map_or(1, |distance| distance + 2) }));
    }
    found
}

/// The name of the function whose signature begins on `line`.
fn function_name(line: &str) -> Option<String> {
    let (before, after) = line.trim_start().split_once("fn ")?;
    let qualifiers = ["pub", "pub(crate)", "pub(super)", "const", "async", "unsafe", "extern", "\"C\""];
    if !before.split_whitespace().all(|word| qualifiers.contains(&word) || word.starts_with("pub(")) {
        return None;
    }
    let name: String = after.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// Every Rust file of the repository, relative to its root.
fn sources(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder can be listed") {
            let path = entry.expect("an entry can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') || name == "target" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path.strip_prefix(root).expect("it lies under the root").to_path_buf());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_source_file_keeps_the_rules_of_size() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lies in the repository");
    let files = sources(root);
    assert!(files.len() > 10, "only {} source files found under {}", files.len(), root.display());
    let mut wrong = Vec::new();
    for path in &files {
        let text = fs::read_to_string(root.join(path)).expect("a source file can be read");
        let lines = text.lines().count();
        if (FILE_WARNING + 1..=FILE_LIMIT).contains(&lines) {
            println!("warning: {} has {lines} lines, more than {FILE_WARNING}", path.display());
        }
        wrong.extend(violations(path, &text));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_rule_is_able_to_fail() {
    let long_function =
        format!("//! Doc.\nimpl A {{\n    pub async fn long(\n{}    }}\n}}\n", "        a,\n".repeat(70));
    let cases = [
        ("too long", "ingest/src/a.rs", "//! Doc.\n".repeat(FILE_LIMIT + 1), "501 lines"),
        ("no header", "ingest/src/a.rs", "use std::fs;\n".to_owned(), "does not begin with //!"),
        (
            "no header in an integration test",
            "tests/tests/a.rs",
            "use std::fs;\n".to_owned(),
            "does not begin with //!",
        ),
        ("mod.rs", "ingest/src/a/mod.rs", "//! Doc.\n".to_owned(), "a file of its own name"),
        ("empty name", "ingest/src/utils.rs", "//! Doc.\n".to_owned(), "does not say what is in it"),
        ("empty folder name", "ingest/src/common/a.rs", "//! Doc.\n".to_owned(), "does not say what is in it"),
        ("long function", "ingest/src/a.rs", long_function, "function long has 72 lines"),
    ];
    for (case, path, text, expected) in cases {
        let wrong = violations(Path::new(path), &text);
        assert!(wrong.len() == 1 && wrong[0].contains(expected), "{case}: expected {expected:?} in {wrong:?}");
    }
}

#[test]
fn sound_files_break_no_rule() {
    let ordinary = "//! Doc.\n\nfn short() -> u8 {\n    1\n}\n";
    assert!(violations(Path::new("ingest/src/a.rs"), ordinary).is_empty());
    assert!(violations(Path::new("ingest/src/a/tests.rs"), "use super::*;\n").is_empty());
}

#[test]
fn functions_are_measured_from_signature_to_closing_brace() {
    let text = "trait T {\n    fn declared(&self);\n    fn one_line(&self) {}\n}\n\npub(crate) const fn spread(\n    a: u8,\n) -> u8 {\n    a\n}\n// a fn in prose\n";
    let expected = [("declared", 1), ("one_line", 1), ("spread", 5)];
    assert_eq!(functions(text), expected.map(|(name, lines)| (name.to_owned(), lines)));
}
