use easycache::ecached;

#[ecached("user:{id}", tags = |taem| [format!("team:{taem}")])]
fn load_user(team: u32, id: u64) -> u64 {
    id + u64::from(team)
}

#[ecached("team:{id}", tags_from = |result| [format!("team:{result}")])]
fn load_team(id: u64) -> u64 {
    id
}

fn main() {}
