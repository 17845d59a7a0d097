//! Passes connections on a port that the user chose to the embedded broker, which chooses its own.
//!
//! Clients only bootstrap through it: the broker tells them its real address, and they connect there.

use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::thread;

use anyhow::Context as _;

/// Listens on `port` of 127.0.0.1 and passes each connection on to `to`; returns the address listened on.
pub(super) fn listen(port: u16, to: &str) -> anyhow::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let listener = listener.with_context(|| format!("--port {port}: cannot listen; choose a port that is free"))?;
    let address = listener.local_addr().context("the port listened on")?.to_string();
    let to = to.to_owned();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            if let Ok(broker) = TcpStream::connect(&to) {
                let _ = join(client, broker);
            }
        }
    });
    Ok(address)
}

fn join(client: TcpStream, broker: TcpStream) -> io::Result<()> {
    let (client_out, broker_out) = (client.try_clone()?, broker.try_clone()?);
    thread::spawn(move || copy(client, broker_out));
    thread::spawn(move || copy(broker, client_out));
    Ok(())
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
}
