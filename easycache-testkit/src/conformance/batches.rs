//! Answers: a method on several items.

use easycache_core::{Acquire, Acquired, Fill, Filled, Names, On, Read, Target, Want};

use super::subject::{LONG, Subject, all, fill, foreign, granted, value};

fn acquire(names: &Names) -> Acquire {
    Acquire { names: names.clone(), on: On::Miss(None), lease: LONG, keep: LONG }
}

fn peek(names: &Names) -> Read {
    Read { names: names.clone(), want: Want::Peek, left: false }
}

/// Acquires and fills all of these, each with its position as the payload.
async fn store_all(it: &Subject, names: &[Names]) -> Vec<Fill> {
    let acquires = names.iter().map(acquire).collect::<Vec<_>>();
    let grants = all(it.backend().acquire(&acquires, Subject::deadline()).await).into_iter().map(granted);
    let numbered = names.iter().zip(grants).enumerate();
    let fills = numbered.map(|(i, (names, grant))| fill(names, grant, i.to_string().as_bytes())).collect::<Vec<_>>();
    assert_eq!(all(it.backend().fill(&fills, Subject::deadline()).await), vec![Filled::Stored; names.len()]);
    fills
}

async fn peek_all(it: &Subject, names: &[Names]) -> Vec<Option<Vec<u8>>> {
    let reads = names.iter().map(peek).collect::<Vec<_>>();
    let seen = all(it.backend().read(&reads, Subject::deadline()).await);
    seen.iter().map(|seen| super::subject::served(seen).map(Vec::from)).collect()
}

pub async fn answers_come_in_the_order_of_the_items(it: Subject) {
    let names = ["c", "a", "d", "b"].map(|key| it.names(key, &[key, "shared"]));
    store_all(&it, &names).await;
    let expected = (0..4).map(|i: usize| Some(i.to_string().into_bytes())).collect::<Vec<_>>();
    assert_eq!(peek_all(&it, &names).await, expected);
    let absent = it.names("absent", &[]);
    let [c, a, d, b] = names;
    let [zero, one, two, three] = <[_; 4]>::try_from(expected).expect("there are four");
    assert_eq!(peek_all(&it, &[b.clone(), absent.clone(), a, c, d]).await, [three, None, one, zero, two]);
    let told = it.invalidate(&[value(&absent), value(&b)]).await;
    assert!(told[1] && (!told[0] || !it.caps().lease));
}

pub async fn nothing_is_answered_where_nothing_is_asked(it: Subject) {
    let backend = it.backend();
    assert!(backend.read(&[], Subject::deadline()).await.is_empty());
    assert!(backend.acquire(&[], Subject::deadline()).await.is_empty());
    assert!(backend.fill(&[], Subject::deadline()).await.is_empty());
    assert!(backend.invalidate(&[], Subject::deadline()).await.is_empty());
}

pub async fn the_same_item_twice_is_answered_twice(it: Subject) {
    let names = it.names("k", &["a"]);
    let acquires = [acquire(&names), acquire(&names)];
    let answers = all(it.backend().acquire(&acquires, Subject::deadline()).await);
    let [one, other] = <[_; 2]>::try_from(answers).expect("two items have two answers").map(granted);
    assert_eq!((one.versions.clone(), one.token.clone()), (other.versions.clone(), other.token.clone()));
    assert!(one.leads != other.leads || !it.caps().lease, "one of them leads");
    let fills = [fill(&names, one, b"first"), fill(&names, other, b"second")];
    let filled = all(it.backend().fill(&fills, Subject::deadline()).await);
    let stored = filled.iter().filter(|filled| **filled == Filled::Stored).count();
    assert_eq!((filled.len(), stored), (2, if it.caps().lease { 1 } else { 2 }));
    let served = peek_all(&it, &[names.clone(), names.clone()]).await;
    assert!(served[0].is_some() && served[0] == served[1]);
    let told = it.invalidate(&[value(&names), value(&names), Target::Stamp(it.stamp("a"))]).await;
    assert_eq!(told.len(), 3);
    assert_eq!(it.served(&names).await, None);
}

pub async fn hundreds_of_items_are_answered_at_once(it: Subject) {
    let names = (0..300).map(|i| it.names(&format!("k{i}"), &[&format!("t{}", i % 7), "all"])).collect::<Vec<_>>();
    store_all(&it, &names).await;
    for (i, served) in peek_all(&it, &names).await.into_iter().enumerate() {
        assert_eq!(served, Some(i.to_string().into_bytes()));
    }
    let (targets, rest) = names.split_at(200);
    it.invalidate(&targets.iter().map(value).collect::<Vec<_>>()).await;
    assert!(peek_all(&it, targets).await.iter().all(Option::is_none));
    assert!(peek_all(&it, rest).await.iter().all(Option::is_some));
}

pub async fn one_that_fails_fails_alone(it: Subject) {
    let names = ["a", "b", "c"].map(|key| it.names(key, &["t"]));
    let stored = it.store(&names[1], "there").await;
    if !it.caps().lease {
        return;
    }
    // One that is changed among those that are granted, one that is lost among those that are stored.
    let acquires = names.each_ref().map(acquire);
    let answers = all(it.backend().acquire(&acquires, Subject::deadline()).await);
    let [Acquired::Granted(a), Acquired::Changed(seen), Acquired::Granted(c)] = &answers[..] else {
        panic!("{answers:?}")
    };
    assert_eq!(seen.blob.as_ref(), Some(&stored.blob));
    let stranger = fill(&names[1], foreign(&stored.grant), b"stranger's");
    let fills = [fill(&names[0], a.clone(), b"1"), stranger, fill(&names[2], c.clone(), b"3")];
    let filled = all(it.backend().fill(&fills, Subject::deadline()).await);
    assert_eq!(filled, [Filled::Stored, Filled::Lost, Filled::Stored]);
    let served = peek_all(&it, &names).await;
    assert_eq!(served, [Some(b"1".to_vec()), Some(b"there".to_vec()), Some(b"3".to_vec())]);
}
