//! `#[cached_object(…)]` on types and fields.

use syn::{Attribute, Data, DeriveInput, Field, Fields, Ident, Type};

use crate::args::Args;
use crate::errors::refuse;

/// The arguments on the type.
pub(super) fn container(attrs: &[Attribute]) -> syn::Result<Args> {
    let mut all = Args::default();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("cached_object")) {
        let args: Args = attr.parse_args()?;
        all.0.extend(args.0);
    }
    Ok(all)
}

/// The fields that are the id: those that say so, or else the one of that name.
pub(super) fn id(input: &DeriveInput) -> syn::Result<Vec<(Ident, Type)>> {
    let Data::Struct(data) = &input.data else {
        return refuse(&input.ident, "objects that are cached by their id are of a `struct`");
    };
    let Fields::Named(fields) = &data.fields else {
        return refuse(&input.ident, "the id is a field with a name: `struct Name { id: u64, … }`");
    };
    let mut marked = Vec::new();
    for field in &fields.named {
        if is_id(field)? {
            marked.push(field);
        }
    }
    if marked.is_empty() {
        marked.extend(fields.named.iter().find(|field| field.ident.as_ref().is_some_and(|name| name == "id")));
    }
    if marked.is_empty() {
        return refuse(
            &input.ident,
            format!(
                "what tells one `{}` from another? Write `#[cached_object(id)]` on that field, or on several",
                input.ident
            ),
        );
    }
    Ok(marked.into_iter().filter_map(|field| Some((field.ident.clone()?, field.ty.clone()))).collect())
}

/// `#[cached_object(id)]`
fn is_id(field: &Field) -> syn::Result<bool> {
    let mut is_id = false;
    for attr in field.attrs.iter().filter(|attr| attr.path().is_ident("cached_object")) {
        attr.parse_nested_meta(|meta| {
            if !meta.path.is_ident("id") {
                return Err(meta.error("on a field there is only `#[cached_object(id)]`; all else goes on the type"));
            }
            is_id = true;
            Ok(())
        })?;
    }
    Ok(is_id)
}
