//! An instance's way to the topics, and what the network does on it: no answer, an answer that gets lost, a request that
//! arrives long after its sender is gone, a commit that arrives too early.

use std::cell::RefCell;
use std::rc::Rc;

use tidewatch_pipelines::detect::{Mark, Marks, NumberedNote, Outgoing, Target};
use tidewatch_pipelines::protocol::{Append, Failure, Publish, ReadBack, Scan};

use super::fuse::{Burnt, Fuse};
use super::random::Random;
use super::schedule::Faults;
use super::topics::{Refusal, Topics};

/// The broker and the network in front of it.
#[derive(Debug)]
pub struct Network {
    /// The topics.
    pub topics: Topics,
    /// What goes wrong.
    pub faults: Faults,
    /// Draws of what goes wrong here.
    pub random: Random,
    /// Requests that are still on their way.
    late: Vec<Late>,
}

/// Requests of one producer that are still on their way, in their order.
#[derive(Clone, Debug)]
struct Late {
    producer: u64,
    requests: Vec<Request>,
}

#[derive(Clone, Debug)]
enum Request {
    Produce(Outgoing),
    Commit,
}

/// The way of one process.
pub struct Exit {
    network: Rc<RefCell<Network>>,
    fuse: Fuse,
    producer: Option<u64>,
    sent: Vec<Outgoing>,
}

impl Network {
    /// A network before empty topics.
    pub fn new(faults: Faults, random: Random) -> Self {
        Self { topics: Topics::new(faults.transactions), faults, random, late: Vec::new() }
    }

    /// Some of what is on its way arrives. Requests of one producer keep their order; of those that were to end in a commit
    /// only a beginning may ever arrive.
    pub fn deliver(&mut self) {
        if self.late.is_empty() {
            return;
        }
        let chosen = self.random.below(self.late.len());
        let late = self.late.remove(chosen);
        let arriving =
            if self.random.chance(0.8) { late.requests.len() } else { self.random.below(late.requests.len() + 1) };
        for request in late.requests.iter().take(arriving) {
            let taken = match request {
                Request::Produce(output) => self.topics.produce(late.producer, output),
                Request::Commit => self.topics.commit(late.producer),
            };
            if taken.is_err() {
                break;
            }
        }
    }

    /// Whether anything is on its way.
    pub fn is_quiet(&self) -> bool {
        self.late.is_empty()
    }

    fn no_answer(&mut self) -> Result<(), Failure> {
        let probability = self.faults.no_answer;
        if self.random.chance(probability) { Err(Failure::Doubtful("no answer".to_owned())) } else { Ok(()) }
    }
}

impl Exit {
    /// The way of a process with `fuse`.
    pub fn new(network: &Rc<RefCell<Network>>, fuse: &Fuse) -> Self {
        Self { network: Rc::clone(network), fuse: fuse.clone(), producer: None, sent: Vec::new() }
    }

    fn producer(&self) -> Result<u64, Failure> {
        self.producer.ok_or_else(|| Failure::Doubtful("no producer".to_owned()))
    }

    /// What follows from an answer; after anything but yes the producer is gone.
    fn answer<T>(&mut self, result: Result<T, Failure>) -> Result<T, Failure> {
        if result.is_err() {
            self.producer = None;
            self.sent.clear();
        }
        result
    }

    fn try_send(&mut self, output: &Outgoing) -> Result<(), Failure> {
        let producer = self.producer()?;
        self.fuse.pass().map_err(ended)?;
        let mut network = self.network.borrow_mut();
        network.no_answer()?;
        let late = network.faults.late;
        if network.random.chance(late) {
            let requests = vec![Request::Produce(output.clone())];
            network.late.push(Late { producer, requests });
            return Err(Failure::Doubtful("the request is on its way".to_owned()));
        }
        network.topics.produce(producer, output).map_err(refused)?;
        let torn = network.faults.torn;
        if network.faults.transactions && network.random.chance(torn) {
            // The commit of an earlier transaction comes late and ends this one.
            let _ = network.topics.commit(producer);
            if network.random.chance(0.5) {
                return Err(Failure::Doubtful("the connection is gone".to_owned()));
            }
        }
        drop(network);
        self.sent.push(output.clone());
        self.fuse.pass().map_err(ended)
    }

    fn try_settle(&mut self) -> Result<Marks, Failure> {
        let producer = self.producer()?;
        self.fuse.pass().map_err(ended)?;
        let mut network = self.network.borrow_mut();
        let doubt = network.faults.doubtful;
        if network.faults.transactions {
            if network.random.chance(doubt) {
                match network.random.below(3) {
                    0 => {}
                    1 => network.topics.commit(producer).map_err(refused)?,
                    _ => network.late.push(Late { producer, requests: vec![Request::Commit] }),
                }
                return Err(Failure::Doubtful("no answer to the commit".to_owned()));
            }
            network.topics.commit(producer).map_err(refused)?;
        } else if network.random.chance(doubt) {
            return Err(Failure::Doubtful("an acknowledgement is missing".to_owned()));
        }
        let mut marks = Marks::default();
        for output in &self.sent {
            marks.set(output.target, network.topics.last_of(output.target, output.sequence));
        }
        drop(network);
        self.sent.clear();
        self.fuse.pass().map_err(ended)?;
        Ok(marks)
    }
}

fn ended(_: Burnt) -> Failure {
    Failure::Doubtful("the process ended".to_owned())
}

fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Fenced => Failure::Superseded("fenced".to_owned()),
        Refusal::OutOfOrder => Failure::Doubtful("out of order".to_owned()),
    }
}

impl Publish for Exit {
    fn fence(&mut self, _: u64) -> Result<(), Failure> {
        (self.producer, self.sent) = (None, Vec::new());
        self.network.borrow_mut().no_answer()?;
        let network = Rc::clone(&self.network);
        let producer = self.fuse.effect(|| network.borrow_mut().topics.fence()).map_err(ended)?;
        self.producer = Some(producer);
        Ok(())
    }

    fn send(&mut self, output: &Outgoing) -> Result<(), Failure> {
        let sent = self.try_send(output);
        self.answer(sent)
    }

    fn settle(&mut self) -> Result<Marks, Failure> {
        let settled = self.try_settle();
        self.answer(settled)
    }
}

impl ReadBack for Exit {
    fn scan(&mut self, target: Target, from: Option<i64>) -> Result<Scan, Failure> {
        self.fuse.pass().map_err(ended)?;
        let mut network = self.network.borrow_mut();
        network.no_answer()?;
        if network.topics.is_held_back(target) {
            return Err(Failure::Doubtful("a transaction is open".to_owned()));
        }
        Ok(network.topics.scan(target, from))
    }
}

impl Append for Exit {
    fn append(&mut self, notes: &[NumberedNote]) -> Result<Option<Mark>, Failure> {
        self.fuse.pass().map_err(ended)?;
        let mut network = self.network.borrow_mut();
        network.no_answer()?;
        let all = notes.len();
        let taken = if network.random.chance(0.1) { network.random.below(all + 1) } else { all };
        network.topics.notes.extend(notes.iter().take(taken).cloned());
        let offset = i64::try_from(network.topics.notes.len()).expect("few") - 1;
        drop(network);
        self.fuse.pass().map_err(ended)?;
        if taken < all {
            return Err(Failure::Doubtful("not all are acknowledged".to_owned()));
        }
        let last = notes.iter().rfind(|numbered| numbered.note.target() == Target::Findings);
        Ok(last.map(|last| Mark { sequence: last.sequence, offset }))
    }
}
