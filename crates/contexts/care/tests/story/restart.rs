//! Processes die: nothing is lost, nothing happens twice.

use std::path::Path;

use linli_care::commands::NewPerson;
use linli_care::{Purpose, SignKind, Verdict};
use linli_db::{Db, both_databases};

use crate::house::House;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

both_databases! {
    async fn a_visit_is_opened_once_however_often_the_process_dies(db: Db) {
        let mut house = House::watching(db).await;
        let person = house.watched(5).await.id;
        house.hours(10).await;
        assert_eq!(house.sign(person, SignKind::In).await, Verdict::Taken);
        // Dead for the night, over the deadline.
        house.restart().await;
        assert_eq!(house.care.slot_of(person), Some(0), "the map is there again");
        house.hours(22).await;
        house.care.stop();
        house.clock.advance_secs(4 * 3_600);
        house.restart().await;
        house.care.pass().await.unwrap();
        assert_eq!(house.open_visits().await, Vec::new(), "after a stop it waits for what devices kept");
        house.wait(20).await;
        assert_eq!(house.open_visits().await.len(), 1, "the alarm came all the same");
        for _ in 0..5 {
            house.restart().await;
            house.wait(20).await;
        }
        assert_eq!(house.open_visits().await.len(), 1, "and once");
    }

    /// The watch was away when many were registered at once: each is counted from when she was seen, and one who left meanwhile is nobody.
    async fn a_mass_enrolment_while_the_watch_is_away_is_made_up_for(db: Db) {
        let mut house = House::watching(db).await;
        house.care.stop();
        let seen = house.visitor().now().plus_secs(-5 * 3_600);
        let mut people = Vec::new();
        for number in 1..=60 {
            let input = NewPerson { seen_at: Some(seen), ..house.somebody(number, &[Purpose::Watch]) };
            people.push(house.enrol(&input).await.unwrap());
        }
        let leaves = people.swap_remove(17);
        let mut tx = house.db.begin(crate::house::DISTRICT).await.unwrap();
        linli_care::commands::withdraw(
            &house.visitor(), &mut tx, &house.office, linli_care::commands::Which::Link(&leaves.link), None, linli_care::ConsentChannel::OwnPhone,
        ).await.unwrap();
        tx.commit().await.unwrap();
        house.restart().await;
        for person in &people {
            assert_eq!(i64::from(house.care.known(person.id).await.unwrap().since), seen.0 / 1_000_000);
        }
        assert_eq!(house.care.slot_of(leaves.id), None);
        assert_eq!(house.care.vitals().await.watched, 59);
    }

    async fn an_alarm_that_was_not_confirmed_is_taken_up_once(db: Db) {
        let mut house = House::watching(db).await;
        house.watched(5).await;
        house.hours(23).await;
        // The folder as it was before the alarm: the visit is in the database, the watch knows nothing of it.
        let kept = house.folder.path().join("kept");
        copy(&house.watch_folder(), &kept);
        house.hours(2).await;
        let before = house.open_visits().await;
        assert_eq!(before.len(), 1);
        house.care.stop();
        std::fs::remove_dir_all(house.watch_folder()).unwrap();
        copy(&kept, &house.watch_folder());
        house.restart().await;
        house.wait(30).await;
        assert_eq!(house.open_visits().await, before, "the same silence is the same visit");
        // And what comes after is not taken for something that was done.
        let person = before[0].person;
        assert_eq!(house.sign(person, SignKind::Out).await, Verdict::Taken);
        house.wait(10).await;
        assert_eq!(house.open_visits().await, Vec::new(), "relieved");
        house.hours(25).await;
        assert_eq!(house.open_visits().await.len(), 1, "a new silence, a new visit");
    }

    async fn a_lost_folder_is_made_anew_from_the_consents(db: Db) {
        let mut house = House::watching(db).await;
        let (stays, leaves) = (house.watched(5).await, house.watched(6).await);
        house.hours(5).await;
        let kept = house.folder.path().join("kept");
        copy(&house.watch_folder(), &kept);
        let mut tx = house.db.begin(crate::house::DISTRICT).await.unwrap();
        linli_care::commands::withdraw(
            &house.visitor(), &mut tx, &house.office, linli_care::commands::Which::Link(&leaves.link), None, linli_care::ConsentChannel::OwnPhone,
        ).await.unwrap();
        tx.commit().await.unwrap();
        house.care.errands().await.unwrap();
        // A copy of before the withdrawal comes back: nobody is watched again by it.
        house.care.stop();
        std::fs::remove_dir_all(house.watch_folder()).unwrap();
        copy(&kept, &house.watch_folder());
        house.restart().await;
        assert!(house.care.known(stays.id).await.is_some());
        assert_eq!(house.care.slot_of(leaves.id), None);
        house.hours(26).await;
        let visits = house.open_visits().await;
        assert_eq!(visits.iter().map(|visit| visit.person).collect::<Vec<_>>(), [stays.id]);
        // And with no folder at all: whoever agreed is watched from now on.
        house.care.stop();
        std::fs::remove_dir_all(house.watch_folder()).unwrap();
        house.restart().await;
        assert!(house.care.known(stays.id).await.is_some());
    }

    async fn what_the_watch_could_not_be_told_is_told_when_it_comes(db: Db) {
        let house = House::new(db).await;
        // It does not run yet: registering works, and the errand waits.
        let person = house.watched(5).await.id;
        assert!(!house.care.runs());
        assert!(house.care.signs(Vec::new()).await.is_err(), "signs are refused, not lost: 503");
        house.care.start(&house.plan()).await.unwrap();
        house.care.pass().await.unwrap();
        assert_eq!(house.sign(person, SignKind::Out).await, Verdict::Taken);
    }
}
