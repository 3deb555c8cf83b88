//! The parameters of a function, the receiver apart.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, Ident, Pat, PatIdent, Signature, Type};

/// One parameter.
#[derive(Debug, Clone)]
pub(crate) struct Param {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) pat: Pat,
    /// Its name, unless it is a pattern.
    pub(crate) name: Option<Ident>,
    /// What forwarding functions call it.
    pub(crate) forward: Ident,
    pub(crate) ty: Type,
}

impl Param {
    /// `forward: Type`
    pub(crate) fn plain(&self) -> TokenStream {
        let Self { attrs, forward, ty, .. } = self;
        quote!(#(#attrs)* #forward: #ty)
    }

    /// As written.
    pub(crate) fn written(&self) -> TokenStream {
        let Self { attrs, pat, ty, .. } = self;
        quote!(#(#attrs)* #pat: #ty)
    }

    /// Is it of a type written `impl Trait` (or one that holds it)?
    pub(crate) fn is_impl(&self) -> bool {
        crate::tokens::mentions(quote::ToTokens::to_token_stream(&self.ty), "impl")
    }

    /// Is it called something like `_unused`?
    pub(crate) fn is_underscored(&self) -> bool {
        self.name.as_ref().is_some_and(|name| name.to_string().starts_with('_'))
    }
}

/// The parameters of a signature.
pub(super) fn read(sig: &Signature) -> Vec<Param> {
    let params = super::typed(sig).enumerate().map(|(at, typed)| {
        let name = name(&typed.pat);
        Param {
            attrs: typed.attrs.clone(),
            pat: (*typed.pat).clone(),
            forward: name.clone().unwrap_or_else(|| format_ident!("arg{at}")),
            name,
            ty: (*typed.ty).clone(),
        }
    });
    params.collect()
}

fn name(pat: &Pat) -> Option<Ident> {
    match pat {
        Pat::Ident(PatIdent { by_ref: None, subpat: None, ident, .. }) => Some(ident.clone()),
        _ => None,
    }
}
