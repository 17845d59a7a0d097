//! The outbox of a partition: outputs that are decided, from the commit that decided them until they are known to stand
//! in their topics, and a while longer.
//!
//! The last [`KEPT`] outputs stay in the store after they were acknowledged, also those that a replay decided again. Should
//! a topic lose its end, as it does when a replica that lagged behind becomes leader, they are sent again.

use std::collections::VecDeque;

use super::marks::Marks;
use super::outgoing::Outgoing;
use super::processor::ProcessorError;
use super::stored;
use crate::state::{Batch, Family, StateStore};

/// Acknowledged outputs that stay in the store.
pub const KEPT: usize = 1_000;

pub(super) const PUBLISHED: &[u8] = b"published";

/// Outputs on their way.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: VecDeque<Outgoing>,
    uncommitted: Vec<Outgoing>,
    kept: VecDeque<u64>,
    pruned: Vec<u64>,
    published: Marks,
    is_marked: bool,
    repeats: bool,
    bytes: usize,
}

impl Outbox {
    /// What `store` holds.
    ///
    /// # Errors
    /// When it cannot be read, or was written by another release.
    pub fn open(store: &dyn StateStore) -> Result<Self, ProcessorError> {
        let mut outbox = Self::default();
        if let Some(bytes) = store.get(Family::Meta, PUBLISHED)? {
            outbox.published = stored::decode("the published outputs of a partition", &bytes)?;
        }
        for (_, bytes) in store.scan(Family::Outbox)? {
            let output: Outgoing = stored::decode("an output", &bytes)?;
            if outbox.published.cover(&output) {
                outbox.kept.push_back(output.sequence);
            } else {
                outbox.bytes += output.size();
                outbox.waiting.push_back(output);
            }
        }
        Ok(outbox)
    }

    /// Takes an output that was just decided.
    pub fn add(&mut self, output: Outgoing) {
        self.bytes += output.size();
        self.uncommitted.push(output);
    }

    /// Adds what changed to the batch of a commit.
    pub(super) fn write(&mut self, batch: &mut Batch) -> Result<(), ProcessorError> {
        for output in &self.uncommitted {
            batch.put(Family::Outbox, key(output.sequence), stored::encode(output)?);
        }
        for sequence in &self.pruned {
            batch.delete(Family::Outbox, key(*sequence));
        }
        if self.is_marked {
            batch.put(Family::Meta, PUBLISHED.to_vec(), stored::encode(&self.published)?);
        }
        Ok(())
    }

    /// Takes note that the batch was written: only now may its outputs be published. One that stands in its topic already
    /// is what a replay decided again: it is suppressed, and kept like those that were acknowledged.
    pub(super) fn written(&mut self) {
        self.pruned.clear();
        self.is_marked = false;
        for output in std::mem::take(&mut self.uncommitted) {
            if self.published.cover(&output) && !self.repeats {
                self.bytes -= output.size();
                self.kept.push_back(output.sequence);
            } else {
                self.waiting.push_back(output);
            }
        }
        self.limit_kept();
    }

    /// Committed outputs that are not known to be published, in the order of their numbers.
    #[must_use]
    pub fn waiting(&self) -> &VecDeque<Outgoing> {
        &self.waiting
    }

    /// Bytes of the outputs that wait, committed or not.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Outputs that wait, committed or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len() + self.uncommitted.len()
    }

    /// Whether no output waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether something was acknowledged since the latest commit.
    #[must_use]
    pub fn has_unwritten_marks(&self) -> bool {
        self.is_marked
    }

    /// What is known to stand in the topics.
    #[must_use]
    pub fn published(&self) -> &Marks {
        &self.published
    }

    /// Takes note that outputs were acknowledged. They leave the store with a later commit.
    pub fn acknowledge(&mut self, published: &Marks) {
        self.published.raise(published);
        self.drop_published();
    }

    /// Takes over what was read back from the topics: outputs that stand there are dropped, kept ones that do not stand
    /// there any more wait again. Returns how many those are.
    ///
    /// # Errors
    /// When kept outputs cannot be read.
    pub fn reconcile(&mut self, found: &Marks, store: &dyn StateStore) -> Result<usize, ProcessorError> {
        let lost = found.fall_behind(&self.published);
        self.published = found.clone();
        let recalled = if lost { self.recall(store)? } else { 0 };
        self.drop_published();
        Ok(recalled)
    }

    fn recall(&mut self, store: &dyn StateStore) -> Result<usize, ProcessorError> {
        let (mut recalled, mut kept) = (Vec::new(), VecDeque::new());
        for sequence in self.kept.drain(..) {
            let Some(bytes) = store.get(Family::Outbox, &key(sequence))? else { continue };
            let output: Outgoing = stored::decode("an output", &bytes)?;
            if self.published.cover(&output) {
                kept.push_back(sequence);
            } else {
                recalled.push(output);
            }
        }
        self.kept = kept;
        let count = recalled.len();
        self.bytes += recalled.iter().map(Outgoing::size).sum::<usize>();
        recalled.extend(self.waiting.drain(..));
        recalled.sort_by_key(|output| output.sequence);
        self.waiting = recalled.into();
        Ok(count)
    }

    fn drop_published(&mut self) {
        let published = &self.published;
        let (kept, waiting): (VecDeque<Outgoing>, VecDeque<Outgoing>) =
            self.waiting.drain(..).partition(|output| published.cover(output));
        self.waiting = waiting;
        self.kept.extend(kept.iter().map(|output| output.sequence));
        self.limit_kept();
        self.bytes = self.waiting.iter().chain(&self.uncommitted).map(Outgoing::size).sum();
        self.is_marked = true;
    }

    fn limit_kept(&mut self) {
        let over = self.kept.len().saturating_sub(KEPT);
        self.pruned.extend(self.kept.drain(..over));
    }

    /// Breaks the rule that a replay suppresses what stands in the topics, so that tests can show what it is for.
    #[cfg(debug_assertions)]
    pub fn repeat_everything(&mut self) {
        self.repeats = true;
    }
}

fn key(sequence: u64) -> Vec<u8> {
    sequence.to_be_bytes().to_vec()
}

#[cfg(test)]
mod tests;
