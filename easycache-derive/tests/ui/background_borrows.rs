use std::borrow::Cow;

use easycache::{ecached, ecached_property};

#[ecached("user:{name}", stale_while_revalidate = "1m")]
async fn user(name: &str) -> String {
    name.to_owned()
}

#[ecached("user:{name}", early_refresh)]
fn greeting(name: Cow<'_, str>, others: Vec<&u32>) -> String {
    format!("{name} {others:?}")
}

struct Shop {
    id: u32,
}

impl Shop {
    #[ecached_property("rating:{self.id}", stale_while_revalidate = "1m", stale_if_error = "1h")]
    async fn rating(&self) -> u32 {
        self.id
    }
}

fn main() {}
