//! Names as people see them.

use std::{borrow::Cow, ops::RangeInclusive};

/// What a reader does not see, or what turns the text around it: the format characters (Cf), line and paragraph separators
/// (Zl, Zp) and the default ignorable code points of Unicode 16, from `UnicodeData.txt` and `DerivedCoreProperties.txt`; and
/// the empty pattern of Braille.
const HIDDEN: [RangeInclusive<char>; 26] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{600}'..='\u{605}',
    '\u{61c}'..='\u{61c}',
    '\u{6dd}'..='\u{6dd}',
    '\u{70f}'..='\u{70f}',
    '\u{890}'..='\u{891}',
    '\u{8e2}'..='\u{8e2}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{2800}'..='\u{2800}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{110bd}'..='\u{110bd}',
    '\u{110cd}'..='\u{110cd}',
    '\u{13430}'..='\u{1343f}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// How an escape begins.
const ESCAPE: &str = r"\u{";

/// A name as it can be told apart from every other by looking at it: what nobody would see is written as `\u{202e}`.
///
/// That is what has no width, turns the direction of writing, controls a terminal, or is white space at an end or other than
/// a blank. Text that has none of it stays as it is, and two names never look alike for want of an escape: where there is one,
/// a backslash is written twice. For people: programs take the name itself.
///
/// ```
/// use easycache_core::visible;
///
/// assert_eq!(visible("tenant:7|user:42"), "tenant:7|user:42");
/// assert_eq!(visible("user:\u{202e}24 "), r"user:\u{202e}24\u{20}");
/// assert_eq!(visible(r"user:\u{202e}"), r"user:\\u{202e}");
/// ```
#[must_use]
pub fn visible(name: &str) -> Cow<'_, str> {
    let inner = name.len() - name.trim_start_matches(' ').len()..name.trim_end_matches(' ').len();
    if inner == (0..name.len()) && !name.contains(is_hidden) && !name.contains(ESCAPE) {
        return name.into();
    }
    let mut shown = String::with_capacity(2 * name.len());
    for (at, sign) in name.char_indices() {
        match sign {
            '\\' => shown.push_str(r"\\"),
            _ if is_hidden(sign) || !inner.contains(&at) => shown.extend(sign.escape_unicode()),
            _ => shown.push(sign),
        }
    }
    shown.into()
}

fn is_hidden(sign: char) -> bool {
    if sign.is_ascii() {
        return sign.is_ascii_control();
    }
    sign.is_control() || sign.is_whitespace() || HIDDEN.iter().any(|range| range.contains(&sign))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn what_can_be_seen_stays_as_it_is() {
        for name in
            ["", "user:42", "a b  c", r"C:\users", "größe", "e\u{301}t\u{e9}", "名前", "שלום", "🦀", "it's \"so\""]
        {
            assert_eq!(visible(name), name);
        }
    }

    #[test]
    fn what_nobody_sees_is_written_out() {
        for (name, shown) in [
            (" a", r"\u{20}a"),
            ("a  ", r"a\u{20}\u{20}"),
            ("  ", r"\u{20}\u{20}"),
            ("a\u{a0}b", r"a\u{a0}b"),
            ("a\u{3000}", r"a\u{3000}"),
            ("a\n\t\u{1b}[31m\u{85}", r"a\u{a}\u{9}\u{1b}[31m\u{85}"),
            ("admin\u{200b}", r"admin\u{200b}"),
            ("\u{2066}nimda\u{2069}", r"\u{2066}nimda\u{2069}"),
            ("a\u{2028}b\u{2029}c\u{feff}", r"a\u{2028}b\u{2029}c\u{feff}"),
            ("a\u{ad}b\u{e0041}\u{fe0f}", r"a\u{ad}b\u{e0041}\u{fe0f}"),
        ] {
            assert_eq!(visible(name), shown);
        }
    }

    #[test]
    fn no_two_names_look_alike_for_want_of_an_escape() {
        let parts = ["", "\\", "\\\\", r"\u{200b}", "\u{200b}", r"\\u{200b}", "u{200b}", " ", r"\u{20}", "a"];
        let mut seen = HashMap::new();
        for name in
            parts.iter().flat_map(|one| parts.map(|two| parts.map(|three| [one, two, three].concat()))).flatten()
        {
            let shown = visible(&name).into_owned();
            let other = seen.insert(shown.clone(), name.clone());
            assert!(other.is_none_or(|other| other == name), "{shown} are two names");
        }
    }
}
