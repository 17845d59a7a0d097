//! Where an input came from: the coordinates that make a repeat recognisable and evidence findable.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Position of an input in the users' topics.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// Topic the input was read from.
    pub topic: Arc<str>,
    /// Partition of that topic.
    pub partition: i32,
    /// Offset in that partition.
    pub offset: i64,
    /// Which of the envelopes made from that record this is, from 0, in the order they were written.
    pub index: u32,
}

impl Origin {
    /// What the position is compared by inside one source partition.
    #[must_use]
    pub fn position(&self) -> (i64, u32) {
        (self.offset, self.index)
    }
}
