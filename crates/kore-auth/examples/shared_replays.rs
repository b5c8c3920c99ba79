//! Several servers that together accept each token with a `jti` once. Their store is a file of SQLite,
//! which processes on one machine may open at the same time; a database server works in the same way.
//!
//! ```sh
//! cargo run -p kore-auth --example shared_replays
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it says what happens")]

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kore_auth::{Algorithm, Claims, Credentials, Guard, ReplayStore, Secret, Used, Verifier, VerifyError};
use kore_types::ClientId;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

/// How long an entry stays after its token expired, in seconds. A clock that is set back by less
/// revives no token.
const GRACE: u64 = 3600;

/// The tokens that were used, in a file that several servers have open.
pub(crate) struct SharedReplays {
    connection: Mutex<Connection>,
}

impl SharedReplays {
    pub(crate) fn open(file: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(file)?;
        // For another server that is writing.
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS used (
                app TEXT NOT NULL,
                jti TEXT NOT NULL,
                until INTEGER NOT NULL,
                PRIMARY KEY (app, jti)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX IF NOT EXISTS used_until ON used (until);",
        )?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// Whether it is the first use.
    fn is_first(&self, used: &Used<'_>, now: SystemTime) -> rusqlite::Result<bool> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        // Immediate: the next reader, in any process, waits until this is written.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("DELETE FROM used WHERE until < ?1", [seconds(now.saturating_sub(GRACE))])?;
        let known: Option<i64> = transaction
            .query_row(
                "SELECT until FROM used WHERE app = ?1 AND jti = ?2",
                params![used.app_id, used.jti],
                |row| row.get(0),
            )
            .optional()?;
        // Another token with that jti may end later.
        let until = known.unwrap_or(0).max(seconds(used.until));
        transaction.execute(
            "INSERT OR REPLACE INTO used (app, jti, until) VALUES (?1, ?2, ?3)",
            params![used.app_id, used.jti, until],
        )?;
        transaction.commit()?;
        Ok(known.is_none())
    }
}

/// SQLite's integers have a sign.
fn seconds(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

impl ReplayStore for SharedReplays {
    fn take(&self, used: &Used<'_>, now: SystemTime) -> Result<(), VerifyError> {
        match self.is_first(used, now) {
            Ok(true) => Ok(()),
            Ok(false) => Err(VerifyError::Replay),
            Err(error) => {
                eprintln!("the store of used tokens failed: {error}");
                Err(VerifyError::ReplaysFailed)
            }
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::temp_dir().join(format!("shared-replays-{}.sqlite", std::process::id()));
    let (id, secret) = (ClientId::new("cs-1f")?, Secret::new("not a real secret")?);
    let app = Verifier::hmac(Algorithm::Hs256, &secret)?.scopes(["bot_definition:bot_import"]);
    let apps = HashMap::from([(id.clone(), app)]);
    let now = SystemTime::now();
    let claims = Claims::new("me", "cs-1f").with_jti("one").expires_at(now + Duration::from_secs(60));
    let token = Credentials::new(id, secret).sign(&claims)?;

    for server in ["the first server", "the second server"] {
        let guard = Guard::with_replays(SharedReplays::open(&file)?);
        match guard.admit(&apps, [token.expose().as_bytes()], "bot_definition:bot_import", now) {
            Ok(claims) => println!("{server} lets {} in", claims.sub),
            Err(error) => println!("{server} refuses the token: {error}"),
        }
    }
    std::fs::remove_file(file)?;
    Ok(())
}
