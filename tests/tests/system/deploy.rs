//! Parses and checks what people install: container file, compose file, the collector's configuration, local Kafka.
//!
//! Nobody compiles these files, so a name that fits nowhere is otherwise found by a user. The rules are functions over
//! text that return what is wrong, one sentence each; the second half of this file shows for each of them that it can
//! fail. No network and no container engine: whether an image starts is seen where there is one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml_ng::Value;

/// The topics that the shipped `tidewatch.yaml` reads: the collector's name for what is in them, topic, encoding.
const AGENT_TOPICS: [(&str, &str, &str); 2] =
    [("metrics", "otlp_metrics", "otlp_proto"), ("logs", "otlp_logs", "otlp_proto")];

/// What makes an agent's messages keep their order and survive: a setting of the kafka exporter and its value.
const EXPORTER_SETTINGS: [(&[&str], &str); 6] = [
    (&["partition_metrics_by_resource_attributes"], "true"),
    (&["partition_logs_by_resource_attributes"], "true"),
    (&["record_partitioner", "sticky_key", "hasher"], "murmur2"),
    (&["producer", "required_acks"], "all"),
    (&["producer", "compression"], "zstd"),
    (&["producer", "allow_auto_topic_creation"], "false"),
];

fn deploy(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(deploy(path)).unwrap_or_else(|error| panic!("deploy/{path}: {error}"))
}

fn yaml(text: &str) -> Value {
    serde_yaml_ng::from_str(text).unwrap_or_else(|error| panic!("not YAML: {error}"))
}

fn keys(map: &Value) -> BTreeSet<&str> {
    map.as_mapping().into_iter().flatten().filter_map(|(key, _)| key.as_str()).collect()
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_sequence().into_iter().flatten().filter_map(Value::as_str)
}

fn entries(map: &Value) -> impl Iterator<Item = (&str, &Value)> {
    map.as_mapping().into_iter().flatten().filter_map(|(key, value)| Some((key.as_str()?, value)))
}

/// The value as it is written, for a message or a comparison: `true`, `4`, `all`.
fn plain(value: &Value) -> String {
    serde_yaml_ng::to_string(value).unwrap_or_default().trim().to_owned()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    Some(text.split_once(start)?.1.split_once(end)?.0)
}

fn collector_violations(text: &str, compose: &str) -> Vec<String> {
    let config = yaml(text);
    let mut wrong = pipeline_violations(&config);
    let kafka = &config["exporters"]["kafka"];
    for (signal, topic, encoding) in AGENT_TOPICS {
        let found = (plain(&kafka[signal]["topic"]), plain(&kafka[signal]["encoding"]));
        if found != (topic.to_owned(), encoding.to_owned()) {
            wrong.push(format!("{signal} go to {found:?}, Tidewatch reads {encoding} from {topic}"));
        }
    }
    for (path, expected) in EXPORTER_SETTINGS {
        let found = plain(path.iter().fold(kafka, |value, key| &value[*key]));
        if found != expected {
            wrong.push(format!("exporters.kafka.{} is {found}, not {expected}", path.join(".")));
        }
    }
    for (receiver, settings) in entries(&config["receivers"]) {
        if settings.get("password").is_some_and(|secret| !plain(secret).starts_with("${env:")) {
            wrong.push(format!("the password of {receiver} is not taken from the environment"));
        }
    }
    let environment = &yaml(compose)["services"]["otel-collector"]["environment"];
    let used = text.split("${env:").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    let missing = used.filter(|name| !keys(environment).contains(name));
    wrong.extend(missing.map(|name| format!("compose.yaml does not give the collector {name}")));
    wrong
}

/// Every component that a pipeline names is defined, every defined one is used, and no pipeline can exhaust the memory.
fn pipeline_violations(config: &Value) -> Vec<String> {
    let pipelines = &config["service"]["pipelines"];
    let mut wrong = Vec::new();
    for kind in ["receivers", "processors", "exporters"] {
        let defined = keys(&config[kind]);
        let used: BTreeSet<&str> = entries(pipelines).flat_map(|(_, pipeline)| strings(&pipeline[kind])).collect();
        wrong.extend(used.difference(&defined).map(|name| format!("{name} of {kind} is used but not defined")));
        wrong.extend(defined.difference(&used).map(|name| format!("{name} of {kind} is defined but not used")));
    }
    for (signal, _, _) in AGENT_TOPICS {
        if strings(&pipelines[signal]["exporters"]).all(|name| name != "kafka") {
            wrong.push(format!("no pipeline sends {signal} to kafka"));
        }
        if strings(&pipelines[signal]["processors"]).next() != Some("memory_limiter") {
            wrong.push(format!("the pipeline of {signal} does not begin with memory_limiter"));
        }
    }
    wrong
}

fn compose_violations(text: &str, pom: &str) -> Vec<String> {
    let compose = yaml(text);
    let services = &compose["services"];
    let mut wrong = Vec::new();
    for (name, service) in entries(services) {
        wrong.extend(service_violations(service, &compose).into_iter().map(|what| format!("{name}: {what}")));
    }
    let tested = between(pom, "<kafka.version>", "</kafka.version>").unwrap_or_default();
    if !plain(&services["kafka"]["image"]).ends_with(&format!("apache/kafka:{tested}")) {
        wrong.push(format!("kafka: is not the version that the tests run against, {tested}"));
    }
    let script = strings(&services["topics"]["command"]).collect::<String>();
    let missing = AGENT_TOPICS.iter().filter(|(_, topic, _)| !script.contains(topic));
    wrong.extend(missing.map(|(_, topic, _)| format!("topics: {topic} is not created")));
    let command: Vec<&str> = strings(&services["tidewatch"]["command"]).collect();
    let mounted = command.last().is_some_and(|file| {
        strings(&services["tidewatch"]["volumes"]).any(|volume| volume.split(':').nth(1) == Some(*file))
    });
    if !command.starts_with(&["run", "--config"]) || !mounted {
        wrong.push(format!("tidewatch: {command:?} is not `run --config` with a file that is mounted"));
    }
    wrong
}

fn service_violations(service: &Value, compose: &Value) -> Vec<String> {
    let here = deploy("compose");
    let mut wrong = Vec::new();
    let image = plain(&service["image"]);
    let tag = image.rsplit('/').next().and_then(|name| name.split_once(':')).map_or("", |(_, tag)| tag);
    if service.get("build").is_none() && (tag.is_empty() || tag == "latest") {
        wrong.push(format!("image {image} has no fixed version"));
    }
    for port in service["ports"].as_sequence().into_iter().flatten().map(plain) {
        if !port.starts_with("127.0.0.1:") {
            wrong.push(format!("port {port} is not bound to loopback"));
        }
    }
    for source in strings(&service["volumes"]).filter_map(|volume| volume.split(':').next()) {
        let is_path = source.starts_with('.') || source.starts_with('/');
        if is_path && !here.join(source).exists() {
            wrong.push(format!("file {source} does not exist"));
        }
        if !is_path && !keys(&compose["volumes"]).contains(source) {
            wrong.push(format!("volume {source} is not declared"));
        }
    }
    if let Some(build) = service.get("build") {
        let file = here.join(plain(&build["context"])).join(plain(&build["dockerfile"]));
        if !file.is_file() {
            wrong.push(format!("container file {} does not exist", file.display()));
        }
    }
    let unknown = keys(&service["depends_on"]).into_iter().filter(|name| compose["services"].get(name).is_none());
    wrong.extend(unknown.map(|name| format!("depends on {name}, which is not a service")));
    wrong
}

fn container_violations(text: &str) -> Vec<String> {
    let whole_lines = text.replace("\\\n", " ");
    let instructions: Vec<(&str, &str)> =
        whole_lines.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' ')).collect();
    let last_from = instructions.iter().rposition(|(word, _)| *word == "FROM").unwrap_or(0);
    let last = |wanted: &str| {
        let found = instructions.iter().skip(last_from).rfind(|(word, _)| *word == wanted);
        found.map_or("", |(_, value)| value.trim())
    };
    let mut wrong = Vec::new();
    if matches!(last("USER").split(':').next(), None | Some("" | "root" | "0")) {
        wrong.push(format!("the last stage runs as USER {:?}", last("USER")));
    }
    if last("ENTRYPOINT") != r#"["/usr/local/bin/tidewatch"]"# {
        wrong.push(format!("the entry point is {:?}", last("ENTRYPOINT")));
    }
    if last("VOLUME") != "/var/lib/tidewatch" {
        wrong.push(format!("the state is in {:?}", last("VOLUME")));
    }
    for (word, value) in &instructions {
        let stays_in_image = matches!(*word, "ENV" | "ARG");
        if stays_in_image && ["PASS", "SECRET", "TOKEN", "KEY"].iter().any(|part| value.to_uppercase().contains(part)) {
            wrong.push(format!("{word} {value} puts a secret into the image"));
        }
        if *word == "ADD" && value.contains("://") {
            wrong.push(format!("ADD {value} takes what a network address answers today"));
        }
        if *word == "FROM" && !value.split(' ').next().is_some_and(|image| image.contains(':')) {
            wrong.push(format!("FROM {value} has no fixed version"));
        }
    }
    wrong
}

fn pom_violations(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let kafka = between(text, "<kafka.version>", "</kafka.version>").unwrap_or_default();
    let numbers: Vec<&str> = kafka.split('.').collect();
    if numbers.len() != 3 || numbers.first() != Some(&"4") || !numbers.iter().all(|part| part.parse::<u16>().is_ok()) {
        wrong.push(format!("kafka.version {kafka:?} is not a release of Kafka 4"));
    }
    let names_it = text.split("<dependency>").any(|dependency| {
        dependency.contains("<artifactId>kafka_2.13</artifactId>") && dependency.contains("${kafka.version}")
    });
    if !names_it {
        wrong.push("no dependency on kafka_2.13 with that version".to_owned());
    }
    let versions = text.split("<version>").skip(1).filter_map(|rest| rest.split('<').next());
    let open = versions.filter(|version| version.contains(['[', ',', '(']) || version.chars().all(char::is_uppercase));
    wrong.extend(open.map(|version| format!("version {version} is not fixed")));
    wrong
}

/// Every file below `folder` that begins with a line for bash.
fn bash_scripts(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            found.extend(bash_scripts(&entry));
        } else if fs::read(&entry).is_ok_and(|bytes| bytes.starts_with(b"#!/usr/bin/env bash\n")) {
            found.push(entry);
        }
    }
    found
}

fn script_violations(script: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    let parsed = Command::new("bash").arg("-n").arg(script).output().expect("bash");
    if !parsed.status.success() {
        wrong.push(String::from_utf8_lossy(&parsed.stderr).into_owned());
    }
    if !fs::read_to_string(script).expect("a script").contains("\nset -euo pipefail\n") {
        wrong.push(format!("{} goes on after an error", script.display()));
    }
    wrong
}

const NOTHING: Vec<String> = Vec::new();

#[test]
fn the_files_of_deploy_are_in_order() {
    let (compose, pom) = (read("compose/compose.yaml"), read("kafka/pom.xml"));
    assert_eq!(collector_violations(&read("compose/otel-collector.yaml"), &compose), NOTHING);
    assert_eq!(compose_violations(&compose, &pom), NOTHING);
    assert_eq!(container_violations(&read("container/Containerfile")), NOTHING);
    assert_eq!(pom_violations(&pom), NOTHING);
}

#[test]
fn the_scripts_parse_and_stop_at_the_first_error() {
    let scripts = bash_scripts(&deploy("."));
    for name in ["kafka/install", "kafka/start", "kafka/stop", "s3/install", "s3/serve"] {
        assert!(scripts.contains(&deploy(".").join(name)), "{name} is not a script for bash");
    }
    for script in scripts {
        assert_eq!(script_violations(&script), NOTHING, "{}", script.display());
    }
}

#[test]
fn a_script_says_what_is_missing_and_what_to_type() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("kafka");
    let dir = dir.to_str().expect("a name in UTF-8");
    let cases: [(&str, &str, &[&str], i32, &str); 6] = [
        ("no java", "start", &[dir], 1, "sudo apt-get install openjdk-17"),
        ("no folder named", "start", &[], 2, "DIR is missing"),
        ("no value", "start", &[dir, "--port"], 2, "has no value"),
        ("not a port", "start", &[dir, "--port", "70000"], 2, "wants 1 to 65535"),
        ("unknown option", "start", &[dir, "--prot", "1"], 2, "unknown option --prot"),
        ("nothing to stop", "stop", &[folder.path().to_str().expect("UTF-8")], 2, "holds no broker"),
    ];
    for (case, script, arguments, code, says) in cases {
        let mut command = Command::new(deploy("kafka").join(script));
        let output = command.args(arguments).env("JAVA_HOME", "/nowhere").output().expect("a script");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{case}: {said}");
        assert!(said.contains(says), "{case}: {said}");
        assert!(!Path::new(dir).exists(), "{case}: made a folder before looking");
    }
}

/// Each case changes one place of a real file, and the rules must then say so.
fn assert_each_fails(path: &str, cases: &[(&str, &str, &str)], rules: impl Fn(&str) -> Vec<String>) {
    let real = read(path);
    for (from, to, says) in cases {
        assert!(real.contains(from), "{path} has no {from:?} that a case could change");
        let wrong = rules(&real.replacen(from, to, 1));
        assert!(wrong.iter().any(|sentence| sentence.contains(says)), "{from:?} -> {to:?}: {wrong:?}");
    }
}

#[test]
fn a_wrong_collector_configuration_is_noticed() {
    let compose = read("compose/compose.yaml");
    let cases = [
        ("receivers: [postgresql, redis,", "receivers: [postgresql, reddis,", "reddis of receivers is used but not"),
        ("receivers: [postgresql, redis,", "receivers: [postgresql,", "redis of receivers is defined but not used"),
        ("processors: [memory_limiter, resource/tenant,", "processors: [resource/tenant,", "begin with memory_limiter"),
        ("topic: otlp_metrics", "topic: metrics", "metrics go to"),
        ("topic: otlp_logs, encoding: otlp_proto", "topic: otlp_logs, encoding: otlp_json", "logs go to"),
        ("hasher: murmur2", "hasher: sarama_compat", "hasher is sarama_compat"),
        ("required_acks: all", "required_acks: 1", "required_acks is 1"),
        ("password: ${env:REDIS_PASSWORD}", "password: hunter2", "password of redis"),
        ("${env:POOL}", "${env:CLUSTER}", "give the collector CLUSTER"),
        ("exporters: [kafka]", "exporters: []", "no pipeline sends metrics"),
    ];
    assert_each_fails("compose/otel-collector.yaml", &cases, |text| collector_violations(text, &compose));
}

#[test]
fn a_wrong_compose_file_is_noticed() {
    let pom = read("kafka/pom.xml");
    let cases = [
        ("127.0.0.1:29092:29092", "29092:29092", "not bound to loopback"),
        ("127.0.0.1:29092:29092", "0.0.0.0:29092:29092", "not bound to loopback"),
        ("./otel-collector.yaml:", "./collector.yaml:", "./collector.yaml does not exist"),
        ("- kafka-data:/", "- kafka-date:/", "volume kafka-date is not declared"),
        ("container/Containerfile", "container/Dockerfile", "does not exist"),
        ("collector-contrib:0.161.0", "collector-contrib:latest", "no fixed version"),
        ("apache/kafka:4", "apache/kafka:3", "not the version that the tests run against"),
        ("otlp_metrics otlp_logs; do", "otlp_metrics; do", "otlp_logs is not created"),
        ("      topics:\n", "      topic:\n", "depends on topic, which"),
        ("[run, --config,", "[demo, --config,", "is not `run --config`"),
        (":/etc/tidewatch/tidewatch.yaml:ro", ":/etc/tidewatch.yaml:ro", "is not `run --config`"),
    ];
    assert_each_fails("compose/compose.yaml", &cases, |text| compose_violations(text, &pom));
}

#[test]
fn a_wrong_container_file_is_noticed() {
    let cases = [
        ("USER 10001:10001", "USER root", "runs as USER"),
        ("USER 10001:10001", "USER 0:0", "runs as USER"),
        ("USER 10001:10001\n", "", "runs as USER"),
        ("COPY schemas schemas", "ADD https://example.org/schemas.tar .", "network address"),
        (r#"["/usr/local/bin/tidewatch"]"#, r#"["/bin/sh", "-c", "tidewatch"]"#, "entry point"),
        ("VOLUME /var/lib/tidewatch\n", "", "the state is in"),
        ("WORKDIR /build", "ENV KAFKA_PASSWORD=hunter2", "secret"),
        ("debian:bookworm-slim", "debian", "no fixed version"),
    ];
    assert_each_fails("container/Containerfile", &cases, container_violations);
}

#[test]
fn a_wrong_pom_or_script_is_noticed() {
    let cases = [
        ("<kafka.version>4.", "<kafka.version>3.", "not a release of Kafka 4"),
        ("<kafka.version>4.", "<kafka.version>[4,)", "not a release of Kafka 4"),
        ("kafka_2.13</artifactId>", "kafka_2.12</artifactId>", "no dependency on kafka_2.13"),
        ("<version>${log4j.version}", "<version>LATEST", "LATEST is not fixed"),
    ];
    assert_each_fails("kafka/pom.xml", &cases, pom_violations);

    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("broken");
    fs::write(&script, "#!/usr/bin/env bash\nif true; then\n").expect("a script");
    assert_eq!(bash_scripts(folder.path()), std::slice::from_ref(&script));
    assert_eq!(script_violations(&script).len(), 2, "{:?}", script_violations(&script));
}
