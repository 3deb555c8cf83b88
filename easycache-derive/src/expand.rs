//! From the checked model to tokens; nothing is decided here.

mod attributes;
mod cached;
mod companions;
mod docs;
mod each;
mod entry;
mod invalidates;
mod keep;
mod many;
mod names;
mod object;
mod run;
mod site;
mod values;

pub(crate) use self::cached::cached;
pub(crate) use self::invalidates::invalidates;
pub(crate) use self::names::text;
pub(crate) use self::object::object;
