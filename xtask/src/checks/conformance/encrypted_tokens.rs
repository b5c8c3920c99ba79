//! Encrypted tokens of all pairs of algorithms: made here and decrypted by jwcrypto, and made there and
//! taken by an emulator here.

use std::fs;

use anyhow::{Context, ensure};
use cargo_metadata::camino::Utf8Path;

use super::emulator::Emulator;
use super::python::Python;
use crate::command::{output, quiet};
use crate::workspace::Workspace;

const SCRIPT: &str = include_str!("encrypted_tokens.py");

const ALGORITHMS: [&str; 2] = ["RSA-OAEP", "RSA1_5"];
const ENCRYPTIONS: [&str; 3] = ["A128CBC-HS256", "A128GCM", "A256GCM"];
const PAIRS: usize = ALGORITHMS.len() * ENCRYPTIONS.len();

pub(super) fn run(workspace: &Workspace, python: &Python, folder: &Utf8Path) -> anyhow::Result<()> {
    let folder = folder.join("encrypted-tokens");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {folder}"))?;
    let file = |name: &str| folder.join(name);
    let write = |name: &str, content: &str| {
        fs::write(file(name), content).with_context(|| format!("cannot write {}", file(name)))
    };
    write("exchange.py", SCRIPT)?;
    write("secret.txt", "of no app, and long enough that no one warns about it")?;
    let jwcrypto = |command: &str| {
        let mut python = python.tool("python");
        python.args([file("exchange.py").as_str(), command, folder.as_str()]);
        python
    };
    let app = format!("--app=cs-conformance:{}:jwe", file("secret.txt"));
    let emulator = Emulator::start(workspace, &folder, &["--lenient", &app])?;

    quiet(&mut jwcrypto("keys"))?;
    let mut tokens = Vec::new();
    for (alg, enc) in ALGORITHMS.iter().flat_map(|alg| ENCRYPTIONS.map(|enc| (*alg, enc))) {
        let mut kore = emulator.kore();
        kore.args(["token", "--jwe-key", file("public.json").as_str(), "--jwe-alg", alg, "--jwe-enc", enc]);
        tokens.push(output(&mut kore)?);
    }
    write("tokens.txt", &tokens.concat())?;
    quiet(&mut jwcrypto("decrypt"))?;
    println!("encrypted tokens: jwcrypto decrypts the {} that are made here", tokens.len());

    let jwk = emulator.setting("KORE_JWE_KEY_FILE");
    fs::copy(jwk, file("emulator.json")).with_context(|| format!("cannot copy {jwk}"))?;
    let tokens = output(&mut jwcrypto("encrypt"))?;
    let id = emulator.imports().first().context("it holds an import")?;
    let mut taken = 0;
    for token in tokens.lines() {
        let mut kore = emulator.kore();
        kore.env_remove("KORE_CLIENT_ID").env_remove("KORE_CLIENT_SECRET_FILE").env("KORE_JWT", token);
        quiet(kore.args(["import", "status", id]))?;
        taken += 1;
    }
    println!("encrypted tokens: an emulator takes the {taken} that jwcrypto makes");
    ensure!(taken == PAIRS, "expected {PAIRS} tokens of jwcrypto");
    Ok(())
}
