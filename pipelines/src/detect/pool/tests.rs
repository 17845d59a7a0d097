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

fn stored(tenant: &str, tenants: &str) -> StoredSeries {
    StoredSeries {
        key: latency_of(tenant),
        unit: "s".to_owned(),
        tenants: tenants.into(),
        state: SeriesState::default(),
    }
}

#[test]
fn series_share_what_they_know_within_the_class_of_their_tenants() {
    let settings =
        settings("calendar: { class: trade, tenants: { fjord: { class: fish }, sund: { class: fish }, kiwi: {} } }");
    let mut pool = Pool::new("eu-1".into());
    let mut class = |tenant: &str| {
        let id = pool.reports_of(&settings, &latency_of(tenant));
        pool.series.get(id).unwrap().class
    };
    assert_eq!(class("fjord"), class("sund"));
    assert_eq!(class("kiwi"), class("other"));
    assert_ne!(class("fjord"), class("kiwi"));
}

#[test]
fn a_series_whose_tenant_was_put_into_another_class_is_written_with_it() {
    let settings = settings("calendar: { class: fish }");
    let mut pool = Pool::new("eu-1".into());
    pool.restore_series(stored("same", "fish"), &settings);
    pool.restore_series(stored("moved", "trade"), &settings);
    let written: Vec<_> = pool.take_changes().series.into_iter().map(|(_, series)| series).collect();
    let moved = written.iter().map(|series| (series.key.tenant.as_str(), &*series.tenants)).collect::<Vec<_>>();
    assert_eq!(moved, [("moved", "fish")]);
}

#[test]
fn a_series_has_the_calendar_of_its_tenant_also_after_a_restart() {
    let settings = settings(TWO_TENANTS);
    let mut pool = Pool::new("eu-1".into());
    for (tenant, zone) in [("kiwi", "Pacific/Auckland"), ("other", "Europe/Berlin")] {
        let made = pool.reports_of(&settings, &latency_of(tenant));
        let stored = stored(tenant, "");
        let restored = stored.key.id();
        pool.restore_series(stored, &settings);
        for (case, id) in [("made", made), ("restored", restored)] {
            let entry = pool.series.get_mut(id).unwrap();
            assert_eq!(entry.today.calendar().zone.iana_name(), Some(zone), "{case} {tenant}");
        }
    }
}
