//! A log line with what its agent sent beside it.

use std::borrow::Cow;

use opentelemetry_proto::tonic::common::v1::KeyValue;

use crate::otlp::attributes;

/// A log line: the whole of it as a program wrote it, or only its message where the agent took it apart.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The text, of any length.
    pub body: &'a str,
    /// Name of the scope; agents that take lines apart put the logger there.
    pub scope: &'a str,
    /// The severity as a text; empty where the agent sent none.
    pub severity: &'a str,
    /// Attributes of the log record.
    pub attributes: &'a [KeyValue],
}

impl<'a> Line<'a> {
    /// The first of the attributes `keys` that is there and not empty.
    pub(super) fn attribute(&self, keys: &[&str]) -> Option<Cow<'a, str>> {
        let mut found = keys.iter().filter_map(|key| attributes::find(self.attributes, key));
        found.find(|text| !text.is_empty())
    }

    /// Whether one of the attributes `keys` is there.
    pub(super) fn has(&self, keys: &[&str]) -> bool {
        self.attributes.iter().any(|pair| keys.contains(&pair.key.as_str()))
    }
}
