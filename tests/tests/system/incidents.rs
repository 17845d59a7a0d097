//! `tidewatch incidents` as people and scripts use it: over the records of the recording, from a file and from a broker.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tidewatch_pipelines::incidents::Log;
use tidewatch_pipelines::recording::otlp::SHARED_TOPIC;
use tidewatch_schemas::Incident;
use tidewatch_tests::expected::Sent;
use tidewatch_tests::program::{self, Program};

/// How long a demo may take.
const LIMIT: Duration = Duration::from_mins(2);

/// The incident records of the recording, a line each, in a file.
struct Records {
    folder: tempfile::TempDir,
    lines: BTreeSet<String>,
}

impl Records {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let records = Sent::to(SHARED_TOPIC).incident_records();
        let lines: BTreeSet<String> = records.into_iter().map(|record| String::from_utf8(record).unwrap()).collect();
        fs::write(folder.path().join("incidents.jsonl"), lines.iter().cloned().collect::<Vec<_>>().join("\n")).unwrap();
        Self { folder, lines }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("incidents.jsonl")
    }

    /// Each incident in its last revision.
    fn last(&self) -> Vec<Incident> {
        let mut log = Log::default();
        for line in &self.lines {
            log.add(serde_json::from_str(line).unwrap());
        }
        log.last().cloned().collect()
    }
}

fn incidents(arguments: &[&str]) -> Output {
    Command::new(program::path()).arg("incidents").args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn over(file: &Path, arguments: &[&str]) -> Output {
    incidents(&[arguments, &["--input", file.to_str().unwrap()]].concat())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)))
}

#[test]
fn the_list_holds_every_incident_once_and_the_exit_code_says_whether_one_is_open() {
    let records = Records::new();
    let expected: BTreeSet<String> = records.last().iter().map(|incident| incident.incident_id.to_string()).collect();
    let unresolved = records.last().iter().filter(|incident| incident.resolved_at.is_none()).count();
    assert!(unresolved > 0, "the recording ends in the middle of a fault");
    let listed = over(&records.file(), &["list", "--format", "json"]);
    assert_eq!(listed.status.code(), Some(1), "{}", text(&listed.stderr));
    let listed = json(&listed);
    assert_eq!(listed["unresolved"], unresolved);
    let found = listed["incidents"].as_array().unwrap();
    assert_eq!(found.len(), expected.len());
    let ids: BTreeSet<String> = found.iter().map(|each| each["incident_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, expected);
    assert!(found[0]["resolved_at"].is_null(), "what is not resolved comes first");

    let resolved = over(&records.file(), &["list", "--state", "resolved"]);
    assert_eq!(resolved.status.code(), Some(0));
    let lines = text(&resolved.stdout).lines().count();
    assert_eq!(lines, expected.len() - unresolved + 2, "a heading, a line each, a sentence");
}

#[test]
fn the_story_of_each_is_found_by_its_beginning_and_fits_the_terminal() {
    let records = Records::new();
    for incident in records.last() {
        let id = incident.incident_id.to_string();
        for width in [60, 80, 120] {
            let told = over(&records.file(), &["show", &id[..8], "--width", &width.to_string()]);
            assert!(told.status.success(), "{}", text(&told.stderr));
            let story = text(&told.stdout);
            assert!(story.contains(&id) && story.contains(&incident.runbook), "{story}");
            assert!(story.lines().all(|line| line.chars().count() <= width), "{width}:\n{story}");
        }
        let told = json(&over(&records.file(), &["show", &id, "--format", "json"]));
        assert_eq!(told["revision"], incident.revision);
        let history = told["history"].as_array().unwrap();
        assert_eq!(history.len(), incident.revision as usize, "every revision");
        assert!(history.iter().all(|each| each["updated_at"].is_string()), "{told}");
    }
}

#[test]
fn an_identity_that_is_unknown_or_meant_by_several_is_said_with_candidates() {
    let records = Records::new();
    let first = records.last()[0].incident_id.to_string();
    let doubled = format!("{}0", &first[..31]);
    let twin = fs::read_to_string(records.file()).unwrap().replace(&first, &doubled);
    let both = format!("{}\n{twin}", fs::read_to_string(records.file()).unwrap());
    fs::write(records.file(), both).unwrap();
    let ambiguous = over(&records.file(), &["show", &first[..8]]);
    assert_eq!(ambiguous.status.code(), Some(1));
    let said = text(&ambiguous.stderr);
    assert!(said.contains("2 incidents begin with") && said.contains(&first) && said.contains(&doubled), "{said}");

    let unknown = over(&records.file(), &["show", "00000000000"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown.stderr).contains("the latest are\n"), "{}", text(&unknown.stderr));
    assert_eq!(over(&records.file(), &["show", "parrots"]).status.code(), Some(2));
}

#[test]
fn a_watched_file_gives_every_change_in_the_order_of_its_time() {
    let records = Records::new();
    let watched = over(&records.file(), &["watch", "--format", "json"]);
    assert!(watched.status.success());
    let lines = text(&watched.stdout);
    assert_eq!(lines.lines().map(str::to_owned).collect::<BTreeSet<_>>(), records.lines);
    let moment = |line: &str| serde_json::from_str::<Incident>(line).unwrap().updated_at;
    let moments: Vec<_> = lines.lines().map(moment).collect();
    assert!(moments.is_sorted(), "{moments:?}");

    let only = text(&over(&records.file(), &["watch", "--severity", "critical"]).stdout);
    assert!(only.lines().all(|line| line.contains("critical")) && !only.is_empty(), "{only}");
}

#[test]
fn what_other_commands_print_can_be_read_from_standard_input() {
    let records = Records::new();
    let listed = over(&records.file(), &["list", "--format", "json"]).stdout;
    let mut again = Command::new(program::path())
        .args(["incidents", "list", "--input", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    again.stdin.take().unwrap().write_all(&listed).unwrap();
    assert_eq!(text(&again.wait_with_output().unwrap().stdout), text(&listed));
}

#[test]
fn an_empty_file_is_calm_and_what_is_no_record_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records");
    fs::write(&file, "").unwrap();
    let calm = over(&file, &["list"]);
    assert_eq!(calm.status.code(), Some(0));
    assert!(text(&calm.stdout).starts_with("nothing to show of "), "{}", text(&calm.stdout));
    fs::write(&file, "parrots\n").unwrap();
    let wrong = over(&file, &["list"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stderr).contains("there is no incident record in it; line 1"), "{}", text(&wrong.stderr));
}

#[test]
fn the_broker_of_the_demo_gives_what_the_file_gives() {
    let records = Records::new();
    let port = free_port().to_string();
    let mut demo = Program::start(&["demo", "--speed", "0", "--port", &port], &records.folder.path().join("demo"));
    let stays = program::until(LIMIT, || !demo.is_running() || demo.output().contains("The broker stays up"));
    assert!(stays && demo.is_running(), "{}\n{}", demo.output(), demo.last_words());

    let brokers = format!("127.0.0.1:{port}");
    let from_broker = ["--brokers", &brokers];
    let at = records.last().iter().map(|incident| incident.updated_at).max().unwrap().to_string();
    let list = ["list", "--format", "json", "--at", &at];
    let listed = incidents(&[&list[..], &from_broker].concat());
    assert_eq!(text(&listed.stdout), text(&over(&records.file(), &list).stdout), "{}", text(&listed.stderr));
    for incident in records.last() {
        let show = ["show", &incident.incident_id.to_string(), "--at", &at];
        let told = incidents(&[&show[..], &from_broker].concat());
        assert_eq!(text(&told.stdout), text(&over(&records.file(), &show).stdout), "{}", text(&told.stderr));
    }

    let watch = ["incidents", "watch", "--format", "json", "--since", "36500d", "--brokers", &brokers];
    let mut watch = Program::start(&watch, &records.folder.path().join("watch"));
    let came = program::until(LIMIT, || {
        watch.output().lines().count() >= records.lines.len() && watch.said().contains("Ctrl-C ends")
    });
    assert!(came, "{}\n{}", watch.output(), watch.last_words());
    watch.signal("INT");
    let ended = watch.wait(Duration::from_secs(15));
    assert!(ended.success(), "{ended}\n{}", watch.last_words());
    // A demo that is killed leaves its state behind.
    demo.signal("INT");
    assert!(demo.wait(Duration::from_secs(15)).success(), "{}", demo.last_words());
    assert_eq!(watch.output().lines().map(str::to_owned).collect::<BTreeSet<_>>(), records.lines);
}

#[test]
fn people_take_close_and_judge_incidents_of_the_service_that_runs() {
    let records = Records::new();
    let open = records.last().into_iter().find(|incident| incident.resolved_at.is_none()).expect("one is open");
    let over = records.last().into_iter().find(|incident| incident.resolved_at.is_some()).expect("one is over");
    let port = free_port().to_string();
    let mut demo = Program::start(&["demo", "--speed", "0", "--port", &port], &records.folder.path().join("demo"));
    let stays = program::until(LIMIT, || !demo.is_running() || demo.output().contains("The broker stays up"));
    assert!(stays && demo.is_running(), "{}\n{}", demo.output(), demo.last_words());

    let brokers = format!("127.0.0.1:{port}");
    let answer = |words: &[&str]| incidents(&[words, &["--brokers", &brokers, "--by", "ana"]].concat());
    let shown = |id: &str| json(&incidents(&["show", id, "--format", "json", "--brokers", &brokers]));
    let (open, over) = (open.incident_id.to_string(), over.incident_id.to_string());

    let taken = answer(&["ack", &open, "--note", "on it"]);
    assert!(taken.status.success(), "{}\n{}", text(&taken.stderr), demo.last_words());
    assert!(text(&taken.stdout).contains("acknowledge by ana: acknowledged, revision "), "{}", text(&taken.stdout));
    let told = shown(&open);
    assert_eq!((&told["state"], &told["response"]["acknowledged_by"]), (&"acknowledged".into(), &"ana".into()));
    let twice = answer(&["ack", &open, "--wait", "1s"]);
    assert_eq!(twice.status.code(), Some(1), "somebody has it");
    assert!(text(&twice.stderr).contains("topic tidewatch.rejects says why"), "{}", text(&twice.stderr));

    let closed = answer(&["resolve", &open]);
    assert!(closed.status.success(), "{}", text(&closed.stderr));
    let told = shown(&open);
    assert_eq!((&told["state"], &told["response"]["resolved_by"]), (&"resolved".into(), &"ana".into()));

    for verdict in ["real", "false-alarm", "new-normal"] {
        let judged = answer(&["verdict", &over, verdict]);
        assert!(judged.status.success(), "{verdict}: {}", text(&judged.stderr));
    }
    let expected = answer(&["verdict", &over, "expected", "--name", "migration", "--until", "2027-01-01T00:00:00Z"]);
    assert!(expected.status.success(), "{}", text(&expected.stderr));
    let said = shown(&over)["response"]["said"].as_array().cloned().expect("a list");
    let actions: Vec<&str> = said.iter().filter_map(|each| each["action"].as_str()).collect();
    assert_eq!(actions, ["real", "false_alarm", "new_normal", "expected"]);
    demo.signal("INT");
    assert!(demo.wait(Duration::from_secs(15)).success(), "{}", demo.last_words());
}

#[test]
fn the_documentation_shows_an_incident_as_every_channel_gets_it() {
    let records = Records::new();
    let documented = include_str!("../../../docs/channels.md");
    for channel in ["pagerduty", "alertmanager", "webhook", "slack", "opsgenie", "incident-io"] {
        let body = over(&records.file(), &["show", "7c46", "--as", channel]);
        assert!(body.status.success(), "{channel}: {}", text(&body.stderr));
        let shown = text(&body.stdout);
        let schema = format!("{}/channels/{}.schema.json", env!("CARGO_MANIFEST_DIR"), channel.replace('-', "_"));
        let schema = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
        let wrong = jsonschema::validate(&schema, &json(&body)).err().map(|error| error.to_string());
        assert_eq!(wrong, None, "{channel}: {shown}");
        let command = format!("$ tidewatch incidents show 7c46 --input incidents.jsonl --as {channel}\n{shown}```\n");
        assert!(documented.contains(&command), "docs/channels.md has another body for {channel}:\n{command}");
    }
}

#[test]
fn brokers_that_do_not_answer_are_named() {
    let brokers = format!("127.0.0.1:{}", free_port());
    let failed = incidents(&["list", "--brokers", &brokers]);
    assert_eq!(failed.status.code(), Some(1));
    let said = text(&failed.stderr);
    assert!(said.starts_with(&format!("error: kafka: the brokers at {brokers} do not answer")), "{said}");
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
