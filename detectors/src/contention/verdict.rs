//! What was concluded about tenants that suffer together, in numbers and in one sentence.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::catalog::Mechanism;
use tidewatch_schemas::{ResourceId, SignalName, TenantId, Timestamp};

/// Confidence below which a verdict is a suspicion, and from which it is certain enough to act on.
const LOW: f64 = 0.45;
const HIGH: f64 = 0.7;

/// What tenants that suffer together suffer from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Cause {
    /// Somebody takes more than usual, and the pain follows it.
    Culprits(Blame),
    /// Everybody takes more than usual: nobody is guilty.
    Collective {
        /// How much all take over what is usual, as a ratio.
        lift: f64,
    },
    /// Nobody takes more than usual: less capacity, or something outside.
    Nobody,
}

/// Who takes what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Blame {
    /// Who, the heaviest first.
    pub culprits: Vec<TenantId>,
    /// Of which resource.
    pub resource: ResourceId,
    /// In which signal it shows best.
    pub signal: SignalName,
    /// What of the resource.
    pub mechanism: Mechanism,
    /// Their part of everything that is taken, 0 to 1.
    pub dose: f64,
    /// Their part of what is taken beyond usual, 0 to 1.
    pub share: f64,
    /// How far the pain follows their use in time, 0 to 1.
    pub follows: f64,
    /// When they began to take more.
    pub began: Timestamp,
}

/// One verdict; a later one about the same trouble replaces it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Why.
    pub cause: Cause,
    /// Who suffers, sorted; a culprit that suffers from itself as well is among them.
    pub victims: Vec<TenantId>,
    /// When they began to.
    pub since: Timestamp,
    /// Start and end of the step that was judged last.
    pub window: (Timestamp, Timestamp),
    /// How many times longer things take for them, in the median.
    pub times: f64,
    /// Whether their work fails rather than being slow.
    pub fails: bool,
    /// How far the verdict can be trusted, 0 to 1.
    pub confidence: f64,
}

impl Verdict {
    /// The confidence in a word.
    #[must_use]
    pub fn confidence_word(&self) -> &'static str {
        match self.confidence {
            confidence if confidence >= HIGH => "high",
            confidence if confidence >= LOW => "medium",
            _ => "low",
        }
    }

    /// The verdict in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let confidence = self.confidence_word();
        match &self.cause {
            Cause::Culprits(blame) => {
                let culprits = listed(&blame.culprits);
                let (what, resource) = (taking(blame.mechanism), &blame.resource);
                let percent = (blame.dose * 100.0).round();
                let (since, lead) = (clock(blame.began), self.lead(blame));
                let victims = self.others(&blame.culprits);
                let suffer = self.suffering(victims.len());
                format!(
                    "{culprits} {} {percent} % of {what} of {resource} since {since}; {} {suffer}{lead}; confidence {confidence}",
                    if blame.culprits.len() == 1 { "takes" } else { "take" },
                    listed(&victims),
                )
            }
            Cause::Collective { lift } => format!(
                "nobody is guilty: all take {:.1} times what is usual; {} {}",
                lift,
                listed(&self.victims),
                self.suffering(self.victims.len())
            ),
            Cause::Nobody => format!(
                "nobody takes more than usual: less capacity, or something outside; {} {}",
                listed(&self.victims),
                self.suffering(self.victims.len())
            ),
        }
    }

    /// Those who suffer and are not to blame.
    fn others(&self, culprits: &[TenantId]) -> Vec<TenantId> {
        self.victims.iter().filter(|victim| !culprits.contains(victim)).cloned().collect()
    }

    fn suffering(&self, count: usize) -> String {
        match (self.fails, count) {
            (true, 1) => "fails in part".to_owned(),
            (true, _) => "fail in part".to_owned(),
            (false, 1) => format!("waits {:.1} times longer than usual", self.times),
            (false, _) => format!("wait {:.1} times longer than usual", self.times),
        }
    }

    fn lead(&self, blame: &Blame) -> String {
        match (self.since - blame.began) / 1_000 {
            ..=0 => String::new(),
            seconds @ 1..120 => format!("; began {seconds} s before"),
            seconds => format!("; began {} min before", seconds / 60),
        }
    }
}

impl Blame {
    /// What would help.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self.mechanism {
            Mechanism::Cpu => {
                "throttle or stop its heaviest statements, move the tenant, or run the work at a quieter hour"
            }
            Mechanism::Io => "stop or spread out what it reads and writes, add the missing index, or move the tenant",
            Mechanism::Locks => "end the session that holds the lock, and shorten what it does while holding it",
            Mechanism::Connections => "end its idle connections and limit how many the tenant may open",
            Mechanism::Workers => "limit the tenant's requests at the ingress, or give it workers of its own",
            Mechanism::Memory => "limit the tenant's memory, or move it",
            Mechanism::Network => "limit the tenant's bandwidth, or run the transfer at a quieter hour",
        }
    }
}

pub(super) fn taking(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::Cpu => "the processor time",
        Mechanism::Io => "the reads and writes",
        Mechanism::Locks => "the waiting for locks",
        Mechanism::Connections => "the connections",
        Mechanism::Workers => "the worker time",
        Mechanism::Memory => "the memory",
        Mechanism::Network => "the traffic",
    }
}

pub(super) fn clock(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(11..16).unwrap_or(&text).to_owned()
}

/// Names as people list them, the rest as a number where they are many.
pub(super) fn listed(tenants: &[TenantId]) -> String {
    const MOST: usize = 5;
    let names: Vec<&str> = tenants.iter().map(TenantId::as_str).collect();
    match names.split_last() {
        None => "nobody else".to_owned(),
        Some((only, [])) => (*only).to_owned(),
        Some(_) if names.len() > MOST => {
            format!("{} and {} more", names.get(..MOST - 1).unwrap_or(&[]).join(", "), names.len() - (MOST - 1))
        }
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict() -> Verdict {
        let blame = Blame {
            culprits: vec!["cobalt".into()],
            resource: "db-main".into(),
            signal: "postgresql.temp.io".into(),
            mechanism: Mechanism::Cpu,
            dose: 0.71,
            share: 0.95,
            follows: 0.8,
            began: Timestamp(1_800_000_000_000),
        };
        Verdict {
            cause: Cause::Culprits(blame),
            victims: ["acme", "borealis", "delta"].map(TenantId::from).to_vec(),
            since: Timestamp(1_800_000_040_000),
            window: (Timestamp(1_800_000_060_000), Timestamp(1_800_000_070_000)),
            times: 3.12,
            fails: false,
            confidence: 0.82,
        }
    }

    #[test]
    fn a_verdict_reads_as_a_person_would_say_it() {
        assert_eq!(
            verdict().sentence(),
            "cobalt takes 71 % of the processor time of db-main since 08:00; acme, borealis and delta wait 3.1 times longer \
             than usual; began 40 s before; confidence high"
        );
    }

    #[test]
    fn nobody_guilty_names_nobody() {
        let collective = Verdict { cause: Cause::Collective { lift: 1.8 }, ..verdict() };
        assert_eq!(
            collective.sentence(),
            "nobody is guilty: all take 1.8 times what is usual; acme, borealis and delta wait 3.1 times longer than usual"
        );
    }

    #[test]
    fn a_long_list_is_cut() {
        let tenants: Vec<TenantId> = (1..=9).map(|number| TenantId::from(format!("t{number}").as_str())).collect();
        assert_eq!(listed(&tenants), "t1, t2, t3, t4 and 5 more");
    }
}
