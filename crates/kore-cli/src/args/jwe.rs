//! The flags of encrypted tokens.

use std::path::PathBuf;

/// How tokens are encrypted. The texts are read where a variable or a profile may say the same.
#[derive(clap::Args, Default)]
#[command(next_help_heading = "Encrypted tokens, for apps that enforce JWE")]
pub(crate) struct JweArgs {
    /// A file with the platform's public key, the JWK that the Admin Console shows for the app; each
    /// token is encrypted to it [env: KORE_JWE_KEY_FILE]
    #[arg(long = "jwe-key", value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,

    /// How the content key is encrypted: RSA-OAEP or RSA1_5 [env: KORE_JWE_ALG] [default: RSA-OAEP]
    #[arg(long = "jwe-alg", value_name = "ALG")]
    pub(crate) alg: Option<String>,

    /// How the token is encrypted: A128CBC-HS256, A128GCM or A256GCM [env: KORE_JWE_ENC] [default:
    /// A128CBC-HS256]
    #[arg(long = "jwe-enc", value_name = "ENC")]
    pub(crate) enc: Option<String>,

    /// The `kid` to send, such as one with k- in front [env: KORE_JWE_KID] [default: that of the JWK]
    #[arg(long = "jwe-kid", value_name = "TEXT")]
    pub(crate) kid: Option<String>,

    /// What is encrypted: jwt, the signed token, or claims, which are not signed [env:
    /// KORE_JWE_CONTENT] [default: jwt]
    #[arg(long = "jwe-content", value_name = "CONTENT")]
    pub(crate) content: Option<String>,

    /// Say in the header that the content is a JWT (cty) [env: KORE_JWE_CTY=1]
    #[arg(long = "jwe-cty")]
    pub(crate) cty: bool,
}
