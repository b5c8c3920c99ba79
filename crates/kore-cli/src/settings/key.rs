//! The settings that there are: the one list of their names and forms. Flags, variables and the
//! configuration file are read by it, and `kore config` shows it.

use kore_sdk::variables;

/// A setting. A profile holds all but the first two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Config,
    Profile,
    Host,
    ClientId,
    ClientSecret,
    ClientSecretFile,
    Jwt,
    Subject,
    Jti,
    JweKeyFile,
    JweAlg,
    JweEnc,
    JweKid,
    JweContent,
    JweCty,
    CaFile,
    AllowHttp,
    Timeout,
}

/// The form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Secret,
    File,
    Switch,
    Duration,
}

/// What a setting is called, and the form of its value.
pub(crate) struct Named {
    /// Its key in the configuration file.
    pub(crate) name: &'static str,
    pub(crate) flag: Option<&'static str>,
    pub(crate) variable: Option<&'static str>,
    pub(crate) form: Form,
}

impl Key {
    pub(crate) const ALL: [Self; 18] = [
        Self::Config,
        Self::Profile,
        Self::Host,
        Self::ClientId,
        Self::ClientSecret,
        Self::ClientSecretFile,
        Self::Jwt,
        Self::Subject,
        Self::Jti,
        Self::JweKeyFile,
        Self::JweAlg,
        Self::JweEnc,
        Self::JweKid,
        Self::JweContent,
        Self::JweCty,
        Self::CaFile,
        Self::AllowHttp,
        Self::Timeout,
    ];

    pub(crate) const fn named(self) -> Named {
        let (name, flag, variable, form) = match self {
            Self::Config => ("config", Some("--config"), Some("KORE_CONFIG"), Form::File),
            Self::Profile => ("profile", Some("--profile"), Some("KORE_PROFILE"), Form::Text),
            Self::Host => ("host", Some("--host"), Some(variables::HOST), Form::Text),
            Self::ClientId => ("client_id", Some("--client-id"), Some(variables::CLIENT_ID), Form::Text),
            Self::ClientSecret => ("client_secret", None, Some(variables::CLIENT_SECRET), Form::Secret),
            Self::ClientSecretFile => (
                "client_secret_file",
                Some("--client-secret-file"),
                Some(variables::CLIENT_SECRET_FILE),
                Form::File,
            ),
            Self::Jwt => ("jwt", None, Some(variables::JWT), Form::Secret),
            Self::Subject => ("subject", Some("--subject"), Some(variables::SUBJECT), Form::Text),
            Self::Jti => ("jti", Some("--jti"), Some(variables::JTI), Form::Switch),
            Self::JweKeyFile => {
                ("jwe_key_file", Some("--jwe-key"), Some(variables::JWE_KEY_FILE), Form::File)
            }
            Self::JweAlg => ("jwe_alg", Some("--jwe-alg"), Some(variables::JWE_ALG), Form::Text),
            Self::JweEnc => ("jwe_enc", Some("--jwe-enc"), Some(variables::JWE_ENC), Form::Text),
            Self::JweKid => ("jwe_kid", Some("--jwe-kid"), Some(variables::JWE_KID), Form::Text),
            Self::JweContent => {
                ("jwe_content", Some("--jwe-content"), Some(variables::JWE_CONTENT), Form::Text)
            }
            Self::JweCty => ("jwe_cty", Some("--jwe-cty"), Some(variables::JWE_CTY), Form::Switch),
            Self::CaFile => ("ca_file", Some("--ca-file"), Some(variables::CA_FILE), Form::File),
            Self::AllowHttp => ("allow_http", Some("--allow-http"), None, Form::Switch),
            Self::Timeout => ("timeout", Some("--timeout"), None, Form::Duration),
        };
        Named { name, flag, variable, form }
    }

    pub(crate) const fn name(self) -> &'static str {
        self.named().name
    }

    /// The settings of encrypted tokens.
    pub(crate) const JWE: [Self; 6] =
        [Self::JweKeyFile, Self::JweAlg, Self::JweEnc, Self::JweKid, Self::JweContent, Self::JweCty];

    /// Those that a profile may have.
    pub(crate) fn of_profiles() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|key| !matches!(key, Self::Config | Self::Profile))
    }
}
