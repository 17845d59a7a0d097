use super::*;
use crate::scoreboard::tests::label;

const MINUTE: i64 = 60_000;

fn key(tenant: &str, signal: &str) -> SeriesKey {
    SeriesKey {
        pool: "p".into(),
        tenant: tenant.into(),
        resource: tenant.into(),
        signal: signal.into(),
        attributes: std::collections::BTreeMap::new(),
    }
}

fn alarm(key: &SeriesKey, minute: i64) -> Alarm {
    Alarm { series: key.id(), from: Timestamp(minute * MINUTE), told: Timestamp((minute + 1) * MINUTE) }
}

/// Faults of acme in minutes 10 to 20 and 30 to 40, one of cobalt in minutes 50 to 60.
fn labels() -> Labels {
    let fault = |from: i64, until: i64, tenant| label("fault", (from * 60, until * 60), tenant, &[]);
    Labels { faults: vec![fault(10, 20, "acme"), fault(30, 40, "acme"), fault(50, 60, "cobalt")], ..Labels::default() }
}

/// Minutes of alarms; how many faults are found and missed and how many alarms are false; the delay in minutes.
type Case = (&'static str, &'static [i64], (usize, usize, usize), Option<i64>);

#[test]
fn alarms_answer_faults_of_their_tenant_and_are_false_outside_all() {
    let acme = key("acme", "cpu");
    let month = 2_629_800_000;
    let cases: [Case; 6] = [
        ("silence", &[], (0, 2, 0), None),
        ("in both", &[12, 31], (2, 0, 0), Some(2)),
        ("the window before a fault touches it not", &[9], (0, 2, 1), None),
        ("twice in one is one", &[11, 19], (1, 1, 0), Some(2)),
        ("another's fault is neither answered nor false", &[55], (0, 2, 0), None),
        ("outside", &[0, 25, 100], (0, 2, 3), None),
    ];
    for (case, minutes, (found, missed, false_alarms), delay) in cases {
        let alarms: Vec<Alarm> = minutes.iter().map(|minute| alarm(&acme, *minute)).collect();
        let tally = SeriesTally::of(acme.clone(), &alarms, Some(&labels()), month).tally;
        let against = tally.against.unwrap();
        assert_eq!((against.found, against.missed, against.false_alarms), (found, missed, false_alarms), "{case}");
        assert_eq!(against.median_delay_ms, delay.map(|minutes| minutes * MINUTE), "{case}");
        assert!((against.false_alarms_per_month.unwrap() - false_alarms as f64).abs() < 1e-6, "{case}");
    }
}

#[test]
fn a_fault_that_several_series_show_is_found_by_the_first() {
    let (cpu, disk) = (key("acme", "cpu"), key("acme", "disk"));
    let alarms = [alarm(&cpu, 15), alarm(&disk, 12), alarm(&disk, 90)];
    let labels = labels();
    let of = |key: &SeriesKey| SeriesTally::of(key.clone(), &alarms, Some(&labels), 1);
    let mut total = Total::default();
    total.add(&[of(&cpu), of(&disk)], &alarms, Some(&labels));
    let against = total.tally.against.as_ref().unwrap();
    assert_eq!((total.series, against.labelled, against.found, against.missed), (2, 3, 1, 2));
    assert_eq!((against.median_delay_ms, against.false_alarms), (Some(3 * MINUTE), 1));
    let other = key("borealis", "cpu");
    total.add(&[SeriesTally::of(other, &[], None, 1)], &[], None);
    assert_eq!((total.series, total.tally.against.unwrap().labelled), (3, 3), "series without labels leave the score");
}

#[test]
fn without_labels_there_are_only_alarms() {
    let cpu = key("acme", "cpu");
    let tally = SeriesTally::of(cpu.clone(), &[alarm(&cpu, 1)], None, 0).tally;
    assert_eq!((tally.alarms, tally.alarms_per_month, tally.against), (1, None, None));
}
