//! Figures as a table in Markdown, so that what a run prints can stand in the documentation as it is.

/// Rows under a header.
#[derive(Clone, Debug)]
pub struct Printed {
    lines: Vec<String>,
}

impl Printed {
    /// A table with these columns.
    #[must_use]
    pub fn new(columns: &[&str]) -> Self {
        Self { lines: vec![format!("| {} |", columns.join(" | ")), format!("|{}", "---|".repeat(columns.len()))] }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: &[String]) {
        self.lines.push(format!("| {} |", cells.join(" | ")));
    }

    /// Prints it under a title.
    pub fn print(&self, title: &str) {
        println!("\n{title}\n\n{}", self.lines.join("\n"));
    }
}

/// The middle of the values; NaN when there are none.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len() / 2, sorted.len() % 2) {
        (0, 0) => f64::NAN,
        (middle, 0) => f64::midpoint(sorted[middle - 1], sorted[middle]),
        (middle, _) => sorted[middle],
    }
}

/// A share in percent, without digits after the point.
#[must_use]
pub fn percent(part: usize, whole: usize) -> String {
    if whole == 0 { "-".to_owned() } else { format!("{:.0} %", 100.0 * part as f64 / whole as f64) }
}

/// A length of time as people say it.
#[must_use]
pub fn spoken(seconds: f64) -> String {
    match seconds {
        seconds if seconds.is_nan() => "-".to_owned(),
        seconds if seconds < 7_200.0 => format!("{:.0} min", seconds / 60.0),
        seconds => format!("{:.1} h", seconds / 3_600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_even_number_lies_between_two() {
        assert_eq!(median(&[3.0, 1.0, 2.0, 10.0]), 2.5);
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert!(median(&[]).is_nan());
    }
}
