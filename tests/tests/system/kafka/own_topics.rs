//! Tidewatch makes its topics with every setting that matters written out, so that no broker's defaults decide.

use std::collections::BTreeMap;

use tidewatch_tests::deployment::Deployment;

use super::Broker;

const MONTH_MS: &str = "2592000000";
const TWO_DAYS_MS: &str = "172800000";

#[test]
#[ignore = "needs Apache Kafka: make test-kafka"]
fn own_topics_have_the_settings_of_the_configuration() {
    let broker = Broker::start();
    let mut case = Deployment::new(broker.bootstrap(), "settings", "otlp-settings");
    case.topic_options = ", partitions: 3, observations_retention: 48h".to_owned();
    case.create_source();
    let mut service = case.start("service");
    let names = &case.names;
    let topics = [
        (&names.observations, TWO_DAYS_MS),
        (&names.findings, TWO_DAYS_MS),
        (&names.incidents, MONTH_MS),
        (&names.cost_signals, MONTH_MS),
        (&names.rejects, MONTH_MS),
    ];
    for (topic, retention) in topics {
        // It waits for the topic.
        drop(case.topics.tail(topic));
        assert_eq!(case.topics.partitions(topic), 3, "{topic}");
        let expected = [
            ("cleanup.policy", "delete"),
            ("max.message.bytes", "2097152"),
            ("message.timestamp.type", "CreateTime"),
            ("retention.ms", retention),
        ];
        let expected: BTreeMap<String, String> =
            expected.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        assert_eq!(case.topics.settings(topic), expected, "{topic}");
    }
    service.end_in_order();
}
