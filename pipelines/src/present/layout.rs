//! Text into a given number of columns, as terminals count them: a Chinese character takes two, a combining mark none.

use unicode_width::UnicodeWidthStr as _;

/// Columns that `text` takes.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// Lines of at most `width` columns, broken between words; a longer word is cut.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let word = clipped(word, width);
        let needed = columns(&line) + 1 + columns(&word);
        if line.is_empty() {
            line = word;
        } else if needed <= width {
            line.push(' ');
            line.push_str(&word);
        } else {
            lines.push(std::mem::replace(&mut line, word));
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The beginning of `text` on one line, with an ellipsis where something was cut off. Control characters become
/// spaces: names and messages come from outside and must not steer the terminal.
pub(crate) fn clipped(text: &str, width: usize) -> String {
    let shown: String = text.chars().map(|c| if steers(c) { ' ' } else { c }).collect();
    if columns(&shown) <= width {
        return shown;
    }
    let mut cut = String::new();
    for c in shown.chars() {
        cut.push(c);
        if columns(&cut) + 1 > width {
            cut.pop();
            break;
        }
    }
    if width > 0 {
        cut.push('…');
    }
    cut
}

/// Whether a character moves the cursor, or turns the direction of the text that follows it.
fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` with spaces after it, up to `width` columns.
pub(crate) fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(columns(text));
    format!("{text}{:missing$}", "")
}

/// Rows under each other, two spaces between the columns; the last column is cut at `width`.
pub(crate) fn table(rows: &[Vec<String>], width: usize) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| columns(cell)).max();
    let widths: Vec<usize> = (0..count).map(|column| widest(column).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| padded(cell, *width));
        clipped(cells.collect::<Vec<_>>().join("  ").trim_end(), width)
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_long_words_are_cut() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij k", 5), ["abcd…", "k"]);
        assert_eq!(wrapped(" ", 5), Vec::<String>::new());
    }

    #[test]
    fn what_is_cut_ends_with_an_ellipsis_and_cannot_steer_the_terminal() {
        assert_eq!(clipped("abcdef", 6), "abcdef");
        assert_eq!(clipped("abcdefg", 6), "abcde…");
        assert_eq!(clipped("a\u{1b}[2Jb", 9), "a [2Jb");
        assert_eq!(clipped("a\u{202e}b", 9), "a b");
        assert_eq!(clipped("ab", 0), "");
    }

    #[test]
    fn characters_count_as_the_columns_they_take() {
        assert_eq!(clipped("北京支店", 8), "北京支店");
        assert_eq!(clipped("北京支店", 7), "北京支…");
        assert_eq!(clipped("北京支店", 6), "北京…");
        assert_eq!(clipped("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(columns(&padded("北京", 6)), 6);
    }

    #[test]
    fn columns_stand_under_each_other() {
        let rows = [["a", "bb", "c"], ["aaa", "b", "cccc"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows, 11), ["a    bb  c", "aaa  b   c…"]);
    }
}
