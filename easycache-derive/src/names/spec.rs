//! Format specs: `{id:05}`, `{name:>width$}`.

use proc_macro2::{Span, TokenStream};
use syn::{Ident, LitStr};

/// What follows the colon of a placeholder.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    /// `"{:05}"`
    pub(crate) format: LitStr,
    /// Parameters that the spec mentions (`width$`): the name there, and the parameter's own identifier.
    pub(crate) args: Vec<(Ident, TokenStream)>,
}

/// What a format may end with.
const KINDS: [&str; 11] = ["", "?", "x?", "X?", "x", "X", "o", "b", "e", "E", "p"];

/// The names before `$` signs.
pub(super) fn names(spec: &str) -> Result<Vec<&str>, String> {
    if spec.contains(".*") {
        return Err("a precision of `*` is not possible here; name a parameter: `.digits$`".to_owned());
    }
    let kind = &spec[spec.trim_end_matches(|sign: char| sign.is_alphabetic() || sign == '?').len()..];
    if !KINDS.contains(&kind) {
        return Err(format!(
            "a format does not end with `{kind}`; it ends with nothing, or with `?`, `x`, `X`, `o`, `b`, `e`"
        ));
    }
    let before = spec.split('$').collect::<Vec<_>>();
    let before = &before[..before.len() - 1];
    let name = |text: &&'_ str| -> usize {
        text.rfind(|sign: char| !(sign.is_alphanumeric() || sign == '_')).map_or(0, |at| at + 1)
    };
    before
        .iter()
        .map(|text| {
            let found = &text[name(text)..];
            if found.is_empty() || found.starts_with(|sign: char| sign.is_ascii_digit()) {
                return Err(format!("`{found}$` is not possible here; name a parameter before the `$`"));
            }
            Ok(found)
        })
        .collect()
}

/// `"{:spec}"`
pub(super) fn format(spec: &str, span: Span) -> LitStr {
    LitStr::new(&format!("{{:{spec}}}"), span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_by_name_are_found() {
        assert_eq!(names("05").unwrap(), Vec::<&str>::new());
        assert_eq!(names(">width$.digits$").unwrap(), ["width", "digits"]);
        names("1$").unwrap_err();
        names(".*").unwrap_err();
        names("05x").unwrap();
        names("#?").unwrap();
        names("q").unwrap_err();
    }
}
