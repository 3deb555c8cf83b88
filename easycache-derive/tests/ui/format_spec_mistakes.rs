use easycache::ecached;

#[ecached("user:{id:q}")]
fn load_user(id: u64) -> u64 {
    id
}

#[ecached("team:{id:width$}")]
fn load_team(id: u64) -> u64 {
    id
}

#[ecached("shop:{id:.*}")]
fn load_shop(id: u64) -> u64 {
    id
}

fn main() {}
