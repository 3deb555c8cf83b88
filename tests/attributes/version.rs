use easycache::ecached;

use crate::support::Calls;

static CALLS: Calls = Calls::new();

mod old {
    #[easycache::ecached("version:{id}", version = 1, shared)]
    pub fn load(id: u32) -> u32 {
        id + super::CALLS.count() * 100
    }
}

mod new {
    #[easycache::ecached("version:{id}", version = 2, shared)]
    pub fn load(id: u32) -> u32 {
        id + super::CALLS.count() * 100
    }
}

#[test]
fn a_value_of_another_version_is_a_miss() {
    let first = old::load(1);
    assert_eq!(old::load(1), first);
    let second = new::load(1);
    assert_ne!(second, first);
    assert_eq!(new::load(1), second);
    assert_ne!(old::load(1), first, "there is one entry, and it was replaced");
}

#[test]
fn a_value_of_another_schema_is_a_miss() {
    #[ecached("schema:{id}", schema = "meters/1", shared)]
    fn meters(id: u32) -> u32 {
        id
    }
    #[ecached("schema:{id}", schema = "feet/1", shared)]
    fn feet(id: u32) -> u32 {
        id * 3
    }
    assert_eq!((meters(1), feet(1), meters(1)), (1, 3, 1));
}

#[test]
fn a_value_of_another_type_is_a_miss() {
    #[ecached("version-type:{id}", shared)]
    fn number(id: u32) -> u32 {
        id
    }
    #[ecached("version-type:{id}", shared)]
    fn text(id: u32) -> String {
        id.to_string()
    }
    assert_eq!((number(1), text(1), number(1)), (1, "1".to_owned(), 1));
}
