//! What goes wrong around the store: no room, callers that stop waiting. Nothing is half-written, and it goes on afterwards.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on should stop"
)]

use std::future::Future as _;
use std::task::Poll;

use linli_db::testing::TestDb;
use linli_db::{Conn, Db, DbError, Line, both_databases, journal};
use linli_kernel::{DistrictId, PlacePath, Status, Ts};
use serde_json::json;

const CITY: DistrictId = DistrictId::CITY;

fn line(name: &str) -> Line {
    Line {
        at: Ts(1),
        actor: "system:test".into(),
        on_behalf_of: None,
        channel: "system",
        place: PlacePath::root(),
        kind: "test.set",
        subject: None,
        facts: json!({ "name": name }),
        personal: None,
        request_id: String::new(),
    }
}

async fn set(db: Db, name: String, value: String) -> Result<(), DbError> {
    let mut tx = db.begin(CITY).await?;
    linli_db::settings::set(&mut tx.conn()?, &name, &value, Ts(1)).await?;
    tx.journal(line(&name));
    tx.commit().await
}

/// Only a line, a long one.
async fn tell(db: Db, name: String) -> Result<(), DbError> {
    let mut tx = db.begin(CITY).await?;
    let facts = json!({ "name": name, "pad": "x".repeat(30_000) });
    tx.journal(Line { facts, ..line(&name) });
    tx.commit().await
}

async fn get(db: &Db, name: &str) -> Option<String> {
    let mut read = db.read().await.unwrap();
    linli_db::settings::get(&mut read.conn(), name).await.unwrap()
}

/// The names in the journal, whose numbers must run without a gap.
async fn told(db: &Db) -> Vec<String> {
    let mut read = db.read().await.unwrap();
    let lines = journal::after(&mut read.conn(), CITY, 0, 100_000).await.unwrap();
    assert_eq!(lines.iter().map(|l| l.seq).collect::<Vec<_>>(), (1..=lines.len() as i64).collect::<Vec<_>>());
    lines.iter().map(|l| l.facts()["name"].as_str().unwrap().to_owned()).collect()
}

/// Lets the write connection have so many pages; `None` lifts the limit.
async fn limit_pages(db: &Db, beyond: Option<i64>) {
    let mut tx = db.begin(CITY).await.unwrap();
    let Conn::Sqlite(c) = tx.conn().unwrap() else { unreachable!() };
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *c).await.unwrap();
    let most = beyond.map_or(1_073_741_823, |more| pages + more);
    let text = format!("PRAGMA max_page_count = {most}");
    let _: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(text)).fetch_one(&mut *c).await.unwrap();
}

/// The database may not grow any more, as on a full disk (SQLITE_FULL), while many write at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_room_is_told_and_survived() {
    let test = TestDb::sqlite().await;
    let db = test.db.clone();
    set(db.clone(), "before".into(), "v".into()).await.unwrap();
    limit_pages(&db, Some(40)).await;
    let mut written = vec!["before".to_owned()];
    let mut refused = Vec::new();
    for round in 0..6 {
        let tasks: Vec<_> = (0..32)
            .map(|n| {
                let name = format!("k{round}-{n}");
                (name.clone(), tokio::spawn(set(db.clone(), name, "x".repeat(9_000))))
            })
            .collect();
        for (name, task) in tasks {
            match task.await.unwrap() {
                Ok(()) => written.push(name),
                Err(error) => {
                    assert!(error.is_transient(), "{error:?}");
                    assert_eq!(error.code().status, Status::Unavailable, "{error:?}");
                    refused.push(name);
                }
            }
        }
    }
    assert!(!refused.is_empty(), "there was room for everything: the test proved nothing");
    for name in &written {
        assert!(get(&db, name).await.is_some(), "{name} was answered and is gone");
    }
    for name in &refused {
        assert!(get(&db, name).await.is_none(), "{name} was refused and is there");
    }
    // The lines of a group are written last: where they find no room, everybody in the group is told, and nobody was answered.
    let tasks: Vec<_> = (0..64).map(|n| tokio::spawn(tell(db.clone(), format!("l{n}")))).collect();
    for (n, task) in tasks.into_iter().enumerate() {
        match task.await.unwrap() {
            Ok(()) => written.push(format!("l{n}")),
            Err(error) => assert!(matches!(error, DbError::GroupFailed(_) | DbError::Unavailable(_)), "{error:?}"),
        }
    }
    assert!(db.vitals().groups.unwrap().failed > 0, "no group failed: the test proved nothing");
    // Room again: the same requests go through, on the same connection.
    limit_pages(&db, None).await;
    for name in &refused {
        set(db.clone(), name.clone(), "x".repeat(9_000)).await.unwrap();
        written.push(name.clone());
    }
    let mut told = told(&db).await;
    told.sort();
    written.sort();
    assert_eq!(told, written, "every line is a write, every write is a line");
    let mut read = db.read().await.unwrap();
    let Conn::Sqlite(c) = read.conn() else { unreachable!() };
    let sound: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut *c).await.unwrap();
    assert_eq!(sound, "ok");
}

both_databases! {
    /// A caller that goes away may have been anywhere in its transaction: each is whole or not there at all.
    async fn futures_dropped_at_any_point(db: Db) {
        for polls in 0..40_usize {
            let name = format!("d{polls}");
            let mut future = Box::pin(set(db.clone(), name.clone(), "v".into()));
            let mut left = polls;
            let finished = std::future::poll_fn(|cx| {
                if left == 0 {
                    return Poll::Ready(None);
                }
                left -= 1;
                match future.as_mut().poll(cx) {
                    Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
                    Poll::Pending => {
                        // Polled again whether or not it has got any further.
                        cx.waker().wake_by_ref();
                        Poll::Pending
                    }
                }
            })
            .await;
            drop(future);
            if let Some(outcome) = finished {
                outcome.unwrap();
                assert!(get(&db, &name).await.is_some());
            }
        }
        // The store is as usable as before, and what is there is there whole.
        set(db.clone(), "after".into(), "v".into()).await.unwrap();
        let told = told(&db).await;
        for polls in 0..40 {
            let name = format!("d{polls}");
            assert_eq!(get(&db, &name).await.is_some(), told.contains(&name), "{name} is half there");
        }
        assert!(told.contains(&"after".to_owned()));
    }

    async fn the_store_tells_how_it_is(db: Db) {
        set(db.clone(), "a".into(), "v".into()).await.unwrap();
        let (stands, known) = db.schema().await.unwrap();
        assert_eq!(stands, known);
        assert!(known >= 8);
        assert!(db.bytes().await.unwrap() > 50_000);
        let vitals = db.vitals();
        assert!(vitals.connections >= 1);
        if let Some(groups) = vitals.groups {
            assert!(groups.transactions >= 1 && groups.classes.iter().sum::<u64>() >= 1);
        }
    }
}

/// A photo for which there is no room is told apart from a broken disk: it may be sent again.
#[tokio::test]
async fn a_photo_without_room_may_be_sent_again() {
    let full = DbError::Full(std::io::Error::from(std::io::ErrorKind::StorageFull));
    assert!(full.is_transient());
    assert_eq!(full.code().name, "db.unavailable");
    assert_eq!(DbError::Blob(std::io::Error::from(std::io::ErrorKind::PermissionDenied)).code().name, "db.internal");
}
