//! The files that are shipped: the defaults, the page about them, and the configuration beside the compose file.

use std::path::PathBuf;

use config::{FileFormat, Format as _, Map, Value, ValueKind};

use super::*;

fn in_repository(path: &str) -> String {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Path and value of every option of the defaults. What lies in a list is part of its value.
fn options() -> Vec<(String, Value)> {
    fn collect(prefix: &str, table: Map<String, Value>, found: &mut Vec<(String, Value)>) {
        for (key, value) in table {
            let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
            match value.kind {
                ValueKind::Table(inner) if !inner.is_empty() => collect(&path, inner, found),
                _ => found.push((path, value)),
            }
        }
    }
    let mut found = Vec::new();
    collect("", FileFormat::Yaml.parse(None, DEFAULTS).unwrap(), &mut found);
    found.sort_by(|(left, _), (right, _)| left.cmp(right));
    assert!(found.len() > 30, "only {} options found", found.len());
    found
}

#[test]
fn every_default_has_a_line_of_explanation_above_it() {
    let mut previous = "";
    for line in DEFAULTS.lines() {
        let is_option = line.starts_with("  ") && !line.starts_with("   ") && !line.trim_start().starts_with('#');
        assert!(!is_option || previous.trim_start().starts_with("# "), "{line:?} is not explained");
        previous = line;
    }
}

/// The row of a table in docs/configuration.md that tells of `path`.
fn row_of(path: &str, page: &str) -> Option<String> {
    page.lines().find(|line| line.starts_with(&format!("| `{path}` |"))).map(str::to_owned)
}

#[test]
fn the_page_tells_of_every_option_and_its_default() {
    let page = in_repository("docs/configuration.md");
    for (path, value) in options() {
        let row = row_of(&path, &page).unwrap_or_else(|| panic!("docs/configuration.md has no row for `{path}`"));
        if !matches!(value.kind, ValueKind::Array(_) | ValueKind::Table(_)) {
            let shown = if value.to_string().is_empty() { "none".to_owned() } else { format!("`{value}`") };
            assert!(
                row.contains(&format!("| {shown} |")),
                "docs/configuration.md: the default {value} is not in {row:?}"
            );
        }
    }
}

#[test]
fn the_page_names_every_client_setting_that_cannot_be_given() {
    let page = in_repository("docs/configuration.md");
    for (name, _) in kafka::OWNED {
        assert!(page.contains(&format!("`{name}`")), "docs/configuration.md does not name `{name}`");
    }
}

#[test]
fn the_page_tells_of_no_option_that_is_not_there() {
    let options: Vec<String> = options().into_iter().map(|(path, _)| path).collect();
    let page = in_repository("docs/configuration.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    for (path, _) in rows.filter(|(path, _)| path.contains('.')) {
        assert!(options.contains(&path.to_owned()), "docs/configuration.md tells of {path:?}, which is no option");
    }
}

#[test]
fn the_configuration_beside_the_compose_file_is_sound() {
    let yaml = in_repository("deploy/compose/tidewatch.yaml");
    let config = load(&yaml).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(config.kafka.brokers, ["kafka:9092"]);
    let topics: Vec<&str> =
        config.ingest.settings.sources.iter().flat_map(|source| &source.topics).map(String::as_str).collect();
    assert_eq!(topics, ["otlp_metrics", "otlp_logs"]);
    assert!(config.detect.state.is_absolute(), "the state must lie in the volume");
}
