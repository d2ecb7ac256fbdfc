//! What other users of the machine may read of an installation: nothing.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::support::{At, door, picture, report_with_photo, text};

/// Everything in a folder and below it.
fn all_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { [vec![path.clone()], all_in(&path)].concat() } else { vec![path] }).collect()
}

#[test]
fn in_a_folder_that_was_there_before_everything_is_closed() {
    let around = tempfile::tempdir().unwrap();
    let at = At::sqlite(around.path().join("data"));
    std::fs::create_dir(&at.folder).unwrap();
    std::fs::set_permissions(&at.folder, Permissions::from_mode(0o755)).unwrap();
    at.district();
    let served = at.serve();
    assert!(report_with_photo(&served.address, &door(&served.address), "楼道灯不亮", &picture(1)).is_some());
    let made = all_in(&at.folder);
    assert!(made.iter().any(|path| path.ends_with("linli.db-wal")), "{made:?}");
    assert!(made.iter().any(|path| path.parent().is_some_and(|shelf| shelf.ends_with("blobs"))), "{made:?}");
    for path in made {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} is {mode:o}", path.display());
    }
    drop(served);
    let warned = text(&at.run(&["check"]).stderr);
    assert!(warned.contains("open to other users"), "{warned}");
    std::fs::set_permissions(&at.folder, Permissions::from_mode(0o700)).unwrap();
    let quiet = text(&at.run(&["check"]).stderr);
    assert!(!quiet.contains("open to other users"), "{quiet}");
}
