//! What can be done.

mod explain;
mod invalidate;
mod keys;
mod servers;

pub(crate) use self::{
    explain::explain,
    invalidate::invalidate,
    keys::keys,
    servers::{ping, stats},
};
