//! Moves what the partitions of a topic remember to the partitions of a topic that was made anew with another number of
//! them: every pool, with all that belongs to it, to the partition that its key hashes to.
//!
//! Pools know nothing of each other, so they go on in the other partition as they would have in their own. Values are
//! moved byte for byte. What belongs to a partition as a whole is joined: its numbers go on above all that were given, so that no
//! reader and no read-back takes an output for one that it knows; what was seen of a source in any partition counts as
//! seen in all. The latter is right only where ingest was not stopped half way through a record.

use tidewatch_schemas::PoolId;
use tidewatch_schemas::partition::partition_of;

use super::archive::StoredPast;
use super::classes::StoredClass;
use super::costs::StoredMeter;
use super::lineage::Lineage;
use super::loss::Losses;
use super::outbox::{Outbox, PUBLISHED};
use super::processor::{EPOCH, PROGRESS, ProcessorError};
use super::progress::Progress;
use super::sharing::StoredSharing;
use super::stored::{self, StoredPool, StoredSeries};
use super::tenants::StoredTenant;
use crate::state::{Batch, Family, StateStore};

/// Values of a batch.
const PER_BATCH: usize = 5_000;
/// Families whose values belong to a pool.
const OF_POOLS: [Family; 7] =
    [Family::Pools, Family::Classes, Family::Tenants, Family::Sharing, Family::Meters, Family::Archive, Family::Series];

/// What was moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// The offset that each partition would have read next; `None` where it never read anything.
    pub stood_at: Vec<Option<i64>>,
    /// Pools and series that each partition has got.
    pub got: Vec<Got>,
    /// The last number that was given to an output by any partition.
    pub sequence: u64,
    /// What the moved state is told by from the one before.
    pub lineage: Lineage,
}

/// What a partition has got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Got {
    /// Pools.
    pub pools: usize,
    /// Series.
    pub series: usize,
}

/// The state cannot be moved. What was written of it until then is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ReshardError {
    /// A store failed, or was written by another release.
    #[error(transparent)]
    Processor(#[from] ProcessorError),
    /// Outputs are decided and not known to be published.
    #[error("{}: start the service until all is published, and stop it in order", told(.waiting))]
    Waiting {
        /// Which partitions, and how many outputs of each.
        waiting: Vec<(usize, usize)>,
    },
    /// The states are of different histories.
    #[error(
        "partition {number} is of the lineage {lineage} and partition 0 of {of_first}: bring the states of one lineage together"
    )]
    Mixed {
        /// The partition that is not like the first one.
        number: usize,
        /// Its lineage.
        lineage: Lineage,
        /// That of partition 0.
        of_first: Lineage,
    },
    /// A pool lies in another partition than its key says.
    #[error(
        "pool {pool} lies in partition {found} and belongs to partition {expected} of {count}: the number of partitions must be \
         that of the topic that the state is of"
    )]
    Misplaced {
        /// The pool.
        pool: PoolId,
        /// Where it lies.
        found: usize,
        /// Where it belongs.
        expected: usize,
        /// Number of partitions there are said to be.
        count: usize,
    },
}

fn told(waiting: &[(usize, usize)]) -> String {
    let one =
        |(number, count): &(usize, usize)| format!("partition {number} has {count} outputs that are not published");
    waiting.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Moves everything from the stores of all partitions, in their order, to empty stores.
///
/// # Errors
/// When outputs wait in a store, the stores are not those of all partitions, or one fails.
pub fn reshard(from: &[Box<dyn StateStore>], to: &mut [Box<dyn StateStore>]) -> Result<Moved, ReshardError> {
    refuse_waiting(from)?;
    let before = one_lineage(from)?;
    let (mut progress, mut epoch) = (Vec::new(), 0_u64);
    for store in from {
        progress.push(read(&**store, PROGRESS, "the progress of a partition")?.unwrap_or_default());
        epoch = epoch.max(read(&**store, EPOCH, "an epoch")?.unwrap_or(0));
    }
    let facts = stored::encode(&(&progress, epoch, to.len() as u64)).map_err(ProcessorError::from)?;
    let mut moved = Moved {
        stood_at: progress.iter().map(|one: &Progress| one.next_offset).collect(),
        got: vec![Got::default(); to.len()],
        sequence: 0,
        lineage: before.moved(&facts),
    };
    for (number, store) in from.iter().enumerate() {
        for family in OF_POOLS {
            move_family(&**store, family, (number, from.len()), to, &mut moved)?;
        }
    }
    // Last: a store without it was not completed.
    let anew = Progress::made_anew(&progress);
    moved.sequence = anew.sequence;
    join(from, &Joined { progress: &anew, epoch, lineage: &moved.lineage }, to)?;
    Ok(moved)
}

/// The lineage that all states have.
fn one_lineage(from: &[Box<dyn StateStore>]) -> Result<Lineage, ReshardError> {
    let lineages = from.iter().map(|store| Lineage::of(&**store)).collect::<Result<Vec<_>, _>>()?;
    let of_first = lineages.first().cloned().unwrap_or_default();
    match lineages.into_iter().enumerate().find(|(_, lineage)| *lineage != of_first) {
        None => Ok(of_first),
        Some((number, lineage)) => Err(ReshardError::Mixed { number, lineage, of_first }),
    }
}

fn refuse_waiting(from: &[Box<dyn StateStore>]) -> Result<(), ReshardError> {
    let mut waiting = Vec::new();
    for (number, store) in from.iter().enumerate() {
        let outbox = Outbox::open(&**store)?;
        if !outbox.is_empty() {
            waiting.push((number, outbox.len()));
        }
    }
    if waiting.is_empty() { Ok(()) } else { Err(ReshardError::Waiting { waiting }) }
}

fn move_family(
    store: &dyn StateStore,
    family: Family,
    (number, count): (usize, usize),
    to: &mut [Box<dyn StateStore>],
    moved: &mut Moved,
) -> Result<(), ReshardError> {
    let mut batches = vec![Batch::default(); to.len()];
    for (key, value) in store.scan(family).map_err(ProcessorError::from)? {
        let pool = pool_of(family, &value)?;
        let expected = place(&pool, count);
        if expected != number {
            return Err(ReshardError::Misplaced { pool, found: number, expected, count });
        }
        let target = place(&pool, to.len());
        let (Some(batch), Some(store)) = (batches.get_mut(target), to.get_mut(target)) else { continue };
        batch.put(family, key, value);
        if batch.changes().len() >= PER_BATCH {
            store.write(&std::mem::take(batch)).map_err(ProcessorError::from)?;
        }
        if let Some(got) = moved.got.get_mut(target) {
            got.pools += usize::from(family == Family::Pools);
            got.series += usize::from(family == Family::Series);
        }
    }
    for (batch, store) in batches.iter().zip(to) {
        store.write(batch).map_err(ProcessorError::from)?;
    }
    Ok(())
}

/// Reads the whole value: one that is damaged, or of another release, is not moved.
fn pool_of(family: Family, value: &[u8]) -> Result<PoolId, ProcessorError> {
    Ok(match family {
        Family::Pools => stored::decode::<StoredPool>("a pool", value)?.id,
        Family::Classes => stored::decode::<StoredClass>("a class", value)?.key.pool,
        Family::Tenants => stored::decode::<StoredTenant>("a tenant", value)?.pool,
        Family::Sharing => stored::decode::<StoredSharing>("what tenants share", value)?.pool,
        Family::Meters => stored::decode::<StoredMeter>("a meter", value)?.pool,
        Family::Archive => stored::decode::<StoredPast>("an incident that is over", value)?.pool,
        _ => stored::decode::<StoredSeries>("a series", value)?.key.pool,
    })
}

fn place(pool: &PoolId, count: usize) -> usize {
    let partition = partition_of(pool.as_str().as_bytes(), i32::try_from(count).unwrap_or(i32::MAX));
    usize::try_from(partition).unwrap_or(0)
}

/// What every partition gets of what belonged to partitions as a whole.
struct Joined<'a> {
    progress: &'a Progress,
    epoch: u64,
    lineage: &'a Lineage,
}

/// Writes what belongs to partitions as a whole.
fn join(
    from: &[Box<dyn StateStore>],
    joined: &Joined<'_>,
    to: &mut [Box<dyn StateStore>],
) -> Result<(), ProcessorError> {
    let count = to.len().max(1);
    for (number, store) in to.iter_mut().enumerate() {
        let mut batch = Batch::default();
        let mut losses = Losses::default();
        for other in from.iter().skip(number).step_by(count) {
            losses.take_over(Losses::open(&**other)?);
        }
        losses.write(&mut batch)?;
        // Outputs carry the number of their partition: what stands in the topics under this one was published by it.
        if let Some(other) = from.get(number)
            && let Some(published) = other.get(Family::Meta, PUBLISHED)?
        {
            batch.put(Family::Meta, PUBLISHED.to_vec(), published);
        }
        batch.put(Family::Meta, EPOCH.to_vec(), stored::encode(&joined.epoch)?);
        joined.lineage.write(&mut batch)?;
        batch.put(Family::Meta, PROGRESS.to_vec(), stored::encode(joined.progress)?);
        store.write(&batch)?;
    }
    Ok(())
}

fn read<T: serde::de::DeserializeOwned>(
    store: &dyn StateStore,
    key: &[u8],
    what: &str,
) -> Result<Option<T>, ProcessorError> {
    let bytes = store.get(Family::Meta, key)?;
    Ok(bytes.map(|bytes| stored::decode(what, &bytes)).transpose()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::costs::Account;
    use crate::detect::{Gap, Kinship, Missing};
    use crate::state::MemoryStore;

    fn stores(count: usize) -> Vec<Box<dyn StateStore>> {
        (0..count).map(|_| Box::new(MemoryStore::default()) as Box<dyn StateStore>).collect()
    }

    fn with_loss(partition: i32) -> Box<dyn StateStore> {
        let (topic, missing) = ("t".into(), Missing::Deleted);
        let mut losses = Losses::default();
        losses.add(&Gap { topic, partition, from: 1, to: 2, resume: 2, missing });
        let (mut batch, mut store) = (Batch::default(), MemoryStore::default());
        losses.write(&mut batch).unwrap();
        batch.put(Family::Meta, EPOCH.to_vec(), stored::encode(&u64::from(partition.unsigned_abs() + 5)).unwrap());
        store.write(&batch).unwrap();
        Box::new(store)
    }

    #[test]
    fn what_belongs_to_partitions_as_a_whole_is_joined_and_losses_are_not_lost() {
        let from: Vec<_> = (0..5).map(with_loss).collect();
        for count in [1, 2, 5, 8] {
            let mut to = stores(count);
            let moved = reshard(&from, &mut to).unwrap();
            assert_eq!(
                moved.lineage,
                reshard(&from, &mut stores(count)).unwrap().lineage,
                "a move is told by what it is"
            );
            let mut losses = Losses::default();
            for store in &to {
                losses.take_over(Losses::open(&**store).unwrap());
                assert_eq!(read::<u64>(&**store, EPOCH, "an epoch").unwrap(), Some(9));
                let progress: Progress = read(&**store, PROGRESS, "the progress").unwrap().unwrap();
                assert_eq!(progress.next_offset, Some(0));
                assert_eq!(Lineage::of(&**store).unwrap(), moved.lineage, "{count}");
            }
            assert_eq!(losses.pass(tidewatch_schemas::Timestamp(1), 1, || (None, Vec::new())).len(), 5, "{count}");
        }
    }

    #[test]
    fn each_move_is_told_from_others_and_states_of_two_lineages_are_not_mixed() {
        let from: Vec<_> = (0..2).map(with_loss).collect();
        let (mut two, mut three) = (stores(2), stores(3));
        let to_two = reshard(&from, &mut two).unwrap().lineage;
        let to_three = reshard(&from, &mut three).unwrap().lineage;
        assert_eq!(to_two.kinship(&to_three), Kinship::Foreign);
        let back = reshard(&three, &mut stores(2)).unwrap().lineage;
        assert_eq!((to_three.kinship(&back), to_two.kinship(&back)), (Kinship::Earlier, Kinship::Foreign));
        three.swap_remove(1);
        three.push(from.into_iter().next().unwrap());
        let error = reshard(&three, &mut stores(2)).unwrap_err();
        assert!(matches!(error, ReshardError::Mixed { number: 2, .. }), "{error}");
    }

    #[test]
    fn a_pool_that_lies_elsewhere_shows_that_the_number_of_partitions_is_wrong() {
        let mut from = stores(4);
        let pool = PoolId::from("eu-1");
        let belongs = place(&pool, 4);
        let state = StoredPool {
            account: Account::default(),
            id: pool,
            time: tidewatch_schemas::Timestamp(0),
            pulse: tidewatch_detectors::silence::Rhythm::default(),
            resumed: None,
            heard_at: None,
            quiet: false,
            cases: tidewatch_detectors::grouping::State::default(),
            locks: tidewatch_detectors::locks::State::default(),
            refused: super::super::folded::Folded::default(),
            undelivered: super::super::undelivered::Undelivered::default(),
            last_origin: None,
        };
        let mut batch = Batch::default();
        batch.put(Family::Pools, b"eu-1".to_vec(), stored::encode(&state).unwrap());
        from[belongs].write(&batch).unwrap();
        let moved = reshard(&from, &mut stores(3)).unwrap();
        assert_eq!(moved.got.iter().map(|got| got.pools).sum::<usize>(), 1);
        from.swap(belongs, (belongs + 1) % 4);
        let error = reshard(&from, &mut stores(3)).unwrap_err();
        assert!(matches!(error, ReshardError::Misplaced { expected, count: 4, .. } if expected == belongs), "{error}");
    }
}
