//! Where everything is wired together: state, stages, configuration and the command line.
//!
//! | module | does |
//! |---|---|
//! | [`config`], [`check`] | what the user wrote, validated, and every mistake in it |
//! | [`state`] | the store of a partition: RocksDB, and its twin in memory |
//! | [`checkpoint`] | copies of stores in an object store, from which another machine goes on |
//! | [`detect`] | one partition of observations, from records to incidents; no broker, no clock |
//! | [`protocol`] | exactly once: the steps from a record to its outputs in their topics; no broker, no clock |
//! | [`driver`] | ingest and detect without a broker: for back-tests and scenarios |
//! | [`kafka`], [`service`], [`mod@run`] | the stages on Kafka, their threads, and their orderly end |
//! | [`lake`] | the lake of a configuration, and what SQL knows of calendars |
//! | [`pager`] | changes of incidents to the channels of people; no broker, no clock |
//! | [`demo`], [`replay`] | the whole pipeline over an embedded broker; sending recordings |
//! | [`backtest`] | files through the driver, and what came of it |
//! | [`report`] | back-tests as pictures |
//! | [`schema`] | the formats of what is published |
//! | [`guard`] | panics where one input must not stop the others |
//! | [`inspect`] | what is believed of a series, as text |
//! | [`incidents`] | incidents for people: lists, stories, lines |
//! | [`cli`], [`clock`] | the command line, and the one look at the host's clock |
//! | [`recording`], [`labels`], [`scoreboard`], [`present`] | recorded fleets, their faults, and what was found of them |

pub mod backtest;
pub mod check;
pub mod checkpoint;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod detect;
pub mod driver;
pub mod guard;
pub mod incidents;
pub mod inspect;
pub mod kafka;
pub mod labels;
pub mod lake;
pub mod pager;
pub mod present;
pub mod protocol;
pub mod recording;
pub mod replay;
pub mod report;
pub mod run;
pub mod schema;
pub mod scoreboard;
pub mod service;
pub mod state;
