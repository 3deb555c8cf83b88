//! What there is to tell, whether to people or to programs: the pages and the JSON are made of the same.

mod cache;
mod invalidate;
mod lookup;

pub(crate) use self::{
    cache::{Detail, Overview, State, Summary},
    invalidate::{Confirmation, Deed, Done, Outcome, Question, Wish},
    lookup::{Listing, LookUp},
};
