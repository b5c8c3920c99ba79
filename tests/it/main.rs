//! One binary for all integration tests: real sockets, real TLS, real processes.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod axum_server;
mod emulator;
mod examples;
mod facade;
mod formats;
mod lossless;
mod schema;
mod servers;
mod shared_replays;
mod transport;
