//! A request, and those that follow from its redirects.
//!
//! The client could follow them by itself, but it would ask wherever it is sent. Here every step is looked at: its
//! scheme, that nothing falls back from https, and that it leads to nothing nearer than where it comes from. What
//! a server elsewhere may not choose is what this machine asks of itself, of its network, or of a cloud's metadata
//! service.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use ureq::http::{HeaderName, Method, Request, Response, StatusCode, header};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body};

use crate::address::Address;
use crate::error::FetchError;
use crate::exchange::{name_error, text_of};
use crate::guard::{Guard, TooNear};
use crate::nearness::Nearness;
use crate::options::Options;
use crate::reference::resolved;
use crate::token::Token;

/// Publishers send through one or two redirects (to a mirror, to https); ten is what most clients allow.
const MAX_REDIRECTS: u32 = 10;

/// What is asked at every step.
pub(crate) struct Question<'a> {
    pub method: Method,
    pub headers: &'a [(HeaderName, String)],
    /// Whether to go on from a redirect to its target. Where not, the redirect is the answer.
    pub goes_on: &'a dyn Fn(&Step<'_>) -> bool,
}

/// A redirect that could be followed.
pub(crate) struct Step<'a> {
    pub from: &'a Address,
    pub to: &'a Address,
    pub response: &'a Response<Body>,
}

/// Asks an address, and those it redirects to; gives the first other answer.
pub(crate) fn follow(
    first: &Address,
    options: &Options,
    question: &Question<'_>,
) -> Result<Response<Body>, FetchError> {
    let since = Instant::now();
    // What somebody typed is what they meant, wherever it is.
    let (mut next, mut nearest) = (None, Nearness::ThisMachine);
    // A secret that another host had a hand in carrying is not sent any more, even where that one leads back.
    let mut is_home = true;
    for _ in 0..=MAX_REDIRECTS {
        let address: &Address = next.as_ref().unwrap_or(first);
        is_home &= address.is_same_origin(first);
        let hop = Hop { first, address, nearest, is_home };
        let (response, found) = hop.ask(options, question, since)?;
        let Some(location) = hop.location(&response)? else { return Ok(response) };
        if !options.allow_nearer_redirects {
            nearest = found;
        }
        let to = hop.led_to(&location)?;
        let step = Step { from: address, to: &to, response: &response };
        if !(question.goes_on)(&step) {
            return Ok(response);
        }
        next = Some(to);
    }
    Err(FetchError::TooManyRedirects { url: first.shown.clone(), limit: MAX_REDIRECTS })
}

/// One request of those that a fetch may take.
struct Hop<'a> {
    first: &'a Address,
    address: &'a Address,
    nearest: Nearness,
    is_home: bool,
}

impl Hop<'_> {
    /// The answer, and how near it comes from.
    fn ask(
        &self,
        options: &Options,
        question: &Question<'_>,
        since: Instant,
    ) -> Result<(Response<Body>, Nearness), FetchError> {
        let named = Nearness::of_host(&self.address.host);
        // A proxy resolves names by itself, but an address is what it says.
        if let Some(nearness) = named.filter(|&nearness| nearness < self.nearest) {
            return Err(self.too_near(&TooNear { address: self.address.host.clone(), nearness }));
        }
        let found = Arc::new(OnceLock::new());
        let mut request =
            Request::builder().method(question.method.clone()).uri(self.address.uri.clone());
        for (name, value) in question.headers {
            request = request.header(name, value);
        }
        if let Some(token) = self.token(options) {
            request = request.header(header::AUTHORIZATION, token.header());
        }
        let request = request.body(()).map_err(|error| FetchError::Address {
            url: self.address.shown.clone(),
            reason: error.to_string(),
        })?;
        let agent = self.agent(options, since, &found)?;
        let response = agent.run(request).map_err(|error| match error {
            ureq::Error::Other(reason) if reason.is::<TooNear>() => self.too_near(&reason),
            error => name_error(error, self.first, options),
        })?;
        let found = found.get().copied().or(named).unwrap_or(Nearness::Public);
        Ok((response, found))
    }

    fn token<'o>(&self, options: &'o Options) -> Option<&'o Token> {
        options.token.as_ref().filter(|_| self.is_home && self.address.is_private())
    }

    fn agent(
        &self,
        options: &Options,
        since: Instant,
        found: &Arc<OnceLock<Nearness>>,
    ) -> Result<Agent, FetchError> {
        let config = Agent::config_builder()
            .user_agent(concat!("cam-fetch/", env!("CARGO_PKG_VERSION")))
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_resolve(Some(options.connect_timeout))
            .timeout_connect(Some(options.connect_timeout))
            .timeout_recv_response(Some(options.stall_timeout))
            .timeout_per_read(Some(options.stall_timeout))
            .timeout_per_write(Some(options.stall_timeout))
            .timeout_global(self.time_left(options, since)?);
        let config = match self.address.is_loopback() {
            true => config.proxy(None).build(),
            false => config.build(),
        };
        let guard = Guard {
            host: self.address.host.clone(),
            nearest: self.nearest,
            found: Arc::clone(found),
            system: DefaultResolver::default(),
        };
        Ok(Agent::with_parts(config, DefaultConnector::default(), guard))
    }

    /// What is left of the time for all requests together.
    fn time_left(&self, options: &Options, since: Instant) -> Result<Option<Duration>, FetchError> {
        let Some(total) = options.total_timeout else { return Ok(None) };
        let left = total.checked_sub(since.elapsed()).filter(|left| !left.is_zero());
        match left {
            Some(left) => Ok(Some(left)),
            None => Err(FetchError::TooSlow { url: self.first.shown.clone(), after: total }),
        }
    }

    /// Where an answer sends on to; none where it is the answer.
    fn location(&self, response: &Response<Body>) -> Result<Option<String>, FetchError> {
        match response.status() {
            StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT => {}
            _ => return Ok(None),
        }
        match text_of(response.headers(), header::LOCATION) {
            Some(location) => Ok(Some(location)),
            None if response.headers().contains_key(header::LOCATION) => {
                Err(self.bad("its location header is no plain text"))
            }
            None => Err(self.bad("missing a location header")),
        }
    }

    /// The address that a location means.
    fn led_to(&self, location: &str) -> Result<Address, FetchError> {
        let target = resolved(&self.address.uri, location);
        let target = Address::parse(&target).map_err(|error| match error {
            FetchError::Scheme { scheme, .. } => self.bad(format!("unknown scheme: {scheme}")),
            FetchError::Address { reason, .. } => self.bad(reason),
            error => error,
        })?;
        if self.address.is_https && !target.is_https {
            return Err(FetchError::InsecureRedirect { url: self.first.shown.clone() });
        }
        Ok(target)
    }

    fn bad(&self, reason: impl Into<String>) -> FetchError {
        FetchError::BadRedirect { url: self.first.shown.clone(), reason: reason.into() }
    }

    fn too_near(&self, what: &dyn std::fmt::Display) -> FetchError {
        FetchError::NearerRedirect {
            url: self.first.shown.clone(),
            to: self.address.shown.clone(),
            place: what.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Question<'static> {
        Question { method: Method::GET, headers: &[], goes_on: &|_| true }
    }

    fn refused(from: Nearness, to: &str) -> bool {
        let first = Address::parse("http://example.org/").expect("an address");
        let address = Address::parse(to).expect("an address");
        let hop = Hop { first: &first, address: &address, nearest: from, is_home: true };
        // Nobody has to be there: what is not refused is just not reached.
        let options = Options { connect_timeout: Duration::from_millis(50), ..Options::default() };
        let error = hop.ask(&options, &plain(), Instant::now()).expect_err("nobody listens");
        matches!(error, FetchError::NearerRedirect { .. })
    }

    #[test]
    fn a_token_is_for_the_first_origin_alone_and_not_for_all_to_read() {
        let options =
            Options { token: Some(Token::new("x").expect("a token")), ..Options::default() };
        for (url, is_home, expected) in [
            ("https://example.org/", true, true),
            ("https://example.org/", false, false),
            ("http://example.org/", true, false),
            ("http://10.0.0.1/", true, false),
            ("http://127.0.0.1/", true, true),
        ] {
            let address = Address::parse(url).expect("an address");
            let nearest = Nearness::ThisMachine;
            let hop = Hop { first: &address, address: &address, nearest, is_home };
            assert_eq!(hop.token(&options).is_some(), expected, "{url}");
        }
    }

    #[test]
    fn a_redirect_leads_to_nothing_nearer_than_where_it_comes_from() {
        use Nearness::{LocalNetwork, Public, ThisLink, ThisMachine};
        for (from, to, expected) in [
            (Public, "http://127.0.0.1:9/", true),
            (Public, "http://localhost:9/", true),
            (Public, "http://[::ffff:127.0.0.1]:9/", true),
            (Public, "http://127.1:9/", true),
            (Public, "http://10.255.255.1:9/", true),
            (Public, "http://169.254.169.254:9/", true),
            (LocalNetwork, "http://127.0.0.1:9/", true),
            (LocalNetwork, "http://169.254.169.254:9/", true),
            (ThisLink, "http://127.0.0.1:9/", true),
            (ThisMachine, "http://127.0.0.1:9/", false),
        ] {
            assert_eq!(refused(from, to), expected, "from {from:?} to {to}");
        }
    }

    #[test]
    fn a_refusal_names_both_ends_and_what_to_do() {
        let first = Address::parse("http://me:secret@example.org/a.png").expect("an address");
        let address = Address::parse("http://127.0.0.1:8080/admin").expect("an address");
        let nearest = Nearness::Public;
        let hop = Hop { first: &first, address: &address, nearest, is_home: true };
        let error = hop.ask(&Options::default(), &plain(), Instant::now()).expect_err("refused");
        let expected = "http://example.org/a.png redirects to http://127.0.0.1:8080/admin, which is \
                        127.0.0.1, this machine: refused, for no server elsewhere should choose what is \
                        asked there; fetch that address itself if it is meant";
        assert_eq!(error.to_string(), expected);
    }
}
