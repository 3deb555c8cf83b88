use easycache::invalidates;

#[invalidates]
fn remove_user(id: u64) -> u64 {
    id
}

#[invalidates(alias = "main")]
fn remove_team(id: u64) -> u64 {
    id
}

fn main() {}
