//! Which commands clients send.

/// Takes the bytes of one connection as they come, and tells the names of the commands that are complete.
#[derive(Debug, Default)]
pub(super) struct Requests {
    rest: Vec<u8>,
    /// It speaks neither RESP nor the meta protocol of memcached.
    foreign: bool,
}

/// Why there is no command.
enum Stop {
    Incomplete,
    Foreign,
}

impl Requests {
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut names = Vec::new();
        if self.foreign {
            return names;
        }
        self.rest.extend_from_slice(bytes);
        let mut done = 0;
        loop {
            match command(&self.rest[done..]) {
                Ok((name, length)) => {
                    names.push(name);
                    done += length;
                }
                Err(Stop::Incomplete) => break,
                Err(Stop::Foreign) => {
                    self.foreign = true;
                    self.rest = Vec::new();
                    return names;
                }
            }
        }
        self.rest.drain(..done);
        names
    }
}

/// The name of the command that `bytes` begin with, and its length.
fn command(bytes: &[u8]) -> Result<(String, usize), Stop> {
    match bytes.first() {
        None => Err(Stop::Incomplete),
        Some(b'*') => of_resp(bytes),
        Some(_) => of_memcached(bytes),
    }
}

/// `*2`, then each argument behind its length.
fn of_resp(bytes: &[u8]) -> Result<(String, usize), Stop> {
    let (count, mut at) = number(bytes, b'*')?;
    let mut name = String::new();
    for part in 0..count {
        let (length, header) = number(&bytes[at..], b'$')?;
        at += header;
        let argument = bytes.get(at..at + length).ok_or(Stop::Incomplete)?;
        if part == 0 {
            name = String::from_utf8_lossy(argument).to_ascii_uppercase();
        }
        at += length + 2;
        if bytes.len() < at {
            return Err(Stop::Incomplete);
        }
    }
    Ok((name, at))
}

/// A line of words; `ms` has the length of what follows it.
fn of_memcached(bytes: &[u8]) -> Result<(String, usize), Stop> {
    const NAMES: [&str; 7] = ["mg", "ms", "md", "ma", "mn", "version", "stats"];
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or(Stop::Incomplete)?;
    let line = std::str::from_utf8(&bytes[..end]).map_err(|_not_text| Stop::Foreign)?;
    let mut words = line.split_whitespace();
    let name = words.next().filter(|name| NAMES.contains(name)).ok_or(Stop::Foreign)?;
    let data = match name {
        "ms" => 2 + words.nth(1).and_then(|length| length.parse::<usize>().ok()).ok_or(Stop::Foreign)?,
        _ => 0,
    };
    let whole = end + 1 + data;
    if bytes.len() < whole { Err(Stop::Incomplete) } else { Ok((name.to_ascii_uppercase(), whole)) }
}

/// The number in a line that begins with `kind`, and the line's length.
fn number(bytes: &[u8], kind: u8) -> Result<(usize, usize), Stop> {
    match bytes.first() {
        None => return Err(Stop::Incomplete),
        Some(first) if *first != kind => return Err(Stop::Foreign),
        Some(_) => {}
    }
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or(Stop::Incomplete)?;
    let digits = std::str::from_utf8(&bytes[1..end]).map_err(|_not_text| Stop::Foreign)?;
    let number = digits.trim_end().parse().map_err(|_not_a_number| Stop::Foreign)?;
    Ok((number, end + 1))
}

#[cfg(test)]
mod tests {
    use super::Requests;

    const META: &[u8] = b"ms key 5 T1\r\nmg a\n\r\nmg key v\r\nmn\r\n";
    const TWO: &[u8] = b"*2\r\n$3\r\nget\r\n$4\r\n*1\r\n\r\n*1\r\n$4\r\nPING\r\n";

    #[test]
    fn commands_are_told_by_name_wherever_the_bytes_are_cut() {
        for (bytes, expected) in [(TWO, &["GET", "PING"][..]), (META, &["MS", "MG", "MN"])] {
            for cut in 0..bytes.len() {
                let mut requests = Requests::default();
                let mut names = requests.take(&bytes[..cut]);
                names.extend(requests.take(&bytes[cut..]));
                assert_eq!(names, expected, "cut at {cut}");
            }
        }
    }

    #[test]
    fn other_protocols_have_no_commands() {
        let mut requests = Requests::default();
        assert!(requests.take(b"GET / HTTP/1.1\r\n").is_empty());
        assert!(requests.take(TWO).is_empty());
    }
}
