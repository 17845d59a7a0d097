//! What the tenants of a pool used and lost in the periods that are not charged yet, and how that is stored.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tidewatch_detectors::Cost;
use tidewatch_detectors::contention::Burden;
use tidewatch_detectors::cost::charges::Stretch;
use tidewatch_detectors::cost::{Damage, Meter};
use tidewatch_detectors::window::Closed;
use tidewatch_schemas::{CostSignal, PoolId, SeriesId, SeriesKey, Timestamp};

/// A meter that was not heard of for so long is forgotten, in milliseconds.
const FORGET_AFTER_MS: i64 = 86_400_000;
/// Most stretches that are charged at once; what is left is charged with the next step.
const MOST_STRETCHES: usize = 64;

/// What a pool remembers of what it costs, beside its meters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Account {
    /// The first period that is not charged; absent before anything was measured.
    open: Option<Timestamp>,
    damage: Damage,
}

/// A meter in the store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StoredMeter {
    pub pool: PoolId,
    pub series: SeriesId,
    meter: Meter,
}

/// The meters of a pool.
#[derive(Clone, Debug, Default)]
pub(super) struct Meters {
    meters: BTreeMap<SeriesId, Meter>,
    changed: BTreeSet<SeriesId>,
}

/// What is to be written.
#[derive(Debug, Default)]
pub(super) struct MeterChanges {
    pub put: Vec<StoredMeter>,
    pub over: Vec<SeriesId>,
}

impl Meters {
    /// Takes in the windows of a series that is charged.
    pub fn add(&mut self, cost: &Cost, account: &mut Account, (key, unit): (&SeriesKey, &str), windows: &[Closed]) {
        let id = key.id();
        for window in windows {
            let open = *account.open.get_or_insert_with(|| cost.period_of(window.start));
            let meter = self.meters.entry(id).or_insert_with(|| Meter::new(key, unit));
            meter.add(window, cost.period_ms, open);
            self.changed.insert(id);
        }
    }

    /// Charges what is over at `now`.
    pub fn settle(&mut self, cost: &Cost, account: &mut Account, (pool, now): (&PoolId, Timestamp)) -> Vec<CostSignal> {
        let mut signals = Vec::new();
        for _ in 0..MOST_STRETCHES {
            let Some(open) = account.open else { break };
            let Some(stretch) = cost.next_stretch(open, now, self.meters.values()) else { break };
            signals.extend(self.charge(cost, account, (pool, stretch)));
        }
        signals
    }

    fn charge(&mut self, cost: &Cost, account: &mut Account, (pool, stretch): (&PoolId, Stretch)) -> Vec<CostSignal> {
        let prices = cost.prices_of(pool);
        let mut signals: Vec<CostSignal> =
            prices.flat_map(|price| cost.charges((pool, price), stretch, self.meters.values())).collect();
        signals.extend(account.damage.settle(cost, pool, stretch));
        account.open = Some(stretch.until);
        for (id, meter) in &mut self.meters {
            if meter.settle(stretch.until) {
                self.changed.insert(*id);
            }
        }
        let silent = |meter: &Meter| meter.is_silent(stretch.until + -FORGET_AFTER_MS);
        let gone: Vec<SeriesId> = self.meters.iter().filter(|(_, meter)| silent(meter)).map(|(id, _)| *id).collect();
        for id in gone {
            self.meters.remove(&id);
            self.changed.insert(id);
        }
        signals
    }

    pub fn restore(&mut self, stored: StoredMeter) {
        self.meters.insert(stored.series, stored.meter);
    }

    /// What changed since the last call.
    pub fn take_changes(&mut self, pool: &PoolId) -> MeterChanges {
        let mut changes = MeterChanges::default();
        for series in std::mem::take(&mut self.changed) {
            match self.meters.get(&series) {
                Some(meter) => changes.put.push(StoredMeter { pool: pool.clone(), series, meter: meter.clone() }),
                None => changes.over.push(series),
            }
        }
        changes
    }
}

impl Account {
    /// Takes note of what is borne for `seconds` up to `now`.
    pub fn bear(&mut self, cost: &Cost, burdens: &[Burden], (now, seconds): (Timestamp, f64)) {
        if !burdens.is_empty() && !cost.charges_nothing() {
            let at = now.max(*self.open.get_or_insert_with(|| cost.period_of(now)));
            for burden in burdens {
                self.damage.add(burden, (at, seconds), cost);
            }
        }
    }
}

impl StoredMeter {
    /// The bytes under which a meter is stored.
    pub fn key(pool: &PoolId, series: SeriesId) -> Vec<u8> {
        [pool.as_str().as_bytes(), &[0], &series.0.to_be_bytes()].concat()
    }
}
