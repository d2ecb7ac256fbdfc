//! The plan of a year comes, and what rested on its absence moves, with a line that says so.

use super::*;

/// Invented for this test: nobody has published a plan for 2027.
const TEST_2027: &str = r#"{"year": 2027, "papers": ["测试数据,不是真的放假安排"], "days": [
    {"name": "元旦", "date": "2027-01-01", "isOffDay": true},
    {"name": "元旦", "date": "2027-01-02", "isOffDay": true},
    {"name": "元旦", "date": "2027-01-03", "isOffDay": true}]}"#;

fn plan(days: &str) -> String {
    format!(r#"{{"year": 2027, "papers": [], "days": [{days}]}}"#)
}

on_both! {
    async fn a_plan_makes_a_provisional_promise_firm_and_moves_it(test) {
        let ground = Ground::lay(&test, at(2026, 12, 30, 10)).await;
        let built = ground.house();
        let resident = Browser::of(&built, None);
        let admin = Browser::of(&built, Some(ground.administrator().await));
        let door = ground.code(&ground.place("E1/3栋/1单元").await.path).await;
        let link = resident.report(&door, "楼道灯不亮").await;
        let page = resident.page(&link).await;
        assert!(page.contains("2027年1月1日 10:00") || page.contains("1月1日"), "{page}");
        assert!(page.contains("暂按周末推算"), "the promise is provisional: {page}");

        let shown = admin.page("/admin/calendar").await;
        assert!(shown.contains("2027、2028 年的放假安排还没有") && shown.contains("随程序提供"), "{shown}");
        let steward = Browser::of(&built, Some(ground.session("S1").await));
        assert_eq!(steward.post("/admin/calendar/plans", &[("plan_text", TEST_2027)]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(resident.get("/admin/calendar").await.status, StatusCode::UNAUTHORIZED);

        let good = r#"{"name":"元旦","date":"2027-01-01","isOffDay":true}"#;
        for (text, said) in [
            (plan(r#"{"date":"2027-01-01","isOffDay":true}"#), "days[0].name：缺少这一项"),
            (plan(&format!("{good},{good}")), "days[1].date：2027-01-01 出现了两次"),
            (plan(r#"{"name":"元旦","date":"2027-02-29","isOffDay":true}"#), "days[0].date：“2027-02-29”不是真实存在的日期"),
            (plan(r#"{"name":"元旦","date":"2031-01-01","isOffDay":true}"#), "days[0].date：2031-01-01 不属于 2027 年的安排"),
            ("{".to_owned(), "不是有效的 JSON"),
        ] {
            admin.post("/admin/calendar/plans", &[("plan_text", &text)]).await.refused_with(&[said, "f-plan_text"]);
        }
        let other = admin.post("/admin/calendar/plans", &[("plan_text", TEST_2027), ("plan_year", "2028")]).await;
        other.refused_with(&["文件（year）是 2027 年的，不是 2028 年的"]);
        assert!(ground.facts_of(DistrictId::CITY, "settings.calendar_year_set").await.is_empty(), "nothing was written");

        admin.post("/admin/calendar/plans", &[("plan_text", TEST_2027)]).await.led_to("/admin/calendar?said=taken");
        let shown = admin.page("/admin/calendar").await;
        assert!(shown.contains("测试数据,不是真的放假安排") && shown.contains("2028 年的放假安排还没有"), "{shown}");
        built.worker.run_due().await.unwrap();

        let moved = ground.facts_of(ground.district, "cases.deadline_moved").await;
        assert_eq!(moved.len(), 1, "{moved:?}");
        assert_eq!(moved[0]["due_before"], at(2027, 1, 1, 10).0);
        assert_eq!(moved[0]["due_at"], at(2027, 1, 4, 10).0);
        assert_eq!(moved[0]["why"], "calendar");
        let page = resident.page(&link).await;
        assert!(page.contains("承诺时间由 2027年1月1日 10:00 改为 2027年1月4日 10:00"), "{page}");
        assert!(!page.contains("暂按周末推算"), "it is firm");

        // A local day off moves no firm promise, and the next one counts it.
        let day = [("date", "2027-01-04"), ("kind", "off"), ("name", "寒潮停工")];
        admin.post("/admin/calendar/days", &day).await.led_to("/admin/calendar?said=taken");
        built.worker.run_due().await.unwrap();
        assert_eq!(ground.facts_of(ground.district, "cases.deadline_moved").await.len(), 1);
        assert!(resident.page(&link).await.contains("这个承诺按当时的日历作出"));
        let next = resident.report(&door, "楼道灯又不亮").await;
        let page = resident.page(&next).await;
        assert!(page.contains("寒潮停工") && page.contains("1月5日"), "{page}");
        admin.post("/admin/calendar/days", &[("date", "2027-03-04"), ("kind", "off"), ("name", "")]).await.refused_with(&["f-name"]);
        admin.post("/admin/calendar/days/2027-01-04/remove", &[("reason", "")]).await.refused_with(&["f-reason-2027-01-04"]);
        admin.post("/admin/calendar/days/2027-01-04/remove", &[("reason", "雪化了")]).await.led_to("/admin/calendar?said=removed");
        assert!(!admin.page("/admin/calendar").await.contains("寒潮停工"));
        assert_eq!(crate::commands::check::findings(&ground.db).await.unwrap(), Vec::<String>::new());

        // Another process finds the same in the store.
        let other = ground.house();
        other.standing.refresh(&ground.db, ground.ctx().now()).await.unwrap();
        assert_eq!(other.standing.calendar().version(), built.standing.calendar().version());
        let office = other.hall.service::<linli_cases::Office>().unwrap();
        assert_eq!(office.calendar().version(), built.standing.calendar().version());
        admin.post("/admin/calendar/years/2027/reset", &[]).await.led_to("/admin/calendar?said=removed");
        assert!(built.standing.calendar().year(2027).is_none());
    }

    async fn files_of_the_data_folder_are_taken_once(test) {
        use linli_settings::folder::{Looked, take};
        let ground = Ground::lay(&test, at(2026, 12, 30, 10)).await;
        let (built, ctx) = (ground.house(), ground.ctx());
        let data = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = data.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let looked = async || take(&ctx, &ground.db, &built.standing, data.path()).await.unwrap();
        assert_eq!(looked().await, [], "no folder, no files");
        put("calendar/2028.json", TEST_2027);
        put("calendar/holiday-cn-2027.json", TEST_2027);
        put("calendar/local.json", r#"{"local": [{"date": "2027-01-05", "name": "停电检修", "kind": "closed", "from": "12:00", "to": "18:00"}]}"#);
        put("calendar/notes.txt", "not ours");
        put("rules/broken.toml", "id = 3");
        let found = looked().await;
        let problem = |name: &str| found.iter().find(|l: &&Looked| l.name == name).unwrap().problem.clone();
        assert_eq!(found.len(), 4, "{found:?}");
        assert_eq!(problem("calendar/2028.json").unwrap(), "year: the plan is of 2027, not of 2028");
        assert_eq!(problem("calendar/holiday-cn-2027.json"), None);
        assert_eq!(problem("calendar/local.json"), None);
        assert!(problem("rules/broken.toml").unwrap().starts_with("rules/broken.toml, line 1"), "{found:?}");
        assert_eq!(built.standing.calendar().local_days().count(), 1);
        let admin = Browser::of(&built, Some(ground.administrator().await));
        let page = admin.page("/admin/calendar").await;
        assert!(page.contains("calendar/2028.json") && page.contains("数据文件夹 calendar/local.json"), "{page}");
        assert!(admin.page("/admin/rules").await.contains("rules/broken.toml"));

        // What an administrator decides on the page outlives the next start: a file counts once for each of its contents.
        admin.post("/admin/calendar/days/2027-01-05/remove", &[("reason", "不检修了")]).await.led_to("/admin/calendar?said=removed");
        std::fs::remove_file(data.path().join("calendar/2028.json")).unwrap();
        std::fs::remove_file(data.path().join("rules/broken.toml")).unwrap();
        assert_eq!(looked().await, []);
        assert_eq!(built.standing.calendar().local_days().count(), 0);
        put("calendar/local.json", r#"{"local": [{"date": "2027-01-06", "name": "停电检修", "kind": "off"}]}"#);
        assert_eq!(looked().await, [Looked { name: "calendar/local.json".into(), problem: None }]);
        assert_eq!(built.standing.calendar().local_days().count(), 1);
    }
}
