//! For authors of backends on a server: what has nothing to do with the words that the server understands.
//!
//! A [`Node`] is one server, as those who ask it see it: it has a [`Lane`] for each runtime, dials it anew when it has
//! ended, answers by the [`Deadline`](crate::Deadline), and leaves a server alone for a while that does not answer. What a
//! lane carries, and how a server is reached, is said by the traits [`Lane`] and [`Server`]. [`Address`] and [`url`] are
//! for configurations. What goes on by itself, such as a [`Watch`](crate::Watch), runs in the [`background`].

mod address;
mod breaker;
mod lanes;
mod node;
pub mod url;

pub use self::{
    address::Address,
    node::{Broken, How, Lane, Node, Server, grace},
};
pub use crate::remote::background;
