//! What is collected of a type whose objects are cached.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::run::duration;
use super::{keep, names, run, site};
use crate::args::CacheNone;
use crate::checked::{Object, Parent};
use crate::names::Key;
use crate::tokens;

/// The implementations.
pub(crate) fn object(object: &Object) -> TokenStream {
    let (p, function) = (&object.cached.private, &object.cached.function);
    let generics = generics(object);
    let (name, (impl_generics, ty_generics, clause)) = (function.name(), generics.split_for_impl());
    let types = object.ids.iter().map(|(_, ty)| ty);
    let clones = object.ids.iter().map(|(field, _)| quote!(#p::core::clone::Clone::clone(&self.#field)));
    let (id, own) = match object.ids.len() {
        1 => (quote!(#(#types)*), quote!(#(#clones)*)),
        _ => (quote!((#(#types),*)), quote!((#(#clones),*))),
    };
    let model = model(object);
    quote! {
        #[automatically_derived]
        #[allow(clippy::all, clippy::pedantic, clippy::nursery)]
        impl #impl_generics #p::CachedObject for #name #ty_generics #clause {
            type Id = #id;

            fn cache_id(&self) -> Self::Id {
                #own
            }
        }

        #[automatically_derived]
        #[allow(unused_variables, clippy::all, clippy::pedantic, clippy::nursery)]
        impl #impl_generics #p::Model for #name #ty_generics #clause {
            #model
        }
    }
}

/// Those of the type. Where it has parameters, what they have to be is said of the whole.
fn generics(object: &Object) -> syn::Generics {
    let (p, function) = (&object.cached.private, &object.cached.function);
    let mut generics = function.sig.generics.clone();
    if generics.type_params().next().is_some() {
        let (name, (_, ty_generics, _)) = (function.name(), function.sig.generics.split_for_impl());
        let portable = (!object.cached.policy.local).then(|| quote!(+ #p::PortableObject));
        let whole = syn::parse_quote!(#name #ty_generics: #p::LocalValue #portable);
        generics.make_where_clause().predicates.push(whole);
    }
    generics
}

fn model(object: &Object) -> TokenStream {
    let (cached, p, mixed) = (&object.cached, &object.cached.private, Span::mixed_site());
    let (site, cache, shape) = (site::site(cached), cache(object), shape(object));
    let below = object.parent.iter().map(|Parent { ty, .. }| quote_spanned!(mixed=> .below(<#ty as #p::Model>::site)));
    let (ids, args, names) = (ids(object), args(object), names(object));
    let ttl =
        run::ttl(cached).map_or_else(|| quote!(#p::Ttl::none()), |(binds, ttl)| quote!({ #binds #p::Ttl::new(#ttl) }));
    let (keep, none) = (keep::keep(cached), none(object));
    let trouble = if cached.site.fails { quote!(FailsInTrouble) } else { quote!(LoadsInTrouble) };
    quote_spanned! {mixed=>
        type Trouble = #p::#trouble;

        fn site() -> &'static #p::Site {
            static SITE: #p::Site = #site #(#below)*;
            &SITE
        }

        fn cache<__R>(__ask: impl #p::core::ops::FnOnce(#p::core::option::Option<&#p::Cache>) -> __R) -> __R {
            #cache
        }

        fn args(__id: &<Self as #p::CachedObject>::Id, __args: &mut #p::Args) {
            let #ids = __id;
            #args
        }

        fn names(__id: &<Self as #p::CachedObject>::Id, __names: &mut #p::Names) {
            let #ids = __id;
            #names
        }

        #shape

        fn ttl() -> #p::Ttl {
            #ttl
        }

        fn keep(&self, __keep: &mut #p::Keep) {
            #p::Keep::of(__keep, self, #keep);
        }

        fn none(__keep: &mut #p::Keep) {
            #none
        }
    }
}

/// The cache is asked for: that of the parent, who takes with it what is below it.
fn cache(object: &Object) -> TokenStream {
    let (cached, p, mixed) = (&object.cached, &object.cached.private, Span::mixed_site());
    if let Some(Parent { ty, .. }) = &object.parent {
        return quote_spanned!(mixed=> <#ty as #p::Model>::cache(__ask));
    }
    let cache = run::cache(cached);
    quote_spanned!(mixed=> __ask(#cache))
}

/// The pattern that takes an id apart.
fn ids(object: &Object) -> TokenStream {
    let fields = object.ids.iter().map(|(field, _)| field);
    if object.ids.len() == 1 { quote!(#(#fields)*) } else { quote!((#(#fields),*)) }
}

/// Every part of the id.
fn args(object: &Object) -> TokenStream {
    let (p, mixed, generics) = (&object.cached.private, Span::mixed_site(), &object.cached.function.sig.generics);
    let automatic = matches!(object.cached.key, Key::Automatic);
    let ids = object.ids.iter().map(|(field, _)| {
        let field = quote!(#field);
        if automatic { names::typed(&field, "args", p) } else { quote_spanned!(mixed=> #p::memo!(__args, #field);) }
    });
    let own = (!generics.params.is_empty()).then(|| quote_spanned!(mixed=> __args.type_name::<Self>();));
    quote!(#own #(#ids)*)
}

fn names(object: &Object) -> TokenStream {
    let names = names::statements(&object.cached, names::Wanted::ALL);
    let Some(Parent { ty, ids }) = &object.parent else {
        return names;
    };
    let (p, mixed) = (&object.cached.private, Span::mixed_site());
    let id = if let [id] = ids.as_slice() { quote!(#id) } else { quote!(&(#(#p::core::clone::Clone::clone(#ids)),*)) };
    let above =
        quote_spanned!(mixed=> __names.prefix(|__text| __text.raw(<#ty as #p::CachedObject>::cache_prefix(#id))););
    quote!(#above #names)
}

/// Blames the type for what cannot be stored.
fn shape(object: &Object) -> TokenStream {
    let (p, mixed) = (&object.cached.private, Span::mixed_site());
    let span = tokens::site(object.cached.function.name().span());
    let shape = if object.cached.policy.local {
        quote_spanned!(mixed=> #p::unportable(__outcome))
    } else {
        let outcome = tokens::local("outcome");
        let (p, portable) = (p.at(span), quote_spanned!(span=> portable_object));
        quote_spanned!(span=> #p::#portable::<Self, __O>(#outcome))
    };
    quote_spanned! {mixed=>
        fn shape<__O: #p::Outcome<Stored = #p::core::option::Option<Self>>>(__outcome: __O) -> #p::Shape<__O> {
            #shape
        }
    }
}

/// What is said of there being none.
fn none(object: &Object) -> TokenStream {
    let keep = tokens::local("keep");
    match &object.none {
        None => TokenStream::new(),
        Some(CacheNone::Never(_)) => quote!(#keep.only_if(false);),
        Some(CacheNone::For(ttl, _)) => {
            let duration = duration(ttl, &object.cached.private);
            quote!(#keep.ttl(#duration);)
        }
    }
}
