//! What must hold in the end, by a run of the same log in which nothing went wrong.

use std::fmt::Write as _;

use tidewatch_pipelines::detect::{Gap, Missing, NumberedNote, Outgoing, Target};
use tidewatch_pipelines::state::Family;
use tidewatch_schemas::Incident;
use tidewatch_schemas::incident::Kind;

use super::disk::Content;
use super::input::{self, Judged};
use super::schedule::{Faults, World};

/// What does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// A reader who drops repeated numbers misses something, or sees something wrong.
    Wrong(String),
    /// Everything is there, and something twice.
    Repeated(String),
    /// What is remembered is not what would be remembered had nothing gone wrong.
    State(String),
    /// The work does not come to an end.
    Stuck,
}

/// Compares the topics and the last owner's store with the run in which nothing went wrong.
pub(super) fn verify(world: &World, faults: Faults, content: &Content) -> Result<Judged, Violation> {
    let lost = faults.retention > 0.0;
    let gaps = gaps(world);
    let expected = input::judge(&world.settings, &world.log, &gaps);
    for target in Target::OUTBOX {
        let network = world.network.borrow();
        let raw: Vec<&Outgoing> = network.topics.visible(target).collect();
        let due: Vec<&Outgoing> = expected.outputs.iter().filter(|output| output.target == target).collect();
        let same = |one: &[&Outgoing]| {
            one.len() == due.len() && one.iter().zip(&due).all(|(one, other)| is_same(one, other, lost))
        };
        if !same(&filtered(&raw, |output| output.sequence)) {
            return Err(Violation::Wrong(shown(&raw, &due)));
        }
        if faults.transactions && !same(&raw) {
            return Err(Violation::Repeated(shown(&raw, &due)));
        }
    }
    verify_notes(world, &expected, lost)?;
    let (kept, due) = (remembered(content, lost), remembered(&expected.content, lost));
    if kept != due {
        let keys = |content: &Content| content.keys().map(|(family, _)| family.name()).collect::<Vec<_>>();
        return Err(Violation::State(format!("{:?} instead of {:?}", keys(&kept), keys(&due))));
    }
    Ok(expected)
}

/// Numbers go on differently after a loss; everything else is the same.
fn is_same(one: &Outgoing, other: &Outgoing, lost: bool) -> bool {
    let numbered = Outgoing { sequence: if lost { one.sequence } else { other.sequence }, ..other.clone() };
    *one == numbered
}

/// What a reader sees who drops numbers that are not above the last.
fn filtered<'a, T>(records: &[&'a T], number: impl Fn(&T) -> u64) -> Vec<&'a T> {
    let mut last = 0;
    let is_new = |record: &&&T| {
        let sequence = number(record);
        let is_new = sequence > last;
        last = last.max(sequence);
        is_new
    };
    records.iter().filter(is_new).copied().collect()
}

/// Notes are published before their commit: what was read and then lost may have left some. Those of what was judged in
/// the end are all there.
fn verify_notes(world: &World, expected: &Judged, lost: bool) -> Result<(), Violation> {
    let network = world.network.borrow();
    let raw: Vec<&NumberedNote> = network.topics.notes.iter().collect();
    let seen = filtered(&raw, |numbered| numbered.sequence);
    let holds = if lost {
        let is_there = |due: &NumberedNote| seen.iter().any(|seen| seen.note == due.note);
        expected.notes.iter().all(is_there)
    } else {
        seen.iter().copied().eq(expected.notes.iter())
    };
    let shown = |notes: &mut dyn Iterator<Item = &NumberedNote>| {
        notes.map(|each| format!("{}@{} {:.30?}", each.sequence, each.source_offset, each.note)).collect()
    };
    let (there, due): (Vec<String>, Vec<String>) = (shown(&mut raw.iter().copied()), shown(&mut expected.notes.iter()));
    if holds { Ok(()) } else { Err(Violation::Wrong(format!("notes {there:?}; due {due:?}"))) }
}

/// The losses that the topics tell of, in the order of the input.
fn gaps(world: &World) -> Vec<Gap> {
    let network = world.network.borrow();
    let incidents = network.topics.visible(Target::Incidents);
    let incidents = incidents.filter_map(|output| serde_json::from_slice::<Incident>(&output.value).ok());
    let losses = incidents.filter(|incident| incident.kind == Kind::DataLoss && incident.revision == 1);
    let mut gaps: Vec<Gap> = losses.filter_map(|incident| gap(&incident)).collect();
    gaps.sort_by_key(|gap| gap.from);
    gaps
}

/// The gap that an incident's sentence names.
fn gap(incident: &Incident) -> Option<Gap> {
    let (_, after) = incident.summary.split_once("(offsets ")?;
    let (from, after) = after.split_once(" to ")?;
    let (from, to) = (from.parse().ok()?, after.split_once(')')?.0.parse().ok()?);
    Some(Gap { topic: "tidewatch.observations".into(), partition: 0, from, to, resume: to, missing: Missing::Deleted })
}

/// What is remembered of the input: not what is on its way, not who the owner is, and not how its life went.
fn remembered(content: &Content, lost: bool) -> Content {
    let of_the_way = |family: Family, key: &[u8]| {
        family == Family::Outbox
            || family == Family::Attempts
            || (family == Family::Meta && (key == b"published" || key == b"epoch" || (lost && key == b"progress")))
    };
    let kept = content.iter().filter(|((family, key), _)| !of_the_way(*family, key));
    kept.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn shown(raw: &[&Outgoing], due: &[&Outgoing]) -> String {
    let mut text = String::new();
    for (what, outputs) in [("there", raw), ("due", due)] {
        let shown = |output: &&Outgoing| {
            let value = String::from_utf8_lossy(&output.value);
            let (_, summary) = value.split_once("\"summary\":").unwrap_or(("", ""));
            format!("{}@{} {:.40}", output.sequence, output.source_offset, summary)
        };
        let _ = write!(text, "{what} (number@source offset): {:?}; ", outputs.iter().map(shown).collect::<Vec<_>>());
    }
    text
}
