//! Oximeters: issued, lent, given back, lost; counted and never typed.

use linli_care::follow::model::OximeterId;
use linli_care::follow::{FollowError, Stock, commands, queries};
use linli_db::Db;

use crate::follow::house::{
    CENTRE, COLLEAGUE, DISTRICT_PATH, DOCTOR, HOSPITAL, House, LI, OFFICER, OTHER_CENTRE, OTHER_DOCTOR, ZHANG, act,
    old_and_stable, path,
};

impl House {
    async fn issue(&self, to: linli_people::model::OrganisationId, count: i64) -> Result<i64, FollowError> {
        let ctx = self.staff(OFFICER);
        act!(self, tx => commands::issue(&ctx, tx, &path(DISTRICT_PATH), to, count))
    }

    async fn lend(&self, who: crate::follow::house::Staff, to: linli_care::CarePersonId) -> Result<OximeterId, FollowError> {
        let (ctx, consent) = (self.staff(who), self.consent(to).await?);
        act!(self, tx => commands::lend(&ctx, tx, &consent))
    }

    async fn stock(&self) -> Vec<Stock> {
        let mut read = self.db.read().await.unwrap();
        let all = queries::stock(&self.staff(OFFICER), &mut read.conn()).await.unwrap();
        all.into_iter().map(|(stock, _)| stock).collect()
    }
}

linli_db::both_databases! {
    async fn from_the_district_to_a_home_and_back(db: Db) {
        let house = House::zhang(db).await;
        assert_eq!(house.issue(CENTRE, 2).await.unwrap(), 1);
        assert_eq!(house.issue(CENTRE, 1).await.unwrap(), 3, "numbered on");
        for (to, count, field) in [(HOSPITAL, 1, "institution"), (CENTRE, 0, "count"), (CENTRE, -5, "count"), (CENTRE, 5_001, "count")] {
            let refused = house.issue(to, count).await;
            assert!(matches!(refused, Err(FollowError::Field { field: wrong, .. }) if wrong == field), "{refused:?}");
        }
        let doctor = house.staff(DOCTOR);
        let by_doctor = act!(house, tx => commands::issue(&doctor, tx, &path(DISTRICT_PATH), CENTRE, 1));
        assert!(matches!(by_doctor, Err(FollowError::Denied(_))));

        let lent = house.lend(DOCTOR, ZHANG).await.unwrap();
        assert!(matches!(house.lend(COLLEAGUE, ZHANG).await, Err(FollowError::HasOne)));
        assert!(matches!(house.lend(OTHER_DOCTOR, ZHANG).await, Err(FollowError::NotFound)));
        assert_eq!(house.stock().await, [Stock { institution_id: CENTRE, issued: 3, on_hand: 2, lent: 1, lost: 0, written_off: 0 }]);
        let other = house.staff(OTHER_DOCTOR);
        assert!(matches!(act!(house, tx => commands::give_back(&other, tx, lent)), Err(FollowError::NotFound)));
        assert!(matches!(act!(house, tx => commands::lose(&doctor, tx, lent, " ")), Err(FollowError::Field { field: "because", .. })));
        act!(house, tx => commands::give_back(&doctor, tx, lent)).unwrap();
        assert!(act!(house, tx => commands::give_back(&doctor, tx, lent)).is_err(), "once");
        let again = house.lend(DOCTOR, ZHANG).await.unwrap();
        assert_eq!(again, lent, "the one with the lowest number");
        act!(house, tx => commands::lose(&doctor, tx, again, "搬家时找不到了")).unwrap();
        assert_eq!(house.stock().await, [Stock { institution_id: CENTRE, issued: 3, on_hand: 2, lent: 0, lost: 1, written_off: 0 }]);
        let kinds = house.kinds(ZHANG.0).await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "care.oximeter_lent").count(), 2);
    }

    /// What is on hand and broken is written off by whoever is appointed on behalf of the institution.
    async fn the_institution_itself_writes_off(db: Db) {
        let house = House::zhang(db).await;
        house.issue(CENTRE, 2).await.unwrap();
        let (doctor, other, officer) = (house.staff(DOCTOR), house.staff(OTHER_DOCTOR), house.staff(OFFICER));
        let all = async |ctx| queries::oximeters_of(ctx, &mut house.db.read().await.unwrap().conn(), &house.desk, CENTRE).await.unwrap();
        let (mine, theirs) = (all(&doctor).await, all(&other).await);
        assert!(mine.own && !theirs.own);
        let id = mine.on_hand[1].id;
        assert!(matches!(act!(house, tx => commands::write_off(&other, tx, id, "摔坏")), Err(FollowError::NotFound)));
        assert!(matches!(act!(house, tx => commands::write_off(&officer, tx, id, "摔坏")), Err(FollowError::Denied(_))));
        assert!(matches!(act!(house, tx => commands::write_off(&doctor, tx, id, "")), Err(FollowError::Field { field: "because", .. })));
        assert!(matches!(act!(house, tx => commands::lose(&doctor, tx, id, "不见了")), Err(FollowError::Changed)), "nobody has it");
        act!(house, tx => commands::write_off(&doctor, tx, id, "摔坏")).unwrap();
        assert_eq!(house.stock().await, [Stock { institution_id: CENTRE, issued: 2, on_hand: 1, lent: 0, lost: 0, written_off: 1 }]);
    }

    /// The last one is lent to one of two who ask at once.
    async fn the_last_one_is_lent_once(db: Db) {
        let house = House::zhang(db).await;
        // Both are followed by the same centre.
        let consent = house.consent(LI).await.unwrap();
        let input = commands::NewFollowed { institution: CENTRE, factors: old_and_stable() };
        let other = house.staff(OTHER_DOCTOR);
        act!(house, tx => commands::enrol(&other, tx, &house.desk, &consent, input.clone())).unwrap();
        house.issue(CENTRE, 1).await.unwrap();
        house.issue(OTHER_CENTRE, 1).await.unwrap();
        let (one, two) = tokio::join!(house.lend(DOCTOR, ZHANG), house.lend(OTHER_DOCTOR, LI));
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
        assert!(matches!(one.err().or(two.err()), Some(FollowError::NoneOnHand)));
        let centre = house.stock().await.into_iter().find(|stock| stock.institution_id == CENTRE).unwrap();
        assert_eq!((centre.issued, centre.on_hand, centre.lent), (1, 0, 1));
    }
}
