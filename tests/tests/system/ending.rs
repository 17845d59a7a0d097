//! Whoever ends the service while it is still starting is heard, as during a roll-out that is taken back at once.

use std::net::TcpListener;

use tidewatch_tests::program::Program;

#[test]
fn sigterm_while_starting_ends_in_order() {
    // It accepts connections and says nothing, so that the start goes on for as long as the client is patient.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("tidewatch.yaml");
    let broker = mute.local_addr().unwrap();
    std::fs::write(&config, format!("kafka: {{ brokers: [\"{broker}\"] }}\n")).unwrap();
    let arguments = ["run", "--config", config.to_str().unwrap()];
    let mut service = Program::start(&arguments, &folder.path().join("service"));
    let connection = mute.accept().unwrap();
    assert!(service.is_running(), "{}", service.last_words());
    service.end_in_order();
    assert!(service.said().contains("asked to end while starting"), "{}", service.last_words());
    drop(connection);
}
