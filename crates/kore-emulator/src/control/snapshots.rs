//! Snapshots: given piece by piece, and taken.

use http::header::CONTENT_TYPE;
use tokio::sync::mpsc;

use super::*;
use crate::snapshot::{self, Writer};

/// How many are given at the same time.
const MOST: usize = 32;

/// How long a client may take nothing of one.
const PATIENCE: Duration = Duration::from_secs(15);

/// Who gives and who takes a snapshot.
#[derive(Debug)]
pub(super) struct Snapshots {
    given: Arc<Semaphore>,
    /// One is read at a time: what it holds takes more room than its text.
    pub(super) taken: Semaphore,
}

impl Default for Snapshots {
    fn default() -> Self {
        Self { given: Arc::new(Semaphore::new(MOST)), taken: Semaphore::new(1) }
    }
}

impl Control {
    pub(super) fn snapshot(&self) -> Result<Response<ControlBody>, Problem> {
        let place = Arc::clone(&self.snapshots.given).try_acquire_owned().map_err(|_| {
            Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("at most {MOST} snapshots at the same time"),
            )
            .found("as many")
            .hint("send it again when one has ended")
        })?;
        let mut writer = Writer::new(Arc::clone(&self.platform), self.clock.now().wall);
        let (send, pieces) = mpsc::channel(1);
        tokio::spawn(async move {
            let _place = place;
            loop {
                let next = move || (writer.piece(), writer);
                let Ok((piece, rest)) = tokio::task::spawn_blocking(next).await else { return };
                writer = rest;
                let is_last = piece.as_ref().map_or(true, Vec::is_empty);
                let sent = send.send_timeout(piece.map(Bytes::from), PATIENCE).await;
                if is_last || sent.is_err() {
                    return;
                }
            }
        });
        let mut response = Response::new(ControlBody::Pieces(pieces));
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, json);
        Ok(response)
    }

    pub(super) fn restore(&self, body: &Bytes) -> Result<Response<ControlBody>, Problem> {
        #[derive(Serialize)]
        struct Restored {
            imports: usize,
        }
        let held = snapshot::read(&answer::text(body)?, "the snapshot", Some(self.clock.now().wall))
            .map_err(|error| Problem::body("a snapshot as this emulator gives it", error))?;
        let imports = held.len();
        if imports > MAX_IMPORTS {
            return Err(Problem::new(StatusCode::CONFLICT, format!("at most {MAX_IMPORTS} imports"))
                .found(format!("{imports} imports"))
                .hint("leave some out"));
        }
        self.platform.replace(held);
        Ok(json(StatusCode::OK, &Restored { imports }))
    }
}
