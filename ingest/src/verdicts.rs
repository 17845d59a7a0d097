//! What people do about incidents: records of `tidewatch.verdicts`, one JSON object each.
//!
//! Whether the incident exists is for detect to say; here a record is held against what any verdict must be.

use tidewatch_schemas::Verdict;

use crate::point::Refusal;
use crate::text;

/// Longest account of what is wrong that is shown, in bytes.
const SHOWN: usize = 200;

/// The verdict in `bytes`.
pub(crate) fn decode(bytes: &[u8]) -> Result<Verdict, Refusal> {
    let verdict: Verdict = serde_json::from_slice(bytes).map_err(|error| {
        let error = error.to_string();
        Refusal::malformed(format!("not a verdict: {}", text::cut(&error, SHOWN)))
    })?;
    if verdict.pool.as_str().is_empty() {
        return Err(Refusal::malformed("not a verdict: pool is empty and must be that of the incident"));
    }
    verdict.verify().map_err(|wrong| Refusal::malformed(format!("not a verdict: {wrong}")))?;
    Ok(verdict)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_verdict_is_refused_with_what_would_be_right() {
        let id = "00000000000000000000000000000007";
        let of = |fields: &str| format!(r#"{{"incident_id": "{id}", "at": "2026-11-02T08:00:00Z", {fields}}}"#);
        let cases = [
            ("not JSON", "acknowledge 7".to_owned(), "expected value"),
            ("no pool", of(r#""action": "real", "by": "ana""#), "missing field `pool`"),
            ("an empty pool", of(r#""action": "real", "by": "ana", "pool": """#), "pool is empty"),
            ("a wish", of(r#""action": "shrug", "by": "ana", "pool": "eu-1""#), "unknown variant `shrug`"),
            ("nobody", of(r#""action": "real", "by": "", "pool": "eu-1""#), "by is empty"),
        ];
        for (case, text, wrong) in cases {
            let refusal = decode(text.as_bytes()).unwrap_err();
            assert!(refusal.detail.contains(wrong), "{case}: {}", refusal.detail);
        }
        assert!(decode(of(r#""action": "real", "by": "ana", "pool": "eu-1""#).as_bytes()).is_ok());
    }
}
