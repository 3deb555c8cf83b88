//! The parts of URLs that every backend has. No message of an error repeats what may be a password.

use std::{str::FromStr, time::Duration};

use percent_encoding::percent_decode_str;

use crate::error::{Error, ErrorKind, Result};

/// Refuses a URL (what follows its `://`) that would be taken apart at a sign that is likely to be a password's. Comes
/// before everything else that is said of it: other messages repeat what they take for a host or an option.
pub fn check(rest: &str) -> Result<()> {
    if rest.contains('#') {
        return Err(invalid("there is a # in the URL: write it as %23"));
    }
    if rest.contains(|sign: char| sign.is_whitespace() || sign.is_control()) {
        return Err(invalid("there is white space in the URL: leave it out, or write a space as %20"));
    }
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    if query.contains('@') {
        let message = "there is an @ behind the ? of the URL: write a ? that belongs to a password as %3F, and an @ that \
                       belongs to an option as %40";
        return Err(invalid(message));
    }
    // A place that begins with a / is a path alone, without a login.
    let login = place.rfind('@').map_or("", |at| &place[..at]);
    if login.contains('/') && !login.starts_with('/') {
        return Err(invalid("there is a / in the user or the password of the URL: write it as %2F"));
    }
    check_escapes("in the user or the password", login)?;
    check_escapes("behind the login", &rest[login.len()..])
}

/// Refuses a `%` that begins no escape: what was meant is anybody's guess, and a login with the wrong one fails at the server.
fn check_escapes(whereabouts: &str, text: &str) -> Result<()> {
    let is_digit = |digit: Option<&u8>| digit.is_some_and(u8::is_ascii_hexdigit);
    let whole = |(at, _): (usize, &str)| is_digit(text.as_bytes().get(at + 1)) && is_digit(text.as_bytes().get(at + 2));
    if text.match_indices('%').all(whole) {
        return Ok(());
    }
    let message = format!(
        "there is a % {whereabouts} of the URL without two hexadecimal digits behind it: a % itself is written %25"
    );
    Err(invalid(message))
}

/// Hands over the options of `name=value&…`, decoded, in their order. One without `=` has an empty value.
///
/// # Errors
///
/// The first that `take` returns, or that of a value which is not UTF-8; behind a password as [`Secrets`] tells it.
pub fn options(query: &str, mut take: impl FnMut(&str, String) -> Result<()>) -> Result<()> {
    let mut secrets = Secrets::default();
    query.split('&').filter(|option| !option.is_empty()).try_for_each(|option| {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        secrets.guard(name, decode(value).and_then(|value| take(name, value)))
    })
}

/// What parts of names say that the value must not be printed.
const SECRET: [&str; 4] = ["password", "passwd", "secret", "token"];

/// Keeps the rest of a password out of messages: where an `&` was not encoded, what follows it looks like an option.
#[derive(Clone, Copy, Debug, Default)]
pub struct Secrets<'a> {
    before: Option<&'a str>,
}

impl<'a> Secrets<'a> {
    /// Passes on what has become of the option of that name. Where one with a password came before it, an error repeats
    /// neither name nor value, and says what to do about the `&`.
    ///
    /// # Errors
    ///
    /// The one given, or one of kind [`InvalidConfig`](ErrorKind::InvalidConfig) in its place.
    pub fn guard<T>(&mut self, name: &'a str, read: Result<T>) -> Result<T> {
        let read = match self.before {
            Some(secret) => read.map_err(|_may_repeat_it| cut_off(secret)),
            None => read,
        };
        if SECRET.iter().any(|word| name.contains(word)) {
            self.before.get_or_insert(name);
        }
        read
    }
}

fn cut_off(secret: &str) -> Error {
    invalid(format!(
        "something behind the option {secret} is no option that can be used, and is not repeated, for it may belong to \
         {secret}: write an & in its value as %26, and {secret} as the last option to be told what is wrong with another"
    ))
}

/// What percent-encoded text stands for.
pub fn decode(text: &str) -> Result<String> {
    // The text itself stays out of the message: it may be a password.
    let decoded = percent_decode_str(text).decode_utf8();
    Ok(decoded.map_err(|_not_text| invalid("what is percent-encoded in the URL is not UTF-8"))?.into_owned())
}

/// The duration that an option is, like `500ms`. It has a unit: what is waited for is thought of in milliseconds by one and
/// in seconds by another.
pub fn span(name: &str, value: &str) -> Result<Duration> {
    humantime::parse_duration(value).map_err(|_wrong| {
        invalid(format!("{name}={value} is not a duration: write a number and a unit, like 500ms or 10m"))
    })
}

/// The time to live that an option is, like `10m`. A number alone is seconds, as everywhere else where a ttl is said.
pub fn ttl(name: &str, value: &str) -> Result<Duration> {
    let seconds = Duration::try_from_secs_f64(value.parse().unwrap_or(f64::NAN));
    seconds.or_else(|_no_number| span(name, value))
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
    fn signs_that_may_be_of_a_password_are_refused_before_anything_is_repeated() {
        for (rest, words) in [
            (":s3#cret@host", "write it as %23"),
            (":s3 cret@host", "white space"),
            ("host\n", "white space"),
            (":s3/cret@host/2", "write it as %2F"),
            (":s3?cret@host", "write a ? that belongs to a password as %3F"),
            (":s3?cr=et@host", "write a ? that belongs to a password as %3F"),
            ("host?namespace=a@b", "an @ that belongs to an option as %40"),
            (":s3%zzcret@host", "a % in the user or the password of the URL without two hexadecimal digits"),
            ("s3%4cret:a%2@host", "is written %25"),
            (":cret%@host", "is written %25"),
            ("host?namespace=a%2xcret", "a % behind the login of the URL"),
        ] {
            let complaint = check(rest).unwrap_err().to_string();
            assert!(complaint.contains(words) && !complaint.contains("cret"), "{rest}: {complaint}");
        }
        for rest in ["", "me:a@b@host,host:1/2?a=b/c:d,?", "/path/me@home", "host/a", "me%3a:%25zz@host?a=%C3%bc"] {
            check(rest).unwrap();
        }
    }

    #[test]
    fn what_may_be_the_rest_of_a_password_is_not_repeated() {
        let read = |query| {
            let take =
                |name: &str, value: String| if value == "ok" { Ok(()) } else { switch(name, &value, "on").map(drop) };
            options(query, take).map_err(|error| error.to_string())
        };
        for query in [
            "a_password=ok&s3cret",
            "a_password=ok&b=s3cret",
            "token=ok&b=ok&s3cret=%ff",
            "password=ok&a_password=s3cret",
        ] {
            let complaint = read(query).unwrap_err();
            assert!(complaint.contains("%26") && !complaint.contains("s3cret"), "{query}: {complaint}");
        }
        assert_eq!(read("a_password=ok&b=ok"), Ok(()));
        assert!(read("b=wrong&a_password=ok").unwrap_err().starts_with("b=wrong is not known"));
    }

    #[test]
    fn options_have_names_and_values() {
        let mut all = Vec::new();
        let collect = |name: &str, value| {
            all.push((name.to_owned(), value));
            Ok(())
        };
        options("a=1&&b&c=%3D=", collect).unwrap();
        let all = all.iter().map(|(name, value)| (&**name, value.clone())).collect::<Vec<_>>();
        assert_eq!(all, [("a", "1".to_owned()), ("b", String::new()), ("c", "==".to_owned())]);
        assert_eq!(span("x", "250ms").unwrap(), Duration::from_millis(250));
        assert_eq!(number::<u16>("x", "7").unwrap(), 7);
        assert!(switch("x", "on", "on").unwrap() && !switch("x", "off", "on").unwrap());
        for (text, millis) in [("90", 90_000), ("0.2", 200), ("1m 30s", 90_000)] {
            assert_eq!(ttl("x", text).unwrap(), Duration::from_millis(millis), "{text}");
        }
        for wrong in ["", "soon", "-1", "nan", "inf", "5 parsecs"] {
            assert!(ttl("x", wrong).unwrap_err().to_string().contains("like 500ms or 10m"), "{wrong}");
        }
        for wrong in ["200", "0.2"] {
            assert!(span("x", wrong).unwrap_err().to_string().contains("like 500ms or 10m"), "{wrong}");
        }
        for error in [span("x", "soon").unwrap_err(), number::<u8>("x", "300").unwrap_err()] {
            assert!(error.to_string().starts_with("x="), "{error}");
        }
        assert!(switch("x", "yes", "on").unwrap_err().to_string().contains("x=on"));
    }
}
