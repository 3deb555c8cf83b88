//! Renders prefix, key and tags.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::values::{Scene, When};
use crate::checked::{Cached, Place};
use crate::crate_path::Private;
use crate::names::{Item, Key, Piece, Rendered, Tags};
use crate::tokens::{self, local, local_at};

/// Which of the names are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) key: bool,
    pub(super) prefix: bool,
    pub(super) tags: bool,
}

impl Wanted {
    pub(super) const ALL: Self = Self { key: true, prefix: true, tags: true };
}

/// `|__names| { … }`
pub(super) fn names(cached: &Cached, wanted: Wanted) -> TokenStream {
    let statements = statements(cached, wanted);
    quote_spanned!(Span::mixed_site()=> |__names| { #statements })
}

/// What takes them down, in `__names`.
pub(super) fn statements(cached: &Cached, wanted: Wanted) -> TokenStream {
    let mixed = Span::mixed_site();
    let scene = cached.scene();
    let prefix = cached.prefix.iter().filter(|_| wanted.prefix).map(|prefix| {
        let text = text(prefix, scene.private);
        quote_spanned!(mixed=> __names.prefix(|__text| { #text });)
    });
    let key = wanted.key.then(|| {
        let key = key(cached);
        quote_spanned!(mixed=> __names.key(|__text| { #key });)
    });
    let tags = cached.tags.iter().filter(|_| wanted.tags).map(|tags| self::tags(tags, &local("names"), scene));
    quote!(#(#prefix)* #key #(#tags)*)
}

/// Adds tags to something that collects them.
pub(super) fn tags(tags: &Tags, to: &syn::Ident, scene: Scene<'_>) -> TokenStream {
    let mixed = Span::mixed_site();
    match tags {
        Tags::Closure(closure) => {
            let (binds, tags) = scene.bound(closure, When::Before);
            quote_spanned!(tokens::site(closure.body.span())=> { #binds #to.tags(#tags); })
        }
        Tags::Templates(tags) => {
            let tags = tags.iter().map(|tag| text(tag, scene.private));
            quote_spanned!(mixed=> #(#to.tag(|__text| { #tags });)*)
        }
    }
}

/// Writes a template.
pub(crate) fn text(rendered: &Rendered, p: &Private) -> TokenStream {
    let (span, text) = (rendered.span, local_at("text", rendered.span));
    let pieces = rendered.pieces.iter().map(|piece| match piece {
        Piece::Text(literal) => quote_spanned!(span=> #text.literal(#literal);),
        Piece::Type(ident) => quote_spanned!(span=> #text.type_name::<#ident>();),
        Piece::Value { expr, spec: None } => quote_spanned!(span=> #text.value(&#expr);),
        Piece::Value { expr, spec: Some(spec) } => {
            let format = &spec.format;
            let args = spec.args.iter().map(|(name, value)| quote!(, #name = #value));
            quote_spanned!(span=> #text.formatted(#p::core::format_args!(#format, #expr #(#args)*));)
        }
    });
    pieces.collect()
}

fn key(cached: &Cached) -> TokenStream {
    let scene = cached.scene();
    match &cached.key {
        Key::Template(template) => text(template, scene.private),
        Key::Closure(closure) => {
            let (binds, text) = scene.bound(closure, When::Before);
            let to = local("text");
            quote_spanned!(tokens::site(closure.body.span())=> #binds #to.raw(#text);)
        }
        Key::Path(path) => {
            let receiver = scene.function.self_token().map(|token| quote!(&#token,));
            let args = scene.function.params.iter().map(|param| &param.forward);
            let to = local("text");
            quote_spanned!(tokens::site(path.span())=> #to.raw(#path(#receiver #(&#args),*));)
        }
        Key::List(items) => {
            let path = path(cached, false);
            let items = items.iter().map(|it| item(it, scene.private));
            quote!(#path #(#items)*)
        }
        Key::Automatic => {
            let path = path(cached, true);
            let generics = generics(scene);
            let params = scene.function.params.iter().map(|it| param(it, scene.private));
            quote!(#path #generics #(#params)*)
        }
    }
}

/// What no other function shares: for a free function the name of the enum of its companions, which, unlike
/// `module_path!`, also tells functions inside of functions apart.
fn path(cached: &Cached, with_self: bool) -> TokenStream {
    let mixed = Span::mixed_site();
    let path = match &cached.place {
        Place::Free(_) => quote_spanned!(mixed=> __text.function::<Self>();),
        Place::Assoc(_) => {
            let path = cached.scene().path();
            quote_spanned!(mixed=> __text.literal(#path);)
        }
        Place::Inline(_) => quote_spanned!(mixed=> __text.function::<__EasycacheHere>();),
    };
    let self_type = cached.place.has_self_type().then(|| quote_spanned!(mixed=> __text.typed_name::<Self>();));
    let receiver = cached.function.self_token().filter(|_| with_self).map(|token| {
        let text = local("text");
        let span = tokens::site(token.span);
        let p = cached.private.at(span);
        quote_spanned!(span=> #text.part(#p::part::<Self>(&#token));)
    });
    quote!(#path #self_type #receiver)
}

fn generics(scene: Scene<'_>) -> TokenStream {
    let text = local("text");
    let generics = &scene.function.sig.generics;
    let types = generics.type_params().map(|param| {
        let ident = &param.ident;
        quote_spanned!(Span::mixed_site()=> #text.typed_name::<#ident>();)
    });
    let consts = generics.const_params().map(|param| {
        let ident = &param.ident;
        quote_spanned!(Span::mixed_site()=> #text.typed(&#ident);)
    });
    types.chain(consts).collect()
}

fn param(param: &crate::function::Param, p: &Private) -> TokenStream {
    let name = &param.forward;
    let span = tokens::site(name.span());
    let (text, p) = (local_at("text", span), p.at(span));
    let type_name = param.is_impl().then(|| quote_spanned!(span=> #text.typed_name_of(&#name);));
    quote_spanned!(span=> #type_name #text.part(#p::part(&#name));)
}

/// Takes an expression into a typed key; its first token is blamed if that cannot be.
pub(super) fn typed(expr: &TokenStream, to: &str, p: &Private) -> TokenStream {
    let first = expr.clone().into_iter().next();
    let span = first.map_or_else(Span::mixed_site, |token| tokens::site(token.span()));
    let p = p.at(span);
    let (to, expr) = (local_at(to, span), tokens::located(expr.clone(), span));
    quote_spanned!(span=> #to.part(#p::part(&#expr));)
}

fn item(item: &Item, p: &Private) -> TokenStream {
    let text = local("text");
    match &item.piece {
        Piece::Type(ident) => quote_spanned!(Span::mixed_site()=> #text.typed_name::<#ident>();),
        Piece::Value { expr, .. } => typed(expr, "text", p),
        Piece::Text(_) => TokenStream::new(),
    }
}
