use easycache::ecached;

struct Counter {
    id: u32,
    count: u64,
}

impl Counter {
    #[ecached("counter:{self.id}")]
    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }
}

fn main() {
    Counter { id: 1, count: 0 }.next();
}
