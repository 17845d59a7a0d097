//! An Apache Kafka of the test's own: one process on loopback, started and ended by the scripts in `deploy/kafka`.
//!
//! The embedded broker is quick but has no transactions and keeps nothing. What is claimed of Kafka is therefore tested
//! on Kafka itself, and through the scripts that users type, so that these are tested with it. A broker belongs to one
//! value: dropping the value ends the process, and the broker ends by itself when the test process is killed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A running Apache Kafka whose whole state (topics, records, group offsets) is in one folder.
///
/// The folder must outlive the value (declare it first), and may be used again: `start` with the same folder continues
/// with the same ports and data.
#[derive(Debug)]
pub struct ApacheKafka {
    dir: PathBuf,
    bootstrap: String,
}

/// A script of `deploy/kafka` did not do its work; what it printed says why and what to type.
#[derive(Debug)]
pub struct ScriptFailed {
    script: PathBuf,
    said: String,
}

impl ApacheKafka {
    /// Starts the broker of `dir` and waits until it answers. `dir` is empty, missing, or was used here before.
    ///
    /// # Errors
    /// Java 17 or Maven is missing, the jars cannot be fetched, or the broker does not answer within a minute.
    pub fn start(dir: &Path) -> Result<Self, ScriptFailed> {
        Ok(Self { dir: dir.to_path_buf(), bootstrap: launch(dir)? })
    }

    /// The address for clients, `127.0.0.1:port`. The same for the life of the folder.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Ends the broker as an operator would: it hands over its work and flushes. Does nothing when it is not running.
    pub fn stop(&self) -> Result<(), ScriptFailed> {
        run("stop", &self.dir, &[]).map(drop)
    }

    /// Ends the broker as a crash would, with SIGKILL. Does nothing when it is not running.
    pub fn kill(&self) -> Result<(), ScriptFailed> {
        run("stop", &self.dir, &["--kill"]).map(drop)
    }

    /// Starts the broker again on the same port with the same data, after an orderly stop where it still runs.
    pub fn restart(&mut self) -> Result<(), ScriptFailed> {
        self.stop()?;
        self.bootstrap = launch(&self.dir)?;
        Ok(())
    }
}

impl Drop for ApacheKafka {
    fn drop(&mut self) {
        // SIGKILL: the data is not looked at any more, or must survive it.
        if let Err(error) = self.kill() {
            eprintln!("{error}");
        }
    }
}

impl fmt::Display for ScriptFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.script.display(), self.said)
    }
}

impl std::error::Error for ScriptFailed {}

fn launch(dir: &Path) -> Result<String, ScriptFailed> {
    let owner = std::process::id().to_string();
    Ok(run("start", dir, &["--owner", &owner])?.trim().to_owned())
}

fn run(script: &str, dir: &Path, options: &[&str]) -> Result<String, ScriptFailed> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/kafka").join(script);
    let failed = |said: String| ScriptFailed { script: script.clone(), said };
    let output = Command::new(&script)
        .arg(dir)
        .args(options)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(format!("could not be started: {error}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(failed(format!("{}\n{}", output.status, String::from_utf8_lossy(&output.stderr).trim_end())))
}
