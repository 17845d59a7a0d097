//! Somebody who is called over HTTP and answers as it is told to: well, badly, late, never, or half.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// How a call is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// With a status.
    Status(u16),
    /// With 429 and so many seconds in `Retry-After`.
    Busy(u32),
    /// Not at all, for longer than anyone waits.
    Never,
    /// With a status, and an end in the middle of the body.
    Half(u16),
    /// With the end of the connection before anything.
    Gone,
}

/// A call as it came.
#[derive(Clone, Debug)]
pub struct Call {
    /// Path and query.
    pub path: String,
    /// Headers, names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body, which is JSON.
    pub body: Value,
    /// How it was answered.
    pub reply: Reply,
}

/// Listens on a port of its own until the process ends.
pub struct Receiver {
    /// `http://127.0.0.1:port`
    pub url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Receiver {
    /// Answers each call with what `reply` says, given how many came before and the call's body.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn start(reply: impl Fn(usize, &Value) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let (calls, reply) = (Arc::<Mutex<Vec<Call>>>::default(), Arc::new(reply));
        let shared = Arc::clone(&calls);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (calls, reply) = (Arc::clone(&shared), Arc::clone(&reply));
                thread::spawn(move || answer(stream, &calls, &*reply));
            }
        });
        Self { url, calls }
    }

    /// The calls so far.
    ///
    /// # Panics
    /// When answering a call panicked.
    pub fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().expect("no call panicked")
    }
}

fn answer(mut stream: TcpStream, calls: &Mutex<Vec<Call>>, reply: &dyn Fn(usize, &Value) -> Reply) {
    let Some((path, headers, body)) = read(&stream) else { return };
    let reply = {
        let mut calls = calls.lock().expect("no call panicked");
        let reply = reply(calls.len(), &body);
        calls.push(Call { path, headers, body, reply });
        reply
    };
    let text = match reply {
        Reply::Status(status) => format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"),
        Reply::Busy(seconds) => {
            format!("HTTP/1.1 429 X\r\nretry-after: {seconds}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        }
        Reply::Half(status) => format!("HTTP/1.1 {status} X\r\ncontent-length: 100\r\nconnection: close\r\n\r\nhalf"),
        Reply::Never => {
            thread::sleep(Duration::from_mins(2));
            return;
        }
        Reply::Gone => return,
    };
    // Whoever called may have gone.
    let _ = stream.write_all(text.as_bytes());
}

type Parts = (String, BTreeMap<String, String>, Value);

fn read(stream: &TcpStream) -> Option<Parts> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length: usize = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, headers, serde_json::from_slice(&body).ok()?))
}
