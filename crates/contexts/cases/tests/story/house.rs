//! A small house to play in: one district, two entrances, a steward, a manager, a secretary, a desk.

use std::sync::{Arc, Mutex};

use linli_access::{Actor, Channel, Ctx, Role, Scope};
use linli_calendar::Calendar;
use linli_cases::commands::{self, Finish, NewReport, Reported, Stepped};
use linli_cases::{CasesError, ContactVault, Office, Owner, PortFuture, StoredPhoto, WhoAnswers};
use linli_db::{BlobHash, Conn, Db, DbError, StoredLine, exec, journal};
use linli_kernel::{DistrictId, FakeClock, PlacePath, SeededRng, Ts};
use linli_rulebook::{Rulebook, SharedRulebook};
use uuid::Uuid;

pub const DISTRICT: DistrictId = DistrictId(1);

/// Everybody who works in the house. The number becomes the ids of person and appointment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Staff {
    pub number: u128,
    pub role: Role,
    pub at: &'static str,
}

pub const STEWARD: Staff = Staff { number: 1, role: Role::LifeSteward, at: ENTRANCE };
pub const OTHER_STEWARD: Staff = Staff { number: 2, role: Role::LifeSteward, at: OTHER_ENTRANCE };
pub const SECOND_STEWARD: Staff = Staff { number: 3, role: Role::LifeSteward, at: ENTRANCE };
pub const MANAGER: Staff = Staff { number: 4, role: Role::PropertyManager, at: ESTATE };
pub const DESK: Staff = Staff { number: 5, role: Role::PropertyDesk, at: ESTATE };
pub const SECRETARY: Staff = Staff { number: 6, role: Role::CommunitySecretary, at: COMMUNITY };
pub const OFFICER: Staff = Staff { number: 7, role: Role::DistrictOfficer, at: DISTRICT_PATH };
pub const SUBDISTRICT: Staff = Staff { number: 11, role: Role::SubdistrictOfficer, at: "000000010001" };
pub const ADMINISTRATOR: Staff = Staff { number: 8, role: Role::Administrator, at: DISTRICT_PATH };

/// The steward in his other seat (交叉任职).
pub const STEWARD_AS_WORKER: Staff = Staff { number: 1, role: Role::CommunityWorker, at: COMMUNITY };

/// And in a third one, above the neighbourhood.
pub const STEWARD_AS_OFFICER: Staff = Staff { number: 1, role: Role::DistrictOfficer, at: DISTRICT_PATH };

/// Of the whole city.
pub const CITY_ADMINISTRATOR: Staff = Staff { number: 9, role: Role::Administrator, at: "" };

pub const DISTRICT_PATH: &str = "00000001";
pub const COMMUNITY: &str = "0000000100010001";
pub const ESTATE: &str = "00000001000100010001";
pub const ENTRANCE: &str = "0000000100010001000100010001";
pub const OTHER_ENTRANCE: &str = "0000000100010001000200010001";

pub fn path(text: &str) -> PlacePath {
    text.parse().unwrap()
}

/// Who works here no longer, and who does under another appointment than before; by their numbers.
#[derive(Default)]
pub struct Changes {
    pub gone: Vec<u128>,
    pub anew: Vec<u128>,
    /// Whether the offices above the community are held as well.
    pub offices: bool,
}

struct Roster(Arc<Mutex<Changes>>);

impl WhoAnswers for Roster {
    fn answering<'a>(
        &'a self,
        _: &'a mut Conn<'_>,
        _: DistrictId,
        place: &'a PlacePath,
        _: Ts,
    ) -> PortFuture<'a, Result<Vec<(Owner, String)>, DbError>> {
        Box::pin(async move {
            let all = [STEWARD, OTHER_STEWARD, SECOND_STEWARD, MANAGER, DESK, SECRETARY];
            let changes = self.0.lock().unwrap();
            let offices = [SUBDISTRICT, OFFICER];
            let offices = offices.iter().filter(|_| changes.offices);
            let here = all.iter().chain(offices).filter(|s| path(s.at).contains(place) && !changes.gone.contains(&s.number));
            let owner = |s: &Staff| if changes.anew.contains(&s.number) { s.owner_anew() } else { s.owner() };
            Ok(here.map(|s| (owner(s), s.name().to_owned())).collect())
        })
    }

    fn in_force<'a>(
        &'a self,
        _: &'a mut Conn<'_>,
        _: DistrictId,
        appointments: &'a [Uuid],
        _: Ts,
    ) -> PortFuture<'a, Result<Vec<Uuid>, DbError>> {
        Box::pin(async move {
            let changes = self.0.lock().unwrap();
            let over = |id: &Uuid| changes.gone.iter().chain(&changes.anew).any(|n| Uuid::from_u128(n + 1000) == *id);
            Ok(appointments.iter().filter(|id| !over(id)).copied().collect())
        })
    }
}

/// Seals by adding one to every byte: enough to see that nothing lies open.
struct Box1;

impl ContactVault for Box1 {
    fn seal(&self, plain: &str) -> Vec<u8> {
        plain.bytes().map(|b| b.wrapping_add(1)).collect()
    }
    fn open(&self, sealed: &[u8]) -> Option<String> {
        String::from_utf8(sealed.iter().map(|b| b.wrapping_sub(1)).collect()).ok()
    }
    // The record stands before the text, so that what is moved to another one does not open.
    fn seal_for(&self, record: &[u8], plain: &str) -> Vec<u8> {
        [record, &self.seal(plain)].concat()
    }
    fn open_for(&self, record: &[u8], sealed: &[u8]) -> Option<String> {
        self.open(sealed.strip_prefix(record)?)
    }
    fn lookup_hash(&self, plain: &str) -> Vec<u8> {
        BlobHash::of(plain.as_bytes()).0.to_vec()
    }
}

impl Staff {
    /// Invented, and nobody else's.
    pub fn name(&self) -> &'static str {
        match self.number {
            1 => "甄守楼",
            2 => "隗隔壁",
            3 => "亓双楼",
            4 => "褚物成",
            5 => "仝值班",
            10 => "应上灯",
            _ => "逄书正",
        }
    }

    /// The same person under another appointment.
    pub fn owner_anew(&self) -> Owner {
        Owner { appointment: Uuid::from_u128(self.number + 2000), ..self.owner() }
    }

    pub fn owner(&self) -> Owner {
        Owner { person: Uuid::from_u128(self.number), appointment: Uuid::from_u128(self.number + 1000), role: self.role }
    }
}

pub struct House {
    pub db: Db,
    pub office: Arc<Office>,
    pub book: SharedRulebook,
    pub clock: Arc<FakeClock>,
    pub rng: Arc<SeededRng>,
    pub changes: Arc<Mutex<Changes>>,
}

/// Tuesday 2026-11-24, 09:00 in Beijing.
pub fn tuesday_nine() -> Ts {
    Ts::from_local(jiff::civil::date(2026, 11, 24).at(9, 0, 0, 0)).unwrap()
}

impl House {
    pub async fn new(db: Db) -> Self {
        let mut tx = db.begin(DistrictId::CITY).await.unwrap();
        let c = &mut tx.conn().unwrap();
        exec!(
            c,
            sqlx::query(
                "INSERT INTO district (id, division, name, place_path, created_at) VALUES (1, '320102', '玄武区', $1, 0)"
            )
            .bind(DISTRICT_PATH)
        )
        .unwrap();
        exec!(c, sqlx::query("INSERT INTO journal_counter (district_id, last_seq) VALUES (1, 0)")).unwrap();
        tx.commit().await.unwrap();
        let book = SharedRulebook::new(Rulebook::builtin(&linli_cases::rules::PACKS).unwrap());
        let changes = Arc::new(Mutex::new(Changes::default()));
        let who = Arc::new(Roster(changes.clone()));
        let office = Office::new(book.clone(), Calendar::builtin().unwrap(), who, Arc::new(Box1)).unwrap();
        Self { db, office: Arc::new(office), book, clock: FakeClock::at(tuesday_nine()), rng: SeededRng::new(7), changes }
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

    pub fn visitor(&self) -> Ctx {
        self.ctx(Actor::Visitor)
    }

    pub fn staff(&self, who: Staff) -> Ctx {
        let owner = who.owner();
        let district = if who.at.is_empty() { DistrictId::CITY } else { DISTRICT };
        let scope = Scope { district, place: path(who.at) };
        self.ctx(Actor::Staff { person: owner.person, appointment: owner.appointment, role: who.role, scope })
    }

    pub fn system(&self) -> Ctx {
        Ctx::system("test", self.clock.clone(), self.rng.clone())
    }

    pub async fn report(&self, ctx: &Ctx, input: NewReport) -> Result<Reported, CasesError> {
        let mut tx = self.db.begin(DISTRICT).await?;
        let out = commands::report(ctx, &mut tx, &self.office, input).await?;
        tx.commit().await?;
        Ok(out)
    }

    /// A lamp is out at the entrance.
    pub async fn lamp(&self) -> Reported {
        self.report(&self.visitor(), lamp()).await.unwrap()
    }

    pub async fn lines(&self, id: linli_cases::CaseId) -> Vec<StoredLine> {
        let mut read = self.db.read().await.unwrap();
        journal::of_subject(&mut read.conn(), DISTRICT, id.0, 1000).await.unwrap()
    }

    pub async fn kinds(&self, id: linli_cases::CaseId) -> Vec<String> {
        self.lines(id).await.into_iter().map(|l| l.kind).collect()
    }

    pub async fn case(&self, id: linli_cases::CaseId) -> linli_cases::Case {
        let mut read = self.db.read().await.unwrap();
        linli_cases::queries::readable(&self.staff(OFFICER), &mut read.conn(), DISTRICT, id).await.unwrap()
    }

    pub async fn clean(&self) {
        let mut read = self.db.read().await.unwrap();
        assert_eq!(linli_cases::queries::check(&mut read.conn(), DISTRICT).await.unwrap(), Vec::new());
        let calendar = self.office.calendar();
        assert_eq!(linli_cases::queries::check_promises(&mut read.conn(), DISTRICT, &calendar).await.unwrap(), Vec::new());
    }

    pub async fn fold(&self) {
        let mut tx = self.db.begin(DISTRICT).await.unwrap();
        commands::fold_figures(&mut tx, 10_000).await.unwrap();
        tx.commit().await.unwrap();
    }
}

pub fn lamp() -> NewReport {
    NewReport {
        place: path(ENTRANCE),
        class: None,
        description: "三楼楼道灯不亮,晚上老人下楼看不见".to_owned(),
        photos: Vec::new(),
        phone: None,
        point_e7: None,
    }
}

pub fn photo(n: u8) -> StoredPhoto {
    StoredPhoto { hash: BlobHash([n; 32]), bytes: 1000, thumb: BlobHash([n + 100; 32]), thumb_bytes: 100 }
}

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

impl House {
    pub async fn take(&self, who: Staff, id: linli_cases::CaseId) -> Result<Stepped, CasesError> {
        act!(self, tx => commands::take(&self.staff(who), tx, &self.office, id))
    }

    pub async fn finish(&self, who: Staff, id: linli_cases::CaseId) -> Result<Stepped, CasesError> {
        let input = Finish { photos: vec![photo(9)], no_photo_because: None, done: Some("换了灯泡".to_owned()) };
        act!(self, tx => commands::finish(&self.staff(who), tx, &self.office, id, input.clone()))
    }
}
