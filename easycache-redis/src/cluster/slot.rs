//! Which slot a name belongs to.

/// How many slots there are.
pub(super) const SLOTS: u16 = 16384;

/// The slot of a name: that of what is in its first pair of braces, if there is something, and of the whole name
/// otherwise.
pub(super) fn slot(name: &str) -> u16 {
    crc16(tag(name).as_bytes()) % SLOTS
}

/// The part of a name that counts.
fn tag(name: &str) -> &str {
    let inner = name.split_once('{').and_then(|(_, rest)| rest.split_once('}'));
    match inner {
        Some((tag, _)) if !tag.is_empty() => tag,
        _ => name,
    }
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| (crc << 8) ^ TABLE[usize::from((crc >> 8) ^ u16::from(*byte))])
}

const TABLE: [u16; 256] = table();

const fn table() -> [u16; 256] {
    const POLYNOMIAL: u16 = 0x1021;
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        // `as`: there is no other conversion in a constant.
        #[expect(clippy::cast_possible_truncation, reason = "it is less than 256")]
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            let carry = crc & 0x8000 != 0;
            crc <<= 1;
            if carry {
                crc ^= POLYNOMIAL;
            }
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31C3);
        assert_eq!(crc16(b""), 0);
    }

    #[test]
    fn slots_are_those_that_servers_tell() {
        for (name, expected) in [("foo", 12182), ("bar", 5061), ("hello", 866), ("", 0), ("{user1000}.following", 3443)]
        {
            assert_eq!(slot(name), expected, "{name}");
        }
    }

    #[test]
    fn what_is_in_the_first_braces_counts_if_there_is_something() {
        assert_eq!(slot("{user1000}.following"), slot("{user1000}.followers"));
        assert_eq!(slot("ns:v:{K}"), slot("ns:l:{K}"));
        assert_eq!(tag("foo{}{bar}"), "foo{}{bar}", "the first pair is empty: all of it counts");
        assert_eq!(tag("foo{{bar}}zap"), "{bar");
        assert_eq!(tag("foo{bar}{zap}"), "bar");
        assert_eq!(tag("foo}bar{zap"), "foo}bar{zap");
        assert_eq!(tag("{bar"), "{bar");
        assert_eq!(tag("}{bar}"), "bar");
    }
}
