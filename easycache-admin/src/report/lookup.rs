//! Entries: one by its key, and the keys of all.

use easycache_core::{Explanation, KeyPage};
use serde::Serialize;

use crate::{ask::Ask, trouble::Trouble};

/// What there is to say about one key.
#[derive(Debug, Serialize)]
pub(crate) struct LookUp {
    pub(crate) cache: String,
    pub(crate) key: String,
    /// None if no key was given, or in case of trouble.
    pub(crate) explanation: Option<Explanation>,
    #[serde(skip)]
    pub(crate) trouble: Option<Trouble>,
    #[serde(skip)]
    pub(crate) aliases: Vec<String>,
}

/// Some of the keys.
#[derive(Debug, Serialize)]
pub(crate) struct Listing {
    pub(crate) cache: String,
    /// What they begin with.
    pub(crate) beginning: String,
    #[serde(flatten)]
    pub(crate) page: Option<KeyPage>,
    #[serde(skip)]
    pub(crate) trouble: Option<Trouble>,
    /// Whether it is not the first page.
    #[serde(skip)]
    pub(crate) is_later: bool,
    #[serde(skip)]
    pub(crate) aliases: Vec<String>,
}

/// About how many keys a page has.
const PAGE: u32 = 100;

impl LookUp {
    pub(crate) async fn of(ask: &Ask<'_>) -> Result<Self, Trouble> {
        let fields = ask.query()?;
        let (cache, key) = (ask.alias(&fields)?, fields.get("key").to_owned());
        let aliases = ask.shared.selection.aliases();
        let explained = if key.is_empty() { Ok(None) } else { explain(ask, &cache, &key).await.map(Some) };
        let (explanation, trouble) = apart(explained);
        Ok(Self { cache, key, explanation, trouble, aliases })
    }
}

async fn explain(ask: &Ask<'_>, alias: &str, key: &str) -> Result<Explanation, Trouble> {
    Ok(ask.cache(alias)?.explain(key).await?)
}

impl Listing {
    pub(crate) async fn of(ask: &Ask<'_>) -> Result<Self, Trouble> {
        let fields = ask.query()?;
        let (cache, beginning) = (ask.alias(&fields)?, fields.get("beginning").to_owned());
        let aliases = ask.shared.selection.aliases();
        let (page, trouble) = apart(list(ask, &cache, &beginning, fields.get("next")).await);
        Ok(Self { cache, beginning, page, trouble, is_later: !fields.get("next").is_empty(), aliases })
    }
}

/// One page: nothing is held between two requests, the cursor is in the address.
async fn list(ask: &Ask<'_>, alias: &str, beginning: &str, next: &str) -> Result<Option<KeyPage>, Trouble> {
    let keys = ask.cache(alias)?.keys(beginning).per_page(PAGE);
    let mut keys = if next.is_empty() { keys } else { keys.after(next)? };
    let mut page = keys.next_page().await?;
    if let Some(page) = &mut page {
        page.keys.sort_unstable();
    }
    Ok(page)
}

fn apart<T>(outcome: Result<Option<T>, Trouble>) -> (Option<T>, Option<Trouble>) {
    match outcome {
        Ok(value) => (value, None),
        Err(trouble) => (None, Some(trouble)),
    }
}
