//! Who takes steps, and what a step does: for each participant the steps that are open to it, and their effect.

pub(crate) mod environment;
mod fill;
mod flight;
mod grant;
pub(crate) mod messages;
pub(crate) mod reader;
pub(crate) mod writer;
