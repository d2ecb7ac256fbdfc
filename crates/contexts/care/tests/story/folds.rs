//! The log of the database after a withdrawal, what is said while the watch stands still, words for those who see the name.

use linli_care::commands::{self, Which, With};
use linli_care::{CarePersonId, ConsentChannel, SignKind, Verdict, VisitEvent, queries};
use linli_db::testing::TestDb;
use linli_db::{Db, Read, both_databases};
use uuid::Uuid;

use crate::house::{DESK, DISTRICT, House, RED, Staff, WORKER};

impl House {
    async fn withdraw(&self, person: CarePersonId) {
        let mut tx = self.db.begin(DISTRICT).await.unwrap();
        commands::withdraw(&self.staff(WORKER), &mut tx, &self.office, Which::Id(person), None, ConsentChannel::Phone)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// What is written in words beside the steps of a visit, as somebody sees it.
    async fn words(&self, who: Staff, visit: linli_care::VisitId) -> Vec<String> {
        let mut read = self.db.read().await.unwrap();
        let view = queries::visit(&self.staff(who), &mut read.conn(), &self.office, DISTRICT, visit).await.unwrap();
        view.steps.into_iter().filter_map(|step| step.words).collect()
    }
}

fn log(test: &TestDb) -> u64 {
    std::fs::metadata(test.config.folder.join("linli.db-wal")).map_or(0, |log| log.len())
}

/// Somebody reads what is older and does not come to an end, a backup for one: the watch goes on, and the log is folded as soon as he does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_does_not_end_keeps_nobody_from_being_watched() {
    let test = TestDb::sqlite().await;
    let house = House::watching(test.db.clone()).await;
    let (leaves, stays) = (house.watched(5).await.id, house.watched(6).await.id);
    house.care.pass().await.unwrap();
    let mut reader = test.db.read().await.unwrap();
    let Read::Sqlite(conn) = &mut reader else { panic!("another engine") };
    sqlx::query("BEGIN").execute(&mut **conn).await.unwrap();
    let _: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM care_person").fetch_one(&mut **conn).await.unwrap();
    house.withdraw(leaves).await;
    for _ in 0..3 {
        house.clock.advance_secs(15);
        house.care.pass().await.unwrap();
    }
    assert_eq!(house.sign(stays, SignKind::Out).await, Verdict::Taken);
    assert!(log(&test) > 0, "it cannot be folded under a reader");
    sqlx::query("COMMIT").execute(&mut **conn).await.unwrap();
    drop(reader);
    house.clock.advance_secs(1);
    house.care.pass().await.unwrap();
    assert_eq!(log(&test), 0, "tried again with the next second");
}

/// The process died between a withdrawal that was erased and the folding: the next one folds without being told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_start_the_log_is_folded_once() {
    let test = TestDb::sqlite().await;
    let mut house = House::watching(test.db.clone()).await;
    house.watched(5).await;
    assert!(log(&test) > 0);
    house.restart().await;
    house.care.pass().await.unwrap();
    assert_eq!(log(&test), 0);
}

both_databases! {
    /// It is said by whoever hears the devices, which need not be the server that keeps the watch; and told to the watch when it comes.
    async fn that_nobody_hears_somebody_is_kept_while_the_watch_stands_still(db: Db) {
        let mut house = House::watching(db).await;
        let person = house.watched(5).await.id;
        house.care.stop();
        assert!(!house.care.runs());
        let door = &[SignKind::Out, SignKind::In, SignKind::Door];
        assert!(house.hears(person, door, false).await, "news");
        assert!(!house.hears(person, door, false).await, "once");
        assert!(house.person(person).await.watched.unwrap().unheard.is_some());
        house.restart().await;
        house.hours(30).await;
        let alarms = house.open_visits().await.into_iter().filter(|visit| visit.silence.is_some()).count();
        assert_eq!(alarms, 0, "the watch was told: of whom nothing is heard, silence means nothing");
        house.care.stop();
        assert!(house.hears(person, door, true).await);
        assert!(house.person(person).await.watched.unwrap().unheard.is_none());
        assert!(!house.hears(CarePersonId(Uuid::from_u128(4)), door, false).await, "of nobody there is no news");
    }

    async fn what_was_found_in_words_is_for_those_who_see_the_name(db: Db) {
        let house = House::watching(db).await;
        house.watched(5).await;
        house.hours(25).await;
        let visit = house.open_visits().await.pop().unwrap().id;
        house.step(RED, visit, VisitEvent::Take).await.unwrap();
        let found = With { words: "王秀英在女儿家，钥匙在门卫".to_owned(), ..With::default() };
        house.step_with(RED, visit, VisitEvent::Well, &found).await.unwrap();
        assert_eq!(house.words(WORKER, visit).await, std::slice::from_ref(&found.words));
        for who in [RED, DESK] {
            assert_eq!(house.words(who, visit).await, Vec::<String>::new(), "it is over: {} sees no name", who.role);
        }
    }
}
