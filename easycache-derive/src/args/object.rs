//! The arguments of `#[derive(CachedObject)]`: `#[cached_object(…)]` on a type.

use syn::{Expr, ExprPath, Ident};

use super::{Arg, Args, CachedArgs, Known, cached, needed, peel};
use crate::errors::{Errors, refuse};

/// What `#[cached_object]` knows: of the arguments of functions those that are about values.
pub(super) const KNOWN: Known = Known {
    attribute: "cached_object",
    positional: true,
    names: &[
        "key",
        "ttl",
        "ttl_from",
        "tags",
        "tags_from",
        "prefix",
        "parent",
        "parent_id",
        "alias",
        "cache",
        "version",
        "schema",
        "cache_if",
        "cache_none",
        "jitter",
        "coalesce",
        "on_error",
        "stale_while_revalidate",
        "stale_if_error",
        "early_refresh",
        "local",
        "shared",
        "crate",
    ],
};

/// What the user wrote, each argument understood by itself.
#[derive(Debug, Default)]
pub(crate) struct ObjectArgs {
    pub(crate) cached: CachedArgs,
    /// The type of the objects that these belong to.
    pub(crate) parent: Option<ExprPath>,
    /// The fields that hold the id of the parent.
    pub(crate) parent_id: Vec<Ident>,
}

impl ObjectArgs {
    pub(crate) fn read(args: Args, errors: &mut Errors) -> Self {
        let mut read = Self::default();
        args.each(&KNOWN, errors, |name, arg, errors| {
            if read.own(name, arg, errors) {
                return true;
            }
            if !KNOWN.names.contains(&name) && cached::KNOWN.names.contains(&name) {
                errors.at(
                    &arg.name,
                    format!("`{name}` is about calls of a function, and says nothing about objects: leave it out here"),
                );
                return true;
            }
            read.cached.take(name, arg, errors)
        });
        read
    }

    fn own(&mut self, name: &str, arg: &Arg, errors: &mut Errors) -> bool {
        if !["parent", "parent_id"].contains(&name) {
            return false;
        }
        let Some(value) = errors.take(needed(arg)) else {
            return true;
        };
        match name {
            "parent" => self.parent = errors.take(parent(value)),
            _ => self.parent_id = errors.take(fields(value)).unwrap_or_default(),
        }
        true
    }
}

fn parent(value: &Expr) -> syn::Result<ExprPath> {
    match value {
        Expr::Path(path) => Ok(path.clone()),
        other => refuse(other, "`parent` is the type that objects of this one belong to: `parent = Shop`"),
    }
}

/// `shop_id`, or `(tenant, shop_id)`.
fn fields(value: &Expr) -> syn::Result<Vec<Ident>> {
    match value {
        Expr::Tuple(tuple) => tuple.elems.iter().map(field).collect(),
        one => Ok(vec![field(one)?]),
    }
}

fn field(value: &Expr) -> syn::Result<Ident> {
    if let Expr::Path(path) = peel(value)
        && let Some(ident) = path.path.get_ident()
    {
        return Ok(ident.clone());
    }
    refuse(
        value,
        "`parent_id` names the field that holds the id of the parent, or several: `shop_id`, `(tenant, shop_id)`",
    )
}
