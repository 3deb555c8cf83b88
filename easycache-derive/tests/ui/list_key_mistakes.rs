use easycache::ecached;

#[ecached(["id"])]
fn load_user(id: u64) -> u64 {
    id
}

#[ecached([team])]
fn load_team(id: u64) -> u64 {
    id
}

#[ecached([id + 1])]
fn load_shop(id: u64) -> u64 {
    id
}

fn main() {}
