//! The apps that may call the emulator, as the Admin Console would have them.

use std::fmt;

use kore_auth::{Algorithm, KeyError, Secret, Verifier};
use kore_protocol::Scope;
use kore_types::ClientId;

/// An app as the Admin Console would have it: who may call, and for what.
#[derive(Clone)]
pub struct App {
    client_id: ClientId,
    secret: Secret,
    algorithm: Algorithm,
    scopes: Vec<Scope>,
    jti_enforced: bool,
    jwe_enforced: bool,
    is_made_up: bool,
}

impl App {
    /// An app that signs with HS256, holds the scopes of imports, exports and publishes, and does not
    /// enforce JTI.
    pub fn new(client_id: ClientId, secret: Secret) -> Self {
        Self {
            client_id,
            secret,
            algorithm: Algorithm::Hs256,
            scopes: vec![Scope::BOT_IMPORT, Scope::BOT_EXPORT, Scope::BOT_PUBLISH, Scope::BOT_PUBLISH_STATUS],
            jti_enforced: false,
            jwe_enforced: false,
            is_made_up: false,
        }
    }

    /// An app with a random id and a random secret, for this machine alone.
    pub fn made_up() -> Self {
        let client_id = ClientId::new(format!("cs-{}", random_hex::<8>()));
        let secret = Secret::new(random_hex::<32>());
        let app = Self::new(
            client_id.expect("hexadecimal digits are safe"),
            secret.expect("64 digits are not none"),
        );
        Self { is_made_up: true, ..app }
    }

    /// Signs with HS512 instead of HS256.
    ///
    /// # Errors
    /// If the algorithm does not sign with a secret.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Result<Self, KeyError> {
        Verifier::hmac(algorithm, &self.secret)?;
        self.algorithm = algorithm;
        Ok(self)
    }

    /// The scopes that the app holds, in place of all that the calls of this emulator ask for.
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = Scope>) -> Self {
        self.scopes = scopes.into_iter().collect();
        self
    }

    /// Refuses tokens without a `jti`. One with a `jti` is taken once in any case.
    pub fn enforce_jti(mut self, enforced: bool) -> Self {
        self.jti_enforced = enforced;
        self
    }

    /// Refuses tokens that are not encrypted. The emulator then has a key pair, for all of its apps:
    /// [`Emulator::jwk`](crate::Emulator::jwk) is the public half. Needs the feature `aws-lc-rs`.
    pub fn enforce_jwe(mut self, enforced: bool) -> Self {
        self.jwe_enforced = enforced;
        self
    }

    /// The client id.
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// The client secret.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    pub(crate) fn enforces_jwe(&self) -> bool {
        self.jwe_enforced
    }

    pub(crate) fn is_made_up(&self) -> bool {
        self.is_made_up
    }

    /// Fails only where no crypto provider is switched on: the algorithm was checked when it was set.
    pub(crate) fn verifier(&self) -> Result<Verifier, KeyError> {
        Ok(Verifier::hmac(self.algorithm, &self.secret)?
            .enforce_jti(self.jti_enforced)
            .enforce_jwe(self.jwe_enforced)
            .scopes(self.scopes.iter().map(|scope| scope.name)))
    }
}

pub(crate) fn random_hex<const N: usize>() -> String {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("an operating system has a source of randomness");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("client_id", &self.client_id)
            .field("algorithm", &self.algorithm)
            .field("scopes", &self.scopes)
            .field("jti_enforced", &self.jti_enforced)
            .field("jwe_enforced", &self.jwe_enforced)
            .finish_non_exhaustive()
    }
}
