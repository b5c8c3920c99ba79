//! Prints the OpenAPI document of the API; `cargo xtask openapi` keeps it in `openapi.json`.
//!
//! `cargo run -p kore-protocol --features openapi --example openapi`
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "that is what it is for")]

fn main() {
    println!("{:#}", kore_protocol::openapi::document());
}
