use tidewatch_schemas::incident::BottleneckKind;
use tidewatch_schemas::{Catalog, SeriesKey};

use super::*;

const STEP_MS: i64 = 10_000;
const CALM: i64 = 60;

/// Requests per second of a tenant in a step, seconds of queries and of everything else for each.
type Load = (f64, f64, f64);

fn reading(tenant: &str, signal: &str, step: i64, rate: f64) -> Option<Reading> {
    let key = SeriesKey {
        pool: "eu-1".into(),
        tenant: tenant.into(),
        resource: "odoo-web".into(),
        signal: signal.into(),
        attributes: BTreeMap::new(),
    };
    Reading::spent(&key, Catalog.lookup(signal), (Timestamp(step * STEP_MS), rate))
}

/// Three tenants that are calm for a while and then as `then` says; `processors` are busy seconds per second in both.
fn state(then: [Load; 3], processors: Option<(f64, f64)>) -> State {
    let mut state = State::default();
    for step in 0..CALM + 10 {
        let calm = [(1.0, 0.04, 0.04), (2.0, 0.03, 0.05), (0.5, 0.06, 0.03)];
        let loads = if step < CALM { calm } else { then };
        for (tenant, (count, data, rest)) in ["acme", "borealis", "cobalt"].into_iter().zip(loads) {
            let wobble = 1.0 + 0.1 * ((step * 7 % 11) as f64 / 11.0 - 0.5);
            let values = [
                ("odoo.requests", count),
                ("odoo.request.query.time", count * data * wobble),
                ("odoo.request.worker.time", count * (data + rest) * wobble),
            ];
            for (signal, rate) in values {
                if let Some(reading) = reading(tenant, signal, step, rate) {
                    state.absorb(&reading, STEP_MS);
                }
            }
        }
        if let Some((before, after)) = processors {
            let busy = if step < CALM { before } else { after };
            let reading = reading("_shared", "container.cpu.usage", step, busy);
            state.absorb(&reading.unwrap(), STEP_MS);
        }
        state.advance(step);
    }
    state
}

fn kind(then: [Load; 3], processors: Option<(f64, f64)>) -> Option<BottleneckKind> {
    let tenants = ["acme", "borealis", "cobalt"].map(TenantId::from);
    let verdict = state(then, processors).verdict(&tenants, Timestamp(CALM * STEP_MS), STEP_MS)?;
    assert!((0.5..=1.0).contains(&verdict.share), "{verdict:?}");
    Some(verdict.kind)
}

#[test]
fn the_largest_part_of_what_is_beyond_usual_is_the_bottleneck() {
    let calm = [(1.0, 0.04, 0.04), (2.0, 0.03, 0.05), (0.5, 0.06, 0.03)];
    let cases = [
        (
            "slow queries of all",
            [(1.0, 0.4, 0.08), (2.0, 0.3, 0.1), (0.5, 0.6, 0.06)],
            None,
            Some(BottleneckKind::Data),
        ),
        ("a lock of one", [(1.0, 3.0, 0.04), calm[1], calm[2]], None, Some(BottleneckKind::Data)),
        ("a flood", [calm[0], (40.0, 0.01, 0.05), calm[2]], None, Some(BottleneckKind::Compute)),
        (
            "busy processors",
            [(1.0, 0.04, 0.4), (2.0, 0.03, 0.5), (0.5, 0.06, 0.3)],
            Some((0.2, 1.5)),
            Some(BottleneckKind::Compute),
        ),
        (
            "the same, processors unknown",
            [(1.0, 0.04, 0.4), (2.0, 0.03, 0.5), (0.5, 0.06, 0.3)],
            None,
            Some(BottleneckKind::Compute),
        ),
        ("slow code of one", [(1.0, 0.04, 1.2), calm[1], calm[2]], Some((0.2, 1.3)), Some(BottleneckKind::Application)),
        (
            "a slow payment service",
            [(1.0, 0.04, 1.2), calm[1], calm[2]],
            Some((0.2, 0.2)),
            Some(BottleneckKind::Integration),
        ),
        ("nothing", calm, None, None),
        ("less of everything", [(0.1, 0.01, 0.01); 3], None, None),
    ];
    for (name, then, processors, expected) in cases {
        assert_eq!(kind(then, processors), expected, "{name}");
    }
}

#[test]
fn nothing_is_said_of_tenants_that_are_not_known() {
    let state = state([(1.0, 3.0, 0.04); 3], None);
    assert_eq!(state.verdict(&["delta".into()], Timestamp(CALM * STEP_MS), STEP_MS), None);
    assert_eq!(State::default().verdict(&["acme".into()], Timestamp(0), STEP_MS), None);
}

#[test]
fn what_is_stored_and_restored_goes_on_the_same() {
    let state = state([(1.0, 3.0, 0.04); 3], Some((0.1, 0.2)));
    let bytes = postcard::to_stdvec(&state).unwrap();
    assert_eq!(postcard::from_bytes::<State>(&bytes).unwrap(), state);
}
