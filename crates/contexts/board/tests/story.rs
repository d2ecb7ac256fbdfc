//! The board's story through its real routes, on both databases.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where the house does not do what it must")]

mod house;

use house::{House, at};
use http::StatusCode;
use linli_access::{Actor, Role};
use linli_board::commands::{self, PostNotice, SetPledge};
use linli_board::model::NoticeKind;
use linli_board::{BoardError, queries};
use linli_db::{Db, both_databases};
use linli_kernel::PlacePath;
use linli_webkit::Texts;

fn notice(place: &PlacePath, title: &str) -> PostNotice {
    PostNotice {
        place: place.clone(),
        kind: NoticeKind::PlannedWork,
        title: title.into(),
        body: "本周三上午清洗水箱。\n\n请提前储水。".into(),
        signed: "锁金三村社区居委会".into(),
        starts_at: None,
        ends_at: None,
    }
}

both_databases! {
    async fn codes_are_made_once_and_lead_home(db: Db) {
        let house = House::open(db, vec![]).await;
        let places: Vec<PlacePath> = (1..=2_500).map(|n| house.estate.child(n).unwrap()).collect();
        let mut tx = house.begin().await;
        assert_eq!(commands::ensure_codes(&house.ctx(), &mut tx, &places).await.unwrap(), 2_500);
        tx.commit().await.unwrap();
        let mut tx = house.begin().await;
        assert_eq!(commands::ensure_codes(&house.ctx(), &mut tx, &places).await.unwrap(), 0);
        tx.commit().await.unwrap();
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let code = queries::code_of_place(c, house.district, &places[1_700]).await.unwrap().unwrap();
        assert_eq!(queries::place_of_code(c, &code).await.unwrap(), Some((house.district, places[1_700].clone())));
        let home = places[1_700].child(1).unwrap().child(4).unwrap();
        assert_eq!(queries::nearest_code(c, house.district, &home).await.unwrap(), Some(code));
        let first = queries::boards_under(c, house.district, &house.estate, "", 2).await.unwrap();
        let next = queries::boards_under(c, house.district, &house.estate, first[1].0.as_str(), 2).await.unwrap();
        assert_eq!([&first[..], &next[..]].concat().iter().map(|(p, _)| p.clone()).collect::<Vec<_>>(), places[..4]);
        assert_eq!(house.journal_kinds().await, ["board.codes_made"]);
    }

    async fn a_clash_of_codes_is_drawn_again(db: Db) {
        let house = House::open(db, vec![]).await;
        let (a, b) = (house.estate.child(1).unwrap(), house.estate.child(2).unwrap());
        // The same seed draws the same first code for another place.
        for place in [&a, &b] {
            let mut tx = house.begin().await;
            assert_eq!(commands::ensure_codes(&house.ctx_with_seed(5), &mut tx, std::slice::from_ref(place)).await.unwrap(), 1);
            tx.commit().await.unwrap();
        }
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let (code_a, code_b) = (
            queries::code_of_place(c, house.district, &a).await.unwrap().unwrap(),
            queries::code_of_place(c, house.district, &b).await.unwrap().unwrap(),
        );
        assert_ne!(code_a, code_b);
        assert_eq!(queries::place_of_code(c, &code_a).await.unwrap().unwrap().1, a);
        assert_eq!(queries::place_of_code(c, &code_b).await.unwrap().unwrap().1, b);
    }

    async fn a_notice_has_a_page_and_a_paper_of_its_own_with_its_proof(db: Db) {
        let house = House::furnished(db).await;
        let code = house.code(&house.estate).await;
        let board = house.get(&format!("/b/{code}"), &[]).await;
        let waits = "已公布，等待公开日志编号";
        assert!(board.text.contains(waits) && board.text.contains("href=\"/log/1/e/"), "{}", board.text);
        let list = house.get("/notices", &[("cookie", "linli=community_secretary")]).await;
        let page = list.text.split("href=\"/n/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let paper = house.get(&format!("/n/{page}"), &[]).await;
        for words in ["水箱清洗", "锁金三村社区居委会", "<svg class=\"qr\"", "linli.example/log/1/e/", waits] {
            assert!(paper.text.contains(words), "{words}: {}", paper.text);
        }
        let proof = board.text.split("href=\"/log/1/e/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let entry = house.get(&format!("/log/1/e/{proof}"), &[]).await;
        assert!(entry.text.contains("公告牌上的公告") && entry.text.contains(&format!("href=\"/n/{page}\"")), "{}", entry.text);
        let json = house.get(&format!("/api/v1/boards/{code}"), &[]).await;
        assert!(json.text.contains(&format!("/log/1/e/{proof}")), "{}", json.text);
        // What does not hang yet is not shown early, and nothing is shown of what never was.
        let mut tx = house.begin().await;
        let later = PostNotice { starts_at: Some(at(26, 8)), ..notice(&house.estate, "后天") };
        let later = commands::post(&house.ctx(), &mut tx, later).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(house.get(&format!("/n/1/{later}"), &[]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(house.get("/n/1/00000000-0000-7000-8000-000000000000", &[]).await.status, StatusCode::NOT_FOUND);
        house.clock.set(at(26, 9));
        assert_eq!(house.get(&format!("/n/1/{later}"), &[]).await.status, StatusCode::OK);
        let mut tx = house.begin().await;
        commands::withdraw(&house.ctx(), &mut tx, later).await.unwrap();
        tx.commit().await.unwrap();
        assert!(house.get(&format!("/n/1/{later}"), &[]).await.text.contains("已撤下"));
    }

    async fn a_notice_hangs_under_its_place_for_its_time(db: Db) {
        let house = House::open(db, vec![]).await;
        let community = house.estate.parent().unwrap();
        let elsewhere = community.child(99).unwrap();
        let mut tx = house.begin().await;
        let ctx = house.ctx();
        let everywhere = commands::post(&ctx, &mut tx, notice(&community, "全社区")).await.unwrap();
        house.clock.set(at(24, 9));
        commands::post(&ctx, &mut tx, notice(&house.entrance, "本单元")).await.unwrap();
        commands::post(&ctx, &mut tx, PostNotice { starts_at: Some(at(26, 8)), ends_at: Some(at(27, 8)), ..notice(&house.estate, "后天") }).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(house.titles(&house.entrance).await, ["本单元", "全社区"]);
        assert_eq!(house.titles(&house.estate).await, ["全社区"], "not what is posted at one entrance");
        assert_eq!(house.titles(&elsewhere).await, ["全社区"]);
        house.clock.set(at(26, 9));
        assert_eq!(house.titles(&house.estate).await, ["后天", "全社区"]);
        house.clock.set(at(27, 8));
        assert_eq!(house.titles(&house.estate).await, ["全社区"], "the end itself is past");
        let mut tx = house.begin().await;
        commands::withdraw(&ctx, &mut tx, everywhere).await.unwrap();
        assert!(matches!(commands::withdraw(&ctx, &mut tx, everywhere).await, Err(BoardError::AlreadyWithdrawn)));
        tx.commit().await.unwrap();
        assert!(house.titles(&house.estate).await.is_empty());
        assert_eq!(house.journal_kinds().await, ["board.notice_posted", "board.notice_posted", "board.notice_posted", "board.notice_withdrawn"]);
    }

    async fn what_people_wrote_is_beside_the_journal_and_not_in_it(db: Db) {
        let house = House::open(db, vec![]).await;
        let ctx = house.ctx();
        let mut tx = house.begin().await;
        let posted = commands::post(&ctx, &mut tx, PostNotice { signed: "居民王芳".into(), ..notice(&house.estate, "找猫") }).await.unwrap();
        commands::withdraw(&ctx, &mut tx, posted).await.unwrap();
        let (text, duty_phone) = (Some("接报后半小时到场".to_owned()), Some("025-0000-0333".to_owned()));
        let pledge = SetPledge { place: house.estate.clone(), text, duty_phone, valid_from: None, valid_to: None };
        commands::set_pledge(&ctx, &mut tx, pledge).await.unwrap();
        tx.commit().await.unwrap();
        let lines = house.journal().await;
        assert_eq!(lines.iter().map(|l| l.kind.as_str()).collect::<Vec<_>>(), ["board.notice_posted", "board.notice_withdrawn", "board.pledge_set"]);
        for line in lines {
            for written in ["找猫", "王芳", "半小时", "0333"] {
                assert!(!line.facts.contains(written), "{}: {}", line.kind, line.facts);
            }
            assert!(line.payload_hash.is_some(), "{} says nothing of what was written", line.kind);
        }
    }

    async fn only_who_may_posts_and_a_wrong_field_is_named(db: Db) {
        let house = House::open(db, vec![]).await;
        let mut tx = house.begin().await;
        for (role, may) in [(Role::CommunitySecretary, true), (Role::PropertyManager, true), (Role::LifeSteward, false), (Role::Administrator, false)] {
            let ctx = house.staff(role, &house.estate);
            assert_eq!(commands::post(&ctx, &mut tx, notice(&house.entrance, "试")).await.is_ok(), may, "{role}");
            assert!(matches!(commands::post(&ctx, &mut tx, notice(&house.estate.parent().unwrap(), "上面")).await, Err(BoardError::Denied(_))));
            assert!(matches!(commands::set_pledge(&ctx, &mut tx, SetPledge { place: house.estate.parent().unwrap(), text: None, duty_phone: None, valid_from: None, valid_to: None }).await, Err(BoardError::Denied(_))));
        }
        let visitor = linli_access::Ctx { actor: Actor::Visitor, ..house.ctx() };
        assert!(matches!(commands::post(&visitor, &mut tx, notice(&house.entrance, "试")).await, Err(BoardError::Denied(linli_access::Denied::Unauthenticated))));
        assert!(matches!(commands::ensure_codes(&visitor, &mut tx, std::slice::from_ref(&house.entrance)).await, Err(BoardError::Denied(_))));
        let ctx = house.ctx();
        for (field, wrong) in [
            ("title", PostNotice { title: "字".repeat(61), ..notice(&house.estate, "") }),
            ("title", notice(&house.estate, " ")),
            ("body", PostNotice { body: "\u{0}".into(), ..notice(&house.estate, "题") }),
            ("signed", PostNotice { signed: String::new(), ..notice(&house.estate, "题") }),
            ("ends_at", PostNotice { ends_at: Some(at(23, 8)), ..notice(&house.estate, "题") }),
        ] {
            match commands::post(&ctx, &mut tx, wrong).await {
                Err(BoardError::Field { field: named, .. }) => assert_eq!(named, field),
                other => panic!("{field}: {other:?}"),
            }
        }
    }

    async fn the_same_request_posts_once(db: Db) {
        let house = House::open(db, vec![]).await;
        let ctx = linli_access::Ctx { idempotency_key: Some("twice-pressed".into()), ..house.ctx() };
        let mut ids = Vec::new();
        for _ in 0..2 {
            let mut tx = house.begin().await;
            ids.push(commands::post(&ctx, &mut tx, notice(&house.estate, "一次")).await.unwrap());
            tx.commit().await.unwrap();
        }
        assert_eq!(ids[0], ids[1]);
        assert_eq!(house.titles(&house.estate).await, ["一次"]);
    }

    async fn the_nearest_pledge_and_phone_answer(db: Db) {
        let house = House::open(db, vec![]).await;
        let ctx = house.ctx();
        let set = async |place: &PlacePath, text: Option<&str>, phone: Option<&str>, from| {
            let mut tx = house.begin().await;
            commands::set_pledge(&ctx, &mut tx, SetPledge { place: place.clone(), text: text.map(str::to_owned), duty_phone: phone.map(str::to_owned), valid_from: from, valid_to: None }).await.unwrap();
            tx.commit().await.unwrap();
        };
        let community = house.estate.parent().unwrap();
        set(&community, Some("接报后 30 分钟到场"), Some("025-0000-0200"), None).await;
        set(&house.estate, None, Some("025 0000-0100"), None).await;
        set(&house.estate, Some("明年起 15 分钟到场"), None, Some(at(28, 0))).await;
        assert_eq!(house.pledge(&house.entrance).await, (Some("接报后 30 分钟到场".into()), Some("0250000-0100".into())));
        house.clock.set(at(28, 1));
        assert_eq!(house.pledge(&house.entrance).await, (Some("明年起 15 分钟到场".into()), Some("025-0000-0200".into())));
    }

    async fn the_page_answers_without_script_sign_in_or_weight(db: Db) {
        let house = House::furnished(db).await;
        let code = house.code(&house.entrance).await;
        let page = house.get(&format!("/b/{code}"), &[]).await;
        assert_eq!(page.status, StatusCode::OK);
        for expected in ["锁金三村 3栋 2单元", "tel:025-0000-0101", "tel:025-0000-0100", "tel:12345", "楼道灯不亮", "水箱清洗", &format!("/report?at={code}")] {
            assert!(page.text.contains(expected), "{expected}\n{}", page.text);
        }
        assert!(!page.text.contains("<script") && !page.text.contains("style=\""));
        let before = |a: &str, b: &str| page.text.find(a).unwrap() < page.text.find(b).unwrap();
        assert!(before("tel:025-0000-0101", "tel:025-0000-0100") && before("tel:025-0000-0100", "tel:12345") && before("tel:12345", "楼道灯不亮"));
        // What the first load weighs on the wire: the page and both style sheets.
        let mut bytes = house.get(&format!("/b/{code}"), &[("accept-encoding", "gzip")]).await.bytes;
        for url in page.text.split('"').filter(|part| part.ends_with(".css")) {
            let sheet = house.get(url, &[("accept-encoding", "gzip")]).await;
            assert_eq!(sheet.status, StatusCode::OK);
            bytes += sheet.bytes;
        }
        assert!(bytes < 60_000, "{bytes} bytes");
    }

    async fn who_has_the_page_is_not_sent_it_again(db: Db) {
        let house = House::furnished(db).await;
        let url = format!("/b/{}", house.code(&house.entrance).await);
        let first = house.get(&url, &[("accept-encoding", "gzip")]).await;
        let tag = first.header("etag").to_owned();
        assert_eq!(first.header("content-encoding"), "gzip");
        let again = house.get(&url, &[("if-none-match", &tag)]).await;
        assert_eq!((again.status, again.bytes), (StatusCode::NOT_MODIFIED, 0));
        let english = house.get(&format!("{url}?lang=en"), &[("if-none-match", &tag)]).await;
        assert_eq!(english.status, StatusCode::OK);
        assert!(english.text.contains("Who to call") && english.header("set-cookie").contains("linli_lang=en"));
        let elder = house.get(&url, &[("cookie", "linli_elder=1; linli_lang=en")]).await;
        assert!(elder.text.contains("class=\"elder\"") && elder.text.contains(&format!("{url}?lang=zh-CN&#38;elder=1")), "{}", elder.text);
    }

    async fn what_happens_shows_at_once_and_age_ends_a_page(db: Db) {
        let house = House::furnished(db).await;
        let url = format!("/b/{}", house.code(&house.entrance).await);
        let before = house.get(&url, &[]).await;
        assert_eq!(house.get(&url, &[]).await.header("etag"), before.header("etag"));
        let mut tx = house.begin().await;
        commands::post(&house.ctx(), &mut tx, notice(&house.estate, "刚刚贴上")).await.unwrap();
        tx.commit().await.unwrap();
        house.until(async || house.get(&url, &[]).await.text.contains("刚刚贴上")).await;
        let seen = house.get(&url, &[]).await;
        house.section.finish();
        assert_eq!(house.get(&url, &[]).await.header("etag"), seen.header("etag"), "nobody said that anything happened");
        house.clock.advance_secs(60);
        assert!(house.get(&url, &[]).await.text.contains("最近办好"));
    }

    async fn a_secretary_posts_and_takes_down_on_pages(db: Db) {
        let house = House::furnished(db).await;
        let secretary = "community_secretary";
        let form = house.get("/notices/new", &[("cookie", "linli=community_secretary")]).await;
        assert!(form.text.contains(&format!("<option value=\"{}\">锁金三村</option>", house.estate)), "{}", form.text);
        let filled = format!("idempotency_key=once-only&kind=result&title=%E8%AE%AE%E4%BA%8B%E7%BB%93%E6%9E%9C&body=x&signed=y&place={}&ends_at=2026-11-30", house.estate);
        for _ in 0..2 {
            let posted = house.submit("/notices", secretary, &filled).await;
            assert_eq!((posted.status, posted.header("location")), (StatusCode::SEE_OTHER, "/notices"));
        }
        let url = format!("/b/{}", house.code(&house.entrance).await);
        house.until(async || house.get(&url, &[]).await.text.contains("议事结果</h3>")).await;
        assert!(house.get(&url, &[]).await.text.contains("至 2026年11月30日"));
        let list = house.get("/notices", &[("cookie", "linli=community_secretary")]).await;
        assert_eq!(list.text.matches("<strong>议事结果</strong>").count(), 1, "pressed twice, posted once");
        let own = list.text.split_once("<strong>议事结果").unwrap().1;
        let down = own.split('"').find(|part| part.ends_with("/withdraw")).unwrap().to_owned();
        assert_eq!(house.submit(&down, secretary, "").await.status, StatusCode::SEE_OTHER);
        house.until(async || !house.get(&url, &[]).await.text.contains("议事结果</h3>")).await;
        // What is wrong is named, and what was typed stays.
        let wrong = house.submit("/notices", secretary, "kind=result&title=kept&ends_at=2026-11-31").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        for expected in ["href=\"#f-body\"", "href=\"#f-place\"", "href=\"#f-ends_at\"", "value=\"kept\""] {
            assert!(wrong.text.contains(expected), "{expected}\n{}", wrong.text);
        }
        let elsewhere = format!("kind=result&title=t&body=x&signed=y&place={}", house.deserted);
        assert_eq!(house.submit("/notices", secretary, &elsewhere).await.status, StatusCode::FORBIDDEN);
        for (who, status) in [("life_steward", StatusCode::FORBIDDEN), ("nobody", StatusCode::UNAUTHORIZED)] {
            assert_eq!(house.submit("/notices", who, &filled).await.status, status, "{who}");
            assert_eq!(house.submit(&down, who, "").await.status, status, "{who}");
            assert_eq!(house.get("/notices", &[("cookie", &format!("linli={who}"))]).await.status, status, "{who}");
        }
    }

    async fn an_unknown_code_says_what_to_do(db: Db) {
        let house = House::furnished(db).await;
        for wrong in ["0000000", "abc", "7k2m9pq"] {
            let page = house.get(&format!("/b/{wrong}"), &[]).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND);
            assert!(page.text.contains("12345"));
        }
        let code = house.code(&house.entrance).await;
        let loud = house.get(&format!("/b/{}", code.as_str().to_uppercase()), &[]).await;
        assert_eq!((loud.status, loud.header("location")), (StatusCode::PERMANENT_REDIRECT, format!("/b/{code}").as_str()));
        let typed = house.get(&format!("/b?code={}", code.spaced().replace(' ', "+")), &[]).await;
        assert_eq!((typed.status, typed.header("location")), (StatusCode::SEE_OTHER, format!("/b/{code}").as_str()));
        let mistyped = house.get("/b?code=7k2+m9pq", &[]).await;
        assert_eq!(mistyped.status, StatusCode::NOT_FOUND);
        assert!(mistyped.text.contains("7k2 m9pq"), "what was typed stays");
        assert_eq!(house.get("/b", &[]).await.status, StatusCode::OK);
    }

    async fn nobody_appointed_is_said_and_a_number_given(db: Db) {
        let house = House::furnished(db).await;
        let bare = house.get(&format!("/b/{}", house.code(&house.deserted).await), &[]).await;
        assert!(bare.text.contains("还没有安排") && bare.text.contains("tel:12345") && bare.text.contains("还没有登记"), "{}", bare.text);
        let next_door = house.entrance.parent().unwrap();
        let mut tx = house.begin().await;
        commands::ensure_codes(&house.ctx(), &mut tx, std::slice::from_ref(&next_door)).await.unwrap();
        tx.commit().await.unwrap();
        let partly = house.get(&format!("/b/{}", house.code(&next_door).await), &[]).await;
        assert!(partly.text.contains("生活管家暂未安排") && partly.text.contains("周建国"), "{}", partly.text);
    }

    async fn the_same_in_json_and_on_paper(db: Db) {
        let house = House::furnished(db).await;
        let code = house.code(&house.entrance).await;
        let json: serde_json::Value = serde_json::from_str(&house.get(&format!("/api/v1/boards/{code}"), &[]).await.text).unwrap();
        assert_eq!(json["duty_phone"], "025-0000-0100");
        assert_eq!(json["contacts"][0]["role"], "life_steward");
        assert_eq!(json["working"][0]["promised"], "2026-11-25T18:00:00+08:00");
        let missing = house.get("/api/v1/boards/abc", &[]).await;
        assert_eq!((missing.status, missing.header("content-type")), (StatusCode::NOT_FOUND, "application/problem+json"));
        for size in ["a4", "a3"] {
            let paper = house.get(&format!("/b/{code}/print?size={size}"), &[]).await;
            assert!(paper.text.contains("<svg class=\"qr\"") && paper.text.contains(&format!("linli.example/b/{code}")), "{size}");
            assert_eq!(paper.text.contains("楼道灯不亮"), size == "a3");
        }
    }
}

#[test]
fn every_text_is_there_in_both_languages() {
    let texts =
        Texts::new(&[linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_record::TEXTS, linli_board::TEXTS]).unwrap();
    let sources = [
        include_str!("../templates/board.html"),
        include_str!("../templates/board-find.html"),
        include_str!("../templates/board-print.html"),
        include_str!("../templates/board-notices.html"),
        include_str!("../templates/board-notice.html"),
        include_str!("../templates/board-notice-new.html"),
        include_str!("../templates/board-pledge.html"),
        include_str!("../templates/board-pledges.html"),
        include_str!("../src/pledge.rs"),
        include_str!("../src/post.rs"),
        include_str!("../src/view.rs"),
        include_str!("../src/pages.rs"),
        include_str!("../src/print.rs"),
    ];
    assert_eq!(texts.check_templates(&sources), Vec::<String>::new());
    for kind in NoticeKind::ALL {
        assert!(texts.has(&format!("board-kind-{}", kind.as_str())));
    }
    for role in linli_board::rules::ON_BOARD {
        assert!(texts.has(&format!("role-{role}")));
    }
    for error in [
        BoardError::UnknownCode,
        BoardError::UnknownPlace,
        BoardError::UnknownNotice,
        BoardError::AlreadyWithdrawn,
        BoardError::NoFreeCode,
    ] {
        assert!(texts.has(&error.code().text_key()), "{error}");
    }
}
