//! `tidewatch replay`: a recording is sent to Kafka as an OpenTelemetry Collector would have sent it.

use std::path::PathBuf;

use anyhow::Context as _;
use rdkafka::ClientConfig;
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use tidewatch_delivery::TopicPublisher;

use super::{Verdict, screen};
use crate::config::LogFormat;
use crate::kafka::topics;
use crate::recording::Recording;
use crate::replay::{self, Plan};

/// What is sent where.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Folders or files of a recording
    #[arg(long, value_name = "F", required = true, num_args = 1..)]
    pub input: Vec<PathBuf>,
    /// Brokers to begin with, host:port, separated by commas
    #[arg(long, value_name = "B")]
    pub brokers: String,
    /// Topic that gets everything; otlp_metrics and otlp_logs when left out
    #[arg(long, value_name = "T")]
    pub topic: Option<String>,
    /// Pool that the recording belongs to
    #[arg(long, value_name = "NAME", default_value = crate::backtest::RECORDING_POOL)]
    pub pool: String,
    /// How many times faster than it happened; 0 sends as fast as possible
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
}

/// Sends the recording.
///
/// # Errors
/// When it cannot be read, or the broker does not take it.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    super::log::begin(tracing::Level::WARN, LogFormat::Text);
    let recording = Recording::read(&args.input)?;
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", &args.brokers);
    let admin: AdminClient<DefaultClientContext> = client.create().context("a client for the brokers")?;
    let partitions = topics::existing(&admin)?;
    let plan = Plan { pool: args.pool.clone(), speed: args.speed, topic: args.topic.clone(), partitions };
    for topic in plan.topics() {
        let known = plan.partitions.contains_key(&topic);
        anyhow::ensure!(known, "topic {topic}: the brokers at {} do not have it; create it first", args.brokers);
    }
    let mut publisher = TopicPublisher::new(&client).context("a producer for the brokers")?;
    let sent = replay::send(&recording, &plan, &mut publisher, &mut |_, _| true)?;
    screen::show(&format!("sent {sent} messages of {} events\n", recording.events().len()))?;
    Ok(Verdict::Fine)
}

/// A speed: a number that is finite and not negative.
pub(super) fn speed(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok();
    number
        .filter(|speed| speed.is_finite() && *speed >= 0.0)
        .ok_or_else(|| format!("{text:?} is no speed; write a number such as 60, or 0 for as fast as possible"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_finite_and_not_negative() {
        assert_eq!(speed("0.5"), Ok(0.5));
        assert_eq!(speed("0"), Ok(0.0));
        for text in ["-1", "inf", "NaN", "fast", ""] {
            assert!(speed(text).is_err(), "{text:?}");
        }
    }
}
