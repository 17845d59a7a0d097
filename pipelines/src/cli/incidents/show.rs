//! `tidewatch incidents show`: everything that is known of one incident.

use anyhow::Context as _;
use clap::ValueEnum;
use tidewatch_delivery::pager::alertmanager::{self, Alertmanager};
use tidewatch_delivery::pager::incident_io::IncidentIo;
use tidewatch_delivery::pager::opsgenie::Opsgenie;
use tidewatch_delivery::pager::pagerduty::PagerDuty;
use tidewatch_delivery::pager::slack::Slack;
use tidewatch_delivery::pager::webhook::Webhook;
use tidewatch_delivery::pager::{Channel, Notice};
use tidewatch_schemas::{Incident, Timestamp};

use super::Look;
use super::source::Source;
use crate::cli::{Format, Verdict, screen};
use crate::incidents::{Log, Told, story};
use crate::present;

/// Which incident.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Its identity, or as much of the beginning as no other has
    #[arg(value_name = "ID", value_parser = prefix)]
    id: String,
    #[command(flatten)]
    source: Source,
    /// The moment that is taken for now, in RFC 3339; with --input the last change when left out
    #[arg(long, value_name = "TIME", value_parser = crate::cli::moment)]
    at: Option<Timestamp>,
    #[command(flatten)]
    look: Look,
    /// Print the body that a channel of this kind is sent for its last revision, instead of the story
    #[arg(long = "as", value_name = "CHANNEL", value_enum, conflicts_with = "format")]
    channel: Option<Kind>,
}

/// What kind of channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// PagerDuty, Events API v2
    Pagerduty,
    /// Alertmanager, API v2
    Alertmanager,
    /// Any receiver of Alertmanager's webhook
    Webhook,
    /// Slack, incoming webhook
    Slack,
    /// Opsgenie and Jira Service Management
    Opsgenie,
    /// incident.io
    IncidentIo,
}

impl Kind {
    /// A channel that is nowhere: a body holds neither addresses nor secrets but PagerDuty's key, which is shown as stars.
    fn channel(self) -> Channel {
        let stars = || "***".to_owned();
        let url = String::new;
        match self {
            Self::Pagerduty => Channel::PagerDuty(PagerDuty { url: url(), routing_key: stars() }),
            Self::Alertmanager => {
                let again_ms = alertmanager::USUAL_AGAIN_MS;
                Channel::Alertmanager(Alertmanager { url: url(), authorization: url(), again_ms })
            }
            Self::Webhook => Channel::Webhook(Webhook { url: url(), secrets: Vec::new() }),
            Self::Slack => Channel::Slack(Slack { url: url() }),
            Self::Opsgenie => Channel::Opsgenie(Opsgenie { url: url(), key: stars() }),
            Self::IncidentIo => Channel::IncidentIo(IncidentIo { url: url(), token: stars() }),
        }
    }
}

/// Tells it.
pub(super) fn run(args: &Args) -> anyhow::Result<Verdict> {
    let known = args.source.read(Log::with_history_of(&args.id), args.at)?;
    let history = known.log.find(&args.id)?;
    if let Some(kind) = args.channel {
        screen::show(&body(kind, history, known.now)?)?;
        return Ok(Verdict::Fine);
    }
    screen::show(&match args.look.format {
        Format::Text => story(history, args.look.view(known.now, present::WIDTH)),
        Format::Json => serde_json::to_string_pretty(&Told::of(history))? + "\n",
    })?;
    Ok(Verdict::Fine)
}

/// What a channel is sent at `now` for the last revision of a history.
fn body(kind: Kind, history: &[Incident], now: Timestamp) -> anyhow::Result<String> {
    let incident = history.last().context("an incident has no revision")?;
    let before = history.len().checked_sub(2).and_then(|place| history.get(place));
    let request = kind.channel().request(&Notice { incident, before, now, runbooks: "" });
    let body: serde_json::Value = serde_json::from_slice(&request.body)?;
    Ok(serde_json::to_string_pretty(&body)? + "\n")
}

/// The beginning of an identity.
pub(super) fn prefix(text: &str) -> Result<String, String> {
    let is_one = (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_one { Ok(text.to_owned()) } else { Err("write the first of its 32 hexadecimal digits".to_owned()) }
}
