//! What is stored, and for how long.

use proc_macro2::Span;
use syn::{Expr, ExprClosure};

use crate::args::{CacheNone, CachedArgs, Ttl, TtlArg};
use crate::errors::Errors;
use crate::function::Function;
use crate::names::{Allowed, Bound};

/// Ttl and conditions, closures bound.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    pub(crate) ttl: Option<TtlSource>,
    pub(crate) ttl_from: Option<Bound>,
    pub(crate) tags_from: Option<Bound>,
    pub(crate) cache_if: Option<Bound>,
    pub(crate) cache_none: Option<CacheNone>,
    pub(crate) cache_err: Option<(Ttl, Span)>,
    pub(crate) cache_err_if: Option<Bound>,
    pub(crate) local: bool,
}

/// Where the ttl comes from, before the body runs.
#[derive(Debug)]
pub(crate) enum TtlSource {
    Literal(Ttl),
    Closure(Bound),
    Expr(Expr),
}

impl Policy {
    pub(crate) fn check(args: &CachedArgs, function: &Function, errors: &mut Errors) -> Self {
        let mut read = |closure: &Option<ExprClosure>, allowed: Allowed| {
            let closure = closure.as_ref()?;
            errors.take(Bound::read(closure, allowed, function))
        };
        let cache_err_if = read(&args.cache_err_if, Allowed::AfterError);
        let mut after = |closure: &Option<ExprClosure>| read(closure, Allowed::After);
        Self {
            ttl_from: after(&args.ttl_from),
            tags_from: after(&args.tags_from),
            cache_if: after(&args.cache_if),
            cache_none: args.cache_none.clone(),
            cache_err: args.cache_err.clone(),
            cache_err_if,
            local: args.local,
            ttl: args.ttl.as_ref().and_then(|ttl| source(ttl, function, errors)),
        }
    }

    /// The closures that see the result.
    pub(crate) fn after(&self) -> impl Iterator<Item = &Bound> {
        self.cache_if.iter().chain(&self.ttl_from).chain(&self.tags_from).chain(&self.cache_err_if)
    }
}

fn source(ttl: &TtlArg, function: &Function, errors: &mut Errors) -> Option<TtlSource> {
    match ttl {
        TtlArg::Literal(ttl) => Some(TtlSource::Literal(ttl.clone())),
        TtlArg::Expr(expr) => Some(TtlSource::Expr(expr.clone())),
        TtlArg::Closure(closure) => {
            errors.take(Bound::read(closure, Allowed::Before, function)).map(TtlSource::Closure)
        }
    }
}
