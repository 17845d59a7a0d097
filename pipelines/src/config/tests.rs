mod checkpoints;
mod client;
mod shipped;

use tidewatch_ingest::{Format, Settings};

use super::*;

const PRODUCTION: &str = include_str!("../../fixtures/config/production.yaml");
const FIVE_MISTAKES: &str = include_str!("../../fixtures/config/five-mistakes.yaml");

fn load(yaml: &str) -> Result<Config, ConfigErrors> {
    load_with(yaml, &[], &[])
}

fn load_with(yaml: &str, environment: &[(&str, &str)], flags: &[Flag]) -> Result<Config, ConfigErrors> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::from_text(Some(Text { name: "a.yaml", yaml }), environment, flags)
}

/// The mistakes of `yaml`, one line each.
fn mistakes(yaml: &str) -> Vec<String> {
    load(yaml).expect_err(yaml).0.iter().map(ToString::to_string).collect()
}

fn flag(name: &str, key: &str, value: &str) -> Flag {
    Flag { name: name.to_owned(), key: key.to_owned(), value: value.to_owned() }
}

#[test]
fn nothing_configured_is_the_defaults() {
    let config = Config::from_text(None, [], &[]).unwrap();
    assert_eq!(config.kafka.brokers, ["127.0.0.1:9092"]);
    assert_eq!(config.topics.names.incidents, "tidewatch.incidents");
    // The ingest crate has the same defaults for those who use it alone.
    assert_eq!(config.ingest.settings, Settings::default());
    assert_eq!((config.detect.window_ms, config.detect.adopt_after_ms), (10_000, 86_400_000));
    assert_eq!(config.detect.linger, Duration::from_millis(20));
    for empty in ["", "# only a comment\n", "detect:\n", "detect:\n  window:\n", "kafka: {}\n"] {
        assert_eq!(load(empty).unwrap(), config, "{empty:?}");
    }
}

#[test]
fn a_file_changes_what_it_names_and_nothing_else() {
    let config = load(PRODUCTION).unwrap();
    assert_eq!(config.kafka.brokers, ["kafka-1.example.org:9093", "kafka-2.example.org:9093"]);
    assert_eq!(config.topics.names.observations, "acme.watch.observations");
    assert_eq!((config.topics.partitions, config.topics.replication), (4, 3));
    let settings = &config.ingest.settings;
    let formats: Vec<Format> = settings.sources.iter().map(|source| source.format).collect();
    assert_eq!(formats, [Format::OtlpMetricsJson, Format::JsonLines]);
    assert_eq!(settings.sources[0].topics, ["metrics_eu", "metrics_us"]);
    assert_eq!(settings.tenant[1].lookup["0042"], "acme");
    assert_eq!(settings.tenant[2].value.as_deref(), Some("_shared"));
    assert_eq!(settings.pool, Settings::default().pool);
    assert_eq!(settings.limits.record_bytes, 4 << 20);
    assert_eq!((config.detect.window_ms, config.detect.false_alarms), (30_000, 0.5));
    assert_eq!(config.detect.state.to_str(), Some("./tidewatch-state"));
    assert_eq!(config.log.format, LogFormat::Json);
}

#[test]
fn five_mistakes_are_five_sentences_in_one_run() {
    let expected = [
        "a.yaml: kafka.brokers: \"kafka-1\" is not a broker; write host:port such as kafka-1:9092",
        "a.yaml: kafka.client.group.id: Tidewatch makes this setting itself; use ingest.group and detect.group",
        "a.yaml: ingest.sources[0].format: \"otlp\" is not a choice here; write one of otlp_proto, otlp_metrics_proto, \
         otlp_logs_proto, otlp_metrics_json, otlp_logs_json, json_lines",
        "a.yaml: detect.window: \"7 parrots\" is not a duration; write a number and a unit such as 10s",
        "a.yaml: detect.false_alarm: there is no such option; did you mean false_alarms?",
    ];
    assert_eq!(mistakes(FIVE_MISTAKES), expected);
}

#[test]
fn each_mistake_says_what_would_be_right() {
    let cases = [
        ("detect: { window: 10 }", "detect.window: 10 is not a duration; write a number and a unit such as 10s"),
        ("detect: { window: 2h }", "detect.window: \"2h\" is out of range; write 1s to 1h"),
        (
            "detect: { window: 7s }",
            "detect.window: a day does not divide into windows of 7s; write a length that divides a day, such as 10s, 30s or 1m",
        ),
        ("detect: { batch: 0 }", "detect.batch: 0 is out of range; write 1 to 100000"),
        ("detect: { batch: -1 }", "detect.batch: -1 is out of range; write 1 to 100000"),
        ("detect: { batch: 1.5 }", "detect.batch: 1.5 is not a whole number; write 1 to 100000"),
        ("detect: { false_alarms: 0 }", "detect.false_alarms: 0 is out of range; write 0.01 to 1000"),
        ("detect: { false_alarms: 'NaN' }", "detect.false_alarms: \"NaN\" is out of range; write 0.01 to 1000"),
        ("detect: { false_alarms: [1] }", "detect.false_alarms: a list is not a number; write 0.01 to 1000"),
        ("detect: { clock: wall }", "detect.clock: \"wall\" is not a choice here; write one of ticks, events"),
        ("detect: { group: 7 }", "detect.group: 7 is not a text; put it in quotes"),
        ("detect: { group: '' }", "detect.group: the text is empty; write one"),
        ("detect: 7", "detect: 7 is not a section; write keys and values under it"),
        ("detcet: { window: 1m }", "detcet: there is no such option; did you mean detect?"),
        (
            "parrots: 7",
            "parrots: there is no such option; known here are calendar, cost, incidents, kafka, topics, ingest, detect, pager, lake, sql, log",
        ),
        (
            "detect: { group: tidewatch-ingest }",
            "detect.group: \"tidewatch-ingest\" is also ingest.group; write another name",
        ),
        (
            "ingest: { record_limit: 1000 }",
            "ingest.record_limit: 1000 is not a size; write a number and a unit such as 1MiB",
        ),
        ("ingest: { record_limit: 1B }", "ingest.record_limit: \"1B\" is out of range; write 1KiB to 100MiB"),
        (
            "ingest: { sources: [] }",
            "ingest.sources: sources is empty and must name at least one source with topics and format",
        ),
        ("ingest: { tenant: [{}] }", "ingest.tenant[0].from: it is missing; write it"),
        ("ingest: { tenant: [{ form: 'header:a' }] }", "ingest.tenant[0].from: it is missing; write it"),
        (
            "ingest: { sources: [{ topics: [tidewatch.incidents], format: json_lines }] }",
            "ingest.sources[0].topics: \"tidewatch.incidents\" is written by Tidewatch itself; \
             name a topic that agents write, or change topics.prefix",
        ),
        ("kafka: { brokers: [] }", "kafka.brokers: the list is empty; name at least one"),
        (
            "kafka: { brokers: ['a:9092', 'b:0'] }",
            "kafka.brokers: \"b:0\" is not a broker; write host:port such as kafka-1:9092",
        ),
        (
            "topics: { prefix: 'a b' }",
            "topics.prefix: \"a b\" cannot begin the name of a topic; write up to 200 letters, digits, dots, dashes and underscores",
        ),
        ("log: { level: x }", "log.level: \"x\" is not a choice here; write one of error, warn, info, debug, trace"),
    ];
    assert_first_mistakes(&cases);
}

#[test]
fn each_mistake_about_shared_resources_says_what_would_be_right() {
    let cases = [
        ("detect: { shared: [{ resource: node-1 }] }", "detect.shared[0].parts: it is missing; write it"),
        (
            "detect: { shared: [{ resource: n, parts: [] }] }",
            "detect.shared[0].parts: the list is empty; name at least one",
        ),
        ("detect: { shared: [{ name: n, parts: [a] }] }", "detect.shared[0].resource: it is missing; write it"),
    ];
    assert_first_mistakes(&cases);
}

#[test]
fn each_mistake_about_prices_says_what_would_be_right() {
    let price = |more: &str| format!("cost: {{ prices: [{{ resource: pg, price: 1, per: hour, by: cpu{more} }}] }}");
    let twice = "cost: { prices: [{ resource: pg, price: 1, per: hour, by: cpu }, { resource: pg, price: 2, per: hour, by: cpu, pool: eu }] }";
    let cases = [
        (
            "cost: { currency: euro }",
            "cost.currency: \"euro\" is no code of a currency; write one of ISO 4217 such as EUR",
        ),
        (
            "cost: { period: 7h }",
            "cost.period: a day does not divide into periods of 7h; write a length that divides a day, such as 15m, 1h or 1d",
        ),
        (
            "cost: { waiting_hour: -3 }",
            "cost.waiting_hour: -3 is no amount of money; write an amount that is not negative, with at most six decimals, such as 0.42",
        ),
        ("cost: { prices: [{ resource: pg, price: 1, by: cpu }] }", "cost.prices[0].per: it is missing; write it"),
        (&price(", capacity: -1"), "cost.prices[0].capacity: -1 is out of range; write 0 to 1000000000000000000"),
        (
            &price(", entitled: { acme: much }"),
            "cost.prices[0].entitled.acme: \"much\" is not a number; write 0 to 1000000000000000000",
        ),
        (&price(", capasity: 4"), "cost.prices[0].capasity: there is no such option; did you mean capacity?"),
        (twice, "cost.prices[1]: pg by cpu has a price already; leave one of them, or name another pool in each"),
    ];
    assert_first_mistakes(&cases);
}

/// Holds the first mistake of each text against what is expected.
fn assert_first_mistakes(cases: &[(&str, &str)]) {
    for (yaml, expected) in cases {
        let mistakes = mistakes(yaml);
        assert_eq!(mistakes.first(), Some(&format!("a.yaml: {expected}")), "{yaml}: {mistakes:#?}");
    }
}

#[test]
fn what_the_ingest_crate_refuses_is_refused_with_its_key() {
    let yaml = "
ingest:
  sources:
    - { topics: [a], format: json_lines }
    - { topics: [a], format: otlp }
    - { topics: [b, b], format: json_lines }
  tenant: [{ from: resource }, { from: 'header:a', matches: '(' }, { from: 'header:a', value: b }]
  pool: [{ from: 'cluster:a' }]
";
    let mistakes = mistakes(yaml);
    let places: Vec<&str> = mistakes.iter().filter_map(|line| line.split(": ").nth(1)).collect();
    let expected =
        ["ingest.sources[1].format", "ingest.sources[2]", "ingest.tenant[0]", "ingest.tenant[1]", "ingest.pool[0]"];
    assert_eq!(places, expected, "{mistakes:#?}");
}

#[test]
fn text_that_is_not_yaml_says_where() {
    let cases = [
        ("detect:\n  window: [10s\nlog: {}\n", "a.yaml:3:"),
        ("detect:\n\twindow: 10s\n", "a.yaml:2:"),
        ("detect:\n  batch: 1\n  batch: 2\n", "a.yaml:"),
    ];
    for (yaml, expected) in cases {
        let mistakes = mistakes(yaml);
        assert!(mistakes.len() == 1 && mistakes[0].starts_with(expected), "{yaml:?}: {mistakes:?}");
    }
    for yaml in ["- a\n- b\n", "parrots\n", "a: 1\n---\nb: 2\n"] {
        let mistakes = mistakes(yaml);
        assert!(
            mistakes.len() == 1 && mistakes[0].starts_with("a.yaml: it is no configuration"),
            "{yaml:?}: {mistakes:?}"
        );
    }
}

#[test]
fn the_environment_goes_over_the_file_and_flags_over_both() {
    let yaml = "detect: { window: 30s, lateness: 30s, batch: 7 }\n";
    let environment = [
        ("TIDEWATCH__DETECT__LATENESS", "1m"),
        ("TIDEWATCH__DETECT__BATCH", "8"),
        ("TIDEWATCH__DETECT__FALSE_ALARMS", "2.5"),
        ("TIDEWATCH__KAFKA__BROKERS", "a:1, b:2"),
        ("TIDEWATCH__KAFKA__CLIENT__SASL__USERNAME", "me"),
        ("TIDEWATCH_TARGET", "/elsewhere"),
        ("HOME", "/"),
    ];
    let config = load_with(yaml, &environment, &[flag("--batch", "detect.batch", "9")]).unwrap();
    assert_eq!((config.detect.window_ms, config.detect.lateness_ms, config.detect.batch), (30_000, 60_000, 9));
    assert_eq!(config.detect.false_alarms, 2.5);
    assert_eq!(config.kafka.brokers, ["a:1", "b:2"]);
    assert_eq!(config.kafka.client["sasl.username"], Setting::Plain("me".to_owned()));
}

#[test]
fn a_mistake_names_the_variable_or_the_flag_that_makes_it() {
    let environment = [("TIDEWATCH__DETECT__WINDOW", "soon"), ("TIDEWATCH__DETECT__WINDWO", "10s")];
    let errors =
        load_with("log: { level: 7 }\n", &environment, &[flag("--brokers", "kafka.brokers", "a")]).unwrap_err();
    let origins: Vec<(&str, &str)> = errors.0.iter().map(|error| (error.origin.as_str(), error.key.as_str())).collect();
    let expected = [
        ("--brokers", "kafka.brokers"),
        ("TIDEWATCH__DETECT__WINDOW", "detect.window"),
        ("TIDEWATCH__DETECT__WINDWO", "detect.windwo"),
        ("a.yaml", "log.level"),
    ];
    assert_eq!(origins, expected);
}
