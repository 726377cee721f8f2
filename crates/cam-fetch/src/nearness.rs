//! How near to this machine an address is, which decides where a redirect may lead.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs as _};

/// The nearer, the more trusted: what listens there often asks nobody for a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Nearness {
    /// Loopback, or the unspecified address, which systems take for it.
    ThisMachine,
    /// What is reached without a router, such as the metadata service of a cloud.
    ThisLink,
    /// Private, shared and reserved addresses.
    LocalNetwork,
    /// All others.
    Public,
}

impl Nearness {
    /// Of an address; one that carries an IPv4 address is as near as that one.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => carried(address).map_or_else(|| of_v6(address), of_v4),
        }
    }

    /// Of a host that is an address, or stands for this machine by its name; none where only a resolver knows.
    pub fn of_host(host: &str) -> Option<Self> {
        let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
        let lower = host.to_ascii_lowercase();
        if lower == "localhost" || lower.ends_with(".localhost") {
            return Some(Self::ThisMachine);
        }
        if let Ok(address) = host.parse() {
            return Some(Self::of(address));
        }
        // `127.1` and `0x7f000001` are addresses too, and the system says which without asking anybody.
        let last = lower.rsplit('.').next()?;
        let is_number = last.starts_with(|c: char| c.is_ascii_digit());
        let mut found = (host, 0).to_socket_addrs().ok().filter(|_| is_number)?;
        found.next().map(|address| Self::of(address.ip()))
    }
}

impl fmt::Display for Nearness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ThisMachine => "this machine",
            Self::ThisLink => "on this machine's own link",
            Self::LocalNetwork => "in a private network",
            Self::Public => "public",
        })
    }
}

fn of_v4(address: Ipv4Addr) -> Nearness {
    match address.octets() {
        [0 | 127, ..] => Nearness::ThisMachine,
        [169, 254, ..] | [224..=239, ..] | [255, 255, 255, 255] => Nearness::ThisLink,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => {
            Nearness::LocalNetwork
        }
        // Protocol assignments, measurements between networks, and what was never given out.
        [192, 0, 0, _] | [198, 18..=19, ..] | [240..=255, ..] => Nearness::LocalNetwork,
        _ => Nearness::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> Nearness {
    if address.is_loopback() || address.is_unspecified() {
        return Nearness::ThisMachine;
    }
    match address.segments()[0] {
        0xFE80..=0xFEBF | 0xFF00..=0xFFFF => Nearness::ThisLink,
        0xFC00..=0xFDFF | 0xFEC0..=0xFEFF => Nearness::LocalNetwork,
        _ => Nearness::Public,
    }
}

/// The IPv4 address in a mapped, compatible, translated (NAT64) or tunnelled (6to4) one.
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xFFFF, high, low] | [0x64, 0xFF9B, 0, 0, 0, 0, high, low] => {
            Some(v4(high, low))
        }
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Nearness::{self, LocalNetwork, Public, ThisLink, ThisMachine};

    #[test]
    fn an_address_in_any_spelling_is_as_near_as_it_is() {
        for (host, expected) in [
            ("127.0.0.1", Some(ThisMachine)),
            ("127.9.9.9", Some(ThisMachine)),
            ("0.0.0.0", Some(ThisMachine)),
            ("[::1]", Some(ThisMachine)),
            ("[::]", Some(ThisMachine)),
            ("[::ffff:127.0.0.1]", Some(ThisMachine)),
            ("[::127.0.0.1]", Some(ThisMachine)),
            ("[64:ff9b::7f00:1]", Some(ThisMachine)),
            ("[2002:7f00:1::]", Some(ThisMachine)),
            ("localhost", Some(ThisMachine)),
            ("LocalHost.", Some(ThisMachine)),
            ("a.localhost", Some(ThisMachine)),
            ("169.254.169.254", Some(ThisLink)),
            ("[fe80::1]", Some(ThisLink)),
            ("[::ffff:169.254.169.254]", Some(ThisLink)),
            ("224.0.0.1", Some(ThisLink)),
            ("10.255.255.1", Some(LocalNetwork)),
            ("172.31.0.1", Some(LocalNetwork)),
            ("192.168.1.1", Some(LocalNetwork)),
            ("100.100.100.200", Some(LocalNetwork)),
            ("[fd00:ec2::254]", Some(LocalNetwork)),
            ("[::ffff:10.0.0.1]", Some(LocalNetwork)),
            ("172.32.0.1", Some(Public)),
            ("100.128.0.1", Some(Public)),
            ("1.1.1.1", Some(Public)),
            ("[2606:4700::1111]", Some(Public)),
            ("example.org", None),
            ("localhost.example.org", None),
        ] {
            assert_eq!(Nearness::of_host(host), expected, "{host}");
        }
    }

    /// As the C library reads them, and so whatever connects.
    #[cfg(unix)]
    #[test]
    fn an_address_as_one_number_is_no_way_around() {
        for host in ["2130706433", "0x7f000001", "127.1", "0177.0.0.1"] {
            assert_eq!(Nearness::of_host(host), Some(ThisMachine), "{host}");
        }
    }

    #[test]
    fn nearer_is_less() {
        assert!(ThisMachine < ThisLink && ThisLink < LocalNetwork && LocalNetwork < Public);
    }
}
