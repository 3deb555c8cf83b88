//! `#[ecached]` understood: arguments against the function, every name resolved.

mod late;
mod place;
mod policy;
mod rules;

pub(crate) use self::place::{CacheExpr, Place};
pub(crate) use self::policy::{Policy, TtlSource};

use syn::{Expr, LitStr};

use crate::args::{CachedArgs, LateArgs};
use crate::crate_path::Private;
use crate::errors::Errors;
use crate::function::{Function, check_cached};
use crate::names::{FunctionScope, Key, Mentions, Rendered, Tags};
use crate::template::Kind;

/// Which macro is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    Function,
    Property,
}

/// All that the expansion needs to know.
#[derive(Debug)]
pub(crate) struct Cached {
    pub(crate) function: Function,
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
    pub(crate) alias: Option<LitStr>,
    pub(crate) version: Option<Expr>,
    pub(crate) schema: Option<LitStr>,
    pub(crate) jitter: Option<syn::LitFloat>,
    pub(crate) coalesce: Option<syn::Ident>,
    pub(crate) late: LateArgs,
    /// Whether errors of the cache are returned.
    pub(crate) fails: bool,
    pub(crate) inherit: bool,
    pub(crate) shared: bool,
}

impl Cached {
    /// Checks arguments and function together.
    pub(crate) fn check(args: CachedArgs, function: Function, item: Item, mut errors: Errors) -> syn::Result<Self> {
        check_cached(&function, &mut errors);
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
        rules::one_cache(&args, &mut errors);
        rules::kept_errors(&args, &mut errors);
        late::check(&args.late, &function, &mut errors);
        errors.finish()?;
        let private = Private::of_option(args.krate.as_ref());
        let CachedArgs { alias, version, schema, jitter, coalesce, late, fails, inherit, shared, .. } = args;
        let site = Site { alias, version, schema, jitter, coalesce, late, fails: fails.is_some(), inherit, shared };
        let tags = tags.filter(|tags| !matches!(tags, Tags::Templates(tags) if tags.is_empty()));
        let key = key.unwrap_or(Key::Automatic);
        Ok(Self { function, private, prefix, key, tags, policy, site, cache, place })
    }

    /// Whether the computation borrows nothing, as far as it is written.
    pub(crate) fn borrows_nothing(&self) -> bool {
        late::borrows_nothing(&self.function)
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

    fn cache_mentions(&self) -> Mentions {
        self.cache.as_ref().map(|cache| cache.mentions.clone()).unwrap_or_default()
    }
}
