//! The pager: every change of an incident to the channels whose routes it matches, in order, at least once.
//!
//! | module | does |
//! |---|---|
//! | [`routes`] | which channels an incident goes to |
//! | [`delivery`] | what one channel knows of one incident, and what it still has to be told |
//! | [`ledger`] | all deliveries of one partition of incidents, in a store that survives the end of the process |
//! | [`digest`] | one message about how much more waits than a channel may be told of |
//! | [`pace`] | how fast a channel may be told, and how long it is left alone |
//! | [`reach`] | which addresses may be reached |
//! | [`post`] | the call itself |
//! | [`way_back`] | says into the log what was given up |
//!
//! A change is written to the ledger together with the offset after it, then sent, then taken out. Whatever ends in between,
//! the change is sent again with the same key. What a channel knows can also be told from the topic alone: on a new machine
//! everything before the group's committed offset counts as told, and the offset is committed only up to what is.

pub mod delivery;
pub mod digest;
pub mod ledger;
pub mod pace;
pub mod post;
pub mod reach;
pub mod routes;
pub mod way_back;
