//! The values that names and closures stand for.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;

use crate::crate_path::Private;
use crate::function::Function;
use crate::names::{Bind, Bound, Input};
use crate::tokens::{self, local};

/// What every part of the expansion looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) function: &'a Function,
    pub(super) private: &'a Private,
}

/// When a closure is evaluated: before the body, with the parameters there; or after it, with copies of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Before,
    After,
}

impl Scene<'_> {
    /// A closure in two: statements that bind its inputs, and its body as an expression. What uses the expression
    /// goes into one block with the statements, so that a lazy iterator may still borrow from the inputs.
    pub(super) fn bound(self, bound: &Bound, when: When) -> (TokenStream, TokenStream) {
        let binds = bound.inputs.iter().map(|input| self.bind(input, when)).collect();
        let body = self.own_self(&bound.body, when);
        if tokens::words(bound.body.clone()).contains("return") {
            return (binds, quote_spanned!(Span::mixed_site()=> (|| #body)()));
        }
        (binds, body)
    }

    fn bind(self, Input { ident, ty, bind }: &Input, when: When) -> TokenStream {
        let ty = ty.as_ref().map(|ty| quote!(: #ty));
        let value = match (bind, when) {
            (Bind::Value, _) => local("value").into_token_stream(),
            (Bind::Meta, _) => self.meta(when),
            (Bind::Param(at), When::Before) => {
                let name = &self.function.params[*at].forward;
                quote!(&#name)
            }
            (Bind::Param(at), When::After) => {
                let name = kept(&self.function.params[*at].forward);
                quote!(&#name)
            }
        };
        quote!(let #ident #ty = #value;)
    }

    fn own_self(self, body: &TokenStream, when: When) -> TokenStream {
        match (self.function.self_token(), when) {
            (Some(token), When::Before) => tokens::replace_self(body.clone(), &Ident::new("self", token.span)),
            (Some(_), When::After) => tokens::replace_self(body.clone(), &local("keep_self")),
            (None, _) => body.clone(),
        }
    }

    fn meta(self, when: When) -> TokenStream {
        let p = self.private;
        let (path, mixed) = (self.path(), Span::mixed_site());
        let arguments = self.arguments();
        match when {
            When::Before => quote_spanned!(mixed=> &#p::CallMeta::new(#path, #arguments)),
            When::After => quote_spanned!(mixed=>
                &#p::CallMeta::new(#path, #p::core::clone::Clone::clone(&__keep_arguments)).returned(__value)
            ),
        }
    }

    /// Names and values of all named parameters.
    pub(super) fn arguments(self) -> TokenStream {
        let p = self.private;
        let named = self.function.params.iter().filter_map(|param| param.name.as_ref().map(|name| (name, &param.ty)));
        let pairs: Vec<_> = named
            .map(|(name, ty)| {
                let text = name.to_string();
                quote_spanned!(tokens::site(ty.span())=> (#text, #p::argument(&#name)))
            })
            .collect();
        if pairs.is_empty() { quote!(#p::std::vec::Vec::new()) } else { quote!(#p::std::vec![#(#pairs),*]) }
    }

    /// The path of the function, as a `&'static str`.
    pub(super) fn path(self) -> TokenStream {
        let (p, name) = (self.private, self.function.name().to_string());
        quote!(#p::core::concat!(#p::core::module_path!(), "::", #name))
    }

    /// `()`-proof name of the result type.
    pub(super) fn returned(self) -> TokenStream {
        self.function.returned.to_token_stream()
    }

    /// The span to blame for the result type.
    pub(super) fn returned_span(self) -> Span {
        match &self.function.sig.output {
            syn::ReturnType::Default => tokens::site(self.function.name().span()),
            syn::ReturnType::Type(..) => tokens::site(self.function.returned.span()),
        }
    }
}

/// The copy of a parameter that closures see after the body.
pub(super) fn kept(name: &Ident) -> Ident {
    format_ident!("__keep_{}", name, span = Span::mixed_site())
}
