//! A bucket of the test's own: one process on loopback that answers as S3 does, started by the script in `deploy/s3`.
//!
//! What is claimed of buckets is tested through HTTP, since that is where a folder differs: answers that come late or half,
//! listings in pages, objects in pieces, creation by a header. The bucket ends with the value, and when the test is killed.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tidewatch_pipelines::checkpoint::{Location, Patience, Remote};

/// The bucket that there is.
pub const NAME: &str = "checkpoints";

/// A running bucket, empty at first.
#[derive(Debug)]
pub struct Bucket {
    child: Child,
    address: String,
}

impl Bucket {
    /// Starts one whose listings name up to `page` objects at a time.
    ///
    /// # Panics
    /// When it does not start; what the script printed says why and what to type.
    pub fn start(page: u32) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/s3/serve");
        let mut child = Command::new(&script)
            .args([NAME, "--page", &page.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", script.display()));
        let mut address = String::new();
        let out = child.stdout.take().expect("its output is a pipe");
        BufReader::new(out).read_line(&mut address).expect("it prints its address");
        assert!(!address.is_empty(), "{} ended without an address", script.display());
        Self { child, address: address.trim().to_owned() }
    }

    /// Where it answers, `127.0.0.1:port`.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a user would configure to reach a bucket at `address`, without the credentials.
pub fn options(address: &str) -> BTreeMap<String, String> {
    let options = [("aws_endpoint", format!("http://{address}")), ("aws_allow_http", "true".to_owned())];
    options.map(|(name, value)| (name.to_owned(), value)).into()
}

/// The credentials that such a bucket takes.
pub const CREDENTIALS: [(&str, &str); 2] = [("aws_access_key_id", "key"), ("aws_secret_access_key", "secret")];

/// The checkpoints below `prefix` in the bucket that answers at `address`. Calls are made `tries` times, without pauses.
///
/// # Panics
/// When the options do not fit together.
pub fn remote(address: &str, prefix: &str, tries: u32) -> Remote {
    remote_with(address, prefix, tries, &[])
}

/// The same with further options.
///
/// # Panics
/// As above.
pub fn remote_with(address: &str, prefix: &str, tries: u32, more: &[(&str, &str)]) -> Remote {
    let location: Location = format!("s3://{NAME}/{prefix}").parse().expect("a URL");
    let mut options = options(address);
    options.extend(CREDENTIALS.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let none = std::time::Duration::ZERO;
    let patience = Patience { tries, pause: none, rest: none, ..Patience::USUAL };
    location.reach(&options, patience).unwrap_or_else(|error| panic!("{error}"))
}
