//! `tidewatch incidents ack`, `resolve` and `verdict`: what a person does or says, written to its topic, and waited for
//! until the incident shows it.

use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use tidewatch_delivery::{Publish as _, Record, TopicPublisher};
use tidewatch_schemas::partition::partition_of;
use tidewatch_schemas::verdict::Action;
use tidewatch_schemas::{Incident, Timestamp, Verdict as Said};

use super::source::{Place, Topic};
use crate::cli::{Verdict, screen};
use crate::clock::{self, Stopwatch};
use crate::config;
use crate::incidents::Log;
use crate::kafka::topics;
use crate::present::words::{short_id, state};

/// Variables that name whoever sits at the terminal, in the order in which they are asked.
const WHO: [&str; 3] = ["TIDEWATCH_USER", "USER", "LOGNAME"];

/// What every answer has.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Its identity, or as much of the beginning as no other has
    #[arg(value_name = "ID", value_parser = super::show::prefix)]
    id: String,
    #[command(flatten)]
    place: Place,
    /// Who answers; the user of the terminal when left out
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// How long to wait until the incident shows it, such as 30s; 0s for not at all
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = wait)]
    wait: Duration,
}

/// What is said of an incident.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct VerdictArgs {
    #[command(flatten)]
    args: Args,
    /// What it was
    #[arg(value_enum)]
    verdict: Opinion,
    /// Of expected: what the event is called; a name of the tenant's calendar makes its days such days
    #[arg(long, value_name = "EVENT")]
    name: Option<String>,
    /// Of expected: until when it lasts, in RFC 3339; the end of the day when left out
    #[arg(long, value_name = "TIME", value_parser = crate::cli::moment)]
    until: Option<Timestamp>,
}

/// What an incident was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Opinion {
    /// It was worth telling
    Real,
    /// It was not: it is over, and its series need more evidence for a while
    FalseAlarm,
    /// What is seen is usual from here on: it is over, and its series take their level for the normal one
    NewNormal,
    /// It was to be expected: it is over, and neither pages until the event ends
    Expected,
}

impl Opinion {
    fn action(self) -> Action {
        match self {
            Self::Real => Action::Real,
            Self::FalseAlarm => Action::FalseAlarm,
            Self::NewNormal => Action::NewNormal,
            Self::Expected => Action::Expected,
        }
    }
}

/// Takes an incident.
pub(super) fn acknowledge(args: &Args) -> anyhow::Result<Verdict> {
    answer(args, Action::Acknowledge, (None, None))
}

/// Closes an incident.
pub(super) fn resolve(args: &Args) -> anyhow::Result<Verdict> {
    answer(args, Action::Resolve, (None, None))
}

/// Says what an incident was.
pub(super) fn verdict(args: &VerdictArgs) -> anyhow::Result<Verdict> {
    answer(&args.args, args.verdict.action(), (args.name.clone(), args.until))
}

fn answer(args: &Args, action: Action, (name, until): (Option<String>, Option<Timestamp>)) -> anyhow::Result<Verdict> {
    let (mut topic, mut log) = (args.place.topic()?, Log::default());
    topic.read_to_end(&mut |incident| {
        log.add(incident);
    })?;
    let found = log.find(&args.id)?.last().context("an incident has no revision")?.clone();
    if found.is_about_tidewatch() {
        let id = short_id(found.incident_id);
        bail!("{id} tells of Tidewatch itself ({}); it is over by itself and takes no answers", found.signal);
    }
    let said = Said {
        incident_id: found.incident_id,
        pool: found.pool.clone(),
        action,
        by: args.by.clone().or_else(whoever).context("nobody is named: write --by NAME")?,
        at: clock::now(),
        note: args.note.clone(),
        name,
        until,
    };
    said.verify().map_err(anyhow::Error::msg)?;
    send(&topic, &said)?;
    if args.wait.is_zero() {
        screen::note(&format!("{} of {} is on its way", action.name(), short_id(found.incident_id)));
        return Ok(Verdict::Fine);
    }
    wait_for(&mut topic, &said, args.wait)
}

fn whoever() -> Option<String> {
    let variables = config::variables();
    let named = WHO.iter().filter_map(|name| variables.get(*name));
    named.map(|name| name.trim().to_owned()).find(|name| !name.is_empty())
}

fn send(topic: &Topic, said: &Said) -> anyhow::Result<()> {
    let (client, config) = topic.way_in()?;
    let name = &config.topics.names.verdicts;
    let partitions = topics::ensure(&client, &config.topics, false)?.get(name).copied().unwrap_or(1);
    let (key, value) = (said.pool.as_str().as_bytes(), serde_json::to_vec(said)?);
    let partition = partition_of(key, partitions);
    let record = Record { topic: name, partition, key, value: &value, timestamp_ms: None, headers: Vec::new() };
    let mut publisher = TopicPublisher::new(&client)?;
    publisher.publish(&[record]).with_context(|| format!("{name} does not take it"))
}

/// Waits until the incident shows what was said.
fn wait_for(topic: &mut Topic, said: &Said, patience: Duration) -> anyhow::Result<Verdict> {
    let watch = Stopwatch::start();
    while watch.elapsed() < patience {
        if let Some(incident) = topic.next()?.filter(|incident| shows(incident, said)) {
            let (id, revision) = (short_id(incident.incident_id), incident.revision);
            let (action, stands) = (said.action.name(), state(incident.state));
            screen::show(&format!("{id} {action} by {}: {stands}, revision {revision}\n", said.by))?;
            return Ok(Verdict::Fine);
        }
    }
    let seconds = patience.as_secs();
    bail!(
        "{} of {} was sent, and the incident did not show it within {seconds} s: either the service does not run, or it was \
         refused; topic {} says why",
        said.action.name(),
        short_id(said.incident_id),
        topic.rejects()
    )
}

fn shows(incident: &Incident, said: &Said) -> bool {
    let is_it =
        |each: &tidewatch_schemas::response::Said| (each.action, &each.by, each.at) == (said.action, &said.by, said.at);
    incident.incident_id == said.incident_id && incident.response.said.iter().any(is_it)
}

fn wait(text: &str) -> Result<Duration, String> {
    config::duration(text).map_err(|wrong| format!("{}; {}", wrong.problem, wrong.advice))
}
