use easycache::ecached;

#[ecached("user:{user_id}", tags = ["team:{taem}"])]
fn load_user(team: u32, id: u64) -> u64 {
    id + u64::from(team)
}

#[ecached("settings:{id}")]
fn load_settings() -> u64 {
    1
}

fn main() {
    load_user(1, 2);
    load_settings();
}
