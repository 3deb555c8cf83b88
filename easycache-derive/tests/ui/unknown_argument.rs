use easycache::ecached;

#[ecached("user:{id}", prefx = "tenant:7")]
fn load_user(id: u64) -> u64 {
    id
}

#[ecached("team:{id}", color = "green")]
fn load_team(id: u64) -> u64 {
    id
}

fn main() {
    load_user(1);
    load_team(1);
}
