//! The prompt: lines with history and completion. A question ends with a semicolon and may have several lines.

use std::path::PathBuf;

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{Context, Editor, Helper};

use super::{Desk, Written};
use crate::cli::screen;
use crate::config;

/// Where questions are kept, in the home of whoever asks.
const HISTORY: &str = ".tidewatch_history";
/// What is said at the beginning.
const GREETING: &str = "A question ends with a semicolon. SHOW TABLES; lists what there is, Ctrl-D ends.";

/// Asks until the end of input.
pub(super) fn run(desk: &Desk, format: Written) -> anyhow::Result<()> {
    let mut editor: Editor<Words, FileHistory> = Editor::new()?;
    editor.set_helper(Some(Words { known: desk.names() }));
    let history = config::variables().get("HOME").map(|home| PathBuf::from(home).join(HISTORY));
    if let Some(file) = &history {
        // There is none the first time.
        let _ = editor.load_history(file);
    }
    screen::note(GREETING);
    let mut question = String::new();
    loop {
        match editor.readline(if question.is_empty() { "tidewatch> " } else { "        -> " }) {
            Ok(line) => {
                question.push_str(&line);
                question.push('\n');
                let asked = question.trim();
                if asked.is_empty() {
                    question.clear();
                } else if let Some(asked) = asked.strip_suffix(';') {
                    let _ = editor.add_history_entry(question.trim());
                    desk.converse(asked, format);
                    question.clear();
                }
            }
            Err(ReadlineError::Interrupted) => question.clear(),
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(file) = &history
        && let Err(error) = editor.save_history(file)
    {
        screen::note(&format!("the history was not kept in {}: {error}", file.display()));
    }
    Ok(())
}

/// The words that can be completed.
struct Words {
    known: Vec<String>,
}

impl Words {
    /// Where the word begins that ends at `position`, and the known words that begin like it.
    fn completions(&self, line: &str, position: usize) -> (usize, Vec<String>) {
        let before = line.get(..position).unwrap_or_default();
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        let begin = before.rfind(|letter| !is_part(letter)).map_or(0, |at| at + 1);
        let word = before.get(begin..).unwrap_or_default();
        if word.is_empty() {
            return (begin, Vec::new());
        }
        (begin, self.known.iter().filter(|name| name.starts_with(word)).cloned().collect())
    }
}

impl Completer for Words {
    type Candidate = String;

    fn complete(&self, line: &str, position: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.completions(line, position))
    }
}

impl Helper for Words {}
impl Highlighter for Words {}
impl Validator for Words {}
impl Hinter for Words {
    type Hint = String;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_at_the_cursor_is_completed() {
        let words = Words { known: ["findings", "incident_events", "incidents"].map(str::to_owned).to_vec() };
        assert_eq!(words.completions("SELECT * FROM inc", 17).1, ["incident_events", "incidents"]);
        assert_eq!(words.completions("SELECT * FROM fin", 17), (14, vec!["findings".to_owned()]));
        assert!(words.completions("SELECT ", 7).1.is_empty());
        assert!(words.completions("é", 1).1.is_empty());
    }
}
