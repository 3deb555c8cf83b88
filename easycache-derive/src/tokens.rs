//! Small questions about, and changes to, token streams.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

/// A span for generated code: shown at the user's tokens, with names of its own for locals, and known to lints as
/// not the user's.
pub(crate) fn site(at: Span) -> Span {
    Span::mixed_site().located_at(at)
}

/// Does the identifier occur anywhere, macros included?
pub(crate) fn mentions(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        _ => false,
    })
}

/// Does the stream speak of the `Self` of the block around it (not of one in an item of its own)?
pub(crate) fn mentions_self_type(tokens: TokenStream) -> bool {
    const ITEMS: [&str; 4] = ["impl", "trait", "struct", "enum"];
    let mut in_item = false;
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) if in_item || ITEMS.iter().any(|item| ident == item) => {
            in_item = true;
            false
        }
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Group(group) if in_item => {
            in_item = group.delimiter() != Delimiter::Brace;
            false
        }
        TokenTree::Group(group) => mentions_self_type(group.stream()),
        TokenTree::Punct(punct) => {
            in_item &= punct.as_char() != ';';
            false
        }
        TokenTree::Literal(_) => false,
    })
}

/// Calls `change` on every identifier that stands for a value: not after a dot, not before `::`.
pub(crate) fn replace_values(
    tokens: TokenStream,
    change: &dyn Fn(&proc_macro2::Ident) -> Option<TokenTree>,
) -> TokenStream {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |at: Option<usize>, sign: char| {
        at.and_then(|at| trees.get(at)).is_some_and(|tree| matches!(tree, TokenTree::Punct(p) if p.as_char() == sign))
    };
    let replaced = trees.iter().enumerate().map(|(at, tree)| match tree {
        TokenTree::Ident(ident) => {
            let member = is(at.checked_sub(1), '.') && !is(at.checked_sub(2), '.');
            let path = is(Some(at + 1), ':') && is(Some(at + 2), ':');
            let changed = if member || path { None } else { change(ident) };
            changed.unwrap_or_else(|| tree.clone())
        }
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), replace_values(group.stream(), change));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        _ => tree.clone(),
    });
    replaced.collect()
}

/// The locals of generated code.
pub(crate) fn local(name: &str) -> proc_macro2::Ident {
    proc_macro2::Ident::new(&format!("__{name}"), Span::mixed_site())
}

/// One of these, shown at the given place.
pub(crate) fn local_at(name: &str, place: Span) -> proc_macro2::Ident {
    proc_macro2::Ident::new(&format!("__{name}"), site(place))
}

/// Replaces `self` where it is a value.
pub(crate) fn replace_self(tokens: TokenStream, with: &proc_macro2::Ident) -> TokenStream {
    replace_values(tokens, &|ident| {
        (ident == "self").then(|| {
            let mut with = with.clone();
            with.set_span(with.span().located_at(ident.span()));
            TokenTree::Ident(with)
        })
    })
}

/// The names of all identifiers and, with their quote, of all lifetimes.
pub(crate) fn words(tokens: TokenStream) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut quoted = false;
    for tree in tokens {
        match &tree {
            TokenTree::Ident(ident) => {
                found.insert(if quoted { format!("'{ident}") } else { ident.to_string() });
            }
            TokenTree::Group(group) => found.append(&mut words(group.stream())),
            _ => {}
        }
        quoted = matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == '\'');
    }
    found
}

/// The source as a person would write it: `Result<User, Error>`, not `Result < User , Error >`.
pub(crate) fn pretty(tokens: &impl quote::ToTokens) -> String {
    const CLOSE: [&str; 17] =
        ["< ", " <", " >", " ,", " ;", " :", ":: ", " (", "( ", " )", "& ", " .", ". ", "[ ", " ]", "* ", "' "];
    let mut text = tokens.to_token_stream().to_string().replace("-> ", "\u{1}");
    text = text.replace('\n', " ");
    for gap in CLOSE {
        text = text.replace(gap, gap.trim());
    }
    text.replace('\u{1}', "-> ").replace(">->", "> ->").replace(",::", ", ::")
}

#[cfg(test)]
mod tests {
    use quote::{format_ident, quote};

    use super::*;

    #[test]
    fn self_of_an_inner_item_is_not_ours() {
        assert!(mentions_self_type(quote!(let x = Self::new(); x)));
        assert!(mentions_self_type(quote!(println!("{}", Self::X))));
        assert!(!mentions_self_type(quote!(struct A; impl A { fn new() -> Self { Self } } A::new())));
        assert!(mentions_self_type(quote!(struct A;, Self::new())));
    }

    #[test]
    fn only_values_are_replaced() {
        let with = format_ident!("other");
        let tokens = replace_self(quote!(self.a + f!(self) + self::b(x.self_)), &with);
        assert_eq!(tokens.to_string(), quote!(other.a + f!(other) + self::b(x.self_)).to_string());
    }

    #[test]
    fn lifetimes_are_words_with_a_quote() {
        let found = words(quote!(Foo<'a, [T; N]>));
        assert!(["'a", "T", "N", "Foo"].iter().all(|word| found.contains(*word)));
    }

    #[test]
    fn types_print_as_written() {
        let types = [
            "Result<Vec<User>, Error>",
            "&'a str",
            "&str",
            "[u8; 4]",
            "Option<Box<dyn Fn(u32) -> u32 + Send>>",
            "impl Into<String> + Send",
            "std::io::Result<()>",
            "Result<A, ::b::Error>",
        ];
        for text in types {
            assert_eq!(pretty(&syn::parse_str::<syn::Type>(text).unwrap()), text);
        }
    }
}
