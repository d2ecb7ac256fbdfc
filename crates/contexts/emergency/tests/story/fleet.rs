//! Vehicles: sent, taken by one seat only, turned round for who is urgent, handed over.

use linli_db::Db;
use linli_emergency::commands::{fleet as commands, follow_move};
use linli_emergency::model::{CallClass, CallState, Ending, Fleet, VehicleEvent, VehicleState};
use linli_emergency::queries::calls::Coming;
use linli_emergency::{EmergencyError, queries};

use crate::house::{
    CENTRE, COUNTY, COUNTY_BEDS, FAR, House, LEAD, LEAD_BEDS, NEAR, OFFICER, OTHER_SEAT, SEAT, Staff, act, call, path,
};

impl House {
    async fn coming(&self, who: Staff) -> Vec<Coming> {
        let mut read = self.db.read().await.unwrap();
        let coming = queries::calls::coming(&self.staff(who), &mut read.conn(), &self.office, self.now()).await.unwrap();
        coming.unwrap_or_default()
    }

    async fn vehicle_state(&self, callsign: &str) -> VehicleState {
        let mut read = self.db.read().await.unwrap();
        let all = queries::calls::vehicles(&self.staff(SEAT), &mut read.conn()).await.unwrap();
        all.into_iter().find(|(one, _)| one.callsign == callsign).unwrap().0.state
    }
}

linli_db::both_databases! {
    async fn from_the_call_to_the_hand_over_in_another_district(db: Db) {
        let house = House::new(db).await;
        let vehicle = house.vehicle("玄急01", Fleet::Urgent).await;
        let id = house.record(SEAT, call("13900000001", CallClass::VehicleUrgent, &["spo2_low"])).await.unwrap().id;
        house.later(40);
        let mission = house.assign(SEAT, id, vehicle).await.unwrap();
        assert_eq!(house.state(id).await, CallState::UnderWay);
        house.later(480);
        house.go_on(SEAT, mission, VehicleEvent::Arrive).await.unwrap();
        house.go_on(SEAT, mission, VehicleEvent::Leave).await.unwrap();
        assert!(matches!(house.go_on(SEAT, mission, VehicleEvent::Reach).await, Err(EmergencyError::Field { field: "to", .. })), "to which hospital?");
        assert!(matches!(house.announce(mission, (NEAR, CENTRE), 9).await, Err(EmergencyError::Field { field: "to", .. })), "no emergency department");
        house.announce(mission, (NEAR, COUNTY), 9).await.unwrap();
        assert_eq!(house.coming(COUNTY_BEDS).await.len(), 1);
        house.announce(mission, (FAR, LEAD), 12).await.unwrap();
        assert_eq!(house.coming(COUNTY_BEDS).await.len(), 0, "told elsewhere: the first sees it no more");
        let coming = house.coming(LEAD_BEDS).await;
        assert_eq!((coming[0].callsign.as_str(), coming[0].told.as_str(), coming[0].late), ("玄急01", "老人气促两天", false));
        assert_eq!(coming[0].mission.expected_at, Some(house.now().plus_secs(720)));
        // The department says so itself, in the district of the call; no other may.
        assert!(matches!(house.receive(COUNTY_BEDS, mission, false).await, Err(EmergencyError::NotFound)));
        assert!(matches!(house.receive(OFFICER, mission, false).await, Err(EmergencyError::Denied(_))));
        assert!(matches!(house.receive(LEAD_BEDS, mission, true).await, Err(EmergencyError::NoStep)), "not there yet");
        house.later(800);
        house.receive(LEAD_BEDS, mission, false).await.unwrap();
        assert!(matches!(house.announce(mission, (NEAR, COUNTY), 9).await, Err(EmergencyError::NoStep)), "it is there");
        house.later(1_801);
        house.tick().await;
        assert!(house.kinds(id.0).await.contains(&"emergency.hand_over_late".to_owned()), "a vehicle that waits at the door is told");
        assert!(house.coming(LEAD_BEDS).await[0].late);
        house.receive(LEAD_BEDS, mission, true).await.unwrap();
        let shown = house.shown(SEAT, id).await.unwrap();
        assert_eq!((shown.line.call.state, shown.line.call.ending), (CallState::Closed, Some(Ending::HandedOver)));
        assert_eq!((house.vehicle_state("玄急01").await, house.coming(LEAD_BEDS).await.len()), (VehicleState::Free, 0));
        let day = house.figures(24).await;
        assert_eq!((day.to_vehicle.known, day.to_vehicle.median_secs, day.to_vehicle.missing), (1, Some(40), 0));
        assert_eq!((day.to_scene.median_secs, day.hand_over.median_secs), (Some(480), Some(1_801)));
        house.whole().await;
    }

    async fn two_seats_want_one_vehicle_and_one_wins(db: Db) {
        let house = House::new(db).await;
        for round in 0..6 {
            let vehicle = house.vehicle(&format!("玄急{round}"), Fleet::Urgent).await;
            let (one, two) = (format!("1390000{round}001"), format!("1390000{round}002"));
            let one = house.record(SEAT, call(&one, CallClass::VehicleUrgent, &["bleeding"])).await.unwrap().id;
            let two = house.record(SEAT, call(&two, CallClass::VehicleUrgent, &["seizure"])).await.unwrap().id;
            let (a, b) = tokio::join!(house.assign(SEAT, one, vehicle), house.assign(OTHER_SEAT, two, vehicle));
            let lost = match (a, b) {
                (Ok(_), Err(error)) => (two, error),
                (Err(error), Ok(_)) => (one, error),
                both => panic!("{both:?}"),
            };
            assert!(matches!(lost.1, EmergencyError::Taken), "{:?}", lost.1);
            assert_eq!(house.state(lost.0).await, CallState::Waiting, "the other still waits, and is told");
            house.whole().await;
        }
    }

    async fn one_vehicle_for_a_call_and_the_same_tap_twice_sends_one(db: Db) {
        let house = House::new(db).await;
        let (first, second) = (house.vehicle("玄急01", Fleet::Urgent).await, house.vehicle("玄急02", Fleet::Urgent).await);
        let id = house.record(SEAT, call("13900000001", CallClass::VehicleUrgent, &[])).await.unwrap().id;
        let ctx = house.keyed(SEAT, "tap");
        let one = act!(house, SEAT, tx => commands::assign(&ctx, tx, &house.office, id, first)).unwrap();
        let two = act!(house, SEAT, tx => commands::assign(&ctx, tx, &house.office, id, first)).unwrap();
        assert_eq!(one, two);
        assert!(matches!(house.assign(OTHER_SEAT, id, second).await, Err(EmergencyError::NoStep)), "it has one");
        assert_eq!(house.vehicle_state("玄急02").await, VehicleState::Free);
        house.go_on(SEAT, one, VehicleEvent::StandDown).await.unwrap();
        assert_eq!(house.state(id).await, CallState::Waiting, "turned round: it waits anew, with a new clock");
        assert!(house.shown(SEAT, id).await.unwrap().line.call.due_at.is_some());
        let again = house.assign(SEAT, id, second).await.unwrap();
        assert!(matches!(house.go_on(SEAT, one, VehicleEvent::Arrive).await, Err(EmergencyError::NoStep)), "a mission that is over");
        house.go_on(SEAT, again, VehicleEvent::Arrive).await.unwrap();
        house.go_on(SEAT, again, VehicleEvent::NoTransport).await.unwrap();
        assert_eq!(house.shown(SEAT, id).await.unwrap().line.call.ending, Some(Ending::NoTransport));
        act!(house, SEAT, tx => commands::put_in_service(&house.staff(SEAT), tx, &house.office, second, false)).unwrap();
        let late = house.record(SEAT, call("13900000009", CallClass::VehicleUrgent, &[])).await.unwrap().id;
        assert!(matches!(house.assign(SEAT, late, second).await, Err(EmergencyError::Taken)), "out of service");
        house.whole().await;
    }

    async fn an_urgent_call_waits_behind_nobody(db: Db) {
        let house = House::new(db).await;
        let ambulance = house.vehicle("玄急01", Fleet::Urgent).await;
        let van = house.vehicle("玄转01", Fleet::NonUrgent).await;
        let old = house.record(SEAT, call("13900000001", CallClass::VehicleNonUrgent, &["cannot_walk"])).await.unwrap().id;
        let mission = house.assign(SEAT, old, ambulance).await.unwrap();
        let next = house.record(SEAT, call("13900000002", CallClass::VehicleNonUrgent, &["wants_vehicle"])).await.unwrap().id;
        house.later(5);
        let urgent = house.record(OTHER_SEAT, call("13900000003", CallClass::VehicleUrgent, &["not_breathing"])).await.unwrap().id;
        assert!(matches!(house.assign(SEAT, urgent, van).await, Err(EmergencyError::NotFit)), "without the means");
        // The only ambulance is on its way to somebody who is not urgent: it turns round.
        house.assign(OTHER_SEAT, urgent, ambulance).await.unwrap();
        assert_eq!((house.state(urgent).await, house.state(old).await), (CallState::UnderWay, CallState::Waiting));
        assert!(matches!(house.go_on(SEAT, mission, VehicleEvent::Arrive).await, Err(EmergencyError::NoStep)));
        // While another urgent call waits, an ambulance goes to nobody else; what is not fit for it may.
        let second = house.vehicle("玄急02", Fleet::Urgent).await;
        let waits = house.record(SEAT, call("13900000004", CallClass::VehicleUrgent, &["stroke"])).await.unwrap().id;
        assert!(matches!(house.assign(SEAT, next, second).await, Err(EmergencyError::UrgentFirst)));
        house.assign(SEAT, next, van).await.unwrap();
        // Nobody who is urgent loses the vehicle to another.
        assert!(matches!(house.assign(SEAT, waits, ambulance).await, Err(EmergencyError::Taken)));
        house.assign(SEAT, waits, second).await.unwrap();
        house.whole().await;
    }

    async fn the_same_tap_twice_is_one_step(db: Db) {
        let house = House::new(db).await;
        let vehicle = house.vehicle("玄急01", Fleet::Urgent).await;
        let id = house.record(SEAT, call("13900000001", CallClass::VehicleUrgent, &[])).await.unwrap().id;
        let mission = house.assign(SEAT, id, vehicle).await.unwrap();
        for event in [VehicleEvent::Arrive, VehicleEvent::Leave] {
            let ctx = house.keyed(SEAT, event.as_str());
            for _ in 0..2 {
                act!(house, SEAT, tx => commands::go_on(&ctx, tx, &house.office, mission, event)).unwrap();
            }
        }
        house.announce(mission, (FAR, LEAD), 5).await.unwrap();
        for taken in [false, true] {
            let ctx = house.keyed(LEAD_BEDS, if taken { "taken" } else { "arrived" });
            for _ in 0..2 {
                act!(house, SEAT, tx => commands::receive(&ctx, tx, &house.office, mission, taken)).unwrap();
            }
        }
        let moved = house.kinds(id.0).await.into_iter().filter(|kind| kind == "emergency.vehicle_moved").count();
        assert_eq!((moved, house.state(id).await), (4, CallState::Closed), "each step once");
        house.whole().await;
    }

    /// The district gets another path: calls and vehicles go along.
    async fn a_place_that_moves_takes_its_calls_along(db: Db) {
        let house = House::new(db).await;
        house.vehicle("玄急01", Fleet::Urgent).await;
        house.record(SEAT, call("13900000001", CallClass::Advice, &[])).await.unwrap();
        let moved = linli_territory::moves::Moved { from: path("00000001"), to: path("00000009") };
        let follow = || async { act!(house, SEAT, tx => follow_move(&house.system(), tx, &moved, 100)).unwrap() };
        assert_eq!((follow().await, follow().await), (2, 0), "once, and nothing is left behind");
        let there = Staff { at: "00000009", ..SEAT };
        assert_eq!((house.open(there).await.len(), house.open(SEAT).await.len()), (1, 0));
    }

    async fn raised_on_the_way_the_van_turns_round_and_a_crew_with_the_patient_stays(db: Db) {
        let house = House::new(db).await;
        let (van, other) = (house.vehicle("玄转01", Fleet::NonUrgent).await, house.vehicle("玄转02", Fleet::NonUrgent).await);
        let id = house.record(SEAT, call("13900000001", CallClass::VehicleNonUrgent, &[])).await.unwrap().id;
        house.assign(SEAT, id, van).await.unwrap();
        house.raise(SEAT, id).await.unwrap();
        assert_eq!((house.state(id).await, house.vehicle_state("玄转01").await), (CallState::Waiting, VehicleState::Free));
        let with = house.record(SEAT, call("13900000002", CallClass::VehicleNonUrgent, &[])).await.unwrap().id;
        let mission = house.assign(SEAT, with, other).await.unwrap();
        house.go_on(SEAT, mission, VehicleEvent::Arrive).await.unwrap();
        house.raise(SEAT, with).await.unwrap();
        assert_eq!((house.state(with).await, house.vehicle_state("玄转02").await), (CallState::UnderWay, VehicleState::AtScene));
        house.whole().await;
    }
}
