//! How a place stands, told through the real routes on both databases.
#![expect(clippy::unwrap_used, reason = "a test stops where the house does not do what it must")]

mod house;

use house::{House, at};
use http::StatusCode;
use http_body_util::BodyExt as _;
use jiff::civil::date;
use linli_access::{Actor, Ctx, Denied};
use linli_db::{Db, both_databases};
use linli_situation::model::{Counted, Precision, Published};
use linli_situation::{SituationError, commands, queries};
use linli_webkit::Texts;

const OFFICER: &str = "district_officer@district";
const MEIYUAN: &str = "320102002001";
const DAXINGGONG: &str = "320102002002";

both_databases! {
    async fn five_figures_say_what_they_count_and_open_to_their_records(db: Db) {
        let house = House::new(db).await;
        house.busy().await;
        let district = house.path("320102").await;
        let page = house.get(&format!("/places/{district}"), OFFICER).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        for expected in [
            format!("/desk?place={district}&#38;view=overdue\">1</a>"),
            format!("/desk?place={district}\">3</a>"),
            format!("/desk?place={district}&#38;state=awaiting_confirmation\">1</a>"),
            "3 件未办结中".into(),
            "近 30 天结案 1 件，其中 1 件由报告人确认修好".into(),
            "100%".into(),
            "同期上报 4 件".into(),
            "截至 09:00".into(),
            format!("data-live=\"/places/{district}/live\""),
        ] {
            assert!(page.text.contains(&expected), "{expected}\n{}", page.text);
        }
        assert!(!page.text.contains("style=\"") && page.text.contains("hx-trigger=\"live\""));
        // Who reads no cases reads the figures, and no way leads to the records.
        let administrator = house.get(&format!("/places/{district}"), "administrator@district").await;
        assert!(administrator.text.contains("3 件未办结中") && !administrator.text.contains("/desk?") && !administrator.text.contains("/cases/"));
    }

    async fn what_needs_help_stands_first(db: Db) {
        let house = House::new(db).await;
        house.busy().await;
        let street = house.path("320102002").await;
        let page = house.get(&format!("/places/{street}"), OFFICER).await;
        let (first, second) = (house.path(MEIYUAN).await, house.path(DAXINGGONG).await);
        let row = |path: &linli_kernel::PlacePath| page.text.find(&format!("<th scope=\"row\"><a href=\"/places/{path}\">")).unwrap();
        assert!(row(&first) < row(&second), "the one with the overdue case");
        // The map: both communities with their outlines, the overdue one as a square, the open one as a disc.
        assert_eq!(page.text.matches("class=\"map-area ").count(), 2);
        assert!(page.text.contains("map-area-act") && page.text.contains("map-area-open"));
        assert_eq!((page.text.matches("class=\"pin pin-act\"").count(), page.text.matches("class=\"pin pin-open\"").count()), (1, 1));
        let community = house.get(&format!("/places/{first}"), OFFICER).await;
        let table = community.text.split_once("<tbody>").unwrap().1;
        assert!(table.find("梅园一村").unwrap() < table.find("梅园二村").unwrap());
        assert_eq!(community.text.matches("class=\"pin ").count(), 2, "estates by their coordinates");
    }

    async fn every_level_has_its_page_down_to_the_entrance(db: Db) {
        let house = House::new(db).await;
        house.busy().await;
        let estate = house.get(&format!("/places/{}", house.path("E1").await), OFFICER).await;
        for expected in ["3栋", "10栋", "封闭小区", "玄武国资物业", "/b/"] {
            assert!(estate.text.contains(expected), "{expected}");
        }
        assert_eq!(house.spoken("E1/3栋/2单元").await, "梅园一村 3栋 2单元");
        for key in ["E1/3栋", "E1/3栋/2单元", MEIYUAN, "320102002"] {
            assert_eq!(house.get(&format!("/places/{}", house.path(key).await), OFFICER).await.status, StatusCode::OK, "{key}");
        }
        let home = house.path("E1/3栋/2单元").await.child(5).unwrap();
        let above = house.get(&format!("/places/{home}"), OFFICER).await;
        assert_eq!((above.status, above.location()), (StatusCode::SEE_OTHER, format!("/places/{}", house.path("E1/3栋/2单元").await).as_str()));
    }

    async fn nobody_sees_beyond_the_scope(db: Db) {
        let house = House::new(db).await;
        house.busy().await;
        let (mine, other, above) = (house.path(MEIYUAN).await, house.path(DAXINGGONG).await, house.path("320102").await);
        let secretary = "community_secretary@meiyuan";
        let page = house.get(&format!("/places/{mine}"), secretary).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.text.contains(&format!("href=\"/places/{above}\"")), "no way up");
        for path in [&other, &above] {
            assert_eq!(house.get(&format!("/places/{path}"), secretary).await.status, StatusCode::FORBIDDEN);
            assert_eq!(house.get(&format!("/places/{path}/live"), secretary).await.status, StatusCode::FORBIDDEN);
        }
        assert_eq!(house.get(&format!("/places/{mine}"), "").await.status, StatusCode::UNAUTHORIZED);
        for nowhere in ["zzzz", "x", "0001zzzz"] {
            assert_eq!(house.get(&format!("/places/{nowhere}"), OFFICER).await.status, StatusCode::NOT_FOUND, "{nowhere}");
        }
    }

    async fn published_figures_stand_as_printed_beside_the_records(db: Db) {
        let house = House::new(db).await;
        let district = house.path("320102").await;
        let one = |figure, value, precision, share_of| Published {
            place: district.clone(), figure, value, share_of, precision, source: "光明日报".into(), published_on: date(2023, 1, 6),
        };
        let figures = [
            one(Counted::Estates, 566, Precision::Exactly, None),
            one(Counted::Old, 437, Precision::Exactly, None),
            one(Counted::Scattered, 40, Precision::About, Some(Counted::Old)),
            one(Counted::InCareScattered, 216, Precision::Exactly, None),
            one(Counted::AreaInCare, 470_000_000, Precision::Over, None),
        ];
        for _ in 0..2 {
            let mut tx = house.db.begin(house.district).await.unwrap();
            for figure in &figures {
                commands::publish(&house.ctx(), &mut tx, figure.clone()).await.unwrap();
            }
            tx.commit().await.unwrap();
        }
        let mut read = house.db.read().await.unwrap();
        let kept = queries::published(&house.ctx(), &mut read.conn(), house.district, &district).await.unwrap();
        assert_eq!(kept.len(), 5);
        assert!(figures.iter().all(|figure| kept.contains(figure)));
        drop(read);
        let page = house.get(&format!("/places/{district}"), OFFICER).await;
        for expected in ["公布的数字互相矛盾", "40%，折合 175 个", "却有 216 个", "折合 226 个", "超过 470.0 万平方米", "不符", "光明日报，2023-01-06"] {
            assert!(page.text.contains(expected), "{expected}\n{}", page.text);
        }
    }

    async fn a_published_figure_is_checked_and_only_an_administrator_enters_it(db: Db) {
        let house = House::new(db).await;
        let place = house.path("320102").await;
        let right = Published { place, figure: Counted::Old, value: 77, share_of: Some(Counted::Estates), precision: Precision::About, source: "报".into(), published_on: date(2023, 1, 6) };
        let mut tx = house.db.begin(house.district).await.unwrap();
        let visitor = Ctx { actor: Actor::Visitor, ..house.ctx() };
        assert!(matches!(commands::publish(&visitor, &mut tx, right.clone()).await, Err(SituationError::Denied(Denied::Unauthenticated))));
        for (field, wrong) in [
            ("source", Published { source: " ".into(), ..right.clone() }),
            ("value", Published { value: 101, ..right.clone() }),
            ("value", Published { value: -1, share_of: None, ..right.clone() }),
            ("share_of", Published { share_of: Some(Counted::Old), ..right.clone() }),
        ] {
            match commands::publish(&house.ctx(), &mut tx, wrong).await {
                Err(SituationError::Field { field: named, .. }) => assert_eq!(named, field),
                other => panic!("{field}: {other:?}"),
            }
        }
        commands::publish(&house.ctx(), &mut tx, right).await.unwrap();
    }

    async fn who_looks_is_told_what_happens_there(db: Db) {
        let house = House::new(db).await;
        let street = house.path("320102002").await;
        let mut stream = house.stream(&format!("/places/{street}/live"), OFFICER).await;
        let open = stream.frame().await.unwrap().unwrap().into_data().unwrap();
        assert!(String::from_utf8_lossy(&open).contains("event: open"));
        let id = house.report("E3/1栋/1单元", "楼道灯不亮").await;
        let told = stream.frame().await.unwrap().unwrap().into_data().unwrap();
        let told = String::from_utf8_lossy(&told).into_owned();
        assert!(told.contains("cases.reported") && told.contains(&id.to_string()), "{told}");
        let page = house.get(&format!("/places/{street}"), OFFICER).await;
        assert!(page.text.contains("新诉求 2026-000001") && page.text.contains("大行宫北里 1栋 1单元") && page.text.contains(&format!("/cases/{id}")), "{}", page.text);
    }

    /// Everybody here is the one steward of the house in some other seat: what is said about stewards he hears nowhere.
    async fn a_complaint_about_oneself_is_heard_on_no_page(db: Db) {
        let house = House::new(db).await;
        let street = house.path("320102002").await;
        let mut stream = house.stream(&format!("/places/{street}/live"), OFFICER).await;
        let complaint = house.report("E3/1栋/1单元", "楼下管家态度恶劣，打电话不接").await;
        let lamp = house.report("E3/1栋/1单元", "楼道灯不亮").await;
        let mut said = String::new();
        while !said.contains(&lamp.to_string()) {
            let frame = tokio::time::timeout(std::time::Duration::from_secs(20), stream.frame()).await.unwrap();
            said.push_str(&String::from_utf8_lossy(&frame.unwrap().unwrap().into_data().unwrap()));
        }
        assert!(!said.contains(&complaint.to_string()) && !said.contains("reload"), "{said}");
        let page = house.get(&format!("/places/{street}"), OFFICER).await;
        assert!(page.text.contains("新诉求 2026-000002") && !page.text.contains("2026-000001"), "{}", page.text);
    }

    /// What was told elsewhere is counted with what was asked in all; nothing is said where nobody was.
    async fn what_was_told_elsewhere_is_counted_with_its_base(db: Db) {
        let house = House::new(db).await;
        let street = house.path("320102002").await;
        let page = format!("/places/{street}");
        assert!(!house.get(&page, OFFICER).await.text.contains("近 30 天来诉"));
        house.report("E3/1栋/1单元", "楼道灯不亮").await;
        let rules = house.office.rules(&street, house.ctx().now()).unwrap();
        let theft = rules.classes().elsewhere("电动车被偷了").unwrap();
        for _ in 0..2 {
            let mut tx = house.db.begin(house.district).await.unwrap();
            let visitor = Ctx { actor: Actor::Visitor, ..house.ctx() };
            linli_cases::commands::told_elsewhere(&visitor, &mut tx, &house.path("E3/1栋/1单元").await, theft);
            tx.commit().await.unwrap();
        }
        let told = house.get(&page, OFFICER).await.text;
        assert!(told.contains("近 30 天来诉 3 次：2 次属于公安、法院、信访等途径") && told.contains("上报 1 件"), "{told}");
        let elsewhere = house.get(&format!("/places/{}", house.path(MEIYUAN).await), OFFICER).await.text;
        assert!(!elsewhere.contains("近 30 天来诉"), "{elsewhere}");
    }

    async fn the_front_door_is_calm_for_visitors_and_a_short_way_for_staff(db: Db) {
        let house = House::new(db).await;
        let page = house.get("/", "").await;
        assert_eq!(page.status, StatusCode::OK);
        for expected in ["action=\"/b\"", "action=\"/find\"", "tel:110", "tel:119", "tel:120", "tel:12345", "/login"] {
            assert!(page.text.contains(expected), "{expected}");
        }
        // Whose day begins in a room that this house does not have begins with the place.
        for who in ["life_steward@E1", "property_desk@E1", OFFICER, "community_secretary@meiyuan"] {
            let day = "/district";
            assert_eq!(house.get("/", who).await.location(), day, "{who}");
        }
        let (district, meiyuan) = (house.path("320102").await, house.path(MEIYUAN).await);
        for (who, place) in [(OFFICER, &district), ("community_secretary@meiyuan", &meiyuan), ("administrator@city", &district)] {
            assert_eq!(house.get("/district", who).await.location(), format!("/places/{place}"), "{who}");
        }
        assert_eq!(house.get("/district", "").await.status, StatusCode::UNAUTHORIZED);
    }

    async fn a_door_is_found_by_the_name_of_its_estate(db: Db) {
        let house = House::new(db).await;
        let found = house.get("/find?name=%E6%A2%85%E5%9B%AD", "").await;
        assert!(found.text.contains("梅园一村") && found.text.contains("梅园二村") && found.text.contains("玄武区 · 梅园新村街道"), "{}", found.text);
        assert!(!found.text.contains("大行宫"));
        let link = found.text.split('"').find(|part| part.starts_with("/find?estate=")).unwrap();
        let doors = house.get(link, "").await;
        let building = |name: &str| doors.text.find(&format!("<h3>{name}</h3>")).unwrap();
        assert!(building("3栋") < building("10栋"), "{}", doors.text);
        let board = doors.text.split('"').filter(|part| part.starts_with("/b/")).nth(1).unwrap();
        let board = house.get(board, "").await;
        assert!(board.text.contains("梅园一村 3栋 1单元"));
        let none = house.get("/find?name=%E6%B2%A1%E6%9C%89", "").await;
        assert!(none.text.contains("没有找到"));
        assert_eq!(house.get("/find?estate=junk", "").await.status, StatusCode::OK);
    }

    async fn coverage_is_told_in_sentences(db: Db) {
        let house = House::new(db).await;
        house.clock.set(at(24, 9));
        let page = house.get(&format!("/places/{}", house.path("320102").await), OFFICER).await;
        for expected in ["封闭 2 个，零散 2 个", "占小区的 75%", "占小区的 50%：封闭 1 个，零散 1 个", "占全部 1,200 户的 50%", "台账登记 5 栋、6 个单元、0 户",
            "口径：2000 年底前建成的小区", "口径：管理方式登记为国企托管的小区", "口径：小区台账里的小区", "口径：这些小区登记的建筑面积之和", "口径：这些小区登记的户数之和"] {
            assert!(page.text.contains(expected), "{expected}\n{}", page.text);
        }
    }
}

#[test]
fn every_text_is_there_in_both_languages() {
    let texts = Texts::new(&[linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_situation::TEXTS]).unwrap();
    let sources = [
        include_str!("../templates/situation-place.html"),
        include_str!("../templates/situation-districts.html"),
        include_str!("../templates/situation-start.html"),
        include_str!("../templates/situation-find.html"),
        include_str!("../templates/situation-who.html"),
        include_str!("../src/pages/who.rs"),
        include_str!("../src/pages/place.rs"),
        include_str!("../src/pages/start.rs"),
        include_str!("../src/pages/words.rs"),
    ];
    assert_eq!(texts.check_templates(&sources), Vec::<String>::new());
    let mut keys: Vec<String> = Counted::ALL.iter().map(|c| format!("situation-counted-{}", c.as_str())).collect();
    keys.extend(linli_kernel::PlaceLevel::ALL.iter().map(|level| format!("situation-level-{level}")));
    keys.extend(linli_kernel::PlaceLevel::ALL.iter().skip(1).map(|level| format!("situation-children-{level}")));
    keys.extend(linli_territory::model::EstateKind::ALL.iter().map(|kind| format!("situation-kind-{}", kind.as_str())));
    keys.extend(linli_territory::model::Management::ALL.iter().map(|m| format!("situation-management-{}", m.as_str())));
    keys.extend(queries::TOLD.iter().map(|kind| format!("situation-event-{}", kind.replace(['.', '_'], "-"))));
    keys.push(SituationError::UnknownPlace.code().text_key());
    keys.retain(|key| !texts.has(key));
    assert_eq!(keys, Vec::<String>::new());
}
