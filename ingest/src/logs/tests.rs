use super::*;

mod laws;
mod lock_lines;
mod odoo_lines;
mod postgresql_lines;
mod shapes;

fn line(body: &str) -> Line<'_> {
    Line { body, scope: "", severity: "", attributes: &[] }
}

/// Database and facts of a line in words: `acme: odoo.requests=1 odoo.request.duration{read}=0.018`; numbers to six places.
fn told(reading: Option<Reading>) -> String {
    let Some(Reading { database, facts, .. }) = reading.filter(|reading| !reading.facts.is_empty()) else {
        return "nothing".to_owned();
    };
    let facts = facts.iter().map(|fact| {
        let label = if fact.label.is_empty() { String::new() } else { format!("{{{}}}", fact.label) };
        format!(" {}{label}={}", fact.of.name, (fact.value * 1e6).round() / 1e6)
    });
    format!("{}:{}", database.unwrap_or_default(), facts.collect::<String>())
}

fn check(format: LogFormat, cases: &[(&str, &str)]) {
    for (body, expected) in cases {
        assert_eq!(told(read(format, &line(body))), *expected, "{body}");
    }
}
