use std::sync::Arc;

use tidewatch_schemas::finding::{DetectorName, Season};
use tidewatch_schemas::incident::Kind;
use tidewatch_schemas::{IncidentId, Origin, SeriesId};

use super::*;
use crate::recording::embedded_labels;
use crate::scoreboard::Report;
use crate::scoreboard::tests::incident;

/// 10:18:28 UTC, when the recorded lab begins.
const START: Timestamp = Timestamp(1_795_342_708_886);

fn labels() -> Labels {
    Labels::parse("labels.json", embedded_labels()).unwrap()
}

fn evidence(signal: &str, tenant: &str, numbers: (Option<f64>, f64, f64), unit: &str) -> Evidence {
    let (actual, lower, upper) = numbers;
    Evidence {
        detector: DetectorName::Baseline,
        series: SeriesId(1),
        signal: signal.into(),
        tenant: tenant.into(),
        resource: "odoo-web".into(),
        since: START + 490_000,
        window_start: START + 500_000,
        actual,
        expected: f64::midpoint(lower, upper),
        lower,
        upper,
        unit: unit.into(),
        course: Vec::new(),
        season: Season::Recent,
        score: 40.0,
        summary: String::new(),
        source: Origin { topic: Arc::from("otlp_metrics"), partition: 0, offset: 0, index: 0 },
    }
}

/// An incident of the recorded lab, opened `opened` seconds after its beginning.
fn at(id: u128, opened: i64, tenants: &[&str]) -> Incident {
    let opened_at = START + opened * 1_000;
    Incident {
        incident_id: IncidentId(id << 96),
        started_at: opened_at + -10_000,
        opened_at,
        updated_at: opened_at,
        summary: "work is slow".to_owned(),
        ..incident(0, 0, tenants)
    }
}

fn neighbour() -> Incident {
    Incident {
        summary:
            "acme, borealis and delta are slow: checks that usually take 30 ms to 92 ms take 868 ms, which is what \
                  happens when one of them keeps the database busy"
                .to_owned(),
        evidence: vec![
            evidence("lab.synthetic.check.duration", "acme", (Some(0.868), 0.03, 0.092), "s"),
            evidence("lab.synthetic.check.success", "delta", (Some(0.4), 1.0, 1.0), "1"),
            evidence("postgresql.temp.io", "acme", (Some(12_345_678.0), 0.0, 65_536.0), "By/s"),
            evidence("postgresql.backends", "acme", (Some(12.0), 2.0, 6.0), "1"),
        ],
        ..at(0xa1b2_c3d4, 507, &["acme", "borealis", "delta"])
    }
}

#[test]
fn a_block_says_when_what_how_bad_with_whom_and_what_really_went_on() {
    let labels = labels();
    let expected = "\
+08:27  OPENED    error     slow     acme, borealis, delta                                  a1b2c3d4
        acme, borealis and delta are slow: checks that usually take 30 ms to 92 ms take 868 ms,
        which is what happens when one of them keeps the database busy
        - lab.synthetic.check.duration of acme on odoo-web: 868 ms, usually 30 ms to 92 ms
        - lab.synthetic.check.success of delta on odoo-web: 40 %, usually 100 %
        - postgresql.temp.io of acme on odoo-web: 12.3 MB/s, usually 0 B/s to 65.5 kB/s
        recording: noisy_neighbour_pg by acme, 10:26:28-10:28:14
";
    assert_eq!(Presenter::new(START, Some(&labels), false).incident(&neighbour()), expected);
}

#[test]
fn a_resolved_incident_says_how_long_it_lasted() {
    let resolved = Incident {
        revision: 4,
        state: State::Resolved,
        updated_at: START + 640_000,
        resolved_at: Some(START + 640_000),
        ..neighbour()
    };
    let text = Presenter::new(START, None, false).incident(&resolved);
    let expected = "\
+10:40  RESOLVED  error     slow     acme, borealis, delta                                  a1b2c3d4
        acme, borealis and delta are slow: checks that usually take 30 ms to 92 ms take 868 ms,
        which is what happens when one of them keeps the database busy
        resolved after 2 min 23 s
";
    assert_eq!(text, expected);
}

#[test]
fn silence_has_no_number() {
    let silent = Incident {
        kind: Kind::Silent,
        evidence: vec![evidence("postgresql.backends", "acme", (None, 5.0, 5.0), "s")],
        ..at(1, 500, &["acme"])
    };
    let text = Presenter::new(START, None, false).incident(&silent);
    assert!(
        text.contains("- postgresql.backends of acme on odoo-web: silent since 10:26:38, usually every 5 s\n"),
        "{text}"
    );
}

#[test]
fn benign_and_quiet_times_are_told_as_such() {
    let labels = labels();
    let presenter = Presenter::new(START, Some(&labels), false);
    let benign = presenter.incident(&at(1, 100, &["delta"]));
    assert!(benign.contains("recording: benign_scheduled_surge by delta, 10:19:58-10:20:43 (no fault)\n"), "{benign}");
    let quiet = presenter.incident(&at(1, 300, &["delta"]));
    assert!(quiet.contains("recording: nothing is wrong at this time\n"), "{quiet}");
}

#[test]
fn no_line_is_wider_than_it_may_be_and_text_from_outside_cannot_steer_the_terminal() {
    let long: Vec<String> = (0..40).map(|number| format!("a-tenant-with-a-long-name-{number}")).collect();
    let tenants: Vec<&str> = long.iter().map(String::as_str).collect();
    let wide = Incident {
        summary: format!("\u{1b}[2J{}", "x".repeat(300)),
        evidence: vec![evidence(&"s".repeat(200), "acme", (Some(1.0), 0.0, 1.0), "s")],
        ..at(1, 507, &tenants)
    };
    let text = Presenter::new(START, Some(&labels()), false).incident(&wide);
    for line in text.lines() {
        assert!(line.chars().count() <= WIDTH && !line.contains('\u{1b}'), "{line:?}");
    }
    assert!(text.contains('…'), "{text}");
}

#[test]
fn colour_changes_nothing_but_colours() {
    let labels = labels();
    let plain = Presenter::new(START, Some(&labels), false).incident(&neighbour());
    let coloured = Presenter::new(START, Some(&labels), true).incident(&neighbour());
    assert!(coloured.contains("\u{1b}[1;31merror   \u{1b}[0m"), "{coloured:?}");
    let mut stripped = coloured;
    for code in ["1;31", "33", "32", "0", "1", "2"] {
        stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(stripped, plain);
}

#[test]
fn the_last_screen_tells_what_was_found_missed_and_false() {
    let incidents =
        [neighbour(), at(0xb, 748, &["borealis"]), at(0xc, 300, &["delta"]), at(0xd, 1_006, &["cobalt", "delta"])];
    let report = Report::of(incidents, Some(&labels()));
    let broker = Broker { address: "127.0.0.1:19092", incidents_topic: "tidewatch.incidents" };
    let text = last_screen(&report, START, NextSteps { program: "tidewatch", broker: Some(broker) }, false);
    let expected = "\
Of 9 labelled faults 3 were found and 6 missed; false: 1

Found
  fault                  culprit   began   found after  as
  noisy_neighbour_pg     acme      +08:00  27 s         a1b2c3d4 error, slow: acme, borealis, delta
  lock_contention        borealis  +12:11  17 s         0000000b error, slow: borealis
  tenant_db_unreachable  cobalt    +16:31  14 s         0000000d error, slow: cobalt, delta

Missed
  failed_login_spike       cobalt    +10:19  ~6 bad passwords/s on /web/session/authenticate from 2…
  noisy_neighbour_workers  delta     +14:12  parallel clients of delta doing large search_read / ex…
  disk_growth              acme      +16:12  ~0.6 MB/s of bytea inserted in acme.lab_attachment_lea…
  connection_exhaustion    borealis  +18:13  client of borealis opens connections until max_connect…
  cron_stuck               delta     +20:05  cron Lab: Timesheet consolidation sleeps 50 s inside S…
  noisy_neighbour_pg       borealis  +22:24  mass invoice create+post through Odoo + bulk UPDATE se…

False: opened while nothing was wrong
  +05:00  0000000c error, slow: delta

Try next
  tidewatch backtest --input pipelines/recordings/odoo-lab-a \\
    --labels pipelines/recordings/odoo-lab-a/labels.json
      judge the same recording from its files, without a broker
  tidewatch schema incident
      every field of an incident, as JSON Schema
  tidewatch incidents list --brokers 127.0.0.1:19092 --state all
      the same incidents as a table; incidents show tells the whole story of one
  kcat -b 127.0.0.1:19092 -t tidewatch.incidents -C
      read the incidents as they stand on Kafka, while this runs
  make test
      see that all of this holds

";
    assert_eq!(text, expected);
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
}

#[test]
fn without_labels_the_last_screen_lists_incidents_and_judges_nothing() {
    let report = Report::of([at(0xc, 300, &["delta"])], None);
    let text = last_screen(&report, START, NextSteps { program: "tidewatch", broker: None }, false);
    assert!(text.starts_with("1 incident\n  +05:00  0000000c error, slow: delta\n\nTry next\n"), "{text}");
    assert!(!text.contains("kcat") && !text.contains("missed"), "{text}");
}
