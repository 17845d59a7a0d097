//! Where a value lies against what is usual, as a picture of 20 characters: `[====...............#]`.
//!
//! `=` is what is usual, `#` the value. The picture reaches from the lower of both to the higher of both, in equal steps,
//! so that its emptiness says how far away the value is.

/// Cells of a bar.
pub(super) const CELLS: usize = 20;

/// The bar for `actual` against what is usual, from `lower` to `upper`; nothing where one of them is no finite number or
/// the band is upside down. A value outside of the band never stands on it, and one inside always does.
pub(super) fn bar(lower: f64, upper: f64, actual: f64) -> Option<String> {
    if ![lower, upper, actual].iter().all(|number| number.is_finite()) || lower > upper {
        return None;
    }
    let (from, to) = (lower.min(actual), upper.max(actual));
    let cell = |value: f64| cell_of(value, from, to);
    let (mut first, mut last, mark) = (cell(lower), cell(upper), cell(actual));
    if actual > upper {
        last = last.min(mark.saturating_sub(1));
        first = first.min(last);
    } else if actual < lower {
        first = first.max(mark + 1);
        last = last.max(first);
    }
    let character = |at: usize| match at {
        _ if at == mark => '#',
        _ if (first..=last).contains(&at) => '=',
        _ => '.',
    };
    Some(format!("[{}]", (0..CELLS).map(character).collect::<String>()))
}

/// The cell of `value` in a picture that reaches from `from` to `to`. Halves, because the difference of two numbers may
/// be larger than any number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the last cell")]
fn cell_of(value: f64, from: f64, to: f64) -> usize {
    let (span, distance) = (to / 2.0 - from / 2.0, value / 2.0 - from / 2.0);
    if span <= 0.0 {
        return CELLS / 2;
    }
    let last = (CELLS - 1) as f64;
    (distance / span * last).round().clamp(0.0, last) as usize
}
