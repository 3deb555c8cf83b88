//! `#[cache_key(…)]` on types and fields.

use syn::{Attribute, Path, Token};

/// `#[cache_key(crate = path)]` on the type.
pub(super) fn container(attrs: &[Attribute]) -> syn::Result<Option<Path>> {
    let mut krate = None;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("cache_key")) {
        attr.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(meta.error("on a type there is only `#[cache_key(crate = path)]`; `skip` goes on a field"));
            }
            meta.input.parse::<Token![=]>()?;
            krate = Some(meta.input.call(Path::parse_mod_style)?);
            Ok(())
        })?;
    }
    Ok(krate)
}

/// `#[cache_key(skip)]` on a field.
pub(super) fn is_skipped(attrs: &[Attribute]) -> syn::Result<bool> {
    let mut skipped = false;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("cache_key")) {
        attr.parse_nested_meta(|meta| {
            if !meta.path.is_ident("skip") {
                return Err(meta.error("on a field there is only `#[cache_key(skip)]`"));
            }
            skipped = true;
            Ok(())
        })?;
    }
    Ok(skipped)
}
