//! Answers, as they come in.

use bytes::{Buf, Bytes, BytesMut};

use crate::reply::{Item, Refusal, Reply};

/// The longest line that is an answer; far longer than any.
const LINE: usize = 2048;

/// More than a server tells of itself at once.
const STATS: usize = 64 << 10;

/// What has come is not an answer of memcached, or one that shows that the two of us do not understand each other. What
/// follows is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Garbled(pub(crate) String);

/// How much of an answer is there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    Reply(Reply),
    /// That many bytes more are needed at least.
    Incomplete(usize),
}

/// Takes one answer from the front of what has come. No value is longer than `limit`.
pub(crate) fn reply(buffer: &mut BytesMut, limit: usize) -> Result<Parsed, Garbled> {
    let Some(end) = line_end(buffer)? else { return Ok(Parsed::Incomplete(1)) };
    let line = &buffer[..end];
    let (status, rest) = split(line);
    let reply = match status {
        b"VA" => return value(buffer, end, limit),
        b"STAT" | b"END" => return stats(buffer),
        b"HD" => Reply::Done(item(rest)?),
        b"EN" | b"NF" => Reply::Absent,
        b"NS" => Reply::NotStored,
        b"EX" => Reply::Exists,
        b"MN" => Reply::Nothing,
        b"SERVER_ERROR" => Reply::Refused(Refusal::of(&String::from_utf8_lossy(rest))),
        _ => return Err(garbled(line)),
    };
    buffer.advance(end + 2);
    Ok(Parsed::Reply(reply))
}

fn value(buffer: &mut BytesMut, end: usize, limit: usize) -> Result<Parsed, Garbled> {
    let line = &buffer[..end];
    let (size, flags) = split(&line[3.min(end)..]);
    let size = number(size).ok_or_else(|| garbled(line))?;
    let length = usize::try_from(size).ok().filter(|length| *length <= limit).ok_or_else(|| garbled(line))?;
    let mut item = item(flags)?;
    item.size = size;
    let whole = end + 2 + length + 2;
    if buffer.len() < whole {
        return Ok(Parsed::Incomplete(whole - buffer.len()));
    }
    if &buffer[whole - 2..whole] != b"\r\n" {
        return Err(Garbled("a value does not end where it should".to_owned()));
    }
    let mut taken = buffer.split_to(whole).freeze();
    taken.advance(end + 2);
    taken.truncate(length);
    // A short one must not keep the rest of what came with it in memory.
    item.value = Some(if length < 256 { Bytes::copy_from_slice(&taken) } else { taken });
    Ok(Parsed::Reply(Reply::Done(item)))
}

/// What the server tells of itself, in lines up to one that says so.
fn stats(buffer: &mut BytesMut) -> Result<Parsed, Garbled> {
    let (mut told, mut at) = (Vec::new(), 0);
    loop {
        if at > STATS {
            return Err(Garbled("it tells more about itself than memcached does".to_owned()));
        }
        let Some(end) = line_end(&buffer[at..])? else { return Ok(Parsed::Incomplete(1)) };
        let line = &buffer[at..at + end];
        at += end + 2;
        match split(line) {
            (b"END", b"") => break,
            (b"STAT", rest) => {
                let [name, value] = <[&[u8]; 2]>::from(split(rest)).map(|text| String::from_utf8_lossy(text).into());
                told.push((name, value));
            }
            _ => return Err(garbled(line)),
        }
    }
    buffer.advance(at);
    Ok(Parsed::Reply(Reply::Stats(told)))
}

/// Takes one line from the front of what has come, for answers of several lines.
pub(super) fn line(buffer: &mut BytesMut) -> Result<Option<String>, Garbled> {
    let Some(end) = line_end(buffer)? else { return Ok(None) };
    let line = String::from_utf8(buffer[..end].to_vec()).map_err(|_not_text| garbled(&buffer[..end]))?;
    buffer.advance(end + 2);
    Ok(Some(line))
}

/// Where the first line ends, without its end.
fn line_end(buffer: &[u8]) -> Result<Option<usize>, Garbled> {
    match buffer.iter().take(LINE).position(|byte| *byte == b'\n') {
        Some(end) if end > 0 && buffer[end - 1] == b'\r' => Ok(Some(end - 1)),
        Some(end) => Err(garbled(&buffer[..end])),
        None if buffer.len() >= LINE => Err(garbled(&buffer[..LINE])),
        None => Ok(None),
    }
}

fn item(flags: &[u8]) -> Result<Item, Garbled> {
    let mut item = Item::default();
    for flag in flags.split(|byte| *byte == b' ').filter(|flag| !flag.is_empty()) {
        let value = || number(&flag[1..]).ok_or_else(|| garbled(flag));
        match flag[0] {
            b'c' => item.cas = value()?,
            b'f' => item.note = value()?,
            b's' => item.size = value()?,
            b't' if &flag[1..] != b"-1" => item.left = Some(value()?),
            b'W' => item.won = true,
            b'Z' => item.taken = true,
            b'X' => item.stale = true,
            // What a later server may tell besides.
            _ => {}
        }
    }
    Ok(item)
}

/// The first word, and what is behind it.
fn split(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
    (&line[..end], line.get(end + 1..).unwrap_or_default())
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn garbled(line: &[u8]) -> Garbled {
    let beginning = &line[..line.len().min(80)];
    Garbled(String::from_utf8_lossy(beginning).escape_debug().to_string())
}

#[cfg(test)]
mod tests;
