//! What holds for any text.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use proptest::prelude::*;

use crate::logs::{Line, LogFormat, SIGNALS, read};

pub(super) fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

/// Whole lines, to be damaged.
const WHOLE: [&str; 5] = [
    "2026-11-22 10:19:12,770 2874 INFO acme werkzeug: 10.1.1.5 - - [22/Nov/2026 10:19:12] \"GET /my HTTP/1.0\" 200 - 9 0.010 0.008",
    "2026-11-22 10:19:12,770 2874 INFO acme odoo.x: Job 'Mail' (3) fully done (#loop 1; done 1; remaining 0; duration 0.05s)",
    "2026-11-22 10:30:43.622 UTC [7428] odoo@acme app LOG:  process 7428 acquired ShareLock on transaction 1 after 9.5 ms",
    "2026-11-22 10:30:43.622 UTC,\"odoo\",\"acme\",7428,,6b,3,\"x\",,,0,LOG,00000,\"duration: 1.5 ms  statement: \"\"x\"\"\",,,,,,,,,\"\",\"\",,0",
    "{\"error_severity\":\"FATAL\",\"dbname\":\"acme\",\"message\":\"sorry, too many clients already\"}",
];

/// A whole line of which a part was replaced by another text.
fn damaged() -> impl Strategy<Value = String> {
    (0..WHOLE.len(), any::<(usize, usize)>(), "\\PC{0,12}|[\"\\n\\t,:{}\\[\\]0-9.-]{0,12}").prop_map(
        |(which, (from, length), put)| {
            let whole = WHOLE[which];
            let from = whole.floor_char_boundary(from % (whole.len() + 1));
            let to = whole.floor_char_boundary((from + length % 20).min(whole.len()));
            format!("{}{put}{}", &whole[..from], &whole[to..])
        },
    )
}

fn holds(body: &str, scope: &str) {
    for format in LogFormat::ALL {
        let Some(reading) = read(format, &Line { body, scope, severity: "ERROR", attributes: &[] }) else { continue };
        assert!(!reading.facts.is_empty() || reading.lock.is_some());
        assert!(reading.facts.iter().all(|fact| fact.value.is_finite() && fact.value >= 0.0));
        assert!(reading.facts.iter().all(|fact| SIGNALS.contains(&fact.of) && fact.label.len() <= 80));
        assert!(reading.facts.iter().all(|fact| fact.label.is_empty() || !fact.of.label.is_empty()));
        assert!(reading.database.is_none_or(|database| !database.is_empty() && database.len() <= body.len()));
    }
}

proptest! {
    #[test]
    fn any_text_gives_finite_numbers_of_known_signals(body in ".{0,200}", scope in "odoo.http|werkzeug|client backend|") {
        holds(&body, &scope);
    }

    #[test]
    fn so_does_every_damaged_line(body in damaged(), scope in "odoo.http|werkzeug|client backend|") {
        holds(&body, &scope);
    }
}

#[test]
fn time_grows_with_the_length_of_a_line_and_no_faster() {
    let bodies = [
        format!("{}{}", WHOLE[3], "\"\"".repeat(500_000)),
        format!("2026-11-22 10:30:43.622 UTC,{}", "\"".repeat(1_000_000)),
        "LOG:  ".repeat(150_000),
        format!(
            "2026-11-22 10:30:43.622 UTC [7428] odoo@acme LOG:  duration: 1 ms  statement: {}",
            "/**/".repeat(250_000)
        ),
        format!("2026-11-22 10:19:12,770 2874 ERROR acme odoo.x: {}", "  \nA: b\n".repeat(100_000)),
        "\u{1b}".repeat(1_000_000),
        "{\"record\":".repeat(100_000),
    ];
    for body in bodies {
        holds(&body, "");
    }
}
