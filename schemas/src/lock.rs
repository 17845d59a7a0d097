//! What one line of a database's log says about a lock: who waits, who holds it, and what for.

use serde::{Deserialize, Serialize};

/// Where a wait for a lock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockStage {
    /// A session waits.
    Waiting,
    /// It has got the lock.
    Acquired,
    /// It has given up without it.
    Failed,
    /// It was ended because it and the holders wait for each other.
    Deadlock,
}

impl LockStage {
    /// Every stage.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Acquired, Self::Failed, Self::Deadlock];

    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Acquired => "acquired",
            Self::Failed => "failed",
            Self::Deadlock => "deadlock",
        }
    }

    /// The stage of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// What a line says about a lock. Texts are empty and lists are empty where the line does not say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LockEvent {
    /// Where the wait stands.
    pub stage: LockStage,
    /// Process of the session that waits.
    pub waiter: u32,
    /// Processes of the sessions that hold the lock; of a deadlock the others in it. At most [`LockEvent::MOST_HOLDERS`].
    pub holders: Vec<u32>,
    /// How long it has waited, in seconds.
    pub waited_s: f64,
    /// Kind of lock, such as `RowExclusiveLock`.
    pub mode: String,
    /// Whether the lock is on something that all databases of the server have in common. Any other lock is held inside the
    /// waiter's own database.
    pub is_global: bool,
    /// What is locked, as the line calls it: `relation 23985`, `transaction 10493`.
    pub object: String,
    /// The table that this is, where the line leaves no doubt.
    pub table: String,
    /// What the waiter wants to do: verb and table, without values.
    pub statement: String,
    /// What the first holder does, where a line says so.
    pub holders_statement: String,
}

impl LockEvent {
    /// Most holders of one lock that are named.
    pub const MOST_HOLDERS: usize = 8;
    /// Longest text of an event, in bytes.
    pub const MAX_TEXT: usize = 96;
}
