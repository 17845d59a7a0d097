//! An incident as a channel is told of it, and the words that all channels share.

use tidewatch_schemas::incident::{Evidence, Severity, State};
use tidewatch_schemas::{Incident, TenantId, Timestamp};

/// A change of an incident that a channel is to be told of.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    /// The incident as it is with the change.
    pub incident: &'a Incident,
    /// As the channel knows it; `None` when it has never heard of it.
    pub before: Option<&'a Incident>,
    /// When the request is made.
    pub now: Timestamp,
    /// Where runbooks lie: `{runbook}` stands for the name of one. Empty when nobody said.
    pub runbooks: &'a str,
}

impl Notice<'_> {
    /// The key of the incident, the same in every channel and for every change: 32 hexadecimal digits.
    #[must_use]
    pub fn key(&self) -> String {
        self.incident.incident_id.to_string()
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.incident.state == State::Resolved
    }

    /// When it was over.
    #[must_use]
    pub fn ended_at(&self) -> Timestamp {
        self.incident.resolved_at.unwrap_or(self.incident.updated_at)
    }

    /// The address of the runbook, where one is known.
    #[must_use]
    pub fn runbook_url(&self) -> Option<String> {
        let is_known = !self.runbooks.is_empty() && !self.incident.runbook.is_empty();
        is_known.then(|| self.runbooks.replace("{runbook}", &self.incident.runbook))
    }

    /// What it is about: the resource, else the pool.
    #[must_use]
    pub fn source(&self) -> &str {
        self.incident.resource.as_ref().map_or(self.incident.pool.as_str(), |resource| resource.as_str())
    }

    /// The whole story in lines, for people who read it in another tool.
    #[must_use]
    pub fn story(&self) -> String {
        let incident = self.incident;
        let mut lines = vec![incident.summary.clone()];
        let named = [("suffering", &incident.victims), ("caused by", &incident.culprits)];
        lines.extend(
            named.iter().filter(|(_, who)| !who.is_empty()).map(|(what, who)| format!("{what}: {}", list(who))),
        );
        lines.push(format!(
            "since {}, severity {}, confidence {}",
            incident.started_at,
            severity(incident.severity),
            incident.confidence
        ));
        lines.extend(incident.evidence.iter().map(|each| format!("- {}", line(each))));
        if let Some(url) = self.runbook_url() {
            lines.push(format!("runbook: {url}"));
        } else if !incident.runbook.is_empty() {
            lines.push(format!("runbook: {}", incident.runbook));
        }
        lines.join("\n")
    }
}

fn line(evidence: &Evidence) -> String {
    format!("{} on {}: {}", evidence.tenant, evidence.resource, evidence.summary)
}

/// Names with commas between them.
#[must_use]
pub fn list(tenants: &[TenantId]) -> String {
    tenants.iter().map(TenantId::as_str).collect::<Vec<_>>().join(", ")
}

/// The name of a severity, which PagerDuty and Alertmanager share.
#[must_use]
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Critical => "critical",
    }
}

/// The first `most` characters of a text; what is cut off is shown by an ellipsis.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// A name of JSON as snake_case, such as a state or a kind.
pub(super) fn name(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_at_characters() {
        assert_eq!(cut("grün", 4), "grün");
        assert_eq!(cut("grüner", 4), "grü…");
        assert_eq!(cut("", 4), "");
    }
}
