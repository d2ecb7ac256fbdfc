//! From the doorbell to the bed and home again: a silent day, a visit, a reading of 92, a referral into another district, a bed that is held, a
//! step down, home, and the watch that goes on. Everything by the pages of those whose work it is.

use std::sync::Arc;

use linli_care::follow::commands::{self as follow, NewFollowed};
use linli_care::follow::model::{Disease, Factors, Vaccination};
use linli_care::{CarePersonId, Purpose, WatchPlan, consent};
use linli_db::sql;
use linli_people::model::OrganisationId;
use linli_territory::commands::DivisionInput;
use linli_treatment::commands::grids;
use linli_treatment::commands::institutions::{NewInstitution, NewUnit, add_unit, register};
use linli_treatment::model::{GridKind, InstitutionId, InstitutionKind, Level, UnitId, UnitKind};
use linli_treatment::{BedDesk, Network};

use super::hearing::{HOME, enrolled_at};
use super::*;

const HOSPITAL: &str = "试验牵头医院";
const CENTRE: &str = "试验社区卫生服务中心";

/// Where the beds are, and who works there.
struct Beds {
    far: DistrictId,
    lead: InstitutionId,
    icu: UnitId,
    centre: InstitutionId,
    room: UnitId,
}

fn institution(code: &str, name: &str, (kind, level): (InstitutionKind, Level), can: &[&str]) -> NewInstitution {
    NewInstitution {
        code: code.into(),
        name: name.into(),
        kind,
        level,
        place: String::new(),
        address: String::new(),
        point: None,
        phone: String::new(),
        capabilities: can.iter().map(|one| (*one).to_owned()).collect(),
        valid_from: None,
    }
}

/// Somebody appointed on behalf of an institution.
async fn staff(ground: &Ground, district: DistrictId, code: &str, (role, of, place): (Role, &str, &str)) -> Token {
    let (ctx, kind) = (ground.ctx(), if of == CENTRE { "health_centre" } else { "hospital" });
    let mut tx = ground.db.begin(district).await.unwrap();
    let person = PersonInput {
        code: code.into(),
        name: format!("员工{code}"),
        organisation_kind: Some(kind.into()),
        organisation_name: Some(of.into()),
        organisation_credit_code: None,
        work_phone: None,
    };
    let id = linli_people::commands::put_person(&ctx, &mut tx, person).await.unwrap();
    let post = AppointmentInput {
        person_code: code.into(),
        organisation_name: Some(of.into()),
        role: role.as_str().into(),
        title: String::new(),
        place: place.into(),
        grid_code: None,
        public_phone: None,
        valid_from: at(2024, 1, 1, 0),
        valid_to: None,
    };
    let held = linli_people::commands::appoint(&ctx, &mut tx, &post).await.unwrap();
    tx.commit().await.unwrap();
    let rules = DoorRules { session_secs: 400 * 86_400, ..DoorRules::default() };
    let mut tx = ground.db.begin(DistrictId::CITY).await.unwrap();
    let account = create_account(&ctx, &mut tx, district, id, &format!("login-{}", code.to_lowercase())).await.unwrap();
    let session = open_session(&ctx, &mut tx, account, &rules).await.unwrap();
    choose_appointment(&ctx, &mut tx, &session, held).await.unwrap();
    tx.commit().await.unwrap();
    session
}

impl Beds {
    /// A hospital of the next district that leads a grid, and the health centre of this one in it.
    async fn lay(ground: &Ground, network: &Network) -> Self {
        let ctx = ground.ctx();
        let mut tx = ground.db.begin(DistrictId::CITY).await.unwrap();
        let mut register_of = territory::division_register(&ctx, &mut tx, &reference::XUANWU_SOURCE, false).await.unwrap();
        let next = DivisionInput { code: "320104".into(), name: Some("秦淮区".into()) };
        territory::put_divisions(&ctx, &mut tx, &mut register_of, &[next]).await.unwrap();
        let far = territory::open_district(&ctx, &mut tx, "320104").await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = ground.db.begin(far).await.unwrap();
        let can = ["oxygen", "high_flow", "ventilation"];
        let hospital = institution("H1", HOSPITAL, (InstitutionKind::Hospital, Level::Tertiary), &can);
        let lead = register(&ctx, &mut tx, network, &hospital).await.unwrap();
        let icu = add_unit(&ctx, &mut tx, network, lead, &NewUnit::of(UnitKind::Icu, "重症医学科")).await.unwrap();
        let named = ("G1", "试验救治网格", GridKind::General);
        let grid = grids::found(&ctx, &mut tx, named, lead, ground.ctx().now()).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = ground.db.begin(ground.district).await.unwrap();
        let primary = institution("C1", CENTRE, (InstitutionKind::HealthCentre, Level::Primary), &["oxygen", "infusion"]);
        let centre = register(&ctx, &mut tx, network, &primary).await.unwrap();
        let room = NewUnit::of(UnitKind::InfusionOxygen, "输液吸氧室");
        let room = add_unit(&ctx, &mut tx, network, centre, &room).await.unwrap();
        grids::join(&ctx, &mut tx, centre, grid, ground.ctx().now()).await.unwrap();
        tx.commit().await.unwrap();
        Self { far, lead, icu, centre, room }
    }
}

/// She agreed to be watched, to readings, and that a hospital tells.
async fn agreed(ground: &Ground, built: &Built, centre: InstitutionId) -> CarePersonId {
    let person = enrolled_at(HOME, ground, built, vec![Purpose::Watch, Purpose::Readings, Purpose::Hospital]).await;
    let mut tx = ground.db.begin(ground.district).await.unwrap();
    let ctx = ground.ctx();
    let given = consent::in_force(&mut tx.conn().unwrap(), ground.district, person, ctx.now()).await.unwrap();
    let factors = Factors {
        born: date(1941, 3, 9),
        disease: Disease::Stable,
        immunocompromised: false,
        vaccination: Vaccination::Partial,
        pregnant: false,
        scale2: false,
    };
    let input = NewFollowed { institution: OrganisationId(centre.0), factors };
    follow::enrol(&ctx, &mut tx, &built.desk, &given.readings.unwrap(), input).await.unwrap();
    tx.commit().await.unwrap();
    person
}

/// The address that begins like this on a page.
fn link<'a>(page: &'a str, begins: &str) -> &'a str {
    let found = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).find(|href| href.starts_with(begins));
    found.unwrap_or_else(|| panic!("nothing leads to {begins} on {page}"))
}

/// The jobs of the treatment network, as the program runs them.
async fn jobs(ground: &Ground, built: &Built, beds: &Arc<BedDesk>) {
    for chore in [Chore::Beds(Arc::clone(beds)), Chore::HandOffs(Arc::clone(&built.desk))] {
        for_districts(&ground.ctx(), &ground.db, chore).await.unwrap();
    }
    built.care.errands().await.unwrap();
}

/// Time passes without a sign, in steps that the watch does not take for a leap of the clock.
async fn silence(ground: &Ground, built: &Built, secs: i64) {
    const STEP: i64 = 840;
    for _ in 0..=secs / STEP {
        ground.clock.advance_secs(STEP);
        built.care.pass().await.unwrap();
    }
}

/// Whether somebody is to be visited by the steward.
async fn to_visit(steward: &Browser) -> bool {
    steward.page("/my-day").await.contains("有 1 位要走访")
}

/// Whether the care side keeps that she is in hospital.
async fn in_hospital(ground: &Ground) -> bool {
    let mut read = ground.db.read().await.unwrap();
    sql!(&mut read.conn(), x => sqlx::query_scalar("SELECT in_hospital FROM care_watch").fetch_one(x).await).unwrap()
}

on_both! {
    async fn a_silent_day_ends_at_home_again(test) {
        let ground = Ground::lay(&test, at(2026, 11, 24, 9)).await;
        let built = ground.house();
        let (beds, network) = (built.hall.service::<BedDesk>().unwrap(), built.hall.service::<Network>().unwrap());
        let laid = Beds::lay(&ground, &network).await;
        let folder = tempfile::tempdir().unwrap();
        built.care.start(&WatchPlan { folder: folder.path().join("watch"), slots: 1 << 18, segment_bytes: 64 << 10 }).await.unwrap();
        let person = agreed(&ground, &built, laid.centre).await;
        let steward = Browser::of(&built, Some(ground.session("S1").await));
        let secretary = Browser::of(&built, Some(ground.session("C1").await));
        let by = async |district, code: &str, what| Browser::of(&built, Some(staff(&ground, district, code, what).await));
        let doctor = by(ground.district, "F1", (Role::FamilyDoctor, CENTRE, COMMUNITY)).await;
        let room = by(ground.district, "B1", (Role::BedManager, CENTRE, "320102")).await;
        let lead = by(laid.far, "B2", (Role::BedManager, HOSPITAL, "320104")).await;
        for (browser, of, unit, kind, counted) in [
            (&lead, laid.lead, laid.icu, "icu", &[("in_place", "2"), ("open", "2"), ("doctors", "4"), ("nurses", "12")][..]),
            (&room, laid.centre, laid.room, "infusion", &[("in_place", "2"), ("open", "2")][..]),
        ] {
            for (what, amount) in counted {
                let unit = unit.to_string();
                let fields = [("unit", unit.as_str()), ("bed_type", kind), ("kind", what), ("change", "level"), ("amount", amount)];
                browser.post(&format!("/beds/{of}/entries"), &fields).await.led_to(&format!("/beds/{of}"));
            }
        }

        // A silent day.
        built.care.pass().await.unwrap();
        assert!(!to_visit(&steward).await);
        silence(&ground, &built, 26 * 3_600).await;
        let mine = steward.page("/care/mine").await;
        let visit = link(&mine, "/care/visits/").to_owned();
        // The visit: at the door, unwell.
        for event in ["take", "phone_silent", "knock", "unwell"] {
            let done = steward.post(&format!("{visit}/{event}"), &[("words", "喘得厉害")]).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{event}: {}", done.text);
        }
        // The reading of 92, and the bed asked for because of it, in one form that knows what is known.
        let page = format!("/care/follow/{person}");
        assert!(doctor.page("/care/calls").await.contains(&page));
        let told = doctor.post(&format!("{page}/readings"), &[("spo2", "92"), ("pulse", "104"), ("breaths", "24")]).await;
        assert_eq!(told.status, StatusCode::SEE_OTHER, "{}", told.text);
        let shown = doctor.page(&page).await;
        let ask = link(&shown, "/referrals/new?alarm=").to_owned();
        let form = doctor.page(&ask).await;
        for known in ["王秀英", "1941-03-09", "02500001234", "value=\"92\"", "value=\"104\""] {
            assert!(form.contains(known), "{known} is not in {form}");
        }
        let alarm = ask.rsplit('=').next().unwrap();
        let patient = [("name", "王秀英"), ("born", "1941-03-09"), ("phone", "02500001234"), ("condition", "气促两天")];
        let common = [("spo2", "92"), ("consent", "family"), ("need", "ventilation")];
        let up = [("alarm", alarm), ("direction", "up"), ("bed_type", "icu"), ("severity", "severe")];
        let fields: Vec<_> = patient.into_iter().chain(common).chain(up).collect();
        let sent = doctor.post("/referrals/new", &fields).await;
        assert!(sent.status == StatusCode::SEE_OTHER && sent.to.starts_with("/referrals/"), "{}", sent.text);
        let shown = doctor.page(&page).await;
        assert!(!shown.contains("/referrals/new?alarm="), "the alarm is dealt with: {shown}");
        // A held bed in another district, on the way, there.
        let inbound = format!("/inbound/{}/1", sent.to.trim_start_matches("/referrals/"));
        assert!(lead.page("/inbound").await.contains("王秀英"));
        let bed = format!("{}/icu", laid.icu);
        lead.post(&inbound, &[("do", "accept"), ("bed", &bed)]).await.led_to("/inbound");
        doctor.post(&format!("{}/go-on", sent.to), &[("next", "depart")]).await.led_to(&sent.to);
        jobs(&ground, &built, &beds).await;
        lead.post(&inbound, &[("do", "arrive")]).await.led_to("/inbound");
        jobs(&ground, &built, &beds).await;
        assert!(doctor.page(&sent.to).await.contains("已到达"));
        // The community is told that she is in hospital, and nothing of why; nobody knocks while she is there.
        assert!(in_hospital(&ground).await);
        let kept = secretary.page(&format!("/care/people/{person}")).await;
        for clinical in ["92%", HOSPITAL, "气促两天"] {
            assert!(!kept.contains(clinical), "the community reads {clinical}: {kept}");
        }
        assert_eq!(secretary.get(&sent.to).await.status, StatusCode::FORBIDDEN);
        assert_eq!(lead.get(&page).await.status, StatusCode::FORBIDDEN);
        silence(&ground, &built, 2 * 86_400).await;
        assert!(!to_visit(&steward).await, "nobody knocks at the door of somebody in hospital");

        // Down to a bed near home, with what must go on.
        let to = format!("{}/{}", ground.district, laid.centre);
        let down = [("direction", "down"), ("bed_type", "infusion"), ("severity", "ordinary"), ("to", &to), ("continuing", "鼻导管吸氧 2 L/分")];
        let calm = [("spo2", "96"), ("consent", "family"), ("need", "oxygen")];
        let fields: Vec<_> = patient.into_iter().chain(calm).chain(down).collect();
        let back = lead.post("/referrals/new", &fields).await;
        assert!(back.to.starts_with("/referrals/"), "on the way up no longer, so that she may go down: {}", back.text);
        let near = format!("/inbound/{}/1", back.to.trim_start_matches("/referrals/"));
        let bed = format!("{}/infusion", laid.room);
        assert!(room.page("/inbound").await.contains("鼻导管吸氧"));
        room.post(&near, &[("do", "accept"), ("bed", &bed)]).await.led_to("/inbound");
        jobs(&ground, &built, &beds).await;
        lead.post(&format!("{}/go-on", back.to), &[("next", "depart")]).await.led_to(&back.to);
        lead.post(&inbound, &[("do", "complete"), ("outcome", "stepped_down")]).await.led_to("/inbound");
        jobs(&ground, &built, &beds).await;
        room.post(&near, &[("do", "arrive")]).await.led_to("/inbound");
        jobs(&ground, &built, &beds).await;
        assert!(in_hospital(&ground).await, "still in a bed");

        // Home: the doctor calls today, the watch goes on by itself.
        silence(&ground, &built, 2 * 86_400).await;
        room.post(&near, &[("do", "complete"), ("outcome", "home")]).await.led_to("/inbound");
        jobs(&ground, &built, &beds).await;
        assert!(doctor.page(&page).await.contains("出院回家"));
        assert!(doctor.page("/care/calls").await.contains(&page));
        assert!(!in_hospital(&ground).await);
        built.care.pass().await.unwrap();
        assert!(!to_visit(&steward).await, "silence is counted from home on");
        silence(&ground, &built, 26 * 3_600).await;
        assert!(to_visit(&steward).await, "the watch goes on");
        for district in [ground.district, laid.far] {
            let mut read = ground.db.read().await.unwrap();
            let found = linli_treatment::queries::referrals::check(&mut read.conn(), district).await.unwrap();
            assert_eq!(found, Vec::<String>::new());
        }
        built.care.stop();
    }
}
