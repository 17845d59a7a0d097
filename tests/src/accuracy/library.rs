//! Where the labelled sets lie. They are no part of the repository: `TIDEWATCH_DATA` names a folder that holds `labelled/`,
//! or it is beside the checkout as `shared/data`.

use std::env;
use std::path::{Path, PathBuf};

/// The folder of a labelled set, or `None` with a line that says what is skipped.
#[must_use]
pub fn find(set: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let data = env::var_os("TIDEWATCH_DATA").map_or(beside, PathBuf::from);
    let folder = data.join("labelled").join(set);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIPPED: {} is not there; TIDEWATCH_DATA names the folder that holds labelled/{set}", folder.display());
    None
}
