//! Opens partitions beside polling. Choosing a state, bringing it back from a checkpoint and reading it may take a minute;
//! a member of the group that does not poll for so long is thrown out, and its other partitions would wait.
//!
//! A partition is asked for when the group assigns it and called off when the group takes it away. What was called off
//! while it was being opened is closed again before anybody opens that partition a second time in this process.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::protocol::{Custody, FailPoints, Owned, OwnershipError};

/// Partitions that are opened at the same time. Reading a state keeps a core busy, and others are being judged.
const AT_A_TIME: usize = 2;
/// How long an orderly end waits for what is being opened. Nothing is lost when it is not waited for.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// Opens partitions.
pub struct Opening {
    shared: Arc<Shared>,
}

/// A partition that was opened, or why it was not.
pub type Opened = Result<Owned, OwnershipError>;

struct Shared {
    custody: Arc<Custody>,
    fail_points: Arc<FailPoints>,
    desk: Mutex<Desk>,
    changed: Condvar,
}

/// What the threads and the one that polls both know.
#[derive(Default)]
struct Desk {
    queue: VecDeque<i32>,
    /// Partitions that are asked for and not ready, each with the number of the asking.
    wanted: BTreeMap<i32, u64>,
    /// Partitions that a thread has in hand.
    busy: BTreeSet<i32>,
    ready: BTreeMap<i32, Opened>,
    asked: u64,
    is_over: bool,
}

impl Opening {
    /// Starts the threads.
    ///
    /// # Errors
    /// When one cannot be started.
    pub fn begin(custody: Arc<Custody>, fail_points: Arc<FailPoints>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { custody, fail_points, desk: Mutex::default(), changed: Condvar::new() });
        let opening = Self { shared };
        for _ in 0..AT_A_TIME {
            let shared = Arc::clone(&opening.shared);
            thread::Builder::new().name("opening".to_owned()).spawn(move || shared.work())?;
        }
        Ok(opening)
    }

    /// Asks for a partition.
    pub fn ask(&self, partition: i32) {
        let mut desk = self.shared.lock();
        desk.asked += 1;
        let number = desk.asked;
        desk.wanted.insert(partition, number);
        desk.queue.push_back(partition);
        self.shared.changed.notify_all();
    }

    /// Takes back what was asked; returns whether it was asked and not yet handed out.
    pub fn call_off(&self, partition: i32) -> bool {
        let mut desk = self.shared.lock();
        desk.queue.retain(|queued| *queued != partition);
        let was_wanted = desk.wanted.remove(&partition).is_some();
        let ready = desk.ready.remove(&partition);
        // A store is closed without holding up the others.
        drop(desk);
        was_wanted || ready.is_some()
    }

    /// Takes back everything.
    pub fn call_off_all(&self) {
        let partitions = {
            let desk = self.shared.lock();
            desk.wanted.keys().chain(desk.ready.keys()).copied().collect::<BTreeSet<i32>>()
        };
        for partition in partitions {
            self.call_off(partition);
            self.shared.custody.release(partition);
        }
    }

    /// A partition that is open, or why it could not be opened.
    #[must_use]
    pub fn take_ready(&self) -> Option<(i32, Opened)> {
        self.shared.lock().ready.pop_first()
    }
}

impl Drop for Opening {
    /// Lets the threads end, and waits a little for what they have in hand.
    fn drop(&mut self) {
        self.call_off_all();
        let mut desk = self.shared.lock();
        desk.is_over = true;
        self.shared.changed.notify_all();
        let waited = self.shared.changed.wait_timeout_while(desk, LAST_WAIT, |desk| !desk.busy.is_empty());
        drop(waited);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        while let Some((partition, number)) = self.next() {
            self.fail_points.linger(partition);
            let is_wanted = || self.lock().wanted.get(&partition) == Some(&number);
            let opened = self.custody.open_while(partition, is_wanted).transpose();
            self.hand_in((partition, number), opened);
        }
    }

    /// The next partition that nobody has in hand; `None` at the end.
    fn next(&self) -> Option<(i32, u64)> {
        let mut desk = self.lock();
        loop {
            if desk.is_over {
                return None;
            }
            let free = desk.queue.iter().position(|queued| !desk.busy.contains(queued));
            let Some(partition) = free.and_then(|place| desk.queue.remove(place)) else {
                desk = self.changed.wait(desk).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            if let Some(number) = desk.wanted.get(&partition).copied() {
                desk.busy.insert(partition);
                return Some((partition, number));
            }
        }
    }

    /// Keeps what is still wanted; anything else is closed before the partition may be opened again.
    fn hand_in(&self, (partition, number): (i32, u64), opened: Option<Opened>) {
        let mut desk = self.lock();
        let is_wanted = desk.wanted.get(&partition) == Some(&number);
        match opened {
            Some(opened) if is_wanted => {
                desk.wanted.remove(&partition);
                desk.ready.insert(partition, opened);
            }
            unwanted => {
                // A store is closed without holding up the others.
                drop(desk);
                drop(unwanted);
                self.custody.release(partition);
                desk = self.lock();
            }
        }
        desk.busy.remove(&partition);
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;
    use crate::config::Config;
    use crate::detect::Settings;
    use crate::protocol::{LocalEpochs, States};
    use crate::state::{MemoryStore, StateStore};

    /// States that say when they are asked for, and wait until they are told to be there.
    struct Slow {
        begun: Mutex<Sender<i32>>,
        gates: BTreeMap<i32, Mutex<Receiver<()>>>,
    }

    impl States for Slow {
        fn choose(&self, partition: i32) -> Result<Box<dyn StateStore>, OwnershipError> {
            self.begun.lock().unwrap().send(partition).unwrap();
            self.gates[&partition].lock().unwrap().recv().unwrap();
            Ok(Box::new(MemoryStore::default()))
        }
    }

    struct Case {
        opening: Opening,
        begun: Receiver<i32>,
        gates: BTreeMap<i32, Sender<()>>,
    }

    fn case() -> Case {
        let (say_begun, begun) = channel();
        let (open_gates, gates): (BTreeMap<_, _>, BTreeMap<_, _>) = [3, 4, 5]
            .map(|partition| {
                let (open_gate, gate) = channel();
                ((partition, open_gate), (partition, Mutex::new(gate)))
            })
            .into_iter()
            .unzip();
        let config = Config::from_text(None, [], &[]).unwrap();
        let states = Slow { begun: Mutex::new(say_begun), gates };
        let custody = Custody::new(Arc::new(Settings::new(&config.detect)), Box::new(states), Box::new(LocalEpochs));
        let opening = Opening::begin(Arc::new(custody), Arc::default()).unwrap();
        Case { opening, begun, gates: open_gates }
    }

    impl Case {
        fn open_gate(&self, partition: i32) {
            self.gates[&partition].send(()).unwrap();
        }

        fn ready(&self) -> i32 {
            loop {
                if let Some((partition, opened)) = self.opening.take_ready() {
                    opened.map_err(|error| error.to_string()).unwrap();
                    return partition;
                }
                thread::yield_now();
            }
        }
    }

    #[test]
    fn a_partition_that_takes_long_does_not_hold_up_another() {
        let case = case();
        case.opening.ask(3);
        case.opening.ask(4);
        let begun = BTreeSet::from([case.begun.recv().unwrap(), case.begun.recv().unwrap()]);
        assert_eq!(begun, BTreeSet::from([3, 4]));
        case.open_gate(4);
        assert_eq!(case.ready(), 4);
        case.opening.ask(5);
        assert_eq!(case.begun.recv().unwrap(), 5);
        case.open_gate(5);
        assert_eq!(case.ready(), 5);
        case.open_gate(3);
        assert_eq!(case.ready(), 3);
        assert!(case.opening.take_ready().is_none());
    }

    #[test]
    fn what_is_called_off_is_closed_before_it_is_opened_again() {
        let case = case();
        case.opening.ask(3);
        assert_eq!(case.begun.recv().unwrap(), 3);
        assert!(case.opening.call_off(3));
        assert!(!case.opening.call_off(3), "it is called off already");
        case.opening.ask(3);
        case.opening.ask(4);
        assert_eq!(case.begun.recv().unwrap(), 4, "the other thread leaves it alone");
        case.open_gate(3);
        assert_eq!(case.begun.recv().unwrap(), 3, "it begins once more");
        case.open_gate(3);
        assert_eq!(case.ready(), 3);
        case.open_gate(4);
        assert_eq!(case.ready(), 4);
        assert!(case.opening.take_ready().is_none(), "the first opening came to nothing");
    }

    #[test]
    fn what_was_ready_and_is_called_off_is_not_handed_out() {
        let case = case();
        case.opening.ask(3);
        case.begun.recv().unwrap();
        case.open_gate(3);
        while case.opening.shared.lock().ready.is_empty() {
            thread::yield_now();
        }
        assert!(case.opening.call_off(3));
        assert!(case.opening.take_ready().is_none());
    }
}
