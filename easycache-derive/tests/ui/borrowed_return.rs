use easycache::ecached;

#[ecached("first:{text}")]
fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or(text)
}

#[ecached("maybe:{text}")]
fn maybe<'a>(text: &'a str) -> Option<std::borrow::Cow<'a, str>> {
    Some(text.into())
}

fn main() {}
