//! Writes the manual pages of `kore` into a folder:
//! `cargo run -p kore-cli --features man --example man_pages -- target/man1`.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("expected the folder to write the pages into"))?;
    fs::create_dir_all(&folder)?;
    kore_cli::man_pages().into_iter().try_for_each(|(file, text)| fs::write(folder.join(file), text))
}
