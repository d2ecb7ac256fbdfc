//! What pages tell: whom to ring, how often somebody was reminded, what is missing in a form and what stays after a withdrawal.

use http::StatusCode;
use linli_care::commands::{With, open_by_hand};
use linli_care::{Purpose, VisitEvent};
use linli_db::Db;

use crate::house::{DESK, DISTRICT, STEWARD, WORKER};
use crate::web::{Web, between};

/// The levels of the headings of a page, in their order.
fn headings(page: &str) -> Vec<u32> {
    let main = page.split_once("<main").unwrap().1.split_once("</main>").unwrap().0;
    main.split("<h").skip(1).filter_map(|rest| rest.chars().next()?.to_digit(10)).collect()
}

linli_db::both_databases! {
    /// The rung of the contact is told to the community like the one before: what is new is that they ring the contact up, and the number is there.
    async fn whoever_is_to_ring_the_contact_is_told_so_and_the_last_is_reminded(db: Db) {
        let web = Web::open(db).await;
        web.house.watched(5).await;
        web.house.hours(25).await;
        let visit = web.house.open_visits().await.pop().unwrap().id;
        let page = format!("/care/visits/{visit}");
        let next = async || {
            web.house.clock.advance_secs(15 * 60);
            web.house.sweep().await;
        };
        for _ in 0..2 {
            next().await;
        }
        assert!(!web.page(&page, Some(WORKER)).await.text.contains("请给紧急联系人打电话"), "the community is told to go first");
        next().await;
        for (shown, what) in [(web.page(&page, Some(WORKER)).await.text, "the visit"), (web.page("/care/mine", Some(WORKER)).await.text, "the list")] {
            assert!(shown.contains("请给紧急联系人打电话：李小兰（女儿）") && shown.contains("tel:13900000077"), "{what}: {shown}");
        }
        let shown = web.page(&page, Some(WORKER)).await.text;
        assert!(between(&shown, "<ol", "</ol>").contains("时间到，请社区工作者 员工3给紧急联系人打电话"), "a line of its own: {shown}");
        next().await;
        let before = web.house.kinds(visit.0).await;
        assert!(!web.page(&page, Some(DESK)).await.text.contains("次提醒"), "told for the first time");
        for _ in 0..2 {
            next().await;
        }
        assert_eq!(web.house.kinds(visit.0).await, before, "nobody else is told: no line");
        assert!(web.page(&page, Some(DESK)).await.text.contains("第 2 次提醒"));
        web.house.step(DESK, visit, VisitEvent::Take).await.unwrap();
        assert!(!web.page(&page, Some(DESK)).await.text.contains("次提醒"), "somebody goes");
    }

    async fn headings_follow_one_another(db: Db) {
        let web = Web::open(db).await;
        let made = web.house.enrol(&web.house.somebody(5, &[Purpose::Watch])).await.unwrap();
        let own = format!("/c/{}", made.link.secret_text());
        for (page, who) in [(format!("/care/people/{}/consents", made.id), Some(WORKER)), (own, None)] {
            let levels = headings(&web.page(&page, who).await.text);
            assert!(levels.contains(&3), "{page}: {levels:?}");
            assert!(levels.windows(2).all(|two| two[1] <= two[0] + 1), "{page}: {levels:?}");
        }
    }

    async fn what_is_missing_of_a_guardian_is_named(db: Db) {
        let web = Web::open(db).await;
        let fields = [
            ("home", "E1/5"), ("name", "王秀英"), ("purpose", "watch"), ("channel", "doorstep"), ("witness", "周红"), ("given_by", "guardian"),
            ("giver", "李建国"), ("relation", " "), ("assessment", "独居"),
        ];
        let wrong = web.post_files("/care/enrol", WORKER, &fields, None).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("href=\"#f-relation\"") && !wrong.text.contains("href=\"#f-giver\""), "{}", wrong.text);
        assert!(between(&wrong.text, "href=\"#f-relation\"", "</a>").contains("与本人关系"), "by its name: {}", wrong.text);
    }

    /// Two live in one home, and one of them is watched: the other agrees to readings all the same.
    async fn a_home_that_is_watched_stands_in_the_way_of_the_watch_alone(db: Db) {
        let web = Web::open(db).await;
        web.house.watched(5).await;
        let other = web.house.enrol(&web.house.somebody(5, &[])).await.unwrap();
        let link = format!("/c/{}", other.link.secret_text());
        let own = web.page(&link, None).await.text;
        let mark = between(&own, "name=\"mark\" value=\"", "\"").replace('#', "%23").replace('@', "%40");
        let alone = web.post(&format!("{link}/agree"), None, &format!("purpose=watch&mark={mark}")).await;
        assert_eq!(alone.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(alone.text.contains("这一户已经有人在看护") && alone.text.contains("href=\"#f-purpose\""), "{}", alone.text);
        let both = web.post(&format!("{link}/agree"), None, &format!("purpose=watch&purpose=routine&purpose=readings&mark={mark}")).await;
        assert_eq!((both.status, both.location.as_str()), (StatusCode::SEE_OTHER, format!("{link}?said=agreed-part").as_str()), "{}", both.text);
        let given = web.house.person(other.id).await.given;
        assert!(given.readings.is_some() && given.watch.is_none() && given.routine.is_none());
        assert!(web.page(&format!("{link}?said=agreed-part"), None).await.text.contains("看护没有开始"));
    }

    /// What a neighbour is worried about goes on after everything was withdrawn: her page says so, and of what else stays.
    async fn her_page_says_that_a_neighbour_is_worried_still(db: Db) {
        let web = Web::open(db).await;
        let made = web.house.enrol(&web.house.somebody(5, &[Purpose::Watch])).await.unwrap();
        let worry = async |words: &str| {
            let mut tx = web.house.db.begin(DISTRICT).await.unwrap();
            let made = open_by_hand(&web.house.staff(WORKER), &mut tx, &web.house.office, made.id, words).await.unwrap();
            tx.commit().await.unwrap();
            web.house.step(STEWARD, made.id, VisitEvent::Take).await.unwrap();
            made.id
        };
        let first = worry("两天没见到人").await;
        let needs = With { words: "煤气灶坏了".to_owned(), ..With::default() };
        web.house.step_with(STEWARD, first, VisitEvent::Needs, &needs).await.unwrap();
        let second = worry("灯亮了一夜").await;
        let link = format!("/c/{}", made.link.secret_text());
        assert_eq!(web.post(&format!("{link}/withdraw"), None, "").await.status, StatusCode::SEE_OTHER);
        let own = web.page(&link, None).await.text;
        for word in ["发生过的走访记录 2 次", "其中 1 次还留着", "还有 1 次走访没有结束", "走访转出的事件 1 件", "影响评估说明"] {
            assert!(own.contains(word), "{word} is not in {own}");
        }
        let page = format!("/care/visits/{second}");
        assert!(web.page(&page, Some(WORKER)).await.text.contains("灯亮了一夜"), "whoever goes knows why");
        let unwell = With { words: "气喘，血氧 92".to_owned(), ..With::default() };
        web.house.step_with(STEWARD, second, VisitEvent::Unwell, &unwell).await.unwrap();
        let shown = web.page(&page, Some(WORKER)).await.text;
        assert!(!shown.contains("灯亮了一夜") && !shown.contains("气喘"), "over, and nothing was agreed to any more: {shown}");
        let own = web.page(&link, None).await.text;
        assert!(!own.contains("还留着") && !own.contains("没有结束"), "{own}");
    }
}
