//! The arguments of `#[ecached]`.

use proc_macro2::Span;
use quote::quote;
use syn::{Expr, ExprClosure, ExprLit, Ident, Lit, LitFloat, LitStr, Path};

use super::{Arg, Args, KeyArg, Known, LateArgs, TagsArg, Ttl, TtlArg, fails, needed, peel, string, switch};
use crate::crate_path;
use crate::errors::{Errors, refuse};

/// What `#[ecached]`, `#[ecached_property]` and `#[ecached_defaults]` know.
pub(crate) const KNOWN: Known = Known {
    attribute: "ecached",
    positional: true,
    now: &[
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
        "local",
        "companions",
        "assoc",
        "shared",
        "crate",
    ],
    later: &["each"],
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
    pub(crate) local: bool,
    pub(crate) shared: bool,
    pub(crate) assoc: bool,
    pub(crate) companions: Companions,
    pub(crate) krate: Option<Path>,
}

impl CachedArgs {
    pub(crate) fn read(args: Args, errors: &mut Errors) -> Self {
        let mut read = Self::default();
        args.each(&KNOWN, errors, |name, arg, errors| {
            read.switch(name, arg, errors)
                || read.naming(name, arg, errors)
                || read.policy(name, arg, errors)
                || read.late.read(name, arg, errors)
                || read.place(name, arg, errors)
        });
        read
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<CachedArgs, Vec<String>> {
        let mut errors = Errors::default();
        let args = CachedArgs::read(syn::parse_str(text).unwrap(), &mut errors);
        errors.finish().map_err(|errors| errors.into_iter().map(|error| error.to_string()).collect::<Vec<_>>())?;
        Ok(args)
    }

    fn mistake(text: &str) -> String {
        read(text).unwrap_err().join("\n")
    }

    #[test]
    fn every_supported_argument_is_read() {
        let args = read(
            "\"user:{id}\", ttl = \"10m\", ttl_from = |value| value.ttl, tags = [\"a\", \"b\"], tags_from = |value| value.tags(), \
             prefix = \"p:{x}\", alias = \"main\", version = 2, schema = \"user/1\", cache_if = |value| value.ok, cache_none = \"5s\", \
             cache_err = \"2s\", cache_err_if = |error| error.lasts, inherit, \
             jitter = 0.1, coalesce = \"off\", on_error = \"fail\", stale_while_revalidate = \"30s\", stale_if_error = 3600, \
             early_refresh = 2, refresh = \"inline\", timeout = { soft = \"100ms\", hard = 2 }, local, companions = other, assoc, shared, crate = my::cache",
        )
        .unwrap();
        assert!(matches!(args.key, KeyArg::Template(_)));
        assert!(args.inherit && args.cache_err.is_some() && args.cache_err_if.is_some());
        assert!(args.local && args.assoc && args.shared && args.coalesce.is_some() && args.fails.is_some());
        let late = args.late;
        assert!(late.revalidate.is_some() && late.on_error.is_some() && late.early.is_some() && late.inline.is_some());
        assert!(late.soft.is_some() && late.hard.is_some());
        assert!(read("timeout = \"2s\"").unwrap().late.hard.is_some());
        assert!(read("timeout = { soft = \"2s\" }").unwrap().late.soft.is_some());
        assert!(matches!(args.companions, Companions::Named(name) if name == "other"));
        assert!(matches!(args.tags, Some(TagsArg::Templates(tags)) if tags.len() == 2));
    }

    #[test]
    fn a_key_has_four_forms() {
        assert!(matches!(read("[a, b]").unwrap().key, KeyArg::List(list) if list.len() == 2));
        assert!(matches!(read("|a| a.key()").unwrap().key, KeyArg::Closure(_)));
        assert!(matches!(read("keys::user").unwrap().key, KeyArg::Path(_)));
        assert!(matches!(read("key = make_key").unwrap().key, KeyArg::Path(_)));
        assert!(matches!(read("").unwrap().key, KeyArg::Automatic));
        assert!(mistake("key = 5").contains("a key is a template"));
    }

    #[test]
    fn an_unknown_argument_lists_the_known_ones_and_guesses() {
        let text = mistake("\"a\", prefx = \"b\"");
        assert!(text.contains("did you mean `prefix`?"), "{text}");
        assert!(mistake("\"a\", color = 1").contains("`tags_from`"));
        assert!(mistake("\"a\", lokal").contains("did you mean `local`?"));
    }

    #[test]
    fn duplicates_and_strays_are_mistakes() {
        assert!(mistake("\"a\", key = \"b\"").contains("`key` is given twice"));
        assert!(mistake("ttl = 1, ttl = 2").contains("`ttl` is given twice"));
        assert!(mistake("\"a\", \"b\"").contains("only the first argument"));
        assert!(mistake("ttl").contains("needs a value"));
    }

    #[test]
    fn what_is_not_there_yet_is_refused() {
        for name in KNOWN.later {
            assert_eq!(mistake(&format!("{name} = 1")), format!("`{name}` is not yet supported"));
        }
    }

    #[test]
    fn several_mistakes_are_reported_together() {
        assert_eq!(read("ttl = \"x\", jitter = 2.0, nothing = 1").unwrap_err().len(), 3);
    }

    #[test]
    fn values_out_of_range_are_refused() {
        assert!(mistake("jitter = 1.5").contains("fraction"));
        assert!(mistake("cache_none = true").contains("how long"));
        assert!(mistake("cache_err = true").contains("how long an error is kept"));
        assert!(mistake("coalesce = \"on\"").contains("\"process\""));
        assert!(mistake("on_error = \"ignore\"").contains("\"compute\""));
        assert!(mistake("companions = \"x\"").contains("`false`"));
        assert!(mistake("alias = \"\"").contains("empty"));
        assert!(mistake("stale_while_revalidate = \"0s\"").contains("leave it out"));
        assert!(mistake("stale_if_error = |id| 1").contains("for how long"));
        assert!(mistake("stale_if_error = \"5\"").contains("lacks its unit"));
        assert!(mistake("early_refresh = 0.0").contains("more than 0"));
        assert!(mistake("early_refresh = \"1m\"").contains("stands alone"));
        assert!(mistake("timeout = { soft = 2, hard = 1 }").contains("never comes first"));
        assert!(mistake("timeout = { firm = 2 }").contains("both kinds"));
        assert!(mistake("timeout = 0").contains("no time"));
        assert!(mistake("refresh = \"later\"").contains("\"inline\""));
    }
}
