//! `many(…)`: the function for many arguments at once.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{
    GenericArgument, GenericParam, Lifetime, PathArguments, ReceiverKind, Type, TypeReference, WherePredicate,
    parse_quote,
};

use super::cached::Names;
use super::run;
use crate::checked::Cached;
use crate::function::{Flavour, Function};
use crate::tokens;

/// Its signature and body.
pub(super) struct Many {
    pub(super) signature: TokenStream,
    pub(super) body: TokenStream,
}

/// Whether there is one: not without parameters, nor where one call uses `self` up.
pub(super) fn has_many(cached: &Cached) -> bool {
    let function = &cached.function;
    let shares = function.sig.receiver().is_none_or(|receiver| match &receiver.kind {
        ReceiverKind::Reference(..) => true,
        ReceiverKind::Typed(_, ty) if function.is_async() => {
            tokens::words(quote!(#ty)).iter().any(|word| word == "Arc" || word == "Rc")
        }
        _ => false,
    });
    shares && cached.each.is_none() && !function.params.is_empty()
}

/// One call for each item, all of them driven together.
pub(super) fn many(cached: &Cached, names: &Names, name: &Ident) -> Many {
    let (p, mixed, function) = (&cached.private, Span::mixed_site(), &cached.function);
    let (item, generics) = item(function);
    let (clause, receiver) = (&generics.where_clause, function.receiver().into_iter());
    let output = {
        let returned = &function.returned;
        quote!(#p::std::vec::Vec<#returned>)
    };
    let items = quote_spanned!(mixed=> __items);
    let inputs = receiver.chain([quote!(#items: impl #p::core::iter::IntoIterator<Item = #item>)]);
    let limit = cached
        .site
        .concurrency
        .as_ref()
        .map_or_else(|| quote!(#p::core::option::Option::None), |limit| quote!(#p::core::option::Option::Some(#limit)));
    let (asyncness, start, many, wait) = if function.is_async() {
        (Some(quote!(async)), quote!(new(#limit)), quote!(many), Some(quote!(.await)))
    } else {
        (None, quote!(blocking()), quote!(many_blocking), None)
    };
    let (pattern, call) = (pattern(function), call(cached, names));
    Many {
        signature: quote!(#asyncness fn #name #generics(#(#inputs),*) -> #output #clause),
        body: quote_spanned! {mixed=>
            let __batch = #p::Batch::#start;
            let __shared = #p::core::clone::Clone::clone(&__batch);
            let __calls = #p::core::iter::Iterator::map(
                #p::core::iter::IntoIterator::into_iter(__items),
                |#pattern| { let __mode = #p::Mode::Many(#p::core::clone::Clone::clone(&__shared)); #call },
            );
            #p::#many(__batch, __calls)#wait
        },
    }
}

/// One call, as a future.
fn call(cached: &Cached, names: &Names) -> TokenStream {
    let (p, mixed, function) = (&cached.private, Span::mixed_site(), &cached.function);
    let Names { owner, run, site, .. } = names;
    let mode = quote_spanned!(mixed=> __mode);
    if function.flavour == Flavour::Sync {
        let statements = run::among(cached, &quote!(#owner::#site()), &mode, names);
        return quote_spanned!(mixed=> async move { #statements });
    }
    let turbofish = function.turbofish();
    let receiver = function.self_token().map(|token| {
        let shared = quote_spanned!(tokens::site(token.span)=> #p::core::clone::Clone::clone(&#token));
        quote!(#shared,)
    });
    let args = function.params.iter().map(|param| &param.forward);
    quote_spanned!(mixed=> #owner::#run #turbofish(#receiver #mode, #(#args),*))
}

/// What an item is taken apart into.
fn pattern(function: &Function) -> TokenStream {
    match function.params.as_slice() {
        [one] => {
            let name = &one.forward;
            quote!(#name)
        }
        more => {
            let names = more.iter().map(|param| &param.forward);
            quote!((#(#names),*))
        }
    }
}

/// The type of an item, and the generics that it takes to write it.
fn item(function: &Function) -> (TokenStream, syn::Generics) {
    let mut naming = Naming { lifetime: parse_quote!('many), elided: false, generics: Vec::new() };
    naming.lifetime.set_span(Span::mixed_site());
    let types: Vec<Type> = function
        .params
        .iter()
        .map(|param| {
            let mut ty = param.ty.clone();
            naming.visit_type_mut(&mut ty);
            ty
        })
        .collect();
    let mut generics = function.sig.generics.clone();
    generics.params.extend(naming.generics);
    if naming.elided {
        let lifetime = &naming.lifetime;
        let types: Vec<Ident> = generics.type_params().map(|param| param.ident.clone()).collect();
        generics.params.insert(0, parse_quote!(#lifetime));
        if !types.is_empty() {
            generics
                .make_where_clause()
                .predicates
                .extend(types.iter().map(|ty| -> WherePredicate { parse_quote!(#ty: #lifetime) }));
        }
    }
    let item = if let [one] = types.as_slice() { quote!(#one) } else { quote!((#(#types),*)) };
    (item, generics)
}

/// Gives elided lifetimes a name, and `impl Trait` one, too: neither can stand inside of another `impl Trait`.
struct Naming {
    lifetime: Lifetime,
    elided: bool,
    generics: Vec<GenericParam>,
}

impl VisitMut for Naming {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::ImplTrait(opaque) = ty {
            let name = format_ident!("__Many{}", self.generics.len(), span = Span::mixed_site());
            let bounds = &opaque.bounds;
            self.generics.push(parse_quote!(#name: #bounds));
            *ty = parse_quote!(#name);
            return;
        }
        visit_mut::visit_type_mut(self, ty);
    }

    fn visit_type_reference_mut(&mut self, ty: &mut TypeReference) {
        if ty.lifetime.is_none() {
            self.elided = true;
            ty.lifetime = Some(self.lifetime.clone());
        }
        visit_mut::visit_type_reference_mut(self, ty);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            self.elided = true;
            *lifetime = self.lifetime.clone();
        }
    }

    /// The one type of the standard library that often stands without its lifetime.
    fn visit_path_segment_mut(&mut self, segment: &mut syn::PathSegment) {
        if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments
            && segment.ident == "Cow"
            && !arguments.args.iter().any(|argument| matches!(argument, GenericArgument::Lifetime(_)))
        {
            let lifetime = &self.lifetime;
            self.elided = true;
            arguments.args.insert(0, parse_quote!(#lifetime));
        }
        visit_mut::visit_path_segment_mut(self, segment);
    }

    fn visit_type_fn_ptr_mut(&mut self, _: &mut syn::TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut syn::ParenthesizedGenericArguments) {}
}
