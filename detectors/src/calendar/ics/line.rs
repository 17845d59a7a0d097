//! The lines of an iCalendar file: unfolding, and dividing into name, parameters and value (RFC 5545, section 3.1).

/// One content line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// In upper case.
    pub name: String,
    /// Names in upper case, values without their quotes.
    pub parameters: Vec<(String, String)>,
    pub value: String,
}

/// The lines with the number of their first line, from 1. A line that begins with a blank continues the one before. Done on
/// bytes because a fold may divide a letter.
pub(super) fn unfold(bytes: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines: Vec<(u32, Vec<u8>)> = Vec::new();
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line, lines.last_mut()) {
            ([b' ' | b'\t', rest @ ..], Some((_, before))) => before.extend(rest),
            ([], _) => {}
            _ => lines.push((number, line.to_vec())),
        }
    }
    lines
}

impl Line {
    /// Divides an unfolded line.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
        let (head, value) = split_unquoted(text, ':').ok_or_else(|| format!("{:?} has no colon", shortened(text)))?;
        let mut parts = Vec::new();
        let mut rest = head;
        while let Some((part, others)) = split_unquoted(rest, ';') {
            parts.push(part);
            rest = others;
        }
        parts.push(rest);
        let mut parts = parts.into_iter();
        let name = parts.next().unwrap_or_default().trim().to_ascii_uppercase();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(format!("{:?} does not begin with a name", shortened(text)));
        }
        let parameters = parts.map(parse_parameter).collect::<Result<_, _>>()?;
        Ok(Self { name, parameters, value: value.trim().to_owned() })
    }

    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn parse_parameter(part: &str) -> Result<(String, String), String> {
    let (name, value) = part.split_once('=').ok_or_else(|| format!("{:?} is no parameter", shortened(part)))?;
    Ok((name.trim().to_ascii_uppercase(), value.trim().trim_matches('"').to_owned()))
}

/// Splits at the first `separator` that is not within quotes.
fn split_unquoted(text: &str, separator: char) -> Option<(&str, &str)> {
    let mut quoted = false;
    let at = text.char_indices().find(|(_, letter)| {
        quoted ^= *letter == '"';
        !quoted && *letter == separator
    });
    let (at, _) = at?;
    Some((text.get(..at)?, text.get(at + separator.len_utf8()..)?))
}

/// The beginning of a text, for messages.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A text without its escapes (section 3.3.11).
pub(super) fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (_, true) => match letters.next() {
                Some('n' | 'N') => text.push(' '),
                Some(escaped) => text.push(escaped),
                None => {}
            },
            (plain, false) => text.push(plain),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_lines_are_one_line_with_the_number_of_the_first() {
        let lines = unfold("\u{feff}A:1\r\n B\r\n\tC\r\n\r\nD:2\n".as_bytes());
        assert_eq!(lines, [(1, b"A:1BC".to_vec()), (5, b"D:2".to_vec())]);
    }

    #[test]
    fn a_line_has_name_parameters_and_value() {
        let line = Line::parse(b"dtstart;TZID=\"A:B;C\";value=DATE:20261224").unwrap();
        assert_eq!((line.name.as_str(), line.value.as_str()), ("DTSTART", "20261224"));
        assert_eq!((line.parameter("TZID"), line.parameter("VALUE")), (Some("A:B;C"), Some("DATE")));
        assert_eq!(unescape("a\\, b\\nc\\\\"), "a, b c\\");
    }
}
