//! One row that cannot be read, one person whose alarm cannot be taken up, one district that cannot be written: all others go on.

use linli_access::{Actor, Scope};
use linli_care::commands::{self, NewPerson};
use linli_care::{CarePersonId, Purpose, SignKind, Verdict};
use linli_db::{Conn, Db, both_databases, exec, sql};
use linli_kernel::{DistrictId, PlacePath};
use uuid::Uuid;

use crate::house::{DISTRICT, House, WORKER, path};

const SECOND: DistrictId = DistrictId(2);

impl House {
    async fn change(&self, text: &'static str) {
        let mut tx = self.db.begin(DISTRICT).await.unwrap();
        exec!(&mut tx.conn().unwrap(), sqlx::query(text)).unwrap();
        tx.commit().await.unwrap();
    }

    /// The row of somebody cannot be read; done twice, it can.
    async fn damage(&self, person: CarePersonId) {
        let mut tx = self.db.begin(DISTRICT).await.unwrap();
        let text = "UPDATE care_watch SET slot = -1 - slot WHERE person_id = $1";
        exec!(&mut tx.conn().unwrap(), sqlx::query(text).bind(person)).unwrap();
        tx.commit().await.unwrap();
    }

    /// A pass whose troubles are nobody's concern here.
    async fn hours_whatever_happens(&self, hours: i64) {
        for _ in 0..hours * 6 {
            self.clock.advance_secs(600);
            let _ = self.care.pass().await;
        }
    }

    async fn visits_of(&self, person: CarePersonId) -> i64 {
        let mut read = self.db.read().await.unwrap();
        let c: &mut Conn<'_> = &mut read.conn();
        sql!(c, x => sqlx::query_scalar("SELECT COUNT(*) FROM care_visit WHERE person_id = $1").bind(person).fetch_one(x).await)
            .unwrap()
    }

    async fn in_the_second_district(&self) -> CarePersonId {
        self.change(
            "INSERT INTO district (id, division, name, place_path, created_at) VALUES (2, '320104', '秦淮区', '00000002', 0)",
        )
        .await;
        self.change("INSERT INTO journal_counter (district_id, last_seq) VALUES (2, 0)").await;
        let owner = WORKER.owner();
        let scope = Scope { district: SECOND, place: path("00000002") };
        let worker = self.ctx(Actor::Staff { person: owner.person, appointment: owner.appointment, role: owner.role, scope });
        let home: PlacePath = path("0000000200010001000100010001").child(1).unwrap();
        let input = NewPerson { home, ..self.somebody(1, &[Purpose::Watch]) };
        let mut tx = self.db.begin(SECOND).await.unwrap();
        let made = commands::enrol(&worker, &mut tx, &self.office, &input).await.unwrap();
        tx.commit().await.unwrap();
        self.care.errands().await.unwrap();
        made.id
    }
}

both_databases! {
    async fn an_errand_that_cannot_be_read_is_set_aside_and_counted(db: Db) {
        let house = House::watching(db).await;
        for (n, what, slot) in [(1u128, "sing_and_dance", 3i64), (2, "away", -7)] {
            let mut tx = house.db.begin(DISTRICT).await.unwrap();
            let text = "INSERT INTO care_errand (district_id, id, person_id, slot, what) VALUES (1, $1, $1, $2, $3)";
            exec!(&mut tx.conn().unwrap(), sqlx::query(text).bind(Uuid::from_u128(n)).bind(slot).bind(what)).unwrap();
            tx.commit().await.unwrap();
        }
        let person = house.watched(5).await.id;
        assert_eq!(house.sign(person, SignKind::Out).await, Verdict::Taken, "the enrolment behind them was told");
        assert_eq!(house.care.vitals().await.aside, 2);
        house.hours(25).await;
        assert_eq!(house.visits_of(person).await, 1);
        assert_eq!(house.care.vitals().await.aside, 2, "looked at once, and kept for somebody who understands them");
    }

    async fn an_alarm_that_cannot_be_taken_up_holds_up_nobody_and_is_not_lost(db: Db) {
        let house = House::watching(db).await;
        let (damaged, well) = (house.watched(5).await.id, house.watched(6).await.id);
        house.damage(damaged).await;
        house.hours(25).await;
        assert_eq!((house.visits_of(damaged).await, house.visits_of(well).await), (0, 1));
        let vitals = house.care.vitals().await;
        assert_eq!((vitals.aside, vitals.waiting), (1, 0), "set aside in the database, and only then confirmed");
        // Somebody mends the row: the visit comes, late and not never, and once.
        house.damage(damaged).await;
        house.wait(10).await;
        house.wait(10).await;
        assert_eq!(house.visits_of(damaged).await, 1);
        assert_eq!(house.care.vitals().await.aside, 0);
    }

    async fn an_alarm_that_ended_while_it_was_set_aside_opens_no_visit(db: Db) {
        let house = House::watching(db).await;
        let person = house.watched(5).await.id;
        house.damage(person).await;
        house.hours(25).await;
        assert_eq!(house.care.vitals().await.aside, 1);
        assert_eq!(house.sign(person, SignKind::Out).await, Verdict::Taken);
        house.care.pass().await.unwrap();
        house.damage(person).await;
        house.wait(20).await;
        assert_eq!((house.visits_of(person).await, house.care.vitals().await.aside), (0, 0));
    }

    async fn a_district_that_cannot_be_written_stops_no_other(db: Db) {
        let house = House::watching(db).await;
        let here = house.watched(5).await.id;
        let there = house.in_the_second_district().await;
        assert!(house.care.known(there).await.is_some());
        house.hours(23).await;
        house.change("DELETE FROM journal_counter WHERE district_id = 2").await;
        house.hours_whatever_happens(2).await;
        assert_eq!((house.visits_of(here).await, house.visits_of(there).await), (1, 0));
        assert_eq!(house.sign(here, SignKind::Out).await, Verdict::Taken);
        house.hours_whatever_happens(1).await;
        assert_eq!(house.open_visits().await, Vec::new(), "relieved");
        // It can be written again: the alarm was neither lost nor confirmed too early.
        house.change("INSERT INTO journal_counter (district_id, last_seq) SELECT 2, COALESCE(MAX(seq), 0) FROM journal WHERE district_id = 2").await;
        house.hours_whatever_happens(1).await;
        assert_eq!(house.visits_of(there).await, 1);
        assert_eq!(house.care.vitals().await.waiting, 0);
    }
}
