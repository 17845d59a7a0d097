//! A way to a bucket on which things go wrong: it passes requests on, or delays, refuses, cuts and thins out what comes
//! back, as a plan says.
//!
//! It works on bytes, so that the client of the service meets what it would meet on a network. A request is read whole
//! before it is passed on, and a connection carries one request.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its method.
    pub method: String,
    /// Its path with the query.
    pub path: String,
}

impl Asked {
    /// Whether it asks for a list of objects.
    pub fn is_list(&self) -> bool {
        self.method == "GET" && self.path.contains("list-type=2")
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// Nothing goes wrong.
    None,
    /// It is refused with 503 and does not arrive.
    Refused,
    /// It is refused with this status and does not arrive.
    Denied(&'static str),
    /// It arrives, and the connection ends without an answer.
    AnswerLost,
    /// Half of the answer comes, then the connection ends.
    AnswerCut,
    /// The answer comes so much later.
    Late(Duration),
    /// The answer comes in pieces of 64 KiB with so much time between two.
    Trickle(Duration),
    /// Every second object is missing from the list.
    Thinned,
    /// What is listed is from long ago.
    Old,
}

/// Decides the fate of each request.
pub type Plan = Box<dyn FnMut(&Asked) -> Mishap + Send>;

/// A way to a bucket. It ends with the value.
pub struct Detour {
    address: String,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Detour {
    /// A way to the bucket at `address`.
    ///
    /// # Panics
    /// When there is no port for it.
    pub fn to(address: &str, plan: impl FnMut(&Asked) -> Mishap + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let own = listener.local_addr().expect("an address").to_string();
        let is_over = Arc::new(AtomicBool::new(false));
        let (beyond, ending) = (address.to_owned(), Arc::clone(&is_over));
        let plan: Arc<Mutex<Plan>> = Arc::new(Mutex::new(Box::new(plan)));
        let thread = thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                if ending.load(Ordering::Relaxed) {
                    return;
                }
                let (beyond, plan) = (beyond.clone(), Arc::clone(&plan));
                // Who gave up waiting closes its end; that is its matter.
                thread::spawn(move || drop(serve(connection, &beyond, &plan)));
            }
        });
        Self { address: own, is_over, thread: Some(thread) }
    }

    /// Where it begins.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Detour {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(&self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut client: TcpStream, beyond: &str, plan: &Mutex<Plan>) -> io::Result<()> {
    let Some((asked, request)) = read_request(&mut client)? else { return Ok(()) };
    let mishap = (plan.lock().unwrap_or_else(PoisonError::into_inner))(&asked);
    let refused_with = match mishap {
        Mishap::Refused => Some("503 Slow Down"),
        Mishap::Denied(status) => Some(status),
        _ => None,
    };
    if let Some(status) = refused_with {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return client.write_all(head.as_bytes());
    }
    let answer = ask(beyond, &request)?;
    match mishap {
        Mishap::AnswerLost => return client.shutdown(Shutdown::Both),
        Mishap::Late(by) => thread::sleep(by),
        _ => {}
    }
    match mishap {
        Mishap::AnswerCut => client.write_all(&answer[..answer.len() - body_of(&answer).len().div_ceil(2)]),
        Mishap::Thinned if asked.is_list() => client.write_all(&with_body(&answer, &thinned(body_of(&answer)))),
        Mishap::Old if asked.is_list() => client.write_all(&with_body(&answer, &old(body_of(&answer)))),
        Mishap::Trickle(pause) => answer.chunks(64 * 1024).try_for_each(|piece| {
            thread::sleep(pause);
            client.write_all(piece)
        }),
        _ => client.write_all(&answer),
    }
}

/// Reads a request whole; `None` when the client only looked in.
fn read_request(client: &mut TcpStream) -> io::Result<Option<(Asked, Vec<u8>)>> {
    let mut request = Vec::new();
    let mut piece = [0; 8 * 1024];
    loop {
        let read = client.read(&mut piece)?;
        if read == 0 {
            return Ok(None);
        }
        request.extend_from_slice(&piece[..read]);
        let Some(head) = head_of(&request) else { continue };
        let length = header(&head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        if request.len() - head.len() < length {
            continue;
        }
        let mut words = head.split_ascii_whitespace().map(str::to_owned);
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        return Ok(Some((Asked { method, path }, request)));
    }
}

/// Asks the bucket, which closes the connection at the end of its answer.
fn ask(beyond: &str, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut bucket = TcpStream::connect(beyond)?;
    bucket.write_all(request)?;
    let mut answer = Vec::new();
    bucket.read_to_end(&mut answer)?;
    Ok(answer)
}

/// First line and headers, with the empty line that ends them.
fn head_of(bytes: &[u8]) -> Option<String> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(String::from_utf8_lossy(&bytes[..end + 4]).into_owned())
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

fn body_of(answer: &[u8]) -> &[u8] {
    &answer[head_of(answer).map_or(answer.len(), |head| head.len())..]
}

/// The answer with another body.
fn with_body(answer: &[u8], body: &str) -> Vec<u8> {
    let head = head_of(answer).unwrap_or_default();
    let is_kept = |line: &&str| !line.is_empty() && !line.to_ascii_lowercase().starts_with("content-length:");
    let lines: Vec<&str> = head.lines().filter(is_kept).collect();
    format!("{}\r\nContent-Length: {}\r\n\r\n{body}", lines.join("\r\n"), body.len()).into_bytes()
}

fn thinned(list: &[u8]) -> String {
    let list = String::from_utf8_lossy(list);
    let mut parts = list.split("<Contents>");
    let mut thinned = parts.next().unwrap_or_default().to_owned();
    for (place, part) in parts.enumerate() {
        match part.split_once("</Contents>") {
            Some((_, after)) if place % 2 == 1 => thinned.push_str(after),
            _ => thinned.extend(["<Contents>", part]),
        }
    }
    thinned
}

fn old(list: &[u8]) -> String {
    let list = String::from_utf8_lossy(list);
    let mut parts = list.split("<LastModified>");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut old, part| {
        let after = part.find("</LastModified>").map_or(part, |end| &part[end..]);
        old.push_str("<LastModified>2020-01-01T00:00:00.000Z");
        old.push_str(after);
        old
    })
}
