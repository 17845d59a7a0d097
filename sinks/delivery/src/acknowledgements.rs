//! What the broker has answered to records that were handed to the client, and what it has not.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::ProducerContext;

/// The answers, shared between those who send and the client.
#[derive(Default)]
pub(crate) struct Answers {
    state: Mutex<State>,
    all_there: Condvar,
}

/// What was answered, and what was not.
#[derive(Default)]
pub(crate) struct State {
    /// Records that were handed to the client and not answered for.
    pub waiting: usize,
    /// Topics of the records that were not acknowledged, and why.
    pub failures: Vec<(String, KafkaError)>,
    /// Highest offset of the acknowledged records, by topic.
    pub offsets: BTreeMap<String, i64>,
}

/// Passes the broker's answers on.
pub(crate) struct Acknowledgements(pub Arc<Answers>);

impl ClientContext for Acknowledgements {}

impl ProducerContext for Acknowledgements {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(message) => self.0.acknowledged(message.topic(), message.offset()),
            Err((error, message)) => self.0.answered(Some((message.topic().to_owned(), error.clone()))),
        }
    }
}

impl Answers {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note that a record is about to be handed to the client: counted before the answer can come.
    pub fn expect_one(&self) {
        self.state().waiting += 1;
    }

    fn acknowledged(&self, topic: &str, offset: i64) {
        let mut state = self.state();
        match state.offsets.get_mut(topic) {
            Some(highest) => *highest = offset.max(*highest),
            None => drop(state.offsets.insert(topic.to_owned(), offset)),
        }
        drop(state);
        self.answered(None);
    }

    /// Takes note of an answer.
    pub fn answered(&self, failure: Option<(String, KafkaError)>) {
        let mut state = self.state();
        state.waiting = state.waiting.saturating_sub(1);
        state.failures.extend(failure);
        if state.waiting == 0 {
            self.all_there.notify_all();
        }
    }

    /// Waits until no record is without an answer; returns how many still are, and the first failure.
    pub fn wait(&self, patience: Duration) -> (usize, Option<(String, KafkaError)>) {
        let waited = self.all_there.wait_timeout_while(self.state(), patience, |state| state.waiting > 0);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (state.waiting, std::mem::take(&mut state.failures).into_iter().next())
    }
}
