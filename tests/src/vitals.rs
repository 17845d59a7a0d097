//! How a running instance does: memory, files and threads as the kernel counts them, outbox and checkpoints as it says
//! itself. And the courses these take over a soak, with the bounds that a soak fails on.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::time::Duration;

use crate::program::Program;

/// Hours of a third of a soak from which memory is bounded: shorter ones only warm up.
const WARM: f64 = 0.05;
/// What an instance says of itself every so often.
const LINE: &str = "so far";

/// One look at an instance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vitals {
    /// Memory that it occupies, in MiB.
    pub memory: f64,
    /// Files and sockets that it has open.
    pub files: f64,
    /// Its threads.
    pub threads: f64,
    /// What it says of its outputs and checkpoints, once it has said something.
    pub said: Option<Said>,
}

/// What it says of its outputs and checkpoints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Said {
    /// Outputs that wait.
    pub outbox: f64,
    /// Seconds since checkpoints held everything.
    pub checkpoint_age: Option<f64>,
}

impl Vitals {
    /// Looks at a process; `None` when it has ended.
    pub fn of(program: &Program) -> Option<Self> {
        let process = format!("/proc/{}", program.id());
        let status = fs::read_to_string(format!("{process}/status")).ok()?;
        let number = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key))?;
            line.split_whitespace().next()?.parse::<f64>().ok()
        };
        let files = fs::read_dir(format!("{process}/fd")).ok()?.count() as f64;
        let memory = number("VmRSS:")? / 1024.0;
        Some(Self { memory, files, threads: number("Threads:")?, said: Said::last(&program.said()) })
    }
}

impl Said {
    /// The last that is said in a log of JSON lines, of which the last may be half written.
    pub fn last(log: &str) -> Option<Self> {
        log.lines().rev().filter(|line| line.contains(LINE)).find_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            let fields = line.get("fields").filter(|fields| fields["message"] == LINE)?;
            Some(Self { outbox: fields["outbox"].as_f64()?, checkpoint_age: fields["checkpoint_age"].as_f64() })
        })
    }
}

/// How a number went, by the seconds since the begin.
#[derive(Clone, Debug, Default)]
pub struct Course(Vec<(f64, f64)>);

impl Course {
    /// Takes note of a number; time does not go back.
    pub fn push(&mut self, at: Duration, value: f64) {
        self.0.push((at.as_secs_f64(), value));
    }

    /// The highest.
    pub fn highest(&self) -> f64 {
        self.0.iter().map(|(_, value)| *value).fold(f64::NAN, f64::max)
    }

    /// The median of a third of the time; 0 is the first one.
    pub fn third(&self, which: u8) -> f64 {
        let (Some(first), Some(last)) = (self.0.first(), self.0.last()) else { return f64::NAN };
        let third = (last.0 - first.0) / 3.0;
        let from = first.0 + third * f64::from(which);
        median(self.0.iter().filter(|(at, _)| (from..=from + third + 1e-9).contains(at)).map(|(_, value)| *value))
    }

    /// How much it grew from the middle third to the last one. The first third is for warming up.
    pub fn growth(&self) -> f64 {
        self.third(2) - self.third(1)
    }

    /// Hours from the middle of the middle third to the middle of the last one.
    fn hours(&self) -> f64 {
        let (Some(first), Some(last)) = (self.0.first(), self.0.last()) else { return 0.0 };
        (last.0 - first.0) / 3.0 / 3600.0
    }
}

impl Display for Course {
    /// As cells of a table: lowest, median, highest, medians of the first, the middle and the last third, how often it was looked.
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let values = || self.0.iter().map(|(_, value)| *value);
        let lowest = values().fold(f64::NAN, f64::min);
        let numbers = [lowest, median(values()), self.highest(), self.third(0), self.third(1), self.third(2)];
        for number in numbers {
            let digits = usize::from(number.fract() != 0.0);
            write!(out, " {number:.digits$} |")?;
        }
        write!(out, " {} |", self.0.len())
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The courses of a soak by what they are of.
#[derive(Debug, Default)]
pub struct Soak(BTreeMap<&'static str, Course>);

/// Memory of the instance that lives through it all.
pub const MEMORY: &str = "memory of the steady instance, MiB";
/// Its files and sockets.
pub const FILES: &str = "its open files and sockets";
/// Its threads.
pub const THREADS: &str = "its threads";
/// Outputs that wait, of any instance.
pub const OUTBOX: &str = "outputs that wait in an instance";
/// Seconds since checkpoints held everything, of any instance.
pub const AGE: &str = "checkpoint age of an instance, s";
/// Records that ingest has still to read.
pub const INGEST_LAG: &str = "records behind, ingest";
/// Records that detect has still to read.
pub const DETECT_LAG: &str = "records behind, detect";

/// What a soak fails on.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// MiB that memory may grow in an hour, once warm.
    pub memory_per_hour: f64,
    /// MiB that it may grow besides, however short the time.
    pub memory_slack: f64,
    /// Most files and sockets.
    pub files: f64,
    /// Most threads.
    pub threads: f64,
    /// Highest checkpoint age in seconds.
    pub checkpoint_age: f64,
}

impl Soak {
    /// Takes note of a number.
    pub fn push(&mut self, what: &'static str, at: Duration, value: f64) {
        self.0.entry(what).or_default().push(at, value);
    }

    /// Takes note of a look at an instance.
    pub fn looked(&mut self, vitals: &Vitals, at: Duration, is_steady: bool) {
        if is_steady {
            self.push(MEMORY, at, vitals.memory);
            self.push(FILES, at, vitals.files);
            self.push(THREADS, at, vitals.threads);
        }
        if let Some(said) = vitals.said {
            self.push(OUTBOX, at, said.outbox);
            said.checkpoint_age.into_iter().for_each(|age| self.push(AGE, at, age));
        }
    }

    /// What is out of bounds, a sentence each. What was never looked at is out of bounds, too.
    pub fn broken(&self, bounds: &Bounds) -> Vec<String> {
        let nothing = Course::default();
        let of = |what| self.0.get(what).unwrap_or(&nothing);
        let memory = of(MEMORY);
        let is_warm = memory.hours() >= WARM;
        let allowed =
            if is_warm { bounds.memory_slack + bounds.memory_per_hour * memory.hours() } else { f64::INFINITY };
        let limits = [
            ("growth of the memory, MiB", memory.growth(), allowed),
            (FILES, of(FILES).highest(), bounds.files),
            (THREADS, of(THREADS).highest(), bounds.threads),
            (AGE, of(AGE).highest(), bounds.checkpoint_age),
        ];
        let is_broken = |(_, value, limit): &(_, f64, f64)| value.is_nan() || value > limit;
        let tell = |(what, value, limit)| format!("{what}: {value:.1}, at most {limit:.1}");
        limits.into_iter().filter(is_broken).map(tell).collect()
    }
}

impl Display for Soak {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        writeln!(out, "| | lowest | median | highest | first third | middle | last | looks |")?;
        writeln!(out, "|---|---:|---:|---:|---:|---:|---:|---:|")?;
        for what in [MEMORY, FILES, THREADS, OUTBOX, AGE, INGEST_LAG, DETECT_LAG] {
            writeln!(out, "| {what} |{}", self.0.get(what).unwrap_or(&Course::default()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds =
        Bounds { memory_per_hour: 8.0, memory_slack: 2.0, files: 100.0, threads: 50.0, checkpoint_age: 60.0 };

    /// An hour, with a look each second at an instance with so much memory by the hours.
    fn hour(memory: impl Fn(f64) -> f64, files: f64, age: f64) -> Soak {
        let mut soak = Soak::default();
        for second in 0_u16..3600 {
            let said = Some(Said { outbox: 0.0, checkpoint_age: Some(age) });
            let vitals = Vitals { memory: memory(f64::from(second) / 3600.0), files, threads: 20.0, said };
            soak.looked(&vitals, Duration::from_secs(second.into()), true);
        }
        soak
    }

    #[test]
    fn an_instance_that_stays_as_it_is_breaks_no_bound() {
        assert_eq!(hour(|_| 80.0, 90.0, 7.0).broken(&BOUNDS), [""; 0]);
    }

    #[test]
    fn warming_up_is_not_growth() {
        assert_eq!(hour(|hours| 80.0 + 100.0 * hours.min(0.3), 90.0, 7.0).broken(&BOUNDS), [""; 0]);
    }

    #[test]
    fn each_bound_can_be_broken() {
        let cases = [
            ("memory that grows", hour(|hours| 80.0 + 20.0 * hours, 90.0, 7.0), "growth of the memory"),
            ("files that are left open", hour(|_| 80.0, 101.0, 7.0), FILES),
            ("checkpoints that are not taken", hour(|_| 80.0, 90.0, 61.0), AGE),
        ];
        for (name, soak, broken) in cases {
            let found = soak.broken(&BOUNDS);
            assert!(found.len() == 1 && found[0].starts_with(broken), "{name}: {found:?}");
        }
        assert_eq!(Soak::default().broken(&BOUNDS).len(), 4, "what was never looked at is not fine");
    }

    #[test]
    fn the_last_whole_line_counts() {
        let line = |outbox| {
            format!(r#"{{"level":"INFO","fields":{{"message":"so far","outbox":{outbox},"checkpoint_age":1.5}}}}"#)
        };
        let log = format!("{}\n{}\nso far no JSON\n{{\"fields\":{{\"message\":\"so far\",\"outb", line(7), line(3));
        assert_eq!(Said::last(&log), Some(Said { outbox: 3.0, checkpoint_age: Some(1.5) }));
        assert_eq!(Said::last("nothing"), None);
    }
}
