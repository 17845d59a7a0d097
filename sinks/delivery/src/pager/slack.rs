//! Slack, incoming webhook: a message per change, since such a webhook can neither change nor answer one.

use serde_json::json;
use tidewatch_schemas::incident::{Severity, State};

use super::Request;
use super::notice::{self, Notice};

/// Longest header and longest text of a section, in characters.
const HEADER: usize = 150;
const SECTION: usize = 3_000;

/// A channel of Slack.
#[derive(Clone, PartialEq, Eq)]
pub struct Slack {
    /// The webhook's address, which is a secret.
    pub url: String,
}

impl std::fmt::Debug for Slack {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Slack { url: *** }")
    }
}

impl Slack {
    /// The message of a change.
    #[must_use]
    pub fn request(&self, notice: &Notice<'_>) -> Request {
        let title = format!("{} {}", sign(notice), title(notice));
        let body = json!({
            "text": escape(&notice::cut(&format!("{title}: {}", notice.incident.summary), SECTION)),
            "blocks": [
                { "type": "header", "text": { "type": "plain_text", "text": notice::cut(&title, HEADER) } },
                { "type": "section", "text": { "type": "mrkdwn", "text": notice::cut(&escape(&notice.story()), SECTION) } },
                { "type": "context", "elements": [{ "type": "mrkdwn", "text": format!(
                    "incident {} · revision {} · pool {}", notice.key(), notice.incident.revision, escape(notice.incident.pool.as_str())
                ) }] },
            ],
        });
        Request::json(self.url.clone(), &body)
    }
}

fn sign(notice: &Notice<'_>) -> &'static str {
    match (notice.incident.state, notice.incident.severity) {
        (State::Resolved, _) => ":white_check_mark:",
        (State::Acknowledged, _) => ":eyes:",
        (_, Severity::Critical) => ":rotating_light:",
        (_, Severity::Error) => ":red_circle:",
        (_, Severity::Warning) => ":warning:",
        (_, Severity::Info) => ":information_source:",
    }
}

fn title(notice: &Notice<'_>) -> String {
    let state = notice::name(notice.incident.state);
    format!(
        "{state}: {} {} on {}",
        notice::list(&notice.incident.tenants),
        notice::name(notice.incident.kind),
        notice.source()
    )
}

/// Slack reads these three letters as markup.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
