//! `#[derive(CacheKey)]`.

mod attributes;

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Field, Fields, Ident, Member, parse_quote};

use self::attributes::{container, is_skipped};
use crate::crate_path::Private;
use crate::errors::{Errors, refuse};
use crate::tokens::{self, local};

/// The expansion of the derive.
pub(crate) fn expand(input: TokenStream) -> syn::Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    let p = Private::of_option(container(&input.attrs)?.as_ref());
    let mut errors = Errors::default();
    let body = match &input.data {
        Data::Struct(data) => structure(&input.ident, &data.fields, &p, &mut errors),
        Data::Enum(data) => enumeration(data, &p, &mut errors),
        Data::Union(data) => {
            return refuse(
                data.union_token,
                "a union does not know which of its fields is set: write `impl CacheKey` by hand",
            );
        }
    };
    let generics = bounded(&input, &p);
    errors.finish()?;
    let (name, (impl_generics, ty_generics, clause)) = (&input.ident, generics.split_for_impl());
    let writer = local("writer");
    Ok(quote! {
        #[automatically_derived]
        #[allow(clippy::all, clippy::pedantic, clippy::nursery)]
        impl #impl_generics #p::CacheKey for #name #ty_generics #clause {
            fn cache_key(&self, #writer: &mut #p::KeyWriter) {
                #body
            }
        }
    })
}

/// The fields that are part of the key.
fn kept<'a>(fields: &'a Fields, errors: &mut Errors) -> Vec<(Member, &'a Field)> {
    let all = fields.members().zip(fields.iter());
    all.filter(|(_, field)| !errors.take(is_skipped(&field.attrs)).unwrap_or_default()).collect()
}

fn structure(name: &Ident, fields: &Fields, p: &Private, errors: &mut Errors) -> TokenStream {
    let fields = kept(fields, errors);
    let values = fields.iter().map(|(member, field)| (quote!(&self.#member), *field));
    write(&name.to_string(), values, p)
}

fn enumeration(data: &syn::DataEnum, p: &Private, errors: &mut Errors) -> TokenStream {
    if data.variants.is_empty() {
        return quote!(match *self {});
    }
    let arms = data.variants.iter().map(|variant| {
        let (name, kept) = (&variant.ident, kept(&variant.fields, errors));
        let bind = |member: &Member| match member {
            Member::Named(name) => format_ident!("__{}", name, span = Span::mixed_site()),
            Member::Unnamed(at) => format_ident!("__{}", at.index, span = Span::mixed_site()),
        };
        let binds: Vec<_> = kept.iter().map(|(member, _)| (member, bind(member))).collect();
        let pattern = binds.iter().map(|(member, bind)| quote!(#member: #bind,));
        let values = binds.iter().zip(&kept).map(|((_, bind), (_, field))| (bind.to_token_stream(), *field));
        let body = write(&name.to_string(), values, p);
        quote!(Self::#name { #(#pattern)* .. } => { #body })
    });
    let arms: Vec<_> = arms.collect();
    quote!(match self { #(#arms)* })
}

/// `begin`, every value, `end`; or a word, if there are none.
fn write<'a>(name: &str, values: impl Iterator<Item = (TokenStream, &'a Field)>, p: &Private) -> TokenStream {
    let writer = local("writer");
    let fields = values.map(|(value, field)| {
        let span = tokens::site(field.ty.span());
        let (p, value) = (p.at(span), tokens::located(value, span));
        quote_spanned!(span=> #p::KeyWriter::field(#writer, #value);)
    });
    let fields: TokenStream = fields.collect();
    if fields.is_empty() {
        return quote!(#writer.word(#name););
    }
    quote!(#writer.begin(#name); #fields #writer.end();)
}

/// Every type parameter that a kept field mentions has to be a key itself.
fn bounded(input: &DeriveInput, p: &Private) -> syn::Generics {
    let fields: Vec<&Fields> = match &input.data {
        Data::Struct(data) => vec![&data.fields],
        Data::Enum(data) => data.variants.iter().map(|variant| &variant.fields).collect(),
        Data::Union(_) => Vec::new(),
    };
    let kept = fields.into_iter().flat_map(|fields| kept(fields, &mut Errors::default()));
    let used: BTreeSet<String> = kept.flat_map(|(_, field)| tokens::words(field.ty.to_token_stream())).collect();
    let mut generics = input.generics.clone();
    for param in generics.type_params_mut() {
        param.default = None;
        if used.contains(&param.ident.to_string()) {
            param.bounds.push(parse_quote!(#p::CacheKey));
        }
    }
    generics
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(item: &str) -> String {
        let expanded = expand(item.parse().unwrap());
        expanded.map_or_else(|error| error.to_string(), |tokens| tokens::pretty(&tokens))
    }

    #[test]
    fn a_type_parameter_that_is_part_of_the_key_is_bounded() {
        let text = run("struct S<T, U> { a: T, #[cache_key(skip)] b: U }");
        assert!(text.contains("impl<T:::easycache::__private::CacheKey, U>"), "{text}");
    }

    #[test]
    fn mistakes_name_the_remedy() {
        assert!(run("union U { a: u32 }").contains("by hand"));
        assert!(run("struct S { #[cache_key(ignore)] a: u32 }").contains("#[cache_key(skip)]"));
        assert!(run("#[cache_key(skip)] struct S { a: u32 }").contains("`skip` goes on a field"));
    }
}
