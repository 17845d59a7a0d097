//! A pager that runs as a process of its own on an embedded broker, and incidents for it.

use std::path::PathBuf;

use rdkafka::ClientConfig;
use tempfile::TempDir;
use tidewatch_delivery::{Publish as _, Record, TopicPublisher};
use tidewatch_pipelines::demo::broker::Broker;
use tidewatch_schemas::finding::Season;
use tidewatch_schemas::incident::{Kind, Severity, State};
use tidewatch_schemas::partition::partition_of;
use tidewatch_schemas::{Incident, IncidentId, Response, Timestamp};

use crate::program::Program;

/// Partitions of the embedded broker's topics.
const PARTITIONS: i32 = 4;

/// A broker with incidents, and a pager.
pub struct Paging {
    broker: Broker,
    publisher: TopicPublisher,
    folder: TempDir,
    sequences: [u64; 4],
}

impl Paging {
    /// A broker, and a pager that will be configured with `pager`, the section of that name.
    ///
    /// # Panics
    /// When the broker does not start.
    pub fn new(pager: &str) -> Self {
        let broker = Broker::start(None).expect("the embedded broker starts");
        let folder = tempfile::tempdir().expect("a folder");
        let (state, bootstrap) = (folder.path().join("pager"), broker.bootstrap().to_owned());
        let config = format!(
            "kafka: {{ brokers: [\"{bootstrap}\"] }}\npager:\n  state: {}\n  start: earliest\n  timeout: 1s\n  runbooks: \"https://wiki.example.com/{{runbook}}\"\n{pager}\n",
            state.display()
        );
        std::fs::write(folder.path().join("tidewatch.yaml"), config).expect("a configuration");
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", bootstrap);
        let publisher = TopicPublisher::new(&client).expect("a producer");
        Self { broker, publisher, folder, sequences: [0; 4] }
    }

    /// Starts the pager.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(&self) -> Program {
        self.start_with(&[])
    }

    /// The same with further environment variables.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_with(&self, environment: &[(&str, &str)]) -> Program {
        let path = |name: &str| -> PathBuf { self.folder.path().join(name) };
        let config = path("tidewatch.yaml");
        let arguments = ["run", "--only", "pager", "--config", config.to_str().expect("a name")];
        Program::start_with(&arguments, &path("said"), &[&[("HOOK_KEY", "hunter2")], environment].concat())
    }

    /// Forgets what the pager knows, as a machine does that is new.
    ///
    /// # Panics
    /// When the folder cannot be removed.
    pub fn lose_disk(&self) {
        std::fs::remove_dir_all(self.folder.path().join("pager")).expect("it can be removed");
    }

    /// Publishes a revision as detect does, with its number in the headers.
    ///
    /// # Panics
    /// When the broker does not take it.
    pub fn publish(&mut self, incident: &Incident) {
        let key = incident.incident_id.to_string();
        let partition = partition_of(key.as_bytes(), PARTITIONS);
        let place = usize::try_from(partition).expect("few");
        self.sequences[place] += 1;
        let value = serde_json::to_vec(incident).expect("an incident is JSON");
        let headers = vec![("sp", partition.to_string()), ("seq", self.sequences[place].to_string())];
        let topic = "tidewatch.incidents";
        let record = Record { topic, partition, key: key.as_bytes(), value: &value, timestamp_ms: None, headers };
        self.publisher.publish(&[record]).expect("the broker takes it");
    }

    /// Where the broker is.
    pub fn bootstrap(&self) -> &str {
        self.broker.bootstrap()
    }
}

/// Revision `revision` of incident `number`, in state `state`, at `at`.
pub fn incident(number: u128, revision: u32, state: State, at: Timestamp) -> Incident {
    Incident {
        incident_id: IncidentId(number),
        revision,
        state,
        kind: Kind::Slow,
        severity: Severity::Error,
        pool: "eu-1".into(),
        resource: Some("pg-main".into()),
        tenants: vec!["acme".into(), "borealis".into()],
        victims: vec!["borealis".into()],
        culprits: vec!["acme".into()],
        started_at: at,
        opened_at: at,
        updated_at: at,
        resolved_at: (state == State::Resolved).then_some(at),
        summary: format!("incident {number}: everything is slow"),
        signal: "synthetic.check.duration".into(),
        expected: 0.05,
        actual: Some(1.9),
        unit: "s".to_owned(),
        season: Season::Daily,
        confidence: 0.9,
        bottleneck: None,
        peers: None,
        deployment: None,
        loss: None,
        runbook: "slow-requests".to_owned(),
        evidence: Vec::new(),
        severity_reason: String::new(),
        findings: 0,
        response: Response::default(),
    }
}
