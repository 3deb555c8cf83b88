//! What the local tier holds, for how long, and what it says about it.

#[path = "local/bounds.rs"]
mod bounds;
#[path = "local/housekeeping.rs"]
mod housekeeping;
