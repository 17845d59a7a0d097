use tidewatch_detectors::SeriesState;

use crate::config::{Config, Text};

use super::*;

const TWO_TENANTS: &str = "
calendar:
  time_zone: Europe/Berlin
  tenants:
    kiwi: { time_zone: Pacific/Auckland, country: NZ }
";

fn settings(yaml: &str) -> Settings {
    let config = Config::from_text(Some(Text { name: "a.yaml", yaml }), [], &[]).unwrap();
    Settings::new(&config.detect)
}

fn latency_of(tenant: &str) -> SeriesKey {
    SeriesKey {
        pool: "eu-1".into(),
        tenant: tenant.into(),
        resource: "db-1".into(),
        signal: "db.transaction.latency".into(),
        attributes: BTreeMap::new(),
    }
}

#[test]
fn a_series_has_the_calendar_of_its_tenant_also_after_a_restart() {
    let settings = settings(TWO_TENANTS);
    let mut pool = Pool::new("eu-1".into());
    for (tenant, zone) in [("kiwi", "Pacific/Auckland"), ("other", "Europe/Berlin")] {
        let made = pool.reports_of(&settings, &latency_of(tenant));
        let stored = StoredSeries { key: latency_of(tenant), unit: "s".to_owned(), state: SeriesState::default() };
        let restored = stored.key.id();
        pool.restore_series(stored, &settings);
        for (case, id) in [("made", made), ("restored", restored)] {
            let entry = pool.series.get_mut(id).unwrap();
            assert_eq!(entry.today.calendar().zone.iana_name(), Some(zone), "{case} {tenant}");
        }
    }
}
