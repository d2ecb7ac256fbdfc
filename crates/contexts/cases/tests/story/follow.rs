//! A case that goes on as another one: its reporter follows that one by his own link, and has a word in how it ends.

use linli_cases::commands::{self, Reported, Which};
use linli_cases::{CaseState, CasesError, queries};
use linli_db::Db;

use crate::house::{DESK, DISTRICT, House, MANAGER, OFFICER, STEWARD, act};
use crate::web::Web;

impl House {
    async fn objects(&self, reported: &Reported, words: &str) -> Result<commands::Stepped, CasesError> {
        act!(self, tx => commands::not_fixed(&self.visitor(), tx, &self.office, Which::Link(&reported.link), words))
    }

    async fn confirmed(&self, reported: &Reported) {
        self.take(STEWARD, reported.id).await.unwrap();
        self.finish(STEWARD, reported.id).await.unwrap();
        act!(self, tx => commands::confirm(&self.visitor(), tx, &self.office, Which::Link(&reported.link), None)).unwrap();
    }

    pub async fn case_numbered(&self, number: &str) -> linli_cases::CaseId {
        let mut read = self.db.read().await.unwrap();
        queries::open_by_number(&self.staff(OFFICER), &mut read.conn(), (DISTRICT, &linli_kernel::PlacePath::root()), number)
            .await
            .unwrap()
            .id
    }

    async fn link_of(&self, reported: &Reported) -> queries::PublicCase {
        let mut read = self.db.read().await.unwrap();
        queries::by_link(&mut read.conn(), &self.office, &reported.link, self.clock_now()).await.unwrap()
    }
}

linli_db::both_databases! {
    async fn whose_case_was_merged_says_of_the_other_that_it_is_not_fixed(db: Db) {
        let house = House::new(db).await;
        let (main, merged) = (house.lamp().await, house.lamp().await);
        assert_eq!(house.merge(merged.id, &main.number).await, CaseState::Merged);
        let early = house.objects(&merged, "还是黑的").await.unwrap_err();
        assert!(matches!(early, CasesError::Transition(_)), "nothing is done yet: {early}");
        house.confirmed(&main).await;
        let followed = house.link_of(&merged).await.goes_on.unwrap();
        assert!(followed.may_object && followed.state == CaseState::Closed);
        let kinds: Vec<&str> = followed.timeline.iter().map(|entry| entry.kind.as_str()).collect();
        assert_eq!(kinds, ["cases.taken", "cases.finished", "cases.confirmed"]);
        assert_eq!(followed.timeline[1].words.as_deref(), Some("换了灯泡"), "what was done is said to both");

        house.clock.advance_secs(14 * 86_400);
        house.objects(&merged, "我这边还是黑的").await.unwrap();
        let case = house.case(main.id).await;
        assert_eq!((case.state, case.not_fixed_count, case.flagged_role), (CaseState::Reopened, 1, Some(MANAGER.role)));
        assert_eq!(house.case(merged.id).await.state, CaseState::Merged, "it still goes on as the other");
        let line = house.lines(main.id).await.into_iter().rfind(|line| line.kind == "cases.reopened").unwrap();
        assert_eq!((line.actor.as_str(), line.facts()["heard_from"].as_str()), ("reporter", Some(merged.number.as_str())));

        // Those who work on it read what he wrote, and so does he; whoever reported the other one does not.
        let reopened = |timeline: &[queries::TimelineEntry]| {
            timeline.iter().rfind(|entry| entry.kind == "cases.reopened").map(|entry| entry.words.clone())
        };
        let staff = {
            let mut read = house.db.read().await.unwrap();
            queries::case(&house.staff(DESK), &mut read.conn(), &house.office, DISTRICT, main.id).await.unwrap()
        };
        assert_eq!(reopened(&staff.timeline), Some(Some("我这边还是黑的".to_owned())));
        assert_eq!(reopened(&house.link_of(&merged).await.goes_on.unwrap().timeline), Some(Some("我这边还是黑的".to_owned())));
        let of_main = house.link_of(&main).await;
        assert_eq!(reopened(&of_main.timeline), Some(None));
        assert!(!format!("{:?}", of_main.timeline).contains("heard_from"));
        house.fold().await;
        house.clean().await;
    }

    async fn not_after_the_stated_days_and_not_of_a_private_one(db: Db) {
        let house = House::new(db).await;
        let (main, merged) = (house.lamp().await, house.lamp().await);
        house.merge(merged.id, &main.number).await;
        house.confirmed(&main).await;
        house.clock.advance_secs(16 * 86_400);
        assert!(!house.link_of(&merged).await.goes_on.unwrap().may_object);
        let late = house.objects(&merged, "又黑了").await.unwrap_err();
        assert!(matches!(late, CasesError::Transition(_)), "{late}");

        let complaint = commands::NewReport { description: "三楼的管家态度恶劣".to_owned(), ..crate::house::lamp() };
        let private = house.report(&house.visitor(), complaint).await.unwrap();
        let other = house.lamp().await;
        act!(house, tx => commands::merge(&house.staff(OFFICER), tx, &house.office, other.id, &private.number)).unwrap();
        assert!(house.link_of(&other).await.goes_on.is_none());
        assert!(house.objects(&other, "没有回音").await.is_err(), "that there is such a case is nobody else's business");
        assert_eq!(house.case(private.id).await.state, CaseState::Reported);
    }

    /// On the page: what happened to the other one, and the form; what is sent with it reopens the other.
    async fn the_page_of_a_merged_case_follows_the_other(db: Db) {
        let web = Web::open(db).await;
        let main = web.house.lamp().await;
        let sent = web.post_files("/report", None, &[("at", "ABCD"), ("what", ""), ("join", &main.number)], None).await;
        let base = sent.location.clone();
        let before = web.get(&base, None).await.text;
        assert!(before.contains(&format!("这件事已并入 {}", main.number)) && !before.contains("id=\"object\""), "{before}");
        // Who has it is who has the other: its own had it until it was merged.
        let given = async |to: crate::house::Staff| {
            let ctx = web.house.staff(DESK);
            act!(web.house, tx => commands::assign(&ctx, tx, &web.house.office, main.id, to.owner().appointment)).unwrap();
        };
        given(MANAGER).await;
        let page = web.get(&base, None).await.text;
        let (_, has_it) = page.split_once("<strong class=\"owner\">").unwrap();
        let owner = has_it.split('<').next().unwrap();
        let of_main = web.get(&format!("/r/{}", main.link.secret_text()), None).await.text;
        assert!(of_main.contains(&format!("<strong class=\"owner\">{owner}</strong>")) && owner.ends_with("员工4"), "{owner}");
        given(STEWARD).await;
        web.house.confirmed(&main).await;
        let page = web.get(&base, None).await.text;
        let (_, followed) = page.split_once("id=\"goes-on\"").unwrap();
        assert!(followed.contains("换了灯泡") && followed.contains("id=\"object\""), "{page}");
        let no = web.post(&format!("{base}/not-fixed"), None, "words=%E8%BF%98%E6%98%AF%E4%B8%8D%E4%BA%AE").await;
        assert_eq!(no.status, http::StatusCode::SEE_OTHER, "{}", no.text);
        assert_eq!(web.house.case(main.id).await.state, CaseState::Reopened);
        assert!(web.get(&base, None).await.text.contains("还是不亮"));
    }

    /// What is handed over to another server is worked on under an address that may lie in the own network: who works here sees it, who reported
    /// it is told what that system is called.
    async fn the_address_of_another_server_is_not_told_to_the_reporter(db: Db) {
        let web = Web::open(db).await;
        let sent = web.post_files("/report", None, &[("at", "ABCD"), ("what", "路灯不亮")], None).await;
        let base = sent.location.strip_suffix("?new=1").unwrap().to_owned();
        let id = web.house.case_numbered("2026-000001").await;
        let (house, system) = (&web.house, "open311:10.1.2.3:8080/v2");
        act!(house, tx => commands::hand_elsewhere(&house.staff(OFFICER), tx, id, (system, "区城管平台"))).unwrap();
        act!(house, tx => commands::refused_elsewhere(&house.system(), tx, id, (system, "区城管平台"))).unwrap();
        assert!(web.get(&base, None).await.text.contains("外部系统 没有受理，仍在这里办理"));
        act!(house, tx => commands::sent_elsewhere(&house.staff(OFFICER), tx, id, (system, "77"))).unwrap();
        let heard = commands::Heard { system, id: "77", open: false, status: "closed", notes: "" };
        act!(house, tx => commands::heard_elsewhere(&house.system(), tx, &house.office, id, heard)).unwrap();
        let page = web.get(&base, None).await.text;
        for word in ["提交 外部系统 办理，等待对方受理", "区城管平台", "外部系统 已受理，编号 77", "外部系统 告知已办结"] {
            assert!(page.contains(word), "{word} is not in {page}");
        }
        assert!(!page.contains("10.1.2.3"), "{page}");
        let desk = web.get(&format!("/cases/{id}"), Some(DESK)).await.text;
        assert!(desk.contains("提交 Open311 10.1.2.3:8080/v2 办理"), "{desk}");
    }
}
