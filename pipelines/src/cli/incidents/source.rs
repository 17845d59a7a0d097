//! Where incidents are read from: their topic, or a file of their records.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use rdkafka::ClientConfig;
use tidewatch_schemas::{Incident, Timestamp};

use crate::cli::{log, screen};
use crate::clock::{self, Stopwatch};
use crate::config::{self, Clock, Config, Flag, LogFormat};
use crate::incidents::{Log, read};
use crate::kafka::incident_reader::{IncidentReader, Looked};

/// How long the brokers may be silent before the end of the topic is reached.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where the service is.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Place {
    /// Configuration of the service, which names the brokers and the topic; the default one when left out
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// Brokers instead of the configured ones, host:port, separated by commas
    #[arg(long, value_name = "B")]
    brokers: Option<String>,
}

/// Where incidents are read from.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Source {
    #[command(flatten)]
    place: Place,
    /// A file of incident records instead of the topic: JSON lines, or what the demo or a back-test printed with --format
    /// json; - for standard input
    #[arg(long, value_name = "F", conflicts_with_all = ["config", "brokers"])]
    pub input: Option<PathBuf>,
}

/// What was read.
pub(super) struct Known {
    /// The incidents.
    pub log: Log,
    /// Where they come from, in words.
    pub place: String,
    /// What is now for them.
    pub now: Timestamp,
}

/// The incident topic, open to be read.
pub(super) struct Topic {
    reader: IncidentReader,
    environment: BTreeMap<String, String>,
    config: Config,
    brokers: String,
    wrong: usize,
}

impl Source {
    /// Reads everything there is into `log`. Now is `at`, else the end of a log that has no clock but its own, else what the
    /// host's clock shows.
    pub fn read(&self, mut log: Log, at: Option<Timestamp>) -> anyhow::Result<Known> {
        if let Some(file) = &self.input {
            for incident in records(file)? {
                log.add(incident);
            }
            let now = at.or(log.end()).unwrap_or_else(clock::now);
            return Ok(Known { log, place: file.display().to_string(), now });
        }
        let mut topic = self.topic()?;
        topic.read_to_end(&mut |incident| {
            log.add(incident);
        })?;
        let end = log.end().filter(|_| topic.config.detect.clock == Clock::Events);
        let now = at.or(end).unwrap_or_else(clock::now);
        Ok(Known { log, place: topic.place(), now })
    }

    /// Opens the topic.
    pub fn topic(&self) -> anyhow::Result<Topic> {
        self.place.topic()
    }
}

impl Place {
    /// Opens the topic.
    pub fn topic(&self) -> anyhow::Result<Topic> {
        log::begin(tracing::Level::WARN, LogFormat::Text);
        let flag = |brokers: &String| Flag {
            name: "--brokers".to_owned(),
            key: "kafka.brokers".to_owned(),
            value: brokers.clone(),
        };
        let flags: Vec<Flag> = self.brokers.iter().map(flag).collect();
        let environment: BTreeMap<String, String> = config::variables();
        let config = Config::load(self.config.as_deref(), environment.clone(), &flags)?;
        let client = config.kafka.client_config(&environment)?;
        let reader = IncidentReader::open(&client, &config.topics.names.incidents)?;
        let brokers = config.kafka.brokers.join(",");
        Ok(Topic { reader, environment, config, brokers, wrong: 0 })
    }
}

/// The incidents in `file`, in its order. What cannot be read is told.
pub(super) fn records(file: &Path) -> anyhow::Result<Vec<Incident>> {
    let name = file.display();
    let text = if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    let (found, wrong) = read(&text.with_context(|| name.to_string())?);
    if let Some(first) = wrong.first() {
        if found.is_empty() {
            bail!("{name}: there is no incident record in it; {first}");
        }
        screen::note(&format!("warning: {name}: {} cannot be read; {first}", wrong.len()));
    }
    Ok(found)
}

impl Topic {
    /// What it is, in words.
    pub fn place(&self) -> String {
        format!("topic {} at {}", self.config.topics.names.incidents, self.brokers)
    }

    /// How the brokers are reached, and which topics there are.
    pub fn way_in(&self) -> anyhow::Result<(ClientConfig, &Config)> {
        Ok((self.config.kafka.client_config(&self.environment)?, &self.config))
    }

    /// Where it is told what was refused.
    pub fn rejects(&self) -> &str {
        &self.config.topics.names.rejects
    }

    /// The next incident that comes within a short while.
    pub fn next(&mut self) -> anyhow::Result<Option<Incident>> {
        Ok(self.look()?.1)
    }

    /// Whether everything was read that was there at first.
    pub fn has_caught_up(&self) -> bool {
        self.reader.has_caught_up()
    }

    /// Reads everything up to what is the end of the topic meanwhile.
    pub fn read_to_end(&mut self, each: &mut dyn FnMut(Incident)) -> anyhow::Result<()> {
        let mut silence = Stopwatch::start();
        while !self.reader.has_caught_up() {
            let (looked, incident) = self.look()?;
            if looked != Looked::Nothing {
                silence = Stopwatch::start();
            } else if silence.elapsed() >= PATIENCE {
                bail!("{}: its end was not reached, nothing came for {} s", self.place(), PATIENCE.as_secs());
            }
            incident.into_iter().for_each(&mut *each);
        }
        Ok(())
    }

    /// Looks once. A record that is no incident, as a later release may write it, is told once and counted.
    fn look(&mut self) -> anyhow::Result<(Looked, Option<Incident>)> {
        let looked = self.reader.look()?;
        let Looked::Record { value, place: (partition, offset) } = &looked else { return Ok((looked, None)) };
        let read = serde_json::from_slice::<Incident>(value);
        if let (Err(error), 0) = (&read, self.wrong) {
            let place = self.place();
            screen::note(&format!("warning: {place}: partition {partition} offset {offset} cannot be read: {error}"));
        }
        self.wrong += usize::from(read.is_err());
        Ok((looked, read.ok()))
    }
}
