//! A desk takes a call: its own form, and what it notes of the call beside what it files.

use http::StatusCode;
use linli_db::{Db, journal};

use crate::house::{DESK, DISTRICT, OFFICER, STEWARD};
use crate::web::Web;

const NOTES: &str = "她晚上七点以后方便接电话";

linli_db::both_databases! {
    /// A desk that is told of a theft passes it on to the police and writes that down: no case, a note for the next shift, told and counted once.
    async fn a_theft_is_passed_on_with_a_note(db: Db) {
        let web = Web::open(db).await;
        let words = [("at", "ABCD"), ("what", "业主说自行车昨晚在楼下被偷了"), ("told_by", "phone"), ("call_notes", "车棚监控可以查")];
        let resident = web.post_files("/report", None, &words, None).await;
        assert!(resident.status == StatusCode::UNPROCESSABLE_ENTITY && !resident.text.contains("已转公安"), "{}", resident.text);
        let told = web.post_files("/report", Some(DESK), &words, None).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(told.text.contains("已转公安，记一笔") && told.text.contains("name=\"handed_note\""), "{}", told.text);
        let noted = async |note: &str, key: &str| {
            let more = [("handed", "1"), ("handed_note", note), ("idempotency_key", key)];
            web.post_files("/report", Some(DESK), &[&words[..], &more[..]].concat(), None).await
        };
        let bare = noted("", "passed-on-000").await;
        assert!(bare.status == StatusCode::UNPROCESSABLE_ENTITY && bare.text.contains("href=\"#f-handed_note\""), "{}", bare.text);
        for _ in 0..2 {
            let sent = noted("已转锁金村派出所，车棚监控可以查", "passed-on-001").await;
            let to = (sent.status, sent.location.as_str());
            assert_eq!(to, (StatusCode::SEE_OTHER, "/desk/handover#passed-on"), "{}", sent.text);
        }
        let page = web.get("/desk/handover", Some(DESK)).await.text;
        for word in ["已转其他部门 1 件", "财物被盗", "锁金三村 3栋 2单元", "已转锁金村派出所，车棚监控可以查", "员工5"] {
            assert!(page.contains(word), "{word} is not in {page}");
        }
        assert!(!web.get("/desk?view=all", Some(DESK)).await.text.contains("2026-000001"), "it is no case");
        let lines = linli_db::journal::after(&mut web.house.db.read().await.unwrap().conn(), DISTRICT, 0, 100).await.unwrap();
        let count = |kind: &str| lines.iter().filter(|line| line.kind == kind).count();
        assert_eq!((count("cases.told_elsewhere"), count("duty.passed_on")), (2, 1), "the resident and the caller were told");
        web.house.clean().await;
    }

    async fn call_notes_are_for_those_who_may_call_and_not_for_the_reporter(db: Db) {
        let web = Web::open(db).await;
        let fields = [("at", "ABCD"), ("what", "楼道灯不亮"), ("told_by", "phone"), ("call_notes", NOTES)];
        let sent = web.post_files("/report", Some(DESK), &fields, None).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
        let (base, id) = (sent.location.strip_suffix("?new=1").unwrap(), web.house.case_numbered("2026-000001").await);
        for who in [DESK, STEWARD] {
            let page = web.get(&format!("/cases/{id}"), Some(who)).await.text;
            let (_, noted) = page.split_once("通话记录").unwrap();
            assert!(noted.contains(NOTES) && noted.contains("物业值班 员工5"), "who wrote it, and when: {page}");
        }
        let officer = web.get(&format!("/cases/{id}"), Some(OFFICER)).await.text;
        assert!(officer.contains("通话记录") && !officer.contains(NOTES), "{officer}");
        for reporter in [web.get(base, None).await.text, web.get(&format!("{base}?new=1"), None).await.text] {
            assert!(!reporter.contains("通话记录") && !reporter.contains(NOTES), "{reporter}");
        }
        let mut read = web.house.db.read().await.unwrap();
        let lines = journal::after(&mut read.conn(), DISTRICT, 0, 100).await.unwrap();
        assert!(lines.iter().any(|line| line.kind == "cases.caller_noted"));
        assert!(lines.iter().all(|line| !line.facts.contains("七点")), "the words lie beside the lines");
        let case = web.house.case(id).await;
        assert!(!case.description.contains("七点"));
    }

    /// Danger and whom it is about are looked for in the notes as well as in the report.
    async fn what_is_noted_of_a_call_is_heard(db: Db) {
        let web = Web::open(db).await;
        let file = async |notes: &str| {
            let fields = [("at", "ABCD"), ("what", "楼道灯不亮"), ("told_by", "phone"), ("call_notes", notes)];
            let sent = web.post_files("/report", Some(DESK), &fields, None).await;
            assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
        };
        file("她说楼道里有人晕倒").await;
        let page = web.get("/desk", Some(DESK)).await.text;
        assert!(page.contains("可能危及生命"), "{page}");
        file("她说甄守楼骂人").await;
        let case = web.house.case(web.house.case_numbered("2026-000002").await).await;
        assert!(case.kept.persons.contains(&STEWARD.owner().person), "{:?}", case.kept);
    }

    /// A stranger at a board has no field for notes, and what he sends under its name goes nowhere.
    async fn nobody_but_staff_has_call_notes(db: Db) {
        let web = Web::open(db).await;
        let page = web.get("/report?at=ABCD", None).await.text;
        assert!(!page.contains("call_notes") && page.contains("href=\"tel:110\""), "{page}");
        let fields = [("at", "ABCD"), ("what", "楼道灯不亮"), ("call_notes", NOTES)];
        assert_eq!(web.post_files("/report", None, &fields, None).await.status, StatusCode::SEE_OTHER);
        let id = web.house.case_numbered("2026-000001").await;
        assert_eq!(web.house.kinds(id).await, ["cases.reported"]);
    }

    /// The desk has a form of its own, in its own house: the words for danger to life, the notes, and the way back to the list.
    async fn the_desk_has_a_form_of_its_own(db: Db) {
        let web = Web::open(db).await;
        let desk = web.get("/report?at=ABCD", Some(DESK)).await.text;
        for part in ["登记新的事", "name=\"call_notes\"", "name=\"told_by\"", "请来电人马上打 110、119 或 120", "危及生命时怎么问", "电话先别挂", "href=\"/desk\"", "href=\"/calls\""] {
            assert!(desk.contains(part), "{part} is not in {desk}");
        }
        // What is wrong is said on the same form, with what was typed.
        let fields = [("at", "ABCD"), ("what", ""), ("call_notes", NOTES)];
        let wrong = web.post_files("/report", Some(DESK), &fields, None).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("登记新的事") && wrong.text.contains(NOTES) && wrong.text.contains("href=\"#f-what\""), "{}", wrong.text);
    }
}
