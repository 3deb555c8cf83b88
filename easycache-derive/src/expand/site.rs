//! The `static` of a function, and the fast key of its calls.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::names;
use super::run::duration;
use super::values::Scene;
use crate::args::Ttl;
use crate::checked::Cached;
use crate::names::{Key, Piece, Rendered, Tags};
use crate::tokens;

/// `Site::new(…)…`
pub(super) fn site(cached: &Cached) -> TokenStream {
    let p = &cached.private;
    let path = cached.scene().path();
    let site = &cached.site;
    let alias = site.alias.iter().map(|alias| quote!(.alias(#alias)));
    let version = site.version.iter().map(|version| quote!(.version(#version)));
    let schema = site.schema.iter().map(|schema| quote!(.schema(#schema)));
    let jitter = site.jitter.iter().map(|jitter| quote!(.jitter(#jitter)));
    let coalesce = site.coalesce.as_ref().map(|who| quote!(.coalesce(#p::Coalesce::#who)));
    let on_error = site.fails.then(|| quote!(.on_error(#p::OnError::Fail)));
    let open_tags = cached.policy.tags_from.is_some().then(|| quote!(.open_tags()));
    let inherit = site.inherit.then(|| quote!(.inherit()));
    let late = late(cached);
    let shared = site.shared.then(|| quote!(.shared()));
    let automatic = matches!(cached.key, Key::Automatic | Key::List(_)).then(|| quote!(.automatic()));
    let template = site.template.as_ref().map(|shape| quote!(.template(#shape)));
    let options = quote!(#template #automatic #(#alias)* #(#version)* #(#schema)* #(#jitter)* #coalesce #on_error #late #open_tags #inherit #shared);
    quote_spanned!(Span::mixed_site()=> #p::Site::new(#path) #options)
}

/// What may be done with values that are not fresh.
fn late(cached: &Cached) -> TokenStream {
    let late = &cached.site.late;
    let window = |window: &Ttl| duration(window, &cached.private);
    let revalidate = late.revalidate.as_ref().map(window).map(|window| quote!(.stale_while_revalidate(#window)));
    let on_error = late.on_error.as_ref().map(window).map(|window| quote!(.stale_if_error(#window)));
    let early = late.early.as_ref().map(|eagerness| quote!(.early_refresh(#eagerness)));
    let inline = late.inline.map(|_| quote!(.inline()));
    let soft = late.soft.as_ref().map(window).map(|limit| quote!(.soft_timeout(#limit)));
    let hard = late.hard.as_ref().map(window).map(|limit| quote!(.timeout(#limit)));
    quote!(#revalidate #on_error #early #soft #hard #inline)
}

/// `|__args| { … }`
pub(super) fn args(cached: &Cached) -> TokenStream {
    let mixed = Span::mixed_site();
    let opaque = matches!(cached.key, Key::Closure(_) | Key::Path(_)) || matches!(cached.tags, Some(Tags::Closure(_)));
    if opaque {
        return quote_spanned!(mixed=> |__args| __args.give_up());
    }
    let mut seen = BTreeSet::new();
    let mut statements = match &cached.key {
        Key::Automatic => automatic(cached, &mut seen),
        Key::List(items) => items.iter().filter_map(|item| raw(&item.piece, true, &mut seen, cached.scene())).collect(),
        _ => TokenStream::new(),
    };
    if matches!(cached.key, Key::Automatic | Key::List(_)) && cached.place.has_self_type() {
        statements.extend(quote_spanned!(mixed=> __args.type_name::<Self>();));
    }
    for piece in templates(cached).flat_map(|template| &template.pieces) {
        statements.extend(raw(piece, false, &mut seen, cached.scene()));
    }
    if statements.is_empty() { quote!(|_| {}) } else { quote_spanned!(mixed=> |__args| { #statements }) }
}

fn templates(cached: &Cached) -> impl Iterator<Item = &Rendered> {
    let key = if let Key::Template(key) = &cached.key { Some(key) } else { None };
    let tags = if let Some(Tags::Templates(tags)) = &cached.tags { tags.as_slice() } else { &[] };
    cached.prefix.iter().chain(key).chain(tags)
}

/// Once for every expression, however many names it occurs in.
fn raw(piece: &Piece, typed: bool, seen: &mut BTreeSet<String>, scene: Scene<'_>) -> Option<TokenStream> {
    let (p, mixed) = (scene.private, Span::mixed_site());
    match piece {
        Piece::Text(_) => None,
        Piece::Type(ident) => {
            seen.insert(format!("type {ident}")).then(|| quote_spanned!(mixed=> __args.type_name::<#ident>();))
        }
        Piece::Value { expr, spec } => {
            let extra = spec.iter().flat_map(|spec| &spec.args).map(|(_, value)| value.clone());
            let all = [expr.clone()].into_iter().chain(extra).filter(|expr| seen.insert(expr.to_string()));
            let all = all.map(|expr| {
                if typed { names::typed(&expr, "args", p) } else { quote_spanned!(mixed=> #p::memo!(__args, #expr);) }
            });
            Some(all.collect())
        }
    }
}

fn automatic(cached: &Cached, seen: &mut BTreeSet<String>) -> TokenStream {
    let (function, mixed) = (&cached.function, Span::mixed_site());
    let receiver = function.self_token().map(|token| {
        let args = tokens::local("args");
        let span = tokens::site(token.span);
        let p = cached.private.at(span);
        quote_spanned!(span=> #args.part(#p::part::<Self>(&#token));)
    });
    let params = function.params.iter().map(|param| {
        let name = &param.forward;
        seen.insert(name.to_string());
        let span = tokens::site(name.span());
        let (p, args) = (cached.private.at(span), tokens::local_at("args", span));
        let type_name = param.is_impl().then(|| quote_spanned!(mixed=> __args.type_name_of(&#name);));
        quote_spanned!(span=> #args.part(#p::part(&#name)); #type_name)
    });
    let params: TokenStream = params.collect();
    let types = function.sig.generics.type_params().map(|param| {
        let ident = &param.ident;
        quote_spanned!(mixed=> __args.type_name::<#ident>();)
    });
    let consts = function.sig.generics.const_params().map(|param| {
        let ident = &param.ident;
        quote_spanned!(mixed=> __args.arg(&#ident);)
    });
    let generics: TokenStream = types.chain(consts).collect();
    quote!(#receiver #params #generics)
}
