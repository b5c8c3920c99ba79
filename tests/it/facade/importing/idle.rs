//! A server that closes the connections that it keeps, before or while a start comes over one of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kore_sdk::protocol::bot_import::start_existing;
use kore_sdk::{ImportMode, blocking};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::double::ACCEPTED;
use super::files;
use crate::facade::builder;
use crate::servers::{Server, hostile};

/// When a connection that was used is closed.
#[derive(Clone, Copy, Debug)]
enum Closes {
    /// Right after each response, which does not announce it.
    AfterEachResponse,
    /// The same with a reset.
    WithAReset,
    /// While the start is on its way: it is never read.
    AsTheStartComes,
}

const ALL: [Closes; 3] = [Closes::AfterEachResponse, Closes::WithAReset, Closes::AsTheStartComes];

async fn serve(mut stream: TcpStream, closes: Closes, starts: Arc<AtomicUsize>) {
    for is_used in [false].into_iter().chain(std::iter::repeat(true)) {
        let head = hostile::read_head(&mut stream).await.to_ascii_lowercase();
        let Some((_, length)) = head.split_once("content-length: ") else { return };
        let is_start = !head.starts_with("post /api/public/uploadfile ");
        if is_start && is_used && matches!(closes, Closes::AsTheStartComes) {
            return;
        }
        let mut body = vec![0; length.split("\r\n").next().unwrap().parse().unwrap()];
        stream.read_exact(&mut body).await.unwrap();
        starts.fetch_add(usize::from(is_start), Ordering::SeqCst);
        let body = if is_start { ACCEPTED } else { r#"{"fileId":"f-1"}"# };
        let response = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(response.as_bytes()).await.unwrap();
        match closes {
            Closes::AfterEachResponse => return,
            Closes::WithAReset => {
                // The client shall have read the response before the reset throws it away.
                tokio::time::sleep(std::time::Duration::from_millis(30)).await;
                return stream.set_zero_linger().unwrap();
            }
            Closes::AsTheStartComes => {}
        }
    }
}

/// A server, and how many starts it has read.
fn server(closes: Closes) -> (Server, Arc<AtomicUsize>) {
    let starts = Arc::new(AtomicUsize::new(0));
    let counted = starts.clone();
    (Server::start(move |stream| serve(stream, closes, counted.clone())), starts)
}

#[tokio::test]
async fn a_start_meets_no_connection_that_the_server_is_closing() {
    for closes in ALL {
        let (server, starts) = server(closes);
        let client = builder(&server.url("")).build().unwrap();
        let import = client.import_bot(files()).into_bot("st-1".parse().unwrap(), ImportMode::Full);
        let accepted = import.await.unwrap_or_else(|error| panic!("{closes:?}: {error}"));
        assert_eq!((accepted.import_id.as_str(), starts.load(Ordering::SeqCst)), ("bir-1", 1), "{closes:?}");
    }
}

#[test]
fn nor_does_one_of_the_blocking_client_or_a_single_call() {
    for closes in ALL {
        let (server, starts) = server(closes);
        let client: blocking::Client = builder(&server.url("")).build_blocking().unwrap();
        let import = client.import_bot(files()).into_bot("st-1".parse().unwrap(), ImportMode::Full);
        import.run().unwrap_or_else(|error| panic!("{closes:?}: {error}"));
        let id = || "5b".parse().unwrap();
        let start = start_existing::Request::new("st-1".parse().unwrap(), id(), id(), Vec::new(), None);
        for _ in 0..2 {
            client.send(&start).unwrap_or_else(|error| panic!("{closes:?}: {error}"));
        }
        assert_eq!(starts.load(Ordering::SeqCst), 3, "{closes:?}");
    }
}
