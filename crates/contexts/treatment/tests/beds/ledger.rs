//! The ledger: entries, what there was when, holds that no two have, conversions with a proof.

use std::sync::Arc;

use linli_db::Db;
use linli_treatment::commands::beds::{self, NewConversion, NewEntry};
use linli_treatment::commands::inbound;
use linli_treatment::model::beds::{BedType, Blocking, ConversionId, ConversionState, EntryKind, HoldId, HoldState, Proof};
use linli_treatment::rules::beds::Limit;
use linli_treatment::{BedError, BedWrong as Wrong};

use crate::house::{
    CENTRE_BEDS, COORDINATOR, COUNTY_BEDS, DOCTOR, FAR, House, LEAD, LEAD_BEDS, LEAD_ICU, LEAD_WARD, NEXT_BEDS, OFFICER,
    SECRETARY, STRANGER, Staff, act, at, count, more,
};

impl House {
    async fn reserve(&self, who: Staff) -> Result<HoldId, BedError> {
        act!(self, who, tx => beds::reserve(&self.staff(who), tx, &self.desk, (LEAD_ICU, BedType::Icu)))
    }

    async fn put(&self, who: Staff, id: HoldId, to: HoldState) -> Result<(), BedError> {
        act!(self, who, tx => beds::put_reserved(&self.staff(who), tx, id, to))
    }

    async fn order(&self, who: Staff, beds: i64) -> Result<ConversionId, BedError> {
        let new = NewConversion { unit: LEAD_ICU, bed_type: BedType::Icu, beds, within_hours: 24 };
        act!(self, who, tx => beds::order_conversion(&self.staff(who), tx, &self.desk, new))
    }

    async fn convert(&self, who: Staff, id: ConversionId, to: ConversionState, proof: Option<Proof>) -> Result<(), BedError> {
        act!(self, who, tx => beds::put_conversion(&self.staff(who), tx, id, (to, proof)))
    }

    async fn sweep(&self) -> i64 {
        let mut gone = 0;
        while act!(self, LEAD_BEDS, tx => inbound::expire_next(&self.system(), tx)).unwrap() {
            gone += 1;
        }
        gone
    }
}

linli_db::both_databases! {
    async fn available_is_derived_and_over_full_is_shown(db: Db) {
        let house = House::new(db).await;
        house.icu(LEAD_BEDS, LEAD_ICU, 20).await;
        house.enter(LEAD_BEDS, count(LEAD_ICU, BedType::Icu, EntryKind::Doctors, 12)).await.unwrap();
        let derived = house.cell(LEAD_BEDS, LEAD_ICU, BedType::Icu).await.derived.unwrap();
        assert_eq!((derived.usable, derived.limit), (15, Limit::Doctors), "twelve doctors staff fifteen beds");
        house.enter(LEAD_BEDS, count(LEAD_ICU, BedType::Icu, EntryKind::Occupied, 14)).await.unwrap();
        let hold = house.reserve(LEAD_BEDS).await.unwrap();
        assert_eq!(house.taken(LEAD_BEDS, LEAD_ICU).await, (14, 1, 0));
        assert!(matches!(house.reserve(LEAD_BEDS).await, Err(BedError::NoneFree)));
        // Who comes without being announced is counted all the same.
        house.enter(LEAD_BEDS, more(LEAD_ICU, EntryKind::Occupied, 2)).await.unwrap();
        let derived = house.cell(LEAD_BEDS, LEAD_ICU, BedType::Icu).await.derived.unwrap();
        assert_eq!((derived.available(), derived.over_full()), (0, 2));
        house.put(LEAD_BEDS, hold, HoldState::Occupied).await.unwrap();
        assert_eq!(house.taken(LEAD_BEDS, LEAD_ICU).await, (17, 0, -2));
        house.put(LEAD_BEDS, hold, HoldState::Left).await.unwrap();
        assert_eq!(house.taken(LEAD_BEDS, LEAD_ICU).await, (16, 0, -1));
        house.enter(LEAD_BEDS, count(LEAD_WARD, BedType::Ward, EntryKind::Open, 30)).await.unwrap();
        assert!(house.cell(LEAD_BEDS, LEAD_WARD, BedType::Ward).await.derived.is_err(), "nobody told how many nurses there are");
        house.clean().await;
    }

    /// Sixty-four at once want the last bed: one has it.
    async fn of_many_who_want_the_last_bed_one_has_it(db: Db) {
        let house = Arc::new(House::new(db).await);
        house.icu(LEAD_BEDS, LEAD_ICU, 1).await;
        let race = |_| {
            let house = Arc::clone(&house);
            tokio::spawn(async move { house.reserve(LEAD_BEDS).await })
        };
        let racing: Vec<_> = (0..64).map(race).collect();
        let mut won = Vec::new();
        for one in racing {
            match one.await.unwrap() {
                Ok(hold) => won.push(hold),
                Err(error) => assert!(matches!(error, BedError::NoneFree), "{error:?}"),
            }
        }
        assert_eq!(won.len(), 1);
        assert_eq!(house.taken(LEAD_BEDS, LEAD_ICU).await, (0, 1, 0));
        house.put(LEAD_BEDS, won[0], HoldState::Released).await.unwrap();
        house.reserve(LEAD_BEDS).await.unwrap();
        house.clean().await;
    }

    /// The same request sent twice holds one bed.
    async fn a_phone_on_a_bad_line_holds_one_bed(db: Db) {
        let house = House::new(db).await;
        house.icu(LEAD_BEDS, LEAD_ICU, 5).await;
        let mut ctx = house.staff(LEAD_BEDS);
        ctx.idempotency_key = Some("key-of-the-form-0001".to_owned());
        let mut holds = Vec::new();
        for _ in 0..2 {
            holds.push(act!(house, LEAD_BEDS, tx => beds::reserve(&ctx, tx, &house.desk, (LEAD_ICU, BedType::Icu))).unwrap());
        }
        assert_eq!(holds[0], holds[1]);
        assert_eq!(house.taken(LEAD_BEDS, LEAD_ICU).await, (0, 1, 4));
    }

    async fn a_hold_ends_by_the_clock(db: Db) {
        let house = House::new(db).await;
        house.icu(LEAD_BEDS, LEAD_ICU, 2).await;
        let hold = house.reserve(LEAD_BEDS).await.unwrap();
        house.clock.set(at(24, 10, 59));
        assert_eq!(house.sweep().await, 0);
        house.clock.set(at(24, 11, 0));
        assert_eq!(house.sweep().await, 1);
        assert_eq!(house.sweep().await, 0);
        assert_eq!(house.taken(LEAD_BEDS, LEAD_ICU).await, (0, 0, 2));
        let late = house.put(LEAD_BEDS, hold, HoldState::Occupied).await;
        assert!(matches!(late, Err(BedError::HoldOver)), "{late:?}");
        assert_eq!(house.kinds(FAR, hold.0).await, ["treatment.bed_held", "treatment.bed_expired"]);
        house.clean().await;
    }

    /// What there was at a quarter to eleven, and what was thought later that there had been.
    async fn the_state_at_any_instant_can_be_asked(db: Db) {
        let house = House::new(db).await;
        house.icu(LEAD_BEDS, LEAD_ICU, 10).await;
        house.clock.set(at(24, 10, 0));
        house.enter(LEAD_BEDS, count(LEAD_ICU, BedType::Icu, EntryKind::Occupied, 6)).await.unwrap();
        house.clock.set(at(24, 11, 0));
        house.enter(LEAD_BEDS, more(LEAD_ICU, EntryKind::Occupied, 1)).await.unwrap();
        house.clock.set(at(24, 12, 0));
        // Somebody remembers that one had come at half past ten.
        let forgotten = NewEntry { at: Some(at(24, 10, 30)), ..more(LEAD_ICU, EntryKind::Occupied, 1) };
        house.enter(LEAD_BEDS, forgotten).await.unwrap();
        let occupied = async |then, known| house.levels_at(LEAD_BEDS, LEAD_ICU, (then, known)).await.occupied;
        assert_eq!(occupied(at(24, 9, 59), house.now()).await, 0);
        assert_eq!(occupied(at(24, 10, 15), house.now()).await, 6);
        assert_eq!(occupied(at(24, 10, 45), house.now()).await, 7);
        assert_eq!(occupied(at(24, 10, 45), at(24, 11, 30)).await, 6, "as it was known then");
        assert_eq!(occupied(at(24, 12, 0), house.now()).await, 8);
        assert_eq!(house.taken(LEAD_BEDS, LEAD_ICU).await.0, 8);
        let future = NewEntry { at: Some(at(24, 12, 1)), ..more(LEAD_ICU, EntryKind::Occupied, 1) };
        let refused = house.enter(LEAD_BEDS, future).await;
        assert!(matches!(refused, Err(BedError::Field { field: "at", problem: Wrong::InTheFuture })));
        // Before the count at ten there was nobody to leave: the past cannot be made impossible.
        let impossible = NewEntry { at: Some(at(24, 9, 30)), ..more(LEAD_ICU, EntryKind::Occupied, -1) };
        let refused = house.enter(LEAD_BEDS, impossible).await;
        assert!(matches!(refused, Err(BedError::Field { problem: Wrong::CannotBecome { becomes: -1 }, .. })), "{refused:?}");
        house.clean().await;
    }

    /// In place and convertible are two states; an order brings beds from one into the other, with a proof.
    async fn beds_are_converted_by_order_and_proven(db: Db) {
        let house = House::new(db).await;
        house.icu(LEAD_BEDS, LEAD_ICU, 10).await;
        let convertible = NewEntry { within_hours: Some(24), ..count(LEAD_ICU, BedType::Icu, EntryKind::Convertible, 6) };
        house.enter(LEAD_BEDS, convertible).await.unwrap();
        assert!(matches!(house.order(LEAD_BEDS, 4).await, Err(BedError::Denied(_))));
        let refused = house.order(COORDINATOR, 7).await;
        assert!(matches!(refused, Err(BedError::Field { field: "beds", problem: Wrong::OutOfRange { least: 1, most: 6 } })));
        let order = house.order(COORDINATOR, 4).await.unwrap();
        let refused = house.order(OFFICER, 3).await;
        assert!(matches!(refused, Err(BedError::Field { problem: Wrong::OutOfRange { most: 2, .. }, .. })), "not ordered twice");
        let before = house.cell(LEAD_BEDS, LEAD_ICU, BedType::Icu).await.cell.levels;
        assert_eq!((before.in_place, before.open, before.convertible), (Some(10), Some(10), Some(6)), "an order makes no bed");
        house.convert(LEAD_BEDS, order, ConversionState::Begun, None).await.unwrap();
        assert!(matches!(house.convert(NEXT_BEDS, order, ConversionState::Begun, None).await, Err(BedError::NotFound)));
        for too_little in [None, Some(Proof { beds: 3, doctors: 12, nurses: 35 })] {
            let refused = house.convert(LEAD_BEDS, order, ConversionState::Done, too_little).await;
            assert!(matches!(refused, Err(BedError::Field { field: "proof_beds", .. })));
        }
        house.clock.set(at(25, 9, 0));
        let ctx = house.system();
        assert_eq!(act!(house, LEAD_BEDS, tx => beds::tell_late_conversions(&ctx, tx, 10)).unwrap(), 1);
        assert_eq!(act!(house, LEAD_BEDS, tx => beds::tell_late_conversions(&ctx, tx, 10)).unwrap(), 0, "once");
        house.convert(LEAD_BEDS, order, ConversionState::Done, Some(Proof { beds: 4, doctors: 12, nurses: 35 })).await.unwrap();
        let after = house.cell(LEAD_BEDS, LEAD_ICU, BedType::Icu).await;
        assert_eq!((after.cell.levels.in_place, after.cell.levels.open, after.cell.levels.convertible), (Some(14), Some(14), Some(2)));
        assert_eq!(after.derived.unwrap().usable, 14, "35 nurses staff 14 beds");
        let again = house.convert(COORDINATOR, order, ConversionState::Cancelled, None).await;
        assert!(matches!(again, Err(BedError::NoStep)));
        house.clean().await;
    }

    async fn who_may_and_what_cannot_be(db: Db) {
        let house = House::new(db).await;
        house.icu(LEAD_BEDS, LEAD_ICU, 10).await;
        for who in [DOCTOR, COORDINATOR, OFFICER, SECRETARY, STRANGER] {
            let refused = house.enter(who, more(LEAD_ICU, EntryKind::Occupied, 1)).await;
            assert!(matches!(refused, Err(BedError::Denied(_) | BedError::NoInstitution)), "{refused:?}");
        }
        for who in [NEXT_BEDS, COUNTY_BEDS, CENTRE_BEDS] {
            let refused = house.enter(who, more(LEAD_ICU, EntryKind::Occupied, 1)).await;
            assert!(matches!(refused, Err(BedError::Field { field: "unit", problem: Wrong::NotAUnit })), "{refused:?}");
        }
        let blocked = |reason| NewEntry { reason, ..count(LEAD_ICU, BedType::Icu, EntryKind::Blocked, 2) };
        for (wrong, field) in [
            (count(LEAD_ICU, BedType::Icu, EntryKind::Reserved, 1), "kind"),
            (count(LEAD_ICU, BedType::Icu, EntryKind::Open, -1), "amount"),
            (count(LEAD_ICU, BedType::Icu, EntryKind::Open, 11), "amount"),
            (count(LEAD_ICU, BedType::Icu, EntryKind::Occupied, 10_001), "amount"),
            (more(LEAD_ICU, EntryKind::Occupied, -1), "amount"),
            (blocked(None), "reason"),
            (count(LEAD_ICU, BedType::Icu, EntryKind::Convertible, 2), "within_hours"),
        ] {
            let refused = house.enter(LEAD_BEDS, wrong).await;
            assert!(matches!(refused, Err(BedError::Field { field: named, .. }) if named == field), "{field}: {refused:?}");
        }
        house.enter(LEAD_BEDS, blocked(Some(Blocking::Cleaning))).await.unwrap();
        assert_eq!(house.taken(LEAD_BEDS, LEAD_ICU).await, (0, 0, 8));
        assert!(house.board(OFFICER, (FAR, LEAD)).await.is_ok());
        assert!(matches!(house.board(COUNTY_BEDS, (FAR, LEAD)).await, Err(BedError::NotFound)), "another district");
        assert!(matches!(house.board(SECRETARY, (FAR, LEAD)).await, Err(BedError::Denied(_))));
        house.clean().await;
    }
}
