//! What a server says unasked.

use redis::{PushInfo, PushKind, Value, aio::AsyncPushSender};

use crate::watch::Ear;

/// Passes on what is heard. The driver of the connection calls it for each message as it comes, and hands out the answers
/// behind it later: whoever has an answer can be sure that what was said before has been heard.
pub(super) fn sender(ear: Ear) -> impl AsyncPushSender {
    move |push: PushInfo| {
        hear(&ear, &push);
        Ok::<_, ()>(())
    }
}

fn hear(ear: &Ear, push: &PushInfo) {
    if push.kind != PushKind::Invalidate {
        return;
    }
    match &push.data[..] {
        [Value::Array(names)] => names.iter().for_each(|name| lost(ear, name)),
        // Nothing in place of the names: all there were.
        _ => ear.all_lost(),
    }
}

fn lost(ear: &Ear, name: &Value) {
    match name {
        Value::BulkString(bytes) => {
            // What is no text nobody has read.
            if let Ok(name) = std::str::from_utf8(bytes) {
                ear.lost(name);
            }
        }
        Value::SimpleString(name) => ear.lost(name),
        _ => ear.all_lost(),
    }
}
