//! What stands in a file, whatever it is.
//!
//! Nothing here fails: parsers of files print the line of an error, and there may be a password in it. What is wrong is told
//! later, by errors of ours.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

/// A value of a file.
#[derive(Clone)]
pub(super) enum Given {
    /// A text, or a number or a switch as one.
    Text(String),
    /// In the order of the file.
    Table(Vec<(String, Self)>),
    List,
    Nothing,
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

/// Whatever can be written as a text.
macro_rules! texts {
    ($($visit:ident: $type:ty),*) => {$(
        fn $visit<E>(self, value: $type) -> Result<Given, E> {
            Ok(Given::Text(value.to_string()))
        }
    )*};
}

impl<'de> Visitor<'de> for Anything {
    type Value = Given;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("caches by name")
    }

    texts!(visit_i64: i64, visit_i128: i128, visit_u64: u64, visit_u128: u128, visit_f64: f64, visit_str: &str);

    /// As URLs have it.
    fn visit_bool<E>(self, value: bool) -> Result<Given, E> {
        Ok(Given::Text(if value { "on" } else { "off" }.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Given, E> {
        Ok(Given::Nothing)
    }

    fn visit_none<E>(self) -> Result<Given, E> {
        Ok(Given::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Given, D::Error> {
        Given::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Given, A::Error> {
        while list.next_element::<Given>()?.is_some() {}
        Ok(Given::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Given, A::Error> {
        let mut table = Vec::new();
        while let Some(entry) = map.next_entry()? {
            table.push(entry);
        }
        Ok(Given::Table(table))
    }
}
