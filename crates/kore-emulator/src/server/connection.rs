//! An open connection: whether it is quiet, and its place.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, watch};

use super::room::Room;

/// An open connection. It is quiet until a request is there with its body, and again once the answer
/// is sent; then it may have to give way to another.
#[derive(Debug)]
pub(crate) struct Connection {
    /// How many are at work for it.
    busy: watch::Sender<usize>,
    _place: OwnedSemaphorePermit,
}

/// A request is being answered: its connection does not give way while this lives.
#[derive(Debug)]
pub(crate) struct Busy(Arc<Connection>);

impl Connection {
    pub(super) fn new(place: OwnedSemaphorePermit) -> Arc<Self> {
        Arc::new(Self { busy: watch::Sender::new(0), _place: place })
    }

    pub(crate) fn busy(self: &Arc<Self>) -> Busy {
        self.busy.send_modify(|busy| *busy += 1);
        Busy(Arc::clone(self))
    }

    /// Some of a body arrived: others have been quiet for longer now.
    pub(super) fn stirs(&self) {
        self.busy.send_modify(|_| {});
    }

    /// Ends when it has to give way.
    pub(super) async fn evicted(&self, room: &Room) {
        let mut busy = self.busy.subscribe();
        loop {
            let is_quiet = *busy.borrow_and_update() == 0;
            tokio::select! {
                () = room.wanted(), if is_quiet => return,
                // The sender lives as long as this.
                _ = busy.changed() => {}
            }
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.send_modify(|busy| *busy -= 1);
    }
}
