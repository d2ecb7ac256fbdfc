//! Components, grids, outlines.

use linli_access::Scope;
use linli_db::{Db, journal};
use linli_geo::{Crs, Point};
use linli_kernel::DistrictId;
use linli_territory::commands::{self, BoundaryInput};
use linli_territory::error::{Answer, Outcome};
use linli_territory::model::{ComponentInput, ComponentState, EstateInput, GridInput};
use linli_territory::{TerritoryError, queries};

use crate::support::*;

fn component(id: &str) -> ComponentInput {
    ComponentInput {
        component_id: id.into(),
        name: None,
        class_code: None,
        place: None,
        point: None,
        state: None,
        department_code: None,
        department_name: None,
        since: None,
    }
}

fn grid(code: &str, covers: &[&str]) -> GridInput {
    GridInput {
        code: code.into(),
        name: format!("{code}网格"),
        community: MEIYUAN.into(),
        covers: covers.iter().map(|k| (*k).into()).collect(),
    }
}

async fn put_components(db: &Db, district: DistrictId, rows: &[ComponentInput]) -> Vec<Answer> {
    let mut tx = db.begin(district).await.unwrap();
    let answers = commands::put_components(&system(), &mut tx, rows).await.unwrap();
    tx.commit().await.unwrap();
    answers
}

async fn put_grids(db: &Db, district: DistrictId, rows: &[GridInput]) -> Vec<Answer> {
    let mut tx = db.begin(district).await.unwrap();
    let answers = commands::put_grids(&system(), &mut tx, rows).await.unwrap();
    tx.commit().await.unwrap();
    answers
}

/// About 2 km by 2 km around a point of Xuanwu.
const SQUARE: &str =
    r#"{"type":"Polygon","coordinates":[[[118.79,32.03],[118.81,32.03],[118.81,32.05],[118.79,32.05],[118.79,32.03]]]}"#;

async fn put_square(db: &Db, district: DistrictId, key: &str, crs: Crs) -> Result<Outcome, TerritoryError> {
    let path = at_key(db, district, key).await.path;
    let input = BoundaryInput { path, geometry: SQUARE.into(), crs, source: "test".into() };
    let mut tx = db.begin(district).await.unwrap();
    let outcome = commands::put_boundary(&system(), &mut tx, &input).await?;
    tx.commit().await.unwrap();
    Ok(outcome)
}

linli_db::both_databases! {
    async fn components_are_checked_digit_by_digit(db: Db) {
        let district = two_estates(&system(), &db).await;
        put_square(&db, district, "320102", Crs::Wgs84).await.unwrap();
        let inside = Point::from_degrees(118.80, 32.04).unwrap();
        let outside = Point::from_degrees(118.90, 32.04).unwrap();
        let rows = [
            ComponentInput { place: Some("E1/3栋".into()), point: Some(inside), ..component("32010201037000001") },
            ComponentInput { point: Some(outside), ..component("32010201037000002") },
            component("3201020103700001"),
            component("3201020103700000a"),
            component("99999901037000001"),
            component("32010201016000001"),
            ComponentInput { class_code: Some("01001".into()), ..component("32010201037000003") },
            ComponentInput { department_code: Some("91350100M000100Y44".into()), ..component("32010201037000004") },
            ComponentInput { place: Some("E7".into()), ..component("32010201037000005") },
            ComponentInput { since: Some(jiff::civil::date(2030, 1, 1)), ..component("32010201037000006") },
            component("32010201037000001"),
        ];
        let answers = put_components(&db, district, &rows).await;
        assert_eq!(answers[0], Answer::of(Outcome::Created));
        assert_eq!((answers[1].outcome.clone(), answers[1].doubts[0].what), (Outcome::Created, "outside_place"), "kept, and doubted");
        let expected = [
            ("component_id", "component_id"), ("component_id", "component_id"), ("component_id", "unknown_division"), ("class_code", "unknown_class"),
            ("class_code", "differs_from_id"), ("department_code", "credit_code"), ("place", "unknown"), ("since", "in_the_future"), ("component_id", "duplicate"),
        ];
        for (answer, expected) in answers[2..].iter().zip(expected) {
            assert_eq!(rejected(answer), expected);
        }
        assert!(put_components(&db, district, &rows[..2]).await.iter().all(|a| a.outcome == Outcome::Unchanged));
        let moved = ComponentInput { state: Some(ComponentState::Damaged), place: Some("E1".into()), ..component("32010201037000001") };
        assert_eq!(put_components(&db, district, &[moved]).await[0].outcome, Outcome::Changed(vec!["place", "state"]));

        let mut tx = db.begin(district).await.unwrap();
        let lamp = commands::set_component_state(&system(), &mut tx, "32010201037000001", ComponentState::Intact).await.unwrap();
        tx.commit().await.unwrap();
        let mut read = db.read().await.unwrap();
        let c = &mut read.conn();
        assert_eq!(queries::component_by_id(c, district, "32010201037000001").await.unwrap().unwrap(), lamp);
        assert_eq!((lamp.name.as_str(), lamp.point), ("路灯", Some(inside)));
        let facts = journal::of_subject(c, district, lamp.id.0, 10).await.unwrap()[0].facts();
        assert_eq!((facts["from"].as_str(), facts["to"].as_str()), (Some("damaged"), Some("intact")));
        let estate = queries::resolve(c, district, "E1").await.unwrap().unwrap();
        let here = Scope { district, place: estate.path };
        assert_eq!(queries::components(c, &here, None, 10).await.unwrap(), vec![lamp]);
        assert_eq!(queries::component_count(c, &here).await.unwrap(), 1);
    }

    async fn local_classes_have_their_own_numbers(db: Db) {
        let ctx = system();
        let district = two_estates(&ctx, &db).await;
        let mut tx = db.begin(DistrictId::CITY).await.unwrap();
        assert!(commands::put_local_class(&ctx, &mut tx, "01079", "电动车充电柜", "本市补充目录").await.unwrap());
        for code in ["01037", "01100", "0107", "09080"] {
            let refused = commands::put_local_class(&ctx, &mut tx, code, "名", "目录").await;
            assert!(matches!(refused, Err(TerritoryError::Invalid(_))), "{code}");
        }
        assert_eq!(commands::ensure_reference_data(&ctx, &mut tx).await.unwrap(), 0);
        tx.commit().await.unwrap();
        assert_eq!(put_components(&db, district, &[component("32010201079000001")]).await[0].outcome, Outcome::Created);
    }

    async fn grids_lie_across_estates_and_buildings(db: Db) {
        let ctx = system();
        let district = two_estates(&ctx, &db).await;
        let answers = put_grids(&db, district, &[
            grid("G1", &["E1/3栋"]), grid("G2", &["E1/10栋", "E2", "E1/3栋/2单元"]), grid("G3", &[]), grid("G4", &["E1/99栋"]), grid("G1", &["E1"]),
            GridInput { community: "320102002".into(), ..grid("G5", &["E1"]) },
        ]).await;
        assert_eq!(answers[0], Answer::of(Outcome::Created));
        assert_eq!(answers[1].doubts[0].what, "outside_community", "E2 is another community's");
        assert_eq!(rejected(&answers[2]), ("covers", "missing"));
        assert_eq!(rejected(&answers[3]), ("covers", "unknown"));
        assert_eq!(rejected(&answers[4]), ("grid_code", "duplicate"));
        assert_eq!(rejected(&answers[5]), ("community_code", "not_a_community"));
        let codes = async |key: &str| {
            let path = at_key(&db, district, key).await.path;
            let grids = queries::grids_over(&mut db.read().await.unwrap().conn(), district, &path).await.unwrap();
            grids.into_iter().map(|g| g.code).collect::<Vec<_>>()
        };
        assert_eq!(codes("E1/3栋/1单元").await, ["G1"]);
        assert_eq!(codes("E1/3栋/2单元").await, ["G1", "G2"]);
        assert_eq!(codes("E1/10栋/2单元/301").await, ["G2"]);
        assert_eq!(codes("E1").await, Vec::<String>::new(), "a grid over a part does not answer for the whole");
        assert_eq!(put_grids(&db, district, &[grid("G1", &["E1/3栋"])]).await[0].outcome, Outcome::Unchanged);
        assert_eq!(put_grids(&db, district, &[grid("G1", &["E1"])]).await[0].outcome, Outcome::Changed(vec!["covers"]));
        assert_eq!(codes("E1/10栋/2单元/301").await, ["G1", "G2"]);
    }

    async fn outlines_are_converted_and_the_original_is_kept(db: Db) {
        let ctx = system();
        let district = two_estates(&ctx, &db).await;
        assert_eq!(put_square(&db, district, MEIYUAN, Crs::Gcj02).await.unwrap(), Outcome::Created);
        assert_eq!(put_square(&db, district, MEIYUAN, Crs::Gcj02).await.unwrap(), Outcome::Unchanged);
        let line = BoundaryInput {
            path: at_key(&db, district, MEIYUAN).await.path,
            geometry: r#"{"type":"LineString","coordinates":[[1,2],[3,4]]}"#.into(),
            crs: Crs::Wgs84,
            source: "test".into(),
        };
        let mut tx = db.begin(district).await.unwrap();
        assert!(matches!(commands::put_boundary(&ctx, &mut tx, &line).await, Err(TerritoryError::Invalid(_))));
        drop(tx);
        let path = at_key(&db, district, MEIYUAN).await.path;
        let mut read = db.read().await.unwrap();
        let c = &mut read.conn();
        let (original, crs) = queries::boundary_original(c, district, &path).await.unwrap().unwrap();
        assert_eq!((original.as_str(), crs.as_str()), (SQUARE, "gcj02"));
        let map = queries::map_of(c, district, &path).await.unwrap();
        let corner = map.outline.unwrap().bbox().min;
        assert!(corner.lon_e7 < 1_187_900_000 && corner.lat_e7 > 320_300_000, "west and north of the raw numbers: {corner:?}");
        assert_eq!(map.children.len(), 1);
        drop(read);

        let inside = Point::from_degrees(118.795, 32.04).unwrap();
        let outside = Point::from_degrees(118.9, 32.04).unwrap();
        let rows = [
            EstateInput { point: Some(inside), ..estate("E1", MEIYUAN, "梅园一村") },
            EstateInput { point: Some(outside), ..estate("E3", MEIYUAN, "梅园三村") },
        ];
        let answers = put_estates(&ctx, &db, district, &rows).await;
        assert_eq!(answers[0], Answer::of(Outcome::Changed(vec!["point"])));
        assert_eq!((answers[1].outcome.clone(), answers[1].doubts[0].what), (Outcome::Created, "outside_place"));
        let map = queries::map_of(&mut db.read().await.unwrap().conn(), district, &path).await.unwrap();
        assert_eq!(map.children.iter().map(|k| k.point).collect::<Vec<_>>(), [Some(inside), Some(outside)]);
        assert!(map.bbox.unwrap().contains(outside));
    }
}
