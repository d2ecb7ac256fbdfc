//! What pages say, so that a page that says it no more is found: the strip of dangers, an end elsewhere, the objection, a merging.

use http::StatusCode;
use linli_cases::commands::{self, Heard, NewReport, NewTicket, Which};
use linli_cases::{CaseState, Ending};
use linli_db::Db;

use crate::house::{DESK, House, MANAGER, STEWARD, act, lamp};
use crate::web::Web;

async fn danger(house: &House, words: &str) -> commands::Reported {
    let input = NewReport { description: words.to_owned(), ..lamp() };
    let reported = house.report(&house.visitor(), input).await.unwrap();
    assert!(reported.emergency(), "{words}");
    house.clock.advance_secs(60);
    reported
}

/// The numbers in the strip of dangers, from top to bottom.
fn strip(page: &str) -> Vec<String> {
    let (_, from) = page.split_once("<div id=\"danger\"").unwrap();
    let (strip, _) = from.split_once("</div>").unwrap();
    strip.split("<span class=\"num\">").skip(1).filter_map(|rest| rest.split('<').next()).map(str::to_owned).collect()
}

linli_db::both_databases! {
    /// The newest on top, twenty by name, all of them counted; what is done or over stands there no more.
    async fn the_strip_of_dangers_has_the_newest_on_top_and_counts_them_all(db: Db) {
        let web = Web::open(db).await;
        let mut all = Vec::new();
        for _ in 0..22 {
            all.push(danger(&web.house, "闻到煤气味").await);
        }
        let page = web.get("/desk", Some(DESK)).await.text;
        assert!(page.contains("可能危及生命，先处理（22 件）") && page.contains("另有 2 件，见看板"), "{page}");
        let newest: Vec<String> = all.iter().rev().take(20).map(|reported| reported.number.clone()).collect();
        assert_eq!(strip(&page), newest);

        let (done, over) = (&all[21], &all[20]);
        let desk = DESK;
        web.house.take(desk, done.id).await.unwrap();
        web.house.finish(desk, done.id).await.unwrap();
        assert_eq!(web.house.case(done.id).await.state, CaseState::AwaitingConfirmation);
        act!(web.house, tx => commands::void(&web.house.staff(desk), tx, &web.house.office, over.id, "误报")).unwrap();
        let page = web.get("/desk", Some(DESK)).await.text;
        assert!(page.contains("可能危及生命，先处理（20 件）") && !page.contains("见看板"), "{page}");
        let left: Vec<String> = all.iter().rev().skip(2).map(|reported| reported.number.clone()).collect();
        assert_eq!(strip(&page), left);
    }

    /// Whatever class it is of, the strip says what was said: 「其他」 and 「12345 工单」 say nothing of a danger.
    async fn the_strip_of_dangers_says_what_was_said(db: Db) {
        let web = Web::open(db).await;
        for (class, words) in [("other", "他在割腕，快来人"), ("stair_lamp", "楼道灯下有人晕倒")] {
            let input = NewReport { class: Some(class.to_owned()), description: words.to_owned(), ..lamp() };
            assert!(web.house.report(&web.house.visitor(), input).await.unwrap().emergency());
        }
        let ticket = NewTicket { title: String::new(), content: "燃气泄漏有人昏迷".to_owned(), ..crate::hotline::ticket() };
        web.house.receive(ticket).await.unwrap();
        let page = web.get("/desk", Some(DESK)).await.text;
        let (_, from) = page.split_once("<div id=\"danger\"").unwrap();
        let (strip, _) = from.split_once("</div>").unwrap();
        for words in ["他在割腕，快来人", "楼道灯下有人晕倒", "燃气泄漏有人昏迷"] {
            assert!(strip.contains(&format!("<strong>{words}</strong>")), "{words} is not in {strip}");
        }
        // The sentence with the danger in it, not the title above it; the wall and the handover say what it is about, without the words.
        let content = "来电人反映物业费问题。另外她家孩子掉水里了！请速办";
        let ticket = NewTicket { ticket_no: "GD2".to_owned(), title: "咨询物业收费".to_owned(), content: content.to_owned(), ..crate::hotline::ticket() };
        web.house.receive(ticket).await.unwrap();
        let page = web.get("/desk", Some(DESK)).await.text;
        let (_, from) = page.split_once("<div id=\"danger\"").unwrap();
        let (strip, _) = from.split_once("</div>").unwrap();
        assert!(strip.contains("<strong>另外她家孩子掉水里了</strong>") && !strip.contains("咨询物业收费"), "{strip}");
        for page in ["/desk/wall", "/desk/handover"] {
            let text = web.get(page, Some(DESK)).await.text;
            assert!(text.contains("12345 工单 · 险情") && !text.contains("昏迷"), "{page}: {text}");
        }
    }

    /// What ended elsewhere is said to have ended there and not to have been looked at here; nobody here is named as the one who has it.
    async fn an_end_elsewhere_is_said_without_an_owner(db: Db) {
        let web = Web::open(db).await;
        let sent = web.post_files("/report", None, &[("at", "ABCD"), ("what", "楼道灯不亮")], None).await;
        let base = sent.location.strip_suffix("?new=1").unwrap();
        let id = web.house.case_numbered("2026-000001").await;
        assert!(web.get(base, None).await.text.contains("<strong class=\"owner\">生活管家 员工1</strong>"));
        let heard = Heard { system: "city-works", id: "7", open: false, status: "closed", notes: "已抢修" };
        act!(web.house, tx => commands::heard_elsewhere(&web.house.system(), tx, &web.house.office, id, heard)).unwrap();
        let case = web.house.case(id).await;
        assert_eq!((case.ended_how, case.owner), (Some(Ending::Elsewhere), Some(STEWARD.owner())), "the record keeps him");
        let page = web.get(base, None).await.text;
        for word in ["外部平台称已办结（本平台未核查）", "city-works 告知已办结，本平台未核查", "已抢修"] {
            assert!(page.contains(word), "{word} is not in {page}");
        }
        assert!(!page.contains("class=\"owner\"") && !page.contains("tel:025-0000-0101"), "{page}");
    }

    /// The form of the objection stands on the page of an ended case for the stated days, asks for words, and opens it again.
    async fn the_page_of_an_ended_case_takes_an_objection(db: Db) {
        let web = Web::open(db).await;
        let sent = web.post_files("/report", None, &[("at", "ABCD"), ("what", "楼道灯不亮")], None).await;
        let base = sent.location.strip_suffix("?new=1").unwrap().to_owned();
        let id = web.house.case_numbered("2026-000001").await;
        assert!(!web.get(&base, None).await.text.contains("id=\"object\""), "nothing has ended");
        web.house.take(STEWARD, id).await.unwrap();
        web.house.finish(STEWARD, id).await.unwrap();
        assert!(!web.get(&base, None).await.text.contains("id=\"object\""), "he is asked, that is another form");
        web.post(&format!("{base}/confirm"), None, "").await;
        let page = web.get(&base, None).await.text;
        let (_, form) = page.split_once("id=\"object\"").unwrap();
        let (form, _) = form.split_once("</section>").unwrap();
        for part in ["还没修好？", "办结后 15 天内可以重新打开", "name=\"words\"", &format!("action=\"{base}/not-fixed\"")] {
            assert!(form.contains(part), "{part} is not in {form}");
        }
        let silent = web.post(&format!("{base}/not-fixed"), None, "words=").await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", silent.text);
        let (_, form) = silent.text.split_once("id=\"object\"").unwrap();
        for part in ["<details open>", "id=\"f-words\" name=\"words\" rows=\"2\" required", "请写一写哪里没修好", "aria-invalid=\"true\""] {
            assert!(form.contains(part), "{part} is not in {form}");
        }
        assert!(silent.text.contains("href=\"#f-words\""), "{}", silent.text);
        assert_eq!(web.house.case(id).await.state, CaseState::Closed);
        let said = web.post(&format!("{base}/not-fixed"), None, "words=%E5%8F%88%E9%BB%91%E4%BA%86").await;
        assert_eq!((said.status, web.house.case(id).await.state), (StatusCode::SEE_OTHER, CaseState::Reopened));
        let page = web.get(&base, None).await.text;
        assert!(page.contains("反映没有修好，重新打开") && page.contains("又黑了"), "{page}");

        web.house.take(STEWARD, id).await.unwrap();
        web.house.finish(STEWARD, id).await.unwrap();
        act!(web.house, tx => commands::confirm(&web.house.staff(DESK), tx, &web.house.office, Which::Id(id), None)).unwrap();
        web.house.clock.advance_secs(16 * 86_400);
        assert!(!web.get(&base, None).await.text.contains("id=\"object\""), "the days are over");
    }

    /// What is void nobody has; what was done and why there is no photo are said to be that.
    async fn the_page_of_a_reporter_says_what_its_words_are(db: Db) {
        let web = Web::open(db).await;
        let void = web.house.lamp().await;
        let page = async |link: &linli_cases::LinkToken| web.get(&format!("/r/{}", link.secret_text()), None).await.text;
        assert!(page(&void.link).await.contains("class=\"owner\""));
        act!(web.house, tx => commands::void(&web.house.staff(DESK), tx, &web.house.office, void.id, "误报")).unwrap();
        let said = page(&void.link).await;
        assert!(!said.contains("class=\"owner\"") && !said.contains("tel:025-0000-0101") && said.contains("误报"), "{said}");

        let lamp = web.house.lamp().await;
        web.house.take(STEWARD, lamp.id).await.unwrap();
        let fields = [("done", "换了灯泡"), ("no_photo_because", "太暗")];
        let sent = web.post_files(&format!("/cases/{}/finish", lamp.id), Some(STEWARD), &fields, None).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
        let said = page(&lamp.link).await;
        assert!(said.contains("做了什么：换了灯泡") && said.contains("没有照片的原因：太暗"), "{said}");
    }

    /// A merging stands in the timelines of both, each naming the other.
    async fn a_merging_is_told_in_both_timelines(db: Db) {
        let web = Web::open(db).await;
        let (main, merged) = (web.house.lamp().await, web.house.lamp().await);
        web.house.merge(merged.id, &main.number).await;
        for (id, says) in [(merged.id, format!("并入案卷 {}", main.number)), (main.id, format!("案卷 {} 并入本案", merged.number))] {
            let page = web.get(&format!("/cases/{id}"), Some(DESK)).await.text;
            let (_, timeline) = page.split_once("<ol class=\"timeline\">").unwrap();
            assert!(timeline.contains(&says), "{says} is not in {page}");
        }
        for (link, says) in [(&merged.link, format!("并入案卷 {}", main.number)), (&main.link, format!("案卷 {} 并入本案", merged.number))] {
            let page = web.get(&format!("/r/{}", link.secret_text()), None).await.text;
            assert!(page.contains(&says), "{says} is not in {page}");
        }
    }

    /// Whoever is called back is asked three things in plain words; the first rate counts what he says of being contacted, once.
    async fn who_is_called_back_says_whether_anybody_got_in_touch(db: Db) {
        let web = Web::open(db).await;
        for (n, contacted) in [(1, "yes"), (2, "no"), (3, "")] {
            let input = NewReport { phone: Some(format!("0251234567{n}")), ..lamp() };
            let id = web.house.report(&web.house.visitor(), input).await.unwrap().id;
            web.house.take(STEWARD, id).await.unwrap();
            web.house.finish(STEWARD, id).await.unwrap();
            let page = web.get(&format!("/cases/{id}"), Some(DESK)).await.text;
            assert!(page.contains("有人联系您了吗") && page.contains("name=\"contacted\" value=\"no\""), "{page}");
            for _ in 0..2 {
                let form = format!("told_by=phone&rating=fair&contacted={contacted}&idempotency_key=called-back-{n}");
                let told = web.post(&format!("/cases/{id}/confirm"), Some(DESK), &form).await;
                assert_eq!(told.status, StatusCode::SEE_OTHER, "{}", told.text);
            }
            let said = web.house.kinds(id).await.iter().filter(|kind| *kind == "cases.contact_said").count();
            assert_eq!(said, usize::from(!contacted.is_empty()), "said once, however often it is sent");
        }
        let calls = web.get("/calls", Some(MANAGER)).await.text;
        let (_, first) = calls.split_once("响应率（报事人说）").unwrap();
        assert!(first.split_once("</dd>").unwrap().0.contains("50.0%（1 / 2）"), "{calls}");
        web.house.fold().await;
        web.house.clean().await;
    }
}
