use easycache::ecached;

#[ecached("user:{id}", tags = ["users", team])]
fn load_user(team: u32, id: u64) -> u64 {
    id + u64::from(team)
}

#[ecached("team:{id}", tags = 7)]
fn load_team(id: u64) -> u64 {
    id
}

fn main() {}
