//! Templates: `"tenant:{tenant}/user:{user.id:05}"`, taken apart at compile time.

mod scan;

use syn::LitStr;

use crate::errors::refuse;

/// What the template names; decides which signs it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A key, to which a prefix may be joined.
    Key,
    /// A key as it is stored: one `|` may part prefix and key.
    FullKey,
    /// The key of an object, which is a level of a prefix, or several.
    Level,
    /// A prefix; `/` parts its levels.
    Prefix,
    /// A tag.
    Tag,
    /// A placeholder of its own: an element of a list key.
    Element,
}

impl Kind {
    /// In words.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Key | Self::FullKey | Self::Level => "key",
            Self::Prefix => "prefix",
            Self::Tag => "tag",
            Self::Element => "list key",
        }
    }
}

/// A template, its placeholders still text.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pub(crate) kind: Kind,
    pub(crate) literal: LitStr,
    pub(crate) parts: Vec<Part>,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    Placeholder(Placeholder),
}

/// `{expr:spec}`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placeholder {
    pub(crate) expr: String,
    pub(crate) spec: String,
}

impl Template {
    /// Takes a literal apart and checks its fixed text.
    pub(crate) fn parse(kind: Kind, literal: &LitStr) -> syn::Result<Self> {
        let value = literal.value();
        let found = scan::parts(&value).and_then(|parts| check(kind, &value, &parts).map(|()| parts));
        match found {
            Ok(parts) => Ok(Self { kind, literal: literal.clone(), parts }),
            Err(mistake) => refuse(literal, format!("in the {} {}: {mistake}", kind.name(), literal.token())),
        }
    }

    /// The fixed text, with `{}` for every placeholder.
    pub(crate) fn shape(&self) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Placeholder(_) => "{}".to_owned(),
        };
        self.parts.iter().map(part).collect()
    }
}

fn check(kind: Kind, value: &str, parts: &[Part]) -> Result<(), String> {
    if parts.is_empty() {
        return Err(format!("a {} must not be empty", kind.name()));
    }
    if parts.windows(2).any(|pair| pair.iter().all(|part| matches!(part, Part::Placeholder(_)))) {
        return Err("two placeholders stand side by side, so that different values could give the same text; put a sign between them, like `:`".to_owned());
    }
    let texts = || parts.iter().filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None });
    if let Some(sign) = texts().flat_map(str::chars).find(|sign| sign.is_control()) {
        return Err(format!("the control character {} is not allowed", sign.escape_default()));
    }
    let bars = texts().flat_map(str::chars).filter(|sign| *sign == '|').count();
    match kind {
        Kind::FullKey if bars > 1 => {
            return Err("one `|` may part prefix and key, no more".to_owned());
        }
        Kind::FullKey if bars == 1 => return halves(value),
        Kind::FullKey => {}
        _ if bars > 0 => {
            return Err("`|` is reserved: it parts prefix and key (use the argument `prefix`)".to_owned());
        }
        _ => {}
    }
    if matches!(kind, Kind::Prefix | Kind::Level) { levels(value) } else { Ok(()) }
}

fn halves(value: &str) -> Result<(), String> {
    if value.starts_with('|') || value.ends_with('|') {
        return Err("there must be a prefix before the `|` and a key after it".to_owned());
    }
    levels(value.split('|').next().unwrap_or_default())
}

fn levels(value: &str) -> Result<(), String> {
    if value.starts_with('/') || value.ends_with('/') || value.contains("//") {
        return Err(
            "a level between slashes is empty; levels are parted by one `/`, with none at either end".to_owned()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    fn parse(kind: Kind, text: &str) -> Result<Template, String> {
        Template::parse(kind, &LitStr::new(text, Span::call_site())).map_err(|error| error.to_string())
    }

    fn mistake(kind: Kind, text: &str) -> String {
        parse(kind, text).unwrap_err()
    }

    fn placeholders(text: &str) -> Vec<(String, String)> {
        let parts = parse(Kind::Key, text).unwrap().parts.into_iter();
        parts.filter_map(|part| if let Part::Placeholder(p) = part { Some((p.expr, p.spec)) } else { None }).collect()
    }

    #[test]
    fn text_and_placeholders_are_told_apart() {
        let template = parse(Kind::Key, "user:{id}:x").unwrap();
        let id = Placeholder { expr: "id".to_owned(), spec: String::new() };
        assert_eq!(
            template.parts,
            [Part::Text("user:".to_owned()), Part::Placeholder(id), Part::Text(":x".to_owned())]
        );
        assert_eq!(template.shape(), "user:{}:x");
    }

    #[test]
    fn a_spec_is_whatever_follows_the_first_colon_outside_of_the_expression() {
        let found = placeholders("{id:05}-{x:?}-{Self::MAX}-{Self::MAX:>4}-{m[\"a:}\"]}-{f(a::B)}-{x::>5}");
        let expected = [
            ("id", "05"),
            ("x", "?"),
            ("Self::MAX", ""),
            ("Self::MAX", ">4"),
            ("m[\"a:}\"]", ""),
            ("f(a::B)", ""),
            ("x", ":>5"),
        ];
        let found: Vec<_> = found.iter().map(|(expr, spec)| (expr.as_str(), spec.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn reserved_signs_are_refused_with_the_reason() {
        assert!(mistake(Kind::Key, "a{{b").contains("braces"));
        assert!(mistake(Kind::Key, "a}b").contains("braces"));
        assert!(mistake(Kind::Key, "a|b").contains("reserved"));
        assert!(mistake(Kind::Key, "a\nb").contains("control character \\n"));
        assert!(mistake(Kind::Key, "{a}{b}").contains("side by side"));
        assert!(mistake(Kind::Key, "{a").contains("never closed"));
    }

    #[test]
    fn empty_names_and_levels_are_refused() {
        assert!(mistake(Kind::Key, "").contains("must not be empty"));
        assert!(mistake(Kind::Tag, "").contains("tag must not be empty"));
        for prefix in ["", "a//b", "/a", "a/"] {
            parse(Kind::Prefix, prefix).unwrap_err();
        }
        parse(Kind::Prefix, "tenant:{t}/shop:{s}").unwrap();
        parse(Kind::Key, "a//b").unwrap();
    }

    #[test]
    fn a_full_key_may_have_one_bar() {
        parse(Kind::FullKey, "tenant:{t}|user:{u}").unwrap();
        parse(Kind::FullKey, "user:{u}").unwrap();
        assert!(mistake(Kind::FullKey, "a|b|c").contains("no more"));
        assert!(mistake(Kind::FullKey, "|b").contains("before the `|`"));
    }
}
