//! Commands beside a running program, on one SQLite file.

use std::os::unix::fs::MetadataExt as _;

use linli_db::{Db, DbConfig};
use linli_kernel::DistrictId;

use crate::support::At;

/// The demonstration opens the store, makes its data and opens it again to serve. Whoever then came with a command and left must not
/// believe to be the last one there: it would fold the log and take it away under the server, whose next writes would go nowhere.
#[tokio::test]
async fn a_command_that_leaves_takes_no_log_away_from_who_opened_the_store_twice() {
    let folder = tempfile::tempdir().unwrap();
    let at = At::sqlite(folder.path().to_owned());
    let open = async || Db::open(&DbConfig::in_folder(folder.path().to_owned())).await.unwrap();
    let first = open().await;
    let second = open().await;
    let write = async || {
        let mut tx = second.begin(DistrictId::CITY).await.unwrap();
        tx.next_number("beside").await.unwrap();
        tx.commit().await.unwrap();
    };
    write().await;
    let log = || std::fs::metadata(folder.path().join("linli.db-wal")).map(|log| log.ino()).ok();
    let before = log();
    assert!(before.is_some(), "there is no log to lose");
    at.done(&["check"]);
    assert_eq!(log(), before, "the log was taken away");
    write().await;
    second.close().await;
    first.close().await;
    assert!(at.done(&["check"]).contains("clean"));
}
