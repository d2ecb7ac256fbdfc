//! A clock that is wrong: put back by an hour or a year, or gone ahead. What is guaranteed stands in docs/book/en/operate.md.

use std::collections::HashSet;

use axum::http::StatusCode;
use linli_access::Role;
use linli_db::{Db, both_databases, journal};
use linli_identity::IdentityError;
use linli_identity::commands::sign_in;
use linli_identity::model::DoorRules;
use linli_identity::passwords::Passwords;
use linli_kernel::{Clock as _, Ts};

use super::asks::Ask;
use super::world::{Who, World};
use crate::cli::Profile;

const HOUR: i64 = 3_600;
const YEAR: i64 = 365 * 86_400;

/// The promise of a case, and its id.
async fn reported(world: &World) -> (String, String) {
    let (id, _) = world.case(&world.here).await;
    let answer = world.ask(Who::Staff(Role::CommunitySecretary), &Ask::get(format!("/api/v1/cases/{id}"))).await;
    let case: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    (id, case["due_at"].as_str().unwrap_or_default().to_owned())
}

both_databases! {
    async fn put_back_by_an_hour_or_a_year(db: Db) {
        let world = World::new(db, Profile::Both).await;
        let start = world.clock.now();
        let (mut ids, mut last) = (HashSet::new(), world.journal().await);
        for back in [HOUR, YEAR] {
            world.clock.set(start);
            world.built.worker.run_due().await.unwrap();
            let (id, due) = reported(&world).await;
            ids.insert(id);
            world.clock.set(start.plus_secs(-back));
            let now = world.clock.now();

            // Sessions that were good stay good; a new report is taken, and its promise counts from the time that is told now.
            assert_eq!(world.ask(Who::Staff(Role::LifeSteward), &Ask::get("/my-day")).await.status, StatusCode::OK);
            let (id, earlier) = reported(&world).await;
            assert!(ids.insert(id), "an id came twice");
            assert!(earlier < due && earlier > now.rfc3339(), "{earlier} after {due}");

            // Lines go on in their order without a gap; their times are those of the clock, so they may step back.
            let journal = world.journal().await;
            assert!(journal.iter().zip(&last).all(|(new, old)| new.1 >= old.1));
            last = journal;
            let mut read = world.db.read().await.unwrap();
            let lines = journal::after(&mut read.conn(), world.here.district, 0, 100_000).await.unwrap();
            assert_eq!(lines.iter().map(|l| l.seq).collect::<Vec<_>>(), (1..=i64::try_from(lines.len()).unwrap()).collect::<Vec<_>>());
            assert_eq!(lines.last().unwrap().at, now);
            drop(read);

            // Jobs do not wait until the clock has caught up with where it once was.
            assert!(world.built.worker.run_due().await.unwrap() >= 5, "the jobs stand still");
            let mut read = world.db.read().await.unwrap();
            let turns = linli_jobs::turns(&mut read.conn()).await.unwrap();
            assert!(turns.iter().all(|turn| turn.last_at == Some(now)), "{turns:?}");
        }
        assert!(crate::commands::check::findings(&world.db).await.unwrap().is_empty());
    }

    async fn gone_ahead_and_back(db: Db) {
        let world = World::new(db, Profile::Both).await;
        let start = world.clock.now();
        reported(&world).await;
        world.clock.set(start.plus_secs(YEAR));
        // Far ahead, a session has run out: the safe side.
        assert_eq!(world.ask(Who::Staff(Role::LifeSteward), &Ask::get("/my-day")).await.status, StatusCode::UNAUTHORIZED);
        world.built.worker.run_due().await.unwrap();
        world.clock.set(start);
        // What was marked overdue meanwhile is judged by the clock when it is shown; the jobs go on at once.
        assert!(world.built.worker.run_due().await.unwrap() >= 5, "the jobs stand still");
        assert!(crate::commands::check::findings(&world.db).await.unwrap().is_empty());
    }

    async fn a_lock_does_not_last_a_year(db: Db) {
        let world = World::new(db.clone(), Profile::Both).await;
        let start = world.clock.now();
        let (ctx, passwords, rules) = (world.ctx(), Passwords::new(1).unwrap(), DoorRules::default());
        let attempt = async || sign_in(&ctx, &db, &passwords, &rules, [127, 0, 0, 1].into(), ("guessed", "wrong")).await.unwrap_err();
        world.clock.set(start.plus_secs(YEAR));
        let mut locked = false;
        for _ in 0..10 {
            locked |= matches!(attempt().await, IdentityError::Locked(_));
        }
        assert!(locked);
        // The clock is set right: the lock ends in the far future by its numbers, and no lock is that long.
        world.clock.set(start);
        let now = attempt().await;
        assert!(matches!(now, IdentityError::WrongPassword), "{now:?}");
    }
}

/// Ids order by the clock that was told, and are unique whatever it told.
#[test]
fn ids_are_unique_at_a_clock_that_stands_still() {
    let (clock, rng) = (linli_kernel::FakeClock::at(Ts(0)), linli_kernel::SeededRng::new(5));
    let ids: HashSet<_> = (0..10_000).map(|_| linli_people::model::PersonId::new(clock.as_ref(), rng.as_ref())).collect();
    assert_eq!(ids.len(), 10_000);
}
