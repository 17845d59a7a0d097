//! The lake as its users get it: the demo leaves one, and it has what was published, each record once.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tidewatch_lake::Table;
use tidewatch_lake::query::Format;
use tidewatch_pipelines::demo::{self, Audience, Outcome, Wishes};
use tidewatch_pipelines::recording::otlp::SHARED_TOPIC;
use tidewatch_schemas::{Incident, Timestamp};
use tidewatch_tests::expected::Sent;
use tidewatch_tests::lake::{Lake, expected};
use tidewatch_tests::program::Program;

/// How long the program may take.
const LIMIT: Duration = Duration::from_mins(1);

struct Nobody;

impl Audience for Nobody {
    fn begins(&mut self, _: &str, _: (Timestamp, Timestamp)) {}

    fn reached(&mut self, _: Timestamp) {}

    fn incident(&mut self, _: &Incident, _: &[u8]) {}

    fn ends(&mut self, _: &Outcome) -> anyhow::Result<()> {
        Ok(())
    }
}

/// The lake that the demo leaves in `place`.
fn lake_of_demo(place: &Path) -> Lake {
    let wishes = Wishes { lake: Some(place.display().to_string()), ..Wishes::default() };
    demo::run(&wishes, &mut Nobody).unwrap_or_else(|error| panic!("{error:#}"));
    Lake::at(place)
}

/// The questions of `docs/questions.sql` with their answers, as `docs/sql.md` has them.
fn questions_and_answers(lake: &Lake) -> String {
    let text = fs::read_to_string(docs("questions.sql")).expect("the questions are there");
    let shown = |block: &str| {
        let (title, sql) = block.trim().strip_prefix("-- ").and_then(|block| block.split_once('\n')).expect("a title");
        format!("**{title}**\n\n```sql\n{sql}\n```\n\n```\n{}\n```\n\n", lake.answer(sql, Format::Table).trim_end())
    };
    text.trim().trim_end_matches(';').split(";\n").map(shown).collect()
}

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

/// Where the questions stand in the text of `docs/sql.md`.
fn place_of_questions(text: &str) -> Range<usize> {
    text.find("**1. ").expect("a first question")..text.find("## Other engines").expect("what follows them")
}

#[test]
fn the_documented_answers_are_those_of_the_demo() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = fs::read_to_string(docs("sql.md")).expect("the documentation is there");
    let told = questions_and_answers(&lake_of_demo(&folder.path().join("lake")));
    assert_eq!(told.matches("**\n\n```sql\n").count(), 12, "{told}");
    let documented = &text[place_of_questions(&text)];
    assert!(told == documented, "docs/sql.md has other answers; write these with `lake::writes -- --ignored`:\n{told}");
}

#[test]
#[ignore = "writes docs/sql.md: cargo test --workspace --test system lake::writes -- --ignored"]
fn writes_the_documented_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = fs::read_to_string(docs("sql.md")).expect("the documentation is there");
    let told = questions_and_answers(&lake_of_demo(&folder.path().join("lake")));
    text.replace_range(place_of_questions(&text), &told);
    fs::write(docs("sql.md"), text).expect("the documentation can be written");
}

#[test]
fn the_lake_of_the_demo_has_each_record_once_and_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("lake");
    let lake = lake_of_demo(&place);
    let published = Sent::to(SHARED_TOPIC).published();
    let incidents = expected(Table::IncidentEvents, published.incidents.iter().map(Vec::as_slice));
    assert!(!incidents.is_empty() && lake.rows(Table::IncidentEvents) == incidents, "rows of incident_events");
    let findings = expected(Table::Findings, published.findings.iter().map(Vec::as_slice));
    assert!(!findings.is_empty() && lake.rows(Table::Findings) == findings, "rows of findings");
    let costs = expected(Table::CostSignals, published.costs.iter().map(Vec::as_slice));
    assert!(!costs.is_empty() && lake.rows(Table::CostSignals) == costs, "rows of cost_signals");
    let windows = expected(Table::Windows, published.windows.iter().map(Vec::as_slice));
    assert!(!windows.is_empty() && lake.rows(Table::Windows) == windows, "rows of windows");

    let asked = |arguments: &[&str]| {
        let place = place.display().to_string();
        let arguments = [arguments, &["--lake", &place]].concat();
        let mut program = Program::start(&arguments, &folder.path().join("asked"));
        (program.wait(LIMIT).code(), program.output(), program.last_words())
    };
    let (code, output, _) = asked(&["sql", "--format", "csv", "SELECT count(*) AS rows FROM incident_events"]);
    assert_eq!((code, output), (Some(0), format!("rows\n{}\n", published.incidents.len())));
    let (code, output, _) =
        asked(&["sql", "--tenant", "acme", "--format", "csv", "SELECT DISTINCT tenant FROM findings"]);
    assert_eq!((code, output.as_str()), (Some(0), "tenant\nacme\n"));
    let (code, _, words) = asked(&["sql", "DROP TABLE findings"]);
    assert!(code == Some(1) && words.contains("only questions can be asked here"), "{words}");
    let (code, output, _) = asked(&["lake", "files", "findings"]);
    assert!(code == Some(0) && output.lines().all(|path| Path::new(path).is_file()), "{output}");
}

/// What is compared above differs when a row is missing or stands there twice.
#[test]
fn a_missing_and_a_repeated_row_are_noticed() {
    let published = Sent::to(SHARED_TOPIC).published();
    let all: Vec<&[u8]> = published.incidents.iter().map(Vec::as_slice).collect();
    let whole: BTreeMap<String, usize> = expected(Table::IncidentEvents, all.iter().copied());
    assert_ne!(expected(Table::IncidentEvents, all.iter().skip(1).copied()), whole);
    assert_ne!(expected(Table::IncidentEvents, all.iter().copied().chain(all.first().copied())), whole);
}
