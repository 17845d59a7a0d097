//! Columns of `rejects`.

use super::{Column, column};
use crate::column::Kind::{Text, Time, Whole};

pub(super) const COLUMNS: [Column; 9] = [
    column("reason", "/reason", Text, "why it was refused"),
    column("detail", "/detail", Text, "what exactly, naming the thing and its value"),
    column("origin_topic", "/origin/topic", Text, "topic that the input was read from"),
    column("origin_partition", "/origin/partition", Whole, "its partition"),
    column("origin_offset", "/origin/offset", Whole, "its offset"),
    column("origin_index", "/origin/index", Whole, "position of the refused point in the record, from 0"),
    column("received_at", "/received_at", Time, "when the broker got it"),
    column("count", "/count", Whole, "how many inputs the row stands for"),
    column("excerpt", "/excerpt", Text, "the first bytes, everything unprintable escaped"),
];
