//! Cursors: answers that a client fetches bit by bit. An answer has the bounds of every other one.

use std::collections::BTreeMap;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use tidewatch_lake::query::Answer;

/// Cursors that a client may have open.
const MOST: usize = 8;

/// The open cursors of a client.
#[derive(Default)]
pub(super) struct Cursors {
    open: BTreeMap<String, Cursor>,
}

struct Cursor {
    answer: Answer,
    /// The batch that comes next, and how many of its rows were fetched.
    batch: usize,
    row: usize,
}

impl Cursors {
    /// Opens a cursor; one of the same name is closed.
    ///
    /// # Errors
    /// When too many are open, or all of them together would hold more than `memory` bytes.
    pub fn open(&mut self, name: String, answer: Answer, memory: usize) -> Result<(), String> {
        self.open.remove(&name);
        if self.open.len() >= MOST {
            return Err(format!("{MOST} cursors are open already: close one"));
        }
        let held: usize = self.open.values().map(|cursor| cursor.answer.bytes()).sum();
        if held.saturating_add(answer.bytes()) > memory {
            return Err("the cursors that are open hold as much as they may: close one".to_owned());
        }
        self.open.insert(name, Cursor { answer, batch: 0, row: 0 });
        Ok(())
    }

    /// The columns of a cursor.
    pub fn schema(&self, name: &str) -> Option<SchemaRef> {
        self.open.get(name).map(|cursor| cursor.answer.schema.clone())
    }

    /// The next `count` rows, or all that are left.
    pub fn fetch(&mut self, name: &str, count: Option<usize>) -> Option<Answer> {
        self.open.get_mut(name).map(|cursor| cursor.next(count))
    }

    /// Closes a cursor, or all; whether there was one.
    pub fn close(&mut self, name: Option<&str>) -> bool {
        if let Some(name) = name {
            return self.open.remove(name).is_some();
        }
        self.open.clear();
        true
    }
}

impl Cursor {
    fn next(&mut self, count: Option<usize>) -> Answer {
        let mut left = count.unwrap_or(usize::MAX);
        let mut batches: Vec<RecordBatch> = Vec::new();
        while let Some(batch) = self.answer.batches.get(self.batch).filter(|_| left > 0) {
            let rows = (batch.num_rows() - self.row).min(left);
            batches.push(batch.slice(self.row, rows));
            left -= rows;
            self.row += rows;
            if self.row == batch.num_rows() {
                (self.batch, self.row) = (self.batch + 1, 0);
            }
        }
        Answer { schema: self.answer.schema.clone(), batches }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{AsArray as _, Int64Array};
    use arrow::datatypes::{DataType, Field, Int64Type, Schema};

    use super::*;

    fn numbers(lengths: &[i64]) -> Answer {
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)]));
        let mut from = 0;
        let batches = lengths.iter().map(|length| {
            let values: Int64Array = (from..from + length).collect::<Vec<_>>().into();
            from += length;
            RecordBatch::try_new(schema.clone(), vec![Arc::new(values)]).unwrap()
        });
        let batches = batches.collect();
        Answer { schema, batches }
    }

    fn values(answer: &Answer) -> Vec<i64> {
        answer.batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
    }

    #[test]
    fn every_row_is_fetched_once_and_in_order() {
        for step in 1..9 {
            let mut cursors = Cursors::default();
            cursors.open("c".to_owned(), numbers(&[3, 0, 1, 4]), usize::MAX).unwrap();
            let mut fetched = Vec::new();
            loop {
                let next = values(&cursors.fetch("c", Some(step)).unwrap());
                if next.is_empty() {
                    break;
                }
                assert!(next.len() <= step);
                fetched.extend(next);
            }
            assert_eq!(fetched, (0..8).collect::<Vec<_>>(), "in steps of {step}");
        }
    }

    #[test]
    fn the_rest_comes_at_once_and_then_nothing() {
        let mut cursors = Cursors::default();
        cursors.open("c".to_owned(), numbers(&[3, 2]), usize::MAX).unwrap();
        assert_eq!(values(&cursors.fetch("c", Some(2)).unwrap()), [0, 1]);
        assert_eq!(values(&cursors.fetch("c", None).unwrap()), [2, 3, 4]);
        assert!(values(&cursors.fetch("c", None).unwrap()).is_empty());
        assert!(cursors.fetch("d", None).is_none());
        assert!(cursors.close(Some("c")) && !cursors.close(Some("c")));
    }

    #[test]
    fn a_client_has_a_few_cursors_and_not_more() {
        let mut cursors = Cursors::default();
        for name in 0..MOST {
            cursors.open(name.to_string(), numbers(&[1]), usize::MAX).unwrap();
        }
        assert!(cursors.open("more".to_owned(), numbers(&[1]), usize::MAX).is_err());
        cursors.open("0".to_owned(), numbers(&[2]), usize::MAX).unwrap();
        assert!(cursors.open("0".to_owned(), numbers(&[200]), 1_000).is_err());
        assert!(cursors.close(None));
        cursors.open("more".to_owned(), numbers(&[1]), usize::MAX).unwrap();
    }
}
