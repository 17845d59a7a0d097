//! Lets the detectors of the product watch a fleet, hour by hour.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::date;
use tidewatch_detectors::Verdicts;
use tidewatch_detectors::calendar::{BusinessDays, Calendar, Holidays, Today, Weekdays, zone_named};
use tidewatch_detectors::class::Class;
use tidewatch_detectors::judges::{Bench, Judges, Settings};
use tidewatch_detectors::series::Identity;
use tidewatch_detectors::window::Closed;
use tidewatch_schemas::{Catalog, Origin, SeriesKey, Timestamp};

use crate::civil::{Date, Zone};
use crate::fleet::{FIRST_HOUR, HOURS, Tenant};

const HOUR_MS: i64 = 3_600_000;
const SIGNAL: &str = "synthetic.check.duration";

/// What the product is told of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowing {
    /// Its time zone; that it has month ends is withheld.
    Zone,
    /// Its time zone and the holidays that its calendar knows.
    Calendar,
}

/// One tenant's series with all that is known of it.
struct Watched {
    key: SeriesKey,
    today: Today,
    judges: Judges,
    found: Vec<bool>,
}

impl Watched {
    fn new(index: usize, tenant: &Tenant, knowing: Knowing) -> Self {
        let key = SeriesKey {
            pool: "eu-1".into(),
            tenant: format!("tenant-{index}").as_str().into(),
            resource: "web".into(),
            signal: SIGNAL.into(),
            attributes: BTreeMap::new(),
        };
        let today = Today::new(Arc::new(calendar(tenant, knowing)));
        Self { key, today, judges: Judges::default(), found: Vec::with_capacity(tenant.hours.len()) }
    }
}

/// Per tenant and hour, whether there was a finding.
pub fn findings(fleet: &[Tenant], knowing: Knowing) -> Vec<Vec<bool>> {
    let (settings, mut class) = (Settings::new(HOUR_MS, 1.0, 86_400_000), Class::default());
    let origin = Origin { topic: "t".into(), partition: 0, offset: 0, index: 0 };
    let mut all: Vec<Watched> =
        fleet.iter().enumerate().map(|(index, tenant)| Watched::new(index, tenant, knowing)).collect();
    for hour in 0..HOURS {
        for (watched, tenant) in all.iter_mut().zip(fleet) {
            let Some(age) = hour.checked_sub(HOURS - tenant.hours.len()) else { continue };
            let value = libm::exp(tenant.hours[age].value);
            let start = Timestamp((FIRST_HOUR + i64::try_from(hour).unwrap()) * HOUR_MS);
            let who = Identity { key: &watched.key, spec: Catalog.lookup(SIGNAL), unit: "s", is_metered: false };
            let (today, class) = (&mut watched.today, &mut class);
            let mut bench = Bench { settings: &settings, who, today, class, found: Verdicts::default() };
            let window = Closed { start, width_ms: HOUR_MS, value, weight: None };
            watched.judges.look(&mut bench, (window, &origin));
            watched.found.push(!bench.found.findings.is_empty());
        }
    }
    all.into_iter().map(|watched| watched.found).collect()
}

fn calendar(tenant: &Tenant, knowing: Knowing) -> Calendar {
    let zone = zone_named(zone_name(tenant.zone)).unwrap();
    if knowing == Knowing::Zone {
        // Who never works has no last business day, and its weekdays stay what they are.
        let business = BusinessDays { weekend: Weekdays::ALL, ..BusinessDays::default() };
        return Calendar { zone, business, ..Calendar::default() };
    }
    let own = tenant.known_holidays.iter().map(|day| (civil(Date::of(*day)), String::new())).collect();
    let holidays = Arc::new(Holidays { own, ..Holidays::default() });
    Calendar { zone, business: BusinessDays { holidays, ..BusinessDays::default() }, ..Calendar::default() }
}

fn civil(day: Date) -> jiff::civil::Date {
    date(i16::try_from(day.year).unwrap(), i8::try_from(day.month).unwrap(), i8::try_from(day.day).unwrap())
}

fn zone_name(zone: Zone) -> &'static str {
    match zone {
        Zone::Berlin => "Europe/Berlin",
        Zone::NewYork => "America/New_York",
        Zone::Tokyo => "Asia/Tokyo",
        Zone::SaoPaulo => "America/Sao_Paulo",
        Zone::London => "Europe/London",
        Zone::Sydney => "Australia/Sydney",
    }
}
