use easycache::ecached;

fn user_key(id: u64) -> String {
    format!("user:{id}")
}

#[ecached(user_key)]
fn load_user(id: u64) -> u64 {
    id
}

fn team_key(id: &u64) -> String {
    format!("team:{id}")
}

#[ecached(team_key)]
fn load_team(tenant: u32, id: u64) -> u64 {
    id + u64::from(tenant)
}

#[ecached(shop_key)]
fn load_shop(id: u64) -> u64 {
    id
}

fn main() {}
