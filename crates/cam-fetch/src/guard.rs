//! A resolver that lets a redirect reach no address nearer than the one it comes from.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::nearness::Nearness;

/// What is connected to is what was looked at: a name that stands for another address at each question (DNS
/// rebinding) is judged by the answer that is used.
#[derive(Debug)]
pub(crate) struct Guard {
    /// The host that is asked for. A proxy's own name is resolved here too, and is not judged.
    pub host: String,
    /// The nearest that is allowed.
    pub nearest: Nearness,
    /// How near the host was found to be; it stays empty where a proxy resolves it.
    pub found: Arc<OnceLock<Nearness>>,
    pub system: DefaultResolver,
}

impl Resolver for Guard {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let all = self.system.resolve(uri, config, timeout)?;
        if uri.host() != Some(&self.host) {
            return Ok(all);
        }
        let mut allowed = self.empty();
        let near = |address: IpAddr| Nearness::of(address);
        for address in all.iter().filter(|address| near(address.ip()) >= self.nearest) {
            allowed.push(*address);
        }
        // Of several the farthest, so that nobody comes nearer by naming a near one as well.
        match allowed.iter().map(|address| near(address.ip())).max() {
            Some(farthest) => {
                self.found.get_or_init(|| farthest);
                Ok(allowed)
            }
            None => {
                let address = all.first().map_or_else(|| self.host.clone(), |a| a.ip().to_string());
                let nearness = all.first().map_or(self.nearest, |address| near(address.ip()));
                Err(Error::Other(Box::new(TooNear { address, nearness })))
            }
        }
    }
}

/// Why an address was not connected to.
#[derive(Debug)]
pub(crate) struct TooNear {
    pub address: String,
    pub nearness: Nearness,
}

impl fmt::Display for TooNear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.address, self.nearness)
    }
}

impl std::error::Error for TooNear {}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(url: &str, host: &str, nearest: Nearness) -> (Result<usize, Error>, Guard) {
        let guard = Guard {
            host: host.to_owned(),
            nearest,
            found: Arc::default(),
            system: DefaultResolver::default(),
        };
        let uri = url.parse().expect("an address");
        let found = guard.resolve(&uri, &Config::default(), NextTimeout::default());
        (found.map(|addresses| addresses.len()), guard)
    }

    #[test]
    fn a_name_is_judged_by_the_addresses_it_stands_for() {
        for url in ["http://localhost:80/", "http://127.0.0.1/", "http://[::1]:8/"] {
            let host = url.parse::<Uri>().expect("an address").host().expect("a host").to_owned();
            let (found, guard) = resolve(url, &host, Nearness::ThisMachine);
            assert!(found.expect(url) > 0);
            assert_eq!(guard.found.get(), Some(&Nearness::ThisMachine), "{url}");

            let (found, guard) = resolve(url, &host, Nearness::ThisLink);
            let Err(Error::Other(reason)) = found else { panic!("{url} was not refused") };
            assert!(reason.is::<TooNear>(), "{reason}");
            assert_eq!(guard.found.get(), None);
        }
    }

    #[test]
    fn a_proxy_may_be_as_near_as_it_is() {
        let (found, guard) = resolve("http://localhost:3128/", "example.org", Nearness::Public);
        assert!(found.expect("a proxy") > 0);
        assert_eq!(guard.found.get(), None);
    }
}
