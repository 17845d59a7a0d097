//! The signal that points belong to: its name, its unit, and what values are multiplied by to be in the catalog's unit.

use tidewatch_schemas::{Catalog, RejectReason, SignalName, unit};

use crate::point::Refusal;
use crate::text;

/// A signal as an agent sent it, held against the catalog. Made once for all points of a metric.
#[derive(Clone, Debug)]
pub(crate) struct Signal {
    /// The name, cut at the limit.
    pub(crate) name: SignalName,
    /// The unit of the values after conversion.
    pub(crate) unit: String,
    /// What a value is multiplied by, or why none of its points can be taken.
    pub(crate) factor: Result<f64, Refusal>,
}

impl Signal {
    /// The signal `name` in `unit`; `most` is the longest text that is kept, in bytes.
    pub(crate) fn new(name: &str, unit: &str, most: usize) -> Self {
        let name = text::cut(name, most);
        let unit = text::cut(unit, most);
        let wanted = Catalog.lookup(name).unit;
        let factor = if name.is_empty() {
            Err(Refusal::malformed("a metric without a name; it must have one"))
        } else {
            factor(unit, wanted.unwrap_or(unit))
        };
        Self { name: SignalName::from(name), unit: wanted.unwrap_or(unit).to_owned(), factor }
    }
}

fn factor(from: &str, to: &str) -> Result<f64, Refusal> {
    unit::factor(from, to).map_err(|_| {
        let detail = format!("unit {} cannot be converted to {to:?}, which the catalog has for it", text::shown(from));
        Refusal::new(RejectReason::UnitMismatch, detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_becomes_that_of_the_catalog() {
        let signal = Signal::new("httpcheck.duration", "ms", 100);
        assert_eq!((signal.unit.as_str(), signal.factor), ("s", Ok(1e-3)));
        let unknown = Signal::new("acme.secret.sauce", "furlong", 100);
        assert_eq!((unknown.unit.as_str(), unknown.factor), ("furlong", Ok(1.0)));
        let silent = Signal::new("httpcheck.duration", "", 100);
        assert_eq!((silent.unit.as_str(), silent.factor), ("s", Ok(1.0)));
    }

    #[test]
    fn a_unit_that_measures_something_else_is_refused() {
        let refusal = Signal::new("httpcheck.duration", "By", 100).factor.unwrap_err();
        assert_eq!(refusal.reason, RejectReason::UnitMismatch);
        assert_eq!(refusal.detail, "unit \"By\" cannot be converted to \"s\", which the catalog has for it");
    }
}
