//! Where checkpoints are, by the configuration, and which partitions have some.

use anyhow::Context as _;

use crate::checkpoint::{CheckpointError, Patience, Remote, name};
use crate::config::{Config, variables};

/// The object store of the checkpoints.
///
/// # Errors
/// When none is configured, a secret is missing, or it cannot be used.
pub fn remote(config: &Config) -> anyhow::Result<Remote> {
    let checkpoints = &config.detect.checkpoints;
    let location = checkpoints.location.as_ref().context("there are no checkpoints: detect.checkpoints.url is none")?;
    let options = checkpoints.resolved(&variables().into_iter().collect())?;
    Ok(location.reach(&options, Patience::USUAL)?)
}

/// The partitions that have checkpoints, or the one that was named.
///
/// # Errors
/// When the object store refuses.
pub fn partitions(remote: &Remote, only: Option<i32>) -> Result<Vec<i32>, CheckpointError> {
    if let Some(only) = only {
        return Ok(vec![only]);
    }
    let folders = remote.folders(&name::all_manifests())?;
    let mut partitions: Vec<i32> = folders.iter().filter_map(|folder| folder.parse().ok()).collect();
    partitions.sort_unstable();
    Ok(partitions)
}
