//! Who agreed and is heard by nothing that the rule could use: not watched, telephoned that day, never alarmed about. And when an alarm is due of
//! somebody who was seen last before she agreed.

use linli_care::commands::{self, NewPerson, Which};
use linli_care::{Deaf, Purpose, SignKind, VisitKind, queries};
use linli_db::{Db, both_databases};
use linli_kernel::Clock as _;

use crate::house::{DISTRICT, House, OFFICER, WORKER, everybody_is_heard, path};

impl House {
    async fn why_not_watched(&self, person: linli_care::CarePersonId) -> Option<String> {
        self.person(person).await.watched.unwrap().unheard.map(|(why, _)| why)
    }

    async fn kinds_of_open_visits(&self) -> Vec<VisitKind> {
        self.open_visits().await.into_iter().map(|visit| visit.kind).collect()
    }

    async fn watched_of(&self) -> (i64, i64, i64) {
        let mut read = self.db.read().await.unwrap();
        let c = &mut read.conn();
        let board = queries::board(&self.staff(WORKER), c).await.unwrap();
        let figures = queries::figures(&self.staff(OFFICER), c, DISTRICT, &path(OFFICER.at)).await.unwrap();
        (board.watched, figures.enrolled, figures.unheard)
    }

    async fn rule(&self, person: linli_care::CarePersonId, code: &str) {
        let mut tx = self.db.begin(DISTRICT).await.unwrap();
        commands::change_profile(&self.staff(WORKER), &mut tx, &self.office, Which::Id(person), code).await.unwrap();
        tx.commit().await.unwrap();
        self.care.errands().await.unwrap();
    }
}

both_databases! {
    async fn who_has_no_device_is_not_watched_and_is_telephoned(db: Db) {
        let house = House::watching(db).await;
        everybody_is_heard(&house.db, false).await;
        // Seen last two days ago: silent for too long already, were there anything to hear her.
        let seen_at = Some(house.clock.now().plus_secs(-48 * 3_600));
        let person = house.enrol(&NewPerson { seen_at, ..house.somebody(5, &[Purpose::Watch]) }).await.unwrap().id;
        assert_eq!(house.why_not_watched(person).await.as_deref(), Some(Deaf::NoDevice.as_str()));
        assert_eq!(house.kinds_of_open_visits().await, [VisitKind::Unheard], "on the list of those to be telephoned");
        assert_eq!(house.watched_of().await, (0, 1, 1), "enrolled, and not watched");
        house.hours(60).await;
        assert_eq!(house.kinds_of_open_visits().await, [VisitKind::Unheard], "no alarm about a silence that nobody could have broken");
        // A device that was never heard is none; one that is begins the watch, and silence is counted from then.
        assert!(!house.hears(person, &[SignKind::Out, SignKind::In], false).await);
        assert_eq!(house.why_not_watched(person).await.as_deref(), Some(Deaf::Silent.as_str()));
        assert!(house.hears(person, &[SignKind::Out, SignKind::In], true).await);
        assert_eq!((house.why_not_watched(person).await, house.watched_of().await), (None, (1, 1, 0)));
        assert_eq!(house.kinds_of_open_visits().await, [], "she need not be rung up any more");
        house.hours(23).await;
        assert_eq!(house.kinds_of_open_visits().await, []);
        house.hours(2).await;
        assert_eq!(house.kinds_of_open_visits().await, [VisitKind::Alarm]);
    }

    async fn a_device_that_the_rule_cannot_use_watches_nobody(db: Db) {
        let house = House::watching(db).await;
        let person = house.watched(5).await.id;
        // A contact at the door knows no direction: of leaving home it says nothing.
        assert!(house.hears(person, &[SignKind::Door], true).await);
        assert_eq!(house.why_not_watched(person).await.as_deref(), Some(Deaf::Unfit.as_str()));
        house.hours(30).await;
        assert_eq!(house.kinds_of_open_visits().await, [VisitKind::Unheard]);
        house.rule(person, "no_sign").await;
        assert_eq!((house.why_not_watched(person).await, house.kinds_of_open_visits().await), (None, vec![]), "that rule counts it");
        house.rule(person, "housebound").await;
        assert_eq!(house.why_not_watched(person).await.as_deref(), Some(Deaf::Unfit.as_str()), "a door is opened by those who help");
    }

    async fn nothing_is_due_before_the_enrolment(db: Db) {
        let house = House::watching(db).await;
        let seen = house.clock.now().plus_secs(-30 * 3_600);
        let input = NewPerson { seen_at: Some(seen), ..house.somebody(5, &[Purpose::Watch]) };
        let enrolled = house.clock.now();
        let person = house.enrol(&input).await.unwrap().id;
        house.wait(1).await;
        let visit = house.open_visits().await.pop().unwrap();
        assert_eq!((visit.person, visit.kind, visit.silent_since), (person, VisitKind::Alarm, Some(seen)));
        assert_eq!(visit.due_at, enrolled, "thirty hours are too long since she is watched, and not for six hours before");
        let mut read = house.db.read().await.unwrap();
        let figures = queries::figures(&house.staff(OFFICER), &mut read.conn(), DISTRICT, &path(OFFICER.at)).await.unwrap();
        assert!(figures.contact_p90.unwrap() <= 60, "{:?}", figures.contact_p90);
    }
}
