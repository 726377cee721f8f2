use std::net::{IpAddr, SocketAddr};

use hyper::header::{HOST, HeaderMap, HeaderValue, ORIGIN};
use hyper::{Method, StatusCode};

use cam_explain::Error;

/// Random bytes in the path, so that neither another user of the machine nor a page of the web can guess it.
const SECRET_BYTES: usize = 16;

/// Who may ask: whoever knows the secret, and asks for this machine by its address.
pub struct Door {
    address: SocketAddr,
    secret: String,
}

impl Door {
    /// With a secret of its own, at an address.
    ///
    /// # Errors
    /// Where the system has no random numbers.
    pub fn new(address: SocketAddr) -> Result<Self, Error> {
        let mut bytes = [0u8; SECRET_BYTES];
        getrandom::fill(&mut bytes)
            .map_err(|why| Error::failed(format_args!("no secret can be made: {why}")))?;
        let secret = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { address, secret })
    }

    /// Where the page is, for whoever may know.
    pub fn url(&self) -> String {
        let host = match self.address.ip() {
            // It is every address of the machine, and no name for any.
            ip if ip.is_unspecified() => format!("localhost:{}", self.address.port()),
            _ => self.address.to_string(),
        };
        format!("http://{host}/{}/", self.secret)
    }

    /// What a path asks for, behind the secret.
    ///
    /// # Errors
    /// The status to answer with, and why.
    pub fn admit<'p>(
        &self,
        method: &Method,
        path: &'p str,
        headers: &HeaderMap,
    ) -> Result<&'p str, (StatusCode, &'static str)> {
        // What is said twice may mean one thing here and another elsewhere.
        let text = |name| {
            let mut values = headers.get_all(name).iter();
            let value = values.next().filter(|_| values.next().is_none());
            value.and_then(|value: &HeaderValue| value.to_str().ok())
        };
        // A name that leads here may be anybody's: a page of the web could read what is answered to its own name.
        let host = text(HOST).filter(|host| self.is_own(host));
        let host =
            host.ok_or((StatusCode::MISDIRECTED_REQUEST, "this page is at another address\n"))?;
        let (secret, rest) =
            path.strip_prefix('/').and_then(|path| path.split_once('/')).unwrap_or_default();
        if !is_equal(secret.as_bytes(), self.secret.as_bytes()) {
            return Err((
                StatusCode::NOT_FOUND,
                "nothing is here: use the address that was printed at the start\n",
            ));
        }
        match *method {
            Method::GET | Method::HEAD => Ok(rest),
            // A form of another page must not change anything.
            Method::POST if text(ORIGIN) == Some(&format!("http://{host}")) => Ok(rest),
            Method::POST => Err((StatusCode::FORBIDDEN, "only the page itself may ask this\n")),
            _ => Err((StatusCode::METHOD_NOT_ALLOWED, "GET and POST are answered\n")),
        }
    }

    /// Whether a host is this machine by number, or `localhost`.
    fn is_own(&self, host: &str) -> bool {
        if host
            .parse::<SocketAddr>()
            .is_ok_and(|host| self.is_here(host.ip()) && host.port() == self.address.port())
        {
            return true;
        }
        host.split_once(':').is_some_and(|(name, port)| {
            name.eq_ignore_ascii_case("localhost") && port == self.address.port().to_string()
        })
    }

    /// Whether an address is the one that is listened at.
    fn is_here(&self, ip: IpAddr) -> bool {
        let own = self.address.ip();
        ip == own || own.is_unspecified()
    }
}

/// In a time that tells nothing of where two texts differ.
fn is_equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door() -> Door {
        Door::new(([127, 0, 0, 1], 4000).into()).expect("random numbers")
    }

    fn admitted(
        door: &Door,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Option<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().expect("a header"));
        }
        door.admit(&method, path, &map).map(str::to_owned).ok()
    }

    #[test]
    fn only_the_secret_opens_the_door() {
        let door = door();
        let own = [("host", "127.0.0.1:4000")];
        let path = format!("/{}/view.css", door.secret);
        assert_eq!(admitted(&door, Method::GET, &path, &own).as_deref(), Some("view.css"));
        for path in [
            "/",
            "/view.css",
            "//view.css",
            &path[1..],
            &format!("/{}0/", door.secret),
            &format!("/{}", door.secret),
        ] {
            assert_eq!(admitted(&door, Method::GET, path, &own), None, "{path}");
        }
    }

    #[test]
    fn a_name_that_leads_here_is_not_answered() {
        let door = door();
        let path = format!("/{}/", door.secret);
        for host in ["127.0.0.1:4000", "localhost:4000", "LOCALHOST:4000"] {
            assert!(admitted(&door, Method::GET, &path, &[("host", host)]).is_some(), "{host}");
        }
        for host in [
            "evil.example:4000",
            "127.0.0.1",
            "127.0.0.1:4001",
            "127.0.0.1.evil.example:4000",
            "localhost.evil.example:4000",
            "192.168.0.1:4000",
            "",
        ] {
            assert!(admitted(&door, Method::GET, &path, &[("host", host)]).is_none(), "{host}");
        }
        assert!(admitted(&door, Method::GET, &path, &[]).is_none());
    }

    #[test]
    fn a_form_of_another_page_changes_nothing() {
        let door = door();
        let path = format!("/{}/index", door.secret);
        let host = ("host", "127.0.0.1:4000");
        assert!(
            admitted(&door, Method::POST, &path, &[host, ("origin", "http://127.0.0.1:4000")])
                .is_some()
        );
        for origin in
            ["http://evil.example", "null", "https://127.0.0.1:4000", "http://127.0.0.1:4001"]
        {
            assert!(
                admitted(&door, Method::POST, &path, &[host, ("origin", origin)]).is_none(),
                "{origin}"
            );
        }
        assert!(admitted(&door, Method::POST, &path, &[host]).is_none());
        assert!(admitted(&door, Method::PUT, &path, &[host]).is_none());
    }

    #[test]
    fn no_two_doors_have_one_secret() {
        assert_ne!(door().secret, door().secret);
        assert!(door().secret.len() >= 32);
    }
}
