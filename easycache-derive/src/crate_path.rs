//! Where generated code finds the runtime: `::easycache`, or what `crate = path` says.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, Lit, Path};

use crate::args::peel;
use crate::errors::refuse;

/// The path of the module for generated code.
#[derive(Debug, Clone)]
pub(crate) struct Private(TokenStream);

impl Default for Private {
    fn default() -> Self {
        Self(quote_spanned!(Span::mixed_site()=> ::easycache::__private))
    }
}

impl Private {
    /// Below the given crate.
    pub(crate) fn of(path: &Path) -> Self {
        Self(quote!(#path::__private))
    }

    /// The same, shown at the given place: a mistake is reported where the first token of an expression is.
    pub(crate) fn at(&self, span: Span) -> Self {
        let placed = self.0.clone().into_iter().map(|mut tree| {
            tree.set_span(span.resolved_at(tree.span()));
            tree
        });
        Self(placed.collect())
    }

    /// Of an optional `crate = path`.
    pub(crate) fn of_option(path: Option<&Path>) -> Self {
        path.map(Self::of).unwrap_or_default()
    }
}

impl ToTokens for Private {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}

/// The value of `crate = …`: a path, or a string that holds one.
pub(crate) fn parse(value: &Expr) -> syn::Result<Path> {
    match peel(value) {
        Expr::Path(path) if path.qself.is_none() => Ok(path.path.clone()),
        Expr::Lit(lit) => match &lit.lit {
            Lit::Str(text) => text.parse(),
            other => refuse(other, "`crate` takes the path of the easycache crate: `crate = my::easycache`"),
        },
        other => refuse(other, "`crate` takes the path of the easycache crate: `crate = my::easycache`"),
    }
}
