//! The store's promises, on both engines where they are the same.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on should stop"
)]

use std::collections::BTreeSet;

use linli_db::journal::{self, Cursor};
use linli_db::{Bulk, Db, DbError, Line, PayloadState, Recall, both_databases, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use serde_json::json;

const CITY: DistrictId = DistrictId::CITY;

fn line(kind: &'static str, n: i64) -> Line {
    Line {
        at: Ts(n),
        actor: "system:test".into(),
        on_behalf_of: None,
        channel: "system",
        place: PlacePath::root(),
        kind,
        subject: Some(uuid::Uuid::from_u128(7)),
        facts: json!({ "n": n }),
        personal: None,
        request_id: "test".into(),
    }
}

async fn set(db: &Db, name: &str, value: &str) -> Result<(), DbError> {
    let mut tx = db.begin(CITY).await?;
    linli_db::settings::set(&mut tx.conn()?, name, value, Ts(1)).await?;
    tx.journal(line("test.set", 1));
    tx.commit().await
}

async fn get(db: &Db, name: &str) -> Option<String> {
    let mut read = db.read().await.unwrap();
    linli_db::settings::get(&mut read.conn(), name).await.unwrap()
}

both_databases! {
    async fn a_dropped_transaction_never_happened(db: Db) {
        let mut tx = db.begin(CITY).await.unwrap();
        linli_db::settings::set(&mut tx.conn().unwrap(), "a", "1", Ts(1)).await.unwrap();
        tx.journal(line("test.dropped", 1));
        drop(tx);
        set(&db, "b", "2").await.unwrap();
        assert_eq!(get(&db, "a").await, None);
        assert_eq!(get(&db, "b").await.as_deref(), Some("2"));
        let mut read = db.read().await.unwrap();
        assert_eq!(journal::last_seq(&mut read.conn(), CITY).await.unwrap(), 1, "the dropped line took no number");
    }

    async fn one_failure_leaves_its_neighbours_standing(db: Db) {
        let tasks: Vec<_> = (0..64).map(|i| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut tx = db.begin(CITY).await?;
                linli_db::settings::set(&mut tx.conn()?, &format!("k{i}"), "v", Ts(1)).await?;
                tx.journal(line("test.set", i));
                if i % 3 == 0 {
                    // A statement the engine refuses: the district does not exist.
                    let c = &mut tx.conn()?;
                    exec!(c, sqlx::query("INSERT INTO number_counter (district_id, scope, last) VALUES (99, 'x', 1)"))?;
                }
                tx.commit().await
            })
        }).collect();
        let mut kept = 0;
        for (i, task) in tasks.into_iter().enumerate() {
            let outcome = task.await.unwrap();
            assert_eq!(outcome.is_err(), i % 3 == 0, "{i}: {outcome:?}");
            assert_eq!(get(&db, &format!("k{i}")).await.is_some(), outcome.is_ok());
            kept += i64::from(outcome.is_ok());
        }
        let mut read = db.read().await.unwrap();
        let lines = journal::after(&mut read.conn(), CITY, 0, 1000).await.unwrap();
        let numbers: Vec<i64> = lines.iter().map(|l| l.seq).collect();
        assert_eq!(numbers, (1..=kept).collect::<Vec<_>>(), "numbers run without gaps");
    }

    async fn aborted_waiters_do_not_stop_the_group(db: Db) {
        let tasks: Vec<_> = (0..40).map(|i| { let db = db.clone(); tokio::spawn(async move { set(&db, &format!("k{i}"), "v").await }) }).collect();
        for task in tasks.iter().step_by(2) {
            tokio::task::yield_now().await;
            task.abort();
        }
        for task in tasks.into_iter().skip(1).step_by(2) {
            task.await.unwrap().unwrap();
        }
        set(&db, "after", "1").await.unwrap();
        for i in (1..40).step_by(2) {
            assert_eq!(get(&db, &format!("k{i}")).await.as_deref(), Some("v"));
        }
    }

    async fn a_cursor_misses_nothing_while_writers_race(db: Db) {
        let writers: Vec<_> = (0..8).map(|w| { let db = db.clone(); tokio::spawn(async move {
            for n in 0..25 {
                let mut tx = db.begin(CITY).await.unwrap();
                tx.journal(line("test.race", w * 1000 + n));
                if n % 2 == 0 { tokio::task::yield_now().await; }
                tx.commit().await.unwrap();
            }
        }) }).collect();
        let mut seen = BTreeSet::new();
        let mut cursor = Cursor { seq: 0 };
        loop {
            let done = writers.iter().all(tokio::task::JoinHandle::is_finished);
            let mut read = db.read().await.unwrap();
            for l in journal::after(&mut read.conn(), CITY, cursor.seq, 7).await.unwrap() {
                assert_eq!(l.seq, cursor.seq + 1, "no number is skipped, whatever commits late");
                cursor.seq = l.seq;
                assert!(seen.insert(l.facts()["n"].as_i64().unwrap()));
            }
            if done && cursor.seq == 200 { break; }
            tokio::task::yield_now().await;
        }
        assert_eq!(seen.len(), 200);
        let mut tx = db.begin(CITY).await.unwrap();
        cursor.store(&mut tx.conn().unwrap(), CITY, "test").await.unwrap();
        Cursor { seq: 3 }.store(&mut tx.conn().unwrap(), CITY, "test").await.unwrap();
        tx.commit().await.unwrap();
        let mut read = db.read().await.unwrap();
        assert_eq!(Cursor::load(&mut read.conn(), CITY, "test").await.unwrap().seq, 200, "a cursor never goes back");
    }

    async fn the_same_key_happens_once(db: Db) {
        let once = |hash: &'static [u8]| { let db = db.clone(); async move {
            let mut tx = db.begin(CITY).await?;
            match tx.recall::<i64>(Ts(1), "visitor", "key-1", hash).await? {
                Recall::Seen(answer) => Ok(answer),
                Recall::New => {
                    let number = tx.next_number("test").await?;
                    tx.remember("visitor", "key-1", &number).await?;
                    tx.commit().await.map(|()| number)
                }
            }
        }};
        let tasks: Vec<_> = (0..10).map(|_| tokio::spawn(once(b"same"))).collect();
        for task in tasks {
            assert_eq!(task.await.unwrap().unwrap(), 1);
        }
        let refused: Result<i64, DbError> = once(b"other").await;
        assert!(matches!(refused, Err(DbError::KeyReused)));
    }

    async fn erased_detail_leaves_the_line_and_forgery_shows(db: Db) {
        let subject = uuid::Uuid::from_u128(9);
        let mut tx = db.begin(CITY).await.unwrap();
        for n in 0..2 {
            tx.journal(Line { subject: Some(subject), personal: Some(([n; 16], json!({"phone": "025-0000-0001"}))), ..line("test.personal", 1) });
        }
        tx.commit().await.unwrap();
        let mut tx = db.begin(CITY).await.unwrap();
        let c = &mut tx.conn().unwrap();
        let lines = journal::of_subject(c, CITY, subject, 10).await.unwrap();
        assert_eq!(lines[0].payload(c).await.unwrap(), PayloadState::Kept(json!({"phone": "025-0000-0001"})));
        exec!(c, sqlx::query("UPDATE journal_payload SET body = '{}' WHERE seq = 2")).unwrap();
        assert_eq!(lines[1].payload(c).await.unwrap(), PayloadState::Forged);
        assert_eq!(journal::erase_personal(c, CITY, subject).await.unwrap(), 2);
        assert_eq!(lines[0].payload(c).await.unwrap(), PayloadState::Erased);
        tx.commit().await.unwrap();
    }

    async fn listeners_hear_what_was_committed_and_nothing_else(db: Db) {
        let mut heard = db.subscribe();
        let mut tx = db.begin(CITY).await.unwrap();
        tx.journal(line("test.unheard", 1));
        drop(tx);
        set(&db, "a", "1").await.unwrap();
        let first = tokio::time::timeout(std::time::Duration::from_secs(10), heard.recv()).await.unwrap().unwrap();
        assert_eq!((first.kind.as_str(), first.seq), ("test.set", 1));
    }

    async fn many_rows_in_one_statement(db: Db) {
        let rows = 2_500_i64;
        let write = || Bulk::into("number_counter")
            .ints("district_id", (0..rows).map(|_| 0))
            .texts("scope", (0..rows).map(|n| format!("s{n}")))
            .ints("last", 0..rows)
            .on_conflict("ON CONFLICT (district_id, scope) DO NOTHING");
        let mut tx = db.begin(CITY).await.unwrap();
        assert_eq!(write().write(&mut tx.conn().unwrap()).await.unwrap(), 2_500);
        assert_eq!(write().write(&mut tx.conn().unwrap()).await.unwrap(), 0);
        let c = &mut tx.conn().unwrap();
        let sum: i64 = sql!(c, x => sqlx::query_scalar("SELECT CAST(SUM(last) AS BIGINT) FROM number_counter").fetch_one(x).await).unwrap();
        assert_eq!(sum, rows * (rows - 1) / 2);
    }

    async fn blobs_are_named_by_their_bytes(db: Db) {
        let hash = db.blobs().put(b"photo".to_vec()).await.unwrap();
        assert_eq!(db.blobs().put(b"photo".to_vec()).await.unwrap(), hash);
        assert_eq!(db.blobs().get(hash).await.unwrap().as_deref(), Some(&b"photo"[..]));
        let name = hash.to_string();
        std::fs::write(db.blobs().folder().join(&name[..2]).join(&name[2..]), b"other").unwrap();
        assert!(matches!(db.blobs().get(hash).await, Err(DbError::Inconsistent { .. })), "damage is told, not served");
    }
}

/// What another process writes to the same store (an import beside the server) is heard here, each line once, whoever wrote it.
async fn another_process_is_heard(test: linli_db::testing::TestDb) {
    let other = Db::open(&test.config).await.unwrap();
    let mut heard = test.db.subscribe();
    for (n, db) in [&other, &test.db, &other, &test.db].into_iter().enumerate() {
        set(db, &format!("key{n}"), "1").await.unwrap();
    }
    let mut seqs = Vec::new();
    while seqs.len() < 4 {
        let line = tokio::time::timeout(std::time::Duration::from_secs(20), heard.recv()).await.unwrap().unwrap();
        seqs.push(line.seq);
    }
    seqs.sort_unstable();
    assert_eq!(seqs, [1, 2, 3, 4]);
    // One more look at the journal tells nothing twice.
    set(&other, "last", "1").await.unwrap();
    let line = tokio::time::timeout(std::time::Duration::from_secs(20), heard.recv()).await.unwrap().unwrap();
    assert_eq!(line.seq, 5);
    other.close().await;
}

/// In a folder that was there before, and that everybody may look into, the database and its log are for their owner all the same.
#[cfg(unix)]
#[tokio::test]
async fn in_an_open_folder_the_database_is_closed() {
    use std::os::unix::fs::PermissionsExt as _;
    let open = tempfile::Builder::new().permissions(std::fs::Permissions::from_mode(0o755)).tempdir().unwrap();
    assert_eq!(linli_db::open_to_others(open.path()), Some(0o755));
    let db = Db::open(&linli_db::DbConfig::in_folder(open.path().to_owned())).await.unwrap();
    set(&db, "key", "1").await.unwrap();
    for file in std::fs::read_dir(open.path()).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.display());
    }
    db.close().await;
    let new = open.path().join("inside");
    Db::open(&linli_db::DbConfig::in_folder(new.clone())).await.unwrap().close().await;
    assert_eq!(linli_db::open_to_others(&new), None, "a folder of our own making is closed");
}

/// A server that is not there is said at once, by its address, and never with the password that was given for it.
#[tokio::test]
async fn a_server_that_is_away_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent_port = silent.local_addr().unwrap().port();
    // Nobody listens on port 1; the other one takes the call and never says a word.
    for port in [1, silent_port] {
        let url = format!("postgres://linli:very-secret@127.0.0.1:{port}/district");
        let begun = std::time::Instant::now();
        let config = linli_db::DbConfig { folder: folder.path().to_owned(), url: Some(url), readers: 2 };
        let refused = Db::open(&config).await.unwrap_err();
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
        assert!(matches!(refused, DbError::Away { .. }) && refused.is_transient(), "{refused:?}");
        let said = refused.to_string();
        assert!(said.contains(&format!("127.0.0.1:{port}/district")) && !said.contains("very-secret"), "{said}");
    }
}

#[tokio::test]
async fn another_process_is_heard_on_sqlite() {
    another_process_is_heard(linli_db::testing::TestDb::sqlite().await).await;
}

#[tokio::test]
async fn another_process_is_heard_on_postgres() {
    match linli_db::testing::TestDb::postgres().await {
        Some(test) => another_process_is_heard(test).await,
        None => eprintln!("skipped: LINLI_TEST_PG names no PostgreSQL server"),
    }
}

/// Same tables, same columns, same kinds of types, same primary keys, whatever the engine.
#[tokio::test]
async fn both_engines_have_the_same_logical_schema() {
    let sqlite = linli_db::testing::TestDb::sqlite().await;
    let Some(pg) = linli_db::testing::TestDb::postgres().await else {
        eprintln!("skipped: LINLI_TEST_PG names no PostgreSQL server");
        return;
    };
    let mut r = sqlite.db.read().await.unwrap();
    let linli_db::Conn::Sqlite(c) = r.conn() else { unreachable!() };
    let mut left: Vec<(String, String, String, bool, bool)> = sqlx::query_as(
        "SELECT m.name, p.name, lower(p.type), p.\"notnull\" = 1, p.pk > 0 FROM sqlite_master m, pragma_table_info(m.name) p \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\' ORDER BY 1, 2",
    )
    .fetch_all(c)
    .await
    .unwrap();
    for row in &mut left {
        row.2 = match row.2.as_str() {
            "integer" | "bigint" => "int",
            "blob" => "bytes",
            "text" => "text",
            "boolean" => "bool",
            other => other,
        }
        .to_owned();
    }
    let mut r = pg.db.read().await.unwrap();
    let linli_db::Conn::Pg(c) = r.conn() else { unreachable!() };
    let mut right: Vec<(String, String, String, bool, bool)> = sqlx::query_as(
        "SELECT c.table_name::text, c.column_name::text, c.data_type::text, c.is_nullable = 'NO', EXISTS (SELECT 1 FROM information_schema.key_column_usage k \
           JOIN information_schema.table_constraints t ON t.constraint_name = k.constraint_name AND t.table_name = k.table_name AND t.constraint_type = 'PRIMARY KEY' \
           WHERE k.table_name = c.table_name AND k.column_name = c.column_name) \
         FROM information_schema.columns c WHERE c.table_schema = 'public' AND c.table_name NOT LIKE '\\_sqlx%' ORDER BY 1, 2",
    ).fetch_all(c).await.unwrap();
    for row in &mut right {
        row.2 = match row.2.as_str() {
            "bigint" => "int",
            "bytea" | "uuid" => "bytes",
            "text" => "text",
            "boolean" => "bool",
            other => other,
        }
        .to_owned();
    }
    left.sort();
    right.sort();
    for (l, r) in left.iter().zip(&right) {
        assert_eq!(l, r);
    }
    assert_eq!(left.len(), right.len());
}

both_databases! {
    /// What was stored for something that did not happen goes a day later; what a record names stays, and so does what is new.
    async fn a_blob_that_nobody_names_is_swept_a_day_later(db: Db) {
        let (kept, lost) = (db.blobs().put(b"kept".to_vec()).await.unwrap(), db.blobs().put(b"lost".to_vec()).await.unwrap());
        let mut tx = db.begin(CITY).await.unwrap();
        tx.name_blob(kept, "image/jpeg", 4, Ts(1)).await.unwrap();
        tx.commit().await.unwrap();
        let stored = std::fs::metadata(db.blobs().folder()).unwrap().modified().unwrap();
        let now = stored.duration_since(std::time::UNIX_EPOCH).unwrap().as_micros();
        let now = Ts(i64::try_from(now).unwrap());
        assert_eq!(db.sweep_blobs(now.plus_secs(86_000)).await.unwrap(), 0, "not a day yet");
        assert_eq!(db.sweep_blobs(now.plus_secs(90_000)).await.unwrap(), 1);
        assert_eq!(db.blobs().get(lost).await.unwrap(), None);
        assert_eq!(db.blobs().get(kept).await.unwrap().as_deref(), Some(&b"kept"[..]));
    }
}

/// SQLite is told that a district is large: the lines of one record are found by their index, not by reading the whole journal.
#[tokio::test]
async fn the_planner_does_not_read_a_district_for_one_record() {
    let test = linli_db::testing::TestDb::sqlite().await;
    let mut read = test.db.read().await.unwrap();
    let c = &mut read.conn();
    let plan: Vec<(i64, i64, i64, String)> = sql!(c, x => sqlx::query_as(
        "EXPLAIN QUERY PLAN SELECT facts FROM journal WHERE district_id = $1 AND subject_id = $2 ORDER BY seq LIMIT $3"
    ).bind(1).bind(uuid::Uuid::nil()).bind(10).fetch_all(x).await)
    .unwrap();
    assert!(plan.iter().any(|(.., step)| step.contains("journal_subject")), "{plan:?}");
}

/// The migrations have equal numbers, and constraint names fit Citus' shard suffixes.
#[test]
fn migrations_come_in_pairs() {
    let names = |engine: &str| -> Vec<String> {
        let folder = format!("{}/../../../migrations/{engine}", env!("CARGO_MANIFEST_DIR"));
        let mut names: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
    for name in names("postgres") {
        let text =
            std::fs::read_to_string(format!("{}/../../../migrations/postgres/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        for constraint in text.split("CONSTRAINT ").skip(1).filter_map(|rest| rest.split_whitespace().next()) {
            assert!(constraint.len() <= 40, "{name}: {constraint}");
        }
        let forbidden = ["CREATE TRIGGER", "ON DELETE SET NULL", "BIGSERIAL", "GENERATED ALWAYS AS IDENTITY", "NOW()"];
        for word in forbidden {
            assert!(!text.to_uppercase().contains(word), "{name}: {word}");
        }
    }
}

both_databases! {
    /// What nobody sends again is forgotten in batches, the oldest first, and nothing younger.
    async fn old_requests_are_forgotten_in_batches(db: Db) {
        let mut tx = db.begin(CITY).await.unwrap();
        for n in 1..=25_i64 {
            tx.recall::<i64>(Ts(n), "visitor", &format!("key-{n}"), b"same").await.unwrap();
            tx.remember("visitor", &format!("key-{n}"), &n).await.unwrap();
        }
        tx.commit().await.unwrap();
        for (left, forgotten) in [(15_i64, 10), (5, 10), (1, 4), (1, 0)] {
            let mut tx = db.begin(CITY).await.unwrap();
            assert_eq!(tx.forget_requests(Ts(25), 10).await.unwrap(), forgotten);
            tx.commit().await.unwrap();
            let mut read = db.read().await.unwrap();
            let c = &mut read.conn();
            let kept: (i64, i64) =
                sql!(c, x => sqlx::query_as("SELECT COUNT(*), MIN(at) FROM idempotency").fetch_one(x).await).unwrap();
            assert_eq!(kept, (left, 26 - left));
        }
    }
}
