//! The daily return of 120 is offered what was counted.

use std::collections::BTreeMap;

use jiff::civil::date;
use linli_db::Db;
use linli_emergency::CountedCalls;
use linli_emergency::commands::sweep;
use linli_emergency::model::{CallClass, DivertedTo};
use linli_treatment::CountedElsewhere as _;
use linli_treatment::rules::{NETWORK_PACKS, Rules};

use crate::house::{House, OFFICER, SEAT, SECRETARY, Staff, act, call};

impl House {
    async fn offered(&self, who: Staff, form: &str) -> BTreeMap<String, i64> {
        let mut read = self.db.read().await.unwrap();
        let elsewhere = CountedCalls(self.office.clone());
        elsewhere.counted(&self.staff(who), &mut read.conn(), (form, date(2026, 11, 24))).await.unwrap()
    }
}

linli_db::both_databases! {
    async fn the_return_of_120_is_offered_what_was_counted(db: Db) {
        let house = House::new(db).await;
        assert_eq!(house.offered(SEAT, "dispatch").await, BTreeMap::new(), "a day on which nothing was counted is not a day of zeros");
        house.activate(OFFICER).await.unwrap();
        for (n, class) in [CallClass::VehicleUrgent, CallClass::VehicleNonUrgent, CallClass::VehicleNonUrgent, CallClass::Advice].into_iter().enumerate() {
            let id = house.record(SEAT, call(&format!("1390000000{n}"), class, &[])).await.unwrap().id;
            if n == 1 {
                house.divert(SEAT, id, DivertedTo::AdviceSeat).await.unwrap();
            }
        }
        let offered = house.offered(SEAT, "dispatch").await;
        let fields = [("calls", 4), ("vehicle_requests", 3), ("urgent", 1), ("non_urgent", 2), ("diverted", 1)];
        assert_eq!(offered, fields.map(|(field, n)| (field.to_owned(), n)).into());
        act!(house, SEAT, tx => sweep::say_inbound(&house.staff(SEAT), tx, date(2026, 11, 24), 9)).unwrap();
        assert_eq!(house.offered(SEAT, "dispatch").await["calls"], 9, "what came in, once that is known");
        assert_eq!(house.offered(SEAT, "fever_clinic").await, BTreeMap::new());
        assert_eq!(house.offered(SECRETARY, "dispatch").await, BTreeMap::new(), "who may not know is offered nothing");
        // Every field that is offered is one that the form asks for.
        let book = linli_rulebook::Rulebook::builtin(&NETWORK_PACKS).unwrap();
        let rules = Rules::at(&book, &linli_kernel::PlacePath::root(), house.now()).unwrap();
        let asked = rules.forms().form("dispatch").unwrap();
        assert!(offered.keys().all(|field| asked.field(field).is_some()));
    }
}
