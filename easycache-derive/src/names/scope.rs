//! What the names in a placeholder mean.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote};

use crate::errors::{closest, listed};
use crate::function::Function;

/// What a set of templates needs from the function around it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mentions {
    pub(crate) receiver: bool,
    /// By position, the receiver not counted.
    pub(crate) params: BTreeSet<usize>,
    /// Type and const parameters, and lifetimes with their quote.
    pub(crate) generics: BTreeSet<String>,
}

impl Mentions {
    /// Everything that either needs.
    pub(crate) fn join(&mut self, other: &Self) {
        self.receiver |= other.receiver;
        self.params.extend(&other.params);
        self.generics.extend(other.generics.iter().cloned());
    }

    /// All that the function has.
    pub(crate) fn all(function: &Function) -> Self {
        let generics = function.sig.generics.params.iter().map(generic_name);
        Self {
            receiver: function.self_token().is_some(),
            params: (0..function.params.len()).collect(),
            generics: generics.collect(),
        }
    }
}

/// The name of a generic parameter, lifetimes with their quote.
pub(crate) fn generic_name(param: &syn::GenericParam) -> String {
    match param {
        syn::GenericParam::Lifetime(param) => param.lifetime.to_string(),
        syn::GenericParam::Type(param) => param.ident.to_string(),
        syn::GenericParam::Const(param) => param.ident.to_string(),
    }
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Expr(TokenStream),
    Type(syn::Ident),
}

/// Where names are looked up.
pub(crate) trait Scope {
    /// A plain name, `self` included.
    fn name(&self, name: &str, span: Span, mentions: &mut Mentions) -> Result<Value, String>;
    /// `{0}`
    fn position(&self, at: usize, mentions: &mut Mentions) -> Result<Value, String>;
    /// `{}`
    fn next(&self) -> Result<Value, String>;
    /// The first segment of a longer path: `T::NAME`.
    fn qualifier(&self, name: &str, mentions: &mut Mentions);
}

/// The parameters of a function, found by the text of their names; what is emitted is their own identifier, so
/// that it resolves in functions that a macro has written.
#[derive(Debug)]
pub(crate) struct FunctionScope<'a>(pub(crate) &'a Function);

impl Scope for FunctionScope<'_> {
    fn name(&self, name: &str, _: Span, mentions: &mut Mentions) -> Result<Value, String> {
        if name == "self" {
            let Some(token) = self.0.self_token() else {
                return Err(format!("there is no `self` here; {}", self.known()));
            };
            mentions.receiver = true;
            return Ok(Value::Expr(token.to_token_stream()));
        }
        let is = |ident: &syn::Ident| ident == name || ident.to_string().strip_prefix("r#") == Some(name);
        if let Some(at) = self.0.params.iter().position(|param| param.name.as_ref().is_some_and(is)) {
            return self.position(at, mentions);
        }
        let generics = &self.0.sig.generics;
        if let Some(param) = generics.type_params().find(|param| is(&param.ident)) {
            mentions.generics.insert(param.ident.to_string());
            return Ok(Value::Type(param.ident.clone()));
        }
        if let Some(param) = generics.const_params().find(|param| is(&param.ident)) {
            mentions.generics.insert(param.ident.to_string());
            let ident = &param.ident;
            return Ok(Value::Expr(quote!(#ident)));
        }
        Err(self.unknown(name))
    }

    fn position(&self, at: usize, mentions: &mut Mentions) -> Result<Value, String> {
        let Some(param) = self.0.params.get(at) else {
            return Err(format!("there is no parameter number {at}, counted from 0; {}", self.known()));
        };
        let Some(name) = &param.name else {
            return Err(format!("parameter number {at} is a pattern: bind it to a name and take it apart in the body"));
        };
        mentions.params.insert(at);
        Ok(Value::Expr(name.to_token_stream()))
    }

    fn next(&self) -> Result<Value, String> {
        Err(format!("a placeholder names what goes there; {}", self.known()))
    }

    fn qualifier(&self, name: &str, mentions: &mut Mentions) {
        if self.0.sig.generics.type_params().any(|param| param.ident == name) {
            mentions.generics.insert(name.to_owned());
        }
    }
}

impl FunctionScope<'_> {
    fn unknown(&self, name: &str) -> String {
        let patterns = self.0.params.iter().filter(|param| param.name.is_none());
        if patterns.clone().any(|param| crate::tokens::mentions(param.pat.to_token_stream(), name)) {
            return format!(
                "`{name}` is part of a pattern: bind the parameter to a name and take it apart in the body"
            );
        }
        let names = self.0.param_names();
        let hint = closest(name, names.iter().map(String::as_str));
        let hint = hint.map(|hint| format!(" (did you mean `{hint}`?)")).unwrap_or_default();
        format!("nothing is called `{name}`{hint}; {}", self.known())
    }

    fn known(&self) -> String {
        if self.0.is_type {
            let ids = listed(&self.0.param_names());
            return format!(
                "the id of `{}` is {ids}, and names are made of that alone: `#[cached_object(id)]` makes a field part of the id, \
                 and tags that other fields tell are for `tags_from = |value| …`",
                self.0.name()
            );
        }
        match self.0.param_names().as_slice() {
            [] => format!("`{}` has no parameters", self.0.name()),
            [one] => format!("`{}` has the parameter `{one}`", self.0.name()),
            more => format!("`{}` has the parameters {}", self.0.name(), listed(more)),
        }
    }
}
