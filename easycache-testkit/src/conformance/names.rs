//! Wire names.

use easycache_core::Names;

use super::subject::Subject;

pub async fn the_longest_names_are_told_apart(it: Subject) {
    let longest = it.caps().max_key;
    let fit = |name: &str, last: char| -> Box<str> {
        let stem = it.stamp(name);
        // In braces, as the part is that a cluster places a key by.
        let filler = "x".repeat(longest - stem.len() - 3);
        format!("{stem}{{{filler}}}{last}").into()
    };
    let with = |last| Names { value: fit("v", last), lease: fit("l", last), stamps: vec![fit("t", last)] };
    let (one, other) = (with('1'), with('2'));
    assert_eq!(one.value.len(), longest);
    it.store(&one, "1").await;
    assert_eq!(it.peek(&other).await.blob, None);
    let stored = it.store(&other, "2").await;
    assert_eq!(it.served(&one).await.as_deref(), Some(&b"1"[..]));
    assert_eq!(it.served(&other).await.as_deref(), Some(&b"2"[..]));
    it.invalidate(&[easycache_core::Target::Stamp(one.stamps[0].clone())]).await;
    assert_eq!(it.served(&one).await, None);
    assert_eq!(it.peek(&other).await.stamps, [Some(stored.versions[0])]);
}

pub async fn unusual_characters_are_part_of_names(it: Subject) {
    let keys =
        ["ü", "日本", "🦀", "a*b?[c]", "\"q'`", "$1", "\\x00", "a%20b", "a%2520b", "A", "a", "a:b", "a;b", "-a", "#"];
    for key in keys {
        it.store(&it.names(key, &[key]), key).await;
    }
    for key in keys {
        assert_eq!(it.served(&it.names(key, &[key])).await.as_deref(), Some(key.as_bytes()));
    }
    it.invalidate_stamp(keys[3]).await;
    for key in keys {
        let served = it.served(&it.names(key, &[key])).await;
        assert_eq!(served.is_none(), key == keys[3], "{key}: a name is no pattern");
    }
}
