//! Faults: listed, added, cleared.

use super::*;
use crate::input;

/// The most faults at a time.
const MAX_FAULTS: usize = 1000;

impl Control {
    /// Adds those of a file's form, whose seed does not count: that of the start does.
    pub(super) fn add_faults(&self, body: &Bytes) -> Result<Response<ControlBody>, Problem> {
        let expected = r#"{"faults": [{"effect": "reset", "first": 1}]} in the form of a file of faults"#;
        let faults: Faults = input::from_json(&answer::text(body)?, "the body")
            .map_err(|error| Problem::body(expected, error))?;
        if !self.faults.add(faults, MAX_FAULTS) {
            return Err(Problem::new(StatusCode::CONFLICT, format!("at most {MAX_FAULTS} faults in all"))
                .found("more")
                .hint("DELETE /_emulator/faults clears those that are there"));
        }
        Ok(json(StatusCode::CREATED, &self.faults.list()))
    }
}
