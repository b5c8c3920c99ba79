//! `--app …:jwe`.

use super::*;

#[test]
fn an_app_that_enforces_jwe_has_a_file_with_the_public_key_until_the_end() {
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("secret.txt");
    std::fs::write(&file, "hunter2").expect("written");
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&file, private).expect("changed");
    let app = format!("--app=cs-1f:{}:jwe,jti", file.display());
    let mut emulator = Running::of(&[&app], 8, Stdio::null());
    let settings: Vec<_> =
        ["KORE_HOST", "KORE_CLIENT_ID", "KORE_CLIENT_SECRET_FILE", "KORE_JTI", "KORE_JWE_KEY_FILE"]
            .into_iter()
            .map(|name| (name, emulator.setting(name).expect(name).to_owned()))
            .collect();
    let jwk = settings[4].1.clone();
    let text = std::fs::read_to_string(&jwk).expect("a file");
    assert!(text.starts_with("{\"e\":\"AQAB\",\"kid\":\"") && !text.contains("\"d\""), "{text}");
    let id = emulator.lines[5].clone();
    let status = |names: &[(&str, String)]| {
        names.iter().fold(Kore::new(["import", "status", &id]), |kore, (name, value)| kore.env(name, value))
    };
    status(&settings).succeeds();
    status(&settings[..4]).fails(4);
    assert_eq!(emulator.signal("TERM"), Some(0));
    assert!(!std::path::Path::new(&jwk).exists(), "{jwk} is left behind");
}
