//! What there is to say about one entry.

use easycache::Cache;

use crate::{Exit, failure::Failure, out::Out};

pub(crate) fn explain(cache: &Cache, key: &str, out: &mut Out) -> Result<Exit, Failure> {
    let explained = cache.blocking().explain(key)?;
    if out.is_json() {
        out.line(serde_json::to_string(&explained)?)?;
    } else {
        out.told(&explained)?;
    }
    Ok(if explained.misses.is_none() { Exit::Yes } else { Exit::No })
}
