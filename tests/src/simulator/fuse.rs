//! Ends a process at any effect: before it, so that it did not happen, or after it, so that nobody took note.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

/// Shared by everything of one process that has effects.
#[derive(Clone, Debug)]
pub struct Fuse(Arc<AtomicI32>);

/// The process has ended.
#[derive(Clone, Copy, Debug)]
pub struct Burnt;

const NEVER: i32 = i32::MAX;

impl Default for Fuse {
    fn default() -> Self {
        Self(Arc::new(AtomicI32::new(NEVER)))
    }
}

impl Fuse {
    /// The process will end at the moment `after` from here; moments are before and after each effect.
    pub fn light(&self, after: i32) {
        self.0.store(after, Ordering::Relaxed);
    }

    /// Nothing ends the process.
    pub fn put_out(&self) {
        self.0.store(NEVER, Ordering::Relaxed);
    }

    /// A moment passes.
    pub fn pass(&self) -> Result<(), Burnt> {
        let left = self.0.load(Ordering::Relaxed);
        if left == NEVER {
            return Ok(());
        }
        self.0.store((left - 1).max(0), Ordering::Relaxed);
        if left > 0 { Ok(()) } else { Err(Burnt) }
    }

    /// Whether the process has ended.
    pub fn is_burnt(&self) -> bool {
        self.0.load(Ordering::Relaxed) <= 0
    }

    /// Makes an effect between two moments.
    pub fn effect<T>(&self, effect: impl FnOnce() -> T) -> Result<T, Burnt> {
        self.pass()?;
        let result = effect();
        self.pass()?;
        Ok(result)
    }
}
