//! Somebody who calls here and has reported in another district.

use linli_access::Role;
use linli_cases::commands::{self, Known, Reported};
use linli_cases::{CasesError, queries};
use linli_db::{Db, exec};
use linli_kernel::DistrictId;

use crate::house::{DESK, DISTRICT, DISTRICT_PATH, House, Staff, act, lamp, path};

const NEXT: DistrictId = DistrictId(2);
const NEXT_ENTRANCE: &str = "0000000200010001000100010001";
/// The desk that the whole district calls.
const DISTRICT_DESK: Staff = Staff { number: 20, role: Role::PropertyDesk, at: DISTRICT_PATH };
const PHONE: &str = "025-1234 5678";

impl House {
    /// Another district of the same city.
    async fn next_district(&self) {
        let mut tx = self.db.begin(DistrictId::CITY).await.unwrap();
        let c = &mut tx.conn().unwrap();
        let text =
            "INSERT INTO district (id, division, name, place_path, created_at) VALUES (2, '320106', '鼓楼区', '00000002', 0)";
        exec!(c, sqlx::query(text)).unwrap();
        exec!(c, sqlx::query("INSERT INTO journal_counter (district_id, last_seq) VALUES (2, 0)")).unwrap();
        tx.commit().await.unwrap();
    }

    /// A lamp is out over there, and the reporter leaves his number.
    async fn reported_next_door(&self) -> Reported {
        let mut report = lamp();
        (report.place, report.phone) = (path(NEXT_ENTRANCE), Some(PHONE.to_owned()));
        let mut tx = self.db.begin(NEXT).await.unwrap();
        let reported = commands::report(&self.visitor(), &mut tx, &self.office, report).await.unwrap();
        tx.commit().await.unwrap();
        reported
    }

    async fn called(&self, who: Staff, phone: &str) -> Result<Known, CasesError> {
        act!(self, tx => commands::caller(&self.staff(who), tx, &self.office, phone))
    }

    async fn findings(&self, district: DistrictId) -> Vec<queries::Finding> {
        let mut read = self.db.read().await.unwrap();
        queries::check(&mut read.conn(), district).await.unwrap()
    }
}

linli_db::both_databases! {
    /// The desk of the district is told where else a number is known, and nothing of what was said there; the desk of an estate is not told.
    async fn a_caller_of_another_district_is_known(db: Db) {
        let house = House::new(db).await;
        house.next_district().await;
        let there = house.reported_next_door().await;
        let again = house.reported_next_door().await;

        let known = house.called(DISTRICT_DESK, "02512345678").await.unwrap();
        assert_eq!(house.called(DISTRICT_DESK, "+86 25 1234-5678").await.unwrap(), known, "with the code of the country it is the same number");
        assert_eq!((known.cases, known.elsewhere), (Vec::new(), vec![NEXT]));
        assert_eq!(house.called(DISTRICT_DESK, "02512345679").await.unwrap().elsewhere, []);
        assert_eq!(house.called(DESK, PHONE).await.unwrap().elsewhere, [], "the desk of an estate");
        assert!(matches!(house.called(Staff { role: Role::DistrictOfficer, ..DISTRICT_DESK }, PHONE).await, Err(CasesError::Denied(_))));

        // His own district is not elsewhere.
        let mut report = lamp();
        report.phone = Some(PHONE.to_owned());
        let here = house.report(&house.visitor(), report).await.unwrap();
        let known = house.called(DISTRICT_DESK, PHONE).await.unwrap();
        assert_eq!((known.cases.iter().map(|case| case.id).collect::<Vec<_>>(), known.elsewhere), (vec![here.id], vec![NEXT]));

        // Whoever has his number erased is known there no more, with the last case that had it.
        for (left, number) in [(vec![NEXT], &there.number), (Vec::new(), &again.number)] {
            let mut tx = house.db.begin(NEXT).await.unwrap();
            commands::erase_personal(&house.system(), &mut tx, number, "本人要求").await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(house.called(DISTRICT_DESK, PHONE).await.unwrap().elsewhere, left);
        }
        assert_eq!((house.findings(DISTRICT).await, house.findings(NEXT).await), (Vec::new(), Vec::new()));
    }

    /// What the check would find.
    async fn a_number_that_is_not_where_it_belongs_is_found(db: Db) {
        let house = House::new(db).await;
        let mut report = lamp();
        report.phone = Some(PHONE.to_owned());
        house.report(&house.visitor(), report).await.unwrap();
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        exec!(&mut tx.conn().unwrap(), sqlx::query("DELETE FROM known_caller WHERE district_id = 1")).unwrap();
        tx.commit().await.unwrap();
        let found = house.findings(DISTRICT).await;
        assert_eq!(found.iter().map(|finding| finding.about.as_str()).collect::<Vec<_>>(), ["known_caller"]);
    }
}
