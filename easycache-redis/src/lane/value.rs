//! What comes back.

use bytes::Bytes;
use redis::Value;

use crate::reply::{Reply, ServerError};

/// The answer, in our own words.
pub(super) fn reply(value: Value) -> Reply {
    match value {
        Value::Nil => Reply::Nil,
        Value::Okay => Reply::Okay,
        Value::Int(number) => Reply::Int(number),
        Value::Boolean(flag) => Reply::Int(flag.into()),
        Value::BulkString(bytes) | Value::BigNumber(bytes) => Reply::Bytes(bytes.into()),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Reply::Bytes(text.into()),
        Value::Double(number) => Reply::Bytes(number.to_string().into()),
        Value::Array(values) | Value::Set(values) | Value::Push { data: values, .. } => {
            Reply::List(values.into_iter().map(reply).collect())
        }
        Value::Map(pairs) => {
            Reply::List(pairs.into_iter().flat_map(|(key, value)| [reply(key), reply(value)]).collect())
        }
        Value::Attribute { data, .. } => reply(*data),
        Value::ServerError(error) => {
            Reply::Error(ServerError { code: error.code().into(), detail: error.details().unwrap_or_default().into() })
        }
        // What a later version of the crate may know; we ask for nothing that is answered so.
        other => Reply::Bytes(Bytes::from(format!("{other:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Reply {
        Reply::Bytes(text.to_owned().into())
    }

    #[test]
    fn answers_of_either_version_of_the_protocol_are_the_same() {
        let pair = || (Value::SimpleString("save".into()), Value::BulkString(b"60 1".to_vec()));
        let (key, value) = pair();
        assert_eq!(reply(Value::Array(vec![key, value])), Reply::List(vec![text("save"), text("60 1")]));
        assert_eq!(reply(Value::Map(vec![pair()])), Reply::List(vec![text("save"), text("60 1")]));
        let format = redis::VerbatimFormat::Text;
        assert_eq!(reply(Value::VerbatimString { format, text: "info".into() }), text("info"));
        assert_eq!(reply(Value::Boolean(true)), Reply::Int(1));
        let attribute = Value::Attribute { data: Box::new(Value::Int(7)), attributes: vec![pair()] };
        assert_eq!(reply(attribute), Reply::Int(7));
    }
}
