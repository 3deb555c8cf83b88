//! The annotated function: what it takes and gives back.

mod params;
mod refuse;
mod returned;

pub(crate) use self::params::Param;
pub(crate) use self::refuse::{check_cached, check_invalidates};
pub(crate) use self::returned::{entry_value, is_result, map_key, map_value};

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{
    Attribute, FnArg, Generics, Ident, ReceiverKind, ReturnType, Signature, Token, Type, Visibility, parse_quote,
};

use crate::errors::refuse;
use crate::tokens;

/// How the function gives its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    Sync,
    Async,
    /// A plain `fn` that returns `Pin<Box<dyn Future<Output = R>>>`, as `async_trait` writes it.
    Boxed,
}

/// A function with a body, the body not looked into.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    /// `#![…]` inside the body.
    pub(crate) inner: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) sig: Signature,
    pub(crate) params: Vec<Param>,
    pub(crate) flavour: Flavour,
    /// What is awaited, or returned.
    pub(crate) returned: Type,
    pub(crate) body: TokenStream,
    pub(crate) body_span: Span,
    /// It is none, but a type: the parameters are the fields that are its id.
    pub(crate) is_type: bool,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let defaultness = if input.peek(Token![default]) { Some(input.parse()?) } else { None };
        not_a_function(input)?;
        let sig: Signature = input.parse()?;
        if input.peek(Token![;]) {
            return refuse(&sig.ident, "this function has no body: put the attribute on the implementation");
        }
        let content;
        let brace = syn::braced!(content in input);
        let (flavour, returned) = returned::read(&sig);
        Ok(Self {
            attrs,
            inner: content.call(Attribute::parse_inner)?,
            vis,
            defaultness,
            params: params::read(&sig),
            sig,
            flavour,
            returned,
            body: content.parse()?,
            body_span: brace.span.join(),
            is_type: false,
        })
    }
}

/// Says what the attribute is for, where "expected `fn`" would not.
fn not_a_function(input: ParseStream<'_>) -> syn::Result<()> {
    let constant = input.peek(Token![const]) && {
        let ahead = input.fork();
        ahead.parse::<Token![const]>()?;
        ahead.peek(Ident::peek_any)
            && !ahead.peek(Token![fn])
            && !ahead.peek(Token![async])
            && !ahead.peek(Token![unsafe])
            && !ahead.peek(Token![extern])
    };
    let block = input.peek(Token![impl]) || input.peek(Token![mod]);
    if block || input.peek(Token![trait]) {
        return Err(input.error(
            "this attribute goes on a function: put it on the functions inside, and what they share into `#[ecached_defaults]` on the block",
        ));
    }
    if constant
        || input.peek(Token![struct])
        || input.peek(Token![enum])
        || input.peek(Token![static])
        || input.peek(Token![type])
        || input.peek(Token![use])
    {
        return Err(input.error("this attribute goes on a function"));
    }
    Ok(())
}

impl Function {
    /// A type seen as a function of its id, which is called like the type: so its names are read as those of functions are.
    pub(crate) fn of_type(name: &Ident, generics: &Generics, ids: &[(Ident, Type)]) -> Self {
        let inputs = ids.iter().map(|(field, ty)| quote!(#field: &#ty));
        let mut sig: Signature = parse_quote!(fn #name(#(#inputs),*));
        sig.generics = generics.clone();
        let (flavour, returned) = returned::read(&sig);
        Self {
            attrs: Vec::new(),
            inner: Vec::new(),
            vis: Visibility::Inherited,
            defaultness: None,
            params: params::read(&sig),
            sig,
            flavour,
            returned,
            body: TokenStream::new(),
            body_span: name.span(),
            is_type: true,
        }
    }

    pub(crate) fn name(&self) -> &Ident {
        &self.sig.ident
    }

    pub(crate) fn is_async(&self) -> bool {
        self.flavour != Flavour::Sync
    }

    /// The receiver's own `self`.
    pub(crate) fn self_token(&self) -> Option<Token![self]> {
        self.sig.receiver().map(|receiver| receiver.self_token)
    }

    /// Does signature or body speak of the `Self` of a block around it?
    pub(crate) fn mentions_self_type(&self) -> bool {
        tokens::mentions(self.sig.to_token_stream(), "Self") || tokens::mentions_self_type(self.body.clone())
    }

    /// The names of the parameters, for messages.
    pub(crate) fn param_names(&self) -> Vec<String> {
        let named = self.params.iter().filter_map(|param| param.name.as_ref());
        let receiver = self.self_token().map(|_| "self".to_owned());
        receiver.into_iter().chain(named.map(ToString::to_string)).collect()
    }

    /// The block of the body, with the span it had.
    pub(crate) fn block(&self) -> TokenStream {
        let mut block = proc_macro2::Group::new(proc_macro2::Delimiter::Brace, self.body.clone());
        block.set_span(self.body_span);
        block.into_token_stream()
    }

    /// The receiver as the outer function takes it: by its own type, never `mut`.
    pub(crate) fn receiver(&self) -> Option<TokenStream> {
        let mut receiver = self.sig.receiver()?.clone();
        if !matches!(receiver.kind, ReceiverKind::Reference(..)) {
            receiver.mutability = None;
        }
        Some(receiver.to_token_stream())
    }

    /// The signature with another name and other inputs.
    pub(crate) fn signature(&self, ident: &Ident, inputs: &TokenStream) -> TokenStream {
        let Signature { asyncness, fn_token, generics, output, .. } = &self.sig;
        let (impl_generics, where_clause) = (plain_generics(&self.sig), &generics.where_clause);
        quote!(#asyncness #fn_token #ident #impl_generics (#inputs) #output #where_clause)
    }

    /// The return type as written; `()` if there is none.
    pub(crate) fn output(&self) -> TokenStream {
        match &self.sig.output {
            ReturnType::Default => quote!(()),
            ReturnType::Type(_, ty) => ty.to_token_stream(),
        }
    }

    /// Type and const parameters, to be passed on by name.
    pub(crate) fn turbofish(&self) -> TokenStream {
        let types = self.sig.generics.type_params().map(|param| &param.ident);
        let consts = self.sig.generics.const_params().map(|param| &param.ident);
        let mut names = types.chain(consts).peekable();
        if names.peek().is_none() { TokenStream::new() } else { quote!(::<#(#names),*>) }
    }
}

/// `<…>` with bounds, as written.
fn plain_generics(sig: &Signature) -> TokenStream {
    let mut generics = sig.generics.clone();
    generics.where_clause = None;
    generics.to_token_stream()
}

/// The inputs after the receiver.
fn typed(sig: &Signature) -> impl Iterator<Item = &syn::PatType> {
    sig.inputs.iter().filter_map(|input| if let FnArg::Typed(typed) = input { Some(typed) } else { None })
}
