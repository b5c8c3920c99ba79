//! The Rust in the pages of the repository, as tests: it is compiled, and run if it is not `no_run`.
#![forbid(unsafe_code)]
#![cfg(doctest)]

#[doc = include_str!("../README.md")]
struct Readme;

#[doc = include_str!("../docs/rust.md")]
struct Rust;
