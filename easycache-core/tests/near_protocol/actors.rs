//! Who takes part, and what each of them does.

pub(crate) mod caller;
pub(crate) mod environment;
pub(crate) mod link;
pub(crate) mod server;
pub(crate) mod writer;
