//! `#[derive(CachedObject)]` understood: arguments against the fields, every name resolved.

use quote::{ToTokens as _, quote};
use syn::{DeriveInput, ExprPath, Ident, Type};

use super::{CacheExpr, Cached, Place, Policy, Site, TtlSource, rules};
use crate::args::{CacheNone, CachedArgs, KeyArg, ObjectArgs, TagsArg};
use crate::crate_path::Private;
use crate::errors::{Errors, listed, refuse};
use crate::function::Function;
use crate::names::{Bind, FunctionScope, Key, Mentions, Rendered, Tags};
use crate::template::Kind;
use crate::tokens;

/// All that the expansion needs to know.
#[derive(Debug)]
pub(crate) struct Object {
    /// As of a function that takes the id. Its key is a level of the prefix that is the object's own.
    pub(crate) cached: Cached,
    /// The fields that are the id.
    pub(crate) ids: Vec<(Ident, Type)>,
    pub(crate) parent: Option<Parent>,
    /// What becomes of there being none.
    pub(crate) none: Option<CacheNone>,
}

/// What the objects belong to.
#[derive(Debug)]
pub(crate) struct Parent {
    pub(crate) ty: ExprPath,
    /// The fields that hold its id.
    pub(crate) ids: Vec<Ident>,
}

impl Object {
    /// Checks arguments and fields together.
    pub(crate) fn check(
        args: ObjectArgs,
        input: &DeriveInput,
        ids: Vec<(Ident, Type)>,
        mut errors: Errors,
    ) -> syn::Result<Self> {
        if let Some(lifetime) = input.generics.lifetimes().next() {
            errors.at(lifetime, "an object that borrows cannot be cached, the entry outlives it: let it own its data");
        }
        let function = Function::of_type(&input.ident, &input.generics, &ids);
        let parent = parent(&args, &function, &mut errors);
        let ObjectArgs { cached: mut args, .. } = args;
        let scope = FunctionScope(&function);
        let prefix = args.prefix.as_ref().and_then(|prefix| errors.take(Rendered::read(Kind::Prefix, prefix, &scope)));
        let key = errors.take(key(&args.key, &function));
        let tags = args.tags.as_ref().and_then(|tags| self::tags(tags, &function, &mut errors));
        let none = args.cache_none.take();
        let policy = policy(&args, &function, &mut errors);
        let cache = args.cache.as_ref().and_then(|cache| errors.take(self::cache(cache, &function)));
        rules::one_cache(&args, &mut errors);
        if let (Some(key), true) = (&key, errors.is_empty()) {
            let mut named = key.mentions(&function);
            if let Some(prefix) = &prefix {
                named.join(&prefix.mentions);
            }
            tells_apart(&args, &named, parent.as_ref(), &function, &mut errors);
            rules::generics(&args, key, prefix.as_ref(), &function, &mut errors);
        }
        errors.finish()?;
        let key = key.unwrap_or(Key::Automatic);
        let template = template(&key, prefix.as_ref()).filter(|_| parent.is_none());
        let (private, place) = (Private::of_option(args.krate.as_ref()), Place::Free(input.ident.clone()));
        let site = Site::of(args, template);
        let cached = Cached { function, each: None, private, prefix, key, tags, policy, site, cache, place };
        Ok(Self { cached, ids, parent, none })
    }
}

/// The level of the prefix that is the object's own.
fn key(arg: &KeyArg, function: &Function) -> syn::Result<Key> {
    let place = match arg {
        KeyArg::Automatic => return Ok(Key::Automatic),
        KeyArg::Template(literal) => {
            return Rendered::read(Kind::Level, literal, &FunctionScope(function)).map(Key::Template);
        }
        KeyArg::List(list) => quote!(#(#list),*),
        KeyArg::Closure(closure) => closure.to_token_stream(),
        KeyArg::Path(path) => path.to_token_stream(),
    };
    let place = if place.is_empty() { function.name().to_token_stream() } else { place };
    refuse(
        place,
        "the key of an object is a template over its id, as in \"shop:{id}\"; left out, it is the type and the id",
    )
}

/// The tags that follow from the id.
fn tags(arg: &TagsArg, function: &Function, errors: &mut Errors) -> Option<Tags> {
    if let TagsArg::Closure(closure) = arg {
        errors.at(
            closure,
            "the tags of an object are templates over its id; those that the object itself tells are for `tags_from = |value| …`",
        );
        return None;
    }
    let tags = Tags::read(Kind::Tag, arg, function, errors)?;
    Some(tags).filter(|tags| !matches!(tags, Tags::Templates(tags) if tags.is_empty()))
}

/// Closures see the object, and nothing else.
fn policy(args: &CachedArgs, function: &Function, errors: &mut Errors) -> Policy {
    let policy = Policy::check(args, function, errors);
    if let Some(TtlSource::Closure(closure)) = &policy.ttl {
        errors.at(
            &closure.body,
            "the ttl of an object is the same for all, or told by the object: `ttl_from = |value| …`",
        );
    }
    let others = policy.after().flat_map(|bound| &bound.inputs).filter(|input| input.bind != Bind::Value);
    for input in others {
        errors.at(&input.ident, "all that this closure sees is the object, its id included: `|value| …`");
    }
    policy
}

/// A cache for all of them.
fn cache(cache: &syn::Expr, function: &Function) -> syn::Result<CacheExpr> {
    let read = CacheExpr::read(cache, function);
    if read.mentions == Mentions::default() {
        return Ok(read);
    }
    refuse(cache, "the cache is the same for all objects of a type, and cannot depend on one")
}

/// The type above, if there is one, and its id.
fn parent(args: &ObjectArgs, function: &Function, errors: &mut Errors) -> Option<Parent> {
    let Some(ty) = &args.parent else {
        if let Some(id) = args.parent_id.first() {
            errors.at(id, "`parent_id` is the id of a parent, and none is named: add `parent = Shop`, its type");
        }
        return None;
    };
    if args.parent_id.is_empty() {
        errors.at(ty, "which one is its parent? Add `parent_id = shop_id`, the field that holds the id of the parent");
    }
    if let Some(prefix) = &args.cached.prefix {
        errors.at(prefix, "`parent` and `prefix` both say what these objects lie below: keep one");
    }
    in_its_cache(&args.cached, ty, errors);
    of_one_type(ty, function, errors);
    for id in &args.parent_id {
        if !function.params.iter().any(|param| param.name.as_ref() == Some(id)) {
            errors.at(
                id,
                format!("`{id}` is not part of the id, without which nobody knows below which parent to look: write `#[cached_object(id)]` on that field, too"),
            );
        }
    }
    Some(Parent { ty: ty.clone(), ids: args.parent_id.clone() })
}

/// Deleting the parent reaches what is in its own cache, and nothing else.
fn in_its_cache(args: &CachedArgs, ty: &ExprPath, errors: &mut Errors) {
    let alias = args.alias.iter().map(|alias| ("alias", alias.to_token_stream()));
    for (name, own) in alias.chain(args.cache.iter().map(|cache| ("cache", cache.to_token_stream()))) {
        let ty = ty.to_token_stream();
        errors.at(
            own,
            format!("these objects are in the cache of their parent, which deletes them there together with itself: leave `{name}` out here, and write it on `{ty}`"),
        );
    }
}

/// What is known of a type of objects is one for all that its parameters can be.
fn of_one_type(ty: &ExprPath, function: &Function, errors: &mut Errors) {
    let words = tokens::words(ty.to_token_stream());
    if let Some(param) = function.sig.generics.type_params().find(|param| words.contains(&param.ident.to_string())) {
        errors.at(
            ty,
            format!("the parent is the same type for all objects of this one, and cannot depend on `{}`: write the key of the parent as `prefix`", param.ident),
        );
    }
}

/// Two objects with different ids must not share an entry.
fn tells_apart(args: &CachedArgs, named: &Mentions, parent: Option<&Parent>, function: &Function, errors: &mut Errors) {
    let KeyArg::Template(literal) = &args.key else { return };
    let above = |name: &Ident| parent.is_some_and(|parent| parent.ids.contains(name));
    let missing = function.params.iter().enumerate().filter(|(at, _)| !named.params.contains(at));
    let missing = missing.map(|(_, param)| &param.forward).filter(|name| !above(name));
    let missing = missing.map(ToString::to_string).collect::<Vec<_>>();
    if !missing.is_empty() {
        let (ids, example) = (listed(&missing), &missing[0]);
        errors.at(
            literal,
            format!("{ids} is part of the id and of no name, so that objects that differ in it would share one entry: write `{{{example}}}` into the key or the prefix"),
        );
    }
}

/// The fixed text of the full key: the object lies below the level that is its own, as the core has it.
fn template(key: &Key, prefix: Option<&Rendered>) -> Option<String> {
    let Key::Template(level) = key else { return None };
    let above = prefix.map(|prefix| format!("{}/", prefix.shape)).unwrap_or_default();
    Some(format!("{above}{}|object", level.shape))
}
