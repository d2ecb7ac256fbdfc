//! The board of the grid and of the city, through the real router.

use http::StatusCode;
use linli_db::Db;
use linli_treatment::commands::beds::NewEntry;
use linli_treatment::model::beds::{BedType, EntryKind};
use linli_treatment::model::referrals::Severity;

use crate::house::{
    CENTRE, CENTRE_BEDS, CENTRE_WARD, COORDINATOR, DOCTOR, FAR, LEAD, LEAD_BEDS, LEAD_ICU, NEAR, NEXT, NEXT_BEDS, NEXT_ICU,
    OFFICER, SECRETARY, count,
};
use crate::referral::up;
use crate::web::Web;

linli_db::both_databases! {
    /// The suggestion is taken as it is shown; the bed is held; what was decided can be read.
    async fn a_suggestion_is_accepted_on_the_board(db: Db) {
        let web = Web::open(db).await;
        let empty = web.get("/grid", COORDINATOR).await;
        assert!(empty.status == StatusCode::OK && empty.text.contains("现在没有人等待床位"), "{}", empty.text);
        web.house.icu(LEAD_BEDS, LEAD_ICU, 2).await;
        web.house.icu(NEXT_BEDS, NEXT_ICU, 4).await;
        let id = web.house.ask(DOCTOR, up(Severity::Severe)).await.unwrap();
        web.house.post().await;
        let board = web.get("/grid", COORDINATOR).await;
        for words in ["重症 1 人", "在锁金村社区卫生服务中心等待", "正在询问秦淮中心医院", "秦淮中心医院 · 重症医学科 · 重症监护", "2 处具备条件的床位中最近",
            "不采纳的代价：", "车辆数未知", "空 2 张", "规则未核实"] {
            assert!(board.text.contains(words), "{words}: {}", board.text);
        }
        assert!(!board.text.contains("张奶奶"), "nobody's name is on this board");
        let key = format!("{NEAR}-{id}");
        let to = |house, unit| format!("{FAR}/{house}/{unit}/icu");
        let other = web.post("/grid/decide", COORDINATOR, &format!("do=accept&whom={key}&to={}", to(NEXT, NEXT_ICU))).await;
        assert!(other.status == StatusCode::CONFLICT && other.text.contains("建议已更新"), "what is accepted is what is suggested");
        let silent = web.post("/grid/decide", COORDINATOR, &format!("do=override&whom={key}&to={}", to(NEXT, NEXT_ICU))).await;
        assert!(silent.status == StatusCode::UNPROCESSABLE_ENTITY && silent.text.contains("href=\"#f-why\""), "{}", silent.text);
        let taken = web.post("/grid/decide", COORDINATOR, &format!("do=accept&whom={key}&to={}", to(LEAD, LEAD_ICU))).await;
        assert_eq!((taken.status, taken.location.as_str()), (StatusCode::SEE_OTHER, "/grid"), "{}", taken.text);
        assert_eq!(web.house.taken(LEAD_BEDS, LEAD_ICU).await, (0, 1, 1));
        let board = web.get("/grid", COORDINATOR).await.text;
        assert!(board.contains("正在来的患者") && board.contains("从锁金村社区卫生服务中心到秦淮中心医院") && board.contains("预留 1 张"), "{board}");
        let history = web.get("/grid/history", COORDINATOR).await.text;
        assert!(history.contains("按建议") && history.contains("当时建议：秦淮中心医院"), "{history}");
        web.house.whole().await;
    }

    /// Who may step down is marked and asked for on the board; the suggestion names the chain.
    async fn the_chain_is_on_the_board(db: Db) {
        let web = Web::open(db).await;
        let lies = web.house.li_lies_at_the_lead().await;
        web.house.enter(CENTRE_BEDS, count(CENTRE_WARD, BedType::Infusion, EntryKind::Open, 4)).await.unwrap();
        web.house.ask(DOCTOR, up(Severity::Severe)).await.unwrap();
        web.house.post().await;
        let board = web.get("/grid", LEAD_BEDS).await.text;
        assert!(board.contains("没有建议：床位都满了") && board.contains("标为可下转"), "{board}");
        let href = format!("/grid/step-down/{lies}-1");
        let silent = web.post(&href, LEAD_BEDS, "do=mark&wants=infusion&need=oxygen&consent=family&continuing=").await;
        assert!(silent.status == StatusCode::UNPROCESSABLE_ENTITY && silent.text.contains("href=\"#f-continuing\""), "{}", silent.text);
        let form = "do=mark&wants=infusion&need=oxygen&consent=family&continuing=%E5%90%B8%E6%B0%A7";
        assert_eq!(web.post(&href, LEAD_BEDS, form).await.status, StatusCode::SEE_OTHER);
        let board = web.get("/grid", COORDINATOR).await.text;
        assert!(board.contains("先要有人下转") && board.contains("转到锁金村社区卫生服务中心 · 康复病区"), "{board}");
        let asked = web.post(&href, LEAD_BEDS, &format!("do=ask&to={NEAR}/{CENTRE}")).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text);
        assert!(web.get("/grid", LEAD_BEDS).await.text.contains("已请求下转"));
        assert!(web.get("/inbound", CENTRE_BEDS).await.text.contains("吸氧"));
        web.house.whole().await;
    }

    async fn the_officer_sees_numbers_and_no_patient(db: Db) {
        let web = Web::open(db).await;
        web.house.icu(LEAD_BEDS, LEAD_ICU, 1).await;
        web.house.enter(NEXT_BEDS, count(NEXT_ICU, BedType::Icu, EntryKind::Open, 3)).await.unwrap();
        for severity in [Severity::Critical, Severity::Severe] {
            let mut new = up(severity);
            new.patient.id_number = format!("X1{severity}");
            web.house.ask(DOCTOR, new).await.unwrap();
        }
        web.house.post().await;
        let city = web.get("/city", OFFICER).await;
        assert_eq!(city.status, StatusCode::OK);
        // In place and convertible are two states; of a share that was published without a base no base is made up.
        assert!(!city.text.contains("145.7%"), "nobody told of observation beds");
        for (kind, amount, within) in [(EntryKind::InPlace, 2_472, None), (EntryKind::Convertible, 1_312, Some(24))] {
            let told = count(LEAD_ICU, BedType::Observation, kind, amount);
            web.house.enter(LEAD_BEDS, NewEntry { within_hours: within, ..told }).await.unwrap();
        }
        let stock = web.get("/city", OFFICER).await.text;
        for words in [">2472<", ">1312<", "可转换相当于实有 2472 张的 53.1%", "公布：扩容 145.7%，基数未公布，照列", "第 433 场"] {
            assert!(stock.contains(words), "{words}: {stock}");
        }
        for words in ["危重等待", "G01", "1 个病区未报", "不够", "2 张转诊单等这家机构答复", "<svg", "data-label=\"可用\">未报", "data-label=\"可用\">1<"] {
            assert!(city.text.contains(words), "{words}: {}", city.text);
        }
        // Each grid has a number on the map and its name in the list beneath; nothing is written beside a dot that could be cut.
        let (map, list) = city.text.split_once("<figcaption>").unwrap();
        let map = map.rsplit_once("<svg viewBox=").unwrap().1;
        assert!(map.contains(">1</text>") && map.contains("公里") && list.split("</figcaption>").next().unwrap().contains("G01"), "{map}");
        let written = |text: &str| text.split("<text").skip(1).filter_map(|one| one.split('>').nth(1)?.split('<').next()).all(|one| one.chars().count() <= 6);
        assert!(written(map), "{map}");
        let worst = city.text.find("不够").unwrap();
        assert!(city.text.find("未报</span>").is_none_or(|other| worst < other), "the worst first");
        let grid = web.get("/grid", OFFICER).await.text;
        assert!(grid.contains("危重 1 人") && grid.contains("这里只显示人数") && !grid.contains("在锁金村社区卫生服务中心等待"), "{grid}");
        let one = grid.split("href=\"/grid?grid=").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
        assert!(web.get(&format!("/grid?grid={one}"), OFFICER).await.text.contains("aria-current=\"true\""));
        assert_eq!(web.post("/grid/decide", OFFICER, "do=accept").await.status, StatusCode::FORBIDDEN);
        for uri in ["/grid", "/city", "/grid/history", "/grid/live"] {
            assert_eq!(web.get(uri, SECRETARY).await.status, StatusCode::FORBIDDEN, "{uri}");
            assert_eq!(web.get(uri, DOCTOR).await.status, StatusCode::FORBIDDEN, "{uri}");
        }
        assert!(web.get("/city", COORDINATOR).await.text.contains("全市床位供需"));
    }

    async fn vehicles_are_told_on_the_board(db: Db) {
        let web = Web::open(db).await;
        let grid = format!("{FAR}/00000000-0000-0000-0000-0000000002bd");
        let board = web.get("/grid", COORDINATOR).await.text;
        assert!(board.contains(&format!("value=\"{grid}\"")), "{board}");
        let wrong = web.post("/grid/fleet", COORDINATOR, &format!("grid={grid}&vehicles=many")).await;
        assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("href=\"#f-vehicles\""), "{}", wrong.text);
        assert_eq!(web.post("/grid/fleet", COORDINATOR, &format!("grid={grid}&vehicles=3")).await.status, StatusCode::SEE_OTHER);
        assert!(web.get("/grid", COORDINATOR).await.text.contains("空闲 3 辆"));
        assert_eq!(web.post("/grid/fleet", LEAD_BEDS, &format!("grid={grid}&vehicles=3")).await.status, StatusCode::FORBIDDEN);
    }
}
