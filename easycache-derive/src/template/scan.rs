//! Finds the placeholders of a template.

use super::{Part, Placeholder};

const BRACES: &str = "braces are reserved for placeholders and cannot be part of the text, not even doubled";

/// Splits a template at its placeholders.
pub(super) fn parts(mut rest: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let at = rest.find(['{', '}']).unwrap_or(rest.len());
        if at > 0 {
            parts.push(Part::Text(rest[..at].to_owned()));
        }
        rest = &rest[at..];
        if rest.starts_with('}') || rest.starts_with("{{") {
            return Err(BRACES.to_owned());
        }
        if let Some(inner) = rest.strip_prefix('{') {
            let end = end(inner).ok_or_else(|| format!("the placeholder `{rest}` is never closed"))?;
            parts.push(Part::Placeholder(placeholder(&inner[..end])));
            rest = &inner[end + 1..];
        }
    }
    Ok(parts)
}

/// Where the closing brace is: outside of brackets and quotes.
fn end(inner: &str) -> Option<usize> {
    outside(inner).find(|(_, sign, depth)| *sign == '}' && *depth == 0).map(|(at, ..)| at)
}

fn placeholder(inner: &str) -> Placeholder {
    let colon = outside(inner).find(|(at, sign, depth)| *sign == ':' && *depth == 0 && !in_path(inner, *at));
    let (expr, spec) = colon.map_or((inner, ""), |(at, ..)| (&inner[..at], &inner[at + 1..]));
    Placeholder { expr: expr.trim().to_owned(), spec: spec.to_owned() }
}

/// Is the colon half of a `::` that leads to a name?
fn in_path(inner: &str, at: usize) -> bool {
    let leads = |rest: &str| rest.starts_with(|sign: char| sign == '_' || sign.is_alphabetic());
    let first = inner[at..].strip_prefix("::").is_some_and(leads);
    let second = inner[..at].ends_with(':') && leads(&inner[at + 1..]);
    first || second
}

/// The signs outside of quotes, each with its place and the depth of brackets around it.
fn outside(text: &str) -> impl Iterator<Item = (usize, char, usize)> {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    text.char_indices().filter_map(move |(at, sign)| {
        if quoted {
            quoted = escaped || sign != '"';
            escaped = !escaped && sign == '\\';
            return None;
        }
        match sign {
            '"' => quoted = true,
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => return Some((at, sign, depth)),
        }
        None
    })
}
