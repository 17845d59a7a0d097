//! Claims the ownership of a partition: the owner is whoever created the highest epoch.
//!
//! Claims are never removed. They are small, one an assignment, and removing them would let a listing that lacks the
//! newest ones hand out an epoch for the second time.

use super::error::CheckpointError;
use super::name::{self, Epoch};
use super::remote::{Creation, Remote};

/// How many epochs are tried that others claimed since they were listed.
const TRIES: u32 = 1_000;

/// The highest epoch of a partition that was ever claimed.
///
/// # Errors
/// When the object store refuses.
pub fn highest(remote: &Remote, partition: i32) -> Result<Option<Epoch>, CheckpointError> {
    let claims = remote.list(&name::epochs(partition))?;
    Ok(claims.iter().filter_map(|claim| name::epoch_of(&claim.name)).max())
}

/// Claims the next epoch of a partition, above `last`. `claimant` is what no other claim says, also none of this process: it tells a
/// claim whose answer was lost from one of somebody else.
///
/// # Errors
/// When the object store refuses, or others are faster every time.
pub fn claim(remote: &Remote, partition: i32, last: Epoch, claimant: &str) -> Result<Epoch, CheckpointError> {
    let mut epoch = highest(remote, partition)?.unwrap_or_default().max(last);
    for _ in 0..TRIES {
        epoch = epoch.next();
        if remote.create(&name::epoch(partition, epoch), claimant.as_bytes())? == Creation::Ours {
            return Ok(epoch);
        }
    }
    Err(CheckpointError::NoEpoch { partition, tries: TRIES, url: remote.url().to_owned() })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use object_store::memory::InMemory;

    use super::*;
    use crate::checkpoint::remote::Patience;

    #[test]
    fn no_epoch_is_claimed_twice_however_many_claim() {
        let store = Arc::new(InMemory::new());
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let store = Arc::clone(&store);
                std::thread::spawn(move || {
                    let remote = Remote::new(store, "memory".to_owned(), Patience::USUAL).unwrap();
                    let claim = |turn| claim(&remote, 3, Epoch(0), &format!("{thread}/{turn}")).unwrap();
                    (0..10).map(claim).collect::<Vec<_>>()
                })
            })
            .collect();
        let claimed: Vec<Vec<Epoch>> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(claimed.iter().all(|of_one| of_one.is_sorted()), "{claimed:?}");
        let distinct: BTreeSet<Epoch> = claimed.concat().into_iter().collect();
        assert_eq!(distinct.len(), 40);
        let remote = Remote::new(store, "memory".to_owned(), Patience::USUAL).unwrap();
        assert_eq!(highest(&remote, 3).unwrap(), distinct.last().copied());
        assert_eq!(highest(&remote, 4).unwrap(), None, "partitions count for themselves");
        assert_eq!(claim(&remote, 4, Epoch(0), "a").unwrap(), Epoch(1));
        assert_eq!(claim(&remote, 4, Epoch(7), "b").unwrap(), Epoch(8), "above what the state knows");
    }
}
