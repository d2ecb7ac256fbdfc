//! A small ground: two districts, an emergency department in each, seats, a health office, those who take patients in.

use std::sync::Arc;

use linli_access::{Actor, Channel, Ctx, Role, Scope};
use linli_db::{Db, StoredLine, exec, journal};
use linli_emergency::commands::calls::{self, NewCall, Recorded};
use linli_emergency::commands::{diversion, fleet, sweep};
use linli_emergency::model::{
    CallClass, CallId, CallState, DivertedTo, Ending, Fleet, Found, MissionId, VehicleEvent, VehicleId,
};
use linli_emergency::queries::calls::Shown;
use linli_emergency::{DispatchOffice, EmergencyError, queries};
use linli_identity::vault::Vault;
use linli_kernel::{Clock as _, DistrictId, FakeClock, PlacePath, SeededRng, Ts};
use linli_rulebook::{Rulebook, SharedRulebook};
use linli_treatment::model::{InstitutionId, UnitId};
use linli_treatment::{BedDesk, Network};
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

/// 玄武区, where the seats are.
pub const NEAR: DistrictId = DistrictId(1);
/// 秦淮区.
pub const FAR: DistrictId = DistrictId(2);

pub const COUNTY: InstitutionId = InstitutionId(Uuid::from_u128(502));
pub const LEAD: InstitutionId = InstitutionId(Uuid::from_u128(503));
pub const CENTRE: InstitutionId = InstitutionId(Uuid::from_u128(505));

pub const COUNTY_ED: UnitId = UnitId(Uuid::from_u128(602));
pub const DISPATCH: UnitId = UnitId(Uuid::from_u128(604));
pub const LEAD_ED: UnitId = UnitId(Uuid::from_u128(603));

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

pub const SEAT: Staff = staff(1, Role::EmergencyDispatcher, NEAR, "00000001", Some(CENTRE));
pub const OTHER_SEAT: Staff = staff(2, Role::EmergencyDispatcher, NEAR, "00000001", Some(CENTRE));
pub const FAR_SEAT: Staff = staff(3, Role::EmergencyDispatcher, FAR, "00000002", None);
pub const COUNTY_BEDS: Staff = staff(4, Role::BedManager, NEAR, "00000001", Some(COUNTY));
pub const LEAD_BEDS: Staff = staff(5, Role::BedManager, FAR, "00000002", Some(LEAD));
pub const OFFICER: Staff = staff(6, Role::HealthOfficer, NEAR, "00000001", None);
pub const SECRETARY: Staff = staff(7, Role::CommunitySecretary, NEAR, "0000000100010001", None);
pub const ALL: [Staff; 7] = [SEAT, OTHER_SEAT, FAR_SEAT, COUNTY_BEDS, LEAD_BEDS, OFFICER, SECRETARY];

pub fn path(text: &str) -> PlacePath {
    text.parse().unwrap()
}

/// A day of November 2026 in Beijing; the 24th is a Tuesday.
pub fn at(day: i8, hour: i8, minute: i8) -> Ts {
    Ts::from_local(jiff::civil::date(2026, 11, day).at(hour, minute, 0, 0)).unwrap()
}

pub struct House {
    pub db: Db,
    pub office: Arc<DispatchOffice>,
    pub beds: Arc<BedDesk>,
    pub network: Arc<Network>,
    pub clock: Arc<FakeClock>,
    pub rng: Arc<SeededRng>,
}

impl House {
    /// Tuesday 2026-11-24, 09:00 in Beijing.
    pub async fn new(db: Db) -> Self {
        let care = linli_care::follow::rules::PACKS.into_iter();
        let packs: Vec<_> = care
            .chain(linli_treatment::rules::BED_PACKS)
            .chain(linli_treatment::rules::NETWORK_PACKS)
            .chain(linli_emergency::rules::PACKS)
            .collect();
        let book = SharedRulebook::new(Rulebook::builtin(&packs).unwrap());
        let rng = SeededRng::new(7);
        let vault = Vault::new(&[7; 32], rng.clone());
        let office = Arc::new(DispatchOffice::new(book.clone(), vault.clone()).unwrap());
        let network = Arc::new(Network::new(book.clone()).unwrap());
        let beds = Arc::new(BedDesk::new(book, vault).unwrap());
        let house = Self { db, office, beds, network, clock: FakeClock::at(at(24, 9, 0)), rng };
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
        for (district, id, kind, name, place, level) in [
            (NEAR, COUNTY, "hospital", "玄武区医院", "00000001", "second"),
            (FAR, LEAD, "hospital", "秦淮中心医院", "00000002", "tertiary"),
            (NEAR, CENTRE, "emergency_centre", "市急救中心", "00000001", "unknown"),
        ] {
            let text = "INSERT INTO organisation (district_id, id, kind, name) VALUES ($1, $2, $3, $4)";
            exec!(c, sqlx::query(text).bind(district).bind(id).bind("hospital").bind(name)).unwrap();
            let text = "INSERT INTO institution (district_id, id, code, kind, level, place_path, address, lon_e7, lat_e7, capabilities, \
                        valid_from, version) VALUES ($1, $2, $3, $4, $5, $6, '', NULL, NULL, '', 0, 1)";
            let code = format!("J{}", id.0.as_u128());
            exec!(c, sqlx::query(text).bind(district).bind(id).bind(code).bind(kind).bind(level).bind(place)).unwrap();
        }
        for (district, id, of, name) in
            [(NEAR, COUNTY_ED, COUNTY, "emergency"), (FAR, LEAD_ED, LEAD, "emergency"), (NEAR, DISPATCH, CENTRE, "dispatch")]
        {
            let text = "INSERT INTO institution_unit (district_id, id, institution_id, kind, name, capabilities, valid_from, version) \
                        VALUES ($1, $2, $3, $4, $4, '', 0, 1)";
            exec!(c, sqlx::query(text).bind(district).bind(id).bind(of).bind(name)).unwrap();
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

    pub fn later(&self, secs: i64) {
        self.clock.set(self.now().plus_secs(secs));
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

    pub fn keyed(&self, who: Staff, key: &str) -> Ctx {
        Ctx { idempotency_key: Some(key.to_owned()), ..self.staff(who) }
    }

    pub fn system(&self) -> Ctx {
        Ctx::system("test", self.clock.clone(), self.rng.clone())
    }

    pub async fn record(&self, who: Staff, new: NewCall) -> Result<Recorded, EmergencyError> {
        act!(self, who, tx => calls::record(&self.staff(who), tx, &self.office, &new))
    }

    pub async fn raise(&self, who: Staff, id: CallId) -> Result<CallId, EmergencyError> {
        act!(self, who, tx => calls::raise(&self.staff(who), tx, &self.office, id))
    }

    pub async fn close(&self, who: Staff, id: CallId, ending: Ending) -> Result<(), EmergencyError> {
        act!(self, who, tx => calls::close(&self.staff(who), tx, &self.office, id, ending))
    }

    pub async fn vehicle(&self, callsign: &str, meant: Fleet) -> VehicleId {
        act!(self, SEAT, tx => fleet::register(&self.staff(SEAT), tx, callsign, meant)).unwrap()
    }

    pub async fn assign(&self, who: Staff, call: CallId, vehicle: VehicleId) -> Result<MissionId, EmergencyError> {
        act!(self, who, tx => fleet::assign(&self.staff(who), tx, &self.office, call, vehicle))
    }

    pub async fn go_on(&self, who: Staff, mission: MissionId, event: VehicleEvent) -> Result<(), EmergencyError> {
        act!(self, who, tx => fleet::go_on(&self.staff(who), tx, &self.office, mission, event))
    }

    pub async fn announce(
        &self,
        mission: MissionId,
        to: (DistrictId, InstitutionId),
        minutes: i64,
    ) -> Result<(), EmergencyError> {
        let departments = {
            let mut read = self.db.read().await.unwrap();
            linli_treatment::queries::receiving::departments(&mut read.conn(), &self.beds, self.now()).await.unwrap()
        };
        let to = fleet::Destination { to, minutes };
        act!(self, SEAT, tx => fleet::announce(&self.staff(SEAT), tx, mission, to, &departments))
    }

    /// The department acts in the district of the call.
    pub async fn receive(&self, who: Staff, mission: MissionId, taken: bool) -> Result<(), EmergencyError> {
        act!(self, SEAT, tx => fleet::receive(&self.staff(who), tx, &self.office, mission, taken))
    }

    pub async fn activate(&self, who: Staff) -> Result<(), EmergencyError> {
        let physician = ("王主任", "110320100000001", true);
        act!(self, who, tx => diversion::activate(&self.staff(who), tx, &self.office, physician))
    }

    pub async fn withdraw(&self, who: Staff) -> Result<u64, EmergencyError> {
        act!(self, who, tx => diversion::withdraw(&self.staff(who), tx))
    }

    pub async fn divert(&self, who: Staff, id: CallId, to: DivertedTo) -> Result<(), EmergencyError> {
        act!(self, who, tx => diversion::divert(&self.staff(who), tx, &self.office, id, to))
    }

    pub async fn call_back(&self, who: Staff, id: CallId, found: Found) -> Result<(), EmergencyError> {
        act!(self, who, tx => diversion::call_back(&self.staff(who), tx, &self.office, id, found))
    }

    pub async fn tick(&self) -> i64 {
        act!(self, SEAT, tx => sweep::sweep(&self.system(), tx, &self.office, 100)).unwrap()
    }

    pub async fn shown(&self, who: Staff, id: CallId) -> Result<Shown, EmergencyError> {
        let mut read = self.db.read().await.unwrap();
        queries::calls::show(&self.staff(who), &mut read.conn(), &self.office, id).await
    }

    pub async fn state(&self, id: CallId) -> CallState {
        self.shown(SEAT, id).await.unwrap().line.call.state
    }

    pub async fn open(&self, who: Staff) -> Vec<CallId> {
        let mut read = self.db.read().await.unwrap();
        let open = queries::calls::open(&self.staff(who), &mut read.conn(), &self.office).await.unwrap();
        open.into_iter().map(|line| line.call.id).collect()
    }

    pub async fn figures(&self, day: i8) -> queries::day::Day {
        let mut read = self.db.read().await.unwrap();
        let day = jiff::civil::date(2026, 11, day);
        queries::day::figures(&self.staff(OFFICER), &mut read.conn(), &self.office, day).await.unwrap()
    }

    pub async fn lines(&self, district: DistrictId) -> Vec<StoredLine> {
        let mut read = self.db.read().await.unwrap();
        journal::after(&mut read.conn(), district, 0, 10_000).await.unwrap()
    }

    pub async fn kinds(&self, of: Uuid) -> Vec<String> {
        let lines = self.lines(NEAR).await;
        lines.into_iter().filter(|line| line.subject_id == Some(of)).map(|line| line.kind).collect()
    }

    /// Everything holds together.
    pub async fn whole(&self) {
        let mut read = self.db.read().await.unwrap();
        for district in [NEAR, FAR] {
            assert_eq!(queries::check(&mut read.conn(), district).await.unwrap(), Vec::<String>::new());
        }
    }
}

impl Staff {
    pub const fn person(&self) -> Uuid {
        Uuid::from_u128(self.number)
    }

    pub const fn appointment(&self) -> Uuid {
        Uuid::from_u128(self.number + 1000)
    }
}

/// A call from a number, with what was said yes to.
pub fn call(number: &str, class: CallClass, signs: &[&str]) -> NewCall {
    NewCall {
        began: None,
        number: number.to_owned(),
        place: None,
        place_text: format!("锁金村{number}号"),
        told: "老人气促两天".to_owned(),
        signs: signs.iter().map(|sign| (*sign).to_owned()).collect(),
        class,
        against: None,
        same_as: None,
    }
}
