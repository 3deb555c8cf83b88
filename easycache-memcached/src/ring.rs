//! Which server keeps what.

/// Rendezvous hashing: a name belongs to the server that gives the highest number together with it. When a server is
/// added or taken away, only what belongs to that one moves.
///
/// Every process has to come to the same result, so that nothing here may ever change.
#[derive(Debug)]
pub(crate) struct Ring {
    seeds: Vec<u64>,
}

impl Ring {
    /// Of servers that are called that. There is one at least.
    pub(crate) fn new(servers: impl IntoIterator<Item = String>) -> Self {
        Self { seeds: servers.into_iter().map(|server| hash(&server)).collect() }
    }

    /// The number of the server that keeps what has that name.
    pub(crate) fn home(&self, name: &str) -> usize {
        if self.seeds.len() == 1 {
            return 0;
        }
        let name = hash(name);
        // The seed decides where two numbers are the same, and not the order in which the servers are named.
        let best = self.seeds.iter().enumerate().max_by_key(|(_, seed)| (mix(name ^ **seed), **seed));
        best.map_or(0, |(number, _)| number)
    }
}

fn hash(text: &str) -> u64 {
    let hash = blake3::hash(text.as_bytes());
    u64::from_le_bytes(*hash.as_bytes().first_chunk().expect("a hash has 32 bytes"))
}

/// The last step of `SplitMix64`: every bit of the input changes half of the bits of the output.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(servers: &[&str]) -> Ring {
        Ring::new(servers.iter().map(|server| (*server).to_owned()))
    }

    fn homes<'a>(servers: &[&'a str]) -> Vec<&'a str> {
        let ring = ring(servers);
        (0..3000).map(|name| servers[ring.home(&format!("ec:v:{{{name}}}"))]).collect()
    }

    #[test]
    fn every_server_has_its_share() {
        let homes = homes(&["a:1", "b:1", "c:1"]);
        for server in ["a:1", "b:1", "c:1"] {
            let share = homes.iter().filter(|home| **home == server).count();
            assert!((900..1100).contains(&share), "{server} has {share}");
        }
    }

    #[test]
    fn the_order_in_which_servers_are_named_does_not_matter() {
        assert_eq!(homes(&["a:1", "b:1", "c:1"]), homes(&["c:1", "a:1", "b:1"]));
    }

    #[test]
    fn only_what_belongs_to_a_server_moves_when_it_is_taken_away() {
        let (three, two) = (homes(&["a:1", "b:1", "c:1"]), homes(&["a:1", "b:1"]));
        let moved = three.iter().zip(&two).filter(|(before, after)| before != after);
        assert!(moved.clone().count() > 900);
        assert!(moved.clone().all(|(before, _)| *before == "c:1"));
    }

    #[test]
    fn it_is_the_same_in_every_process_and_version() {
        let ring = ring(&["cache-1:11211", "cache-2:11211", "cache-3:11211"]);
        let homes = ["ec:n", "ec:t:users", "ec:p:shop", "ec:v:{user%3A1}", "ec:v:{user%3A2}", "ec:v:{user%3A3}"];
        assert_eq!(homes.map(|name| ring.home(name)), [0, 1, 1, 2, 2, 2]);
    }
}
