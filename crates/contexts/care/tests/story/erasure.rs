//! After a withdrawal nothing that the watch knew is left in any file, within a minute; the test reads the bytes.

use std::path::Path;

use linli_care::commands::{self, Which};
use linli_care::{ConsentChannel, Outcome, Purpose, SignKind, Verdict};
use linli_cases::StoredPhoto;
use linli_db::testing::TestDb;
use linli_db::{Db, both_databases, exec, sql};

use crate::house::{DISTRICT, House, photo};
use crate::left::{follow_her, found_unwell, health_lines_of, thread_of};

/// A number that is in no other byte of the files by chance.
const FIRST_SLOT: i64 = 0x2_9E4D;

/// Whether the bytes stand anywhere in the files of a folder.
fn found(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut hits = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_dir() {
            hits.extend(found(&file.path(), bytes));
        } else if std::fs::read(file.path()).unwrap().windows(bytes.len()).any(|window| window == bytes) {
            hits.push(file.file_name().to_string_lossy().into_owned());
        }
    }
    hits
}

async fn begin_at_a_number_of_its_own(db: &Db) {
    let mut tx = db.begin(linli_kernel::DistrictId::CITY).await.unwrap();
    let c = &mut tx.conn().unwrap();
    exec!(c, sqlx::query("INSERT INTO care_slot (slot) VALUES ($1)").bind(FIRST_SLOT - 1)).unwrap();
    // Taken by nobody that the test is about.
    exec!(c, sqlx::query("UPDATE care_slot SET district_id = 1, person_id = $1").bind(uuid::Uuid::from_u128(99))).unwrap();
    tx.commit().await.unwrap();
}

async fn withdraw(house: &House, link: &linli_cases::LinkToken) {
    let mut tx = house.db.begin(DISTRICT).await.unwrap();
    commands::withdraw(&house.visitor(), &mut tx, &house.office, Which::Link(link), None, ConsentChannel::OwnPhone)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    house.care.errands().await.unwrap();
}

/// The files themselves, on the engine inside: database, its log, blobs, and the folder of the watch. On PostgreSQL the server keeps its own;
/// there every column is searched (see `left`).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_minute_after_the_withdrawal_no_file_has_anything() {
    let test = TestDb::sqlite().await;
    let house = House::watching(test.db.clone()).await;
    begin_at_a_number_of_its_own(&house.db).await;
    let purposes = [Purpose::Watch, Purpose::Routine, Purpose::Readings];
    let (paper, mut input) = (b"the paper that she signed, as a picture".to_vec(), house.somebody(5, &purposes));
    let hash = house.db.blobs().put(paper.clone()).await.unwrap();
    input.how.scan = Some(StoredPhoto { hash, ..photo(9) });
    let made = house.enrol(&input).await.unwrap();
    follow_her(&house, made.id).await;
    found_unwell(&house, made.id).await;
    let stays = house.watched(6).await;
    let slot = house.care.slot_of(made.id).unwrap();
    assert_eq!(i64::from(slot), FIRST_SLOT);
    let slot = slot.to_le_bytes();
    assert_eq!(house.sign(made.id, SignKind::Out).await, Verdict::Taken);
    house.hours(2).await;
    assert_eq!(house.sign(made.id, SignKind::In).await, Verdict::Taken);
    // What is sealed: the numbers of the person and of her daughter.
    let sealed = |plain: &str| plain.bytes().map(|b| !b).collect::<Vec<u8>>();
    let (own, daughter) = (sealed("02500001234"), sealed("13900000077"));
    let (database, watch) = (test.config.folder.clone(), house.watch_folder());
    let secrets: [(&str, &[u8]); 5] = [
        ("her number", &own),
        ("her daughter's", &daughter),
        ("her birthday", b"1938-07-19"),
        ("the key of her device", b"oxi-7731"),
        ("what was found and why", "七七三一".as_bytes()),
    ];
    for (what, bytes) in &secrets {
        let hits = found(&database, bytes);
        assert!(hits.iter().any(|file| file.starts_with("linli.db")), "the search finds {what}: {hits:?}");
    }
    assert!(!found(&watch, &slot).is_empty() && !found(&database, &paper).is_empty(), "and what lies in other files");
    assert!(database.join("linli.db-wal").exists(), "the log of the database is one of the files");

    let thread = thread_of(&house, made.id).await.unwrap();

    // The other one keeps hers, so look for what is only hers: take it out of the way first.
    let mut tx = house.db.begin(DISTRICT).await.unwrap();
    let c = &mut tx.conn().unwrap();
    exec!(c, sqlx::query("DELETE FROM care_contact WHERE person_id = $1").bind(stays.id)).unwrap();
    exec!(c, sqlx::query("UPDATE care_person SET phone_sealed = NULL WHERE id = $1").bind(stays.id)).unwrap();
    tx.commit().await.unwrap();

    withdraw(&house, &made.link).await;
    assert_eq!(house.sign(made.id, SignKind::In).await, Verdict::NoConsent, "out of memory with the answer");
    assert!(house.care.known(made.id).await.is_none());
    // Four passes within the minute, fifteen seconds apart.
    for _ in 0..3 {
        house.clock.advance_secs(15);
        house.care.pass().await.unwrap();
    }
    assert_eq!(found(&watch, &slot), Vec::<String>::new(), "the folder of the watch");
    for (what, bytes) in &secrets {
        assert_eq!(found(&database, bytes), Vec::<String>::new(), "{what} in the database, its log or a blob");
    }
    // Her id stays in the rows of the consents, as bytes; in no text of the journal, and no line about her health has it.
    assert_eq!(found(&database, made.id.to_string().as_bytes()), Vec::<String>::new(), "her id, written out");
    assert_eq!((health_lines_of(&house, made.id.0).await, health_lines_of(&house, thread).await), (0, 5));
    assert_eq!(thread_of(&house, made.id).await, None, "and nothing says whose the lines about somebody's health were");
    // What lawfully stays, and since when the rest is gone: the consents with the paper they were given on.
    assert_eq!(found(&database, &paper).len(), 1, "the proof of the consent");
    let view = house.person(made.id).await;
    assert_eq!(view.consents.iter().filter(|consent| consent.scan == Some(hash)).count(), 3);
    assert!(
        view.consents.iter().all(|consent| consent.withdrawn_at.is_some() && consent.erased_at.is_some()),
        "{:?}",
        view.consents
    );
    assert!(view.watched.is_none() && view.contact.is_none() && view.person.phone_sealed.is_none());
    // Her number is free again; the other one is watched as before.
    assert_eq!(house.sign(stays.id, SignKind::Out).await, Verdict::Taken);
    let next = house.watched(7).await;
    assert_eq!(house.care.slot_of(next.id).map(i64::from), Some(FIRST_SLOT), "given to somebody else only now");
}

async fn withdraw_readings(house: &House, link: &linli_cases::LinkToken) {
    let (mut tx, which) = (house.db.begin(DISTRICT).await.unwrap(), Which::Link(link));
    let readings = Some(Purpose::Readings);
    commands::withdraw(&house.visitor(), &mut tx, &house.office, which, readings, ConsentChannel::OwnPhone).await.unwrap();
    tx.commit().await.unwrap();
}

/// What was told of her health, as it would stand in a file.
const HEALTH: [(&str, &[u8]); 2] = [("her birthday", b"1938-07-19"), ("the key of her device", b"oxi-7731")];

/// Readings withdrawn alone, the watch goes on; and the process dies before the log is folded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readings_alone_are_out_of_every_file_also_after_a_crash_in_between() {
    let test = TestDb::sqlite().await;
    let mut house = House::watching(test.db.clone()).await;
    let database = test.config.folder.clone();
    let made = house.enrol(&house.somebody(5, &[Purpose::Watch, Purpose::Readings])).await.unwrap();
    follow_her(&house, made.id).await;
    // Nothing is owed from the start any more.
    house.care.pass().await.unwrap();
    withdraw_readings(&house, &made.link).await;
    for (what, bytes) in HEALTH {
        assert!(!found(&database, bytes).is_empty(), "{what} is in the log still, or the test looks for nothing");
    }
    house.restart().await;
    house.care.pass().await.unwrap();
    for (what, bytes) in HEALTH {
        assert_eq!(found(&database, bytes), Vec::<String>::new(), "{what} after the crash");
    }
    assert_eq!(house.sign(made.id, SignKind::Out).await, Verdict::Taken, "the watch goes on");
}

/// Somebody reads what is older for longer than the folding is due by itself: it is done as soon as he ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readings_are_out_of_every_file_as_soon_as_nobody_reads_what_is_older() {
    let test = TestDb::sqlite().await;
    let house = House::watching(test.db.clone()).await;
    let database = test.config.folder.clone();
    let made = house.enrol(&house.somebody(5, &[Purpose::Readings])).await.unwrap();
    follow_her(&house, made.id).await;
    house.care.pass().await.unwrap();
    let mut reader = test.db.read().await.unwrap();
    let linli_db::Read::Sqlite(conn) = &mut reader else { panic!("another engine") };
    sqlx::query("BEGIN").execute(&mut **conn).await.unwrap();
    let _: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM care_person").fetch_one(&mut **conn).await.unwrap();
    withdraw_readings(&house, &made.link).await;
    for _ in 0..3 {
        house.clock.advance_secs(15);
        house.care.pass().await.unwrap();
    }
    sqlx::query("COMMIT").execute(&mut **conn).await.unwrap();
    drop(reader);
    house.clock.advance_secs(1);
    house.care.pass().await.unwrap();
    for (what, bytes) in HEALTH {
        assert_eq!(found(&database, bytes), Vec::<String>::new(), "{what}, tried again until it is done");
    }
}

both_databases! {
    async fn after_a_withdrawal_no_live_row_is_left(db: Db) {
        let house = House::watching(db).await;
        let made = house.watched(5).await;
        house.hours(25).await;
        let visit = house.open_visits().await.pop().unwrap();
        withdraw(&house, &made.link).await;
        house.clock.advance_secs(15);
        house.care.pass().await.unwrap();
        house.clock.advance_secs(15);
        house.care.pass().await.unwrap();
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        for (table, column) in [("care_watch", "person_id"), ("care_contact", "person_id"), ("care_errand", "person_id"), ("care_slot", "person_id")] {
            let text = format!("SELECT COUNT(*) FROM {table} WHERE {column} = $1");
            let rows: i64 = sql!(&mut *c, x => sqlx::query_scalar(sqlx::AssertSqlSafe(text)).bind(made.id).fetch_one(x).await).unwrap();
            assert_eq!(rows, 0, "{table}");
        }
        drop(read);
        let after = house.visit(visit.id).await;
        assert_eq!(after.outcome, Some(Outcome::Withdrawn), "nobody goes there for it");
        assert_eq!((after.silent_since, after.alarm), (None, None), "that there was a visit stays, since when she was silent does not");
        assert!(house.person(made.id).await.consents[0].erased_at.is_some());
        // And she is not alarmed about again.
        house.hours(30).await;
        assert_eq!(house.open_visits().await, Vec::new());
    }
}
