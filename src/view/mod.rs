//! What the screen needs, as plain data: built from the cluster and the view before, so that what has not changed
//! keeps its place in memory. No browser here: tested on the host.

pub mod inspector;
pub mod loops;
pub mod state;
pub mod yard;
