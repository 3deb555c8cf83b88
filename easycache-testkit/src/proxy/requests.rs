//! Which commands clients send.

/// Takes the bytes of one connection as they come, and tells the names of the commands that are complete.
#[derive(Debug, Default)]
pub(super) struct Requests {
    rest: Vec<u8>,
    /// It does not speak RESP.
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

    const TWO: &[u8] = b"*2\r\n$3\r\nget\r\n$4\r\n*1\r\n\r\n*1\r\n$4\r\nPING\r\n";

    #[test]
    fn commands_are_told_by_name_wherever_the_bytes_are_cut() {
        for cut in 0..TWO.len() {
            let mut requests = Requests::default();
            let mut names = requests.take(&TWO[..cut]);
            names.extend(requests.take(&TWO[cut..]));
            assert_eq!(names, ["GET", "PING"], "cut at {cut}");
        }
    }

    #[test]
    fn other_protocols_have_no_commands() {
        let mut requests = Requests::default();
        assert!(requests.take(b"mg key v\r\n").is_empty());
        assert!(requests.take(TWO).is_empty());
    }
}
