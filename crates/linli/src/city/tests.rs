//! A small city, played end to end through the router.

use std::sync::Arc;

use linli_db::testing::TestDb;
use linli_kernel::{SystemClock, SystemRng};

use super::*;

fn how(days: i64, share: f64) -> Simulate {
    Simulate { from: jiff::civil::date(2022, 12, 22), days, seed: 11, share, without_plan: false, compare: false, report: None }
}

async fn played(test: &TestDb, how: &Simulate, plan: bool) -> Report {
    let machine = Machine { config: test.config.clone(), clock: Arc::new(SystemClock), rng: Arc::new(SystemRng) };
    play(&machine, &test.db, how, plan).await.unwrap()
}

async fn whole(test: &TestDb) {
    let how = how(3, 0.02);
    let report = played(test, &how, true).await;
    let (waits, told) = (&report.waits, |measure: &str| report.published.iter().find(|one| one.en.starts_with(measure)).unwrap());
    // Three mornings: six hospitals tell of fever and emergencies, three of intensive care, nineteen centres at most, and 120.
    assert!((3 * 20..=3 * 35).contains(&report.returns), "{}", report.returns);
    assert!(report.severe > 10 && waits.asked > 2, "{} {waits:?}", report.severe);
    assert!(waits.to_bed.n > 0 && waits.to_door.n > 0 && waits.green_answer.n > 0 && waits.ordered_beds > 0, "{waits:?}");
    // What was published of other days stands beside nothing of ours.
    for one in report.published.iter().filter(|one| one.day.is_some_and(|day| day < report.from || report.to < day)) {
        assert!(one.outside && one.ours.is_none() && one.error.is_none(), "{one:?}");
    }
    assert!(told("Beds convertible").outside, "of 4 January, and the span ends before");
    assert!(report.published.iter().any(|one| !one.outside && one.ours.is_some()), "some are inside");
    assert_eq!(crate::commands::check::findings(&test.db).await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_days_of_a_district_are_whole_afterwards_on_sqlite() {
    let test = TestDb::sqlite().await;
    whole(&test).await;
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_days_of_a_district_are_whole_afterwards_on_postgres() {
    match TestDb::postgres().await {
        Some(test) => {
            whole(&test).await;
            test.end().await;
        }
        None => eprintln!("skipped: LINLI_TEST_PG names no PostgreSQL server"),
    }
}

/// The same seed gives the same journal, another one another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seed_is_the_journal() {
    let mut digests = Vec::new();
    for seed in [11, 11, 12] {
        let test = TestDb::sqlite().await;
        let report = played(&test, &Simulate { seed, ..how(2, 0.01) }, true).await;
        digests.push((report.digest, report.waits));
        test.end().await;
    }
    assert_eq!(digests[0], digests[1]);
    assert_ne!(digests[0].0, digests[2].0);
}
