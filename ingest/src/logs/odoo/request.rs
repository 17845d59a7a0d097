//! A request line: `IP - - [time] "POST /path HTTP/1.1" STATUS SIZE QUERIES QUERY_TIME REMAINING_TIME [CURSOR]`.
//!
//! Query time is what the request waited for PostgreSQL, remaining time everything else; together they are the time it
//! held its worker, which is what tenants that share workers take from each other. Connections that only wait for news
//! (the bus) are held by a process of their own and take nothing, so they are counted and no more.

use super::super::Fact;
use super::super::fact::{
    REQUEST_DURATION, REQUEST_QUERIES, REQUEST_QUERY_TIME, REQUEST_WORKER_TIME, REQUESTS, REQUESTS_FAILED,
};
use super::route::{self, Route};

/// What a request line says; `None` when it is none.
pub(super) fn facts(message: &str) -> Option<Vec<Fact>> {
    let (_, rest) = message.split_once("] \"")?;
    let (request, numbers) = rest.split_once("\" ")?;
    let path = path(request)?;
    let mut words = numbers.split_ascii_whitespace();
    let status: u16 = words.next()?.parse().ok().filter(|status| (100..600).contains(status))?;
    let _size = words.next()?;
    let mut facts = vec![REQUESTS.is(1.0)];
    if status >= 500 {
        facts.push(REQUESTS_FAILED.is(1.0));
    }
    let route = route::of(path);
    if route != Route::Bus
        && let Some((queries, query_time, remaining_time)) = times(&mut words)
    {
        let worker_time = query_time + remaining_time;
        facts.push(REQUEST_DURATION.of(route.name(), worker_time));
        facts.push(REQUEST_WORKER_TIME.is(worker_time));
        facts.push(REQUEST_QUERY_TIME.is(query_time));
        facts.push(REQUEST_QUERIES.is(queries));
    }
    Some(facts)
}

/// The path in `POST /path HTTP/1.1`.
fn path(request: &str) -> Option<&str> {
    let (method, rest) = request.split_once(' ')?;
    let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
    let (path, _) = rest.rsplit_once(" HTTP/")?;
    is_method.then_some(path)
}

/// Number of queries, their time and the remaining time; dashes stand for a request that had none of it.
fn times<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<(f64, f64, f64)> {
    let mut next = || words.next().and_then(super::super::number);
    Some((next()?, next()?, next()?))
}
