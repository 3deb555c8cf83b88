//! Free ports.

use std::net::{Ipv4Addr, TcpListener};

/// Below those that the system gives to outgoing connections (Linux: from 32768), one of which could otherwise take the
/// port of a server that is down for a moment.
const RANGE: std::ops::Range<u16> = 11_000..32_000;

/// A port of loopback that nobody listens on at the moment. Somebody else may take it before the server does: whoever
/// starts one must be ready to try another.
pub(crate) fn free() -> u16 {
    (0..1000)
        .map(|_| fastrand::u16(RANGE))
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .expect("one of 1000 ports is free")
}
