//! What reads have seen, for the acquisitions that follow them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How many values are remembered at most. A power of two.
const PLACES: usize = 1024;

/// In which state of its item a value was last seen, by the id of the value.
///
/// Who finds that a value is outdated gets the lease of just that state. If it is not remembered, for others have been seen
/// since, it has to be looked up: one more round trip. It is a hint: a wrong one is refused by the server.
#[derive(Debug)]
pub(crate) struct Recall {
    places: Box<[Place]>,
}

#[derive(Debug, Default)]
struct Place {
    id: AtomicU64,
    cas: AtomicU64,
}

impl Recall {
    pub(crate) fn new() -> Self {
        Self { places: (0..PLACES).map(|_| Place::default()).collect() }
    }

    /// The value with that id is in this state; none: in one that nobody may take a lease of.
    pub(crate) fn note(&self, id: [u8; 8], cas: Option<u64>) {
        let place = self.place(id);
        place.id.store(u64::from_ne_bytes(id), Relaxed);
        place.cas.store(cas.unwrap_or_default(), Relaxed);
    }

    /// The state that it was last seen in.
    pub(crate) fn of(&self, id: [u8; 8]) -> Option<u64> {
        let place = self.place(id);
        let cas = place.cas.load(Relaxed);
        (cas != 0 && place.id.load(Relaxed) == u64::from_ne_bytes(id)).then_some(cas)
    }

    /// Ids are random.
    fn place(&self, id: [u8; 8]) -> &Place {
        &self.places[usize::from(u16::from_le_bytes([id[0], id[1]])) % PLACES]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_state_of_a_value_is_remembered_until_another_takes_its_place() {
        let recall = Recall::new();
        assert_eq!(recall.of([0; 8]), None);
        recall.note(*b"blob-id1", Some(7));
        recall.note(*b"glob-id1", Some(8));
        assert_eq!((recall.of(*b"blob-id1"), recall.of(*b"glob-id1")), (Some(7), Some(8)));
        recall.note(*b"blob-id1", Some(9));
        assert_eq!(recall.of(*b"blob-id1"), Some(9));
        recall.note(*b"blob-id1", None);
        assert_eq!(recall.of(*b"blob-id1"), None);
        recall.note(*b"blob-id2", Some(10));
        assert_eq!(recall.of(*b"blob-id1"), None, "they share a place");
    }
}
