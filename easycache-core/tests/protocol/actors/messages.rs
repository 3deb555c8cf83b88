//! Messages of one call, as bits: what is outstanding is a mask of them.

use std::fmt;

use crate::{
    config::{Config, Kind},
    state::{CLOCK, RESULT, SLOTS},
    variants::Broken,
};

/// The value, and its lease. In an ACQUIRE: the lease.
pub(crate) const VALUE: u8 = 1;
/// The body as the replica has it.
pub(crate) const BODY: u8 = 1 << 6;
/// The header as the master has it.
pub(crate) const HEADER: u8 = 1 << 7;
/// Every stamp.
pub(crate) const STAMPS: u8 = ((1 << SLOTS) - 1) << 1;

pub(crate) const fn stamp(slot: usize) -> u8 {
    2 << slot
}

/// Messages that are answered at one instant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part(pub u8);

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 8] =
            ["value and lease", "tag", "prefix", "own stamp", "clock", "result tag", "body", "header"];
        f.debug_list()
            .entries(NAMES.iter().enumerate().filter(|(bit, _)| self.0 & (1 << bit) != 0).map(|(_, name)| name))
            .finish()
    }
}

/// The stamps in a mask.
pub(crate) fn slots(mask: u8) -> impl Iterator<Item = usize> {
    (0..SLOTS).filter(move |&slot| mask & stamp(slot) != 0)
}

/// What a READ asks for.
pub(crate) fn of_read(config: &Config) -> u8 {
    let mut asked = match config.kind {
        Kind::Replicated if config.breaks(Broken::BodyUnchecked) || config.breaks(Broken::AllFromReplica) => BODY,
        Kind::Replicated => BODY | HEADER,
        _ => VALUE,
    };
    for slot in config.slots(Config::depends) {
        asked |= stamp(slot);
    }
    // Who may want to join a flight must know where the clock of tags stands.
    if config.coalesce && config.result_tags.is_some() {
        asked |= stamp(CLOCK);
    }
    asked
}

/// What of a READ's outstanding messages may be answered at the next instant: each item is one such set.
pub(crate) fn next_of_read(config: &Config, todo: u8, each: impl FnMut(u8)) {
    match config.kind {
        // The names of the result's tags are in the value: a second round trip.
        Kind::Single if todo & VALUE != 0 => [todo & !stamp(RESULT)].into_iter().for_each(each),
        Kind::Single => [todo].into_iter().for_each(each),
        Kind::Replicated => {
            [VALUE, BODY, HEADER, STAMPS].into_iter().map(|part| part & todo).filter(|&part| part != 0).for_each(each);
        }
        Kind::Cluster | Kind::Stamped => bits(todo).for_each(each),
    }
}

/// Each message by itself.
pub(crate) fn bits(mask: u8) -> impl Iterator<Item = u8> {
    (0..8).map(|bit| 1 << bit).filter(move |bit| mask & bit != 0)
}
