//! Which attributes of the function go where.

use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token, parse_quote};

const LEVELS: [&str; 5] = ["allow", "warn", "deny", "forbid", "expect"];

/// For the function itself: everything.
pub(super) fn own(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().map(lenient).collect()
}

/// For the function that has the body now: `cfg` and lint levels.
pub(super) fn body<'a>(attrs: &'a [Attribute], inner: &'a [Attribute]) -> Vec<Attribute> {
    let inner = inner.iter().map(|attr| Attribute { style: syn::AttrStyle::Outer, ..attr.clone() });
    attrs.iter().filter(|attr| follows(attr, &["cfg"])).cloned().chain(inner).map(|attr| lenient(&attr)).collect()
}

/// For companions: `cfg`, `deprecated` and lint levels.
pub(super) fn companion(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| follows(attr, &["cfg", "deprecated"])).map(lenient).collect()
}

/// `cfg` alone.
pub(super) fn cfg(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect()
}

/// Silences lints about generated items that have no body of the user's.
pub(super) fn silence() -> TokenStream {
    quote!(#[allow(dead_code, unreachable_pub, unused_variables, clippy::all, clippy::pedantic, clippy::nursery)])
}

fn follows(attr: &Attribute, more: &[&str]) -> bool {
    let known = |path: &syn::Path| LEVELS.iter().chain(more).any(|name| path.is_ident(name));
    if !attr.path().is_ident("cfg_attr") {
        return known(attr.path());
    }
    let metas = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    metas.is_ok_and(|metas| metas.iter().skip(1).all(|meta| known(meta.path())))
}

/// An expectation may be met in one of the places it is copied to and not in another: it becomes a permission.
fn lenient(attr: &Attribute) -> Attribute {
    match &attr.meta {
        Meta::List(list) if list.path.is_ident("expect") => {
            let (tokens, style) = (&list.tokens, attr.style);
            Attribute { style, ..parse_quote!(#[allow(#tokens)]) }
        }
        _ => attr.clone(),
    }
}
