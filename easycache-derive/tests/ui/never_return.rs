use easycache::ecached;

#[ecached("stop:{id}")]
fn stop(id: u64) -> ! {
    panic!("{id}")
}

fn main() {}
