//! How many connections there may be, and which one gives way.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// The connections that are open. A new one beyond the most that there may be has the place of the
/// one that has been idle for longest; while none is idle, it waits in the queue of the system.
#[derive(Debug)]
pub(super) struct Connections {
    most: usize,
    state: Mutex<State>,
    /// A place became free, or a connection idle.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    open: usize,
    /// Counts up, so that the first of `idle` has been so for longest.
    turn: u64,
    /// Between two requests, or with a request whose head has not arrived.
    idle: BTreeMap<u64, Idle>,
}

#[derive(Debug)]
struct Idle {
    since: Instant,
    evicted: Arc<Notify>,
}

/// An open connection. Dropping it frees the place.
#[derive(Debug)]
pub(super) struct Slot {
    connections: Arc<Connections>,
    evicted: Arc<Notify>,
    turn: Mutex<Option<u64>>,
}

/// A request is being answered: its connection is not idle while this lives.
#[derive(Debug)]
pub(crate) struct Busy(Arc<Slot>);

impl Connections {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, state: Mutex::default(), changed: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is whole before anything can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until one more may be open, and has the oldest idle one closed for it.
    pub(super) async fn room(&self) {
        loop {
            let changed = self.changed.notified();
            if self.state().open < self.most || self.evict() {
                return;
            }
            changed.await;
        }
    }

    /// Closes the connection that has been idle for longest; `false` if none is.
    pub(super) fn evict(&self) -> bool {
        let oldest = self.state().idle.pop_first();
        oldest.is_some_and(|(_, idle)| {
            tracing::debug!("the oldest idle connection gives way");
            idle.evicted.notify_one();
            true
        })
    }

    /// Closes each connection that has been idle for so long. One task for all of them: a timer for
    /// each request would be half of what a request costs beside reading and writing.
    pub(super) async fn evict_after(&self, patience: Duration) -> Infallible {
        loop {
            let oldest = self.state().idle.first_key_value().map(|(_, idle)| idle.since);
            let until = oldest.unwrap_or_else(Instant::now) + patience;
            tokio::time::sleep_until(until).await;
            // It may have asked since, and others have not been idle for longer.
            while self.is_idle_since(Instant::now() - patience) {
                self.evict();
            }
        }
    }

    fn is_idle_since(&self, then: Instant) -> bool {
        self.state().idle.first_key_value().is_some_and(|(_, idle)| idle.since <= then)
    }

    /// Closes all that are idle.
    pub(super) fn evict_all(&self) {
        while self.evict() {}
    }

    /// A new connection, which is idle.
    pub(super) fn open(self: &Arc<Self>) -> Arc<Slot> {
        self.state().open += 1;
        let evicted = Arc::new(Notify::new());
        let slot = Arc::new(Slot { connections: Arc::clone(self), evicted, turn: Mutex::default() });
        slot.idle();
        slot
    }
}

impl Slot {
    /// Ends when the connection has to give way.
    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
    }

    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        if let Some(turn) = self.turn().take() {
            self.connections.state().idle.remove(&turn);
        }
        Busy(Arc::clone(self))
    }

    fn idle(&self) {
        let mut state = self.connections.state();
        state.turn += 1;
        let turn = state.turn;
        state.idle.insert(turn, Idle { since: Instant::now(), evicted: Arc::clone(&self.evicted) });
        *self.turn() = Some(turn);
    }

    fn turn(&self) -> MutexGuard<'_, Option<u64>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.idle();
        self.0.connections.changed.notify_one();
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let turn = self.turn().take();
        let mut state = self.connections.state();
        state.open -= 1;
        if let Some(turn) = turn {
            state.idle.remove(&turn);
        }
        drop(state);
        self.connections.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn is_ready(future: impl Future<Output = ()>) -> bool {
        matches!(pin!(future).poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(()))
    }

    #[test]
    fn the_one_that_has_been_idle_for_longest_gives_way() {
        let connections = Connections::new(3);
        let slots = [(); 3].map(|()| connections.open());
        // The first has asked since, and the second is being answered.
        drop(slots[0].busy());
        let _busy = slots[1].busy();
        assert!(is_ready(connections.room()));
        assert_eq!(slots.each_ref().map(|slot| is_ready(slot.evicted())), [false, false, true]);
        assert!(is_ready(connections.room()));
        assert_eq!(slots.each_ref().map(|slot| is_ready(slot.evicted())), [true, false, false]);
    }

    #[test]
    fn while_none_is_idle_the_next_waits_until_one_is_or_ends() {
        let connections = Connections::new(2);
        let [one, other] = [(); 2].map(|()| connections.open());
        let (busy, _other) = (one.busy(), other.busy());
        let mut room = pin!(connections.room());
        let mut poll = || room.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll().is_pending());
        drop(busy);
        assert!(poll().is_ready());

        let mut room = pin!(connections.room());
        let mut poll = || room.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll().is_pending(), "it has given way once");
        drop(one);
        assert!(poll().is_ready());
    }

    #[test]
    fn one_that_ended_is_not_counted_and_leaves_nothing() {
        let connections = Connections::new(1);
        for _ in 0..3 {
            let slot = connections.open();
            drop(slot.busy());
        }
        assert!(is_ready(connections.room()));
        let state = connections.state();
        assert_eq!((state.open, state.idle.len()), (0, 0));
    }
}
