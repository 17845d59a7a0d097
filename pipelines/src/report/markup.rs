//! Text from outside as text in XML and HTML.

use std::fmt;

/// Shows a text so that nothing in it is markup.
pub(super) struct Text<'a>(pub &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '&' => out.write_str("&amp;")?,
                '"' => out.write_str("&quot;")?,
                '\'' => out.write_str("&#39;")?,
                letter if letter.is_control() => out.write_str(" ")?,
                letter => write!(out, "{letter}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_become_markup() {
        let shown = Text("<b title=\"x\">a & b's\u{7}</b>").to_string();
        assert_eq!(shown, "&lt;b title=&quot;x&quot;&gt;a &amp; b&#39;s &lt;/b&gt;");
    }
}
