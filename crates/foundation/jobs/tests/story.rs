//! Jobs run when they are due, again when they fail, and once when they come again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on should stop"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use linli_access::Ctx;
use linli_db::{Db, both_databases};
use linli_jobs::{Worker, failed, put};
use linli_kernel::{Clock, DistrictId, FakeClock, SeededRng, Ts};

both_databases! {
    async fn a_job_runs_when_due_and_again_after_failure(db: Db) {
        let clock = FakeClock::at(Ts(1_000_000_000_000));
        let rng = SeededRng::new(1);
        let calls = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&calls);
        let worker = Worker::new(db.clone(), clock.clone(), rng.clone()).on("test.twice", move |_, _, job| {
            let seen = Arc::clone(&seen);
            async move {
                assert_eq!(job.payload["n"], 7);
                if seen.fetch_add(1, Ordering::SeqCst) == 0 { Err("not yet".into()) } else { Ok(()) }
            }
        });
        let ctx = Ctx::system("test", clock.clone(), rng);
        let mut tx = db.begin(DistrictId::CITY).await.unwrap();
        put(&ctx, &mut tx, "test.twice", &serde_json::json!({"n": 7}), clock.now().plus_secs(60)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(worker.run_due().await.unwrap(), 0, "not due yet");
        clock.advance_secs(60);
        assert_eq!(worker.run_due().await.unwrap(), 1);
        assert_eq!(worker.run_due().await.unwrap(), 0, "a failed job waits");
        clock.advance_secs(10);
        assert_eq!(worker.run_due().await.unwrap(), 1);
        clock.advance_secs(1_000_000);
        assert_eq!(worker.run_due().await.unwrap(), 0, "done is done");
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    async fn a_job_that_always_fails_is_kept_with_its_error(db: Db) {
        let clock = FakeClock::at(Ts(1_000_000_000_000));
        let rng = SeededRng::new(1);
        let worker = Worker::new(db.clone(), clock.clone(), rng.clone()).on("test.never", |_, _, _| async { panic!("broken") });
        let ctx = Ctx::system("test", clock.clone(), rng);
        let mut tx = db.begin(DistrictId::CITY).await.unwrap();
        put(&ctx, &mut tx, "test.never", &serde_json::Value::Null, clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        for _ in 0..8 {
            assert_eq!(worker.run_due().await.unwrap(), 1);
            clock.advance_secs(1_000_000);
        }
        assert_eq!(worker.run_due().await.unwrap(), 0);
        let mut read = db.read().await.unwrap();
        let given_up = failed(&mut read.conn(), 10).await.unwrap();
        assert_eq!(given_up.len(), 1);
        assert!(given_up[0].last_error.as_deref().unwrap().contains("panic"));
    }

    async fn a_recurrent_job_has_one_turn_whoever_asks(db: Db) {
        let clock = FakeClock::at(Ts(1_000_000_000_000));
        let calls = Arc::new(AtomicUsize::new(0));
        let worker = || {
            let calls = Arc::clone(&calls);
            Worker::new(db.clone(), clock.clone(), SeededRng::new(1)).every("test.tick", 60, move |_, _, _| {
                calls.fetch_add(1, Ordering::SeqCst);
                async { Ok(()) }
            })
        };
        let (a, b) = (worker(), worker());
        let (x, y) = tokio::join!(a.run_due(), b.run_due());
        assert_eq!(x.unwrap() + y.unwrap(), 1);
        clock.advance_secs(60);
        a.run_due().await.unwrap();
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    async fn a_turn_that_takes_long_is_held_by_one_and_taken_over_from_the_dead(db: Db) {
        let clock = FakeClock::at(Ts(1_000_000_000_000));
        let (begun, calls) = (Arc::new(tokio::sync::Notify::new()), Arc::new(AtomicUsize::new(0)));
        let worker = |hangs: bool| {
            let (begun, calls) = (Arc::clone(&begun), Arc::clone(&calls));
            Worker::new(db.clone(), clock.clone(), SeededRng::new(1)).every("test.long", 10, move |_, _, _| {
                let (begun, calls) = (Arc::clone(&begun), Arc::clone(&calls));
                async move {
                    calls.fetch_add(1, Ordering::SeqCst);
                    begun.notify_one();
                    if hangs { std::future::pending::<()>().await; }
                    Ok(())
                }
            })
        };
        let first = worker(true);
        let hanging = tokio::spawn(async move { first.run_due().await });
        begun.notified().await;
        // Due again long since; the first is at it.
        clock.advance_secs(20);
        assert_eq!(worker(false).run_due().await.unwrap(), 0, "two would be at it");
        // The first dies and holds no longer.
        hanging.abort();
        assert!(hanging.await.unwrap_err().is_cancelled());
        clock.advance_secs(11);
        assert_eq!(worker(false).run_due().await.unwrap(), 1);
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    async fn clocks_wait_for_no_work(db: Db) {
        let (told, mut seen) = tokio::sync::mpsc::unbounded_channel();
        let worker = Worker::new(db.clone(), FakeClock::at(Ts(1_000_000_000_000)), SeededRng::new(1))
            .every("test.work", 10, |_, _, _| async { std::future::pending().await })
            .clock("test.clock", 10, move |_, _, _| {
                told.send(()).unwrap();
                async { Ok(()) }
            });
        let running = tokio::spawn(worker.run(std::future::pending()));
        seen.recv().await.unwrap();
        running.abort();
    }
}
