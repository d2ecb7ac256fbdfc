//! Who answers here, appointments made in the browser, and the pledge on the board.

use super::*;

on_both! {
    async fn the_ladder_goes_from_the_door_to_the_number_that_always_answers(test) {
        let ground = Ground::lay(&test, at(2026, 11, 24, 9)).await;
        let built = ground.house();
        let steward = Browser::of(&built, Some(ground.session("S1").await));
        let manager = Browser::of(&built, Some(ground.session("M1").await));
        let (door, estate) = (ground.place("E1/3栋/1单元").await.path, ground.place("E1").await.path);
        assert_eq!(Browser::of(&built, None).get(&format!("/places/{door}/who")).await.status, StatusCode::UNAUTHORIZED);
        let elsewhere = ground.place("E2").await.path;
        assert_eq!(manager.get(&format!("/places/{elsewhere}/who")).await.status, StatusCode::FORBIDDEN);
        assert!(manager.page(&format!("/places/{estate}")).await.contains(&format!("/places/{estate}/who")));

        // The manager sets the duty phone, the steward may not.
        let set = [("text", "接报后半小时到场"), ("duty_phone", "025-0000-0777")];
        assert_eq!(steward.post(&format!("/pledges/{estate}"), &set).await.status, StatusCode::FORBIDDEN);
        assert_eq!(manager.post(&format!("/pledges/{elsewhere}"), &set).await.status, StatusCode::FORBIDDEN);
        manager.get("/pledges").await.led_to(&format!("/pledges/{estate}"));
        let wrong = [("duty_phone", "打电话"), ("from", "2026-12-10"), ("to", "2026-12-01")];
        manager.post(&format!("/pledges/{estate}"), &wrong).await.refused_with(&["f-duty_phone-wrong", "打电话"]);
        let ends_first = [("duty_phone", "025-0000-0777"), ("from", "2026-12-10"), ("to", "2026-12-01")];
        manager.post(&format!("/pledges/{estate}"), &ends_first).await.refused_with(&["f-to-wrong"]);
        for _ in 0..2 {
            manager.post(&format!("/pledges/{estate}"), &set).await.led_to(&format!("/pledges/{estate}"));
        }

        let page = steward.page(&format!("/places/{door}/who")).await;
        let order = ["陈一", "周红", "吴网", "李经理", "025-0000-0777", "tel:12345"];
        let found: Vec<usize> = order.iter().map(|text| page.find(text).unwrap_or_else(|| panic!("{text} in {page}"))).collect();
        assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "{order:?} at {found:?}");
        assert!(page.contains("孙书记"), "the community is named below");

        let board = Browser::of(&built, None).page(&format!("/b/{}", ground.code(&door).await)).await;
        assert!(board.contains("025-0000-0777") && board.contains("接报后半小时到场"), "{board}");
        assert!(board.find("025-0000-0777") < board.find("tel:12345"), "12345 stands below");

        // For a while another number, then the one before again.
        let week = [("text", "接报后半小时到场"), ("duty_phone", "025-0000-0888"), ("from", "2026-12-01"), ("to", "2026-12-07")];
        manager.post(&format!("/pledges/{estate}"), &week).await.led_to(&format!("/pledges/{estate}"));
        for (day, phone) in [(30, "0777"), (1, "0888"), (7, "0888"), (8, "0777")] {
            ground.clock.set(at(2026, if day == 30 { 11 } else { 12 }, day, 12));
            let board = Browser::of(&built, None).page(&format!("/b/{}", ground.code(&door).await)).await;
            assert!(board.contains(&format!("025-0000-{phone}")), "day {day}: {board}");
        }
        let secretary = Browser::of(&built, Some(ground.session("C1").await));
        assert!(secretary.page(&format!("/pledges/{estate}")).await.contains("025-0000-0888"), "what was in force stays on record");
        assert_eq!(ground.facts_of(ground.district, "board.pledge_set").await.len(), 2);
    }

    async fn an_administrator_appoints_and_ends_in_the_browser(test) {
        let ground = Ground::lay(&test, at(2026, 11, 24, 9)).await;
        let built = ground.house();
        let admin = Browser::of(&built, Some(ground.administrator().await));
        let ids = {
            let mut read = ground.db.read().await.unwrap();
            let c = &mut read.conn();
            let mut ids = Vec::new();
            for code in ["C1", "M1"] {
                ids.push(linli_people::queries::person_by_code(c, ground.district, code).await.unwrap().unwrap().id);
            }
            ids
        };
        let page_of = |n: usize| format!("/admin/people/{}/person/{}", ground.district, ids[n]);
        let steward = Browser::of(&built, Some(ground.session("S1").await));
        assert_eq!(steward.get(&format!("{}/appoint", page_of(0))).await.status, StatusCode::FORBIDDEN);
        assert!(admin.page(&format!("{}/appoint", page_of(0))).await.contains("任命孙书记"));

        let post = |role: &'static str, title: &'static str, organisation: &'static str, place: &'static str, to: &'static str| {
            vec![("role", role), ("title", title), ("organisation_name", organisation), ("place", place), ("from", "2026-11-01"), ("to", to)]
        };
        let backwards = post("member", "党建指导员", COMPANY, "E1", "2026-10-01");
        admin.post(&format!("{}/appoint", page_of(0)), &backwards).await.refused_with(&["结束不晚于开始", "f-to-wrong", "党建指导员"]);
        let nowhere = post("member", "党建指导员", COMPANY, "E9", "");
        admin.post(&format!("{}/appoint", page_of(0)), &nowhere).await.refused_with(&["f-place-wrong"]);
        assert!(ground.facts_of(ground.district, "people.appointed").await.is_empty());

        // 双向进入: the secretary into the company, the company's manager into the community.
        admin.post(&format!("{}/appoint", page_of(0)), &post("member", "党建指导员", COMPANY, "E1", "")).await.led_to(&page_of(0));
        admin.post(&format!("{}/appoint", page_of(1)), &post("member", "兼职委员", COMMITTEE, COMMUNITY, "")).await.led_to(&page_of(1));
        admin.post(&format!("{}/appoint", page_of(1)), &post("member", "兼职委员", COMMITTEE, COMMUNITY, "")).await.led_to(&page_of(1));
        assert_eq!(ground.facts_of(ground.district, "people.appointed").await.len(), 2, "sent twice, appointed once");
        for n in [0, 1] {
            let page = admin.page(&page_of(n)).await;
            assert!(page.contains("孙书记 · 党建指导员") && page.contains("李经理 · 兼职委员"), "both sides on {n}: {page}");
        }
        let list = admin.page(&format!("/admin/people?district={}", ground.district)).await;
        for name in [COMPANY, COMMITTEE] {
            let href = list.split("href=\"").find(|part| part.contains("/organisation/") && part.contains(name)).unwrap();
            let page = admin.page(href.split('"').next().unwrap()).await;
            assert!(page.contains("孙书记 · 党建指导员") && page.contains("李经理 · 兼职委员"), "both sides on {name}: {page}");
        }

        let page = admin.page(&page_of(1)).await;
        let end = page.split("action=\"").find(|part| part.contains("/end/")).unwrap().split('"').next().unwrap().to_owned();
        admin.post(&end, &[("to", "2020-01-01")]).await.refused_with(&["结束不晚于开始", "aria-invalid"]);
        admin.post(&end, &[("to", "")]).await.led_to(&page_of(1));
        assert!(admin.page(&page_of(1)).await.contains("已离任"));
        assert_eq!(ground.facts_of(ground.district, "people.appointment_ended").await.len(), 1);
    }
}
