//! `each = ids`, `each = id in ids`.

use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Ident, Token};

use crate::errors::refuse;

/// Which parameter has the elements, and what one of them is called in names and closures.
#[derive(Debug, Clone)]
pub(crate) struct EachArg {
    pub(crate) element: Ident,
    pub(crate) param: Ident,
}

impl Parse for EachArg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let element: Ident = input.parse()?;
        if input.parse::<Option<Token![in]>>()?.is_none() {
            return Ok(Self { param: element.clone(), element });
        }
        Ok(Self { element, param: input.parse()? })
    }
}

impl ToTokens for EachArg {
    fn to_tokens(&self, tokens: &mut proc_macro2::TokenStream) {
        let Self { element, param } = self;
        tokens.extend(quote!(#element in #param));
    }
}

impl EachArg {
    /// Whether it comes next in the form that is no expression.
    pub(super) fn is_next(input: ParseStream<'_>) -> bool {
        input.peek(Ident) && input.peek2(Token![in])
    }

    pub(super) fn parse(value: &Expr) -> syn::Result<Self> {
        let parsed = syn::parse2(value.to_token_stream());
        parsed.or_else(|_| refuse(value, "`each` names the parameter that has the elements: `each = ids`, or `each = id in ids` with a name for one of them"))
    }
}
