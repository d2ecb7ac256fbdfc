//! The pages of organisations, through the real router.

use http::StatusCode;
use linli_db::Db;

use crate::house::{COMMUNITY, DESK, SECRETARY, STEWARD};
use crate::units::{LAMPS, WATER};
use crate::web::{Web, picture};

linli_db::both_databases! {
    /// A dispatcher makes a link and gives a case; the organisation does the rest on its own page, without an account.
    async fn an_organisation_works_on_its_own_page(db: Db) {
        let web = Web::open(db).await;
        web.house.organisations().await;
        let reported = web.house.lamp().await;
        let id = reported.id;
        let page = web.get("/units", Some(SECRETARY)).await;
        assert!(page.text.contains("市自来水公司") && !page.text.contains("区医院") && page.text.contains("90 天"), "{}", page.text);
        assert_eq!(web.get("/units", Some(STEWARD)).await.status, StatusCode::FORBIDDEN);
        let wrong = web.post("/units", Some(SECRETARY), "unit=").await;
        assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("请从列出的单位中选择"), "{}", wrong.text);
        let made = web.post("/units", Some(SECRETARY), &format!("unit={WATER}&idempotency_key=make-link-1")).await;
        let token = made.text.split("https://linli.example/u/").nth(1).unwrap().split('<').next().unwrap().to_owned();
        let own = format!("/u/{token}");
        assert!(web.get(&own, None).await.text.contains("现在没有派给你们的事"));

        let case = web.get(&format!("/cases/{id}"), Some(DESK)).await;
        assert!(case.text.contains(&format!("action=\"/cases/{id}/entrust\"")) && !case.text.contains("吹哨：请到现场报到"), "{}", case.text);
        let given = web.post(&format!("/cases/{id}/entrust"), Some(DESK), &format!("unit={WATER}&form=entrust&idempotency_key=entrust-01")).await;
        assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.text);
        let case = web.get(&format!("/cases/{id}"), Some(DESK)).await;
        assert!(case.text.contains("派给 市自来水公司"), "{}", case.text);
        let list = web.get(&own, None).await;
        assert!(list.text.contains("待办 1 件") && list.text.contains(&format!("{own}/cases/{id}")), "{}", list.text);
        let at = format!("{own}/cases/{id}");
        web.house.clock.advance_secs(1);
        let seen = web.get(&at, None).await;
        for word in ["三楼楼道灯不亮", "锁金三村 3栋 2单元", "为什么是这个时间", "2 个工作日", "签收，开始办理", "noindex"] {
            assert!(seen.text.contains(word), "{word} is not in {}", seen.text);
        }
        assert_eq!(web.post(&format!("{at}/take"), None, "idempotency_key=unit-take-1").await.location, at);
        // Taken twice: how it stands is shown on the case, with what happened.
        let twice = web.post(&format!("{at}/take"), None, "idempotency_key=unit-take-2").await;
        assert_eq!(twice.status, StatusCode::CONFLICT, "{}", twice.text);
        for word in ["id=\"errors\"", "href=\"#f-case\"", "id=\"f-case\"", "三楼楼道灯不亮", &format!("href=\"{own}\"")] {
            assert!(twice.text.contains(word), "{word} is not in {}", twice.text);
        }
        let wrong = web.post(&format!("{at}/return"), None, "reason=&idempotency_key=unit-back-1").await;
        assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("id=\"errors\""), "{}", wrong.text);
        let asked = web.post(&format!("{at}/ask-time"), None, "clock=one_day&reason=缺货&idempotency_key=unit-time-1").await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text);
        assert!(web.get(&at, None).await.text.contains("已申请延期，等待答复"));
        assert!(web.get(&format!("/cases/{id}"), Some(DESK)).await.text.contains("承办单位申请延期：1 个工作日"));
        let bare = web.post_files(&format!("{at}/finish"), None, &[("idempotency_key", "unit-done-0")], None).await;
        assert!(bare.status == StatusCode::UNPROCESSABLE_ENTITY && bare.text.contains("请拍一张处理后的照片"), "{}", bare.text);
        let done = web.post_files(&format!("{at}/finish"), None, &[("done", "换好了"), ("idempotency_key", "unit-done-1")], Some(&picture())).await;
        assert_eq!((done.status, done.location.as_str()), (StatusCode::SEE_OTHER, at.as_str()), "{}", done.text);
        assert_eq!(web.get(&format!("{at}/thumb/1"), None).await.status, StatusCode::OK);
        assert_eq!(web.get(&format!("/u/{}/cases/{id}/photo/1", "A".repeat(40)), None).await.status, StatusCode::NOT_FOUND);
        assert!(web.get(&own, None).await.text.contains("已办完，等待确认 1 件"));
        let theirs = web.get(&format!("/r/{}", reported.link.secret_text()), None).await;
        assert!(theirs.text.contains("市自来水公司") && !theirs.text.contains("申请延期"), "{}", theirs.text);

        let opened = web.get("/units", Some(SECRETARY)).await.text;
        assert!(opened.contains("打开过"), "{opened}");
        let link = opened.split("href=\"/units/").nth(1).unwrap()[..36].to_owned();
        assert!(web.get(&format!("/units/{link}"), Some(SECRETARY)).await.text.contains("2026-000001"));
        assert_eq!(web.post(&format!("/units/{link}/revoke"), Some(SECRETARY), "").await.status, StatusCode::SEE_OTHER);
        let shut = web.get(&own, None).await;
        assert!(shut.status == StatusCode::GONE && shut.text.contains("已经停用或过期"), "{}", shut.text);
    }

    /// An officer whistles; the organisation says when it comes, on its page; the desk sees it.
    async fn a_whistle_on_the_pages(db: Db) {
        let web = Web::open(db).await;
        web.house.organisations().await;
        let id = web.house.lamp().await.id;
        let link = web.house.unit_link(SECRETARY, WATER, COMMUNITY).await.unwrap();
        let whistle = |more: &str| format!("kind=whistle&matter=请到场&form=call&{more}");
        let wrong = web.post(&format!("/cases/{id}/call"), Some(SECRETARY), &whistle("answer_by=morgen")).await;
        assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("id=\"errors\""), "{}", wrong.text);
        let none = web.post(&format!("/cases/{id}/call"), Some(SECRETARY), &whistle("")).await;
        assert!(none.status == StatusCode::UNPROCESSABLE_ENTITY && none.text.contains("href=\"#f-unit\"") && none.text.contains("id=\"f-unit\""), "{}", none.text);
        let units = format!("unit={WATER}&unit={LAMPS}&answer_by=2026-11-24T12:00&idempotency_key=whistle-01");
        let called = web.post(&format!("/cases/{id}/call"), Some(SECRETARY), &whistle(&units)).await;
        assert_eq!(called.status, StatusCode::SEE_OTHER, "{}", called.text);
        let at = format!("/u/{}/cases/{id}", link.token.secret_text());
        let seen = web.get(&at, None).await.text;
        assert!(seen.contains("请市自来水公司到现场报到") && seen.contains("等待答复") && !seen.contains("签收，开始办理") && !seen.contains("明亮"), "{seen}");
        let call = seen.split("name=\"call\" value=\"").nth(1).unwrap()[..36].to_owned();
        let form = |more: &str| format!("call={call}&kind=whistle&{more}");
        let wrong = web.post(&format!("{at}/answer-call"), None, &form("answer=yes&comes_at=")).await;
        assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("id=\"f-comes_at\""), "{}", wrong.text);
        let comes = web.post(&format!("{at}/answer-call"), None, &form("answer=yes&comes_at=2026-11-24T11:30&words=王工&idempotency_key=comes-0001")).await;
        assert_eq!(comes.status, StatusCode::SEE_OTHER, "{}", comes.text);
        let desk = web.get(&format!("/cases/{id}"), Some(DESK)).await.text;
        assert!(desk.contains("11:30 到场") && desk.contains("请明亮照明维保到现场报到") && desk.contains("王工"), "{desk}");
    }

    /// Among many organisations the one that had the like here before stands on top, with how often; the others by name.
    async fn who_had_the_like_here_before_is_offered_first(db: Db) {
        let web = Web::open(db).await;
        let house = &web.house;
        house.organisations().await;
        let options = |page: &str| -> Vec<String> {
            let (_, from) = page.split_once("name=\"unit\" aria-required").unwrap();
            let (select, _) = from.split_once("</select>").unwrap();
            select.split("<option value=\"").skip(2).filter_map(|rest| rest.split('>').nth(1)?.split('<').next()).map(str::to_owned).collect()
        };
        let open = async |id: linli_cases::CaseId| options(&web.get(&format!("/cases/{id}"), Some(DESK)).await.text);
        let new = house.lamp().await.id;
        assert_eq!(open(new).await, ["市自来水公司", "明亮照明维保"], "by name where nobody had any");
        for _ in 0..2 {
            let id = house.lamp().await.id;
            house.entrust(DESK, id, LAMPS).await.unwrap();
        }
        assert_eq!(open(new).await, ["明亮照明维保（同类办过 2 件）", "市自来水公司"]);
        let pipe = crate::house::lamp();
        let pipe = linli_cases::commands::NewReport { class: Some("water_pipe".to_owned()), ..pipe };
        let other = house.report(&house.visitor(), pipe).await.unwrap().id;
        assert_eq!(open(other).await, ["市自来水公司", "明亮照明维保"], "another class is another thing");
        // A health station is not for lamps: it stands after all others, under a heading of its own, and can be given one all the same.
        let station = linli_people::model::OrganisationId(uuid::Uuid::from_u128(504));
        let mut tx = house.db.begin(crate::house::DISTRICT).await.unwrap();
        let put = "INSERT INTO organisation (district_id, id, kind, name) VALUES (1, $1, 'health_station', '一号卫生站')";
        linli_db::exec!(&mut tx.conn().unwrap(), sqlx::query(put).bind(station)).unwrap();
        tx.commit().await.unwrap();
        let page = web.get(&format!("/cases/{new}"), Some(DESK)).await.text;
        assert_eq!(options(&page), ["明亮照明维保（同类办过 2 件）", "市自来水公司", "一号卫生站"]);
        let (_, last) = page.split_once("<optgroup label=\"一般不办这类事的单位\">").unwrap();
        assert!(last.split("</optgroup>").next().unwrap().contains("一号卫生站"), "{page}");
        // So on the page of links: whoever mends things first, by name.
        let links = web.get("/units", Some(SECRETARY)).await.text;
        let (first, last) = links.split_once("<optgroup label=\"只办专门事项的单位\">").unwrap();
        assert!(first.contains("市自来水公司") && !first.contains("一号卫生站") && last.contains("一号卫生站"), "{links}");
        house.entrust(DESK, new, station).await.unwrap();
        let again = house.lamp().await.id;
        let page = web.get(&format!("/cases/{again}"), Some(DESK)).await.text;
        assert!(options(&page).contains(&"一号卫生站（同类办过 1 件）".to_owned()) && !page.contains("<optgroup"), "who had one is among the others");
    }
}
