use easycache::ecached;

use crate::support::Calls;

static CALLS: Calls = Calls::new();

#[ecached("sync:{id}", prefix = "sync-p", tags = ["sync-t:{team}"], tags_from = |value, name| [format!("sync-v:{value}:{name}")], ttl = "1m")]
fn load(id: u32, team: u32, name: &str) -> Result<u32, std::num::ParseIntError> {
    let _ = (id, team);
    let number: u32 = name.parse()?;
    if number == 9 {
        return Ok(0);
    }
    Ok(number + CALLS.count())
}

#[test]
fn companions_of_a_sync_function_are_sync() {
    assert_eq!((load(1, 1, "1"), load(1, 1, "1")), (Ok(2), Ok(2)));
    load::invalidate_by_tags(1).unwrap();
    assert_eq!(load(1, 1, "1"), Ok(3));
    load::invalidate_by_key(1).unwrap();
    assert_eq!(load(1, 1, "1"), Ok(4));
    load::invalidate_by_prefix().unwrap();
    assert_eq!(load::refresh(1, 1, "1"), Ok(5));
    assert_eq!(load::entry(1, 1, "1").peek().unwrap(), Some(5));
    easycache::blocking::invalidate_tags(["sync-v:5:1"]).unwrap();
    assert_eq!(load(1, 1, "1"), Ok(6));
    load(2, 1, "x").unwrap_err();
    assert_eq!(load(3, 1, "9"), Ok(0));
}

#[tokio::test]
async fn a_sync_function_works_inside_of_a_runtime() {
    assert_eq!(load(7, 7, "9"), Ok(0));
}
