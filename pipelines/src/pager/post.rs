//! The call: one request to one address, with a deadline, without redirects, and with an answer that is read so far and no
//! farther.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use tidewatch_delivery::pager::{Answer, Request};
use tokio::runtime::Runtime;

use super::reach;

/// Most bytes of an answer that are read.
const MOST_READ: usize = 16 * 1024;

/// A call could not be prepared.
#[derive(Debug, thiserror::Error)]
#[error("pager: cannot {what}: {cause}")]
pub struct PostError {
    what: &'static str,
    cause: String,
}

/// Makes calls, each beside the others.
pub struct Post {
    runtime: Runtime,
    /// Reaches the public internet only.
    public: Client,
    /// Reaches the own network, too.
    any: Client,
}

/// The type of errors that name resolution gives.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Resolves names to public addresses. The connection is made to the very addresses that were looked at.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if let Some(private) = found.iter().find(|address| !reach::is_public(address.ip())) {
                return Err(BoxError::from(refusal(private.ip())));
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

fn refusal(address: IpAddr) -> String {
    format!("{address} is not an address of the public internet; say `private: true` of the channel if it is meant")
}

impl Post {
    /// Calls that take at most `timeout`.
    ///
    /// # Errors
    /// When no runtime or no client can be made.
    pub fn new(timeout: Duration) -> Result<Self, PostError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(4)
            .thread_name("pager-io")
            .enable_all()
            .build()
            .map_err(|cause| PostError { what: "start a runtime", cause: cause.to_string() })?;
        let client = |public| {
            let builder = Client::builder()
                .timeout(timeout)
                .connect_timeout(timeout)
                .redirect(Policy::none())
                .no_proxy()
                .user_agent(concat!("tidewatch/", env!("CARGO_PKG_VERSION")));
            let builder = if public { builder.dns_resolver(Arc::new(PublicOnly)) } else { builder };
            builder.build().map_err(|cause| PostError { what: "make a client", cause: describe(&cause) })
        };
        Ok(Self { runtime, public: client(true)?, any: client(false)? })
    }

    /// Begins a call; its answer goes to `reply` together with `of`. `private` allows addresses of the own network.
    pub fn send<T: Send + 'static>(&self, request: Request, private: bool, of: T, reply: Sender<(T, Answer)>) {
        let client = if private { self.any.clone() } else { self.public.clone() };
        self.runtime.spawn(async move {
            let answer = call(&client, request, private).await;
            // Nobody waits for it any more when the stage has ended.
            let _ = reply.send((of, answer));
        });
    }
}

async fn call(client: &Client, request: Request, private: bool) -> Answer {
    let url = match Url::parse(&request.url) {
        Ok(url) => url,
        Err(cause) => return Answer::Refused { cause: format!("the address of the channel is no URL: {cause}") },
    };
    // An address that is written out is not resolved.
    let written = url.host_str().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
    if let Some(address) = written.filter(|address| !private && !reach::is_public(*address)) {
        return Answer::Refused { cause: refusal(address) };
    }
    let mut call = client.post(url).body(request.body);
    for (name, value) in request.headers {
        call = call.header(name, value);
    }
    match call.send().await {
        Ok(mut response) => {
            let (status, again) = (response.status().as_u16(), header(&response, "retry-after"));
            let mut body = Vec::new();
            // What the rest of the answer says changes nothing of what the status said, nor does its end.
            while let Ok(Some(chunk)) = response.chunk().await {
                body.extend_from_slice(&chunk);
                if body.len() >= MOST_READ {
                    break;
                }
            }
            Answer::of(status, again.as_deref(), &String::from_utf8_lossy(&body))
        }
        Err(cause) => Answer::unreached(describe(&cause)),
    }
}

fn header(response: &reqwest::Response, name: &str) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(str::to_owned)
}

/// The error with its causes, without the address, which may hold a token.
fn describe(error: &reqwest::Error) -> String {
    let mut causes: Vec<String> = Vec::new();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    let what = if error.is_timeout() { "no answer in time" } else { "not reached" };
    if causes.is_empty() { what.to_owned() } else { format!("{what}: {}", causes.join(": ")) }
}
