//! No bytes make the decoder panic, and what it takes it gives back.
#![no_main]

use bytes::Bytes;
use kore_protocol::bot_import::get_status;
use kore_protocol::{BodyLimit, IncomingResponse};
use kore_types::{BotImport, ErrorBody};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(import) = BotImport::from_json_slice(bytes) {
        let written = serde_json::to_string(&import).expect("what was read can be written");
        let again = BotImport::from_json(&written).expect("what was written can be read");
        assert_eq!(again, import);
        assert_eq!(serde_json::to_string(&again).expect("it was written before"), written);
        assert_eq!(serde_json::from_slice::<BotImport>(bytes).expect("both ways read the same"), import);
        import.counts();
        let _ = import.created_on.get().map(|time| time.to_system_time());
    }
    let _ = ErrorBody::from_json_slice(bytes);
    for status in [200, 400, 502] {
        let mut answer = http::Response::new(Bytes::copy_from_slice(bytes));
        *answer.status_mut() = http::StatusCode::from_u16(status).expect("a status");
        if let Err(error) = get_status::Response::from_http(answer, BodyLimit::bytes(4096)) {
            assert!(!error.to_string().chars().any(char::is_control), "{error}");
        }
    }
});
