//! The parts of URLs that every backend has. No message of an error repeats what may be a password.

use std::{str::FromStr, time::Duration};

use percent_encoding::percent_decode_str;

use crate::error::{Error, ErrorKind, Result};

/// The options of `name=value&…`, decoded, in their order. One without `=` has an empty value.
pub fn options(query: &str) -> impl Iterator<Item = Result<(&str, String)>> {
    query.split('&').filter(|option| !option.is_empty()).map(|option| {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        Ok((name, decode(value)?))
    })
}

/// What percent-encoded text stands for.
pub fn decode(text: &str) -> Result<String> {
    // The text itself stays out of the message: it may be a password.
    let decoded = percent_decode_str(text).decode_utf8();
    Ok(decoded.map_err(|_not_text| invalid("what is percent-encoded in the URL is not UTF-8"))?.into_owned())
}

/// The duration that an option is, like `500ms`.
pub fn span(name: &str, value: &str) -> Result<Duration> {
    humantime::parse_duration(value)
        .map_err(|wrong| invalid(format!("{name}={value} is not a duration ({wrong}): write it like 500ms or 2s")))
}

/// The number that an option is.
pub fn number<N: FromStr>(name: &str, value: &str) -> Result<N> {
    value.parse().map_err(|_wrong| invalid(format!("{name}={value} is not a number in range: write {name}=2")))
}

/// Whether an option is `on`, the word that switches it on, or `off`.
pub fn switch(name: &str, value: &str, on: &str) -> Result<bool> {
    match value {
        "off" => Ok(false),
        _ if value == on => Ok(true),
        _ => Err(invalid(format!("{name}={value} is not known: write {name}={on} or {name}=off"))),
    }
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidConfig, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded_and_the_rest_stays() {
        for (text, expected) in
            [("a%2Fb%3a:c", "a/b::c"), ("%", "%"), ("%2", "%2"), ("%zz%20", "%zz "), ("%C3%BC", "ü")]
        {
            assert_eq!(decode(text).unwrap(), expected);
        }
        assert!(decode("%ff").unwrap_err().to_string().contains("UTF-8"));
    }

    #[test]
    fn options_have_names_and_values() {
        let all = options("a=1&&b&c=%3D=").collect::<Result<Vec<_>>>().unwrap();
        assert_eq!(all, [("a", "1".to_owned()), ("b", String::new()), ("c", "==".to_owned())]);
        assert_eq!(span("x", "250ms").unwrap(), Duration::from_millis(250));
        assert_eq!(number::<u16>("x", "7").unwrap(), 7);
        assert!(switch("x", "on", "on").unwrap() && !switch("x", "off", "on").unwrap());
        for error in [span("x", "soon").unwrap_err(), number::<u8>("x", "300").unwrap_err()] {
            assert!(error.to_string().starts_with("x="), "{error}");
        }
        assert!(switch("x", "yes", "on").unwrap_err().to_string().contains("x=on"));
    }
}
