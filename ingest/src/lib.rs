//! Records of the users' topics to observations. Pure: no I/O, no clock, no Kafka client.
//!
//! [`Ingest::handle`] takes one record and gives the envelopes for `tidewatch.observations` and the rejects for
//! `tidewatch.rejects`. It never fails and never panics: what cannot be read is a reject with a reason, and one bad point
//! never costs the others of its record. The same record under the same settings gives the same result, byte for byte, so
//! a repeat after a crash is recognised by its origin.
//!
//! | module | holds |
//! |---|---|
//! | [`record`] | a record as it was read |
//! | [`settings`] | sources, rules and limits, as the configuration names them |
//! | `rule` | the rules that give tenant, pool and resource |
//! | `place` | what is settled once for all points of an OTLP resource |
//! | `otlp`, `json_lines` | the decoders |
//! | [`logs`] | the parsers of log lines, whose numbers become observations of their own |
//! | `verdicts` | what people do about incidents |
//! | `signal`, `point`, `value` | what every format checks: units, times, values |
//! | `batch` | what one record became: envelopes by pool, rejects, counts |
//!
//! # What happens at the limits
//!
//! | what | beyond the limit |
//! |---|---|
//! | record size | refused before decoding |
//! | attributes of a point | the point is refused |
//! | a name or an attribute's value | cut at a character boundary |
//! | body of a log event | cut at [`LogEvent::MAX_BODY`](tidewatch_schemas::observation::LogEvent::MAX_BODY) |
//! | event time ahead of the broker's | set to the limit and counted as clamped; by more than a day: the point is refused |
//! | buckets of an exponential histogram | neighbours are merged until 160 are left on either side of zero |
//! | buckets or quantiles of any other point | more than 1,000: the point is refused |
//! | observations of an envelope | after 500, or some 256 KiB, the next envelope begins |
//! | rejects of a record | after 100, those of one reason become one with a count |

mod batch;
mod ingest;
mod json_lines;
pub mod logs;
mod otlp;
mod outcome;
mod place;
mod point;
pub mod record;
mod rule;
pub mod settings;
mod signal;
mod text;
mod value;
mod verdicts;

pub use batch::Handled;
pub use ingest::Ingest;
pub use record::{Header, SourceRecord};
pub use rule::parse::SettingsError;
pub use settings::{Format, Limits, Rule, Settings, Source};
