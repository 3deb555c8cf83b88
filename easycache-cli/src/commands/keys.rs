//! The keys that there are.

use easycache::{Cache, KeyPage, ListedKey, visible};

use crate::{Exit, args::Which, failure::Failure, out::Out};

/// How many are asked for at a time.
const PAGE: u32 = 1000;

/// Prints them as they come: no more than a page is held.
pub(crate) fn keys(cache: &Cache, which: &Which, out: &mut Out) -> Result<Exit, Failure> {
    let beginning = which.begin.as_deref().or(which.prefix.as_deref()).unwrap_or_default();
    let mut pages = cache.blocking().keys(beginning).per_page(PAGE);
    // Nothing is printed of a list that cannot be had.
    let first = pages.next().transpose()?;
    let mut list = List::begin(which.limit.unwrap_or(usize::MAX), out)?;
    let listed = list.walk(first.map(Ok).into_iter().chain(pages), which, out);
    // What was printed is whole in any case, and in this one not all.
    list.more |= listed.is_err();
    list.end(out)?;
    out.flush()?;
    listed.map(|()| Exit::Yes)
}

struct List {
    count: usize,
    limit: usize,
    /// Whether there are more than were told.
    more: bool,
}

impl List {
    fn begin(limit: usize, out: &mut Out) -> Result<Self, Failure> {
        if out.is_json() {
            out.text("{\"keys\":[")?;
        }
        Ok(Self { count: 0, limit, more: false })
    }

    fn walk(
        &mut self,
        pages: impl Iterator<Item = easycache::Result<KeyPage>>,
        which: &Which,
        out: &mut Out,
    ) -> Result<(), Failure> {
        for page in pages {
            self.add(page?.keys.iter().filter(|listed| which.has(listed)), out)?;
            // Who reads along sees them soon; and whether anybody does is noticed.
            out.flush()?;
            if self.more || out.is_unread() {
                break;
            }
        }
        Ok(())
    }

    fn add<'a>(&mut self, keys: impl Iterator<Item = &'a ListedKey>, out: &mut Out) -> Result<(), Failure> {
        for key in keys {
            if self.count == self.limit {
                self.more = true;
                break;
            }
            if out.is_json() {
                let comma = if self.count == 0 { "" } else { "," };
                out.text(format_args!("{comma}{}", serde_json::to_string(key)?))?;
            } else {
                out.line(visible(&key.key))?;
            }
            self.count += 1;
        }
        Ok(())
    }

    fn end(&self, out: &mut Out) -> Result<(), Failure> {
        if out.is_json() { out.line(format_args!("],\"more\":{}}}", self.more)) } else { Ok(()) }
    }
}

impl Which {
    /// Whether it is one of those: `tenant:71` begins as `tenant:7` does, and is another prefix.
    fn has(&self, listed: &ListedKey) -> bool {
        let Some(prefix) = self.prefix.as_deref().filter(|prefix| !prefix.is_empty()) else { return true };
        let behind = listed.key.strip_prefix(prefix);
        // A level of a prefix goes on with `/`, and what has no prefix may have that in it, too.
        behind.is_some_and(|behind| behind.starts_with('|') || (behind.starts_with('/') && behind.contains('|')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_whole_levels() {
        let which = Which { prefix: Some("tenant:7".into()), begin: None, limit: None };
        let list = [
            ("tenant:7|a", true),
            ("tenant:7/shop:1|a", true),
            ("tenant:71|a", false),
            ("tenant:7", false),
            ("tenant:7/a", false),
        ];
        for (key, expected) in list {
            assert_eq!(which.has(&listed(key)), expected, "{key}");
        }
    }

    fn listed(key: &str) -> ListedKey {
        let cache = Cache::builder().build().unwrap();
        cache.blocking().set(key, 1, easycache::Policy::new()).unwrap();
        cache.blocking().keys("").next().unwrap().unwrap().keys.remove(0)
    }
}
