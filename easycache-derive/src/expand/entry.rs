//! `entry(…)`: a handle to one entry.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{GenericParam, Lifetime, Type, TypeImplTrait, TypeReference, parse_quote, parse_quote_spanned};

use super::cached::Names;
use super::{keep, names, run};
use crate::checked::Cached;
use crate::function::{Function, entry_value};
use crate::tokens;

/// Its signature and body.
pub(super) struct Entry {
    pub(super) signature: TokenStream,
    pub(super) body: TokenStream,
}

/// The handle keeps the closures that look at a value, and thus what they have captured, but nothing else.
pub(super) fn entry(cached: &Cached, names: &Names, name: &Ident) -> Entry {
    let (p, mixed, function) = (&cached.private, Span::mixed_site(), &cached.function);
    let Names { owner, site, .. } = names;
    // One that keeps errors speaks of them.
    let inner = entry_value(&function.returned).filter(|_| cached.policy.cache_err.is_none());
    let value = inner.unwrap_or(&function.returned);
    let make = if inner.is_some() { quote!(entry) } else { quote!(entry_as) };
    let (ty, from) = if function.is_async() {
        (quote!(Entry), quote!(#p::core::convert::From::from))
    } else {
        (quote!(BlockingEntry), TokenStream::new())
    };
    let Borrowed { inputs, generics, lifetime } = borrow(cached);
    let clause = &generics.where_clause;
    let (outcome, captures, keep) = (run::outcome(cached.scene()), keep::captures(cached), keep::keep(cached));
    let ttl =
        run::ttl(cached).map_or_else(|| quote!(#p::Ttl::none()), |(binds, ttl)| quote!({ #binds #p::Ttl::new(#ttl) }));
    let assert = run::assert(cached);
    let blamed = quote_spanned!(cached.scene().returned_span()=> __outcome);
    let (cache, names) = (run::cache(cached), names::names(cached, names::Wanted::ALL));
    Entry {
        signature: quote!(fn #name #generics(#inputs) -> #p::#ty<#lifetime, #value> #clause),
        body: quote_spanned!(mixed=> #outcome #assert #captures #from(#p::#make(#owner::#site(), #cache, #blamed, #ttl, #names, #keep))),
    }
}

/// Inputs and generics of `entry`, and how long the handle lives.
struct Borrowed {
    inputs: TokenStream,
    generics: syn::Generics,
    lifetime: Lifetime,
}

fn borrow(cached: &Cached) -> Borrowed {
    let function = &cached.function;
    let (held, held_self) = (keep::params(cached), keep::receiver(cached));
    let plain = function.params.iter().map(crate::function::Param::plain);
    let token = function.self_token();
    if held.is_empty() && !held_self {
        let receiver = token.map(|token| quote!(&#token));
        let inputs = receiver.into_iter().chain(plain);
        let lifetime = parse_quote!('static);
        return Borrowed { inputs: quote!(#(#inputs),*), generics: function.sig.generics.clone(), lifetime };
    }
    let lifetime: Lifetime = parse_quote_spanned!(Span::mixed_site()=> 'entry);
    let receiver = token.map(|token| if held_self { quote!(&#lifetime #token) } else { quote!(&#token) });
    let inputs = function.params.iter().enumerate().map(|(at, param)| {
        let mut param = param.clone();
        if held.contains(&at) {
            Naming(&lifetime).visit_type_mut(&mut param.ty);
        }
        param.plain()
    });
    let inputs = receiver.into_iter().chain(inputs);
    Borrowed { inputs: quote!(#(#inputs),*), generics: generics(function, &held, &lifetime), lifetime }
}

/// Adds the lifetime, and that what is held lives as long.
fn generics(function: &Function, held: &std::collections::BTreeSet<usize>, lifetime: &Lifetime) -> syn::Generics {
    let types = held.iter().flat_map(|at| tokens::words(function.params[*at].ty.to_token_stream()));
    let words: std::collections::BTreeSet<String> = types.collect();
    let mut generics = function.sig.generics.clone();
    for param in &function.sig.generics.params {
        match param {
            GenericParam::Type(ty) if words.contains(&ty.ident.to_string()) => {
                let ident = &ty.ident;
                generics.make_where_clause().predicates.push(parse_quote!(#ident: #lifetime));
            }
            GenericParam::Lifetime(inner) if words.contains(&inner.lifetime.to_string()) => {
                let inner = &inner.lifetime;
                generics.make_where_clause().predicates.push(parse_quote!(#inner: #lifetime));
            }
            _ => {}
        }
    }
    generics.params.insert(0, parse_quote!(#lifetime));
    generics
}

/// Gives elided lifetimes a name.
struct Naming<'a>(&'a Lifetime);

impl VisitMut for Naming<'_> {
    fn visit_type_reference_mut(&mut self, ty: &mut TypeReference) {
        ty.lifetime.get_or_insert_with(|| self.0.clone());
        visit_mut::visit_type_reference_mut(self, ty);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            *lifetime = self.0.clone();
        }
    }

    fn visit_type_impl_trait_mut(&mut self, ty: &mut TypeImplTrait) {
        let lifetime = self.0;
        ty.bounds.push(parse_quote!(#lifetime));
        visit_mut::visit_type_impl_trait_mut(self, ty);
    }

    fn visit_type_fn_ptr_mut(&mut self, _: &mut syn::TypeFnPtr) {}

    fn visit_type_mut(&mut self, ty: &mut Type) {
        visit_mut::visit_type_mut(self, ty);
    }
}
