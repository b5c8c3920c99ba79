use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::*;

/// A queue whose reader takes a piece when it is asked to.
fn queue() -> (Arc<Queue>, Receiver<String>) {
    let (sender, receiver): (SyncSender<String>, _) = sync_channel(0);
    let write = move |_, bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        sender.send(text).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    };
    (Queue::start(write), receiver)
}

fn told(count: u64) -> String {
    format!("{count} left out\n")
}

/// Until the writer has a piece in its hands, which nobody takes.
fn until_it_writes(queue: &Queue) {
    while queue.lock().writes.is_none() {
        std::thread::yield_now();
    }
}

#[test]
fn lines_that_do_not_fit_are_counted_where_they_are_missing() {
    let (queue, reader) = queue();
    queue.line(Stream::Stdout, "first\n".to_owned(), told);
    until_it_writes(&queue);
    let big = "x".repeat(MAX_WAITING / 2) + "\n";
    (0..4).for_each(|_| queue.line(Stream::Stdout, big.clone(), told));
    // What is said at the end has a place in any case.
    queue.text(Stream::Stdout, "end\n".into());
    assert_eq!(reader.recv().expect("a line"), "first\n");
    let mut rest = big.len();
    while rest > 0 {
        rest -= reader.recv().expect("a piece").len();
    }
    queue.line(Stream::Stdout, "next\n".to_owned(), told);
    let last: Vec<_> = (0..3).map(|_| reader.recv().expect("a line")).collect();
    assert_eq!(last, ["end\n", "3 left out\n", "next\n"]);
    assert!(matches!(queue.undelivered(Stream::Stdout), Some(Undelivered::LeftOut(3))));
    assert!(queue.undelivered(Stream::Stdout).is_none(), "it is told once");
    assert!(queue.undelivered(Stream::Stderr).is_none());
}

#[test]
fn a_stream_that_fails_holds_up_no_other_and_only_its_first_error_counts() {
    let (sender, receiver) = sync_channel(10);
    let queue = Queue::start(move |stream, bytes: &[u8]| {
        if stream == Stream::Stdout {
            return Err(io::Error::other("full"));
        }
        sender.send(bytes.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    });
    queue.text(Stream::Stdout, "lost".into());
    queue.text(Stream::Stderr, "shown".into());
    queue.text(Stream::Stdout, "lost too".into());
    queue.drain(true);
    assert_eq!(receiver.recv().expect("written"), b"shown");
    let Some(Undelivered::Failed(error)) = queue.undelivered(Stream::Stdout) else { panic!("it failed") };
    assert_eq!(error.to_string(), "full");
}

#[test]
fn a_write_that_was_interrupted_or_would_block_is_repeated() {
    let (sender, receiver) = sync_channel(10);
    let errors = Mutex::new(vec![io::ErrorKind::Interrupted, io::ErrorKind::WouldBlock]);
    let queue = Queue::start(move |_, bytes: &[u8]| {
        if let Some(kind) = errors.lock().expect("no panic").pop() {
            return Err(kind.into());
        }
        // A byte at a time.
        sender.send(bytes[0]).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(1)
    });
    queue.text(Stream::Stdout, "text".into());
    queue.drain(true);
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), b"text");
}

#[test]
fn a_reader_that_was_given_up_is_not_waited_for_again() {
    let (queue, _reader) = queue();
    queue.text(Stream::Stdout, "text".into());
    until_it_writes(&queue);
    queue.lock().give_up();
    // Each of these would last for ever.
    queue.drain(true);
    queue.text(Stream::Stdout, "more".into());
    queue.line(Stream::Stderr, "a line\n".to_owned(), told);
    queue.drain(true);
    assert!(matches!(queue.undelivered(Stream::Stdout), Some(Undelivered::GivenUp)));
    assert!(queue.undelivered(Stream::Stdout).is_none() && queue.undelivered(Stream::Stderr).is_none());
}
