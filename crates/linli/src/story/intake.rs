//! A call is taken at the desk: the place in words, the number kept on the way, danger on top of everything; and what staff are told of a
//! complaint about themselves.

use super::*;

on_both! {
    async fn a_caller_is_taken_in_by_the_name_of_the_estate(test) {
        let ground = Ground::lay(&test, at(2026, 11, 24, 9)).await;
        let built = ground.house();
        let desk = Browser::of(&built, Some(ground.session("D1").await));
        assert_eq!(Browser::of(&built, None).get("/desk/new").await.status, StatusCode::UNAUTHORIZED);
        desk.get("/report").await.led_to("/desk/new");
        assert!(desk.page("/calls").await.contains("formaction=\"/desk/new\""));

        let looked = desk.post("/desk/new", &[("place", "梧桐 3栋 2"), ("phone", "025-1234 0000")]).await.text;
        let code = ground.code(&ground.place("E1/3栋/2单元").await.path).await;
        assert!(looked.contains("梧桐试验里 3栋 2单元") && looked.contains(&format!("value=\"{code}\"")), "{looked}");
        assert!(!looked.contains("1单元") && looked.contains("value=\"025-1234 0000\""), "{looked}");
        // Two estates: their own boards, to choose from. Words that mean nothing, and a place out of reach.
        let both = desk.post("/desk/new", &[("place", "试验里")]).await.text;
        assert!(both.contains("梧桐试验里") && both.contains("银杏试验里") && !both.contains("试验里 3栋"), "{both}");
        assert!(desk.post("/desk/new", &[("place", "没有这个小区")]).await.text.contains("没有找到这个地点"));
        let manager = Browser::of(&built, Some(ground.session("M1").await));
        assert!(manager.post("/desk/new", &[("place", "银杏")]).await.text.contains("没有找到这个地点"));

        // The form keeps the number and says that a call brought it.
        let form = desk.post("/report", &[("look", "1"), ("at", &code), ("phone", "025-1234 0000"), ("told_by", "phone")]).await.text;
        assert!(form.contains("来电人电话") && form.contains("value=\"025-1234 0000\"") && form.contains("<option value=\"phone\" selected>"), "{form}");
        let sent = desk.post("/report", &[("at", &code), ("what", "单元门关不上"), ("phone", "025-1234 0000"), ("told_by", "phone")]).await;
        let own = desk.page(&sent.to).await;
        assert!(own.contains("回到工单台"), "{own}");
        assert_eq!(ground.facts_of(ground.district, "cases.reported").await.len(), 1);

        // The desk finds it by where it is, however that is written, and not by where it is not.
        let found = async |who: &Browser, words: &str| {
            let coded: String = words.bytes().map(|byte| format!("%{byte:02X}")).collect();
            who.page(&format!("/desk?q={coded}")).await.contains("2026-000001")
        };
        for there in ["梧桐试验里", "梧桐 3栋 2单元", "梧桐3栋", "梧桐试验里/3栋"] {
            assert!(found(&desk, there).await, "{there}");
        }
        for elsewhere in ["梧桐 3栋 1单元", "银杏", "梧桐 4栋"] {
            assert!(!found(&desk, elsewhere).await, "{elsewhere}");
        }
    }

    async fn danger_stands_on_top_and_runs_out_in_hours(test) {
        let ground = Ground::lay(&test, at(2026, 11, 24, 9)).await;
        let built = ground.house();
        let code = ground.code(&ground.place("E1/3栋/1单元").await.path).await;
        let resident = Browser::of(&built, None);
        for words in ["楼道灯不亮", "三楼着火了，管家快来救人"] {
            resident.post("/report", &[("at", &code), ("what", words)]).await;
        }
        let desk = Browser::of(&built, Some(ground.session("D1").await));
        let page = desk.page("/desk").await;
        let (danger, list) = (page.find("可能危及生命，先处理").expect("danger on top"), page.find("id=\"list\"").unwrap());
        assert!(danger < list, "{page}");
        // Whoever is called for help has it before him; within hours, not days.
        let steward = Browser::of(&built, Some(ground.session("S1").await));
        let dangerous: Value = serde_json::from_str(&desk.get("/api/v1/cases?q=%E7%9D%80%E7%81%AB").await.text).unwrap();
        let case = &dangerous["cases"][0];
        assert_eq!((&case["class"], &case["emergency"]), (&Value::from("danger"), &Value::from(true)), "{dangerous}");
        assert_eq!(steward.get(&format!("/cases/{}", case["id"].as_str().unwrap())).await.status, StatusCode::OK);
        assert_eq!(case["due_at"], "2026-11-24T11:00:00+08:00", "{dangerous}");
    }

    async fn a_complaint_is_no_happening_for_those_it_is_about(test) {
        let ground = Ground::lay(&test, at(2026, 11, 24, 9)).await;
        let built = ground.house();
        let door = ground.place("E1/3栋/1单元").await.path;
        let code = ground.code(&door).await;
        let resident = Browser::of(&built, None);
        resident.report(&code, "楼道灯不亮，陈一说不归他管").await;
        let steward = Browser::of(&built, Some(ground.session("S1").await));
        let secretary = Browser::of(&built, Some(ground.session("C1").await));
        assert!(!steward.page(&format!("/places/{door}")).await.contains("2026-000001"));
        assert!(secretary.page(&format!("/places/{door}")).await.contains("2026-000001"));
    }
}
