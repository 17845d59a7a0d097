//! The rules that give a tenant, a pool or a resource: ordered, and the first that matches wins.
//!
//! Most rules read headers or the resource, which many points share. Those are settled once; per point only the rules on
//! its attributes are left, and of those only the ones that stand before what was settled.

pub(crate) mod parse;

use std::borrow::Cow;
use std::collections::BTreeMap;

use regex::Regex;

/// Where a rule looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// A header of the record.
    Header(String),
    /// An attribute of the resource.
    Resource(String),
    /// An attribute of the point.
    Attribute(String),
}

/// A checked rule.
#[derive(Debug)]
pub(crate) struct CheckedRule {
    from: Field,
    matches: Option<Regex>,
    lookup: BTreeMap<String, String>,
    value: Option<String>,
}

/// A checked list of rules and what holds when none of them matches.
#[derive(Debug)]
pub(crate) struct RuleList {
    rules: Vec<CheckedRule>,
    fallback: &'static str,
}

/// What a rule gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    /// The name.
    pub(crate) name: String,
    /// The attribute that says nothing more than the name does, because its whole value became the name.
    pub(crate) spent: Option<Field>,
}

/// What headers and resource say, and how many rules on attributes may still say otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settled {
    /// What holds when no rule on attributes matches.
    pub(crate) found: Match,
    rules_before: usize,
}

impl RuleList {
    /// Applies the rules on headers and resource; `text_at` gives what stands there.
    pub(crate) fn settle<'a>(&self, text_at: impl Fn(&Field) -> Option<Cow<'a, str>>) -> Settled {
        for (position, rule) in self.rules.iter().enumerate() {
            if matches!(rule.from, Field::Attribute(_)) {
                continue;
            }
            if let Some(found) = text_at(&rule.from).and_then(|text| rule.apply(&text)) {
                return Settled { found, rules_before: position };
            }
        }
        let found = Match { name: self.fallback.to_owned(), spent: None };
        Settled { found, rules_before: self.rules.len() }
    }

    /// Applies the rules on attributes that go before what was settled; `text_at` gives the value of an attribute.
    pub(crate) fn decide<'a>(
        &self,
        settled: &Settled,
        text_at: impl Fn(&str) -> Option<Cow<'a, str>>,
    ) -> Option<Match> {
        self.rules.iter().take(settled.rules_before).find_map(|rule| match &rule.from {
            Field::Attribute(key) => rule.apply(&text_at(key)?),
            Field::Header(_) | Field::Resource(_) => None,
        })
    }
}

impl CheckedRule {
    fn apply(&self, text: &str) -> Option<Match> {
        let captured = match &self.matches {
            Some(pattern) => captured(pattern, text)?,
            None => text,
        };
        let looked_up = if self.lookup.is_empty() { captured } else { self.lookup.get(captured)? };
        let name = self.value.as_deref().unwrap_or(looked_up);
        if text.is_empty() || name.is_empty() {
            return None;
        }
        let spent = (name == text).then(|| self.from.clone());
        Some(Match { name: name.to_owned(), spent })
    }
}

/// The group `value`, else the first group, else the whole match.
fn captured<'a>(pattern: &Regex, text: &'a str) -> Option<&'a str> {
    let groups = pattern.captures(text)?;
    let named = pattern.capture_names().flatten().any(|name| name == "value");
    let wanted = if named { groups.name("value") } else { groups.get(usize::from(groups.len() > 1)) };
    wanted.map(|group| group.as_str())
}

#[cfg(test)]
mod tests;
