//! How long: `"10m"`, seconds, a `Duration` expression, or a closure over parameters.

use std::time::Duration;

use syn::{Expr, ExprClosure, ExprLit, ExprUnary, Lit, LitInt, LitStr, UnOp};

use crate::errors::refuse;

/// A span of time that is known at compile time, as it was written.
#[derive(Debug, Clone)]
pub(crate) struct Ttl {
    pub(crate) duration: Duration,
    pub(crate) written: String,
}

impl Ttl {
    /// `"10m"`
    pub(crate) fn text(text: &LitStr) -> syn::Result<Self> {
        Self::any_text(text)?.positive(text)
    }

    /// `"10m"` or 600; zero as well.
    pub(crate) fn any(lit: &Lit) -> syn::Result<Self> {
        match lit {
            Lit::Str(text) => Self::any_text(text),
            Lit::Int(number) => Self::any_seconds(number),
            other => refuse(other, "expected a string (\"10m\") or whole seconds (600)"),
        }
    }

    fn any_text(text: &LitStr) -> syn::Result<Self> {
        let written = text.value();
        match humantime::parse_duration(written.trim()) {
            Ok(duration) => Ok(Self { duration, written }),
            Err(_) if written.trim().parse::<u64>().is_ok() => refuse(
                text,
                format!("`{written}` lacks its unit: write \"{written}s\", or {written} without quotes for seconds"),
            ),
            Err(_) => refuse(
                text,
                format!("`{written}` is not a duration: write it like \"90s\", \"10m\", \"1h 30m\" or \"7d\""),
            ),
        }
    }

    /// Seconds.
    fn seconds(number: &LitInt) -> syn::Result<Self> {
        Self::any_seconds(number)?.positive(number)
    }

    fn any_seconds(number: &LitInt) -> syn::Result<Self> {
        let seconds: u64 = number.base10_parse()?;
        Ok(Self { duration: Duration::from_secs(seconds), written: format!("{seconds}s") })
    }

    fn positive(self, at: impl quote::ToTokens) -> syn::Result<Self> {
        if self.duration.is_zero() {
            return refuse(
                at,
                "a ttl of zero would store nothing: leave the attribute away, or say with `cache_if` what is worth keeping",
            );
        }
        Ok(self)
    }
}

/// The value of `ttl = …`.
#[derive(Debug, Clone)]
pub(crate) enum TtlArg {
    Literal(Ttl),
    Closure(ExprClosure),
    Expr(Expr),
}

impl TtlArg {
    pub(crate) fn parse(value: &Expr) -> syn::Result<Self> {
        match value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ttl::text(text).map(Self::Literal),
            Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => Ttl::seconds(number).map(Self::Literal),
            Expr::Closure(closure) => Ok(Self::Closure(closure.clone())),
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), .. }) => {
                refuse(value, "a ttl cannot be negative: give whole seconds (600) or a string (\"10m\")")
            }
            Expr::Lit(_) | Expr::Unary(_) | Expr::Array(_) | Expr::Tuple(_) => refuse(
                value,
                "a ttl is a string (\"10m\"), whole seconds (600), an expression of type `Duration`, or a closure over parameters (|id| …)",
            ),
            other => Ok(Self::Expr(other.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<TtlArg, String> {
        TtlArg::parse(&syn::parse_str(text).unwrap()).map_err(|error| error.to_string())
    }

    fn literal(text: &str) -> Duration {
        match parse(text) {
            Ok(TtlArg::Literal(ttl)) => ttl.duration,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn text_and_seconds_are_read_at_compile_time() {
        assert_eq!(literal("\"10m\""), Duration::from_secs(600));
        assert_eq!(literal("\"1h 30m\""), Duration::from_secs(5400));
        assert_eq!(literal("\"250ms\""), Duration::from_millis(250));
        assert_eq!(literal("3600"), Duration::from_secs(3600));
    }

    #[test]
    fn a_bad_duration_says_what_a_good_one_is() {
        assert!(parse("\"10 bananas\"").unwrap_err().contains("like \"90s\""));
        assert!(parse("\"10\"").unwrap_err().contains("write \"10s\""));
        assert!(parse("0").unwrap_err().contains("zero"));
        assert!(parse("\"0s\"").unwrap_err().contains("zero"));
        assert!(parse("-5").unwrap_err().contains("negative"));
        assert!(parse("1.5").unwrap_err().contains("whole seconds"));
    }

    #[test]
    fn expressions_and_closures_pass() {
        assert!(matches!(parse("Duration::from_secs(5)"), Ok(TtlArg::Expr(_))));
        assert!(matches!(parse("|id| *id"), Ok(TtlArg::Closure(_))));
    }
}
