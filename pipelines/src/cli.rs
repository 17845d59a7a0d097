//! The command line: what can be asked, and how answers and errors leave the program.
//!
//! | file | command |
//! |---|---|
//! | `backtest` | `tidewatch backtest`: judge files |
//! | `check` | `tidewatch check`: everything that is wrong with a configuration |
//! | `demo` | `tidewatch demo`: the whole pipeline with a broker of its own |
//! | `incidents` | `tidewatch incidents`: what people do with incidents |
//! | `replay` | `tidewatch replay`: send a recording to Kafka |
//! | `run` | `tidewatch run`: the service |
//! | `schema` | `tidewatch schema`: the formats of what is published |
//! | `sql` | `tidewatch sql`: questions to the lake |
//! | `lake` | `tidewatch lake`: what is in it |
//! | `state` | `tidewatch state`: what is believed of a series |
//! | `log` | where the program writes about itself |
//! | `screen` | what goes to standard output, and progress on standard error |
//!
//! The program ends with 0 when all is well, 1 when something was found wrong or failed, and 2 when it was called wrongly.

pub mod backtest;
pub mod check;
pub mod demo;
pub mod incidents;
pub mod lake;
pub mod log;
pub mod replay;
pub mod run;
pub mod schema;
pub mod screen;
pub mod sql;
pub mod state;

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use tidewatch_schemas::Timestamp;

use crate::config::{self, Config};

/// Watches multi-tenant hosting through Kafka and hands people one incident they can act on.
#[derive(Debug, Parser)]
#[command(name = "tidewatch", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge recorded metrics and logs as the service would, without a broker
    Backtest(backtest::Args),
    /// Say everything that is wrong with a configuration
    Check(check::Args),
    /// Watch a recorded fleet go through the whole pipeline, with a broker inside this program
    Demo(demo::Args),
    /// List incidents, tell the whole story of one, or follow them as they come
    Incidents(incidents::Args),
    /// Look into the lake
    Lake(lake::Args),
    /// Send a recording to Kafka as an OpenTelemetry Collector would have sent it
    Replay(replay::Args),
    /// Run the service
    Run(run::Args),
    /// Print the formats of what Tidewatch publishes
    Schema(schema::Args),
    /// Ask the lake anything in SQL: one question, or a prompt without one
    Sql(sql::Args),
    /// Look into the state of the service
    State(state::Args),
}

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

/// What a command that worked came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Exit code 0.
    Fine,
    /// It did its work and found something wrong: exit code 1.
    ProblemsFound,
}

/// Does what the command line asks for.
#[must_use]
pub fn main() -> ExitCode {
    match dispatch(&Cli::parse().command) {
        Ok(Verdict::Fine) => ExitCode::SUCCESS,
        Ok(Verdict::ProblemsFound) => ExitCode::from(1),
        Err(error) => {
            screen::complain(&error);
            ExitCode::from(1)
        }
    }
}

/// Every command is called here and nowhere else.
fn dispatch(command: &Command) -> anyhow::Result<Verdict> {
    match command {
        Command::Backtest(args) => backtest::run(args),
        Command::Check(args) => check::run(args),
        Command::Demo(args) => demo::run(args),
        Command::Incidents(args) => incidents::run(args),
        Command::Lake(args) => lake::run(args),
        Command::Replay(args) => replay::run(args),
        Command::Run(args) => run::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Sql(args) => sql::run(args),
        Command::State(args) => state::run(args),
    }
}

/// The configuration in `file`, or the default one, with the environment on top.
///
/// # Errors
/// With every mistake in it.
pub fn configuration(file: Option<&Path>) -> Result<Config, config::ConfigErrors> {
    Config::load(file, config::variables(), &[])
}

/// A moment in RFC 3339.
fn moment(text: &str) -> Result<Timestamp, String> {
    let moment: jiff::Timestamp = text.parse().map_err(|_| "write a time such as 2026-11-30T09:00:00Z".to_owned())?;
    Ok(Timestamp(moment.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parsed(line: &str) -> Result<Cli, clap::error::ErrorKind> {
        Cli::try_parse_from(line.split_whitespace()).map_err(|error| error.kind())
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn wrong_use_is_told_from_help() {
        use clap::error::ErrorKind;
        let cases = [
            ("tidewatch --help", ErrorKind::DisplayHelp),
            ("tidewatch backtest --help", ErrorKind::DisplayHelp),
            ("tidewatch --version", ErrorKind::DisplayVersion),
            ("tidewatch conquer", ErrorKind::InvalidSubcommand),
            ("tidewatch backtest", ErrorKind::MissingRequiredArgument),
            ("tidewatch check", ErrorKind::MissingRequiredArgument),
            ("tidewatch schema parrots", ErrorKind::InvalidValue),
            ("tidewatch check --config a.yaml --format xml", ErrorKind::InvalidValue),
            ("tidewatch incidents list --state parrots", ErrorKind::InvalidValue),
            ("tidewatch incidents list --since 7", ErrorKind::ValueValidation),
            ("tidewatch incidents list --input a --brokers b:1", ErrorKind::ArgumentConflict),
            ("tidewatch sql --format xml", ErrorKind::InvalidValue),
            ("tidewatch sql --until yesterday", ErrorKind::ValueValidation),
            ("tidewatch lake", ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
            ("tidewatch incidents show", ErrorKind::MissingRequiredArgument),
            ("tidewatch incidents show parrots", ErrorKind::ValueValidation),
        ];
        for (line, expected) in cases {
            assert_eq!(parsed(line).unwrap_err(), expected, "{line}");
        }
    }

    #[test]
    fn several_inputs_follow_one_flag() {
        let Ok(Cli { command: Command::Backtest(args) }) =
            parsed("tidewatch backtest --input a.csv b.csv --format json")
        else {
            panic!("the line is right");
        };
        assert_eq!(args.input.len(), 2);
        assert_eq!(args.format, Format::Json);
    }
}
