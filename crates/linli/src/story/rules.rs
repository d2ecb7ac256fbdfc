//! A rule is data: another one brought in changes the outcome, the citation on the page and the line in the journal.

use linli_cases::rules::PACKS;

use super::*;

const TRANSITIONS: &str = PACKS[0].1;
const CLOCKS: &str = PACKS[2].1;

/// The shipped clocks with one working day for a dark stairwell, under a version and a source of their own.
fn one_day() -> String {
    CLOCKS
        .replace("version = \"2026.1\"", "version = \"2026.2\"")
        .replace("amount = 2, windows", "amount = 1, windows")
        .replace("运城市立案、处置和结案标准：单灯不亮 2 工作日（示例）", "本市测试办法第三条:单灯不亮 1 工作日")
}

/// The shipped table, in which whoever takes a case files it first.
fn filed_first() -> String {
    let take = "state = \"reported\"\nevent = \"take\"\nprofiles = [\"repair\"]\nto = \"handling\"";
    let dispatch = "event = \"dispatch\"\nprofiles = [\"city\", \"hotline\"]";
    assert!(TRANSITIONS.contains(take) && TRANSITIONS.contains(dispatch));
    TRANSITIONS
        .replace(take, "state = \"reported\"\nevent = \"take\"\nprofiles = [\"repair\"]\nto = \"filed\"")
        // What is filed must lead on in this profile too, or the table is refused.
        .replace(dispatch, "event = \"dispatch\"")
        .replace("version = \"2026.8\"", "version = \"2026.9\"")
        .replace("verified = false\n\n[citation]\ntitle = \"", "verified = true\n\n[citation]\ntitle = \"本市测试流程规定;")
}

on_both! {
    async fn another_clock_and_another_transition_without_a_restart(test) {
        let ground = Ground::lay(&test, at(2026, 11, 23, 9)).await;
        let built = ground.house();
        let resident = Browser::of(&built, None);
        let admin = Browser::of(&built, Some(ground.administrator().await));
        let steward = Browser::of(&built, Some(ground.session("S1").await));
        let door = ground.code(&ground.place("E1/3栋/1单元").await.path).await;
        let first = resident.report(&door, "楼道灯不亮").await;
        let page = resident.page(&first).await;
        assert!(page.contains("单灯不亮 2 工作日（示例）（规则未核实）") && page.contains("11月25日"), "{page}");
        assert!(page.contains("规则未核实）"), "the table is not verified either");

        let shown = admin.page("/admin/rules").await;
        for text in ["cases.clock", "cases.classes", "cases.transitions", "2026.1", "规则未核实", "随程序提供", "现行", "全部地方"] {
            assert!(shown.contains(text), "{text} in {shown}");
        }
        // Every pack is called by a title that a person would say, in both languages.
        for page in [&shown, &admin.page("/admin/rules?lang=en").await] {
            let titles: Vec<&str> = page.split("<article class=\"panel\">").skip(1).filter_map(|pack| pack.split("<h3>").nth(1)?.split("</h3>").next()).collect();
            assert!(titles.len() >= 16 && titles.iter().all(|title| !title.contains('.')), "{titles:?}");
        }
        assert_eq!(steward.post("/admin/rules", &[("pack_text", &one_day())]).await.status, StatusCode::FORBIDDEN);
        admin.post("/admin/rules", &[("pack_text", &one_day())]).await.led_to("/admin/rules?said=taken");
        let shown = admin.page("/admin/rules").await;
        assert!(shown.contains("2026.2") && shown.contains("已被本地规则取代") && shown.contains("管理员于"), "{shown}");

        let second = resident.report(&door, "楼道灯又不亮").await;
        let page = resident.page(&second).await;
        assert!(page.contains("本市测试办法第三条:单灯不亮 1 工作日") && page.contains("11月24日") && page.contains("规则版本：2026.2"), "{page}");
        let lines = ground.facts_of(ground.district, "cases.reported").await;
        assert!(lines[0]["clock_rule"].as_str().unwrap().starts_with("cases.clock@2026.1#"), "{lines:?}");
        assert!(lines[1]["clock_rule"].as_str().unwrap().starts_with("cases.clock@2026.2#"), "{lines:?}");
        assert_eq!(lines[1]["due_at"], at(2026, 11, 24, 9).0);
        assert!(resident.page(&first).await.contains("11月25日"), "what was promised stays promised");

        let case = |n: usize| {
            let ground = &ground;
            async move {
                let mut read = ground.db.read().await.unwrap();
                let lines = journal::after(&mut read.conn(), ground.district, 0, 10_000).await.unwrap();
                let ids: Vec<_> = lines.iter().filter(|l| l.kind == "cases.reported").filter_map(|l| l.subject_id).collect();
                ids[n].to_string()
            }
        };
        let taken = steward.post(&format!("/cases/{}/take", case(0).await), &[]).await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
        admin.post("/admin/rules", &[("pack_text", &filed_first())]).await.led_to("/admin/rules?said=taken");
        resident.report(&door, "楼道灯坏了").await;
        for n in [1, 2] {
            let taken = steward.post(&format!("/cases/{}/take", case(n).await), &[]).await;
            assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
        }
        let lines = ground.facts_of(ground.district, "cases.taken").await;
        let to: Vec<_> = lines.iter().map(|line| line["to"].as_str().unwrap()).collect();
        assert_eq!(to, ["handling", "handling", "filed"], "what was filed before goes on as it was begun");
        for (line, version) in lines.iter().zip(["2026.8", "2026.8", "2026.9"]) {
            assert!(line["rule"].as_str().unwrap().starts_with(&format!("cases.transitions@{version}#")), "{lines:?}");
        }
        let page = steward.page(&format!("/cases/{}", case(2).await)).await;
        assert!(page.contains("本市测试流程规定") && page.contains("版本 2026.9）"), "{page}");

        let imported = ground.facts_of(DistrictId::CITY, "settings.rules_imported").await;
        assert_eq!(imported.len(), 2);
        assert_eq!((imported[0]["pack"].as_str(), imported[0]["version"].as_str()), (Some("cases.clock"), Some("2026.2")));
        admin.post("/admin/rules", &[("pack_text", &one_day())]).await.led_to("/admin/rules?said=same");
        let again = one_day().replace("2026.2", "2026.3");
        admin.post("/admin/rules", &[("pack_text", &again)]).await.led_to("/admin/rules?said=replaced");
        let digest = imported[0]["digest"].as_str().unwrap().to_owned();
        assert!(admin.page(&format!("/admin/rules/packs/{digest}")).await.contains("version = \"2026.2\""), "a replaced pack stays on record");

        // Another process finds the same in the store.
        let other = ground.house();
        other.standing.refresh(&ground.db, ground.ctx().now()).await.unwrap();
        let versions = |built: &Built| built.standing.book().stamps().map(|s| s.digest.clone()).collect::<Vec<_>>();
        assert_eq!(versions(&other), versions(&built));

        let shown = admin.page("/admin/rules").await;
        let withdraw = shown.split("action=\"/admin/rules/packs/").nth(1).unwrap().split('/').next().unwrap();
        admin.post(&format!("/admin/rules/packs/{withdraw}/withdraw"), &[]).await.led_to("/admin/rules?said=withdrawn");
        assert_eq!(ground.facts_of(DistrictId::CITY, "settings.rules_withdrawn").await.len(), 1);
        assert_eq!(crate::commands::check::findings(&ground.db).await.unwrap(), Vec::<String>::new());
    }

    async fn a_broken_pack_is_refused_and_the_old_one_stays(test) {
        let ground = Ground::lay(&test, at(2026, 11, 23, 9)).await;
        let built = ground.house();
        let admin = Browser::of(&built, Some(ground.administrator().await));
        let line_of = |text: &str, mark: &str| text.lines().position(|line| line.contains(mark)).unwrap() + 1;
        let wrong_amount = CLOCKS.replacen("amount = 2 }", "amount = \"two\" }", 1);
        let lost_clock = CLOCKS.replace("code = \"two_days\"", "code = \"zwei_tage\"");
        let typo = CLOCKS.replace("id = \"cases.clock\"", "id = \"cases.clocks\"");
        let dead_end = TRANSITIONS.replace("open311 = \"closed\"", "open311 = \"open\"");
        let classes = include_str!("../../../contexts/cases/rules/classes.toml");
        let (before, lamp) = classes.split_once("code = \"stair_lamp\"").unwrap();
        let no_such_clock = format!("{before}code = \"stair_lamp\"{}", lamp.replacen("clock = \"two_days\"", "clock = \"zwei_tage\"", 1));
        let no_source = CLOCKS.replacen("title = ", "titel = ", 1);
        for (text, said) in [
            (&wrong_amount, format!("第 {} 行，body.clock", line_of(&wrong_amount, "\"two\""))),
            (&no_such_clock, format!("第 {} 行，body.class.stair_lamp.clock：规则前后不一致", line_of(&no_such_clock, "code = \"stair_lamp\""))),
            (&lost_clock, "names the clock two_days".to_owned()),
            (&typo, "cases.clocks".to_owned()),
            (&dead_end, "no way leads from".to_owned()),
            (&no_source, format!("第 {} 行，citation", line_of(&no_source, "titel"))),
            (&String::new(), "粘贴".to_owned()),
        ] {
            admin.post("/admin/rules", &[("pack_text", text)]).await.refused_with(&[&said, "f-pack_text"]);
        }
        assert!(ground.facts_of(DistrictId::CITY, "settings.rules_imported").await.is_empty());
        let door = ground.code(&ground.place("E1/3栋/1单元").await.path).await;
        let link = Browser::of(&built, None).report(&door, "楼道灯不亮").await;
        assert!(Browser::of(&built, None).page(&link).await.contains("单灯不亮 2 工作日（示例）"), "the old rules still count");
    }
}
