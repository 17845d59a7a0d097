//! Columns of `windows`.

use super::{Column, column};
use crate::column::Kind::{Json, Number, Text, Time};

pub(super) const COLUMNS: [Column; 16] = [
    column("pool", "/pool", Text, "pool of the series"),
    column("tenant", "/tenant", Text, "tenant of the series, or _shared or _unassigned"),
    column("resource", "/resource", Text, "resource of the series"),
    column("signal", "/signal", Text, "signal of the series"),
    column("series", "/series", Text, "identifier of the series; 32 hexadecimal digits"),
    column("attributes", "/attributes", Json, "attributes of the series, as JSON text"),
    column("unit", "/unit", Text, "unit of `actual`, `expected`, `lower` and `upper`"),
    column("window_start", "/window_start", Time, "start of the window, inclusive"),
    column("window_end", "/window_end", Time, "end of the window, exclusive"),
    column("actual", "/actual", Number, "what was seen, in `unit`"),
    column("expected", "/expected", Number, "what was expected, in `unit`"),
    column("lower", "/lower", Number, "lower end of what is usual, in `unit`"),
    column("upper", "/upper", Number, "upper end of what is usual, in `unit`"),
    column("season", "/season", Text, "which season said what to expect: recent, daily, weekly or calendar"),
    column("score", "/score", Number, "evidence gathered so far, in nats"),
    column("threshold", "/threshold", Number, "evidence at which a finding begins, in nats"),
];
