//! Which history a state belongs to. A state that was moved to another number of partitions reads another topic of the same
//! name: offsets before and after the move do not compare, and going on from an earlier one would undo the move.
//!
//! A lineage is the list of its moves, each by an identifier. So it can be told which of two states is the earlier one, and
//! when they have nothing to do with each other. A state that was never moved has the empty lineage.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::processor::ProcessorError;
use super::stored;
use crate::state::{Batch, Family, StateStore};

const KEY: &[u8] = b"lineage";
/// Digits of the identifier of a move.
const DIGITS: usize = 16;

/// The moves of a state, the first one first.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lineage(Vec<String>);

/// How one lineage stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinship {
    /// It is the same one.
    Same,
    /// It is from before a move that the other one has behind it.
    Earlier,
    /// It has a move behind it that the other one lacks.
    Later,
    /// Both were moved, and not in the same moves.
    Foreign,
}

impl Lineage {
    /// The lineage of what `store` holds.
    ///
    /// # Errors
    /// When the store fails, or was written by another release.
    pub fn of(store: &dyn StateStore) -> Result<Self, ProcessorError> {
        let bytes = store.get(Family::Meta, KEY)?;
        Ok(bytes.map(|bytes| stored::decode("the lineage of a partition", &bytes)).transpose()?.unwrap_or_default())
    }

    /// Adds it to what a batch writes.
    pub(super) fn write(&self, batch: &mut Batch) -> Result<(), ProcessorError> {
        if !self.0.is_empty() {
            batch.put(Family::Meta, KEY.to_vec(), stored::encode(self)?);
        }
        Ok(())
    }

    /// What becomes of it in a move that `facts` tell from every other one. The same move has the same identifier however
    /// often it is made.
    #[must_use]
    pub(super) fn moved(&self, facts: &[u8]) -> Self {
        let mut moves = self.0.clone();
        let hash = blake3::hash(facts).to_hex();
        moves.push(hash.chars().take(DIGITS).collect());
        Self(moves)
    }

    /// How it stands to `other`.
    #[must_use]
    pub fn kinship(&self, other: &Self) -> Kinship {
        match (other.0.starts_with(&self.0), self.0.starts_with(&other.0)) {
            (true, true) => Kinship::Same,
            (true, false) => Kinship::Earlier,
            (false, true) => Kinship::Later,
            (false, false) => Kinship::Foreign,
        }
    }

    /// Whether the state was never moved.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Lineage {
    /// The moves, the first one first, or `never moved`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { out.write_str("never moved") } else { out.write_str(&self.0.join("/")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::MemoryStore;

    #[test]
    fn the_earlier_of_two_is_told_and_what_has_nothing_in_common_too() {
        let never = Lineage::default();
        let (once, otherwise) = (never.moved(b"4 to 8"), never.moved(b"4 to 16"));
        let twice = once.moved(b"8 to 2");
        let cases = [
            (&never, &never, Kinship::Same),
            (&once, &never.moved(b"4 to 8"), Kinship::Same),
            (&never, &twice, Kinship::Earlier),
            (&once, &twice, Kinship::Earlier),
            (&twice, &once, Kinship::Later),
            (&once, &never, Kinship::Later),
            (&once, &otherwise, Kinship::Foreign),
            (&twice, &otherwise, Kinship::Foreign),
        ];
        for (one, other, kinship) in cases {
            assert_eq!(one.kinship(other), kinship, "{one} to {other}");
        }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let moved = Lineage::default().moved(b"4 to 8").moved(b"8 to 2");
        for lineage in [Lineage::default(), moved] {
            let (mut batch, mut store) = (Batch::default(), MemoryStore::default());
            lineage.write(&mut batch).unwrap();
            store.write(&batch).unwrap();
            assert_eq!(Lineage::of(&store).unwrap(), lineage);
        }
    }
}
