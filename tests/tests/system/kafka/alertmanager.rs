//! A real Alertmanager, two of them: an incident fires in both, stays while it lasts, and is resolved; whoever is killed.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tidewatch_pipelines::clock;
use tidewatch_schemas::incident::State;
use tidewatch_tests::paging::{Paging, incident};
use tidewatch_tests::program;

const PATIENCE: Duration = Duration::from_secs(40);
/// An alert that is not sent again ends after four repetitions.
const LONGER: Duration = Duration::from_secs(9);

struct Alertmanager {
    process: Child,
    address: String,
    _folder: TempDir,
}

impl Alertmanager {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config = "route: { receiver: nobody }\nreceivers: [{ name: nobody }]\nglobal: { resolve_timeout: 2s }\n";
        fs::write(folder.path().join("config.yml"), config).expect("a configuration");
        let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|free| free.local_addr()).expect("a free port").port();
        let address = format!("127.0.0.1:{port}");
        let said = fs::File::create(folder.path().join("said")).expect("a file");
        let process = Command::new("prometheus-alertmanager")
            .arg(format!("--config.file={}", folder.path().join("config.yml").display()))
            .arg(format!("--storage.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--cluster.listen-address=")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said)
            .spawn()
            .expect("prometheus-alertmanager is installed by `make test-kafka`");
        let started = Self { process, address, _folder: folder };
        assert!(program::until(PATIENCE, || started.alerts().is_some()), "Alertmanager does not answer");
        started
    }

    /// The alerts that fire, as its API shows them.
    fn alerts(&self) -> Option<Vec<Value>> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        let request = "GET /api/v2/alerts HTTP/1.0\r\nhost: am\r\n\r\n";
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (_, body) = answer.split_once("\r\n\r\n")?;
        serde_json::from_str(body).ok()
    }

    fn severities(&self) -> Vec<String> {
        let alerts = self.alerts().unwrap_or_default();
        alerts.iter().map(|alert| alert["labels"]["severity"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "needs Alertmanager: make test-kafka"]
fn an_incident_fires_in_every_replica_as_long_as_it_lasts() {
    let replicas = [Alertmanager::start(), Alertmanager::start()];
    let urls = format!("[\"http://{}\", \"http://{}\"]", replicas[0].address, replicas[1].address);
    let mut paging = Paging::new(&format!(
        "  channels: {{ am: {{ kind: alertmanager, urls: {urls}, private: true, again: 1s, per_minute: 10000 }} }}\n  \
         routes: [{{ channels: [am] }}]"
    ));
    let mut pager = paging.start();
    paging.publish(&incident(1, 1, State::Open, clock::now()));
    let fire = |severity: &str| replicas.iter().all(|replica| replica.severities() == [severity]);
    assert!(program::until(PATIENCE, || fire("error")), "{}", pager.last_words());
    let alert = replicas[1].alerts().expect("it answers").remove(0);
    assert_eq!(alert["labels"]["incident_id"], format!("{:032x}", 1));
    assert_eq!((&alert["labels"]["culprit"], &alert["labels"]["pool"]), (&"acme".into(), &"eu-1".into()));
    assert_eq!(alert["annotations"]["runbook_url"], "https://wiki.example.com/slow-requests");

    thread::sleep(LONGER);
    assert!(fire("error"), "it fires longer than an alert that is not sent again");
    pager.kill();
    let mut pager = paging.start();
    // What the alert is has changed: the one before is over.
    let worse = tidewatch_schemas::Incident {
        severity: tidewatch_schemas::incident::Severity::Critical,
        ..incident(1, 2, State::Open, clock::now())
    };
    paging.publish(&worse);
    assert!(program::until(PATIENCE, || fire("critical")), "{:?}\n{}", replicas[0].severities(), pager.last_words());
    let over =
        tidewatch_schemas::Incident { state: State::Resolved, resolved_at: Some(clock::now()), revision: 3, ..worse };
    paging.publish(&over);
    let is_quiet = || replicas.iter().all(|replica| replica.severities().is_empty());
    assert!(program::until(PATIENCE, is_quiet), "{:?}\n{}", replicas[0].severities(), pager.last_words());
    pager.end_in_order();
}
