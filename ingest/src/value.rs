//! What every format checks of a value: its unit is the catalog's, it is finite, and a histogram agrees with itself.

use tidewatch_schemas::observation::{Distribution, Summary, Value};
use tidewatch_schemas::{RejectReason, Timestamp};

use crate::point::Refusal;

/// Most buckets or quantiles of a point.
const MOST_STEPS: usize = 1_000;

/// `value` in another unit. Counts of things stay what they are.
pub(crate) fn scaled(mut value: Value, factor: f64) -> Value {
    if factor == 1.0 {
        return value;
    }
    match &mut value {
        Value::Gauge(level) => *level *= factor,
        Value::Sum(sum) => sum.value *= factor,
        Value::Distribution(found) => {
            let parts = [&mut found.sum, &mut found.min, &mut found.max].into_iter().flatten();
            parts.chain(&mut found.bounds).for_each(|part| *part *= factor);
        }
        Value::Summary(found) => {
            found.sum *= factor;
            found.quantiles.iter_mut().for_each(|(_, value)| *value *= factor);
        }
        Value::Log(_) => {}
    }
    value
}

/// `value` after its time was moved from `from` to `to`: what began in its own moment still does.
pub(crate) fn begun(mut value: Value, from: Timestamp, to: Timestamp) -> Value {
    let start = match &mut value {
        Value::Sum(sum) => &mut sum.start,
        Value::Distribution(found) => &mut found.start,
        Value::Gauge(_) | Value::Summary(_) | Value::Log(_) => return value,
    };
    if *start == Some(from) {
        *start = Some(to);
    }
    value
}

/// Refuses what no arithmetic may see.
pub(crate) fn verify(value: &Value) -> Result<(), Refusal> {
    match value {
        Value::Gauge(level) => finite("value", *level),
        Value::Sum(sum) => finite("value", sum.value),
        Value::Distribution(found) => verify_distribution(found),
        Value::Summary(found) => verify_summary(found),
        Value::Log(_) => Ok(()),
    }
}

fn finite(name: &str, number: f64) -> Result<(), Refusal> {
    if number.is_finite() {
        return Ok(());
    }
    Err(Refusal::new(RejectReason::NotFinite, format!("{name} {number} must be finite")))
}

fn invalid(detail: impl Into<String>) -> Refusal {
    Refusal::new(RejectReason::InvalidDistribution, detail)
}

fn verify_distribution(found: &Distribution) -> Result<(), Refusal> {
    for (name, part) in [("sum", found.sum), ("min", found.min), ("max", found.max)] {
        part.map_or(Ok(()), |number| finite(name, number))?;
    }
    if let (Some(min), Some(max)) = (found.min, found.max)
        && min > max
    {
        return Err(invalid(format!("min {min} must not be above max {max}")));
    }
    verify_bounds(&found.bounds)?;
    if found.counts.is_empty() && found.bounds.is_empty() {
        return Ok(());
    }
    if found.counts.len() != found.bounds.len() + 1 {
        let (counts, bounds) = (found.counts.len(), found.bounds.len());
        return Err(invalid(format!("{counts} bucket counts must be one more than the {bounds} bounds")));
    }
    let total = found.counts.iter().try_fold(0_u64, |total, count| total.checked_add(*count));
    if total != Some(found.count) {
        let total = total.map_or("more than 64 bits".to_owned(), |total| total.to_string());
        return Err(invalid(format!("count {} must be the sum of the buckets, which is {total}", found.count)));
    }
    Ok(())
}

fn verify_bounds(bounds: &[f64]) -> Result<(), Refusal> {
    if bounds.len() >= MOST_STEPS {
        return Err(invalid(format!("{} buckets must be at most {MOST_STEPS}", bounds.len() + 1)));
    }
    if let Some(bound) = bounds.iter().find(|bound| !bound.is_finite()) {
        return Err(invalid(format!("bound {bound} must be finite")));
    }
    for pair in bounds.windows(2) {
        if let [low, high] = pair
            && low >= high
        {
            return Err(invalid(format!("bounds must increase, and {high} follows {low}")));
        }
    }
    Ok(())
}

fn verify_summary(found: &Summary) -> Result<(), Refusal> {
    finite("sum", found.sum)?;
    if found.quantiles.len() > MOST_STEPS {
        return Err(invalid(format!("{} quantiles must be at most {MOST_STEPS}", found.quantiles.len())));
    }
    for (quantile, value) in &found.quantiles {
        if !(0.0..=1.0).contains(quantile) {
            return Err(invalid(format!("quantile {quantile} must be 0 to 1")));
        }
        finite("quantile value", *value)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
