//! Work on many series at once, on every core, with the results in the order of the series.

use std::num::NonZero;
use std::thread;

/// What `work` makes of each of `items`.
pub fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let mut done: Vec<(usize, R)> = thread::scope(|scope| {
        let worker = |first: usize| {
            let work = &work;
            scope.spawn(move || {
                let mine = items.iter().enumerate().skip(first).step_by(cores);
                mine.map(|(place, item)| (place, work(item))).collect::<Vec<_>>()
            })
        };
        let workers: Vec<_> = (0..cores).map(worker).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("the work does not stop")).collect()
    });
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..1_000).collect();
        assert_eq!(map(&items, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
    }
}
