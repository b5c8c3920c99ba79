//! The method, path, scope and rate limit of a call. Clients, servers and the OpenAPI document read
//! them from here, so that they stand once.

use http::Method;

use crate::PathTemplate;

/// What a client, a server and a document about the API need to know of a call.
///
/// Exhaustive, so that an endpoint's file states each of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The HTTP method.
    pub method: Method,
    /// The path, with variables.
    pub path: PathTemplate,
    /// The scope that the app of the token must hold, if the call needs one.
    pub scope: Option<Scope>,
    /// What the platform counts for its rate limits.
    pub rate_limit: RateLimit,
}

/// A scope of an app, in the words of the Admin Console and of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Scope {
    /// Where it is ticked in the Admin Console.
    pub admin_console: &'static str,
    /// Its name in the API.
    pub name: &'static str,
}

impl Scope {
    /// A scope by where it is ticked, and by its name in the API.
    pub const fn new(admin_console: &'static str, name: &'static str) -> Self {
        Self { admin_console, name }
    }

    /// Bot Definition > Bot Import.
    pub const BOT_IMPORT: Self = Self::new("Bot Definition > Bot Import", "bot_definition:bot_import");

    /// Bot Definition > Bot Export. Its name in the API is a guess.
    pub const BOT_EXPORT: Self = Self::new("Bot Definition > Bot Export", "bot_definition:bot_export");

    /// Bot Publish > Publish. Its name in the API is a guess.
    pub const BOT_PUBLISH: Self = Self::new("Bot Publish > Publish", "bot_publish:publish");

    /// Bot Publish > Publish Status. Its name in the API is a guess.
    pub const BOT_PUBLISH_STATUS: Self =
        Self::new("Bot Publish > Publish Status", "bot_publish:publish_status");
}

/// What the platform counts for its rate limits: 60 requests in any 60 s and 1800 in any 3600 s for
/// each of these (documented).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RateLimit {
    /// Requests for one import.
    PerImport,
    /// Requests for one bot.
    PerBot,
    /// Requests of one app: the document names the bot, and the call names none.
    PerApp,
}
