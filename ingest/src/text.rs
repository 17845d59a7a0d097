//! Texts within bounds: what agents name may be of any length.

/// The longest beginning of `text` that has at most `most` bytes and ends between two characters.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}

/// [`cut`] without a copy where nothing is cut.
pub(crate) fn cut_owned(mut text: String, most: usize) -> String {
    text.truncate(text.floor_char_boundary(most));
    text
}

/// `text` in quotes for a sentence in a reject, so short that a thousand of them may be written.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 80;
    let more = if text.len() > MOST { ".." } else { "" };
    format!("{:?}{more}", cut(text, MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("aé", 3), "aé");
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut_owned("é".to_owned(), 1), "");
        assert_eq!(shown(&"x".repeat(90)).len(), 84);
    }
}
