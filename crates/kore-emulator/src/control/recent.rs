//! The scenarios that imports were made of lately, kept so that the next import can share one.

use std::collections::VecDeque;
use std::sync::Arc;

use super::answer::Problem;
use crate::Scenario;

/// Scenarios that were used of late, so that imports made one by one share theirs.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<(Box<str>, Arc<Scenario>)>);

/// How many.
const RECENT: usize = 16;

impl Recent {
    pub(super) fn get(
        &mut self,
        key: &str,
        make: impl FnOnce() -> Result<Scenario, Problem>,
    ) -> Result<Arc<Scenario>, Problem> {
        if let Some((_, scenario)) = self.0.iter().find(|(known, _)| **known == *key) {
            return Ok(Arc::clone(scenario));
        }
        let scenario = Arc::new(make()?);
        self.0.truncate(RECENT - 1);
        self.0.push_front((key.into(), Arc::clone(&scenario)));
        Ok(scenario)
    }
}
