//! Near tiers on a real server: what other processes change while it is being read, and what a hit costs.

mod common;
mod naive;
mod own;
mod race;
mod storm;
mod strict;
