//! Room that is limited, and which of its holders gives way.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How soon the next one is asked to give way, if one was not enough.
const SOON: Duration = Duration::from_millis(5);

/// So many places. Who finds none left has the holder give way that has been quiet for longest.
#[derive(Debug)]
pub(super) struct Room {
    places: Arc<Semaphore>,
    /// Wakes who has waited longest first.
    give_way: Notify,
}

impl Room {
    pub(super) fn new(places: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), give_way: Notify::new() }
    }

    /// Waits for so many places.
    pub(super) async fn take(&self, places: u32) -> OwnedSemaphorePermit {
        if let Ok(taken) = Arc::clone(&self.places).try_acquire_many_owned(places) {
            return taken;
        }
        loop {
            self.give_way.notify_one();
            let waited = timeout(SOON, Arc::clone(&self.places).acquire_many_owned(places)).await;
            if let Ok(taken) = waited {
                // If nobody was quiet, nobody has to give way later.
                pin!(self.give_way.notified()).as_mut().enable();
                return taken.expect("it is never closed");
            }
        }
    }

    /// Ends when a holder who has been quiet since the call has to give way.
    pub(super) async fn wanted(&self) {
        self.give_way.notified().await;
    }

    /// Has one give way, if one is quiet or the next that is.
    pub(super) fn evict(&self) {
        self.give_way.notify_one();
    }

    /// Has all give way that are quiet.
    pub(super) fn evict_all(&self) {
        self.give_way.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn is_ready(future: std::pin::Pin<&mut impl Future>) -> bool {
        matches!(future.poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(_))
    }

    #[tokio::test(start_paused = true)]
    async fn the_holder_that_has_been_quiet_for_longest_gives_way() {
        let room = Room::new(2);
        let (first, _second) = (room.take(1).await, room.take(1).await);
        let mut quiet = [pin!(room.wanted()), pin!(room.wanted())];
        assert!(quiet.iter_mut().all(|quiet| !is_ready(quiet.as_mut())));
        let mut third = pin!(room.take(1));
        assert!(!is_ready(third.as_mut()));
        assert_eq!(quiet.each_mut().map(|quiet| is_ready(quiet.as_mut())), [true, false]);
        drop(first);
        assert!(is_ready(third.as_mut()));
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_give_way_as_it_takes_and_no_more() {
        let room = Arc::new(Room::new(3));
        let quiet = |room: &Arc<Room>| {
            let room = Arc::clone(room);
            tokio::spawn(async move {
                let _taken = room.take(1).await;
                room.wanted().await;
            })
        };
        let holders = [(); 3].map(|()| quiet(&room));
        tokio::task::yield_now().await;
        let _taken = room.take(2).await;
        let [first, second, third] = holders;
        first.await.expect("it gave way");
        second.await.expect("it gave way");
        tokio::time::sleep(10 * SOON).await;
        assert!(!third.is_finished());
    }

    #[tokio::test(start_paused = true)]
    async fn what_ended_by_itself_leaves_no_one_to_give_way() {
        let room = Room::new(1);
        let taken = room.take(1).await;
        let mut next = pin!(room.take(1));
        assert!(!is_ready(next.as_mut()), "nobody is quiet");
        drop(taken);
        let _taken = next.await;
        assert!(!is_ready(pin!(room.wanted())));
    }
}
