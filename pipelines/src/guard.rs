//! Catches panics where one input must not stop the others: a defect then costs the input that it concerns.

pub mod decoding;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Longest message of a panic that is passed on, in bytes.
const MESSAGE: usize = 200;

/// Does `work`; when it panics, the error is the panic's message. What `work` was changing may be half changed: the caller
/// must forget it.
///
/// # Errors
/// When `work` panics.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| message_of(&*payload))
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("no message");
    let end = text.char_indices().map(|(place, letter)| place + letter.len_utf8()).take_while(|end| *end <= MESSAGE);
    text.get(..end.last().unwrap_or(0)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(guarded(|| 7), Ok(7));
        assert_eq!(guarded(|| -> u8 { panic!("a plain text") }), Err("a plain text".to_owned()));
        let number = 3;
        assert_eq!(guarded(|| -> u8 { panic!("a text with {number}") }), Err("a text with 3".to_owned()));
        let long = guarded(|| -> u8 { panic!("{}", "ü".repeat(500)) }).unwrap_err();
        assert_eq!(long, "ü".repeat(100), "it is cut between letters");
        assert_eq!(guarded(|| -> u8 { std::panic::panic_any(7_u8) }), Err("no message".to_owned()));
    }
}
