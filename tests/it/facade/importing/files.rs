//! Files that are missing, or that change before they are sent.

use std::fs;
use std::io;
use std::time::{Duration, SystemTime};

use kore_sdk::{ImportFile, ImportFiles, ImportMode};

use super::double::Double;
use super::file;

fn path(folder: &tempfile::TempDir, bytes: usize) -> std::path::PathBuf {
    let path = folder.path().join("botDefinition.json");
    fs::write(&path, vec![b'x'; bytes]).unwrap();
    path
}

#[test]
fn a_path_must_lead_to_a_regular_file() {
    let folder = tempfile::tempdir().unwrap();
    let of =
        |path: &std::path::Path| ImportFile::from_path(path).map(|file| (file.name().to_owned(), file.len()));
    assert_eq!(of(&path(&folder, 7)).unwrap(), ("botDefinition.json".to_owned(), 7));
    assert_eq!(of(&folder.path().join("none.json")).unwrap_err().kind(), io::ErrorKind::NotFound);
    assert!(of(folder.path()).unwrap_err().to_string().contains("found a folder"));
    assert!(of("/dev/null".as_ref()).unwrap_err().to_string().contains("found something else"));
}

#[tokio::test]
async fn a_file_that_changed_is_named_and_nothing_is_started() {
    /// Rewritten at another time, at the same length.
    fn touched(path: &std::path::Path) {
        let later = SystemTime::now() + Duration::from_secs(10);
        fs::File::options().write(true).open(path).unwrap().set_modified(later).unwrap();
    }
    #[allow(clippy::type_complexity, reason = "each with its name")]
    let changes: [(&str, fn(&std::path::Path)); 4] = [
        ("cannot open \"botDefinition.json\": it was changed", |path| fs::write(path, "short").unwrap()),
        ("cannot open \"botDefinition.json\": it was changed", touched),
        ("cannot open \"botDefinition.json\": No such file", |path| fs::remove_file(path).unwrap()),
        ("cannot open \"botDefinition.json\": expected a regular file", |path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        }),
    ];
    for (says, change) in changes {
        let folder = tempfile::tempdir().unwrap();
        let path = path(&folder, 1000);
        let files = ImportFiles::new(ImportFile::from_path(&path).unwrap(), file("config.json"));
        change(&path);
        // A real socket, so that a real transport reads the file.
        let server = crate::servers::https::plain();
        let host = server.url("");
        let client = super::super::builder(&host).build().unwrap();
        let error =
            client.import_bot(files).into_bot("st-1".parse().unwrap(), ImportMode::Full).await.unwrap_err();
        assert!(error.is_file() && error.to_string().contains(says), "{error}");
        assert!(!error.may_have_started() && !error.is_retryable() && error.attempts() == 1, "{error}");
    }
}

#[tokio::test]
async fn names_of_files_cannot_forge_parts_of_the_form() {
    let odd = "a\"\r\n\r\n--x\r\nContent-Disposition: form-data; name=\"fileContext\"\r\n\r\nevil.json";
    let double = Double::default();
    let files = ImportFiles::new(file("botDefinition.json").named(odd), file("config.json"));
    double.client().import_bot(files).into_bot("st-1".parse().unwrap(), ImportMode::Full).await.unwrap();
    let upload = &double.uploads()[0];
    assert!(upload.contains("filename=\"a%22%0D%0A%0D%0A--x%0D%0A"), "{upload}");
    assert_eq!(upload.matches("name=\"fileContext\"").count(), 1, "{upload}");
}
