//! What one series has seen of the special days: per feature and block of the day, on how many days and what on average.

use serde::{Deserialize, Serialize};

use super::packed::Packed;
use crate::calendar::Feature;

/// Blocks of a day. With two day parts an ordinary month end alarms ten times as often as with six.
pub(super) const BLOCKS: usize = 6;
/// Days that a mean remembers: later ones replace the oldest gradually.
const MOST_DAYS: u8 = 8;
/// Days beyond which a member of a class counts no more.
const MOST_WEIGHT: u8 = 6;

/// A feature in a block of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub feature: Feature,
    pub block: usize,
}

/// The mean over the days on which a slot was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Seen {
    pub days: u8,
    pub mean: f64,
}

impl Seen {
    /// What a member with this much evidence weighs in its class.
    pub fn weight(self) -> u8 {
        self.days.min(MOST_WEIGHT)
    }
}

/// All of it for one series; features that never came take no room.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Own {
    rows: Vec<Row>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    feature: u8,
    days: [u8; BLOCKS],
    means: [Packed; BLOCKS],
}

impl Own {
    /// What was seen of `slot`.
    pub fn seen(&self, slot: Slot) -> Seen {
        let row = self.rows.iter().find(|row| row.feature == slot.feature as u8);
        row.map_or_else(Seen::default, |row| row.seen(slot.block))
    }

    /// Takes a further day into the mean of `slot`.
    pub fn add(&mut self, slot: Slot, remainder: f64) {
        let Some(row) = self.row_mut(slot.feature) else { return };
        let seen = row.seen(slot.block);
        let days = (seen.days + 1).min(MOST_DAYS);
        let mean = seen.mean + (remainder - seen.mean) / f64::from(days);
        if let (Some(count), Some(kept)) = (row.days.get_mut(slot.block), row.means.get_mut(slot.block)) {
            (*count, *kept) = (days, Packed::new(mean));
        }
    }

    fn row_mut(&mut self, feature: Feature) -> Option<&mut Row> {
        let place = self.rows.iter().position(|row| row.feature == feature as u8).unwrap_or_else(|| {
            self.rows.reserve_exact(1);
            self.rows.push(Row { feature: feature as u8, days: [0; BLOCKS], means: [Packed::default(); BLOCKS] });
            self.rows.len() - 1
        });
        self.rows.get_mut(place)
    }

    /// Every slot that was seen, in the order in which features first came.
    pub fn slots(&self) -> impl Iterator<Item = (Slot, Seen)> {
        let slots = self.rows.iter().flat_map(|row| {
            let feature = Feature::ALL.get(usize::from(row.feature)).copied();
            feature
                .into_iter()
                .flat_map(move |feature| (0..BLOCKS).map(move |block| (Slot { feature, block }, row.seen(block))))
        });
        slots.filter(|(_, seen)| seen.days > 0)
    }

    /// Bytes of the rows.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.rows.capacity() * size_of::<Row>()
    }
}

impl Row {
    fn seen(&self, block: usize) -> Seen {
        let days = self.days.get(block).copied().unwrap_or_default();
        Seen { days, mean: self.means.get(block).copied().unwrap_or_default().get() }
    }
}
