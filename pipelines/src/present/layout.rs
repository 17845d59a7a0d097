//! Text into a given number of columns. A character counts as one column.

/// Lines of at most `width` columns, broken between words; a longer word is cut.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let word = clipped(word, width);
        let needed = line.chars().count() + 1 + word.chars().count();
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
pub(super) fn clipped(text: &str, width: usize) -> String {
    let mut shown: String = text.chars().take(width).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(width).is_some() {
        shown.pop();
        shown.push('…');
    }
    shown
}

/// Rows under each other, two spaces between the columns; the last column is cut at `width`.
pub(super) fn table(rows: &[Vec<String>], width: usize) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
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
    }

    #[test]
    fn columns_stand_under_each_other() {
        let rows = [["a", "bb", "c"], ["aaa", "b", "cccc"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows, 11), ["a    bb  c", "aaa  b   c…"]);
    }
}
