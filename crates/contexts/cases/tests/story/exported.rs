//! The list of the desk as a table, and the list of a place that was typed by its name.

use http::StatusCode;
use linli_cases::commands::NewReport;
use linli_db::Db;

use crate::house::{DESK, DISTRICT, DISTRICT_PATH, OFFICER, OTHER_ENTRANCE, SECRETARY, STEWARD, STEWARD_AS_OFFICER, lamp, path};
use crate::web::Web;

linli_db::both_databases! {
    async fn the_list_goes_out_as_a_table(db: Db) {
        let web = Web::open(db).await;
        let said = |description: &str| NewReport { description: description.to_owned(), ..lamp() };
        let evil = web.house.report(&web.house.visitor(), said("=HYPERLINK(\"http://x\",\"楼道灯不亮\")")).await.unwrap();
        let sewer = NewReport { class: Some("sewer".to_owned()), ..said("下水道堵了") };
        let sewer = web.house.report(&web.house.visitor(), sewer).await.unwrap();
        let named = web.house.report(&web.house.visitor(), said("楼道灯不亮，甄守楼说不归他管")).await.unwrap();

        let csv = web.get("/desk/export?format=csv", Some(SECRETARY)).await;
        assert_eq!(csv.status, StatusCode::OK, "{}", csv.text);
        let lines: Vec<&str> = csv.text.trim_start_matches('\u{feff}').lines().collect();
        assert_eq!((lines[0], lines.len()), ("编号,类别,标题,地点,状态,承办岗位,来源,上报时间,承诺时间,市热线时限,处理完成时间,结案时间", 4), "{}", csv.text);
        for number in [&evil.number, &sewer.number, &named.number] {
            assert!(csv.text.contains(number.as_str()), "{}", csv.text);
        }
        assert!(csv.text.contains("'=HYPERLINK") && csv.text.contains("生活管家") && csv.text.contains("2026-11-24 09:00:00"), "{}", csv.text);
        assert!(!csv.text.contains("甄守楼说不归他管\n") && !csv.text.contains("138"), "no contact");
        // What the filter shows, and no more.
        let some = web.get("/desk/export?format=csv&class=sewer", Some(SECRETARY)).await.text;
        assert!(some.contains(&sewer.number) && !some.contains(&evil.number), "{some}");
        let found = web.get("/desk/export?format=csv&view=all&q=%E4%B8%8D%E5%BD%92", Some(OFFICER)).await.text;
        assert!(found.contains(&named.number) && !found.contains(&evil.number), "{found}");
        let english = web.get("/desk/export?format=csv&lang=en", Some(SECRETARY)).await.text;
        assert!(english.contains("Number,Class,Title") && english.contains("Sewer blocked"), "{english}");
        let xlsx = web.get("/desk/export?format=xlsx", Some(SECRETARY)).await;
        assert!(xlsx.status == StatusCode::OK && xlsx.text.starts_with("PK"));
        // What is kept from somebody does not go out with him.
        assert!(!web.get("/desk/export?format=csv", Some(STEWARD_AS_OFFICER)).await.text.contains(&named.number));

        for who in [DESK, STEWARD] {
            assert_eq!(web.get("/desk/export?format=csv", Some(who)).await.status, StatusCode::FORBIDDEN, "{}", who.role);
            assert!(!web.get("/desk", Some(who)).await.text.contains("/desk/export"), "nothing that one may not do");
        }
        assert!(web.get("/desk", Some(SECRETARY)).await.text.contains("/desk/export?format=xlsx"));
        assert_eq!(web.get("/desk/export?format=csv", None).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(web.get("/desk/export?format=pdf", Some(SECRETARY)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let beyond = format!("/desk/export?format=csv&place={DISTRICT_PATH}");
        assert_eq!(web.get(&beyond, Some(SECRETARY)).await.status, StatusCode::FORBIDDEN, "beyond the community");

        let mut read = web.house.db.read().await.unwrap();
        let lines = linli_db::journal::after(&mut read.conn(), DISTRICT, 0, 100).await.unwrap();
        let logged: Vec<_> = lines.iter().filter(|line| line.kind == "cases.list_exported").collect();
        let rows: Vec<_> = logged.iter().map(|line| line.facts()["rows"].as_i64().unwrap()).collect();
        assert_eq!(rows, [3, 1, 1, 3, 3, 2], "each that went out, and none that did not");
        assert_eq!(logged[0].actor, format!("appointment:{}", SECRETARY.owner().appointment));
        let words = logged[2];
        assert!(!words.facts.contains("不归") && words.payload_hash.is_some(), "what was looked for lies beside the line");
        assert_eq!((logged[4].facts()["format"].as_str(), logged[1].facts()["class"].as_str()), (Some("xlsx"), Some("sewer")));
    }

    /// Who types the name of an estate means it, and is shown what is open there whatever its words are.
    async fn a_place_is_found_by_its_name(db: Db) {
        let web = Web::open(db).await;
        let here = web.house.lamp().await.number;
        let elsewhere = NewReport { place: path(OTHER_ENTRANCE), description: "锁金三村来的车乱停".to_owned(), ..lamp() };
        let elsewhere = web.house.report(&web.house.visitor(), elsewhere).await.unwrap().number;
        let estate = web.get("/desk?q=%E9%94%81%E9%87%91%E4%B8%89%E6%9D%91", Some(SECRETARY)).await.text;
        assert!(estate.contains("按地点“锁金三村”查找") && estate.contains(&here) && !estate.contains(&elsewhere), "{estate}");
        let in_words = web.get("/desk?q=%E9%94%81%E9%87%91%E4%B8%89%E6%9D%91&by=words", Some(SECRETARY)).await.text;
        assert!(!in_words.contains(&here) && in_words.contains(&elsewhere) && !in_words.contains("按地点"), "{in_words}");
        let several = web.get("/desk?q=%E9%94%81%E9%87%91", Some(SECRETARY)).await.text;
        assert!(several.contains("也可能是地点") && several.contains("锁金五村") && several.contains(&elsewhere), "{several}");
        let words = web.get("/desk?q=%E7%81%AF", Some(SECRETARY)).await.text;
        assert!(words.contains(&here) && !words.contains("地点："), "{words}");
        let table = web.get("/desk/export?format=csv&q=%E9%94%81%E9%87%91%E4%B8%89%E6%9D%91", Some(SECRETARY)).await.text;
        assert!(table.contains(&here) && !table.contains(&elsewhere), "{table}");
    }
}
