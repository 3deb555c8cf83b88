//! `#[ecached]` and `#[ecached_property]`: parse, check, emit.

use proc_macro2::TokenStream;

use crate::args::{Args, CachedArgs};
use crate::checked::{Cached, Item};
use crate::errors::Errors;
use crate::expand;
use crate::function::Function;

/// The expansion of the attribute.
pub(crate) fn expand(kind: Item, args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let function: Function = syn::parse2(item)?;
    let args: Args = syn::parse2(args)?;
    let args = CachedArgs::read(args, &mut errors);
    Cached::check(args, function, kind, errors).map(|checked| expand::cached(&checked))
}

#[cfg(test)]
mod tests;
