//! Settings of the Kafka client and the secrets among them.

use std::collections::BTreeMap;

use super::*;

#[test]
fn client_settings_are_tried_on_the_client() {
    let yaml = "
kafka:
  client:
    socket.timeout.ms: 30000
    socket.timeout: 3
    fetch.wait.max.ms: soon
    sasl.password: hunter2
    client.id: { file: a, env: B }
    no.such.password: { env: B }
    sasl: { username: me }
    ssl.key.location: hunter2
    ssl.key.password: { env: B }
    isolation.level: read_uncommitted
";
    let mistakes = mistakes(yaml);
    let expected = [
        "a.yaml: kafka.client.client.id: the section is not a reference; ",
        "a.yaml: kafka.client.fetch.wait.max.ms: the Kafka client refuses \"soon\": ",
        "a.yaml: kafka.client.isolation.level: Tidewatch makes this setting itself; remove it",
        "a.yaml: kafka.client.no.such.password: the Kafka client has no setting no.such.password; ",
        "a.yaml: kafka.client.sasl: the Kafka client has no setting sasl; ",
        "a.yaml: kafka.client.sasl.password: a secret must not be written into the configuration; ",
        "a.yaml: kafka.client.socket.timeout: the Kafka client has no setting socket.timeout; ",
        "a.yaml: kafka.client.ssl.key.location: this build cannot do that: OpenSSL not available at build time; ",
        "a.yaml: kafka.client.ssl.key.password: this build cannot do that: OpenSSL not available at build time; ",
    ];
    assert_eq!(mistakes.len(), expected.len(), "{mistakes:#?}");
    for (mistake, expected) in mistakes.iter().zip(expected) {
        assert!(mistake.starts_with(expected), "{mistake:?} does not begin with {expected:?}");
    }
}

#[test]
fn no_secret_is_ever_shown() {
    let password = ("TIDEWATCH__KAFKA__CLIENT__SASL__PASSWORD", "hunter2");
    let config = load_with("", &[password], &[]).unwrap();
    let shown = format!("{config:?}");
    assert!(shown.contains("\"sasl.password\": ***") && !shown.contains("hunter2"), "{shown}");
    let written = mistakes(
        "kafka: { client: { sasl.password: hunter2, sasl.oauthbearer.config: [hunter2], sasl.pasword: hunter2 } }",
    );
    assert!(written.len() == 3 && !written.iter().any(|line| line.contains("hunter2")), "{written:#?}");
}

#[test]
fn the_client_gets_the_brokers_the_settings_and_the_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("username");
    fs::write(&file, "tidewatch\n").unwrap();
    let yaml = PRODUCTION.replace("/run/secrets/kafka-username", file.to_str().unwrap());
    let kafka = load(&yaml).unwrap().kafka;
    let client = kafka.client_config(&BTreeMap::from([("KAFKA_PASSWORD".to_owned(), "hunter2".to_owned())])).unwrap();
    let cases = [
        ("bootstrap.servers", "kafka-1.example.org:9093,kafka-2.example.org:9093"),
        ("sasl.password", "hunter2"),
        ("sasl.username", "tidewatch"),
        ("socket.timeout.ms", "30000"),
    ];
    for (name, expected) in cases {
        assert_eq!(client.get(name), Some(expected), "{name}");
    }
    fs::remove_file(&file).unwrap();
    let missing = kafka.client_config(&BTreeMap::new()).unwrap_err();
    let keys: Vec<&str> = missing.0.iter().map(|error| error.key.as_str()).collect();
    assert_eq!(keys, ["kafka.client.sasl.password", "kafka.client.sasl.username"], "{missing}");
}

#[test]
fn how_outputs_are_published_and_the_name_of_the_instance_are_checked() {
    let kafka = load("kafka: { publishing: transactions, instance: watch-1 }").unwrap().kafka;
    assert_eq!((kafka.publishing, kafka.instance.as_deref()), (Publishing::Transactions, Some("watch-1")));
    let kafka = load("").unwrap().kafka;
    assert_eq!((kafka.publishing, kafka.instance), (Publishing::Auto, None));
    let expected = [
        "a.yaml: kafka.instance: \"watch 1\" cannot be a name in a group; write up to 200 letters, digits, dots, dashes and \
         underscores",
        "a.yaml: kafka.publishing: \"sometimes\" is not a choice here; write one of auto, transactions, idempotent",
    ];
    let mut mistakes = mistakes("kafka: { publishing: sometimes, instance: watch 1 }");
    mistakes.sort();
    assert_eq!(mistakes, expected);
}
