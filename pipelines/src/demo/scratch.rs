//! A folder for the demo's state that is gone when the demo is.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context as _;

/// A folder that is removed when this is dropped.
pub(super) struct Scratch(PathBuf);

/// How many this process opened: two demos in one process are two states.
static OPENED: AtomicU32 = AtomicU32::new(0);

impl Scratch {
    pub fn open() -> anyhow::Result<Self> {
        let number = OPENED.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("tidewatch-demo-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self(folder))
    }

    pub fn folder(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
