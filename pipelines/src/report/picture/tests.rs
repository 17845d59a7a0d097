use super::*;
use crate::report::plot::tests::plot;
use crate::report::plot::{Mark, Stretch};

fn busy() -> Plot {
    let mut plot = plot(60);
    let (start, end) = plot.span;
    for hour in 0..60 * 24 {
        plot.see(start + hour * 3_600_000, f64::from(u8::try_from(hour % 24).unwrap()));
    }
    for column in plot.columns.values_mut().skip(100) {
        (column.expected, column.lower, column.upper) = (12.0, 2.0, 20.0);
    }
    let stretch = |found| Stretch { from: start, until: start + 86_400_000, what: "a <b>".to_owned(), found };
    plot.labels = vec![stretch(true), Stretch { from: end + -60_000, until: end, ..stretch(false) }];
    plot.incidents = vec![stretch(false)];
    let mark = |is_right| Mark { at: start + 3_600_000, why: "too \"high\"".to_owned(), is_right: Some(is_right) };
    plot.alarms = vec![mark(true), mark(false)];
    plot
}

#[test]
fn a_picture_says_what_it_shows_to_those_who_cannot_see_it() {
    let svg = standalone(&busy());
    assert!(svg.contains("<title id=\"title\">latency{route=&lt;sale&gt;} of acme on web</title>"), "{svg:.400}");
    let what = "1,440 values from 2026-01-01 00:00 to 2026-03-02 00:00 UTC; 2 alarms; 1 of 2 labelled events found";
    assert!(svg.contains(&format!("<desc id=\"what\">{what}</desc>")), "{svg:.600}");
    for part in
        ["class=\"alarm false\"", "\u{2713}", "\u{2717}", "too &quot;high&quot;", ">Jan 30<", ">Feb 27<", "a &lt;b&gt;"]
    {
        assert!(svg.contains(part), "{part}");
    }
}

#[test]
fn tags_are_closed_in_the_order_in_which_they_were_opened() {
    let svg = standalone(&busy());
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1).map(|rest| rest.split_once('>').unwrap().0) {
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed));
        } else if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().unwrap());
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn gaps_are_gaps_and_long_series_stay_light() {
    let mut plot = plot(365);
    let start = plot.span.0;
    for minute in (0..100_000).chain(300_000..525_600) {
        plot.see(start + minute * 60_000, f64::from(u8::try_from(minute % 7).unwrap()));
    }
    let svg = standalone(&plot);
    let value = svg.split("class=\"value\" d=\"").last().unwrap().split('"').next().unwrap();
    assert_eq!(value.matches('M').count(), 2, "one line before the gap and one after it");
    assert!(svg.len() < 40_000, "{} bytes", svg.len());
}

#[test]
fn a_series_without_anything_has_a_picture() {
    assert!(standalone(&plot(0)).contains("0 values from"));
}
