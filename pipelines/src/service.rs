//! The service: the stages as threads of one process, and their orderly end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rdkafka::ClientConfig;
use tidewatch_delivery::{Publish, TopicPublisher};
use tidewatch_detectors::judges::Traced;
use tidewatch_ingest::Ingest;
use tidewatch_lake::{Limits, Table};

use crate::checkpoint::checkpointer::{self, Habits};
use crate::checkpoint::custody::{SharedEpochs, SharedStates};
use crate::checkpoint::schedule::Schedule;
use crate::checkpoint::{CheckpointError, Checkpointer, Patience};
use crate::config::{Clock, Config, ConfigErrors};
use crate::detect::Settings;
use crate::kafka::detect_stage::DetectStage;
use crate::kafka::error::while_trying;
use crate::kafka::ingest_stage::IngestStage;
use crate::kafka::lake_stage::LakeStage;
use crate::kafka::pager_stage::{PagerStage, Reached};
use crate::kafka::probe;
use crate::kafka::read_back::OutputReader;
use crate::kafka::topics::{self, Partitions};
use crate::kafka::way_out::{Exits, Routes};
use crate::kafka::{Gauges, StageError};
use crate::lake::upkeep::Upkeep;
use crate::lake::{self, PlaceError};
use crate::pager::post::{Post, PostError};
use crate::pager::routes::Route;
use crate::pager::way_back::WayBack;
use crate::protocol::{Custody, Epochs, FailPoints, LocalEpochs, LocalStates, States};

/// How long findings are waited for before the group is looked after again.
const NOTES: Duration = Duration::from_secs(10);
/// How long observations are waited for before it is looked whether the service is to end.
const OBSERVATIONS: Duration = Duration::from_secs(10);

/// A part of the service that can run in a process of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Stage {
    /// Users' topics to observations.
    Ingest,
    /// Observations to incidents.
    Detect,
    /// Incidents to the channels of people.
    Pager,
    /// What is published to tables.
    Lake,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 4] = [Self::Ingest, Self::Detect, Self::Pager, Self::Lake];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Detect => "detect",
            Self::Pager => "pager",
            Self::Lake => "lake",
        }
    }
}

/// The service could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// A secret of the Kafka client is missing.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// A stage could not start or ended.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// Checkpoints cannot be taken.
    #[error(transparent)]
    Checkpoints(#[from] CheckpointError),
    /// Channels cannot be reached at all.
    #[error(transparent)]
    Post(#[from] PostError),
    /// The lake cannot be reached at all.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The rules of ingest are wrong.
    #[error(transparent)]
    Ingest(#[from] tidewatch_ingest::SettingsError),
    /// A thread could not be started, or ended in a way it never should.
    #[error("stage {stage}: {cause}")]
    Thread {
        /// Which stage.
        stage: &'static str,
        /// Why.
        cause: String,
    },
}

/// Stages that run.
pub struct Service {
    threads: Vec<(Stage, JoinHandle<Result<(), StageError>>)>,
    stop: Arc<AtomicBool>,
    gauges: Arc<Gauges>,
}

impl Service {
    /// Creates missing topics and starts the stages.
    ///
    /// # Errors
    /// When the brokers cannot be reached or a stage cannot be made.
    pub fn start(
        config: &Config,
        stages: &BTreeSet<Stage>,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, ServiceError> {
        let client = config.kafka.client_config(environment)?;
        let partitions = topics::ensure(&client, &config.topics, config.detect.windows != Traced::Nothing)?;
        let mut service = Self { threads: Vec::new(), stop: Arc::default(), gauges: Arc::default() };
        for stage in stages {
            let parts = Parts { config, client: &client, partitions: &partitions, environment };
            let stop = Arc::clone(&service.stop);
            let gauges = Arc::clone(&service.gauges);
            let handle = match stage {
                Stage::Ingest => {
                    let ingest = parts.ingest(gauges)?;
                    spawn(*stage, move || ended(Stage::Ingest, &stop, |stop| ingest.run(stop)))?
                }
                Stage::Detect => {
                    let detect = parts.detect(gauges)?;
                    spawn(*stage, move || ended(Stage::Detect, &stop, |stop| detect.run(stop)))?
                }
                Stage::Pager if config.pager.channels.is_empty() => {
                    tracing::info!("there are no channels: nobody is told of incidents");
                    continue;
                }
                Stage::Pager => {
                    let pager = parts.pager(gauges)?;
                    spawn(*stage, move || ended(Stage::Pager, &stop, |stop| pager.run(stop)))?
                }
                Stage::Lake => {
                    let Some(lake) = parts.lake(gauges)? else { continue };
                    spawn(*stage, move || ended(Stage::Lake, &stop, |stop| lake.run(stop)))?
                }
            };
            service.threads.push((*stage, handle));
        }
        Ok(service)
    }

    /// How many stages run.
    #[must_use]
    pub fn stages(&self) -> u64 {
        self.threads.len() as u64
    }

    /// How far the stages have come.
    #[must_use]
    pub fn gauges(&self) -> &Arc<Gauges> {
        &self.gauges
    }

    /// Whether the stages are to end, because somebody asked or because one of them could not go on.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Asks the stages to end after their current micro-batch and waits for them.
    ///
    /// # Errors
    /// The first failure of a stage.
    pub fn stop(self) -> Result<(), ServiceError> {
        self.stop.store(true, Ordering::Relaxed);
        let mut result = Ok(());
        for (stage, thread) in self.threads {
            let panicked = |_| ServiceError::Thread { stage: stage.name(), cause: "its thread panicked".to_owned() };
            let ended = thread.join().map_err(panicked).and_then(|ended| ended.map_err(ServiceError::from));
            result = result.and(ended);
        }
        result
    }
}

/// What stages are made of.
struct Parts<'a> {
    config: &'a Config,
    client: &'a ClientConfig,
    partitions: &'a Partitions,
    environment: &'a BTreeMap<String, String>,
}

impl Parts<'_> {
    fn publisher(&self) -> Result<Box<dyn Publish>, StageError> {
        let publisher = TopicPublisher::new(self.client).map_err(while_trying("make a producer"))?;
        Ok(Box::new(publisher.with_patience(OBSERVATIONS)))
    }

    fn topic(&self, name: &str) -> (String, i32) {
        (name.to_owned(), self.partitions.get(name).copied().unwrap_or(1))
    }

    fn ingest(&self, gauges: Arc<Gauges>) -> Result<IngestStage, ServiceError> {
        let config = &self.config.ingest;
        let sources = config.settings.sources.iter().flat_map(|source| source.topics.iter().cloned());
        let names = &self.config.topics.names;
        Ok(IngestStage {
            client: self.client.clone(),
            group: config.group.clone(),
            ingest: Ingest::new(config.settings.clone())?.with_verdicts(&names.verdicts),
            sources: sources.chain([names.verdicts.clone()]).collect::<BTreeSet<_>>().into_iter().collect(),
            start: config.start,
            observations: self.topic(&names.observations),
            batch: config.batch,
            linger: config.linger,
            tick: (self.config.detect.clock == Clock::Ticks).then_some(config.tick),
            member: self.config.kafka.instance.clone(),
            instance: format!("ingest-{}", std::process::id()).into(),
            publisher: self.publisher()?,
            gauges,
        })
    }

    fn detect(&self, gauges: Arc<Gauges>) -> Result<DetectStage, ServiceError> {
        let config = &self.config.detect;
        let settings = Arc::new(Settings::new(config));
        let checkpoints = self.checkpoints()?.map(Arc::new);
        let (states, epochs): (Box<dyn States>, Box<dyn Epochs>) = match &checkpoints {
            None => (Box::new(LocalStates(config.state.clone())), Box::new(LocalEpochs)),
            Some(shared) => {
                let states = SharedStates { folder: config.state.clone(), checkpoints: Arc::clone(shared) };
                (Box::new(states), Box::new(SharedEpochs(Arc::clone(shared))))
            }
        };
        Ok(DetectStage {
            client: self.client.clone(),
            group: config.group.clone(),
            instance: self.config.kafka.instance.clone(),
            topic: self.config.topics.names.observations.as_str().into(),
            custody: Arc::new(Custody::new(settings, states, epochs)),
            start: config.start,
            batch: config.batch,
            linger: config.linger,
            exits: self.exits()?,
            gauges,
            fail_points: Arc::new(FailPoints::of(self.environment)),
            checkpoints,
        })
    }

    fn pager(&self, gauges: Arc<Gauges>) -> Result<PagerStage, ServiceError> {
        let config = &self.config.pager;
        let (mut channels, mut habits, mut replicas) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for channel in &config.channels {
            let of_each = Reached { per_minute: channel.per_minute, private: channel.private };
            habits.extend(channel.replicas().into_iter().map(|name| (name, of_each)));
            channels.extend(channel.resolved(self.environment)?);
            replicas.insert(channel.name.clone(), channel.replicas());
        }
        let of_route = |route: &Route| {
            let told = route.channels.iter().filter_map(|name| replicas.get(name)).flatten().cloned();
            Route { channels: told.collect(), ..route.clone() }
        };
        Ok(PagerStage {
            client: self.client.clone(),
            group: config.group.clone(),
            topic: self.config.topics.names.incidents.clone(),
            member: self.config.kafka.instance.clone(),
            state: config.state.clone(),
            start: config.start,
            channels,
            habits,
            routes: config.routes.iter().map(of_route).collect(),
            runbooks: config.runbooks.clone(),
            post: Post::new(config.timeout)?,
            way_back: self.way_back()?,
            gauges,
            fail_points: FailPoints::of(self.environment),
        })
    }

    /// Where the pager says what it could not tell.
    fn way_back(&self) -> Result<WayBack, StageError> {
        let publisher = TopicPublisher::new(self.client).map_err(while_trying("make a producer"))?;
        Ok(WayBack { publisher: Box::new(publisher), topic: self.topic(&self.config.topics.names.verdicts) })
    }

    /// The lake, where one is configured.
    fn lake(&self, gauges: Arc<Gauges>) -> Result<Option<LakeStage>, ServiceError> {
        let config = &self.config.lake;
        let Some(location) = &config.location else { return Ok(None) };
        let store = lake::store(location, &config.resolved(self.environment)?)?;
        let names = &self.config.topics.names;
        let topics = [
            (&names.incidents, Table::IncidentEvents),
            (&names.findings, Table::Findings),
            (&names.cost_signals, Table::CostSignals),
            (&names.rejects, Table::Rejects),
            (&names.windows, Table::Windows),
        ];
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|cause| ServiceError::Thread { stage: "lake", cause: cause.to_string() })?;
        tracing::info!(url = store.url(), "the lake is written");
        Ok(Some(LakeStage {
            client: self.client.clone(),
            group: config.group.clone(),
            member: self.config.kafka.instance.clone(),
            // That of windows is there where somebody publishes them.
            topics: topics
                .into_iter()
                .filter(|(topic, _)| self.partitions.contains_key(*topic))
                .map(|(topic, table)| (topic.clone(), table))
                .collect(),
            cluster: topics::cluster(self.client)?,
            limits: Limits { rows: config.rows, bytes: config.size },
            flush_after: config.flush_after,
            upkeep: Upkeep { every: config.upkeep, grace: config.grace, retention: config.retention.clone() },
            store,
            runtime,
            gauges,
        }))
    }

    /// Copies of the states, where an object store is configured.
    fn checkpoints(&self) -> Result<Option<Checkpointer>, ServiceError> {
        let config = &self.config.detect;
        let Some(location) = &config.checkpoints.location else { return Ok(None) };
        let options = config.checkpoints.resolved(self.environment)?;
        let remote = location.reach(&options, Patience::USUAL)?;
        let cluster = topics::cluster(self.client)?;
        let habits = Habits {
            source: format!("{cluster}/{}", self.config.topics.names.observations),
            instance: checkpointer::unlike_any_other(),
            folder: config.state.clone(),
            schedule: Schedule::new(config.checkpoints.interval, config.checkpoints.size),
            keep: config.checkpoints.keep,
            fail_points: Arc::new(FailPoints::of(self.environment)),
        };
        tracing::info!(url = remote.url(), "checkpoints are taken");
        Ok(Some(Checkpointer::new(remote, habits)?))
    }

    /// The way out of detect. The group is in the name that fences, so that two services on one topic do not fence each
    /// other.
    fn exits(&self) -> Result<Exits, StageError> {
        let names = &self.config.topics.names;
        let id_prefix = format!("{}.{}", self.config.detect.group, names.observations);
        let publishing = probe::choose(self.client, &id_prefix, self.config.kafka.publishing)?;
        let notes = TopicPublisher::new(self.client).map_err(while_trying("make a producer"))?;
        let reader = OutputReader::new(self.client).map_err(while_trying("make a reader of outputs"))?;
        Ok(Exits {
            client: self.client.clone(),
            publishing,
            id_prefix,
            routes: Arc::new(Routes { topics: names.clone(), partitions: self.partitions.clone() }),
            notes: Arc::new(Mutex::new(notes.with_patience(NOTES))),
            reader: Arc::new(reader),
        })
    }
}

type Ended = Result<(), StageError>;

fn spawn(stage: Stage, body: impl FnOnce() -> Ended + Send + 'static) -> Result<JoinHandle<Ended>, ServiceError> {
    let thread = thread::Builder::new().name(stage.name().to_owned()).spawn(body);
    thread.map_err(|cause| ServiceError::Thread { stage: stage.name(), cause: cause.to_string() })
}

/// Runs a stage; when it fails, the others are asked to end, so that a supervisor sees it.
fn ended(stage: Stage, stop: &AtomicBool, run: impl FnOnce(&AtomicBool) -> Ended) -> Ended {
    let result = run(stop);
    if let Err(error) = &result {
        tracing::error!(stage = stage.name(), %error, "stage ended");
        stop.store(true, Ordering::Relaxed);
    }
    result
}
