//! The name of the exception that a traceback ends in: the template of an error that stays the same whatever data caused it.

/// Longest name that is kept, in bytes.
const NAME: usize = 64;

/// The exception's class without its modules; `None` where the text has no traceback.
///
/// The exception stands at the beginning of the line after the last frame. What follows it may be more of its text, and where
/// exceptions caused each other the last one counts: it is what the caller saw.
pub(super) fn name(message: &str) -> Option<&str> {
    let mut found = None;
    let mut after_frame = false;
    for line in message.lines() {
        if line.starts_with("  ") {
            after_frame = true;
        } else if std::mem::take(&mut after_frame) {
            found = class(line).or(found);
        }
    }
    found
}

/// `psycopg2.errors.LockNotAvailable: text` to `LockNotAvailable`.
fn class(line: &str) -> Option<&str> {
    let path = line.split(": ").next().unwrap_or_default().trim_end_matches([':', ' ']);
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    let last = path.rsplit('.').next().unwrap_or_default();
    let is_class = path.bytes().all(is_name) && last.starts_with(|letter: char| letter.is_ascii_uppercase());
    (is_class && last.len() <= NAME).then_some(last)
}
