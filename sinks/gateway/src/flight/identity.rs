//! Who calls: a name and a password as `Basic`, or as `Bearer` the token that a handshake gave for it.

use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::{Engine as _, alphabet};
use tidewatch_lake::query::Principal;
use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::accounts::{Accounts, WRONG_PASSWORD};

const HEADER: &str = "authorization";
/// Clients differ in whether they fill up the last bytes.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a client says of itself.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Password { name: String, password: String },
    Token(Vec<u8>),
}

/// Whose call it is.
///
/// # Errors
/// When nobody says so, or somebody who is not.
pub(super) async fn of(accounts: &Accounts, metadata: &MetadataMap) -> Result<Principal, Status> {
    match said(metadata)? {
        Said::Token(token) => {
            let known = accounts.known_by(&token).map(|(_, principal)| principal.clone());
            known.ok_or_else(|| {
                Status::unauthenticated("this token is not one of ours, or older than this process: log in again")
            })
        }
        Said::Password { name, password } => admit(accounts, &name, &password).await,
    }
}

/// The token of a client that gives its name and password.
///
/// # Errors
/// When they are wrong.
pub(super) async fn token(accounts: &Accounts, metadata: &MetadataMap) -> Result<String, Status> {
    let name = match said(metadata)? {
        Said::Password { name, password } => {
            admit(accounts, &name, &password).await?;
            name
        }
        Said::Token(_) => return Err(Status::unauthenticated("log in with a name and a password")),
    };
    Ok(format!("Bearer {}", STANDARD.encode(accounts.token(&name))))
}

async fn admit(accounts: &Accounts, name: &str, password: &str) -> Result<Principal, Status> {
    if let Some(principal) = accounts.admit(name, password) {
        return Ok(principal.clone());
    }
    tracing::warn!(name, "a client was not let in");
    tokio::time::sleep(WRONG_PASSWORD).await;
    Err(Status::unauthenticated("there is no such name, or the password is not its own"))
}

fn said(metadata: &MetadataMap) -> Result<Said, Status> {
    let missing = || Status::unauthenticated("say who you are: a name and a password");
    let text = metadata.get(HEADER).and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
    read(text).ok_or_else(missing)
}

fn read(text: &str) -> Option<Said> {
    let (scheme, rest) = text.split_once(' ')?;
    let bytes = LENIENT.decode(rest.trim()).ok()?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Said::Token(bytes));
    }
    let text = String::from_utf8(bytes).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (name, password) = text.split_once(':')?;
    Some(Said::Password { name: name.to_owned(), password: password.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_passwords_and_tokens_are_read() {
        let password =
            |name: &str, password: &str| Some(Said::Password { name: name.to_owned(), password: password.to_owned() });
        let cases = [
            ("Basic YWNtZTphbnZpbA==", password("acme", "anvil")),
            ("basic YWNtZTphOmI6Yw==", password("acme", "a:b:c")),
            ("Basic YWNtZTo=", password("acme", "")),
            ("Basic YWNtZTo", password("acme", "")),
            ("Bearer AAEC", Some(Said::Token(vec![0, 1, 2]))),
            ("Basic YWNtZQ==", None),
            ("Basic !", None),
            ("Digest YWNtZTo=", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
