//! The file among links, pipes and other owners.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use super::*;

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).expect("there").permissions().mode() & 0o7777
}

#[test]
fn the_mode_and_the_owner_of_the_file_stay() {
    let folder = Folder::new("mode");
    folder.save(&few()).expect("saved");
    for wanted in [0o600, 0o640, 0o664, 0o400] {
        fs::set_permissions(folder.file(), fs::Permissions::from_mode(wanted)).expect("its owner");
        let before = fs::metadata(folder.file()).expect("there");
        folder.save(&few()).expect("saved");
        let after = fs::metadata(folder.file()).expect("there");
        assert_ne!(before.ino(), after.ino(), "it was not replaced");
        assert_eq!(mode(&folder.file()), wanted, "{wanted:o}");
        assert_eq!((before.uid(), before.gid()), (after.uid(), after.gid()));
    }
    // Only root may give a file away.
    if fs::metadata(&folder.0).expect("there").uid() == 0 {
        std::os::unix::fs::chown(folder.file(), Some(12_345), Some(23_456)).expect("root may");
        folder.save(&few()).expect("saved");
        let after = fs::metadata(folder.file()).expect("there");
        assert_eq!((after.uid(), after.gid(), mode(&folder.file())), (12_345, 23_456, 0o400));
    }
}

#[test]
fn what_is_written_beside_the_file_is_no_more_open_than_the_file() {
    let folder = Folder::new("beside");
    fs::write(folder.file(), "").expect("written");
    fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o600)).expect("its owner");
    let (file, _) = StateFile::take(&folder.file()).expect("free");
    file.replace(|_| {
        assert_eq!(mode(&folder.0.join("state.json.new")), 0o600);
        Ok(())
    })
    .expect("saved");
    assert_eq!(mode(&folder.0.join("state.json.lock")), 0o600);
}

#[test]
fn a_link_to_the_file_stays_one_and_shares_its_lock() {
    let folder = Folder::new("link");
    folder.save(&few()).expect("saved");
    let link = folder.0.join("link.json");
    symlink(folder.file(), &link).expect("a link");
    let (file, _) = StateFile::take(&link).expect("free");
    assert!(folder.ids().is_err(), "the same file by its other name");
    file.replace(|to| snapshot::write(&Contents::default(), UNIX_EPOCH, to)).expect("saved");
    assert!(link.is_symlink());
    drop(file);
    assert!(folder.ids().expect("valid").is_empty());
}

fn fifo(path: &std::path::Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().expect("mkfifo runs");
    assert!(made.success());
}

#[test]
fn what_is_no_file_is_refused_at_once_and_left_as_it_is() {
    let folder = Folder::new("links");
    let at = |name: &str| folder.0.join(name);
    symlink("/dev/null", at("device")).expect("a link");
    symlink(at("nothing"), at("dangling")).expect("a link");
    fifo(&at("pipe"));
    for name in ["device", "dangling", "pipe"] {
        let error = StateFile::take(&at(name)).expect_err(name).to_string();
        assert!(error.contains("expected a file, or a name that is free"), "{error}");
        assert!(!at(&format!("{name}.lock")).exists(), "{name}");
    }
    assert!(!at("nothing").exists());
    assert!(!fs::metadata("/dev/null").expect("a device").is_file());
}

#[test]
fn a_lock_that_is_no_file_is_refused_at_once_and_makes_none() {
    let folder = Folder::new("locks");
    let lock = folder.0.join("state.json.lock");
    let planted = folder.0.join("planted");
    let victim = folder.0.join("victim");
    fs::write(&victim, "mine").expect("written");
    let in_the_way: [&dyn Fn(); 4] = [
        &|| fifo(&lock),
        &|| symlink(&planted, &lock).expect("a link"),
        &|| symlink(&victim, &lock).expect("a link"),
        &|| symlink("/dev/null", &lock).expect("a link"),
    ];
    for put in in_the_way {
        put();
        let error = folder.ids().expect_err("no file");
        assert!(error.contains("state.json.lock cannot be taken"), "{error}");
        assert!(error.contains("expected a file, or a name that is free"), "{error}");
        fs::remove_file(&lock).expect("it was left");
    }
    assert!(!planted.exists() && !folder.file().exists());
    assert_eq!(fs::read_to_string(&victim).expect("a file"), "mine");
    folder.ids().expect("the name is free now");
}

#[test]
fn no_link_beside_the_file_is_written_through() {
    let folder = Folder::new("beside");
    let victim = folder.0.join("victim");
    fs::write(&victim, "mine").expect("written");
    for target in [victim.clone(), folder.0.join("nothing")] {
        symlink(target, folder.0.join("state.json.new")).expect("a link");
        folder.save(&few()).expect("saved");
    }
    assert_eq!(fs::read_to_string(&victim).expect("a file"), "mine");
    assert!(!folder.0.join("nothing").exists());
    assert_eq!(folder.ids().expect("valid").len(), 4);
}
