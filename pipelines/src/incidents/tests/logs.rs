use super::*;

#[test]
fn the_last_revision_counts_whatever_the_order_and_repeats_say_nothing() {
    let first = opened(0xa100_0000, &["acme"]);
    let second = later(&first, 2);
    let third = resolved(&second, 5);
    let orders: [[&Incident; 4]; 3] =
        [[&first, &second, &third, &third], [&third, &first, &second, &first], [&second, &second, &third, &first]];
    for order in orders {
        let mut log = Log::with_history_of("A1");
        let news: Vec<bool> = order.iter().map(|record| log.add((*record).clone())).collect();
        assert_eq!(news.iter().filter(|is_new| **is_new).count(), 3, "{news:?}");
        assert_eq!(log.last().collect::<Vec<_>>(), [&third]);
        assert_eq!(log.find("a1").unwrap(), [first.clone(), second.clone(), third.clone()]);
    }
}

#[test]
fn only_the_history_that_is_asked_for_is_kept() {
    let first = opened(0xa100_0000, &["acme"]);
    let (second, third) = (later(&first, 2), later(&later(&first, 2), 3));
    for mut log in [Log::default(), Log::with_history_of("a2")] {
        let news: Vec<bool> = [&first, &third, &second, &third].map(|record| log.add(record.clone())).to_vec();
        assert_eq!(news, [true, true, false, false]);
        assert_eq!(log.find("a1").unwrap(), std::slice::from_ref(&third));
    }
}

#[test]
fn of_the_same_revision_the_later_record_counts() {
    let first = opened(1, &["acme"]);
    let other = Incident { severity: Severity::Critical, ..first.clone() };
    let log = log([first, other.clone()]);
    assert_eq!(log.last().collect::<Vec<_>>(), [&other]);
}

#[test]
fn the_revision_before_is_the_one_that_was_read_before() {
    let first = opened(1, &["acme"]);
    let third = later(&later(&first, 2), 3);
    let log = log([third.clone(), first.clone(), opened(2, &["acme"])]);
    assert_eq!(log.before(&third), Some(&first));
    assert_eq!(log.before(&first), None);
}

#[test]
fn an_incident_is_found_by_the_beginning_of_its_identity() {
    let log = log([opened(0xab00_0001, &["acme"]), opened(0xab00_0002, &["delta"]), opened(0xc, &["cobalt"])]);
    for prefix in ["ab000001", "AB000001", "ab0000010000", "ab000001000000000000000000000000"] {
        let tenants = log.find(prefix).unwrap().first().map(|incident| incident.tenants.clone());
        assert_eq!(tenants, Some(super::tenants(&["acme"])), "{prefix}");
    }
    let several = log.find("ab").unwrap_err().to_string();
    assert_eq!(
        several,
        "2 incidents begin with \"ab\"; write more of it\n  ab000001  error, slow, open: acme\n  \
         ab000002  error, slow, open: delta"
    );
    let unknown = log.find("f").unwrap_err().to_string();
    assert!(unknown.starts_with("no incident begins with \"f\"; the latest are\n  0000000c"), "{unknown}");
    assert!(Log::default().find("f").unwrap_err().to_string().ends_with("there is none"));
}

#[test]
fn candidates_can_be_told_apart() {
    let near = |low: u128| Incident { incident_id: IncidentId((0xab << 120) | low), ..opened(0, &["acme"]) };
    let error = log([near(1), near(2)]).find("ab").unwrap_err().to_string();
    assert!(error.contains("ab000000000000000000000000000001  error"), "{error}");
}

#[test]
fn the_clock_of_a_log_is_its_latest_revision() {
    assert_eq!(Log::default().end(), None);
    let first = opened(1, &["acme"]);
    assert_eq!(log([resolved(&first, 7), first, opened(2, &["acme"])]).end(), Some(START + 7 * MINUTE));
}
