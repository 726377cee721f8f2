//! What the environment says, and which of it counts.

use std::ffi::OsString;
use std::path::PathBuf;

use cam_fetch::Token;
use cam_fetch::hub::{HubError, HubOptions};

fn options(variables: &[(&str, &str)]) -> Result<HubOptions, HubError> {
    HubOptions::from_environment(|name| {
        let home = (if cfg!(windows) { "USERPROFILE" } else { "HOME" }, "/home/me");
        let cache = ("CAM_CACHE_DIR", "/cam");
        let all = variables.iter().chain([&home, &cache]);
        all.into_iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
    })
}

#[test]
fn without_variables_it_is_the_public_hub() {
    let options = options(&[]).expect("an environment");
    assert_eq!(options.endpoint, "https://huggingface.co");
    assert!(!options.offline && options.fetch.token.is_none());
    assert_eq!(options.cache, PathBuf::from("/cam").join("hub"));
    let expected = PathBuf::from("/home/me").join(".cache/huggingface/hub");
    assert_eq!(options.users_cache, Some(expected));
}

#[test]
fn the_user_s_cache_is_where_python_has_it() {
    let all = [
        ("HF_HUB_CACHE", "/a"),
        ("HUGGINGFACE_HUB_CACHE", "~/b"),
        ("HF_HOME", "/c"),
        ("XDG_CACHE_HOME", "/d"),
    ];
    for (from, expected) in
        ["/a", "/home/me/b", "/c/hub", "/d/huggingface/hub"].into_iter().enumerate()
    {
        let options = options(&all[from..]).expect("an environment");
        assert_eq!(options.users_cache, Some(PathBuf::from(expected)));
    }
    let empty = options(&[("HF_HUB_CACHE", ""), ("HF_HOME", "/c")]).expect("an environment");
    assert_eq!(empty.users_cache, Some(PathBuf::from("/c/hub")));
}

#[test]
fn a_switch_is_on_in_any_case() {
    for (value, expected) in [
        ("1", true),
        ("true", true),
        ("Yes", true),
        ("ON", true),
        ("0", false),
        ("", false),
        ("no", false),
        ("2", false),
    ] {
        let offline = options(&[("HF_HUB_OFFLINE", value)]).expect("an environment").offline;
        assert_eq!(offline, expected, "{value}");
        let variables = [("HF_HUB_DISABLE_IMPLICIT_TOKEN", value), ("HF_TOKEN", "x")];
        let token = options(&variables).expect("an environment").fetch.token;
        assert_eq!(token.is_none(), expected, "{value}");
    }
}

#[test]
fn the_token_is_a_variable_or_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let (home, other) = (folder.path().join("home"), folder.path().join("other"));
    std::fs::create_dir(&home).expect("writable");
    std::fs::write(home.join("token"), "of_home\n").expect("writable");
    std::fs::write(&other, "of_path\n").expect("writable");
    let all = [
        ("HF_TOKEN", "of_variable"),
        ("HF_TOKEN_PATH", other.to_str().expect("text")),
        ("HF_HOME", home.to_str().expect("text")),
    ];
    for (from, expected) in ["of_variable", "of_path", "of_home"].into_iter().enumerate() {
        let token = options(&all[from..]).expect("an environment").fetch.token;
        assert_eq!(token, Some(Token::new(expected).expect("a token")), "{expected}");
    }
    let error = options(&[("HF_TOKEN", "se cret")]).expect_err("no token").to_string();
    assert!(error.contains("HF_TOKEN") && !error.contains("cret "), "{error}");
    assert!(!error.contains("se cret"), "{error}");
}

#[test]
fn an_endpoint_is_the_address_of_a_server() {
    for (value, expected) in [
        ("https://hub.example/", "https://hub.example"),
        ("http://127.0.0.1:8080/mirror//", "http://127.0.0.1:8080/mirror"),
    ] {
        let found = options(&[("HF_ENDPOINT", value)]).expect("an environment").endpoint;
        assert_eq!(found, expected);
    }
    for value in ["hub.example", "ftp://hub.example", "https://", "https://hub.example?x=y"] {
        let error = options(&[("HF_ENDPOINT", value)]).expect_err(value).to_string();
        assert!(error.starts_with("HF_ENDPOINT is no address of a hub"), "{error}");
    }
}
