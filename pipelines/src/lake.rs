//! The lake of a configuration: where it is, and what SQL knows of calendars.

pub mod upkeep;

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use tidewatch_detectors::calendar::{BusinessDays, Calendar, Calendars, Country, Feature, Holidays, zone_named};
use tidewatch_lake::{Store, query};
use tidewatch_schemas::{TenantId, Timestamp};

use crate::checkpoint::Location;

/// The store at `location`.
///
/// # Errors
/// When the place cannot be used.
pub fn store(location: &Location, options: &BTreeMap<String, String>) -> Result<Store, PlaceError> {
    let url = location.to_string();
    match location.objects(options) {
        Ok(objects) => Ok(Store::new(objects, url)),
        Err(cause) => Err(PlaceError { url, cause }),
    }
}

/// The place of the lake cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the lake at {url}: {cause}")]
pub struct PlaceError {
    /// The place.
    pub url: String,
    /// Why not.
    pub cause: String,
}

/// What SQL knows of zones and calendars: those of the configuration, and those of countries.
#[derive(Clone, Debug)]
pub struct KnownCalendars {
    calendars: Calendars,
    /// The one tenant whose calendar may be named; any where it is absent.
    only: Option<String>,
}

impl KnownCalendars {
    /// The calendars of a configuration, for those who may know that of `only` one tenant or, without, of all.
    #[must_use]
    pub fn new(calendars: Calendars, only: Option<String>) -> Self {
        Self { calendars, only }
    }

    /// An empty name is the calendar of those without one of their own, two capital letters are a country, and any other
    /// name is a tenant.
    fn named(&self, name: &str) -> Result<BusinessDays, String> {
        if name.len() == 2 && name.chars().all(|letter| letter.is_ascii_uppercase()) {
            let country =
                Country::named(name).ok_or_else(|| format!("there is no country {name:?} with a calendar"))?;
            let holidays = Holidays { country: Some(country.into()), ..Holidays::default() };
            return Ok(BusinessDays { holidays: holidays.into(), ..BusinessDays::default() });
        }
        if self.only.as_deref().is_some_and(|only| only != name && !name.is_empty()) {
            return Err(format!("there is no calendar {name:?}: write '' or your own name"));
        }
        Ok(self.calendars.of(&TenantId::from(name)).business.clone())
    }

    fn zone_of(&self, name: &str) -> TimeZone {
        self.calendars.of(&TenantId::from(name)).zone.clone()
    }
}

impl query::Calendars for KnownCalendars {
    fn season_of(&self, at: Timestamp, zone: &str) -> Result<String, String> {
        let zone = zone_named(zone).ok_or_else(|| {
            format!("there is no time zone {zone:?}: write one of the IANA database, such as Europe/Berlin")
        })?;
        let calendar = Calendar { zone, ..Calendar::default() };
        let day = calendar.day(at);
        let hour = day.time_of_day(at) / 3_600_000;
        Ok(format!("{} {hour:02}", day_name(&day)))
    }

    fn business_days_to_month_end(&self, at: Timestamp, calendar: &str) -> Result<i64, String> {
        let business = self.named(calendar)?;
        let zone = self.zone_of(calendar);
        let moment = jiff::Timestamp::from_millisecond(at.0).map_err(|error| error.to_string())?;
        let date = moment.to_zoned(zone).date();
        let following = std::iter::successors(date.tomorrow().ok(), |day: &Date| day.tomorrow().ok());
        let rest = following.take_while(|day| day.month() == date.month());
        Ok(i64::try_from(rest.filter(|day| business.has(*day)).count()).unwrap_or(i64::MAX))
    }
}

/// The place of a day among the business days of its month where that is what tells it apart, else its weekday.
fn day_name(day: &tidewatch_detectors::calendar::Day) -> &'static str {
    const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let places = [
        (Feature::Last, "last business day"),
        (Feature::SecondLast, "second last business day"),
        (Feature::First, "first business day"),
    ];
    let place = places.into_iter().find(|(feature, _)| day.features.has(*feature)).map(|(_, name)| name);
    place.or_else(|| WEEKDAYS.get(usize::from(day.weekday)).copied()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use query::Calendars as _;
    use tidewatch_detectors::calendar::Member;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn known(only: Option<&str>) -> KnownCalendars {
        let tokyo = Calendar { zone: zone_named("Asia/Tokyo").unwrap(), ..Calendar::default() };
        let acme = Member { calendar: tokyo.into(), class: "".into() };
        let calendars = Calendars::new(Member::default(), BTreeMap::from([("acme".into(), acme)]));
        KnownCalendars::new(calendars, only.map(str::to_owned))
    }

    #[test]
    fn a_season_is_that_of_the_civil_time_also_when_clocks_change() {
        let cases = [
            ("2026-11-24T09:30:00Z", "UTC", "tuesday 09"),
            ("2026-11-24T23:30:00Z", "Europe/Berlin", "wednesday 00"),
            // The hour that comes twice, and the two sides of the one that is left out.
            ("2026-10-25T00:30:00Z", "Europe/Berlin", "sunday 02"),
            ("2026-10-25T01:30:00Z", "Europe/Berlin", "sunday 02"),
            ("2026-03-29T00:59:59Z", "Europe/Berlin", "sunday 01"),
            ("2026-03-29T01:00:00Z", "Europe/Berlin", "sunday 03"),
            ("2026-11-30T22:59:59Z", "Europe/Berlin", "last business day 23"),
            ("2026-11-30T23:00:00Z", "Europe/Berlin", "first business day 00"),
            ("2026-11-27T12:00:00Z", "UTC", "second last business day 12"),
            ("2026-11-28T12:00:00Z", "UTC", "saturday 12"),
        ];
        for (moment, zone, expected) in cases {
            assert_eq!(known(None).season_of(at(moment), zone).unwrap(), expected, "{moment} {zone}");
        }
        let error = known(None).season_of(at("2026-11-24T09:30:00Z"), "Mars").unwrap_err();
        assert!(error.starts_with("there is no time zone \"Mars\""), "{error}");
    }

    #[test]
    fn business_days_are_counted_to_the_end_of_the_month() {
        let cases = [
            ("2026-11-30T12:00:00Z", "", 0),
            ("2026-11-27T12:00:00Z", "", 1),
            ("2026-11-28T12:00:00Z", "", 1),
            ("2026-10-31T12:00:00Z", "", 0),
            ("2026-12-23T12:00:00Z", "", 6),
            // Christmas Day and Boxing Day, of which the second is a Saturday in 2026.
            ("2026-12-23T12:00:00Z", "DE", 5),
            // In Tokyo it is December already.
            ("2026-11-30T23:00:00Z", "acme", 22),
        ];
        for (moment, calendar, expected) in cases {
            let days = known(None).business_days_to_month_end(at(moment), calendar).unwrap();
            assert_eq!(days, expected, "{moment} {calendar:?}");
        }
        let error = known(None).business_days_to_month_end(at("2026-11-30T12:00:00Z"), "ZZ").unwrap_err();
        assert!(error.starts_with("there is no country \"ZZ\""), "{error}");
    }

    #[test]
    fn a_tenant_learns_nothing_of_the_calendars_of_others() {
        let moment = at("2026-11-30T12:00:00Z");
        let acme = known(Some("acme"));
        assert!(acme.business_days_to_month_end(moment, "acme").is_ok());
        assert!(acme.business_days_to_month_end(moment, "").is_ok());
        for other in ["bolt", "nobody"] {
            let error = acme.business_days_to_month_end(moment, other).unwrap_err();
            assert_eq!(error, format!("there is no calendar {other:?}: write '' or your own name"));
        }
    }
}
