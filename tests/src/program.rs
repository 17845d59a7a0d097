//! The program `tidewatch` as its users run it: a process of its own, with signals, an exit code and what it says.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How often a process, or what it does, is looked at.
pub const LOOK: Duration = Duration::from_millis(20);
/// How long an orderly end may take.
const ORDERLY_END: Duration = Duration::from_secs(15);

/// A running `tidewatch`. Dropping it ends the process.
#[derive(Debug)]
pub struct Program {
    child: Child,
    said: PathBuf,
}

impl Program {
    /// Starts `tidewatch` with `arguments`. What it writes goes to `said.out` and `said.err`, where it replaces what
    /// an earlier one wrote.
    ///
    /// # Panics
    /// When the program is not built, or does not start.
    pub fn start(arguments: &[&str], said: &Path) -> Self {
        Self::start_with(arguments, said, &[])
    }

    /// The same with further environment variables.
    ///
    /// # Panics
    /// When the program is not built, or does not start.
    pub fn start_with(arguments: &[&str], said: &Path, environment: &[(&str, &str)]) -> Self {
        let program = path();
        assert!(program.exists(), "{} is missing: build it with `make test`", program.display());
        let file = |ending| File::create(said.with_extension(ending)).expect("a file for what the program says");
        let child = Command::new(&program)
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(file("out"))
            .stderr(file("err"))
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        Self { child, said: said.to_path_buf() }
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child can be asked").is_none()
    }

    /// Ends it as a crash would, with SIGKILL.
    ///
    /// # Panics
    /// When it was not running, because then nothing was tried.
    pub fn kill(&mut self) {
        assert!(self.is_running(), "there is nothing to kill, it ended by itself:\n{}", self.last_words());
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for");
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal by name, such as `TERM`.
    ///
    /// # Panics
    /// When the signal cannot be sent.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "SIG{name} could not be sent");
    }

    /// Waits until it ends.
    ///
    /// # Panics
    /// When it still runs after `limit`.
    pub fn wait(&mut self, limit: Duration) -> ExitStatus {
        let mut ended = None;
        until(limit, || {
            ended = self.child.try_wait().expect("a child can be asked");
            ended.is_some()
        });
        ended.unwrap_or_else(|| panic!("it still runs after {limit:?}:\n{}", self.last_words()))
    }

    /// Ends it as an operator would, with SIGTERM.
    ///
    /// # Panics
    /// When it does not end well, or takes longer than operators and their tools wait.
    pub fn end_in_order(&mut self) {
        self.signal("TERM");
        let ended = self.wait(ORDERLY_END);
        assert!(ended.success(), "after SIGTERM: {ended}\n{}", self.last_words());
    }

    /// What it wrote to standard output so far.
    pub fn output(&self) -> String {
        self.read("out")
    }

    /// What it wrote about itself so far.
    pub fn said(&self) -> String {
        self.read("err")
    }

    /// The end of what it wrote about itself.
    pub fn last_words(&self) -> String {
        let said = self.read("err");
        let lines: Vec<&str> = said.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    fn read(&self, ending: &str) -> String {
        let bytes = fs::read(self.said.with_extension(ending)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}.err ends with:\n{}", self.said.display(), self.last_words());
        }
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks again and again until `is_so`, at most for `limit`; returns whether it came to be.
pub fn until(limit: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    while !is_so() {
        if started.elapsed() >= limit {
            return false;
        }
        thread::sleep(LOOK);
    }
    true
}

/// The program lies two folders above the tests' executables, where cargo puts both.
pub fn path() -> PathBuf {
    let own = std::env::current_exe().expect("a test knows its executable");
    own.ancestors().nth(2).expect("it lies in target/debug/deps").join("tidewatch")
}
