//! Moves: paths stay consistent, lines are announced, cycles and other districts are refused.

use linli_access::Scope;
use linli_db::{Db, journal};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};
use linli_territory::commands;
use linli_territory::model::{Place, PlaceId};
use linli_territory::moves::{MOVED, Moved};
use linli_territory::{TerritoryError, queries, rules};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use crate::support::*;

async fn move_to(db: &Db, district: DistrictId, id: PlaceId, parent: &PlacePath) -> Result<Option<Moved>, TerritoryError> {
    let mut tx = db.begin(district).await.unwrap();
    let moved = commands::move_place(&system(), &mut tx, id, parent).await?;
    tx.commit().await.unwrap();
    Ok(moved)
}

async fn all_places(db: &Db, district: DistrictId) -> Vec<Place> {
    let mut read = db.read().await.unwrap();
    let c = &mut read.conn();
    let mut all = Vec::new();
    for level in [PlaceLevel::Estate, PlaceLevel::Building, PlaceLevel::Entrance, PlaceLevel::Home] {
        all.extend(queries::places_of_level(c, district, &PlacePath::root(), level, None, 1000).await.unwrap());
    }
    all
}

linli_db::both_databases! {
    async fn an_estate_moves_with_all_that_lies_in_it(db: Db) {
        let ctx = system();
        let district = two_estates(&ctx, &db).await;
        let before = all_places(&db, district).await;
        let estate = at_key(&db, district, "E1").await;
        let target = at_key(&db, district, "320102003001").await;
        let moved = move_to(&db, district, estate.id, &target.path).await.unwrap().unwrap();
        assert_eq!(moved.from, estate.path);
        assert_eq!(move_to(&db, district, estate.id, &target.path).await.unwrap(), None, "it is there already");
        let after = all_places(&db, district).await;
        for place in before {
            let now = after.iter().find(|p| p.id == place.id).unwrap();
            assert_eq!(now.path, rules::moved_path(&place.path, &moved.from, &moved.to));
            assert_eq!(now.code, place.code, "the key of an estate does not depend on its community");
        }
        let mut read = db.read().await.unwrap();
        let c = &mut read.conn();
        let line = journal::of_subject(c, district, estate.id.0, 10).await.unwrap().pop().unwrap();
        assert_eq!((line.kind.as_str(), Moved::from_facts(&line.facts())), (MOVED, Some(moved.clone())));
        assert_eq!(queries::coverage(c, district, &target.path).await.unwrap().homes, 12);
        assert_eq!(queries::place_at(c, district, &moved.from).await.unwrap(), None);
        drop(read);
        // The old number stays taken: history under it means the estate that was there.
        put_estates(&ctx, &db, district, &[crate::support::estate("E7", MEIYUAN, "七村")]).await;
        assert_ne!(at_key(&db, district, "E7").await.path, moved.from);
    }

    async fn what_cannot_be_is_refused(db: Db) {
        let ctx = system();
        let district = two_estates(&ctx, &db).await;
        put_divisions(&ctx, &db, true, &[("320104001001", "秦淮某社区居委会")]).await;
        let estate = at_key(&db, district, "E1").await;
        let building = at_key(&db, district, "E1/3栋").await;
        let entrance = at_key(&db, district, "E1/3栋/1单元").await;
        assert!(matches!(move_to(&db, district, building.id, &entrance.path).await, Err(TerritoryError::Cycle(_))));
        assert!(matches!(move_to(&db, district, building.id, &building.path).await, Err(TerritoryError::Cycle(_))));
        let elsewhere = at_key(&db, DistrictId::CITY, "320104001001").await;
        assert!(matches!(move_to(&db, district, estate.id, &elsewhere.path).await, Err(TerritoryError::OtherDistrict)));
        let street = at_key(&db, district, "320102003").await;
        assert!(matches!(move_to(&db, district, estate.id, &street.path).await, Err(TerritoryError::WrongLevel(_))));
        let nobody = at_key(&db, district, MEIYUAN).await.path.child(999).unwrap();
        assert!(matches!(move_to(&db, district, building.id, &nobody).await, Err(TerritoryError::Unknown(_))));
        // Twice the same name under one parent is no natural key any more.
        put_homes(&ctx, &db, district, &[home("E2", "3栋", "1单元", 1, "101")]).await;
        let other = at_key(&db, district, "E2").await;
        assert!(matches!(move_to(&db, district, building.id, &other.path).await, Err(TerritoryError::Taken(_))));
        assert_eq!(at_key(&db, district, "E1/3栋").await, building, "nothing of it happened");
        assert_eq!(queries::check_counts(&mut db.read().await.unwrap().conn(), district).await.unwrap(), vec![]);
    }

    async fn closed_places_are_gone_but_their_way_still_reads(db: Db) {
        let ctx = system();
        let district = two_estates(&ctx, &db).await;
        let old = at_key(&db, district, "E1/3栋").await;
        let new = at_key(&db, district, "E1/10栋").await;
        let close = async |id: PlaceId, by: Option<PlaceId>| {
            let mut tx = db.begin(district).await.unwrap();
            let done = commands::close_place(&ctx, &mut tx, id, now(), by).await;
            if done.is_ok() {
                tx.commit().await.unwrap();
            }
            done
        };
        assert!(matches!(close(old.id, Some(old.id)).await, Err(TerritoryError::Cycle(_))));
        close(old.id, Some(new.id)).await.unwrap();
        assert!(matches!(close(old.id, None).await, Err(TerritoryError::Invalid(_))), "only once");
        assert!(matches!(close(new.id, Some(old.id)).await, Err(TerritoryError::Cycle(_))), "successors do not come back");
        let mut read = db.read().await.unwrap();
        let c = &mut read.conn();
        assert_eq!(queries::resolve(c, district, "E1/3栋/1单元").await.unwrap(), None);
        assert_eq!(queries::crumbs(c, district, &old.path).await.unwrap().last().unwrap().name, "3栋");
        let estate = queries::resolve(c, district, "E1").await.unwrap().unwrap();
        let left = queries::coverage(c, district, &estate.path).await.unwrap();
        assert_eq!((left.buildings, left.entrances, left.homes), (1, 2, 6));
        assert_eq!(queries::check_counts(c, district).await.unwrap(), vec![]);
        drop(read);
        // The name may be used again, by another building under another number.
        put_homes(&ctx, &db, district, &[home("E1", "3栋", "1单元", 1, "101")]).await;
        let rebuilt = at_key(&db, district, "E1/3栋").await;
        assert!(rebuilt.id != old.id && rebuilt.path != old.path);
    }

    /// Whatever is moved wherever: every path has its parent, keys follow, counts fit, nothing is lost, no path comes twice.
    async fn any_moves_leave_a_tree(db: Db) {
        let ctx = system();
        let district = two_estates(&ctx, &db).await;
        put_homes(&ctx, &db, district, &[home("E2", "7栋", "1单元", 1, "101"), home("E2", "8栋", "甲单元", 1, "101")]).await;
        let communities = [MEIYUAN, DAXINGGONG, "320102003001"];
        let total = all_places(&db, district).await.len();
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
        let mut used = std::collections::HashSet::new();
        let mut done = 0;
        for _ in 0..40 {
            let (pick, to): (prop::sample::Index, prop::sample::Index) = any::<(prop::sample::Index, prop::sample::Index)>().new_tree(&mut runner).unwrap().current();
            let places = all_places(&db, district).await;
            let place = pick.get(&places);
            let parents: Vec<PlacePath> = if place.level == PlaceLevel::Estate {
                let mut paths = Vec::new();
                for code in communities { paths.push(at_key(&db, district, code).await.path); }
                paths
            } else {
                places.iter().filter(|p| p.level.below() == Some(place.level)).map(|p| p.path.clone()).collect()
            };
            match move_to(&db, district, place.id, to.get(&parents)).await {
                Ok(Some(moved)) => {
                    done += 1;
                    assert!(used.insert(moved.to.clone()), "a number is never given twice: {}", moved.to);
                }
                Ok(None) | Err(TerritoryError::Taken(_)) => {}
                Err(other) => panic!("{other:?}"),
            }
            let after = all_places(&db, district).await;
            assert_eq!(after.len(), total);
            for p in &after {
                let parent = p.path.parent().unwrap();
                if p.level == PlaceLevel::Estate { continue; }
                let above = after.iter().find(|q| q.path == parent).unwrap_or_else(|| panic!("{} has no parent", p.code));
                assert_eq!(p.code.rsplit_once('/').unwrap().0, above.code, "keys follow the tree");
                assert_eq!(p.level.depth(), p.path.depth());
            }
            let mut read = db.read().await.unwrap();
            let c = &mut read.conn();
            assert_eq!(queries::check(c, district).await.unwrap(), Vec::<String>::new());
            let scope = Scope { district, place: PlacePath::root() };
            for estate in queries::estates(c, &scope, None, 100).await.unwrap() {
                let inside = after.iter().filter(|p| p.level == PlaceLevel::Home && estate.place.path.contains(&p.path)).count();
                assert_eq!(usize::try_from(estate.homes).unwrap(), inside, "the subtree is a range of paths");
            }
        }
        assert!(done > 0, "or nothing was tried");
    }

    /// The check finds what a foreign hand has broken.
    async fn the_check_can_fail(db: Db) {
        let district = two_estates(&system(), &db).await;
        let mut tx = db.begin(district).await.unwrap();
        let c = &mut tx.conn().unwrap();
        linli_db::exec!(c, linli_db::sqlx::query("UPDATE place SET valid_to = 1 WHERE code = 'E1/3栋'")).unwrap();
        linli_db::exec!(c, linli_db::sqlx::query("UPDATE estate SET homes = homes + 1, place_path = place_path || '0001' WHERE homes = 0")).unwrap();
        let found = queries::check(c, district).await.unwrap();
        assert!(found.iter().any(|f| f.starts_with("place E1/3栋/1单元")), "{found:?}");
        assert!(found.iter().any(|f| f.starts_with("estate E2 is kept")), "{found:?}");
        assert!(found.iter().any(|f| f.contains("counts")), "{found:?}");
    }
}
