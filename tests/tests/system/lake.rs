//! The lake as its users get it: the demo leaves one, and it has what was published, each record once.

use std::collections::BTreeMap;
use std::time::Duration;

use tidewatch_lake::Table;
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

#[test]
fn the_lake_of_the_demo_has_each_record_once_and_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("lake");
    let wishes = Wishes { lake: Some(place.display().to_string()), ..Wishes::default() };
    demo::run(&wishes, &mut Nobody).unwrap_or_else(|error| panic!("{error:#}"));
    let lake = Lake::at(&place);
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
    assert!(code == Some(0) && output.lines().all(|path| std::path::Path::new(path).is_file()), "{output}");
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
