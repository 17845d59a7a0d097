//! The course of a series in one line: a column for each of its latest windows that did not fit.

use tidewatch_schemas::incident::Evidence;

/// Heights of columns, the lowest first.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Fewest windows that make a course.
const FEWEST: usize = 3;

/// The course of what was seen, on a scale that begins at what was expected; `None` where too few windows are known.
#[must_use]
pub fn sparkline(evidence: &Evidence) -> Option<String> {
    let (course, expected) = (&evidence.course, evidence.expected);
    let is_known = course.len() >= FEWEST && course.iter().chain([&expected]).all(|value| value.is_finite());
    if !is_known {
        return None;
    }
    let (low, high) =
        course.iter().fold((expected, expected), |(low, high), value| (low.min(*value), high.max(*value)));
    let columns: String = course.iter().map(|value| height((value - low) / (high - low))).collect();
    Some(format!("{columns} the latest {} windows that did not fit", course.len()))
}

/// The column for a share of the scale.
fn height(share: f64) -> char {
    let steps = (HEIGHTS.len() - 1) as f64;
    // A scale without extent makes no number of a share, which is the lowest.
    let step = (share * steps).round().clamp(0.0, steps);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number from 0 to 7")]
    let place = if step.is_nan() { 0 } else { step as usize };
    HEIGHTS.get(place).copied().unwrap_or('█')
}

#[cfg(test)]
mod tests {
    use super::super::tests::evidence;
    use super::*;

    fn of(expected: f64, course: &[f64]) -> Option<String> {
        let base = evidence(1, "acme", (Some(1.0), 0.0, 1.0), 9.0);
        let line = sparkline(&Evidence { expected, course: course.to_vec(), ..base })?;
        Some(line.split(' ').next().unwrap_or_default().to_owned())
    }

    #[test]
    fn columns_stand_on_what_was_expected() {
        assert_eq!(of(0.0, &[0.0, 3.5, 7.0, 1.0]).unwrap(), "▁▅█▂");
        assert_eq!(of(7.0, &[0.0, 3.5, 7.0]).unwrap(), "▁▅█", "what falls stands below");
        assert_eq!(of(2.0, &[2.0, 2.0, 2.0]).unwrap(), "▁▁▁");
    }

    #[test]
    fn too_little_and_what_is_no_number_have_no_course() {
        assert_eq!(of(0.0, &[1.0, 2.0]), None);
        assert_eq!(of(f64::NAN, &[1.0, 2.0, 3.0]), None);
    }
}
