//! Any receiver of Alertmanager's webhook, version 4, which most tools read; signed as Standard Webhooks.
//!
//! The receiver checks `webhook-signature`: `v1,` and the base64 of HMAC-SHA256 over `webhook-id.webhook-timestamp.body`. With
//! two secrets there are two signatures, so that a secret can be replaced without a gap. `webhook-id` is the same on every
//! attempt of one change: by it a receiver drops what it got twice.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Request;
use super::alertmanager::{annotations, labels};
use super::notice::{self, Notice};

/// What secrets of Standard Webhooks begin with; the rest is base64.
const PREFIX: &str = "whsec_";

/// A receiver.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its address.
    pub url: String,
    /// Secrets to sign with: the one in use, and others while they are replaced. None signs nothing.
    pub secrets: Vec<Secret>,
}

/// What is signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// A secret that begins with `whsec_` and goes on with something else than base64.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the secret begins with whsec_, but what follows is not base64")]
pub struct InvalidSecret;

impl std::fmt::Debug for Secret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("***")
    }
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address may hold a token.
        write!(out, "Webhook {{ secrets: {} }}", self.secrets.len())
    }
}

impl std::str::FromStr for Secret {
    type Err = InvalidSecret;

    /// `whsec_` and base64, else the bytes of the text itself.
    fn from_str(text: &str) -> Result<Self, InvalidSecret> {
        match text.strip_prefix(PREFIX) {
            Some(encoded) => STANDARD.decode(encoded).map(Self).map_err(|_| InvalidSecret),
            None => Ok(Self(text.as_bytes().to_vec())),
        }
    }
}

impl Secret {
    fn signature(&self, signed: &[u8]) -> String {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &self.0);
        format!("v1,{}", STANDARD.encode(ring::hmac::sign(&key, signed)))
    }
}

impl Webhook {
    /// The message of a change.
    #[must_use]
    pub fn request(&self, notice: &Notice<'_>) -> Request {
        let request = Request::json(self.url.clone(), &body(notice));
        let id = format!("{}.{}", notice.key(), notice.incident.revision);
        let seconds = notice.now.0.div_euclid(1_000).to_string();
        let signed = [id.as_bytes(), b".", seconds.as_bytes(), b".", &request.body].concat();
        let signatures: Vec<String> = self.secrets.iter().map(|secret| secret.signature(&signed)).collect();
        let request = request.with("webhook-id", id).with("webhook-timestamp", seconds);
        if signatures.is_empty() { request } else { request.with("webhook-signature", signatures.join(" ")) }
    }
}

fn body(notice: &Notice<'_>) -> serde_json::Value {
    let incident = notice.incident;
    let status = if notice.is_over() { "resolved" } else { "firing" };
    // What is not over ends, as Alertmanager writes it, in the year 1.
    let ends = if notice.is_over() { notice.ended_at().to_string() } else { "0001-01-01T00:00:00Z".to_owned() };
    let (labels, annotations) = (labels(incident), annotations(notice, incident));
    let url = notice.runbook_url().unwrap_or_default();
    json!({
        "version": "4",
        "groupKey": notice.key(),
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "tidewatch",
        "groupLabels": { "incident_id": notice.key() },
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": url,
        "alerts": [{
            "status": status,
            "labels": labels,
            "annotations": annotations,
            "startsAt": incident.started_at.to_string(),
            "endsAt": ends,
            "generatorURL": url,
            "fingerprint": notice::cut(&notice.key(), 16).replace('…', ""),
        }],
        "incident": incident,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_standard() {
        // The example of the specification of Standard Webhooks.
        let secret: Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let signed = b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}";
        assert_eq!(secret.signature(signed), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_that_is_half_a_standard_one_is_refused() {
        assert_eq!("whsec_%%".parse::<Secret>(), Err(InvalidSecret));
        assert!("anything else".parse::<Secret>().is_ok());
    }
}
