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
use std::time::Duration;

use linli_access::Ctx;
use linli_db::{Db, both_databases, sql};
use linli_jobs::{Lane, Worker, failed, put};
use linli_kernel::{Clock, DistrictId, FakeClock, SeededRng, Ts};

both_databases! {
    async fn a_job_runs_when_due_and_again_after_failure(db: Db) {
        let clock = FakeClock::at(Ts(1_000_000_000_000));
        let rng = SeededRng::new(1);
        let calls = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&calls);
        let worker = Worker::new(db.clone(), clock.clone(), rng.clone()).on(Lane::Bulk, "test.twice", move |_, _, job| {
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
        let worker = Worker::new(db.clone(), clock.clone(), rng.clone()).on(Lane::Bulk, "test.never", |_, _, _| async { panic!("broken") });
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
            Worker::new(db.clone(), clock.clone(), SeededRng::new(1)).every(Lane::Clocks, "test.tick", 60, move |_, _, _| {
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

    /// A job that takes longer than its own interval is not begun a second time by another process while it goes on, and is taken over when
    /// its process died.
    async fn a_recurrent_job_is_held_while_it_runs_and_taken_over_from_the_dead(db: Db) {
        let clock = FakeClock::at(Ts(1_000_000_000_000));
        let begun = Arc::new(AtomicUsize::new(0));
        let worker = || {
            let begun = Arc::clone(&begun);
            let worker = Worker::new(db.clone(), clock.clone(), SeededRng::new(1)).holding_on_every(Duration::from_millis(5));
            worker.every(Lane::Bulk, "test.long", 60, move |_, _, _| {
                // The first to begin never ends.
                let first = begun.fetch_add(1, Ordering::SeqCst) == 0;
                async move { if first { std::future::pending().await } else { Ok(()) } }
            })
        };
        let (a, b) = (worker(), worker());
        let dying = tokio::spawn(async move { a.run_due().await });
        until(async || begun.load(Ordering::SeqCst) == 1).await;
        // Far longer than it is held at a time, step by step: whoever lives holds on.
        for _ in 0..5 {
            clock.advance_secs(60);
            let now = clock.now();
            until(async || held_until(&db).await > now.plus_secs(60)).await;
            assert_eq!(b.run_due().await.unwrap(), 0, "it is under way");
        }
        dying.abort();
        assert!(dying.await.unwrap_err().is_cancelled());
        clock.advance_secs(60);
        assert_eq!(b.run_due().await.unwrap(), 0, "nobody knows yet that he is dead");
        clock.advance_secs(60);
        assert_eq!((b.run_due().await.unwrap(), begun.load(Ordering::SeqCst)), (1, 2));
    }

    /// As a queued job that takes long.
    async fn a_queued_job_is_held_while_it_runs(db: Db) {
        let (clock, rng) = (FakeClock::at(Ts(1_000_000_000_000)), SeededRng::new(1));
        let ctx = Ctx::system("test", clock.clone(), rng.clone());
        let mut tx = db.begin(DistrictId::CITY).await.unwrap();
        put(&ctx, &mut tx, "test.long", &serde_json::Value::Null, clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let (begun, end) = (Arc::new(AtomicUsize::new(0)), Arc::new(tokio::sync::Notify::new()));
        let worker = || {
            let (begun, end) = (Arc::clone(&begun), Arc::clone(&end));
            let worker = Worker::new(db.clone(), clock.clone(), rng.clone()).holding_on_every(Duration::from_millis(5));
            worker.on(Lane::Bulk, "test.long", move |_, _, _| {
                begun.fetch_add(1, Ordering::SeqCst);
                let end = Arc::clone(&end);
                async move { end.notified().await; Ok(()) }
            })
        };
        let (a, b) = (worker(), worker());
        let busy = tokio::spawn(async move { a.run_due().await });
        until(async || begun.load(Ordering::SeqCst) == 1).await;
        for _ in 0..10 {
            clock.advance_secs(60);
            let now = clock.now();
            until(async || number(&db, "SELECT held_until FROM job").await > now.plus_secs(60).0).await;
            assert_eq!(b.run_due().await.unwrap(), 0, "it is under way");
        }
        end.notify_one();
        assert_eq!((busy.await.unwrap().unwrap(), begun.load(Ordering::SeqCst)), (1, 1));
        clock.advance_secs(1_000);
        assert_eq!(b.run_due().await.unwrap(), 0, "done is done");
    }

    /// A clock is looked at while something else takes as long as it takes.
    async fn no_clock_waits_behind_an_import(db: Db) {
        let (clock, ticks, begun) = (FakeClock::at(Ts(1_000_000_000_000)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (seen, import, end) = (Arc::clone(&ticks), Arc::clone(&begun), Arc::new(tokio::sync::Notify::new()));
        let ended = Arc::clone(&end);
        // What takes long is registered first: the order says nothing.
        let worker = Worker::new(db.clone(), clock.clone(), SeededRng::new(1))
            .every(Lane::Bulk, "test.import", 60, move |_, _, _| {
                import.fetch_add(1, Ordering::SeqCst);
                let ended = Arc::clone(&ended);
                async move { ended.notified().await; Ok(()) }
            })
            .every(Lane::Clocks, "test.clock", 10, move |_, _, _| {
                seen.fetch_add(1, Ordering::SeqCst);
                async { Ok(()) }
            });
        let pulse = worker.pulse();
        assert_eq!(pulse.since(), None, "it has not begun");
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(worker.run(async { let _ = stopped.await; }));
        until(async || begun.load(Ordering::SeqCst) == 1).await;
        for n in 2..5 {
            until(async || ticks.load(Ordering::SeqCst) >= n - 1).await;
            clock.advance_secs(10);
            until(async || ticks.load(Ordering::SeqCst) >= n).await;
        }
        assert_eq!(begun.load(Ordering::SeqCst), 1, "it is still under way");
        assert!(pulse.since().is_some());
        end.notify_one();
        drop(stop);
        running.await.unwrap();
    }
}

async fn until(holds: impl AsyncFn() -> bool) {
    let begun = std::time::Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never came");
        tokio::task::yield_now().await;
    }
}

async fn number(db: &Db, text: &'static str) -> i64 {
    let mut read = db.read().await.unwrap();
    let c = &mut read.conn();
    sql!(c, x => sqlx::query_scalar(text).fetch_one(x).await).unwrap()
}

async fn held_until(db: &Db) -> Ts {
    Ts(number(db, "SELECT held_until FROM recurrent_job").await)
}
