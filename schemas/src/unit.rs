//! Units in UCUM notation as OpenTelemetry uses it, and the factors between those that measure the same thing.

/// What a unit measures, and how many base units (second, byte, one) it is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scale {
    dimension: Dimension,
    factor: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dimension {
    Time,
    Bytes,
    Number,
}

/// Two units that do not measure the same thing, or one that is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unit {from:?} cannot be converted to {to:?}")]
pub struct UnitMismatch {
    /// The unit that was sent.
    pub from: String,
    /// The unit that the catalog asks for.
    pub to: String,
}

/// What a value in `from` must be multiplied by to be in `to`. Equal units and an empty `from` give 1.
///
/// # Errors
/// When the units measure different things, or one of them is unknown.
pub fn factor(from: &str, to: &str) -> Result<f64, UnitMismatch> {
    if from == to || from.is_empty() {
        return Ok(1.0);
    }
    match (scale(from), scale(to)) {
        (Some(source), Some(target)) if source.dimension == target.dimension => Ok(source.factor / target.factor),
        _ => Err(UnitMismatch { from: from.to_owned(), to: to.to_owned() }),
    }
}

fn scale(unit: &str) -> Option<Scale> {
    let (dimension, factor) = match unit {
        "ns" => (Dimension::Time, 1e-9),
        "us" => (Dimension::Time, 1e-6),
        "ms" => (Dimension::Time, 1e-3),
        "s" => (Dimension::Time, 1.0),
        "min" => (Dimension::Time, 60.0),
        "h" => (Dimension::Time, 3_600.0),
        "d" => (Dimension::Time, 86_400.0),
        "By" => (Dimension::Bytes, 1.0),
        "kBy" => (Dimension::Bytes, 1e3),
        "MBy" => (Dimension::Bytes, 1e6),
        "GBy" => (Dimension::Bytes, 1e9),
        "KiBy" => (Dimension::Bytes, 1_024.0),
        "MiBy" => (Dimension::Bytes, 1_048_576.0),
        "GiBy" => (Dimension::Bytes, 1_073_741_824.0),
        "%" => (Dimension::Number, 0.01),
        _ if unit == "1" || is_annotation(unit) => (Dimension::Number, 1.0),
        _ => return None,
    };
    Some(Scale { dimension, factor })
}

/// `{requests}` and its like count things: a number with a name.
fn is_annotation(unit: &str) -> bool {
    unit.starts_with('{') && unit.ends_with('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_one_dimension_convert() {
        let cases =
            [("ms", "s", 1e-3), ("s", "ms", 1e3), ("KiBy", "By", 1_024.0), ("%", "1", 0.01), ("{cpu}", "1", 1.0)];
        for (from, to, expected) in cases {
            let found = factor(from, to).unwrap();
            assert!((found - expected).abs() < 1e-9 * expected, "{from} to {to}: {found}");
        }
    }

    #[test]
    fn unknown_units_stand_only_for_themselves() {
        assert_eq!(factor("furlong", "furlong"), Ok(1.0));
        assert_eq!(factor("", "ms"), Ok(1.0));
        assert!(factor("furlong", "s").is_err());
        assert!(factor("By", "s").is_err());
    }
}
