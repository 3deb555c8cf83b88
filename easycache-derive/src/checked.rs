//! `#[ecached]` understood: arguments against the function, every name resolved.

mod each;
mod late;
mod object;
mod place;
mod policy;
mod rules;

pub(crate) use self::each::{Each, Taken};
pub(crate) use self::object::{Object, Parent};
pub(crate) use self::place::{CacheExpr, Place};
pub(crate) use self::policy::{Policy, TtlSource};

use std::collections::BTreeSet;

use quote::ToTokens as _;
use syn::{Expr, LitStr};

use crate::args::{CachedArgs, LateArgs};
use crate::crate_path::Private;
use crate::errors::{Errors, refuse};
use crate::function::{Function, check_cached};
use crate::names::{FunctionScope, Key, Mentions, Rendered, Tags};
use crate::template::Kind;
use crate::tokens;

/// Which macro is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    Function,
    Property,
}

/// All that the expansion needs to know.
#[derive(Debug)]
pub(crate) struct Cached {
    /// The function; where it takes many elements, as if it took one.
    pub(crate) function: Function,
    pub(crate) each: Option<Each>,
    pub(crate) private: Private,
    pub(crate) prefix: Option<Rendered>,
    pub(crate) key: Key,
    pub(crate) tags: Option<Tags>,
    pub(crate) policy: Policy,
    pub(crate) site: Site,
    pub(crate) cache: Option<CacheExpr>,
    pub(crate) place: Place,
}

/// What goes into the `static` of the function.
#[derive(Debug)]
pub(crate) struct Site {
    /// The fixed text of prefix and key, if the key is a template.
    pub(crate) template: Option<String>,
    pub(crate) alias: Option<LitStr>,
    pub(crate) version: Option<Expr>,
    pub(crate) schema: Option<LitStr>,
    pub(crate) jitter: Option<syn::LitFloat>,
    pub(crate) coalesce: Option<syn::Ident>,
    pub(crate) late: LateArgs,
    pub(crate) concurrency: Option<syn::LitInt>,
    /// Whether errors of the cache are returned.
    pub(crate) fails: bool,
    pub(crate) inherit: bool,
    pub(crate) shared: bool,
}

impl Cached {
    /// Checks arguments and function together.
    pub(crate) fn check(args: CachedArgs, function: Function, item: Item, mut errors: Errors) -> syn::Result<Self> {
        check_cached(&function, &mut errors);
        let private = Private::of_option(args.krate.as_ref());
        let each = args.each.as_ref().and_then(|each| errors.take(Each::read(each, &function, &private)));
        if args.each.is_some() && each.is_none() {
            // What follows would be about names that have no meaning yet.
            return errors.finish().and_then(|()| refuse(function.name(), "`each` cannot be used here"));
        }
        let function = each.as_ref().map_or(function, |each| each.element.clone());
        if item == Item::Property {
            rules::property(&function, &mut errors);
        }
        let scope = FunctionScope(&function);
        let prefix = args.prefix.as_ref().and_then(|prefix| errors.take(Rendered::read(Kind::Prefix, prefix, &scope)));
        let key = Key::read(&args.key, &function, &mut errors);
        let tags = args.tags.as_ref().and_then(|tags| Tags::read(Kind::Tag, tags, &function, &mut errors));
        let policy = Policy::check(&args, &function, &mut errors);
        let cache = args.cache.as_ref().map(|cache| CacheExpr::read(cache, &function));
        let place = Place::check(&args, &function, &mut errors);
        if let Some(key) = &key {
            rules::generics(&args, key, prefix.as_ref(), &function, &mut errors);
        }
        if let (Some(key), Some(each)) = (&key, &each) {
            rules::each(&args, key, each, &function, &mut errors);
            rules::each_keeps(&args, &mut errors);
        }
        rules::concurrency(&args, &function, &mut errors);
        rules::one_cache(&args, &mut errors);
        rules::kept_errors(&args, &mut errors);
        late::check(&args.late, each.as_ref().map_or(&function, |each| &each.whole), each.as_ref(), &mut errors);
        errors.finish()?;
        let tags = tags.filter(|tags| !matches!(tags, Tags::Templates(tags) if tags.is_empty()));
        let key = key.unwrap_or(Key::Automatic);
        let site = Site::of(args, template(&key, prefix.as_ref()));
        Ok(Self { function, each, private, prefix, key, tags, policy, site, cache, place })
    }

    /// The function as it was written.
    pub(crate) fn whole(&self) -> &Function {
        self.each.as_ref().map_or(&self.function, |each| &each.whole)
    }

    /// Whether computations may go on when their call has returned.
    pub(crate) fn computes_behind(&self) -> bool {
        let late = &self.site.late;
        let goes_on = || !self.function.is_async() || late::borrows_nothing(self.whole());
        late.background().is_some() || (late.hard.is_some() && goes_on())
    }

    /// What naming an entry needs.
    pub(crate) fn key_mentions(&self) -> Mentions {
        let mut mentions = self.key.mentions(&self.function);
        mentions.join(&self.prefix_mentions());
        mentions
    }

    /// What naming the prefix needs.
    pub(crate) fn prefix_mentions(&self) -> Mentions {
        let mut mentions = self.prefix.as_ref().map(|prefix| prefix.mentions.clone()).unwrap_or_default();
        mentions.join(&self.cache_mentions());
        mentions
    }

    /// What naming the tags needs.
    pub(crate) fn tags_mentions(&self) -> Mentions {
        let mut mentions = self.tags.as_ref().map(Tags::mentions).unwrap_or_default();
        mentions.join(&self.cache_mentions());
        mentions
    }

    /// The parameters that something else than the body needs, by position.
    pub(crate) fn named_params(&self) -> BTreeSet<usize> {
        let mut named = self.key_mentions();
        named.join(&self.tags_mentions());
        self.policy.bounds().for_each(|bound| named.join(&bound.mentions));
        if let Some(TtlSource::Expr(expr)) = &self.policy.ttl {
            let words = tokens::words(expr.to_token_stream());
            let params = self.function.params.iter().enumerate();
            let meant =
                params.filter(|(_, param)| param.name.as_ref().is_some_and(|name| words.contains(&name.to_string())));
            named.params.extend(meant.map(|(at, _)| at));
        }
        named.params.retain(|at| self.function.params[*at].name.is_some());
        named.params
    }

    fn cache_mentions(&self) -> Mentions {
        self.cache.as_ref().map(|cache| cache.mentions.clone()).unwrap_or_default()
    }
}

impl Site {
    fn of(args: CachedArgs, template: Option<String>) -> Self {
        let CachedArgs { alias, version, schema, jitter, coalesce, late, concurrency, fails, inherit, shared, .. } =
            args;
        let fails = fails.is_some();
        Self { template, alias, version, schema, jitter, coalesce, late, concurrency, fails, inherit, shared }
    }
}

/// The fixed text of a full key.
fn template(key: &Key, prefix: Option<&Rendered>) -> Option<String> {
    let Key::Template(key) = key else {
        return None;
    };
    Some(prefix.map_or_else(|| key.shape.clone(), |prefix| format!("{}|{}", prefix.shape, key.shape)))
}
