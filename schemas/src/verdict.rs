//! What a person did about an incident, or said of it, and what the pager could not tell: a record of `tidewatch.verdicts`.
//!
//! It travels through the log like everything else, so that it is judged in the order of its pool, survives every crash
//! and is there again in a replay.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{IncidentId, PoolId};
use crate::time::Timestamp;

/// What is done or said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Somebody has taken the incident.
    Acknowledge,
    /// Somebody says that it is over. Where its trouble goes on for the resolve time, it is reopened.
    Resolve,
    /// It was worth telling.
    Real,
    /// It was not: it is over, and its series need more evidence for a while.
    FalseAlarm,
    /// What is seen is from here on usual: it is over, and its series take their level for the normal one.
    NewNormal,
    /// It was to be expected, such as a migration: it is over, and the days until `until` have the name `name` in the
    /// calendar of its tenants.
    Expected,
    /// The pager says that the channel `by` has not been told of a change of the incident and will not be. It changes nothing
    /// of that incident and opens one of its own.
    Undelivered,
}

impl Action {
    /// Every action with the name it has in records.
    pub const NAMES: [(Self, &'static str); 7] = [
        (Self::Acknowledge, "acknowledge"),
        (Self::Resolve, "resolve"),
        (Self::Real, "real"),
        (Self::FalseAlarm, "false_alarm"),
        (Self::NewNormal, "new_normal"),
        (Self::Expected, "expected"),
        (Self::Undelivered, "undelivered"),
    ];

    /// The name in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(action, _)| *action == self).map_or("", |(_, name)| name)
    }

    /// The action of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(action, _)| *action)
    }
}

/// One record of `tidewatch.verdicts`, as JSON; its key is the pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// Which incident.
    pub incident_id: IncidentId,
    /// The pool that the incident happens in.
    pub pool: PoolId,
    /// What is done or said.
    pub action: Action,
    /// Who does or says it; at most [`Verdict::MAX_NAME`] bytes.
    pub by: String,
    /// When, by the clock of whoever wrote the record.
    pub at: Timestamp,
    /// Why; at most [`Verdict::MAX_NOTE`] bytes.
    #[serde(default)]
    pub note: String,
    /// Of `expected`: what the event is called; at most [`Verdict::MAX_NAME`] bytes.
    #[serde(default)]
    pub name: Option<String>,
    /// Of `expected`: the moment until which it lasts; the end of the day when absent.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

impl Verdict {
    /// Most bytes of the name of a person or an event.
    pub const MAX_NAME: usize = 128;
    /// Most bytes of a note.
    pub const MAX_NOTE: usize = 1_024;

    /// What is wrong with the record, whatever incident it is about.
    ///
    /// # Errors
    /// When a text is missing or too long, or belongs to another action: the sentence names it and what would be right.
    pub fn verify(&self) -> Result<(), String> {
        let (action, most) = (self.action.name(), Self::MAX_NAME);
        let lengths = [
            ("by", self.by.len(), most),
            ("name", self.name.as_deref().map_or(0, str::len), most),
            ("note", self.note.len(), Self::MAX_NOTE),
        ];
        if let Some((field, length, most)) = lengths.iter().find(|(_, length, most)| length > most) {
            return Err(format!("{field} has {length} bytes and must have at most {most}"));
        }
        if self.by.trim().is_empty() {
            return Err("by is empty and must say who it is".to_owned());
        }
        let is_expected = self.action == Action::Expected;
        if is_expected && self.name.as_deref().is_none_or(|name| name.trim().is_empty()) {
            return Err("name is absent and must say what was expected".to_owned());
        }
        if !is_expected && (self.name.is_some() || self.until.is_some()) {
            return Err(format!("name and until belong to the action expected, not to {action}"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(action: Action) -> Verdict {
        Verdict {
            incident_id: IncidentId(7),
            pool: "eu-1".into(),
            action,
            by: "ana".to_owned(),
            at: Timestamp(1_793_606_400_000),
            note: String::new(),
            name: None,
            until: None,
        }
    }

    #[test]
    fn every_action_has_one_name_everywhere() {
        for (action, name) in Action::NAMES {
            assert_eq!(serde_json::to_value(action).unwrap(), name);
            assert_eq!((action.name(), Action::named(name)), (name, Some(action)));
        }
        assert_eq!(Action::named("shrug"), None);
    }

    #[test]
    fn what_people_may_leave_out_may_be_left_out() {
        let json = r#"{"incident_id": "00000000000000000000000000000007", "pool": "eu-1", "action": "acknowledge",
                       "by": "ana", "at": "2026-11-02T08:00:00Z"}"#;
        assert_eq!(serde_json::from_str::<Verdict>(json).unwrap(), verdict(Action::Acknowledge));
    }

    #[test]
    fn texts_are_held_against_the_action() {
        let expected = Verdict { name: Some("migration".to_owned()), ..verdict(Action::Expected) };
        let cases = [
            ("an acknowledgement", verdict(Action::Acknowledge), None),
            ("an event", expected.clone(), None),
            ("nobody", Verdict { by: " ".to_owned(), ..verdict(Action::Real) }, Some("by is empty")),
            ("no name", verdict(Action::Expected), Some("name is absent")),
            ("a name too many", Verdict { action: Action::Real, ..expected }, Some("not to real")),
            ("a novel", Verdict { note: "x".repeat(1_025), ..verdict(Action::Real) }, Some("note has 1025 bytes")),
        ];
        for (case, verdict, wrong) in cases {
            let found = verdict.verify().err();
            assert_eq!(found.is_some(), wrong.is_some(), "{case}: {found:?}");
            assert!(found.unwrap_or_default().contains(wrong.unwrap_or_default()), "{case}");
        }
    }
}
