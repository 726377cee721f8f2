//! An address that has been looked at before anything is sent.

use ureq::http::Uri;

use crate::error::FetchError;
use crate::nearness::Nearness;

/// An absolute `http` or `https` address.
#[derive(Debug)]
pub(crate) struct Address {
    /// As given, for the client.
    pub uri: Uri,
    /// Without user name and password, for messages.
    pub shown: String,
    /// Whether the connection is protected, so that no redirect may fall back from it.
    pub is_https: bool,
    /// The host alone.
    pub host: String,
}

impl Address {
    /// Parses the text and refuses every scheme but `http` and `https`.
    pub fn parse(url: &str) -> Result<Self, FetchError> {
        let shown = without_credentials(url);
        let refused = |reason: String| FetchError::Address { url: shown.clone(), reason };
        let scheme =
            scheme(url).ok_or_else(|| refused("it has no scheme such as https://".to_owned()))?;
        if scheme != "http" && scheme != "https" {
            return Err(FetchError::Scheme { url: shown, scheme });
        }
        let uri: Uri = url
            .parse()
            .map_err(|source: ureq::http::uri::InvalidUri| refused(source.to_string()))?;
        let host = uri.host().filter(|host| !host.is_empty()).map(str::to_owned);
        let host = host.ok_or_else(|| refused("it names no host".to_owned()))?;
        Ok(Self { uri, is_https: scheme == "https", host, shown })
    }

    /// Whether it is of the same scheme, host and port: whoever answers there is the same.
    pub fn is_same_origin(&self, other: &Self) -> bool {
        self.is_https == other.is_https
            && self.host.eq_ignore_ascii_case(&other.host)
            && self.port() == other.port()
    }

    fn port(&self) -> u16 {
        self.uri.port_u16().unwrap_or(if self.is_https { 443 } else { 80 })
    }

    /// Whether a secret may be sent there: nobody on the way can read it.
    pub fn is_private(&self) -> bool {
        self.is_https || self.is_loopback()
    }

    /// Whether it is this machine itself, which no proxy is asked for.
    pub fn is_loopback(&self) -> bool {
        Nearness::of_host(&self.host) == Some(Nearness::ThisMachine)
    }
}

/// What stands before the first colon, in lower case, if it can be a scheme at all.
///
/// The parser of the client only knows schemes that are followed by `//`; a user who pastes
/// `data:image/png;...` deserves to hear about the scheme, not about a syntax error.
pub(crate) fn scheme(url: &str) -> Option<String> {
    let (scheme, _) = url.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme.then(|| scheme.to_ascii_lowercase())
}

/// `https://name:secret@host/path` without `name:secret@`.
fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_never_show_a_password() {
        let address = Address::parse("https://me:p@ss@host:81/a@b?c").expect("an address");
        assert_eq!(address.shown, "https://host:81/a@b?c");
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (url, expected) in [
            ("http://localhost:80/", true),
            ("http://127.0.0.9/", true),
            ("http://[::1]:8/", true),
            ("http://127.0.0.1.example.org/", false),
            ("http://example.org/", false),
        ] {
            assert_eq!(Address::parse(url).expect(url).is_loopback(), expected, "{url}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let address = Address::parse("https://Example.org/a").expect("an address");
        for (url, expected) in [
            ("https://example.org:443/b?c", true),
            ("https://example.org:444/a", false),
            ("http://example.org/a", false),
            ("http://example.org:443/a", false),
            ("https://cdn.example.org/a", false),
            ("https://example.org.evil/a", false),
        ] {
            let other = Address::parse(url).expect(url);
            assert_eq!(address.is_same_origin(&other), expected, "{url}");
        }
    }

    #[test]
    fn a_secret_goes_over_https_or_stays_on_this_machine() {
        for (url, expected) in [
            ("https://example.org/", true),
            ("http://example.org/", false),
            ("http://10.0.0.1/", false),
            ("http://127.0.0.1:8/", true),
            ("http://localhost.example.org/", false),
        ] {
            assert_eq!(Address::parse(url).expect(url).is_private(), expected, "{url}");
        }
    }

    #[test]
    fn a_scheme_is_named_even_without_slashes() {
        for (url, expected) in [
            ("data:image/png;base64,AA", "data"),
            ("file:///etc/passwd", "file"),
            ("FTP://h/", "ftp"),
        ] {
            let error = Address::parse(url).expect_err(url);
            assert!(
                matches!(&error, FetchError::Scheme { scheme, .. } if scheme == expected),
                "{error}"
            );
        }
    }

    #[test]
    fn text_that_is_no_address_says_so() {
        for url in ["", "cat.png", "http://", "http:///path", "https://a b/", "./a:b"] {
            let error = Address::parse(url).expect_err(url);
            assert!(matches!(error, FetchError::Address { .. }), "{url}: {error:?}");
        }
    }
}
