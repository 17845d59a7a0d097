//! The classes of a pool: what series of one signal have in common in tenants of one kind, so that a young one need not begin
//! from nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tidewatch_detectors::Class;
use tidewatch_schemas::{PoolId, SeriesKey, SignalName};

/// Which series are of one class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct ClassKey {
    pub pool: PoolId,
    /// The class of the tenants, as configured; empty where nobody said.
    pub tenants: Arc<str>,
    pub signal: SignalName,
}

/// A class in the store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StoredClass {
    pub key: ClassKey,
    pub class: Class,
}

/// Where a class is among the classes of its pool, for as long as the process runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ClassIndex(usize);

/// The classes of a pool.
#[derive(Clone, Debug, Default)]
pub(super) struct Classes {
    by_key: BTreeMap<ClassKey, ClassIndex>,
    all: Vec<StoredClass>,
}

impl Classes {
    /// The class of `key`, made where there is none.
    pub fn index(&mut self, key: ClassKey) -> ClassIndex {
        if let Some(index) = self.by_key.get(&key) {
            return *index;
        }
        self.restore(StoredClass { key, class: Class::default() })
    }

    pub fn restore(&mut self, stored: StoredClass) -> ClassIndex {
        let index = ClassIndex(self.all.len());
        self.by_key.insert(stored.key.clone(), index);
        self.all.push(stored);
        index
    }

    pub fn get_mut(&mut self, index: ClassIndex) -> Option<&mut Class> {
        self.all.get_mut(index.0).map(|stored| &mut stored.class)
    }

    /// The classes that changed since the last call, in the order they were made.
    pub fn take_changed(&mut self) -> Vec<StoredClass> {
        self.all.iter_mut().filter_map(|stored| stored.class.take_changed().then(|| stored.clone())).collect()
    }
}

impl ClassKey {
    /// The class of a series of a tenant of the class `tenants`.
    pub fn of(series: &SeriesKey, tenants: Arc<str>) -> Self {
        Self { pool: series.pool.clone(), tenants, signal: series.signal.clone() }
    }

    /// The bytes under which the class is stored.
    pub fn bytes(&self) -> Vec<u8> {
        [self.pool.as_str(), self.tenants.as_ref(), self.signal.as_str()].join("\0").into_bytes()
    }
}
