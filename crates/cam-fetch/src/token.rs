//! The secret by which a server knows who asks.

use std::fmt;

use ureq::http::HeaderValue;

use crate::error::FetchError;

/// An access token, sent as `Authorization: Bearer TOKEN`. Neither messages nor debug output show it.
///
/// ```
/// use cam_fetch::Token;
///
/// let token = Token::new(" hf_secret\n")?;
/// assert_eq!(format!("{token:?}"), "Token(..)");
/// # Ok::<(), cam_fetch::FetchError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Token(HeaderValue);

impl Token {
    /// A token without the white space around it, which files end in.
    ///
    /// # Errors
    /// [`FetchError::Token`] if it is empty or holds anything but visible ASCII characters.
    pub fn new(text: &str) -> Result<Self, FetchError> {
        let text = text.trim();
        let is_token = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        let value = HeaderValue::try_from(format!("Bearer {text}")).ok().filter(|_| is_token);
        let mut value = value.ok_or(FetchError::Token)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    /// The header's value.
    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_cannot_be_one_is_refused_without_being_shown() {
        for text in ["", " \n", "a b", "a\nb", "é"] {
            let error = Token::new(text).expect_err(text).to_string();
            assert_eq!(
                error,
                "the access token is empty or not plain visible ASCII: copy it again"
            );
        }
        assert_eq!(Token::new("hf_a").expect("a token"), Token::new("hf_a\r\n").expect("a token"));
    }
}
