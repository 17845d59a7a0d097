//! The scale on which a signal's values are compared, and the way back to its unit.

use tidewatch_schemas::SignalSpec;
use tidewatch_schemas::catalog::{Harm, Scale};
use tidewatch_schemas::finding::Side;

/// `value` on the scale on which the signal is judged. NaN and infinities stay what they are.
#[must_use]
pub fn to_scale(spec: &SignalSpec, value: f64) -> f64 {
    match spec.scale {
        Scale::Linear => value,
        Scale::Logarithmic => libm::log(value.max(0.0) + spec.resolution),
    }
}

/// What [`to_scale`] made of a value, back in its unit.
#[must_use]
pub fn from_scale(spec: &SignalSpec, value: f64) -> f64 {
    match spec.scale {
        Scale::Linear => value,
        Scale::Logarithmic => (libm::exp(value) - spec.resolution).max(0.0),
    }
}

/// The end of a band, brought to where values can be: a share to its limits, what is never negative to zero.
#[must_use]
pub fn possible(spec: &SignalSpec, seen: f64, end: f64) -> f64 {
    let least = if seen >= 0.0 { 0.0 } else { f64::NEG_INFINITY };
    let most = if spec.is_share { 1.0 } else { f64::INFINITY };
    end.clamp(least, most)
}

/// Whether a deviation to `side` can mean trouble.
#[must_use]
pub fn is_harmful(harm: Harm, side: Side) -> bool {
    !matches!((harm, side), (Harm::Rise, Side::Below) | (Harm::Fall, Side::Above))
}

#[cfg(test)]
mod tests {
    use tidewatch_schemas::Catalog;

    use super::*;

    #[test]
    fn there_and_back_is_where_it_was() {
        for signal in ["synthetic.check.duration", "unknown.signal"] {
            let spec = Catalog.lookup(signal);
            let back = from_scale(spec, to_scale(spec, 0.25));
            assert!((back - 0.25).abs() < 1e-12, "{signal}: {back}");
        }
    }

    #[test]
    fn a_band_ends_where_values_end() {
        let share = Catalog.lookup("synthetic.check.success");
        assert_eq!(possible(share, 0.4, 1.7), 1.0);
        assert_eq!(possible(share, 0.4, -0.2), 0.0);
        assert_eq!(possible(Catalog.lookup("unknown.signal"), -3.0, -9.0), -9.0);
    }
}
