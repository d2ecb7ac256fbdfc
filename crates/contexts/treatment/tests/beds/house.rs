//! A small ground: two districts, a health centre and a hospital in the first, two hospitals in the second, whoever works there.

use std::sync::Arc;

use linli_access::{Actor, Channel, Ctx, Role, Scope};
use linli_db::{Db, StoredLine, exec, journal};
use linli_identity::vault::Vault;
use linli_kernel::{Clock as _, DistrictId, FakeClock, PlacePath, SeededRng, Ts};
use linli_rulebook::{Rulebook, SharedRulebook};
use linli_treatment::commands::beds::{self, NewEntry};
use linli_treatment::model::beds::{BedType, CellKey, Change, EntryKind, Levels};
use linli_treatment::model::{InstitutionId, UnitId};
use linli_treatment::queries::beds::{Board, BoardCell};
use linli_treatment::{BedDesk, BedError, queries};
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
/// 秦淮区, where the lead hospital is.
pub const FAR: DistrictId = DistrictId(2);

pub const CENTRE: InstitutionId = InstitutionId(Uuid::from_u128(501));
pub const COUNTY: InstitutionId = InstitutionId(Uuid::from_u128(502));
pub const LEAD: InstitutionId = InstitutionId(Uuid::from_u128(503));
pub const NEXT: InstitutionId = InstitutionId(Uuid::from_u128(504));

pub const CENTRE_WARD: UnitId = UnitId(Uuid::from_u128(601));
pub const COUNTY_ICU: UnitId = UnitId(Uuid::from_u128(602));
pub const LEAD_ICU: UnitId = UnitId(Uuid::from_u128(603));
pub const LEAD_WARD: UnitId = UnitId(Uuid::from_u128(604));
pub const NEXT_ICU: UnitId = UnitId(Uuid::from_u128(605));

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
pub const CENTRE_BEDS: Staff = staff(2, Role::BedManager, NEAR, "00000001", Some(CENTRE));
pub const COUNTY_BEDS: Staff = staff(3, Role::BedManager, NEAR, "00000001", Some(COUNTY));
pub const LEAD_BEDS: Staff = staff(4, Role::BedManager, FAR, "00000002", Some(LEAD));
pub const NEXT_BEDS: Staff = staff(5, Role::BedManager, FAR, "00000002", Some(NEXT));
pub const COORDINATOR: Staff = staff(6, Role::GridCoordinator, FAR, "00000002", Some(LEAD));
pub const OFFICER: Staff = staff(7, Role::HealthOfficer, FAR, "00000002", None);
pub const SECRETARY: Staff = staff(8, Role::CommunitySecretary, NEAR, "0000000100010001", None);
pub const STRANGER: Staff = staff(9, Role::FamilyDoctor, NEAR, "0000000100010001", None);
pub const ALL: [Staff; 9] = [DOCTOR, CENTRE_BEDS, COUNTY_BEDS, LEAD_BEDS, NEXT_BEDS, COORDINATOR, OFFICER, SECRETARY, STRANGER];

pub fn path(text: &str) -> PlacePath {
    text.parse().unwrap()
}

/// A Tuesday.
pub fn at(day: i8, hour: i8, minute: i8) -> Ts {
    Ts::from_local(jiff::civil::date(2026, 11, day).at(hour, minute, 0, 0)).unwrap()
}

pub struct House {
    pub db: Db,
    pub desk: Arc<BedDesk>,
    pub clock: Arc<FakeClock>,
    pub rng: Arc<SeededRng>,
}

impl House {
    /// Tuesday 2026-11-24, 09:00 in Beijing.
    pub async fn new(db: Db) -> Self {
        let packs: Vec<_> = linli_care::follow::rules::PACKS
            .into_iter()
            .chain(linli_treatment::rules::BED_PACKS)
            .chain(linli_treatment::rules::NETWORK_PACKS)
            .collect();
        let book = SharedRulebook::new(Rulebook::builtin(&packs).unwrap());
        let rng = SeededRng::new(7);
        let desk = Arc::new(BedDesk::new(book, Vault::new(&[7; 32], rng.clone())).unwrap());
        let house = Self { db, desk, clock: FakeClock::at(at(24, 9, 0)), rng };
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
        for (district, id, kind, name, place, level, can, lon) in [
            (NEAR, CENTRE, "health_centre", "锁金村社区卫生服务中心", "0000000100010001", "primary", "oxygen", 1_188_100_000_i64),
            (NEAR, COUNTY, "hospital", "玄武区医院", "00000001", "second", "oxygen,high_flow", 1_188_000_000),
            (
                FAR,
                LEAD,
                "hospital",
                "秦淮中心医院",
                "00000002",
                "tertiary",
                "oxygen,high_flow,ventilation,dialysis",
                1_187_900_000,
            ),
            (FAR, NEXT, "hospital", "秦淮第二医院", "00000002", "tertiary", "oxygen,high_flow,ventilation", 1_187_000_000),
        ] {
            let text = "INSERT INTO organisation (district_id, id, kind, name) VALUES ($1, $2, $3, $4)";
            exec!(c, sqlx::query(text).bind(district).bind(id).bind(kind).bind(name)).unwrap();
            let text = "INSERT INTO institution (district_id, id, code, kind, level, place_path, address, lon_e7, lat_e7, capabilities, \
                        valid_from, version) VALUES ($1, $2, $3, $4, $5, $6, '', $7, 320000000, $8, 0, 1)";
            let code = format!("J{}", id.0.as_u128());
            exec!(c, sqlx::query(text).bind(district).bind(id).bind(code).bind(kind).bind(level).bind(place).bind(lon).bind(can))
                .unwrap();
        }
        for (district, id, of, kind, name) in [
            (NEAR, CENTRE_WARD, CENTRE, "ward", "康复病区"),
            (NEAR, COUNTY_ICU, COUNTY, "icu", "重症医学科"),
            (FAR, LEAD_ICU, LEAD, "icu", "重症医学科"),
            (FAR, LEAD_WARD, LEAD, "ward", "呼吸科"),
            (FAR, NEXT_ICU, NEXT, "icu", "重症医学科"),
        ] {
            let text = "INSERT INTO institution_unit (district_id, id, institution_id, kind, name, capabilities, valid_from, version) \
                        VALUES ($1, $2, $3, $4, $5, '', 0, 1)";
            exec!(c, sqlx::query(text).bind(district).bind(id).bind(of).bind(kind).bind(name)).unwrap();
        }
        // The first grid is led from the other district; the centre and the hospital near by belong to it. The second leads its own.
        for (id, code, lead) in [(701_u128, "G01", LEAD), (702, "G02", NEXT)] {
            let text = "INSERT INTO treatment_grid (district_id, id, code, name, kind, lead_id, valid_from) \
                        VALUES ($1, $2, $3, $3, 'general', $4, 0)";
            exec!(c, sqlx::query(text).bind(FAR).bind(Uuid::from_u128(id)).bind(code).bind(lead)).unwrap();
        }
        for (n, district, of, grid) in
            [(801_u128, NEAR, CENTRE, 701_u128), (802, NEAR, COUNTY, 701), (803, FAR, LEAD, 701), (804, FAR, NEXT, 702)]
        {
            let text = "INSERT INTO grid_member (district_id, id, institution_id, kind, grid_district, grid_id, valid_from) \
                        VALUES ($1, $2, $3, 'general', $4, $5, 0)";
            let (n, grid) = (Uuid::from_u128(n), Uuid::from_u128(grid));
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

    pub async fn enter(&self, who: Staff, new: NewEntry) -> Result<(), BedError> {
        act!(self, who, tx => beds::enter(&self.staff(who), tx, &self.desk, new)).map(|_| ())
    }

    /// An ICU with so many beds, and the people for them.
    pub async fn icu(&self, who: Staff, unit: UnitId, beds: i64) {
        for (kind, amount) in
            [(EntryKind::InPlace, beds), (EntryKind::Open, beds), (EntryKind::Doctors, beds), (EntryKind::Nurses, 3 * beds)]
        {
            self.enter(who, count(unit, BedType::Icu, kind, amount)).await.unwrap();
        }
    }

    pub async fn board(&self, who: Staff, of: (DistrictId, InstitutionId)) -> Result<Board, BedError> {
        let mut read = self.db.read().await.unwrap();
        queries::beds::board(&self.staff(who), &mut read.conn(), &self.desk, of).await
    }

    pub async fn cell(&self, who: Staff, unit: UnitId, bed_type: BedType) -> BoardCell {
        let board = self.board(who, (who.district, who.of.unwrap())).await.unwrap();
        let mut cells = board.units.into_iter().filter(|one| one.id == unit).flat_map(|one| one.cells);
        cells.find(|one| one.cell.key.bed_type == bed_type).unwrap()
    }

    /// Occupied, reserved and what is left of them.
    pub async fn taken(&self, who: Staff, unit: UnitId) -> (i64, i64, i64) {
        let cell = self.cell(who, unit, BedType::Icu).await;
        (cell.cell.levels.occupied, cell.cell.levels.reserved, cell.derived.unwrap().left)
    }

    pub async fn levels_at(&self, who: Staff, unit: UnitId, (at, known_by): (Ts, Ts)) -> Levels {
        let key = CellKey { district: who.district, unit, bed_type: BedType::Icu };
        let mut read = self.db.read().await.unwrap();
        queries::beds::at_instant(&self.staff(who), &mut read.conn(), key, (at, known_by)).await.unwrap()
    }

    pub async fn lines(&self, district: DistrictId, of: Uuid) -> Vec<StoredLine> {
        let mut read = self.db.read().await.unwrap();
        journal::of_subject(&mut read.conn(), district, of, 1000).await.unwrap()
    }

    pub async fn kinds(&self, district: DistrictId, of: Uuid) -> Vec<String> {
        self.lines(district, of).await.into_iter().map(|line| line.kind).collect()
    }

    pub async fn clean(&self) {
        let mut read = self.db.read().await.unwrap();
        for district in [NEAR, FAR] {
            assert_eq!(queries::beds::check(&mut read.conn(), district).await.unwrap(), Vec::<String>::new());
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

/// There are so many.
pub fn count(unit: UnitId, bed_type: BedType, kind: EntryKind, amount: i64) -> NewEntry {
    NewEntry { unit, bed_type, kind, change: Change::Level, amount, within_hours: None, at: None, reason: None }
}

/// So many more.
pub fn more(unit: UnitId, kind: EntryKind, amount: i64) -> NewEntry {
    NewEntry { change: Change::Delta, ..count(unit, BedType::Icu, kind, amount) }
}
