//! Puts defaults into one attribute.

use quote::quote;
use syn::{Attribute, Meta, parse_quote};

use super::walk::speaks_of_self;
use crate::args::{Arg, Args};

/// The attributes that take defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Cached,
    Invalidates,
    Defaults,
}

impl Target {
    /// What kind of attribute this is, by its last segment.
    pub(super) fn of(attr: &Attribute) -> Option<Self> {
        let name = attr.path().segments.last()?.ident.to_string();
        match name.as_str() {
            "ecached" | "ecached_property" => Some(Self::Cached),
            "invalidates" => Some(Self::Invalidates),
            "ecached_defaults" => Some(Self::Defaults),
            _ => None,
        }
    }

    /// `#[invalidates]` takes only what says which cache is meant.
    fn takes(self, name: &str) -> bool {
        self != Self::Invalidates || ["alias", "cache", "crate"].contains(&name)
    }
}

/// The arguments written in an attribute; `None` if it will not parse, which it says itself.
fn written(attr: &Attribute) -> Option<Args> {
    match &attr.meta {
        Meta::Path(_) => Some(Args::default()),
        Meta::List(list) => syn::parse2(list.tokens.clone()).ok(),
        Meta::NameValue(_) => None,
    }
}

fn names(args: &Args) -> Vec<String> {
    args.0.iter().map(|arg| arg.name.as_ref().map_or_else(|| "key".to_owned(), ToString::to_string)).collect()
}

/// The defaults that this attribute does not override.
fn missing<'a>(args: &Args, defaults: &'a Args, target: Target) -> Vec<&'a Arg> {
    let mut names = names(args);
    if names.iter().any(|name| name == "alias" || name == "cache") {
        names.extend(["alias".to_owned(), "cache".to_owned()]);
    }
    let fits = |arg: &&Arg| {
        let name = arg.name.as_ref().map(ToString::to_string).unwrap_or_default();
        target.takes(&name) && !names.contains(&name)
    };
    defaults.0.iter().filter(fits).collect()
}

/// Adds the defaults, and what the place implies (`"companions = false"`).
pub(super) fn merge(attr: &mut Attribute, defaults: &Args, target: Target, implied: &[&str]) {
    let Some(args) = written(attr) else { return };
    let missing = missing(&args, defaults, target);
    let taken: Vec<String> = names(&args)
        .into_iter()
        .chain(missing.iter().filter_map(|arg| arg.name.as_ref().map(ToString::to_string)))
        .collect();
    let implied = implied
        .iter()
        .filter(|text| target == Target::Cached && !taken.iter().any(|name| text.starts_with(name.as_str())));
    let implied: Vec<Arg> = implied.filter_map(|text| syn::parse_str(text).ok()).collect();
    let (own, path) = (&args.0, attr.path());
    let all = own.iter().chain(missing).chain(&implied).map(|arg| quote!(#arg));
    attr.meta = parse_quote!(#path(#(#all),*));
}

/// The first default that would come in and speaks of `self`.
pub(super) fn without_self(attr: &Attribute, defaults: &Args, target: Target) -> Option<String> {
    let args = written(attr)?;
    let missing = missing(&args, defaults, target);
    let found = missing.into_iter().find(|arg| arg.value.as_ref().is_some_and(speaks_of_self))?;
    found.name.as_ref().map(ToString::to_string)
}

/// Does the attribute ask for companions under a name?
pub(super) fn names_companions(attr: &Attribute) -> bool {
    let args = written(attr).unwrap_or_default();
    let mut companions = args.0.iter().filter(|arg| arg.name.as_ref().is_some_and(|name| name == "companions"));
    companions.any(
        |arg| !matches!(&arg.value, Some(syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Bool(yes), .. })) if !yes.value),
    )
}
