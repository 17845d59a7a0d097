use super::*;
use crate::settings::Rule;

fn list(rules: &[Rule]) -> RuleList {
    let mut problems = Vec::new();
    let list = parse::rules("tenant", rules.to_vec(), "_unassigned", &mut problems);
    assert_eq!(problems, Vec::<String>::new());
    list
}

fn rule(from: &str, matches: Option<&str>) -> Rule {
    Rule { from: from.to_owned(), matches: matches.map(str::to_owned), ..Rule::default() }
}

/// What the rules say when `resource` and `attribute` have these values under the key `k`.
fn name(list: &RuleList, resource: Option<&'static str>, attribute: Option<&'static str>) -> Match {
    let settled = list.settle(|from| match from {
        Field::Resource(_) => resource.map(Cow::Borrowed),
        _ => None,
    });
    list.decide(&settled, |_| attribute.map(Cow::Borrowed)).unwrap_or(settled.found)
}

#[test]
fn the_first_rule_that_matches_wins_wherever_it_looks() {
    let attribute_first = list(&[rule("attribute:k", None), rule("resource:k", None)]);
    assert_eq!(name(&attribute_first, Some("r"), Some("a")).name, "a");
    assert_eq!(name(&attribute_first, Some("r"), None).name, "r");
    assert_eq!(name(&attribute_first, Some("r"), Some("")).name, "r", "an empty text does not match");
    let resource_first = list(&[rule("resource:k", None), rule("attribute:k", None)]);
    assert_eq!(name(&resource_first, Some("r"), Some("a")).name, "r");
    assert_eq!(name(&resource_first, None, Some("a")).name, "a");
    assert_eq!(name(&resource_first, None, None).name, "_unassigned");
}

#[test]
fn a_pattern_gives_its_group_or_all_it_matched() {
    let cases = [
        ("^[^|]+", "acme|public", Some("acme")),
        ("^tenant-(.+)$", "tenant-acme", Some("acme")),
        ("^tenant-(.+)$", "kube-system", None),
        ("^(eu|us)-(?P<value>.+)$", "eu-acme", Some("acme")),
        ("^(a)?b", "b", None),
    ];
    for (pattern, text, expected) in cases {
        let found = name(&list(&[rule("resource:k", Some(pattern))]), Some(text), None).name;
        assert_eq!(found, expected.unwrap_or("_unassigned"), "{pattern} on {text}");
    }
}

#[test]
fn a_table_matches_only_what_is_in_it_and_a_constant_always_gives_itself() {
    let lookup = BTreeMap::from([("db1".to_owned(), "acme".to_owned())]);
    let table = list(&[Rule { lookup, ..rule("resource:k", None) }]);
    assert_eq!(name(&table, Some("db1"), None).name, "acme");
    assert_eq!(name(&table, Some("db2"), None).name, "_unassigned");
    let constant = list(&[Rule { value: Some("_shared".to_owned()), ..rule("resource:k", Some("^node-")) }]);
    assert_eq!(name(&constant, Some("node-7"), None).name, "_shared");
    assert_eq!(name(&constant, Some("pod-7"), None).name, "_unassigned");
}

#[test]
fn an_attribute_is_spent_only_when_its_whole_value_became_the_name() {
    let rules = list(&[rule("attribute:k", Some("^[^|]+"))]);
    assert_eq!(name(&rules, None, Some("acme")).spent, Some(Field::Attribute("k".to_owned())));
    assert_eq!(name(&rules, None, Some("acme|public")).spent, None);
}
