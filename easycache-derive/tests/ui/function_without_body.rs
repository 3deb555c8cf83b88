use easycache::ecached;

trait Users {
    #[ecached("user:{id}")]
    fn load_user(&self, id: u64) -> u64;
}

fn main() {}
