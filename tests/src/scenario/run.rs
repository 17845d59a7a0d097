//! Takes a scenario through ingest and detect, and back out.

use std::collections::BTreeSet;

use serde_yaml_ng::{Mapping, Value as Yaml};
use tidewatch_ingest::Ingest;
use tidewatch_pipelines::config::{Config, Text};
use tidewatch_pipelines::detect::Settings;
use tidewatch_pipelines::driver::{Driver, Outputs, Push, Setup, in_memory};
use tidewatch_pipelines::protocol::LaneError;
use tidewatch_schemas::finding::DetectorName;
use tidewatch_schemas::{Finding, Incident, Reject, TenantId, Timestamp};

use super::{Arrival, Scenario, Span, arrivals, spoken};

const TICK_MS: usize = 5_000;
/// Where the records of a scenario go.
const SOURCES: &str = "ingest:
  sources:
    - { topics: [lines], format: json_lines }
    - { topics: [logs], format: otlp_logs_json }
";

/// How the log is cut up.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// Records of a micro-batch.
    pub batch: usize,
    /// Partitions of every topic.
    pub partitions: i32,
    /// The process is killed after every so many records.
    pub kill_every: Option<usize>,
    /// After so many records the topic of observations is made anew with so many partitions.
    pub reshard: Option<(usize, i32)>,
}

impl Way {
    /// One partition, ordinary batches, no crash.
    pub const PLAIN: Self = Self { batch: 100, partitions: 1, kill_every: None, reshard: None };
}

/// What came of a scenario; what was published twice counts once.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// When it began.
    pub start: Timestamp,
    /// The bytes of all incident records.
    pub records: BTreeSet<Vec<u8>>,
    /// Every revision of every incident, in order.
    pub revisions: Vec<Incident>,
    /// All rejects, as JSON.
    pub rejects: BTreeSet<String>,
    /// Tenants of which findings say that they are beyond their limits.
    pub limited: BTreeSet<TenantId>,
    /// Findings that were published.
    pub findings: u64,
}

impl Outcome {
    fn of(start: Timestamp, outputs: Outputs) -> Self {
        let records: BTreeSet<Vec<u8>> = outputs.incident_records.into_iter().collect();
        let mut revisions: Vec<Incident> = records.iter().map(|bytes| read(bytes)).collect();
        revisions.sort_by_key(|incident| (incident.opened_at, incident.incident_id, incident.revision));
        let rejects = outputs.rejects.iter().map(|reject| serde_json::to_string(reject).expect("a reject is JSON"));
        let is_limit = |finding: &&Finding| finding.detector == DetectorName::Limit;
        let limited = outputs.findings.iter().filter(is_limit).map(|finding| finding.tenant.clone()).collect();
        let findings = u64::try_from(outputs.findings.len()).unwrap_or(u64::MAX);
        Self { start, records, revisions, rejects: rejects.collect(), limited, findings }
    }

    /// The rejects, read back.
    pub fn rejects(&self) -> impl Iterator<Item = Reject> + '_ {
        self.rejects.iter().map(|json| read(json.as_bytes()))
    }
}

fn read<T: serde::de::DeserializeOwned>(json: &[u8]) -> T {
    serde_json::from_slice(json).unwrap_or_else(|error| panic!("{}: {error}", String::from_utf8_lossy(json)))
}

/// Runs a scenario.
///
/// # Panics
/// When its configuration is wrong, or the store fails.
pub fn run(scenario: &Scenario, way: Way) -> Outcome {
    let is_known = scenario.verdicts.iter().all(|spoken| spoken.incident.is_some());
    let scenario = &if is_known { scenario.clone() } else { spoken::known(scenario) };
    let mut driver = driver(scenario, way);
    let mut play = || -> Result<(), LaneError> {
        for (number, step) in (1_usize..).zip(steps(scenario)) {
            match step {
                Step::Tick(at) => driver.tick(scenario.moment(at))?,
                Step::Record(arrival) => driver.push(&Push {
                    topic: arrival.topic,
                    key: arrival.key.as_bytes(),
                    value: Some(arrival.value.as_bytes()),
                    at: scenario.moment(arrival.at),
                    ..Push::default()
                })?,
            }
            if let Some((_, partitions)) = way.reshard.filter(|(after, _)| *after == number) {
                let moved = driver.repartition(partitions, in_memory());
                moved.unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
            }
            if way.kill_every.is_some_and(|every| number.is_multiple_of(every)) {
                driver.kill_and_restart()?;
            }
        }
        driver.flush()
    };
    play().unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
    Outcome::of(scenario.start, driver.take_outputs())
}

/// What happens next to the pipeline.
enum Step {
    Tick(Span),
    Record(Arrival),
}

/// Records, and ticks between them where these are the clock.
fn steps(scenario: &Scenario) -> Vec<Step> {
    let arrivals = arrivals(scenario);
    let last = arrivals.last().map_or(Span(0), |arrival| arrival.at);
    let until = if scenario.clock == "ticks" { scenario.until.unwrap_or(last).0 } else { -1 };
    let mut ticks = (0..=until).step_by(TICK_MS).map(Span).peekable();
    let mut steps = Vec::new();
    for arrival in arrivals {
        while let Some(tick) = ticks.next_if(|tick| *tick <= arrival.at) {
            steps.push(Step::Tick(tick));
        }
        steps.push(Step::Record(arrival));
    }
    steps.extend(ticks.map(Step::Tick));
    steps
}

/// Puts an option where its path says.
fn insert(options: &mut Mapping, path: &str, value: &Yaml) {
    let Some((section, rest)) = path.split_once('.') else {
        options.insert(path.into(), value.clone());
        return;
    };
    let inner = options.entry(section.into()).or_insert_with(|| Mapping::new().into());
    insert(inner.as_mapping_mut().expect("a section has options"), rest, value);
}

fn driver(scenario: &Scenario, way: Way) -> Driver {
    let mut options = Mapping::new();
    scenario.config.iter().for_each(|(path, value)| insert(&mut options, path, value));
    insert(&mut options, "detect.clock", &scenario.clock.as_str().into());
    let yaml = format!("{SOURCES}{}", serde_yaml_ng::to_string(&options).expect("options are YAML"));
    let config = Config::from_text(Some(Text { name: "scenario", yaml: &yaml }), [], &[])
        .unwrap_or_else(|errors| panic!("{}: {errors}", scenario.name));
    let ingest = Ingest::new(config.ingest.settings).unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
    let ingest = ingest.with_verdicts(spoken::VERDICTS);
    let setup = Setup {
        ingest,
        detect: Settings::new(&config.detect),
        partitions: way.partitions,
        batch: way.batch,
        open: in_memory(),
    };
    Driver::new(setup).expect("an empty store opens")
}
