//! No bytes make the decoder panic, and what it takes it gives back.
#![no_main]

use bytes::Bytes;
use kore_protocol::bot_import::get_status;
use kore_protocol::{BodyLimit, IncomingResponse};
use kore_types::{BotImport, ErrorBody};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let read = serde_json::from_slice::<BotImport>(bytes);
    if let Ok(import) = &read {
        let written = serde_json::to_string(&import).expect("what was read can be written");
        let again: BotImport = serde_json::from_str(&written).expect("what was written can be read");
        assert_eq!(again, *import);
        assert_eq!(serde_json::to_string(&again).expect("it was written before"), written);
        import.counts();
        let _ = import.created_on.as_ref().map(|time| time.to_system_time());
    }
    let alone = BotImport::id_and_status_alone(bytes);
    if let (Ok(import), Ok(alone)) = (&read, &alone) {
        assert_eq!((&alone.id, &alone.status), (&import.id, &import.status));
    }
    assert!(read.is_err() || alone.is_ok());
    let _ = serde_json::from_slice::<ErrorBody>(bytes);
    for status in [200, 400, 502] {
        let mut answer = http::Response::new(Bytes::copy_from_slice(bytes));
        *answer.status_mut() = http::StatusCode::from_u16(status).expect("a status");
        if let Err(error) = get_status::Response::from_http(answer, BodyLimit::bytes(4096)) {
            assert!(!error.to_string().chars().any(char::is_control), "{error}");
        }
    }
});
