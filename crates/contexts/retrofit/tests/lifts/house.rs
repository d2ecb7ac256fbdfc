//! A small ground: an estate with a stairwell of six floors and two homes on each, and those who work there.

use std::sync::Arc;

use linli_access::{Actor, Channel, Ctx, Role, Scope};
use linli_calendar::Calendar;
use linli_db::{Db, journal};
use linli_identity::vault::Vault;
use linli_kernel::{Area, Clock as _, DistrictId, FakeClock, PlacePath, SeededRng, Ts};
use linli_retrofit::commands::homes::{self, Said};
use linli_retrofit::commands::{Photo, project, schemes, steps};
use linli_retrofit::model::{By, Entry, Fire, LiftId, Matter, Operating, SchemeBody, SchemeId, Signing, Stance, Way};
use linli_retrofit::queries::Whole;
use linli_retrofit::{LiftOffice, RetrofitError, queries};
use linli_rulebook::{Rulebook, SharedRulebook};
use linli_territory::commands as territory;
use linli_territory::model::{EstateInput, HomeInput};
use linli_territory::reference;
use uuid::Uuid;

/// Runs a command in a transaction of its own, in the district.
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

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Staff {
    pub number: u128,
    pub role: Role,
    /// The estate, or the subdistrict for officers, or an estate elsewhere.
    pub at: &'static str,
}

pub const SECRETARY: Staff = Staff { number: 1, role: Role::CommunitySecretary, at: "E1" };
pub const STEWARD: Staff = Staff { number: 2, role: Role::LifeSteward, at: "E1" };
pub const RED: Staff = Staff { number: 3, role: Role::RedSteward, at: "E1" };
pub const MANAGER: Staff = Staff { number: 4, role: Role::PropertyManager, at: "E1" };
pub const OFFICER: Staff = Staff { number: 5, role: Role::DistrictOfficer, at: "" };
pub const ELSEWHERE: Staff = Staff { number: 6, role: Role::CommunitySecretary, at: "E2" };
pub const GUARD: Staff = Staff { number: 7, role: Role::Guard, at: "E1" };
pub const ALL: [Staff; 7] = [SECRETARY, STEWARD, RED, MANAGER, OFFICER, ELSEWHERE, GUARD];

/// A day of November 2026; the 24th is a Tuesday.
pub fn at(day: i8, hour: i8) -> Ts {
    Ts::from_local(jiff::civil::date(2026, 11, day).at(hour, 0, 0, 0)).unwrap()
}

pub struct House {
    pub db: Db,
    pub district: DistrictId,
    pub office: Arc<LiftOffice>,
    pub clock: Arc<FakeClock>,
    pub rng: Arc<SeededRng>,
    pub estate: PlacePath,
    pub beside: PlacePath,
    pub top: PlacePath,
}

pub fn office(rng: Arc<SeededRng>, change: impl Fn(&str) -> String) -> LiftOffice {
    let book = Rulebook::builtin(&linli_retrofit::rules::PACKS).unwrap();
    let changed = change(linli_retrofit::rules::PACKS[0].1);
    let book = if changed == linli_retrofit::rules::PACKS[0].1 {
        book
    } else {
        book.load_dir(vec![("consent.toml".to_owned(), changed)]).unwrap()
    };
    let calendar = Arc::new(Calendar::builtin().unwrap());
    LiftOffice::new(SharedRulebook::new(book), Vault::new(&[7; 32], rng), move || Arc::clone(&calendar)).unwrap()
}

impl House {
    /// Tuesday 2026-11-24, 09:00 in Beijing.
    pub async fn new(db: Db) -> Self {
        Self::under(db, str::to_owned).await
    }

    /// The same with another pack of consent.
    pub async fn under(db: Db, change: impl Fn(&str) -> String) -> Self {
        let (clock, rng) = (FakeClock::at(at(24, 9)), SeededRng::new(7));
        let ctx = Ctx::system("test", clock.clone(), rng.clone());
        let mut tx = db.begin(DistrictId::CITY).await.unwrap();
        let mut register = territory::division_register(&ctx, &mut tx, &reference::XUANWU_SOURCE, false).await.unwrap();
        territory::put_divisions(&ctx, &mut tx, &mut register, &reference::xuanwu_divisions().unwrap()).await.unwrap();
        let district = territory::open_district(&ctx, &mut tx, "320102").await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.begin(district).await.unwrap();
        let estate = |code: &str, community: &str, name: &str| EstateInput {
            code: code.into(),
            community: community.into(),
            name: name.into(),
            ..EstateInput::default()
        };
        let estates = [estate("E1", "320102002001", "梅园一村"), estate("E2", "320102002002", "无名里")];
        territory::put_estates(&ctx, &mut tx, &estates).await.unwrap();
        let home = |estate: &str, entrance: &str, floor: i64, door: i64| HomeInput {
            estate: estate.into(),
            building: "3栋".into(),
            entrance: entrance.into(),
            floor: Some(floor),
            room: format!("{floor}0{door}"),
            area: Some(Area(6_000)),
        };
        let mut homes: Vec<HomeInput> = (1..=6).flat_map(|floor| [1, 2].map(|door| home("E1", "1单元", floor, door))).collect();
        homes.extend([home("E1", "2单元", 1, 1), home("E1", "2单元", 2, 1), home("E2", "1单元", 1, 1)]);
        for answer in territory::put_homes(&ctx, &mut tx, &homes).await.unwrap() {
            answer.accepted().unwrap();
        }
        tx.commit().await.unwrap();
        let (estate, beside, top) = {
            let mut read = db.read().await.unwrap();
            let c = &mut read.conn();
            let estate = linli_territory::queries::resolve(c, district, "E1").await.unwrap().unwrap().path;
            let beside = linli_territory::queries::resolve(c, district, "E2").await.unwrap().unwrap().path;
            let top = linli_territory::queries::district(c, district).await.unwrap().unwrap().path;
            (estate, beside, top)
        };
        let office = Arc::new(office(rng.clone(), change));
        Self { db, district, office, clock, rng, estate, beside, top }
    }

    pub fn days(&self, days: i64) {
        self.clock.advance_secs(days * 86_400);
    }

    pub fn today(&self) -> String {
        self.clock.now().local().date().to_string()
    }

    pub fn actor(&self, who: Staff) -> Actor {
        let place = match who.at {
            "E1" => self.estate.clone(),
            "E2" => self.beside.clone(),
            _ => self.top.clone(),
        };
        let scope = Scope { district: self.district, place };
        Actor::Staff { person: who.person(), appointment: Uuid::from_u128(who.number + 1000), role: who.role, scope }
    }

    pub fn staff(&self, who: Staff) -> Ctx {
        self.by(self.actor(who))
    }

    pub fn by(&self, actor: Actor) -> Ctx {
        Ctx {
            actor,
            channel: Channel::Web,
            clock: self.clock.clone(),
            rng: self.rng.clone(),
            request_id: "test".to_owned(),
            idempotency_key: None,
        }
    }

    /// A photo that is stored.
    pub async fn photo(&self, bytes: &[u8]) -> Photo {
        let hash = self.db.blobs().put(bytes.to_vec()).await.unwrap();
        let size = u64::try_from(bytes.len()).unwrap();
        Photo { hash, bytes: size, thumb: hash, thumb_bytes: size }
    }

    pub async fn begin(&self, who: Staff) -> Result<LiftId, RetrofitError> {
        act!(self, tx => project::begin(&self.staff(who), tx, &self.office, "E1/3栋/1单元"))
    }

    pub async fn whole(&self, who: Staff, id: LiftId) -> Result<Whole, RetrofitError> {
        let mut read = self.db.read().await.unwrap();
        queries::whole(&self.staff(who), &mut read.conn(), &self.office, id).await
    }

    /// The place of a home by its room.
    pub async fn home(&self, id: LiftId, room: &str) -> PlacePath {
        self.whole(SECRETARY, id).await.unwrap().homes.into_iter().find(|home| home.room == room).unwrap().place
    }

    /// A home says something at its door, before a witness.
    pub async fn says(&self, id: LiftId, room: &str, stance: Stance) -> Result<(), RetrofitError> {
        let home = self.home(id, room).await;
        let reason = (stance == Stance::Object).then_some(Matter::Light);
        let said = Said { stance, way: Way::Door, reason, day: "", who: "王奶奶", said: "怕挡光", witness: "楼长" };
        act!(self, tx => homes::say(&self.staff(STEWARD), tx, &self.office, (id, &home), (said, None)))
    }

    /// All but some homes agree.
    pub async fn all_agree(&self, id: LiftId, but: &[&str]) {
        for floor in 1..=6 {
            for door in 1..=2 {
                let room = format!("{floor}0{door}");
                if !but.contains(&room.as_str()) {
                    self.says(id, &room, Stance::Agree).await.unwrap();
                }
            }
        }
    }

    pub async fn scheme(&self, id: LiftId, body: SchemeBody) -> Result<SchemeId, RetrofitError> {
        act!(self, tx => schemes::put(&self.staff(SECRETARY), tx, &self.office, (id, None), body.clone()))
    }

    pub async fn choose(&self, id: LiftId, scheme: SchemeId) -> Result<(), RetrofitError> {
        act!(self, tx => schemes::choose(&self.staff(SECRETARY), tx, id, scheme))
    }

    pub async fn sign(&self, id: LiftId, room: &str) -> Result<(), RetrofitError> {
        let (home, photo) = (self.home(id, room).await, self.photo(b"signed").await);
        act!(self, tx => homes::sign(&self.staff(STEWARD), tx, &self.office, (id, &home), (Signing::Paper, Some(photo))))
    }

    pub async fn done(&self, id: LiftId, kind: &str) -> Result<(), RetrofitError> {
        act!(self, tx => steps::done(&self.staff(SECRETARY), tx, &self.office, id, (kind, "", "宁规审〔2026〕7号", "", None)))
    }

    pub async fn kinds(&self, of: Uuid) -> Vec<String> {
        let mut read = self.db.read().await.unwrap();
        journal::of_subject(&mut read.conn(), self.district, of, 1000).await.unwrap().into_iter().map(|line| line.kind).collect()
    }

    pub async fn clean(&self) {
        let mut read = self.db.read().await.unwrap();
        assert_eq!(queries::check(&mut read.conn(), self.district).await.unwrap(), Vec::<String>::new());
    }
}

/// A scheme of 500,000 yuan with 100,000 of subsidy, by floor coefficient, the ground floor compensated.
pub fn usual(name: &str) -> SchemeBody {
    SchemeBody {
        name: name.to_owned(),
        entry: Entry::HalfLanding,
        operating: Operating::Owned,
        pipes: Vec::new(),
        fire: Fire::Kept,
        note: "燃气管外移一米".to_owned(),
        total: 50_000_000,
        subsidy: 10_000_000,
        outside: 0,
        by: By::Coefficient,
        coefficients: vec![(1, 0), (2, 500), (3, 1000), (4, 1300), (5, 1600), (6, 1900)],
        compensation: vec![(1, 500_000)],
        running: 800_000,
        overhaul: 200_000,
        ride: 0,
        shaft: Vec::new(),
    }
}

impl Staff {
    pub const fn person(&self) -> Uuid {
        Uuid::from_u128(self.number)
    }
}

impl House {
    pub fn clock_now(&self) -> Ts {
        self.clock.now()
    }
}
