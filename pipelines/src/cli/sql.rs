//! `tidewatch sql`: one question, several from standard input, a prompt, or a server for clients of other programs.

mod prompt;
mod serve;

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::sync::Arc;

use clap::ValueEnum;
use tidewatch_lake::Store;
use tidewatch_lake::query::{self, Answer, Bounds, Opening, Principal, QueryError, Session};
use tidewatch_schemas::Timestamp;
use tokio::runtime::Runtime;

use super::lake::Place;
use super::{Verdict, screen};
use crate::clock::Stopwatch;
use crate::lake::KnownCalendars;

/// What is asked.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The question; without it those of standard input, each ended by a semicolon, or a prompt
    pub query: Option<String>,
    #[command(flatten)]
    place: Place,
    /// How answers are written
    #[arg(long, value_enum, default_value_t)]
    pub format: Written,
    /// See only what this tenant may see
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<String>,
    /// See nothing that is later, for example 2026-11-30T21:14:00Z
    #[arg(long, value_name = "TIME", value_parser = super::moment)]
    pub until: Option<Timestamp>,
    /// Serve clients that speak PostgreSQL's protocol or Arrow Flight SQL, as sql in the configuration says
    #[arg(long, conflicts_with_all = ["query", "format", "tenant", "until"])]
    pub serve: bool,
}

/// How answers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Written {
    /// A table for people.
    #[default]
    Table,
    /// An array of objects.
    Json,
    /// Comma separated values with a header.
    Csv,
    /// A Parquet file.
    Parquet,
}

impl Written {
    fn format(self) -> query::Format {
        match self {
            Self::Table => query::Format::Table,
            Self::Json => query::Format::Json,
            Self::Csv => query::Format::Csv,
            Self::Parquet => query::Format::Parquet,
        }
    }
}

/// A lake and whoever asks it. Each question sees what is visible when it is asked.
struct Desk {
    store: Store,
    opening: Opening,
    runtime: Runtime,
}

/// Answers.
///
/// # Errors
/// When the lake cannot be read, or a question is wrong.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let (store, config) = args.place.open()?;
    if args.serve {
        super::log::begin(config.log.level, config.log.format);
        serve::run(store, &config)?;
        return Ok(Verdict::Fine);
    }
    let principal = args.tenant.clone().map_or(Principal::Operator, Principal::Tenant);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let opening = Opening {
        principal,
        bounds: Bounds { threads, ..Bounds::USUAL },
        until: args.until,
        calendars: Arc::new(KnownCalendars::new(config.detect.calendars, args.tenant.clone())),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    let desk = Desk { store, opening, runtime };
    let is_terminal = std::io::stdout().is_terminal();
    anyhow::ensure!(args.format != Written::Parquet || !is_terminal, "a terminal shows no Parquet: send it to a file");
    match &args.query {
        Some(query) => desk.answer(query, args.format)?,
        None if std::io::stdin().is_terminal() => prompt::run(&desk, args.format)?,
        None => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            questions(&text).try_for_each(|question| desk.answer(question, args.format))?;
        }
    }
    Ok(Verdict::Fine)
}

/// The questions of a text: a semicolon at the end of a line ends one.
fn questions(text: &str) -> impl Iterator<Item = &str> {
    text.split(";\n").map(|question| question.trim().trim_end_matches(';')).filter(|question| !question.is_empty())
}

impl Desk {
    fn ask(&self, question: &str) -> Result<Answer, QueryError> {
        self.runtime.block_on(async { self.session().await?.ask(question).await })
    }

    async fn session(&self) -> Result<Session, QueryError> {
        Session::open(&self.store, self.opening.clone()).await
    }

    /// The names of tables and views.
    fn names(&self) -> Vec<String> {
        self.runtime.block_on(self.session()).map(|session| session.names()).unwrap_or_default()
    }

    fn answer(&self, question: &str, format: Written) -> anyhow::Result<()> {
        let bytes = self.ask(question)?.written(format.format())?;
        let mut out = std::io::stdout().lock();
        match out.write_all(&bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }

    /// Answers at a prompt, where a wrong question is followed by the next one.
    fn converse(&self, question: &str, format: Written) {
        let watch = Stopwatch::start();
        match self.ask(question) {
            Err(error) => screen::complain(&error.into()),
            Ok(answer) => {
                let rows = answer.rows();
                match answer.written(format.format()) {
                    Err(error) => screen::complain(&error.into()),
                    Ok(bytes) => {
                        let _ = screen::show(&String::from_utf8_lossy(&bytes));
                        let noun = if rows == 1 { "row" } else { "rows" };
                        screen::note(&format!("{rows} {noun} in {:.3} s", watch.elapsed().as_secs_f64()));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_end_at_a_semicolon_at_the_end_of_a_line() {
        let text = "SELECT 1;\nSELECT ';'\n  FROM a;\n\n;\nSELECT 2";
        assert_eq!(questions(text).collect::<Vec<_>>(), ["SELECT 1", "SELECT ';'\n  FROM a", "SELECT 2"]);
    }
}
