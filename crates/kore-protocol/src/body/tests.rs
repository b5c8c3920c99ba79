use std::error::Error as _;
use std::sync::Mutex;

use super::*;

fn boundary() -> Boundary {
    Boundary::new("b").expect("valid")
}

/// Opened anew each time, and read a few bytes at a time.
fn slow(name: &str, announced: u64, bytes: &'static [u8]) -> Content {
    struct Slow(&'static [u8]);
    impl io::Read for Slow {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let most = buf.len().min(3);
            self.0.read(&mut buf[..most])
        }
    }
    Content::from_opener(name, announced, move || Ok(Box::new(Slow(bytes))))
}

/// Each way of reading it.
fn each_way(body: &Body) -> Vec<io::Result<Vec<u8>>> {
    let chunks = |most| {
        let (mut reader, mut all) = (body.reader(), Vec::new());
        while let Some(chunk) = reader.chunk(most)? {
            assert!(chunk.len() <= most && !chunk.is_empty());
            all.extend_from_slice(&chunk);
            assert_eq!(reader.left(), body.len() - all.len() as u64);
        }
        Ok(all)
    };
    let whole = body.to_bytes().map(Vec::from);
    vec![whole, chunks(1), chunks(2), chunks(3), chunks(7), chunks(1 << 20)]
}

#[test]
fn parts_are_read_alike_in_each_way_and_again() {
    let files = [slow("a", 10, b"0123456789"), slow("", 0, b""), Content::from_bytes("c", "in memory")];
    let body = Body::multipart(&boundary(), files.map(|file| Part::file("file", file)));
    let expected = body.to_bytes().expect("it is read");
    assert_eq!(expected.len() as u64, body.len());
    for read in each_way(&body) {
        assert_eq!(read.expect("it is read"), expected);
    }
}

#[test]
fn a_file_of_another_length_is_an_error_that_names_it_before_its_last_byte_is_given_out() {
    for (announced, says) in [
        (5, "\"a b\" changed before it was sent whole: expected 5 bytes, found 3; "),
        (2, "\"a b\" changed before it was sent whole: expected 2 bytes, found more; "),
        (0, "\"a b\" changed before it was sent whole: expected 0 bytes, found more; "),
    ] {
        let body = Body::multipart(&boundary(), [Part::file("file", slow("a b", announced, b"012"))]);
        for read in each_way(&body) {
            let error = read.expect_err("it is another file");
            assert!(error.to_string().starts_with(says), "{error}");
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<ContentError>());
            assert_eq!(inner.expect("it says which").name(), "a b");
        }
        let mut reader = body.reader();
        let given = std::iter::from_fn(|| reader.chunk(1).ok().flatten()).count() as u64;
        let head = body.len() - announced - b"\r\n--b--\r\n".len() as u64;
        assert!(given <= head + announced.saturating_sub(1), "{given}");
    }
}

#[test]
fn a_file_that_cannot_be_opened_or_read_is_named_with_the_reason() {
    struct Broken;
    impl io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is on fire"))
        }
    }
    let gone = Content::from_opener("x\n\"y", 5, || Err(io::ErrorKind::NotFound.into()));
    let broken = Content::from_opener("z", 5, || Ok(Box::new(Broken)));
    for (content, says) in [
        (gone, "cannot open \"x\\n\"y\": entity not found"),
        (broken, "cannot read \"z\": the disk is on fire"),
    ] {
        for read in each_way(&Body::multipart(&boundary(), [Part::file("file", content)])) {
            let error = read.expect_err("it cannot be read");
            assert_eq!(error.to_string(), says);
            assert!(error.source().is_some());
        }
    }
}

#[test]
fn names_are_escaped_as_browsers_do() {
    let file = Content::from_bytes("a\"b\r\nc: d\u{e9}.json", "");
    let body = Body::multipart(&boundary(), [Part::file("na\"me", file)]).to_bytes().expect("it is read");
    let head = "--b\r\nContent-Disposition: form-data; name=\"na%22me\"; filename=\"a%22b%0D%0Ac: d\u{e9}.json\"\r\n\r\n";
    assert!(body.starts_with(head.as_bytes()), "{}", String::from_utf8_lossy(&body));
}

#[test]
fn who_wants_to_know_is_told_how_much_was_read() {
    for file in [slow("a", 10, b"0123456789"), Content::from_bytes("a", "0123456789")] {
        let told = Arc::new(Mutex::new(Vec::new()));
        let noted = told.clone();
        let file = file.reporting(move |read| noted.lock().expect("no panic").push(read));
        let body = Body::multipart(&boundary(), [Part::file("file", file), Part::text("t", "x")]);
        let mut reader = body.reader();
        while reader.chunk(4).expect("it is read").is_some() {}
        assert_eq!(*told.lock().expect("no panic"), [4, 8, 10]);
    }
}

#[test]
fn what_is_in_memory_is_handed_over_without_a_copy() {
    let bytes = Bytes::from(vec![7; 100]);
    let body = Body::multipart(&boundary(), [Part::file("file", Content::from_bytes("a", bytes.clone()))]);
    let mut reader = body.reader();
    let chunks: Vec<_> = std::iter::from_fn(|| reader.in_memory(64)).collect();
    assert!(chunks.iter().any(|chunk| chunk.as_ptr() == bytes.as_ptr() && chunk.len() == 64));
    assert_eq!(chunks.concat(), body.to_bytes().expect("in memory"));
    let mut of_file = Body::multipart(&boundary(), [Part::file("file", slow("a", 1, b"0"))]).reader();
    assert!(of_file.in_memory(1000).is_some() && of_file.in_memory(1000).is_none(), "a file is read");
}

#[test]
fn a_boundary_needs_no_quotes() {
    for wrong in ["", "a b", "a\r\n", "\u{e9}", "a;b", &"a".repeat(71)] {
        assert!(
            Boundary::new(wrong).is_err_and(|error| error.to_string().contains("not a boundary")),
            "{wrong}"
        );
    }
    assert!(Boundary::new("a".repeat(70)).is_ok());
}
