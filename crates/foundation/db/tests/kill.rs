//! kill -9 at any moment: every answered write is there afterwards.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on should stop"
)]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use linli_db::{Db, DbConfig, Line, journal};
use linli_kernel::{DistrictId, PlacePath, Ts};

/// The child: writes as fast as it can from eight tasks and prints each number once it was answered.
#[test]
fn child_writes_until_killed() {
    let Ok(folder) = std::env::var("LINLI_KILL_FOLDER") else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let db = Db::open(&DbConfig::in_folder(folder.into())).await.unwrap();
        for w in 0..8_i64 {
            let db = db.clone();
            tokio::spawn(async move {
                for n in 0..1_000_000_i64 {
                    let mut tx = db.begin(DistrictId::CITY).await.unwrap();
                    let name = format!("{w}-{n}");
                    linli_db::settings::set(&mut tx.conn().unwrap(), &name, "v", Ts(1)).await.unwrap();
                    tx.journal(Line {
                        at: Ts(1),
                        actor: "system:test".into(),
                        on_behalf_of: None,
                        channel: "system",
                        place: PlacePath::root(),
                        kind: "test.kill",
                        subject: None,
                        facts: serde_json::json!({ "name": name }),
                        personal: None,
                        request_id: String::new(),
                    });
                    tx.commit().await.unwrap();
                    // One write call a line, so that a line is never half printed by two tasks.
                    use std::io::Write as _;
                    std::io::stdout().lock().write_all(format!("answered {name}\n").as_bytes()).unwrap();
                }
            });
        }
        std::future::pending::<()>().await;
    });
}

#[test]
fn what_was_answered_survives_kill_nine() {
    let folder = tempfile::tempdir().unwrap();
    let mut answered: Vec<String> = Vec::new();
    for round in 0..4_usize {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["child_writes_until_killed", "--exact", "--nocapture"])
            .env("LINLI_KILL_FOLDER", folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let enough = answered.len() + 150 + round * 137;
        while answered.len() < enough {
            let line = lines.next().expect("the child writes until it is killed").unwrap();
            answered.extend(line.split_once("answered ").map(|(_, name)| name.to_owned()));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What was already in the pipe had been answered too.
        answered.extend(
            lines
                .map_while(Result::ok)
                .filter_map(|l| l.split_once("answered ").map(|(_, name)| name.to_owned()))
                .filter(|name| name.contains('-')),
        );
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let db = Db::open(&DbConfig::in_folder(folder.path().to_owned())).await.unwrap();
            let mut read = db.read().await.unwrap();
            let c = &mut read.conn();
            for name in &answered {
                assert!(linli_db::settings::get(c, name).await.unwrap().is_some(), "{name} was answered and is gone");
            }
            let last = journal::last_seq(c, DistrictId::CITY).await.unwrap();
            let lines = journal::after(c, DistrictId::CITY, 0, 1_000_000).await.unwrap();
            assert_eq!(lines.len(), usize::try_from(last).unwrap(), "journal and counter agree");
        });
        // The next round writes the same names again; settings are upserts, so only answers count.
    }
}
