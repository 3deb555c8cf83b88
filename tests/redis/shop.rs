//! The functions under test, as anyone would write them: nothing in here knows where values are kept.

use easycache::{ecached, ecached_defaults, ecached_property, invalidates, tag};
use serde::{Deserialize, Serialize};

use crate::support::Calls;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    pub id: u32,
    pub title: String,
    pub prices: Vec<u64>,
    pub note: Option<String>,
}

impl Book {
    pub fn new(id: u32, price: u64) -> Self {
        Self {
            id,
            title: format!("Volume {id:03}"),
            prices: vec![price; 3],
            note: id.is_multiple_of(2).then(|| "ü".repeat(9)),
        }
    }
}

#[ecached("sync:{id}", ttl = "1h", tags = ["books", "shelf:{shelf}"], prefix = "shop:{shop}", alias = "shop")]
pub fn book(calls: &Calls, shop: u32, shelf: u32, id: u32) -> Book {
    Book::new(id + shop + shelf, calls.count().into())
}

#[ecached("async:{id}", ttl = "1h", tags = ["books", "shelf:{shelf}"], prefix = "shop:{shop}", alias = "shop")]
pub async fn book_async(calls: &Calls, shop: u32, shelf: u32, id: u32) -> Result<Book, String> {
    tokio::task::yield_now().await;
    let count = calls.count().into();
    if id == 0 { Err(format!("no book {id}")) } else { Ok(Book::new(id + shop + shelf, count)) }
}

#[ecached("title:{id}", cache_none = "1h", alias = "shop")]
pub fn title(calls: &Calls, id: u32) -> Option<String> {
    calls.count();
    (id > 0).then(|| format!("Volume {id}"))
}

/// Its key is the function and what is in the list.
#[ecached([ids], alias = "shop", tags_from = |value| value.iter().map(|book| tag!("book:{book.id}")))]
pub async fn list(calls: &Calls, ids: &[u32]) -> Vec<Book> {
    let price = calls.count().into();
    ids.iter().map(|id| Book::new(*id, price)).collect()
}

pub struct Shop {
    pub id: u32,
    pub calls: Calls,
}

#[ecached_defaults(prefix = "shop:{self.id}/desk", ttl = "1h", alias = "shop")]
impl Shop {
    #[ecached("goods:{page}")]
    pub fn goods(&self, page: u32) -> Vec<u32> {
        vec![self.id, page, self.calls.count()]
    }

    #[ecached_property("visitors")]
    pub async fn visitors(&self) -> Result<u32, std::io::Error> {
        Ok(self.calls.count())
    }

    #[invalidates(prefix = "shop:{self.id}")]
    pub fn close(&mut self, well: bool) -> Result<(), String> {
        self.calls = self.calls.clone();
        if well { Ok(()) } else { Err("somebody is still in there".to_owned()) }
    }

    #[invalidates(tags = ["book:{id}", "shelf:{id}"], key = "shop:{self.id}/desk|goods:{id}")]
    pub async fn sell(&self, id: u32) {
        let _ = id;
        tokio::task::yield_now().await;
    }
}
