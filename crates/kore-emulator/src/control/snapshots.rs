//! `GET` and `PUT /snapshot`: all imports, given and taken.

use tokio::sync::OwnedSemaphorePermit;

use super::*;
use crate::snapshot;

/// How many are given at the same time.
const MOST: usize = 8;

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

/// A snapshot until the client has taken all of it.
struct Given {
    text: Vec<u8>,
    _place: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Given {
    fn as_ref(&self) -> &[u8] {
        &self.text
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
        let mut text = Vec::new();
        snapshot::write(&self.platform.all(), self.clock.now().wall, &mut text)
            .expect("its keys are texts, and a list takes what is written");
        let mut response = answer::json_text(StatusCode::OK, Vec::new());
        *response.body_mut() = ControlBody::Whole(Some(Bytes::from_owner(Given { text, _place: place })));
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
