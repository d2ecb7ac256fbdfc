//! A small ground: a district with two communities, an officer of health, people who are appointed by institutions.

use std::sync::Arc;

use linli_access::{Actor, Channel, Ctx, Role, Scope};
use linli_db::{Db, exec, journal};
use linli_kernel::{DistrictId, FakeClock, PlacePath, SeededRng, Ts};
use linli_rulebook::{Rulebook, SharedRulebook};
use linli_treatment::commands::institutions::{self, NewInstitution, NewUnit};
use linli_treatment::model::{InstitutionId, InstitutionKind, Level, UnitId, UnitKind};
use linli_treatment::rules::{BED_PACKS, NETWORK_PACKS};
use linli_treatment::{Network, NetworkError};
use uuid::Uuid;

/// Runs a command in a transaction of its own.
macro_rules! act {
    ($house:expr, $tx:ident => $command:expr) => {{
        let mut tx = $house.db.begin(crate::house::DISTRICT).await.unwrap();
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

pub const DISTRICT: DistrictId = DistrictId(1);
pub const DISTRICT_PATH: &str = "00000001";
pub const STREET: &str = "000000010001";
pub const COMMUNITY: &str = "0000000100010001";

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Staff {
    pub number: u128,
    pub role: Role,
    pub at: &'static str,
}

pub const OFFICER: Staff = Staff { number: 1, role: Role::HealthOfficer, at: DISTRICT_PATH };
/// Appointed by whichever institution [`House::appoint`] says.
pub const MANAGER: Staff = Staff { number: 2, role: Role::BedManager, at: DISTRICT_PATH };
pub const OTHER_MANAGER: Staff = Staff { number: 3, role: Role::BedManager, at: DISTRICT_PATH };
pub const STEWARD: Staff = Staff { number: 4, role: Role::LifeSteward, at: COMMUNITY };
pub const DOCTOR: Staff = Staff { number: 5, role: Role::FamilyDoctor, at: COMMUNITY };

pub fn path(text: &str) -> PlacePath {
    text.parse().unwrap()
}

/// A day of December 2026.
pub fn at(day: i8, hour: i8, minute: i8) -> Ts {
    Ts::from_local(jiff::civil::date(2026, 12, day).at(hour, minute, 0, 0)).unwrap()
}

pub struct House {
    pub db: Db,
    pub network: Arc<Network>,
    pub clock: Arc<FakeClock>,
    pub rng: Arc<SeededRng>,
}

impl House {
    /// Tuesday 2026-12-15, 09:00 in Beijing.
    pub async fn new(db: Db) -> Self {
        let book = SharedRulebook::new(Rulebook::builtin(&[NETWORK_PACKS.as_slice(), BED_PACKS.as_slice()].concat()).unwrap());
        let network = Arc::new(Network::new(book).unwrap());
        let house = Self { db, network, clock: FakeClock::at(at(15, 9, 0)), rng: SeededRng::new(7) };
        house.ground().await;
        house
    }

    async fn ground(&self) {
        let mut tx = self.db.begin(DistrictId::CITY).await.unwrap();
        let c = &mut tx.conn().unwrap();
        let district = "INSERT INTO district (id, division, name, place_path, created_at) VALUES (1, '320102', '玄武区', $1, 0)";
        exec!(c, sqlx::query(district).bind(DISTRICT_PATH)).unwrap();
        exec!(c, sqlx::query("INSERT INTO journal_counter (district_id, last_seq) VALUES (1, 0)")).unwrap();
        let source = "INSERT INTO division_source (id, name, licence, data_date) VALUES (1, 'test', 'none', '2026-01-01')";
        exec!(c, sqlx::query(source)).unwrap();
        for (code, place, name) in
            [("320102", DISTRICT_PATH, "玄武区"), ("320102001", STREET, "锁金村街道"), ("320102001001", COMMUNITY, "锁金社区")]
        {
            let text = "INSERT INTO division (code, place_path, name, named, source_id) VALUES ($1, $2, $3, TRUE, 1)";
            exec!(c, sqlx::query(text).bind(code).bind(place).bind(name)).unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// Appoints somebody on behalf of an institution.
    pub async fn appoint(&self, who: Staff, of: InstitutionId) {
        let mut tx = self.db.begin(DISTRICT).await.unwrap();
        let c = &mut tx.conn().unwrap();
        let person = Uuid::from_u128(who.number);
        let text = "INSERT INTO person (district_id, id, code, name, organisation_id) VALUES (1, $1, $2, '员工', $3)";
        exec!(c, sqlx::query(text).bind(person).bind(format!("S{}", who.number)).bind(of)).unwrap();
        let text = "INSERT INTO appointment (district_id, id, person_id, organisation_id, role, title, place_path, valid_from) \
                    VALUES (1, $1, $2, $3, $4, '', $5, 0)";
        let id = Uuid::from_u128(who.number + 1_000);
        exec!(c, sqlx::query(text).bind(id).bind(person).bind(of).bind(who.role.as_str()).bind(who.at)).unwrap();
        tx.commit().await.unwrap();
    }

    pub fn now(&self) -> Ts {
        linli_kernel::Clock::now(self.clock.as_ref())
    }

    pub fn ctx(&self, actor: Actor) -> Ctx {
        Ctx {
            actor,
            channel: Channel::Web,
            clock: self.clock.clone(),
            rng: self.rng.clone(),
            request_id: "test".to_owned(),
            idempotency_key: None,
        }
    }

    pub fn staff(&self, who: Staff) -> Ctx {
        let scope = Scope { district: DISTRICT, place: path(who.at) };
        let (person, appointment) = (Uuid::from_u128(who.number), Uuid::from_u128(who.number + 1_000));
        self.ctx(Actor::Staff { person, appointment, role: who.role, scope })
    }

    pub async fn register(&self, who: Staff, input: &NewInstitution) -> Result<InstitutionId, NetworkError> {
        let ctx = self.staff(who);
        act!(self, tx => institutions::register(&ctx, tx, &self.network, input))
    }

    /// A hospital or centre that has been there for a month.
    pub async fn institution(&self, code: &str, name: &str, (kind, level): (InstitutionKind, Level)) -> InstitutionId {
        let input = NewInstitution { valid_from: Some(at(1, 0, 0).plus_secs(-30 * 86_400)), ..said(code, name, kind, level) };
        self.register(OFFICER, &input).await.unwrap()
    }

    pub async fn unit(&self, of: InstitutionId, kind: UnitKind, name: &str) -> UnitId {
        let input = NewUnit { valid_from: Some(at(1, 0, 0).plus_secs(-20 * 86_400)), ..NewUnit::of(kind, name) };
        let ctx = self.staff(OFFICER);
        act!(self, tx => institutions::add_unit(&ctx, tx, &self.network, of, &input)).unwrap()
    }

    pub async fn kinds(&self, of: Uuid) -> Vec<String> {
        let mut read = self.db.read().await.unwrap();
        let lines = journal::of_subject(&mut read.conn(), DISTRICT, of, 1_000).await.unwrap();
        lines.into_iter().map(|line| line.kind).collect()
    }
}

pub fn said(code: &str, name: &str, kind: InstitutionKind, level: Level) -> NewInstitution {
    NewInstitution {
        code: code.to_owned(),
        name: name.to_owned(),
        kind,
        level,
        place: String::new(),
        address: String::new(),
        point: None,
        phone: String::new(),
        capabilities: Vec::new(),
        valid_from: None,
    }
}
