//! Rules that concern several arguments, or arguments and function.

use std::collections::BTreeSet;

use quote::ToTokens as _;

use crate::args::{CachedArgs, KeyArg};
use crate::errors::Errors;
use crate::function::Function;
use crate::names::{Key, Rendered};
use crate::tokens;

/// An explicit key has to tell instances of a generic function apart.
pub(super) fn generics(
    args: &CachedArgs,
    key: &Key,
    prefix: Option<&Rendered>,
    function: &Function,
    errors: &mut Errors,
) {
    if matches!(key, Key::Automatic) {
        return;
    }
    let mut mentioned = key.mentions(function).generics;
    mentioned.extend(prefix.iter().flat_map(|prefix| prefix.mentions.generics.iter().cloned()));
    let inputs: BTreeSet<String> =
        function.params.iter().flat_map(|param| tokens::words(param.ty.to_token_stream())).collect();
    let generics = &function.sig.generics;
    let types = generics.type_params().map(|param| &param.ident);
    let consts = generics.const_params().map(|param| &param.ident);
    for ident in types.chain(consts) {
        let name = ident.to_string();
        if !mentioned.contains(&name) && !inputs.contains(&name) {
            let (place, remedy) = match &args.key {
                KeyArg::Template(literal) => {
                    (literal.to_token_stream(), format!("write `{{{name}}}` into the key (its name)"))
                }
                KeyArg::List(_) => (ident.to_token_stream(), format!("add `{name}` to the list")),
                _ => (
                    ident.to_token_stream(),
                    format!(
                        "let it tell them apart, as by `type_name::<{name}>()`, or write a template with `{{{name}}}`"
                    ),
                ),
            };
            errors.at(
                place,
                format!("`{name}` is not part of the key, so that `{0}` with one `{name}` would be answered with the result of another: {remedy}", function.name()),
            );
        }
    }
}

/// A property has `self` and nothing else.
pub(super) fn property(function: &Function, errors: &mut Errors) {
    if function.self_token().is_none() {
        errors.at(function.name(), "a property belongs to an object: take `&self`, or use `#[ecached]`");
    }
    if let Some(param) = function.params.first() {
        errors.at(&param.pat, "a property takes nothing but `self`: use `#[ecached]` for a method with parameters");
    }
}

/// Which errors are kept is of interest where errors are.
pub(super) fn kept_errors(args: &CachedArgs, errors: &mut Errors) {
    if let (Some(predicate), None) = (&args.cache_err_if, &args.cache_err) {
        errors.at(
            predicate,
            "`cache_err_if` says which errors are kept, and `cache_err` how long: add `cache_err = \"2s\"`",
        );
    }
}

/// A cache is named once.
pub(super) fn one_cache(args: &CachedArgs, errors: &mut Errors) {
    if let (Some(alias), Some(_)) = (&args.alias, &args.cache) {
        errors.at(alias, "`alias` and `cache` both say which cache to use: keep one");
    }
}
