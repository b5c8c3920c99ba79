//! One binary for all integration tests: real sockets, real TLS, real processes.
#![forbid(unsafe_code)]

mod facade;
mod lossless;
