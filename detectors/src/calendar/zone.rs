//! Where a civil day of a time zone begins and ends, from the time zone database that is part of the program.

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::day::{DAY_MS, Day, Features};
use tidewatch_schemas::Timestamp;

/// The time zone with this name of the IANA database, in any case of letters.
#[must_use]
pub fn zone_named(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// The names of all time zones, for whoever has to say what `zone_named` would have known.
#[must_use]
pub fn zone_names() -> Vec<String> {
    TimeZoneDatabase::bundled().available().map(|name| name.as_str().to_owned()).collect()
}

/// The day in `zone` that holds `at`, with nothing special about it, and its date.
pub(super) fn civil_day(zone: &TimeZone, at: Timestamp) -> Option<(Day, Date)> {
    let moment = jiff::Timestamp::from_millisecond(at.0).ok()?;
    let offset = zone.to_offset(moment);
    let date = offset.to_datetime(moment).date();
    let offset_ms = i64::from(offset.seconds()) * 1000;
    let civil_ms = at.0 + offset_ms;
    let number = i32::try_from(civil_ms.div_euclid(DAY_MS)).ok()?;
    let weekday = u8::try_from(date.weekday().to_monday_zero_offset()).ok()?;
    let midnight = at + -civil_ms.rem_euclid(DAY_MS);
    let from = changed_before(zone, at).map_or(midnight, |change| change.max(midnight));
    let next = midnight + DAY_MS;
    let until = changed_after(zone, at).map_or(next, |change| change.min(next));
    Some((Day { from, until, offset_ms, number, weekday, is_rest: weekday >= 5, features: Features::default() }, date))
}

/// When the distance to UTC that holds at `at` began.
fn changed_before(zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
    // `preceding` does not give a transition at its own argument, which would already be in force.
    let after = jiff::Timestamp::from_millisecond(at.0.checked_add(1)?).ok()?;
    let mut transitions = zone.preceding(after).map(|transition| transition.timestamp());
    transitions.find(|change| changes_offset(zone, *change)).map(|change| Timestamp(change.as_millisecond()))
}

/// When the distance to UTC that holds at `at` ends.
fn changed_after(zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
    let moment = jiff::Timestamp::from_millisecond(at.0).ok()?;
    let mut transitions = zone.following(moment).map(|transition| transition.timestamp());
    transitions.find(|change| changes_offset(zone, *change)).map(|change| Timestamp(change.as_millisecond()))
}

/// Some transitions change only the name of the time.
fn changes_offset(zone: &TimeZone, change: jiff::Timestamp) -> bool {
    let Ok(before) = change.checked_sub(jiff::SignedDuration::from_millis(1)) else { return false };
    zone.to_offset(before) != zone.to_offset(change)
}
