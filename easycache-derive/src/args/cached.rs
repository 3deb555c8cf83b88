//! The arguments of `#[ecached]`.

#[cfg(test)]
mod tests;

use proc_macro2::Span;
use quote::quote;
use syn::{Expr, ExprClosure, ExprLit, Ident, Lit, LitFloat, LitInt, LitStr, Path};

use super::{Arg, Args, EachArg, KeyArg, Known, LateArgs, TagsArg, Ttl, TtlArg, fails, needed, peel, string, switch};
use crate::crate_path;
use crate::errors::{Errors, refuse};

/// What `#[ecached]`, `#[ecached_property]` and `#[ecached_defaults]` know.
pub(crate) const KNOWN: Known = Known {
    attribute: "ecached",
    positional: true,
    names: &[
        "key",
        "ttl",
        "ttl_from",
        "tags",
        "tags_from",
        "prefix",
        "alias",
        "cache",
        "version",
        "schema",
        "cache_if",
        "cache_none",
        "cache_err",
        "cache_err_if",
        "inherit",
        "jitter",
        "coalesce",
        "on_error",
        "stale_while_revalidate",
        "stale_if_error",
        "early_refresh",
        "refresh",
        "timeout",
        "concurrency",
        "each",
        "local",
        "companions",
        "assoc",
        "shared",
        "crate",
    ],
};

/// What a call does that does not fail.
const COMPUTE: &str = "when the backend is in trouble, the body runs";

/// Where the companions go.
#[derive(Debug, Clone, Default)]
pub(crate) enum Companions {
    /// Under the name of the function.
    #[default]
    Own,
    /// Under another name.
    Named(Ident),
    /// Nowhere.
    Off,
}

/// What becomes of `None`.
#[derive(Debug, Clone)]
pub(crate) enum CacheNone {
    /// Kept for another time than a value.
    For(Ttl, Span),
    /// Not kept.
    Never(Span),
}

/// What the user wrote, each argument understood by itself.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "the switches of an attribute are independent")]
pub(crate) struct CachedArgs {
    pub(crate) key: KeyArg,
    pub(crate) prefix: Option<LitStr>,
    pub(crate) tags: Option<TagsArg>,
    pub(crate) tags_from: Option<ExprClosure>,
    pub(crate) ttl: Option<TtlArg>,
    pub(crate) ttl_from: Option<ExprClosure>,
    pub(crate) cache_if: Option<ExprClosure>,
    pub(crate) cache_none: Option<CacheNone>,
    /// How long an error is kept, and where that is said.
    pub(crate) cache_err: Option<(Ttl, Span)>,
    pub(crate) cache_err_if: Option<ExprClosure>,
    pub(crate) inherit: bool,
    pub(crate) alias: Option<LitStr>,
    pub(crate) cache: Option<Expr>,
    pub(crate) version: Option<Expr>,
    pub(crate) schema: Option<LitStr>,
    pub(crate) jitter: Option<LitFloat>,
    /// The variant of `Coalesce`.
    pub(crate) coalesce: Option<Ident>,
    /// Where errors of the cache are asked for.
    pub(crate) fails: Option<Span>,
    pub(crate) late: LateArgs,
    /// How many bodies of a batch run at a time.
    pub(crate) concurrency: Option<LitInt>,
    pub(crate) each: Option<EachArg>,
    pub(crate) local: bool,
    pub(crate) shared: bool,
    pub(crate) assoc: bool,
    pub(crate) companions: Companions,
    pub(crate) krate: Option<Path>,
}

impl CachedArgs {
    pub(crate) fn read(args: Args, errors: &mut Errors) -> Self {
        let mut read = Self::default();
        args.each(&KNOWN, errors, |name, arg, errors| read.take(name, arg, errors));
        read
    }

    /// Takes an argument, if it is one of these.
    pub(super) fn take(&mut self, name: &str, arg: &Arg, errors: &mut Errors) -> bool {
        self.switch(name, arg, errors)
            || self.naming(name, arg, errors)
            || self.policy(name, arg, errors)
            || self.late.read(name, arg, errors)
            || self.batch(name, arg, errors)
            || self.place(name, arg, errors)
    }

    fn switch(&mut self, name: &str, arg: &Arg, errors: &mut Errors) -> bool {
        let target = match name {
            "local" => &mut self.local,
            "shared" => &mut self.shared,
            "assoc" => &mut self.assoc,
            "inherit" => &mut self.inherit,
            _ => return false,
        };
        *target = errors.take(switch(arg)).unwrap_or_default();
        true
    }

    fn naming(&mut self, name: &str, arg: &Arg, errors: &mut Errors) -> bool {
        if !["key", "prefix", "tags", "tags_from"].contains(&name) {
            return false;
        }
        let Some(value) = errors.take(needed(arg)) else {
            return true;
        };
        match name {
            "key" => self.key = errors.take(KeyArg::parse(value)).unwrap_or_default(),
            "prefix" => self.prefix = errors.take(string(arg, "a template like \"tenant:{tenant}\"")),
            "tags" => self.tags = TagsArg::parse("tags", value, errors),
            _ => self.tags_from = errors.take(closure(value, "tags_from = |value| …")),
        }
        true
    }

    fn policy(&mut self, name: &str, arg: &Arg, errors: &mut Errors) -> bool {
        const POLICY: &[&str] = &[
            "ttl",
            "ttl_from",
            "cache_if",
            "cache_none",
            "cache_err",
            "cache_err_if",
            "jitter",
            "coalesce",
            "on_error",
            "version",
            "schema",
        ];
        if !POLICY.contains(&name) {
            return false;
        }
        let Some(value) = errors.take(needed(arg)) else {
            return true;
        };
        match name {
            "ttl" => self.ttl = errors.take(TtlArg::parse(value)),
            "ttl_from" => self.ttl_from = errors.take(closure(value, "ttl_from = |value| …")),
            "cache_if" => self.cache_if = errors.take(closure(value, "cache_if = |value| …")),
            "cache_err" => self.cache_err = errors.take(cache_err(value)),
            "cache_err_if" => self.cache_err_if = errors.take(closure(value, "cache_err_if = |error| …")),
            "cache_none" => self.cache_none = errors.take(cache_none(value)),
            "jitter" => self.jitter = errors.take(jitter(value)),
            "coalesce" => self.coalesce = errors.take(coalesce(arg)),
            "on_error" => self.fails = errors.take(fails(arg, COMPUTE)).flatten(),
            "version" => self.version = Some(value.clone()),
            _ => self.schema = errors.take(named(arg, "a name like \"user/1\"")),
        }
        true
    }

    fn batch(&mut self, name: &str, arg: &Arg, errors: &mut Errors) -> bool {
        if !["concurrency", "each"].contains(&name) {
            return false;
        }
        let Some(value) = errors.take(needed(arg)) else {
            return true;
        };
        match name {
            "concurrency" => self.concurrency = errors.take(concurrency(value)),
            _ => self.each = errors.take(EachArg::parse(value)),
        }
        true
    }

    fn place(&mut self, name: &str, arg: &Arg, errors: &mut Errors) -> bool {
        if !["alias", "cache", "companions", "crate"].contains(&name) {
            return false;
        }
        let Some(value) = errors.take(needed(arg)) else {
            return true;
        };
        match name {
            "alias" => self.alias = errors.take(named(arg, "the name of a registered cache")),
            "cache" => self.cache = Some(value.clone()),
            "companions" => self.companions = errors.take(companions(value)).unwrap_or_default(),
            _ => self.krate = errors.take(crate_path::parse(value)),
        }
        true
    }
}

fn closure(value: &Expr, example: &str) -> syn::Result<ExprClosure> {
    match value {
        Expr::Closure(closure) => Ok(closure.clone()),
        other => refuse(other, format!("expected a closure: `{example}`")),
    }
}

fn named(arg: &Arg, what: &str) -> syn::Result<LitStr> {
    let text = string(arg, what)?;
    if text.value().is_empty() {
        return refuse(text, format!("expected {what}, not an empty string"));
    }
    Ok(text)
}

fn cache_none(value: &Expr) -> syn::Result<CacheNone> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(CacheNone::For(Ttl::text(text)?, text.span())),
        Expr::Lit(ExprLit { lit: Lit::Bool(no), .. }) if !no.value => Ok(CacheNone::Never(no.span())),
        other => refuse(other, "`cache_none` says how long a `None` is kept (\"5s\"), or `false`: not at all"),
    }
}

fn cache_err(value: &Expr) -> syn::Result<(Ttl, Span)> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok((Ttl::text(text)?, text.span())),
        other => refuse(
            other,
            "`cache_err` says how long an error is kept (\"2s\"); which errors are, `cache_err_if = |error| …` says",
        ),
    }
}

fn jitter(value: &Expr) -> syn::Result<LitFloat> {
    let number = match value {
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => number.clone(),
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => {
            LitFloat::new(&format!("{}.0", number.base10_digits()), number.span())
        }
        other => {
            return refuse(other, "`jitter` is a fraction of the ttl: 0.1 spreads it by up to ten percent");
        }
    };
    if (0.0..1.0).contains(&number.base10_parse::<f64>()?) {
        return Ok(number);
    }
    refuse(value, "`jitter` is a fraction of the ttl, from 0.0 up to but not including 1.0")
}

/// Who shares a computation.
fn coalesce(arg: &Arg) -> syn::Result<Ident> {
    let text = string(arg, "\"process\", \"cluster\" or \"off\"")?;
    let who = match text.value().as_str() {
        "process" => "Process",
        "cluster" => "Cluster",
        "off" => "Off",
        _ => {
            return refuse(
                text,
                "`coalesce` is \"process\" (one computation at a time here, the default), \"cluster\" (one in all processes) or \"off\"",
            );
        }
    };
    Ok(Ident::new(who, Span::call_site()))
}

/// How many bodies run at a time.
fn concurrency(value: &Expr) -> syn::Result<LitInt> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) if number.base10_parse::<u32>()? > 0 => Ok(number.clone()),
        other => {
            refuse(other, "`concurrency` is how many bodies of one `many` run at a time, 1 at least: 16 if left out")
        }
    }
}

fn companions(value: &Expr) -> syn::Result<Companions> {
    match peel(value) {
        Expr::Lit(ExprLit { lit: Lit::Bool(yes), .. }) if yes.value => Ok(Companions::Own),
        Expr::Lit(ExprLit { lit: Lit::Bool(_), .. }) => Ok(Companions::Off),
        Expr::Path(path) if path.path.get_ident().is_some() => {
            Ok(path.path.get_ident().cloned().map_or(Companions::Own, Companions::Named))
        }
        other => {
            refuse(quote!(#other), "`companions` is `false`, or the name they go by: `companions = load_user_cache`")
        }
    }
}
