//! Divisions, districts, finding places.

use linli_access::{Denied, Role};
use linli_db::Db;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};
use linli_territory::commands::{self, DivisionInput};
use linli_territory::error::Outcome;
use linli_territory::{TerritoryError, queries, reference};

use crate::support::*;

linli_db::both_databases! {
    async fn divisions_load_once_and_open_a_district(db: Db) {
        let ctx = system();
        assert!(load_xuanwu(&ctx, &db).await.iter().all(|a| a.outcome == Outcome::Created && a.doubts.is_empty()));
        assert!(load_xuanwu(&ctx, &db).await.iter().all(|a| a.outcome == Outcome::Unchanged));
        let mut tx = db.begin(DistrictId::CITY).await.unwrap();
        assert_eq!(commands::ensure_reference_data(&ctx, &mut tx).await.unwrap(), 0, "loaded once");
        let id = commands::open_district(&ctx, &mut tx, "320102").await.unwrap();
        assert_eq!(commands::open_district(&ctx, &mut tx, "320102").await.unwrap(), id);
        assert!(matches!(commands::open_district(&ctx, &mut tx, "320102002").await, Err(TerritoryError::WrongLevel(_))));
        assert!(matches!(commands::open_district(&ctx, &mut tx, "320199").await, Err(TerritoryError::Unknown(_))));
        tx.commit().await.unwrap();

        let mut read = db.read().await.unwrap();
        let c = &mut read.conn();
        let districts = queries::districts(c).await.unwrap();
        assert_eq!(districts.iter().map(|d| (d.id, d.name.as_str())).collect::<Vec<_>>(), [(id, "玄武区")]);
        let (by_code, path) = queries::district_by_division(c, "320102").await.unwrap().unwrap();
        assert_eq!(by_code, id);
        assert_eq!(queries::children(c, id, &path).await.unwrap().len(), 8);
        let community = queries::resolve(c, id, MEIYUAN).await.unwrap().unwrap();
        assert_eq!((community.level, community.name.as_str()), (PlaceLevel::Community, "梅园新村社区居委会"));
        assert_eq!(queries::place_at(c, id, &community.path).await.unwrap().unwrap(), community);
        assert_eq!(queries::district_of_path(c, &community.path).await.unwrap(), Some(id));
        let names: Vec<String> = queries::crumbs(c, id, &community.path).await.unwrap().into_iter().map(|k| k.name).collect();
        assert_eq!(names, ["南京市", "玄武区", "梅园新村街道", "梅园新村社区居委会"]);
        assert_eq!(queries::resolve(c, id, "3201").await.unwrap(), None, "the city is not inside the district");
        assert!(queries::resolve(c, DistrictId::CITY, "3201").await.unwrap().is_some());
        assert_eq!(queries::children(c, DistrictId::CITY, &PlacePath::root()).await.unwrap().len(), 1);
        assert_eq!(queries::division_source(c, MEIYUAN).await.unwrap().unwrap().2, "2023-06-30");
        let classes = queries::component_classes(c).await.unwrap();
        assert_eq!(classes.len(), 153);
        assert!(classes.iter().all(|k| !k.verified && k.standard_ref == "GB/T 47678.5-2026"));
    }

    async fn bad_divisions_are_answered_and_the_rest_is_loaded(db: Db) {
        let ctx = system();
        load_xuanwu(&ctx, &db).await;
        let answers = put_divisions(&ctx, &db, false, &[
            ("32010200200", "十一位"),
            ("32010200200x", "字母"),
            ("320102002099", "新社区居委会"),
            ("320102002099", "又一次"),
            ("320103001001", "没有上级"),
            (MEIYUAN, "梅园新村社区居民委员会"),
            ("320102002098", "控制\u{1}字符"),
            ("320102002097", " "),
        ]).await;
        assert_eq!(rejected(&answers[0]), ("code", "division_code"));
        assert_eq!(rejected(&answers[1]), ("code", "division_code"));
        assert_eq!(answers[2].outcome, Outcome::Created);
        assert_eq!(rejected(&answers[3]), ("code", "duplicate"));
        assert_eq!(rejected(&answers[4]), ("code", "unknown_parent"));
        assert_eq!(answers[5].outcome, Outcome::Changed(vec!["name"]));
        assert_eq!(rejected(&answers[6]), ("name", "control_characters"));
        assert_eq!(rejected(&answers[7]), ("name", "missing"));

        let made = put_divisions(&ctx, &db, true, &[("110101001001", "多福巷社区居委会"), ("110101001", "东华门街道")]).await;
        assert_eq!(made[0].doubts.iter().map(|d| d.detail.as_str()).collect::<Vec<_>>(), ["1101", "110101", "110101001"]);
        let later = put_divisions(&ctx, &db, true, &[("1101", "北京市"), ("110101", "东城区"), ("110101001", "东华门街道")]).await;
        assert!(later.iter().all(|a| matches!(&a.outcome, Outcome::Changed(_) | Outcome::Unchanged)), "{later:?}");
        let mut read = db.read().await.unwrap();
        let c = &mut read.conn();
        let path = queries::resolve(c, DistrictId::CITY, "110101001001").await.unwrap().unwrap().path;
        let names: Vec<String> = queries::crumbs(c, DistrictId::CITY, &path).await.unwrap().into_iter().map(|k| k.name).collect();
        assert_eq!(names, ["北京市", "东城区", "东华门街道", "多福巷社区居委会"]);
    }

    async fn a_renumbered_division_keeps_its_path_and_cycles_are_refused(db: Db) {
        let ctx = system();
        let district = two_estates(&ctx, &db).await;
        let before = at_key(&db, district, MEIYUAN).await;
        let mut tx = db.begin(DistrictId::CITY).await.unwrap();
        let register = commands::division_register(&ctx, &mut tx, &reference::XUANWU_SOURCE, false).await.unwrap();
        let to = |code: &str| DivisionInput { code: code.into(), name: None };
        commands::replace_division(&ctx, &mut tx, &register, MEIYUAN, &to("320102002050"), now()).await.unwrap();
        let back = commands::replace_division(&ctx, &mut tx, &register, "320102002050", &to(MEIYUAN), now()).await;
        assert!(matches!(back, Err(TerritoryError::Cycle(_))), "{back:?}");
        let own = commands::replace_division(&ctx, &mut tx, &register, DAXINGGONG, &to(DAXINGGONG), now()).await;
        assert!(matches!(own, Err(TerritoryError::Cycle(_))));
        let elsewhere = commands::replace_division(&ctx, &mut tx, &register, DAXINGGONG, &to("320102003077"), now()).await;
        assert!(matches!(&elsewhere, Err(TerritoryError::Invalid(p)) if p.what == "has_places"), "{elsewhere:?}");
        commands::replace_division(&ctx, &mut tx, &register, "320102002005", &to("320102002050"), now()).await.unwrap();
        tx.commit().await.unwrap();

        let after = at_key(&db, district, "320102002050").await;
        assert_eq!(after.path, before.path, "the estates stay where they are");
        let c = &mut db.read().await.unwrap();
        let c = &mut c.conn();
        assert_eq!(queries::resolve(c, district, MEIYUAN).await.unwrap(), None);
        let old = queries::division(c, MEIYUAN).await.unwrap().unwrap();
        assert_eq!((old.valid_to, old.replaced_by.as_deref()), (Some(now()), Some("320102002050")));
        assert_eq!(at_key(&db, district, "E1").await.path.parent(), Some(after.path));
        // The path a fresh 320102002050 would get is free again for nobody: a new code beside it finds its own.
        let answers = put_divisions(&ctx, &db, false, &[("320102002051", "另一个社区居委会")]).await;
        assert_eq!(answers[0].outcome, Outcome::Created);
        let closed = put_divisions(&ctx, &db, false, &[(MEIYUAN, "梅园新村社区居委会")]).await;
        assert_eq!(rejected(&closed[0]), ("code", "closed"));
    }

    async fn only_administrators_change_the_ground(db: Db) {
        let system = system();
        let district = two_estates(&system, &db).await;
        let root = at_key(&db, district, "320102").await.path;
        let one = estate("E9", MEIYUAN, "九村");
        for (ctx, expected) in [
            (staff(Role::GridWorker, district, root.clone()), Some(Denied::Forbidden)),
            (staff(Role::DistrictOfficer, district, root.clone()), Some(Denied::Forbidden)),
            (staff(Role::Administrator, DistrictId(77), root.clone()), Some(Denied::Forbidden)),
            (linli_access::Ctx { actor: linli_access::Actor::Visitor, ..crate::support::system() }, Some(Denied::Unauthenticated)),
            (staff(Role::Administrator, district, root.clone()), None),
        ] {
            let mut tx = db.begin(district).await.unwrap();
            let done = commands::put_estates(&ctx, &mut tx, std::slice::from_ref(&one)).await;
            match expected {
                Some(denied) => assert!(matches!(done, Err(TerritoryError::Denied(d)) if d == denied), "{ctx:?}"),
                None => assert_eq!(done.unwrap()[0].outcome, Outcome::Created),
            }
        }
        let mut tx = db.begin(DistrictId::CITY).await.unwrap();
        let nobody = commands::open_district(&staff(Role::GridWorker, district, root), &mut tx, "320102").await;
        assert!(matches!(nobody, Err(TerritoryError::Denied(Denied::Forbidden))));
    }
}
