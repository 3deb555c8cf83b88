//! The paragraph "Cached" in the documentation of the function.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use super::companions::Companion;
use crate::checked::{Cached, TtlSource};
use crate::names::{Key, Tags};
use crate::tokens;

/// `#[doc = …]` lines.
pub(super) fn docs(cached: &Cached, companions: &[Companion]) -> TokenStream {
    let mut lines = vec![String::new(), "# Cached".to_owned(), String::new(), format!("* key: {}", key(cached))];
    lines.extend(cached.prefix.iter().map(|prefix| format!("* prefix: `{}`", prefix.source)));
    lines.extend(tags(cached).map(|tags| format!("* tags: {tags}")));
    lines.extend(ttl(cached).map(|ttl| format!("* ttl: {ttl}")));
    lines.extend(cached.policy.cache_err.iter().map(|(ttl, _)| format!("* ttl of errors: `{}`", ttl.written)));
    lines.extend(cached.site.inherit.then(|| "* inherits from the cached functions that it calls".to_owned()));
    if !companions.is_empty() {
        lines.extend([String::new(), "With it come:".to_owned(), String::new()]);
        lines.extend(companions.iter().map(|companion| format!("* `{}`", companion.shown(&cached.private))));
    }
    let lines = lines.iter().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    quote!(#(#[doc = #lines])*)
}

fn key(cached: &Cached) -> String {
    match &cached.key {
        Key::Automatic => "this function and all arguments".to_owned(),
        Key::Template(template) => format!("`{}`", template.source),
        Key::List(items) => {
            let items: Vec<_> = items.iter().map(|item| format!("`{}`", item.source)).collect();
            if items.is_empty() {
                "this function".to_owned()
            } else {
                format!("this function and {}", items.join(", "))
            }
        }
        Key::Closure(closure) => format!("`{}`", closure.source),
        Key::Path(path) => format!("`{}`", tokens::pretty(path)),
    }
}

fn tags(cached: &Cached) -> Option<String> {
    let given = cached.tags.as_ref().map(|tags| match tags {
        Tags::Closure(closure) => vec![format!("`{}`", closure.source)],
        Tags::Templates(tags) => tags.iter().map(|tag| format!("`{}`", tag.source)).collect(),
    });
    let from = cached.policy.tags_from.as_ref().map(|bound| format!("`{}`", bound.source));
    let all: Vec<_> = given.into_iter().flatten().chain(from).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

fn ttl(cached: &Cached) -> Option<String> {
    let given = cached.policy.ttl.as_ref().map(|ttl| match ttl {
        TtlSource::Literal(ttl) => format!("`{}`", ttl.written),
        TtlSource::Closure(closure) => format!("`{}`", closure.source),
        TtlSource::Expr(expr) => format!("`{}`", tokens::pretty(&expr.to_token_stream())),
    });
    let from = cached.policy.ttl_from.as_ref().map(|bound| format!("`{}`", bound.source));
    let all: Vec<_> = given.into_iter().chain(from).collect();
    (!all.is_empty()).then(|| all.join(", then "))
}
