//! A small ground: a health centre in one district, two hospitals of one level in the next, whoever works there, and experts who come.

use std::sync::Arc;

use linli_access::{Actor, Channel, Ctx, Role, Scope};
use linli_db::{Db, StoredLine, exec, journal};
use linli_expert::commands::rounds::{self, NewRound, Read};
use linli_expert::commands::{findings, groups, sweep};
use linli_expert::model::{FindingEvent, FindingId, GroupId, Mode, RoundId, Speciality};
use linli_expert::queries::{Desk, FindingView, LevelCompared, RoundView};
use linli_expert::{ExpertError, RoundOffice, queries};
use linli_identity::vault::Vault;
use linli_kernel::{Clock as _, DistrictId, FakeClock, PlacePath, SeededRng, Ts};
use linli_rulebook::{Rulebook, SharedRulebook};
use linli_treatment::BedDesk;
use linli_treatment::commands::beds::{self, NewEntry};
use linli_treatment::commands::inbound::{self, Bed};
use linli_treatment::commands::post;
use linli_treatment::commands::referrals::{self as sending, NewReferral, Next};
use linli_treatment::model::beds::{BedType, Change, EntryKind};
use linli_treatment::model::referrals::{Consent, Direction, InboundKey, Patient, Severity};
use linli_treatment::model::{GridKind, InstitutionId, UnitId};
use uuid::Uuid;

/// Runs a command in a transaction of its own, in the district of who acts.
macro_rules! act {
    ($house:expr, $who:expr, $tx:ident => $command:expr) => {{
        let mut tx = $house.db.begin($who.district).await.unwrap();
        let $tx = &mut tx;
        match $command.await {
            Ok(out) => {
                tx.commit().await.unwrap();
                Ok(out)
            }
            Err(error) => Err(error),
        }
    }};
}
pub(crate) use act;

/// 玄武区, where the health centre is.
pub const NEAR: DistrictId = DistrictId(1);
/// 秦淮区, where the hospitals are.
pub const FAR: DistrictId = DistrictId(2);

pub const CENTRE: InstitutionId = InstitutionId(Uuid::from_u128(501));
pub const LEAD: InstitutionId = InstitutionId(Uuid::from_u128(503));
pub const NEXT: InstitutionId = InstitutionId(Uuid::from_u128(504));
pub const LEAD_ICU: UnitId = UnitId(Uuid::from_u128(603));

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Staff {
    pub number: u128,
    pub role: Role,
    pub district: DistrictId,
    pub at: &'static str,
    /// On whose behalf.
    pub of: Option<InstitutionId>,
}

const fn staff(number: u128, role: Role, district: DistrictId, at: &'static str, of: Option<InstitutionId>) -> Staff {
    Staff { number, role, district, at, of }
}

pub const DOCTOR: Staff = staff(1, Role::FamilyDoctor, NEAR, "0000000100010001", Some(CENTRE));
pub const LEAD_BEDS: Staff = staff(2, Role::BedManager, FAR, "00000002", Some(LEAD));
pub const NEXT_BEDS: Staff = staff(3, Role::BedManager, FAR, "00000002", Some(NEXT));
pub const OFFICER: Staff = staff(4, Role::HealthOfficer, FAR, "00000002", None);
pub const EXPERT: Staff = staff(5, Role::Expert, FAR, "00000002", None);
pub const SECOND: Staff = staff(6, Role::Expert, FAR, "00000002", None);
pub const OTHER_EXPERT: Staff = staff(7, Role::Expert, FAR, "00000002", None);
pub const NEAR_OFFICER: Staff = staff(8, Role::HealthOfficer, NEAR, "00000001", None);
pub const SECRETARY: Staff = staff(9, Role::CommunitySecretary, FAR, "0000000200010001", None);
pub const HOMELESS: Staff = staff(10, Role::BedManager, FAR, "00000002", None);
pub const ALL: [Staff; 10] =
    [DOCTOR, LEAD_BEDS, NEXT_BEDS, OFFICER, EXPERT, SECOND, OTHER_EXPERT, NEAR_OFFICER, SECRETARY, HOMELESS];

pub fn path(text: &str) -> PlacePath {
    text.parse().unwrap()
}

/// A day of November 2026; the 24th is a Tuesday.
pub fn at(day: i8, hour: i8, minute: i8) -> Ts {
    Ts::from_local(jiff::civil::date(2026, 11, day).at(hour, minute, 0, 0)).unwrap()
}

pub fn zhang(n: u32) -> Patient {
    Patient {
        name: "张奶奶".to_owned(),
        id_number: format!("32010219440501{n:04}"),
        born: "1944-05-01".to_owned(),
        phone: "13900000000".to_owned(),
        condition: "血氧 92%，气促两天".to_owned(),
        ..Patient::default()
    }
}

pub struct House {
    pub db: Db,
    pub beds: Arc<BedDesk>,
    pub office: Arc<RoundOffice>,
    pub clock: Arc<FakeClock>,
    pub rng: Arc<SeededRng>,
}

/// The packs that count here.
pub fn book() -> SharedRulebook {
    let packs: Vec<_> = linli_care::follow::rules::PACKS
        .into_iter()
        .chain(linli_treatment::rules::BED_PACKS)
        .chain(linli_expert::rules::PACKS)
        .collect();
    SharedRulebook::new(Rulebook::builtin(&packs).unwrap())
}

impl House {
    /// Tuesday 2026-11-24, 09:00 in Beijing.
    pub async fn new(db: Db) -> Self {
        let rng = SeededRng::new(7);
        let vault = || Vault::new(&[7; 32], rng.clone());
        let beds = Arc::new(BedDesk::new(book(), vault()).unwrap());
        let office = Arc::new(RoundOffice::new(book(), vault(), Arc::clone(&beds)).unwrap());
        let house = Self { db, beds, office, clock: FakeClock::at(at(24, 9, 0)), rng };
        house.ground().await;
        house
    }

    async fn ground(&self) {
        let mut tx = self.db.begin(DistrictId::CITY).await.unwrap();
        let c = &mut tx.conn().unwrap();
        for (id, code, name, path) in [(1_i64, "320102", "玄武区", "00000001"), (2, "320104", "秦淮区", "00000002")] {
            let text = "INSERT INTO district (id, division, name, place_path, created_at) VALUES ($1, $2, $3, $4, 0)";
            exec!(c, sqlx::query(text).bind(id).bind(code).bind(name).bind(path)).unwrap();
            exec!(c, sqlx::query("INSERT INTO journal_counter (district_id, last_seq) VALUES ($1, 0)").bind(id)).unwrap();
        }
        for (district, id, kind, name, place, level, can) in [
            (NEAR, CENTRE, "health_centre", "锁金村社区卫生服务中心", "0000000100010001", "primary", "oxygen"),
            (FAR, LEAD, "hospital", "秦淮中心医院", "0000000200010001", "tertiary", "oxygen,high_flow,ventilation,dialysis"),
            (FAR, NEXT, "hospital", "秦淮第二医院", "0000000200010002", "tertiary", "oxygen,high_flow,ventilation"),
        ] {
            let text = "INSERT INTO organisation (district_id, id, kind, name) VALUES ($1, $2, $3, $4)";
            exec!(c, sqlx::query(text).bind(district).bind(id).bind(kind).bind(name)).unwrap();
            let text = "INSERT INTO institution (district_id, id, code, kind, level, place_path, address, capabilities, valid_from, version) \
                        VALUES ($1, $2, $3, $4, $5, $6, '', $7, 0, 1)";
            let code = format!("J{}", id.0.as_u128());
            exec!(c, sqlx::query(text).bind(district).bind(id).bind(code).bind(kind).bind(level).bind(place).bind(can)).unwrap();
        }
        let text = "INSERT INTO institution_unit (district_id, id, institution_id, kind, name, capabilities, valid_from, version) \
                    VALUES ($1, $2, $3, 'icu', '重症医学科', '', 0, 1)";
        exec!(c, sqlx::query(text).bind(FAR).bind(LEAD_ICU).bind(LEAD)).unwrap();
        let text = "INSERT INTO treatment_grid (district_id, id, code, name, kind, lead_id, valid_from) VALUES ($1, $2, 'G01', 'G01', 'general', $3, 0)";
        exec!(c, sqlx::query(text).bind(FAR).bind(Uuid::from_u128(701)).bind(LEAD)).unwrap();
        for (n, district, of) in [(801_u128, NEAR, CENTRE), (803, FAR, LEAD), (804, FAR, NEXT)] {
            let text = "INSERT INTO grid_member (district_id, id, institution_id, kind, grid_district, grid_id, valid_from) \
                        VALUES ($1, $2, $3, 'general', $4, $5, 0)";
            let (n, grid) = (Uuid::from_u128(n), Uuid::from_u128(701));
            exec!(c, sqlx::query(text).bind(district).bind(n).bind(of).bind(FAR).bind(grid)).unwrap();
        }
        for who in ALL {
            let text = "INSERT INTO person (district_id, id, code, name) VALUES ($1, $2, $3, $3)";
            exec!(c, sqlx::query(text).bind(who.district).bind(who.person()).bind(format!("S{}", who.number))).unwrap();
            let text = "INSERT INTO appointment (district_id, id, person_id, organisation_id, role, title, place_path, valid_from) \
                        VALUES ($1, $2, $3, $4, $5, '', $6, 0)";
            let (id, role) = (who.appointment(), who.role.as_str());
            exec!(c, sqlx::query(text).bind(who.district).bind(id).bind(who.person()).bind(who.of).bind(role).bind(who.at))
                .unwrap();
        }
        tx.commit().await.unwrap();
    }

    pub fn now(&self) -> Ts {
        self.clock.now()
    }

    pub fn hours(&self, hours: i64) {
        self.clock.advance_secs(hours * 3_600);
    }

    pub fn staff(&self, who: Staff) -> Ctx {
        let scope = Scope { district: who.district, place: path(who.at) };
        let actor = Actor::Staff { person: who.person(), appointment: who.appointment(), role: who.role, scope };
        Ctx {
            actor,
            channel: Channel::Web,
            clock: self.clock.clone(),
            rng: self.rng.clone(),
            request_id: "test".to_owned(),
            idempotency_key: None,
        }
    }

    pub fn system(&self) -> Ctx {
        Ctx::system("test", self.clock.clone(), self.rng.clone())
    }

    /// A patient in a bed of intensive care of the lead hospital, referred from the health centre.
    pub async fn patient(&self, n: u32) -> InboundKey {
        if n == 1 {
            for (kind, amount) in
                [(EntryKind::InPlace, 5), (EntryKind::Open, 5), (EntryKind::Doctors, 5), (EntryKind::Nurses, 15)]
            {
                let new = NewEntry {
                    unit: LEAD_ICU,
                    bed_type: BedType::Icu,
                    kind,
                    change: Change::Level,
                    amount,
                    within_hours: None,
                    at: None,
                    reason: None,
                };
                act!(self, LEAD_BEDS, tx => beds::enter(&self.staff(LEAD_BEDS), tx, &self.beds, new)).unwrap();
            }
        }
        let new = NewReferral {
            direction: Direction::Up,
            grid_kind: GridKind::General,
            bed_type: BedType::Icu,
            needs: vec!["ventilation".to_owned()],
            suggested: (Severity::Severe, "treatment.severity@2026.1".to_owned()),
            severity: Severity::Severe,
            consent: Consent::Patient,
            to: None,
            patient: zhang(n),
        };
        let candidates = {
            let mut read = self.db.read().await.unwrap();
            let (way, what) = ((new.direction, new.grid_kind), (new.bed_type, new.needs.as_slice()));
            let from = (NEAR, CENTRE);
            linli_treatment::queries::referrals::candidates(&mut read.conn(), &self.beds, from, way, what, self.now())
                .await
                .unwrap()
        };
        let id = act!(self, DOCTOR, tx => sending::ask(&self.staff(DOCTOR), tx, &self.beds, new.clone(), &candidates)).unwrap();
        post::deliver(&self.system(), &self.db, &self.beds).await.unwrap();
        let key = InboundKey { referral: id, attempt: 1 };
        let bed = Some(Bed { unit: LEAD_ICU, bed_type: BedType::Icu, guest_of: None });
        act!(self, LEAD_BEDS, tx => inbound::accept(&self.staff(LEAD_BEDS), tx, &self.beds, key, bed)).unwrap();
        post::deliver(&self.system(), &self.db, &self.beds).await.unwrap();
        act!(self, DOCTOR, tx => sending::go_on(&self.staff(DOCTOR), tx, &self.beds, id, Next::Depart)).unwrap();
        post::deliver(&self.system(), &self.db, &self.beds).await.unwrap();
        act!(self, LEAD_BEDS, tx => inbound::arrive(&self.staff(LEAD_BEDS), tx, &self.beds, key, None)).unwrap();
        post::deliver(&self.system(), &self.db, &self.beds).await.unwrap();
        key
    }

    /// A group of two, for the district, from today on.
    pub async fn group(&self) -> GroupId {
        let day = day_of(self.now());
        let id = act!(self, OFFICER, tx => groups::make(&self.staff(OFFICER), tx, ("市级专家一组", &day, ""))).unwrap();
        for (who, speciality) in [(EXPERT, Speciality::Intensive), (SECOND, Speciality::Respiratory)] {
            let one = (who.person(), speciality);
            act!(self, OFFICER, tx => groups::join(&self.staff(OFFICER), tx, id, one)).unwrap();
        }
        id
    }

    pub async fn plan(&self, who: Staff, group: GroupId, institution: InstitutionId) -> Result<RoundId, ExpertError> {
        let day = day_of(self.now());
        let new = NewRound { group, institution, mode: Mode::OnSite, day: &day };
        act!(self, who, tx => rounds::plan(&self.staff(who), tx, &new))
    }

    pub async fn advise(&self, who: Staff, round: RoundId, of: InboundKey, said: &str) -> Result<(), ExpertError> {
        act!(self, who, tx => rounds::advise(&self.staff(who), tx, &self.office, round, (of, said))).map(|_| ())
    }

    pub async fn read(&self, who: Staff, round: RoundId) -> Result<Vec<Read>, ExpertError> {
        act!(self, who, tx => rounds::read(&self.staff(who), tx, &self.office, round))
    }

    pub async fn find(&self, who: Staff, round: RoundId, matter: &str) -> Result<FindingId, ExpertError> {
        act!(self, who, tx => findings::find(&self.staff(who), tx, &self.office, round, (matter, "两例未按时升级")))
    }

    pub async fn answer(&self, who: Staff, id: FindingId) -> Result<(), ExpertError> {
        act!(self, who, tx => findings::answer(&self.staff(who), tx, &self.office, id, "已调整"))
    }

    pub async fn look_again(&self, who: Staff, id: FindingId, event: FindingEvent) -> Result<(), ExpertError> {
        act!(self, who, tx => findings::look_again(&self.staff(who), tx, &self.office, id, (event, "看过病历")))
    }

    pub async fn tick(&self) -> i64 {
        act!(self, OFFICER, tx => sweep::sweep(&self.system(), tx, &self.office, 100)).unwrap()
    }

    pub async fn desk(&self, who: Staff) -> Result<Option<Desk>, ExpertError> {
        let mut read = self.db.read().await.unwrap();
        queries::desk(&self.staff(who), &mut read.conn(), &self.office).await
    }

    pub async fn round(&self, who: Staff, id: RoundId) -> Result<RoundView, ExpertError> {
        let mut read = self.db.read().await.unwrap();
        queries::round(&self.staff(who), &mut read.conn(), &self.office, id).await
    }

    pub async fn finding(&self, who: Staff, id: FindingId) -> Result<FindingView, ExpertError> {
        let mut read = self.db.read().await.unwrap();
        queries::finding(&self.staff(who), &mut read.conn(), &self.office, id).await
    }

    pub async fn compare(&self, who: Staff) -> Result<Vec<LevelCompared>, ExpertError> {
        let mut read = self.db.read().await.unwrap();
        Ok(queries::compare(&self.staff(who), &mut read.conn(), &self.office).await?.0)
    }

    pub async fn lines(&self, of: Uuid) -> Vec<StoredLine> {
        let mut read = self.db.read().await.unwrap();
        journal::of_subject(&mut read.conn(), FAR, of, 1000).await.unwrap()
    }

    pub async fn kinds(&self, of: Uuid) -> Vec<String> {
        self.lines(of).await.into_iter().map(|line| line.kind).collect()
    }

    pub async fn whole(&self) {
        let mut read = self.db.read().await.unwrap();
        for district in [NEAR, FAR] {
            assert_eq!(queries::check(&mut read.conn(), district).await.unwrap(), Vec::<String>::new());
        }
    }
}

/// The day of an instant, as forms write it.
pub fn day_of(at: Ts) -> String {
    at.local().date().to_string()
}

impl Staff {
    pub const fn person(&self) -> Uuid {
        Uuid::from_u128(self.number)
    }

    pub const fn appointment(&self) -> Uuid {
        Uuid::from_u128(self.number + 1000)
    }
}
