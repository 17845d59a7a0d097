//! The recorded Odoo lab as bytes in the binary, so that `tidewatch demo` needs neither a checkout nor a download.

use std::path::Path;

use super::error::RecordingError;
use super::event::Event;
use super::files;

/// Its files, in the order in which a folder is read.
const FILES: [(&str, &[u8]); 5] = [
    ("cron_runs.jsonl", include_bytes!("../../recordings/odoo-lab-a/cron_runs.jsonl")),
    ("metrics.jsonl.gz", include_bytes!("../../recordings/odoo-lab-a/metrics.jsonl.gz")),
    ("odoo.log.gz", include_bytes!("../../recordings/odoo-lab-a/odoo.log.gz")),
    ("postgresql.json.gz", include_bytes!("../../recordings/odoo-lab-a/postgresql.json.gz")),
    ("synthetic.jsonl.gz", include_bytes!("../../recordings/odoo-lab-a/synthetic.jsonl.gz")),
];

/// The labelled faults of the embedded recording, as JSON.
#[must_use]
pub fn embedded_labels() -> &'static str {
    include_str!("../../recordings/odoo-lab-a/labels.json")
}

/// All events, file by file.
pub(super) fn events() -> Result<Vec<Event>, RecordingError> {
    let mut found = files::Found::default();
    for (name, bytes) in FILES {
        files::read_into(Path::new(name), bytes, &mut found)?;
    }
    found.all_good()
}
