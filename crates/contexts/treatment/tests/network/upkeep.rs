//! Keeping the register through the pages: grids, places, hours, closed days, staff, ends.

use http::StatusCode;
use linli_db::Db;
use linli_treatment::model::{InstitutionKind, Level, UnitKind};

use crate::house::{DOCTOR, MANAGER, OFFICER, at};
use crate::web::{Web, has};

const HOSPITAL: (InstitutionKind, Level) = (InstitutionKind::Hospital, Level::Tertiary);
const SECOND: (InstitutionKind, Level) = (InstitutionKind::Hospital, Level::Second);
const CENTRE: (InstitutionKind, Level) = (InstitutionKind::HealthCentre, Level::Primary);

linli_db::both_databases! {
    async fn a_grid_is_founded_joined_and_given_its_places(db: Db) {
        let web = Web::open(db).await;
        let (lead, second) = (web.house.institution("H1", "东院", HOSPITAL).await, web.house.institution("H2", "西院", SECOND).await);
        let centre = web.house.institution("C1", "锁金中心", CENTRE).await;
        let page = |id| format!("/network/1/{id}/upkeep");
        has(&web.get("/network/grids", OFFICER).await, &["这一天没有救治网格", "不在任何网格里（3）", "锁金中心"]);
        // Only whoever keeps the register: neither a bed manager nor a doctor.
        for who in [MANAGER, DOCTOR] {
            assert_eq!(web.get(&page(lead), who).await.status, StatusCode::FORBIDDEN);
            assert_eq!(web.post(&page(lead), who, "do=lead&code=G1&name=x&kind=general").await.status, StatusCode::FORBIDDEN);
        }
        has(&web.get(&format!("{}?do=lead", page(lead)), OFFICER).await, &["建立由它牵头的网格", "综合", "儿科"]);
        assert!(!web.get(&page(second), OFFICER).await.text.contains("建立由它牵头的网格"), "level two leads none");
        let refused = web.post(&page(second), OFFICER, "do=lead&code=G1&name=G&kind=general").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let made = web.post(&page(lead), OFFICER, "do=lead&code=G1&name=%E4%B8%9C%E7%89%87&kind=general").await;
        assert_eq!((made.status, made.location), (StatusCode::SEE_OTHER, format!("/network/1/{lead}")), "{}", made.text);
        let form = web.get(&format!("{}?do=grid", page(second)), OFFICER).await;
        let grid = form.text.split("<option value=\"1/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        for id in [second, centre] {
            let joined = web.post(&page(id), OFFICER, &format!("do=grid&grid=1%2F{grid}")).await;
            assert_eq!(joined.status, StatusCode::SEE_OTHER, "{}", joined.text);
        }
        let nowhere = web.post(&page(centre), OFFICER, "do=catchment&place=%E6%B2%A1%E6%9C%89").await;
        assert_eq!(nowhere.status, StatusCode::UNPROCESSABLE_ENTITY);
        let placed = web.post(&page(centre), OFFICER, "do=catchment&place=320102001001").await;
        assert_eq!(placed.status, StatusCode::SEE_OTHER, "{}", placed.text);
        let seen = web.get("/network/grids", OFFICER).await;
        has(&seen, &["东片", "3 家机构", "牵头", "片区：锁金社区"]);
        assert!(!seen.text.contains("不在任何网格里"));
        // Yesterday stays what it was.
        has(&web.get("/network/grids?day=2026-12-14", OFFICER).await, &["这一天没有救治网格", "不在任何网格里（3）"]);
    }

    async fn hours_closed_days_staff_and_ends_are_kept(db: Db) {
        let web = Web::open(db).await;
        let (one, other) = (web.house.institution("H1", "东院", HOSPITAL).await, web.house.institution("H2", "西院", HOSPITAL).await);
        let (clinic, foreign) =
            (web.house.unit(one, UnitKind::FeverClinic, "发热门诊").await, web.house.unit(other, UnitKind::FeverClinic, "别家").await);
        let (page, shown) = (format!("/network/1/{one}/upkeep"), format!("/network/1/{one}"));
        has(&web.get(&shown, OFFICER).await, &["变更登记"]);
        assert!(!web.get(&shown, MANAGER).await.text.contains("变更登记"));
        let hours = |unit| format!("do=hours&unit={unit}&hours=8:00-17:00&from=2026-12-15");
        assert_eq!(web.post(&page, OFFICER, &hours(foreign)).await.status, StatusCode::UNPROCESSABLE_ENTITY, "a unit of another house");
        assert_eq!(web.post(&page, OFFICER, &hours(clinic)).await.status, StatusCode::SEE_OTHER);
        has(&web.get(&shown, OFFICER).await, &["每天 08:00–17:00"]);
        let closed = format!("do=closed_day&unit={clinic}&day=2026-12-16");
        assert_eq!(web.post(&page, OFFICER, &closed).await.status, StatusCode::SEE_OTHER);
        has(&web.get(&shown, OFFICER).await, &["停诊：2026年12月16日"]);
        has(&web.get(&format!("{page}?do=closed_day"), OFFICER).await, &["已登记的停诊日", "照常开诊"]);
        assert_eq!(web.post(&page, OFFICER, &format!("{closed}&open=1")).await.status, StatusCode::SEE_OTHER);
        assert!(!web.get(&shown, OFFICER).await.text.contains("停诊："));
        assert_eq!(web.post(&page, OFFICER, &closed.replace("16", "14")).await.status, StatusCode::UNPROCESSABLE_ENTITY, "over");
        // Numbers of staff: its own, and one kind that others sent; the next look shows both, and a number that is none is named.
        let staff = "do=staffing&from=2026-12-15&own-doctor-intensive_care=16&own-nurse-intensive_care=0";
        let wrong = web.post(&page, OFFICER, &staff.replace("=16", "=many")).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        has(&wrong, &["请填整数", "value=\"many\""]);
        let sent = format!("{staff}&seconded_from=%E8%A5%BF%E9%99%A2&profession=nurse&training=emergency&headcount=4");
        assert_eq!(web.post(&page, OFFICER, &sent).await.status, StatusCode::SEE_OTHER);
        has(&web.get(&shown, OFFICER).await, &["医师（重症医学）", "护士（急诊）", "西院支援"]);
        has(&web.get(&format!("{page}?do=staffing"), OFFICER).await, &["name=\"sent-0\"", "value=\"16\"", "value=\"4\""]);
        // What is known of it: what was not touched stays, an old form does not write over a new one.
        let form = web.get(&page, OFFICER).await;
        let version = form.text.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        has(&form, &["name=\"name\"", "value=\"东院\""]);
        let data = format!("do=data&version={version}&name=%E4%B8%9C%E6%96%B9%E5%8C%BB%E9%99%A2&kind=hospital&level=tertiary&place=320102&phone=025-1&capability=ecmo");
        assert_eq!(web.post(&page, OFFICER, &data).await.status, StatusCode::SEE_OTHER);
        has(&web.get(&shown, OFFICER).await, &["ECMO", "025-1", "H1", "东方医院"]);
        assert_eq!(web.post(&page, OFFICER, &data).await.status, StatusCode::CONFLICT);
        // Ends.
        assert_eq!(web.post(&page, OFFICER, &format!("do=close_unit&unit={clinic}")).await.status, StatusCode::SEE_OTHER);
        has(&web.get(&shown, OFFICER).await, &["已撤销的科室（1）"]);
        has(&web.post(&page, OFFICER, "do=close").await, &["确实要注销东方医院"]);
        assert_eq!(web.post(&page, OFFICER, "do=close&sure=1&from=2026-12-20").await.status, StatusCode::SEE_OTHER);
        has(&web.get(&shown, OFFICER).await, &["已于"]);
        web.house.clock.set(at(21, 9, 0));
        assert!(!web.get("/network", OFFICER).await.text.contains("东方医院"));
    }
}
