//! The state store in memory. Clones share their content, so that a clone is what a restart finds.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Batch, Family, Pair, RocksStore, StateStore, StoreError};

type Content = BTreeMap<(Family, Vec<u8>), Vec<u8>>;

/// A state store in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    content: Arc<Mutex<Content>>,
    written: u64,
}

impl MemoryStore {
    fn with<T>(&self, action: impl FnOnce(&mut Content) -> T) -> T {
        action(&mut self.content.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl StateStore for MemoryStore {
    fn get(&self, family: Family, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.with(|content| content.get(&(family, key.to_vec())).cloned()))
    }

    fn scan(&self, family: Family) -> Result<Vec<Pair>, StoreError> {
        let pairs = |content: &mut Content| {
            let from_start = content.range((family, Vec::new())..);
            let own = from_start.take_while(|((of, _), _)| *of == family);
            own.map(|((_, key), value)| (key.clone(), value.clone())).collect()
        };
        Ok(self.with(pairs))
    }

    fn write(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.written += batch.bytes();
        self.with(|content| {
            for change in batch.changes() {
                let key = (change.family, change.key.clone());
                match &change.value {
                    Some(value) => drop(content.insert(key, value.clone())),
                    None => drop(content.remove(&key)),
                }
            }
        });
        Ok(())
    }

    fn copy_to(&self, folder: &Path) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        self.with(|content| {
            for ((family, key), value) in content.iter() {
                batch.put(*family, key.clone(), value.clone());
            }
        });
        RocksStore::open(folder)?.write(&batch)
    }

    fn written(&self) -> u64 {
        self.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_duties_of_a_state_store() {
        let store = MemoryStore::default();
        let folder = tempfile::tempdir().unwrap();
        crate::state::conformance::check(&mut || Box::new(store.clone()), folder.path());
    }
}
