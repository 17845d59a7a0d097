//! Who may ask. Passwords are kept as PostgreSQL's SCRAM-SHA-256 has them (RFC 5802 and 7677): salted and stretched.
//!
//! A name that there is not is answered as slowly and in the same words as a wrong password, so that nobody learns names.

use std::collections::BTreeMap;
use std::time::Duration;

use datafusion_postgres::pgwire::api::auth::sasl::scram::gen_salted_password;
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use tidewatch_lake::query::Principal;

/// How often a password is stretched.
pub(crate) const ITERATIONS: usize = 4096;
/// How long whoever gave a wrong password waits for the answer.
pub(crate) const WRONG_PASSWORD: Duration = Duration::from_secs(1);
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// Somebody who may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The name that clients give.
    pub name: String,
    /// The password that they give.
    pub password: String,
    /// Whose rows they see.
    pub principal: Principal,
}

/// Everybody who may ask.
pub struct Accounts {
    known: BTreeMap<String, Known>,
    /// Makes salts for names that there are not, always the same for one name, and signs tokens.
    key: hmac::Key,
}

struct Known {
    principal: Principal,
    salted: Salted,
}

/// A password that was salted and stretched.
#[derive(Clone)]
pub(crate) struct Salted {
    pub salt: Vec<u8>,
    pub password: Vec<u8>,
}

/// The machine gives no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("this machine gives no random numbers, without which passwords are not safe")]
pub struct NoRandomNumbers;

impl Accounts {
    /// Those accounts; of two with one name, the last.
    ///
    /// # Errors
    /// When the machine gives no random numbers.
    pub fn new(accounts: Vec<Account>) -> Result<Self, NoRandomNumbers> {
        let random = SystemRandom::new();
        let mut known = BTreeMap::new();
        for Account { name, password, principal } in accounts {
            let mut salt = vec![0; SALT_BYTES];
            random.fill(&mut salt).map_err(|_| NoRandomNumbers)?;
            let password = gen_salted_password(&password, &salt, ITERATIONS);
            known.insert(name, Known { principal, salted: Salted { salt, password } });
        }
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &random).map_err(|_| NoRandomNumbers)?;
        Ok(Self { known, key })
    }

    /// Whose rows `name` sees, once it is known to be whoever it says.
    pub(crate) fn principal(&self, name: &str) -> Option<&Principal> {
        self.known.get(name).map(|known| &known.principal)
    }

    /// The salted password of `name`; of one that there is not, a salt that stays the same, and what no password comes to.
    pub(crate) fn salted(&self, name: &str) -> Salted {
        self.known.get(name).map_or_else(
            || {
                let salt = hmac::sign(&self.key, name.as_bytes()).as_ref().iter().copied().take(SALT_BYTES).collect();
                let password = hmac::sign(&self.key, &[name.as_bytes(), b"\0"].concat()).as_ref().to_vec();
                Salted { salt, password }
            },
            |known| known.salted.clone(),
        )
    }

    /// Whose rows whoever gives this name and password sees.
    pub(crate) fn admit(&self, name: &str, password: &str) -> Option<&Principal> {
        let Salted { salt, password: expected } = self.salted(name);
        let given = gen_salted_password(password, &salt, ITERATIONS);
        // Comparing what a key makes of both takes as long wherever they differ.
        let tag = hmac::sign(&self.key, &given);
        hmac::verify(&self.key, &expected, tag.as_ref()).ok()?;
        self.principal(name)
    }

    /// A token by which `name` is known again by this process.
    pub(crate) fn token(&self, name: &str) -> Vec<u8> {
        let mut token = hmac::sign(&self.key, &signed(name)).as_ref().to_vec();
        token.extend_from_slice(name.as_bytes());
        token
    }

    /// Whose token it is.
    pub(crate) fn known_by(&self, token: &[u8]) -> Option<(&str, &Principal)> {
        let (tag, name) = token.split_at_checked(HASH_BYTES)?;
        let name = std::str::from_utf8(name).ok()?;
        hmac::verify(&self.key, &signed(name), tag).ok()?;
        self.known.get_key_value(name).map(|(name, known)| (name.as_str(), &known.principal))
    }
}

fn signed(name: &str) -> Vec<u8> {
    [b"token\0", name.as_bytes()].concat()
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_set().entries(self.known.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> Accounts {
        let of = |name: &str, password: &str, principal| Account {
            name: name.to_owned(),
            password: password.to_owned(),
            principal,
        };
        Accounts::new(vec![
            of("analyst", "sesame", Principal::Operator),
            of("acme", "anvil", Principal::Tenant("acme".to_owned())),
        ])
        .unwrap()
    }

    #[test]
    fn the_right_password_is_admitted_and_no_other() {
        let accounts = accounts();
        assert_eq!(accounts.admit("analyst", "sesame"), Some(&Principal::Operator));
        assert_eq!(accounts.admit("acme", "anvil"), Some(&Principal::Tenant("acme".to_owned())));
        for (name, password) in [("analyst", "anvil"), ("analyst", ""), ("nobody", "sesame"), ("", "")] {
            assert_eq!(accounts.admit(name, password), None, "{name:?} {password:?}");
        }
    }

    #[test]
    fn a_name_that_there_is_not_looks_like_one_that_there_is() {
        let accounts = accounts();
        let (first, again, other) = (accounts.salted("nobody"), accounts.salted("nobody"), accounts.salted("no one"));
        assert_eq!(first.salt, again.salt);
        assert_ne!(first.salt, other.salt);
        let real = accounts.salted("acme");
        assert_eq!((first.salt.len(), first.password.len()), (real.salt.len(), real.password.len()));
    }

    #[test]
    fn a_token_is_that_of_one_name_and_of_one_process() {
        let accounts = accounts();
        let token = accounts.token("acme");
        assert_eq!(accounts.known_by(&token).unwrap().0, "acme");
        let mut forged = accounts.token("acme");
        forged.truncate(HASH_BYTES);
        forged.extend_from_slice(b"analyst");
        assert!(accounts.known_by(&forged).is_none());
        assert!(accounts.known_by(b"short").is_none());
        assert!(accounts.known_by(&accounts.token("nobody")).is_none());
        assert!(super::tests::accounts().known_by(&token).is_none());
    }
}
