use easycache::ecached;

struct Filter {
    country: u32,
}

#[ecached([filter, page])]
fn count(filter: &Filter, page: u32) -> u64 {
    u64::from(filter.country + page)
}

fn main() {}
