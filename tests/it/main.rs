//! One binary for all integration tests: real sockets, real TLS, real processes.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on is to panic, in its helpers too")]

mod facade;
mod lossless;
