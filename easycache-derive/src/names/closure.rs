//! Closures over parameters: `|team, id| …`, their inputs matched by name.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{ExprClosure, Ident, Pat, PatIdent, Type};

use super::{FunctionScope, Mentions, Scope as _};
use crate::errors::refuse;
use crate::function::Function;
use crate::tokens;

/// What the closure may ask for besides parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// Evaluated before the body: parameters and `meta`.
    Before,
    /// Evaluated after it: `value` too.
    After,
    /// Evaluated after it has failed: `error` too.
    AfterError,
}

/// A closure whose inputs are known.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    pub(crate) inputs: Vec<Input>,
    pub(crate) body: TokenStream,
    pub(crate) source: String,
    pub(crate) mentions: Mentions,
}

/// One input: the closure's own identifier, and what it is bound to.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) ident: Ident,
    pub(crate) ty: Option<Type>,
    pub(crate) bind: Bind,
}

/// What an input is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bind {
    Param(usize),
    Value,
    Meta,
}

impl Bound {
    /// Matches the inputs with the function's parameters.
    pub(crate) fn read(closure: &ExprClosure, allowed: Allowed, function: &Function) -> syn::Result<Self> {
        if let Some(asyncness) = &closure.asyncness {
            return refuse(asyncness, "this closure is evaluated in passing and cannot wait: remove `async`");
        }
        let mut mentions = Mentions::default();
        let inputs = closure.inputs.iter().map(|pat| input(pat, allowed, function, &mut mentions));
        let inputs = inputs.collect::<syn::Result<Vec<_>>>()?;
        let mut bound = Self {
            inputs,
            body: closure.body.to_token_stream(),
            source: tokens::pretty(&closure.to_token_stream()),
            mentions,
        };
        bound.hidden(function)?;
        Ok(bound)
    }

    /// Does it ask for the call's meta data?
    pub(crate) fn wants_meta(&self) -> bool {
        self.inputs.iter().any(|input| input.bind == Bind::Meta)
    }

    /// What the body mentions by itself: `self`, and type parameters. Meta data needs all parameters.
    fn hidden(&mut self, function: &Function) -> syn::Result<()> {
        let words = tokens::words(self.body.clone());
        if words.contains("self") {
            if function.self_token().is_none() {
                return refuse(&self.body, format!("this speaks of `self`, but `{}` has none", function.name()));
            }
            self.mentions.receiver = true;
        }
        let generics = function.sig.generics.params.iter().map(super::scope::generic_name);
        self.mentions.generics.extend(generics.filter(|name| words.contains(name)));
        if self.wants_meta() {
            let named = function.params.iter().enumerate().filter(|(_, param)| param.name.is_some());
            self.mentions.params.extend(named.map(|(at, _)| at));
        }
        Ok(())
    }
}

fn input(pat: &Pat, allowed: Allowed, function: &Function, mentions: &mut Mentions) -> syn::Result<Input> {
    let (pat, ty) = match pat {
        Pat::Type(typed) => (&*typed.pat, Some((*typed.ty).clone())),
        other => (other, None),
    };
    let Pat::Ident(PatIdent { by_ref: None, subpat: None, ident, .. }) = pat else {
        return refuse(pat, "an input of this closure is the name of a parameter of the function, by itself");
    };
    let bind = bind(ident, allowed, function, mentions)?;
    Ok(Input { ident: ident.clone(), ty, bind })
}

fn bind(ident: &Ident, allowed: Allowed, function: &Function, mentions: &mut Mentions) -> syn::Result<Bind> {
    let name = ident.to_string();
    if matches!((allowed, name.as_str()), (Allowed::After, "value") | (Allowed::AfterError, "error")) {
        return Ok(Bind::Value);
    }
    if let Some(at) = function.params.iter().position(|param| param.name.as_ref().is_some_and(|known| *known == name)) {
        mentions.params.insert(at);
        return Ok(Bind::Param(at));
    }
    let also = match allowed {
        Allowed::Before => "`meta`",
        Allowed::After => "`value` and `meta`",
        Allowed::AfterError => "`error` and `meta`",
    };
    match (name.as_str(), FunctionScope(function).name(&name, ident.span(), &mut Mentions::default())) {
        ("meta", _) => Ok(Bind::Meta),
        ("value", _) if allowed == Allowed::AfterError => {
            refuse(ident, "this is about an error: `error` is what the function has returned")
        }
        ("value", _) => {
            refuse(ident, "the result is not known yet here: `value` is for `tags_from`, `ttl_from` and `cache_if`")
        }
        (_, Ok(_)) => {
            refuse(ident, format!("`{name}` is not a parameter: a closure sees generic parameters without naming them"))
        }
        (_, Err(mistake)) => refuse(ident, format!("{mistake}; besides, a closure here may ask for {also}")),
    }
}
