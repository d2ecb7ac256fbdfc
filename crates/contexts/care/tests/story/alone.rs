//! Several servers on one database: one keeps the watch, and another takes it over only where that makes no wrong alarm.

use std::sync::Arc;

use linli_care::commands::{self, Which};
use linli_care::{Care, CareError, Keeping, Refused, Sign, SignKind, Verdict, WatchPlan, Whose};
use linli_db::{Db, both_databases};
use linli_kernel::Clock as _;

use crate::house::{DISTRICT, House, WORKER};

/// A second server on the same database, with a folder of its own.
fn second(house: &House) -> (Arc<Care>, WatchPlan) {
    let care = Care::new(house.db.clone(), house.clock.clone(), house.rng.clone(), Arc::clone(&house.office));
    (care, WatchPlan { folder: house.folder.path().join("second"), ..house.plan() })
}

both_databases! {
    async fn a_second_server_takes_over_only_the_folder_in_which_the_watch_was_kept(db: Db) {
        let house = House::new(db).await;
        house.care.start_alone(&house.plan(), false).await.unwrap();
        let person = house.watched(5).await.id;
        house.hours(1).await;
        let (other, plan) = second(&house);
        other.is_kept_elsewhere();
        assert_eq!((other.keeping(), other.vitals().await.keeping), (Keeping::Elsewhere, Keeping::Elsewhere));
        let sign = |at| Sign { whose: Whose::Person(person), kind: SignKind::Out, at };
        assert!(other.signs(vec![sign(house.clock.now())]).await.is_err(), "refused, not lost: 503");

        // The first dies. The folder of the second knows nobody: alarms would be late, or wrong, and nobody would know.
        house.care.stop();
        let refused = other.start_alone(&plan, false).await;
        assert!(matches!(refused, Err(CareError::Watch(Refused::OtherFolder))), "{refused:?}");
        assert_eq!(other.keeping(), Keeping::OtherFolder);
        assert!(!other.runs());

        // Somebody says that the folder is lost: whoever agreed is counted from now.
        house.clock.advance_secs(3_600);
        other.start_alone(&plan, true).await.unwrap();
        assert_eq!(other.keeping(), Keeping::Here);
        assert_eq!(i64::from(other.known(person).await.unwrap().since), house.clock.now().0 / 1_000_000);

        // And the folder of the first is the old one by now, also after the second ended.
        other.stop();
        let mut house = house;
        house.care = Care::new(house.db.clone(), house.clock.clone(), house.rng.clone(), Arc::clone(&house.office));
        let refused = house.care.start_alone(&house.plan(), false).await;
        assert!(matches!(refused, Err(CareError::Watch(Refused::OtherFolder | Refused::Later(_)))), "{refused:?}");
        assert!(!house.care.runs());
    }

    async fn where_nobody_is_watched_any_folder_will_do(db: Db) {
        let house = House::new(db).await;
        house.care.start_alone(&house.plan(), false).await.unwrap();
        house.care.stop();
        let (other, plan) = second(&house);
        other.start_alone(&plan, false).await.unwrap();
        assert!(other.keeps_still().await.unwrap());
    }

    async fn a_server_that_was_replaced_opens_no_visit_and_eats_no_errand(db: Db) {
        let house = House::new(db).await;
        house.care.start_alone(&house.plan(), false).await.unwrap();
        let person = house.watched(5).await.id;
        house.hours(23).await;
        // Cut off from the database, the first does not know that another was told to take over.
        let (other, plan) = second(&house);
        other.start_alone(&plan, true).await.unwrap();
        assert!(!house.care.keeps_still().await.unwrap());
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        let until = house.clock.now().plus_secs(3 * 86_400);
        commands::go_away(&house.staff(WORKER), &mut tx, Which::Id(person), until).await.unwrap();
        tx.commit().await.unwrap();
        assert!(house.care.pass().await.is_err(), "the errand is not its own any more");
        other.pass().await.unwrap();
        assert!(other.known(person).await.unwrap().away, "the errand was told to a watch that is none");
        house.clock.advance_secs(2 * 3_600);
        let _ = house.care.pass().await;
        other.pass().await.unwrap();
        assert_eq!(house.open_visits().await, Vec::new(), "the replaced one took an alarm up");
        assert_eq!(other.signs(vec![Sign { whose: Whose::Person(person), kind: SignKind::Out, at: house.clock.now() }]).await.unwrap(), [Verdict::WhileAway]);
    }
}
