//! The generics that a companion still needs when it takes only some of the parameters.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{GenericParam, Generics, Lifetime, Token, TypeParamBound, WhereClause, WherePredicate};

use crate::names::generic_name;
use crate::tokens;

/// Keeps what `used` names, and what that depends on.
pub(crate) fn prune(generics: &Generics, used: &BTreeSet<String>) -> Generics {
    let all: BTreeSet<String> = generics.params.iter().map(generic_name).collect();
    let mut kept: BTreeSet<String> = all.intersection(used).cloned().collect();
    while grow(generics, &all, &mut kept) {}
    let known = |tokens: &dyn Fn() -> BTreeSet<String>| tokens().intersection(&all).all(|name| kept.contains(name));
    let params = generics.params.iter().filter(|param| kept.contains(&generic_name(param))).cloned();
    let params: Punctuated<_, Token![,]> = params.map(|param| trim_param(param, &known)).collect();
    let where_clause = generics.where_clause.as_ref().and_then(|clause| trim_clause(clause, &known));
    let brackets = !params.is_empty();
    Generics {
        lt_token: generics.lt_token.filter(|_| brackets),
        params,
        gt_token: generics.gt_token.filter(|_| brackets),
        where_clause,
    }
}

/// Adds what an associated type of a kept parameter determines: `U` of `I: Iterator<Item = U>`.
fn grow(generics: &Generics, all: &BTreeSet<String>, kept: &mut BTreeSet<String>) -> bool {
    let inline = generics.type_params().map(|param| (param.ident.to_string(), param.bounds.iter()));
    let inline = inline.filter(|(name, _)| kept.contains(name)).flat_map(|(_, bounds)| bounds);
    let clause = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let clause = clause.filter_map(|predicate| if let WherePredicate::Type(ty) = predicate { Some(ty) } else { None });
    let clause =
        clause.filter(|ty| words(&ty.bounded_ty).intersection(kept).next().is_some()).flat_map(|ty| &ty.bounds);
    let bounds = inline.chain(clause).filter(|bound| bound.to_token_stream().to_string().contains('='));
    let found: BTreeSet<String> = bounds.flat_map(words).filter(|name| all.contains(name)).collect();
    let before = kept.len();
    kept.extend(found);
    kept.len() > before
}

type Known<'a> = &'a dyn Fn(&dyn Fn() -> BTreeSet<String>) -> bool;

fn trim_param(param: GenericParam, known: Known<'_>) -> GenericParam {
    match param {
        GenericParam::Type(mut ty) => {
            ty.bounds = trim(ty.bounds, known);
            ty.colon_token = ty.colon_token.filter(|_| !ty.bounds.is_empty());
            GenericParam::Type(ty)
        }
        GenericParam::Lifetime(mut lifetime) => {
            lifetime.bounds = trim_lifetimes(lifetime.bounds, known);
            lifetime.colon_token = lifetime.colon_token.filter(|_| !lifetime.bounds.is_empty());
            GenericParam::Lifetime(lifetime)
        }
        other @ GenericParam::Const(_) => other,
    }
}

fn trim_clause(clause: &WhereClause, known: Known<'_>) -> Option<WhereClause> {
    let predicates = clause.predicates.iter().cloned().filter_map(|predicate| match predicate {
        WherePredicate::Type(mut ty) if known(&|| words(&ty.bounded_ty)) => {
            ty.bounds = trim(ty.bounds, known);
            (!ty.bounds.is_empty()).then_some(WherePredicate::Type(ty))
        }
        WherePredicate::Lifetime(mut lifetime) if known(&|| words(&lifetime.lifetime)) => {
            lifetime.bounds = trim_lifetimes(lifetime.bounds, known);
            (!lifetime.bounds.is_empty()).then_some(WherePredicate::Lifetime(lifetime))
        }
        _ => None,
    });
    let predicates: Punctuated<_, Token![,]> = predicates.collect();
    (!predicates.is_empty()).then_some(WhereClause { where_token: clause.where_token, predicates })
}

fn trim(bounds: Punctuated<TypeParamBound, Token![+]>, known: Known<'_>) -> Punctuated<TypeParamBound, Token![+]> {
    bounds.into_iter().filter(|bound| known(&|| words(bound))).collect()
}

fn trim_lifetimes(bounds: Punctuated<Lifetime, Token![+]>, known: Known<'_>) -> Punctuated<Lifetime, Token![+]> {
    bounds.into_iter().filter(|bound| known(&|| words(bound))).collect()
}

fn words(tokens: &impl ToTokens) -> BTreeSet<String> {
    tokens::words(tokens.to_token_stream())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pruned(signature: &str, used: &[&str]) -> String {
        let sig: syn::Signature = syn::parse_str(signature).unwrap();
        let generics = prune(&sig.generics, &used.iter().map(|name| (*name).to_owned()).collect());
        let clause = &generics.where_clause;
        tokens::pretty(&quote::quote!(#generics #clause))
    }

    #[test]
    fn unused_parameters_and_what_speaks_of_them_are_dropped() {
        assert_eq!(pruned("fn f<'a, T: Display, U, const N: usize>() where U: Into<T>", &["T"]), "<T: Display>");
        assert_eq!(pruned("fn f<T: Display + Into<U>, U>()", &["T"]), "<T: Display>");
        assert_eq!(pruned("fn f<T, U>() where T: Display, Vec<U>: Clone", &["T"]), "<T> where T: Display");
        assert_eq!(pruned("fn f<T>()", &[]), "");
        assert_eq!(pruned("fn f<'a: 'b, 'b>() where Self: 'b", &["'a"]), "<'a>");
    }

    #[test]
    fn an_associated_type_brings_its_parameter() {
        assert_eq!(
            pruned("fn f<I: Iterator<Item = U>, U: Display, V>()", &["I"]),
            "<I: Iterator<Item = U>, U: Display>"
        );
        assert_eq!(pruned("fn f<I, U>() where I: Iterator<Item = U>", &["I"]), "<I, U> where I: Iterator<Item = U>");
    }
}
