//! Incidents on their way to people: what each kind of channel is sent, and what its answers mean.
//!
//! Everything here is pure. A [`Channel`] makes a [`Request`] of an incident; whoever sends it reads the [`Answer`]. The same
//! change gives the same key on every attempt, so a channel that got it twice knows.
//!
//! | module | is |
//! |---|---|
//! | [`notice`] | an incident as a channel is told of it |
//! | [`pagerduty`] | PagerDuty, Events API v2 |
//! | [`alertmanager`] | Prometheus Alertmanager, API v2 |
//! | [`webhook`] | any receiver of Alertmanager's webhook, signed as Standard Webhooks |
//! | [`slack`] | Slack, incoming webhook |
//! | [`opsgenie`] | Opsgenie and Jira Service Management, alerts v2 |
//! | [`incident_io`] | incident.io, alert events v2 |
//! | [`answer`] | what a status means: taken, again later, never |
//! | [`backoff`] | how long to wait before the next attempt |

pub mod alertmanager;
pub mod answer;
pub mod backoff;
pub mod incident_io;
pub mod notice;
pub mod opsgenie;
pub mod pagerduty;
pub mod slack;
pub mod webhook;

use tidewatch_schemas::Incident;

pub use answer::Answer;
pub use notice::Notice;

/// A request to be posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Where to.
    pub url: String,
    /// Headers, the content type among them.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: Vec<u8>,
}

impl Request {
    fn json(url: String, body: &serde_json::Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { url, headers, body: body.to_string().into_bytes() }
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// Where incidents are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    /// PagerDuty.
    PagerDuty(pagerduty::PagerDuty),
    /// One replica of an Alertmanager.
    Alertmanager(alertmanager::Alertmanager),
    /// A receiver of Alertmanager's webhook.
    Webhook(webhook::Webhook),
    /// Slack.
    Slack(slack::Slack),
    /// Opsgenie or Jira Service Management.
    Opsgenie(opsgenie::Opsgenie),
    /// incident.io.
    IncidentIo(incident_io::IncidentIo),
}

impl Channel {
    /// The request that tells the channel of a change.
    #[must_use]
    pub fn request(&self, notice: &Notice<'_>) -> Request {
        match self {
            Self::PagerDuty(channel) => channel.request(notice),
            Self::Alertmanager(channel) => channel.request(notice),
            Self::Webhook(channel) => channel.request(notice),
            Self::Slack(channel) => channel.request(notice),
            Self::Opsgenie(channel) => channel.request(notice),
            Self::IncidentIo(channel) => channel.request(notice),
        }
    }

    /// How long after it was told the channel must be told again of an incident that did not change; `None` where it
    /// remembers.
    #[must_use]
    pub fn repeat_after_ms(&self, told: &Incident, now_ms: i64) -> Option<i64> {
        match self {
            Self::Alertmanager(channel) => channel.repeat_after_ms(told, now_ms),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
