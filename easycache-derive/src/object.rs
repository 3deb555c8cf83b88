//! `#[derive(CachedObject)]`: parse, check, emit.

mod attributes;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use self::attributes::{container, id};
use crate::args::ObjectArgs;
use crate::checked::Object;
use crate::errors::Errors;
use crate::expand;

/// The expansion of the derive.
pub(crate) fn expand(input: TokenStream) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let input: DeriveInput = syn::parse2(input)?;
    let ids = id(&input)?;
    let args = ObjectArgs::read(container(&input.attrs)?, &mut errors);
    Object::check(args, &input, ids, errors).map(|object| expand::object(&object))
}
