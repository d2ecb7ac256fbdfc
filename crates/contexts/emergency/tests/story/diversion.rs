//! Diversion: off until a physician answers for it, a call back for everybody, one tap back to urgent, withdrawn.

use linli_db::Db;
use linli_emergency::commands::calls::NewCall;
use linli_emergency::commands::diversion as commands;
use linli_emergency::model::{Against, CallClass, CallId, CallState, DivertedTo, Ending, Fleet, Found, VehicleEvent};
use linli_emergency::queries::calls::Force;
use linli_emergency::queries::day::Share;
use linli_emergency::{EmergencyError, Wrong, queries};

use crate::house::{FAR_SEAT, House, NEAR, OFFICER, OTHER_SEAT, SEAT, SECRETARY, Staff, act, at, call};

impl House {
    async fn not_urgent(&self, number: &str) -> CallId {
        self.record(SEAT, call(number, CallClass::VehicleNonUrgent, &["wants_vehicle"])).await.unwrap().id
    }

    async fn force(&self, who: Staff) -> Force {
        let mut read = self.db.read().await.unwrap();
        queries::calls::force(&self.staff(who), &mut read.conn(), &self.office).await.unwrap()
    }

    /// Calls whose call back is due by now.
    async fn due(&self) -> Vec<CallId> {
        let mut read = self.db.read().await.unwrap();
        let all = queries::calls::recontacts(&self.staff(SEAT), &mut read.conn(), &self.office).await.unwrap();
        all.into_iter().filter(|(one, _)| one.due_at <= self.now()).map(|(one, _)| one.call).collect()
    }
}

linli_db::both_databases! {
    async fn off_until_a_physician_answers_for_it_and_withdrawn_at_any_time(db: Db) {
        let house = House::new(db).await;
        let one = house.not_urgent("13900000001").await;
        assert!(matches!(house.divert(SEAT, one, DivertedTo::AdviceSeat).await, Err(EmergencyError::DiversionOff)));
        for who in [SEAT, SECRETARY] {
            assert!(matches!(house.activate(who).await, Err(EmergencyError::Denied(_))), "{who:?}");
        }
        for (physician, licence, confirmed, wrong) in [
            ("", "110320100000001", true, "physician"),
            ("王主任", "", true, "licence"),
            ("王主任", "没有号", true, "licence"),
            ("王主任", "110320100000001", false, "confirmed"),
        ] {
            let typed = (physician, licence, confirmed);
            let refused = act!(house, OFFICER, tx => commands::activate(&house.staff(OFFICER), tx, &house.office, typed)).unwrap_err();
            assert!(matches!(refused, EmergencyError::Field { field, .. } if field == wrong), "{refused}");
        }
        house.activate(OFFICER).await.unwrap();
        assert!(matches!(house.activate(OFFICER).await, Err(EmergencyError::DiversionOn)));
        let force = house.force(SEAT).await;
        assert_eq!(force.now.unwrap().physician, "王主任", "the seat sees who answers for it");
        assert!(house.force(FAR_SEAT).await.now.is_none(), "one district is not another");
        house.divert(SEAT, one, DivertedTo::AdviceSeat).await.unwrap();
        let two = house.not_urgent("13900000002").await;
        house.divert(SEAT, two, DivertedTo::NonUrgentFleet).await.unwrap();
        assert_eq!(house.due().await, []);
        // Withdrawn: whoever is diverted is called again at once.
        assert_eq!(house.withdraw(OFFICER).await.unwrap(), 2);
        assert_eq!(house.due().await.len(), 2);
        let three = house.not_urgent("13900000003").await;
        assert!(matches!(house.divert(SEAT, three, DivertedTo::AdviceSeat).await, Err(EmergencyError::DiversionOff)));
        assert!(matches!(house.withdraw(OFFICER).await, Err(EmergencyError::DiversionOff)));
        let lines = house.lines(NEAR).await;
        assert!(lines.iter().any(|line| line.kind == "emergency.diversion_on") && lines.iter().any(|line| line.kind == "emergency.diversion_off"));
        assert!(lines.iter().all(|line| !line.facts().to_string().contains("王主任")), "no names in the journal");
        assert_eq!(house.force(OFFICER).await.all.len(), 1);
        house.whole().await;
    }

    async fn whoever_told_of_danger_is_not_diverted_whatever_the_seat_decides(db: Db) {
        let house = House::new(db).await;
        house.activate(OFFICER).await.unwrap();
        let urgent = house.record(SEAT, call("13900000001", CallClass::VehicleUrgent, &["bleeding"])).await.unwrap().id;
        assert!(matches!(house.divert(SEAT, urgent, DivertedTo::AdviceSeat).await, Err(EmergencyError::Danger)));
        let less = NewCall { against: Some(Against::AskedAgain), ..call("13900000002", CallClass::VehicleNonUrgent, &["chest_pain"]) };
        let less = house.record(SEAT, less).await.unwrap().id;
        assert!(matches!(house.divert(SEAT, less, DivertedTo::AdviceSeat).await, Err(EmergencyError::Danger)));
        let advice = house.record(SEAT, call("13900000003", CallClass::Advice, &[])).await.unwrap().id;
        assert!(matches!(house.divert(SEAT, advice, DivertedTo::AdviceSeat).await, Err(EmergencyError::NoStep)), "nothing to divert");
        house.whole().await;
    }

    async fn called_back_until_it_is_over_or_urgent(db: Db) {
        let house = House::new(db).await;
        house.activate(OFFICER).await.unwrap();
        let mut ids = Vec::new();
        for n in 0..4 {
            let id = house.not_urgent(&format!("1390000000{n}")).await;
            house.divert(SEAT, id, DivertedTo::AdviceSeat).await.unwrap();
            ids.push(id);
        }
        house.later(1_801);
        house.tick().await;
        house.tick().await;
        assert_eq!(house.due().await.len(), 4);
        let told = house.kinds(ids[0].0).await.into_iter().filter(|kind| kind == "emergency.call_back_due").count();
        assert_eq!(told, 1, "told once");
        // Well: over. The same: another call back. Worse: urgent at once.
        house.call_back(SEAT, ids[0], Found::Well).await.unwrap();
        assert_eq!(house.shown(SEAT, ids[0]).await.unwrap().line.call.ending, Some(Ending::Well));
        house.call_back(SEAT, ids[1], Found::Unchanged).await.unwrap();
        assert_eq!(house.shown(SEAT, ids[1]).await.unwrap().recontacts.len(), 2);
        house.call_back(SEAT, ids[2], Found::Worse).await.unwrap();
        assert_eq!(house.state(ids[2]).await, CallState::Waiting);
        assert_eq!(house.open(SEAT).await[0], ids[2]);
        // Nobody answers three times in a row: urgent. An answer in between begins anew.
        house.call_back(SEAT, ids[3], Found::NoAnswer).await.unwrap();
        house.call_back(SEAT, ids[3], Found::NoAnswer).await.unwrap();
        house.call_back(SEAT, ids[3], Found::Unchanged).await.unwrap();
        for _ in 0..2 {
            house.call_back(SEAT, ids[3], Found::NoAnswer).await.unwrap();
            assert_eq!(house.state(ids[3]).await, CallState::Diverted);
        }
        house.call_back(OTHER_SEAT, ids[3], Found::NoAnswer).await.unwrap();
        let last = house.shown(SEAT, ids[3]).await.unwrap().line.call;
        assert!(last.class == CallClass::VehicleUrgent && last.worsened_at.is_some());
        assert!(matches!(house.call_back(SEAT, ids[3], Found::Well).await, Err(EmergencyError::NoStep)), "nothing open");
        assert!(matches!(
            house.call_back(SEAT, ids[1], Found::Over).await,
            Err(EmergencyError::Field { problem: Wrong::NotAChoice, .. })
        ));
        // The share that was diverted never without the share that became worse.
        let day = house.figures(24).await;
        assert_eq!((day.diversion(), day.safety()), (Share { part: 4, of: 4 }, Share { part: 2, of: 4 }));
        house.whole().await;
    }

    async fn worse_by_another_call_counts_and_only_within_the_stated_hours(db: Db) {
        let house = House::new(db).await;
        house.activate(OFFICER).await.unwrap();
        let seen = house.not_urgent("13900000001").await;
        house.divert(SEAT, seen, DivertedTo::AdviceSeat).await.unwrap();
        // Well at the call back, and two hours later the same number with somebody who does not breathe: a new call, and it counts.
        house.call_back(SEAT, seen, Found::Well).await.unwrap();
        house.later(7_200);
        let new = house.record(SEAT, call("13900000001", CallClass::VehicleUrgent, &["not_breathing"])).await.unwrap();
        assert_eq!((new.repeat_of, new.urgent), (Some(seen), Some(new.id)), "dispatched by itself: the first is over");
        // Diverted now, worse after the stated hours.
        let late = house.not_urgent("13900000002").await;
        house.divert(SEAT, late, DivertedTo::AdviceSeat).await.unwrap();
        house.clock.set(at(25, 12, 0));
        house.raise(SEAT, late).await.unwrap();
        let day = house.figures(24).await;
        assert_eq!((day.safety(), day.within_hours), (Share { part: 1, of: 2 }, 24));
        house.whole().await;
    }

    async fn the_other_fleet_takes_who_was_diverted_and_the_call_back_stays(db: Db) {
        let house = House::new(db).await;
        house.activate(OFFICER).await.unwrap();
        let van = house.vehicle("玄转01", Fleet::NonUrgent).await;
        let id = house.not_urgent("13900000001").await;
        house.divert(SEAT, id, DivertedTo::NonUrgentFleet).await.unwrap();
        let mission = house.assign(SEAT, id, van).await.unwrap();
        house.whole().await;
        house.call_back(SEAT, id, Found::Well).await.unwrap();
        assert_eq!(house.state(id).await, CallState::UnderWay, "the van is still on its way");
        house.go_on(SEAT, mission, VehicleEvent::StandDown).await.unwrap();
        assert_eq!(house.state(id).await, CallState::Diverted, "back where it was, with its call back");
        house.whole().await;
        let mission = house.assign(SEAT, id, van).await.unwrap();
        house.go_on(SEAT, mission, VehicleEvent::Arrive).await.unwrap();
        house.go_on(SEAT, mission, VehicleEvent::NoTransport).await.unwrap();
        let shown = house.shown(SEAT, id).await.unwrap();
        assert!(shown.recontacts.iter().all(|one| one.done_at.is_some()));
        house.whole().await;
    }
}
