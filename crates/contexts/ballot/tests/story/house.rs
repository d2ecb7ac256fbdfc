//! Xuanwu with one estate of twelve homes, its owners, whoever holds votes there, and neighbours elsewhere.

use std::sync::Arc;

use jiff::civil::Date;
use linli_access::{Actor, Channel, Ctx, Role, Scope};
use linli_ballot::commands::ballots::{self, Receipt};
use linli_ballot::commands::papers::{self, NewPaper, Picture};
use linli_ballot::commands::votes::{self, NewVote, Opening};
use linli_ballot::commands::{closing, register, sweep};
use linli_ballot::model::{Call, Choices, Mode, ScanId, Silent, VoteId};
use linli_ballot::queries::{self, VoteView};
use linli_ballot::{BallotError, BallotOffice, import};
use linli_calendar::Calendar;
use linli_db::{BlobHash, Db, StoredLine, journal};
use linli_identity::model::DoorRules;
use linli_identity::vault::Vault;
use linli_kernel::{Clock as _, DistrictId, FakeClock, PlacePath, SeededRng, Ts};
use linli_rulebook::{Rulebook, SharedRulebook};
use linli_territory::commands as territory;
use linli_territory::model::{EstateInput, HomeInput};
use linli_territory::reference;
use uuid::Uuid;

/// Runs a command in a transaction of its own.
macro_rules! act {
    ($house:expr, $tx:ident => $command:expr) => {{
        let mut tx = $house.db.begin($house.district).await.unwrap();
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

/// Somebody of staff: a number, a role, the code of the place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Staff {
    pub number: u128,
    pub role: Role,
    pub at: &'static str,
}

pub const SECRETARY: Staff = Staff { number: 1, role: Role::CommunitySecretary, at: "320102002001" };
pub const WORKER: Staff = Staff { number: 2, role: Role::CommunityWorker, at: "320102002001" };
pub const GRID: Staff = Staff { number: 3, role: Role::GridWorker, at: "320102002001" };
pub const STEWARD: Staff = Staff { number: 4, role: Role::LifeSteward, at: "320102002001" };
pub const OFFICER: Staff = Staff { number: 5, role: Role::DistrictOfficer, at: "320102" };
pub const NEIGHBOUR: Staff = Staff { number: 6, role: Role::CommunitySecretary, at: "320102002002" };
pub const DOCTOR: Staff = Staff { number: 7, role: Role::FamilyDoctor, at: "320102002001" };
pub const ALL: [Staff; 7] = [SECRETARY, WORKER, GRID, STEWARD, OFFICER, NEIGHBOUR, DOCTOR];

/// An instant of a day of 2026.
pub fn at(month: i8, day: i8, hour: i8) -> Ts {
    Ts::from_local(jiff::civil::date(2026, month, day).at(hour, 0, 0, 0)).unwrap()
}

pub fn day(month: i8, day: i8) -> Date {
    jiff::civil::date(2026, month, day)
}

pub fn said(text: &str) -> Choices {
    text.parse().unwrap()
}

pub struct House {
    pub db: Db,
    pub office: Arc<BallotOffice>,
    pub clock: Arc<FakeClock>,
    pub rng: Arc<SeededRng>,
    pub district: DistrictId,
    pub estate: PlacePath,
    pub other: PlacePath,
}

pub fn book() -> SharedRulebook {
    SharedRulebook::new(Rulebook::builtin(&linli_ballot::rules::PACKS).unwrap())
}

/// The owners of the twelve homes of E1: home 1 to 12 of 100 m² each; who owns the first owns the second and third too, so there are ten heads.
pub fn owners() -> String {
    let mut table = String::from("code,place,kind,area_m2,area_source,standing,owner,document,speaks\n");
    for home in 1..=12 {
        let owner = if home <= 3 { 1 } else { home };
        table.push_str(&format!("E1/1栋/1单元/{home:03},,dwelling,100,register,owned,业主{owner},OWNER-{owner:04},\n"));
    }
    table
}

impl House {
    /// Monday 2026-11-02, 09:00.
    pub async fn new(db: Db) -> Self {
        let (clock, rng) = (FakeClock::at(at(11, 2, 9)), SeededRng::new(7));
        let office =
            BallotOffice::new(book(), Vault::new(&[7; 32], rng.clone()), || Arc::new(Calendar::builtin().unwrap())).unwrap();
        let ctx = Ctx::system("test", clock.clone(), rng.clone());
        let district = lay(&ctx, &db).await;
        let mut read = db.read().await.unwrap();
        let c = &mut read.conn();
        let mut place = async |key: &str| linli_territory::queries::resolve(c, district, key).await.unwrap().unwrap().path;
        let (estate, other) = (place("E1").await, place("E2").await);
        drop(read);
        Self { db, office: Arc::new(office), clock, rng, district, estate, other }
    }

    /// With the owners of E1 in the register.
    pub async fn registered(db: Db) -> Self {
        let house = Self::new(db).await;
        house.record(SECRETARY, &owners()).await.unwrap();
        house
    }

    pub fn now(&self) -> Ts {
        self.clock.now()
    }

    pub async fn path(&self, key: &str) -> PlacePath {
        let mut read = self.db.read().await.unwrap();
        linli_territory::queries::resolve(&mut read.conn(), self.district, key).await.unwrap().unwrap().path
    }

    pub async fn staff(&self, who: Staff) -> Ctx {
        let scope = Scope { district: self.district, place: self.path(who.at).await };
        let (person, appointment) = (Uuid::from_u128(who.number), Uuid::from_u128(100 + who.number));
        self.acting(Actor::Staff { person, appointment, role: who.role, scope })
    }

    pub fn acting(&self, actor: Actor) -> Ctx {
        let (clock, rng) = (self.clock.clone(), self.rng.clone());
        Ctx { actor, channel: Channel::Web, clock, rng, request_id: "test".to_owned(), idempotency_key: None }
    }

    pub fn system(&self) -> Ctx {
        Ctx::system("test", self.clock.clone(), self.rng.clone())
    }

    /// Somebody who has claimed a home, by the session of the device.
    pub async fn claim(&self, key: &str) -> (Ctx, String) {
        let (home, rules) = (self.path(key).await, DoorRules::default());
        let ctx = self.system();
        let code = act!(self, tx => linli_identity::commands::make_claim_code(&ctx, tx, &home, &rules)).unwrap();
        let token = act!(self, tx => linli_identity::commands::claim_home(&ctx, tx, &code, &rules)).unwrap();
        let (_, claim) = linli_identity::commands::claim_of_session(&self.db, &token).await.unwrap().unwrap();
        (self.acting(Actor::Resident { claim: claim.0 }), token.0)
    }

    pub async fn record(&self, who: Staff, table: &str) -> Result<register::Recorded, BallotError> {
        let parts = import::read("owners.csv", table.as_bytes())?;
        let ctx = self.staff(who).await;
        act!(self, tx => register::record(&ctx, tx, &self.office, &parts))
    }

    /// A binding vote of E1 on matters of the rule.
    pub async fn draft(&self, matters: &[i64]) -> Result<VoteId, BallotError> {
        let topics = matters.iter().map(|matter| (Some(*matter), format!("事项 {matter}"))).collect();
        self.draft_of(SECRETARY, self.estate.clone(), (Mode::Binding, topics, Silent::NotParticipating)).await
    }

    pub async fn draft_of(
        &self,
        who: Staff,
        place: PlacePath,
        (mode, topics, silent): (Mode, Vec<(Option<i64>, String)>, Silent),
    ) -> Result<VoteId, BallotError> {
        let new = NewVote {
            place,
            mode,
            call: Call::Regular,
            title: "修屋面",
            body: "3 栋屋面漏水。",
            topics,
            with_parking: false,
            silent,
            silent_basis: if silent == Silent::NotParticipating { "" } else { "议事规则第十二条" },
        };
        let ctx = self.staff(who).await;
        act!(self, tx => votes::draft(&ctx, tx, &self.office, &new))
    }

    pub async fn post(&self, id: VoteId) -> Result<(), BallotError> {
        let ctx = self.staff(SECRETARY).await;
        act!(self, tx => votes::post(&ctx, tx, &self.office, id, ("锁金村社区", "https://linli.example")))
    }

    pub async fn open(&self, id: VoteId, how: Opening) -> Result<(), BallotError> {
        let ctx = self.staff(SECRETARY).await;
        act!(self, tx => votes::open(&ctx, tx, &self.office, id, how))
    }

    /// A vote on these matters that is open until the 30th of November, 24:00; it is the 20th.
    pub async fn running(&self, matters: &[i64]) -> VoteId {
        let id = self.draft(matters).await.unwrap();
        self.clock.set(at(11, 2, 9));
        self.post(id).await.unwrap();
        self.clock.set(at(11, 20, 9));
        self.open(id, Opening { closes_on: day(11, 30), declared: None }).await.unwrap();
        id
    }

    pub async fn at_door(&self, who: Staff, id: VoteId, (seat, choices): (i64, &str)) -> Result<Receipt, BallotError> {
        let (ctx, choices) = (self.staff(who).await, said(choices));
        act!(self, tx => ballots::cast_at_door(&ctx, tx, &self.office, id, (seat, &choices, false)))
    }

    pub async fn online(&self, ctx: &Ctx, id: VoteId, (seat, choices): (i64, &str)) -> Result<Receipt, BallotError> {
        let choices = said(choices);
        act!(self, tx => ballots::cast_online(ctx, tx, &self.office, id, (seat, &choices)))
    }

    /// A paper ballot with a picture of its own, by the number of the picture.
    pub async fn paper(
        &self,
        who: Staff,
        id: VoteId,
        (seat, choices, picture): (i64, &str, u8),
        (proxy, replaces): (Option<(&str, &str)>, bool),
    ) -> Result<ScanId, BallotError> {
        let (ctx, choices) = (self.staff(who).await, said(choices));
        let picture = Picture { hash: BlobHash::of(&[picture]), bytes: 1 };
        let new = NewPaper { seat, picture, choices: &choices, proxy, replaces };
        act!(self, tx => papers::register(&ctx, tx, &self.office, id, &new))
    }

    pub async fn again(&self, who: Staff, id: VoteId, (scan, choices): (ScanId, &str)) -> Result<Receipt, BallotError> {
        let (ctx, choices) = (self.staff(who).await, said(choices));
        act!(self, tx => papers::read_again(&ctx, tx, &self.office, id, (scan, &choices)))
    }

    /// The clock goes past the end and the program counts.
    pub async fn close(&self) {
        self.clock.set(at(12, 1, 1));
        let ctx = self.system();
        act!(self, tx => sweep(&ctx, tx, &self.office, 10)).unwrap();
    }

    pub async fn view(&self, id: VoteId) -> VoteView {
        let ctx = self.staff(SECRETARY).await;
        queries::vote(&ctx, &mut self.db.read().await.unwrap().conn(), &self.office, id).await.unwrap()
    }

    pub async fn announce(&self, id: VoteId) -> Result<(), BallotError> {
        let ctx = self.staff(SECRETARY).await;
        act!(self, tx => closing::announce(&ctx, tx, id, ("锁金村社区", "https://linli.example")))
    }

    /// The file of a vote that was counted.
    pub async fn file(&self, id: VoteId) -> String {
        let ctx = self.staff(SECRETARY).await;
        let (_, decision, seats) = queries::list_for_staff(&ctx, &mut self.db.read().await.unwrap().conn(), id).await.unwrap();
        queries::file_of(&decision, &seats).unwrap()
    }

    pub async fn lines(&self) -> Vec<StoredLine> {
        journal::after(&mut self.db.read().await.unwrap().conn(), self.district, 0, 10_000).await.unwrap()
    }

    /// Everything holds, and no line says who or which home.
    pub async fn whole(&self) {
        let wrong = queries::check(&mut self.db.read().await.unwrap().conn(), self.district).await.unwrap();
        assert_eq!(wrong, Vec::<String>::new());
        for line in self.lines().await {
            for hidden in ["业主", "OWNER", "单元", "\"seat\"", "choices"] {
                assert!(!line.facts.contains(hidden) || line.kind.starts_with("territory."), "{}: {}", line.kind, line.facts);
            }
        }
    }
}

async fn lay(ctx: &Ctx, db: &Db) -> DistrictId {
    let mut tx = db.begin(DistrictId::CITY).await.unwrap();
    let mut divisions = territory::division_register(ctx, &mut tx, &reference::XUANWU_SOURCE, false).await.unwrap();
    let rows = reference::xuanwu_divisions().unwrap();
    territory::put_divisions(ctx, &mut tx, &mut divisions, &rows).await.unwrap();
    let district = territory::open_district(ctx, &mut tx, "320102").await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.begin(district).await.unwrap();
    let estate = |code: &str, community: &str, name: &str| EstateInput {
        code: code.into(),
        community: community.into(),
        name: name.into(),
        ..EstateInput::default()
    };
    let estates = [estate("E1", "320102002001", "锁金三村"), estate("E2", "320102002002", "无名里")];
    territory::put_estates(ctx, &mut tx, &estates).await.unwrap();
    let home = |estate: &str, n: i64| HomeInput {
        estate: estate.into(),
        building: "1栋".into(),
        entrance: "1单元".into(),
        floor: Some(1),
        room: format!("{n:03}"),
        area: Some(linli_kernel::Area(10_000)),
    };
    let homes: Vec<HomeInput> = (1..=12).map(|n| home("E1", n)).chain([home("E2", 1)]).collect();
    territory::put_homes(ctx, &mut tx, &homes).await.unwrap();
    tx.commit().await.unwrap();
    district
}
