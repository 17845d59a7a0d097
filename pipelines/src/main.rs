//! The program `tidewatch`. What it can do stands in [`tidewatch_pipelines::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    tidewatch_pipelines::cli::main()
}
