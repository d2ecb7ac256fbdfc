//! A small ground: two communities of Xuanwu, an estate with homes, those who sit at a joint meeting, boards.

use std::collections::HashMap;
use std::sync::Arc;

use linli_access::{Actor, Channel, Ctx, Scope};
use linli_calendar::Calendar;
use linli_cases::{ContactVault, Neighbourhood, Office};
use linli_council::commands::meetings::{self, NewItem, NewMeeting, When};
use linli_council::commands::{Words, closing, holding};
use linli_council::model::{Electorate, ItemId, Kind, MeetingId, Outcome, Presence, SeatId};
use linli_council::queries::{self, StaffFile};
use linli_council::{CouncilError, CouncilOffice};
use linli_db::{Db, StoredLine, journal};
use linli_identity::vault::Vault;
use linli_kernel::{Clock as _, DistrictId, FakeClock, PlacePath, SeededRng, Ts};
use linli_people::model::{AppointmentInput, PersonInput};
use linli_rulebook::{Rulebook, SharedRulebook};
use linli_territory::commands::{self as territory, EntranceInput};
use linli_territory::model::{EstateInput, HomeInput};
use linli_territory::{queries as ground, reference};
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

pub const SECRETARY: &str = "P1";
pub const WORKER: &str = "P2";
pub const MANAGER: &str = "P3";
pub const STEWARD: &str = "P4";
pub const RED: &str = "P5";
pub const OFFICER: &str = "P6";
/// The secretary of the community beside.
pub const OTHER: &str = "P7";
pub const ADMINISTRATOR: &str = "P8";

const STAFF: [(&str, &str, &str, &str, &str, &str); 8] = [
    (SECRETARY, "甄书记", "residents_committee", "锁金村社区居委会", "community_secretary", "320102002001"),
    (WORKER, "严社工", "residents_committee", "锁金村社区居委会", "community_worker", "320102002001"),
    (MANAGER, "靳经理", "property_company", "玄武物业", "property_manager", "E1"),
    (STEWARD, "隗管家", "property_company", "玄武物业", "life_steward", "E1/3栋/2单元"),
    (RED, "谌红管", "party_group", "锁金三村党小组", "red_steward", "E1"),
    (OFFICER, "郦科长", "street_office", "玄武区民政局", "district_officer", "320102"),
    (OTHER, "邬书记", "residents_committee", "南京林业大学社区居委会", "community_secretary", "320102002002"),
    (ADMINISTRATOR, "管理员", "street_office", "玄武区民政局", "administrator", "320102"),
];

pub struct House {
    pub db: Db,
    pub office: Arc<CouncilOffice>,
    pub cases: Arc<Office>,
    pub clock: Arc<FakeClock>,
    pub rng: Arc<SeededRng>,
    pub district: DistrictId,
    pub community: PlacePath,
    pub estate: PlacePath,
    pub entrance: PlacePath,
    pub homes: Vec<PlacePath>,
    pub actors: HashMap<String, Actor>,
}

/// A moment of November 2026; the 24th is a Tuesday.
pub fn at(day: i8, hour: i8) -> Ts {
    Ts::from_local(jiff::civil::date(2026, 11, day).at(hour, 0, 0, 0)).unwrap()
}

pub fn words(title: &str) -> Words {
    Words { title: title.to_owned(), body: format!("{title}的内容") }
}

/// The vault of contacts that cases ask for.
struct Contacts(Vault);

impl ContactVault for Contacts {
    fn seal(&self, plain: &str) -> Vec<u8> {
        self.0.seal(plain)
    }
    fn open(&self, sealed: &[u8]) -> Option<String> {
        self.0.open(sealed)
    }
    fn seal_for(&self, record: &[u8], plain: &str) -> Vec<u8> {
        self.0.seal_for(record, plain)
    }
    fn open_for(&self, record: &[u8], sealed: &[u8]) -> Option<String> {
        self.0.open_for(record, sealed)
    }
    fn lookup_hash(&self, plain: &str) -> Vec<u8> {
        self.0.lookup_hash(plain)
    }
}

/// What a meeting is, for short.
pub struct Plan {
    pub kind: Kind,
    pub day: i8,
    pub hour: i8,
}

impl House {
    /// Tuesday 2026-11-24, 09:00 in Beijing.
    pub async fn new(db: Db) -> Self {
        let (clock, rng) = (FakeClock::at(at(24, 9)), SeededRng::new(7));
        let packs: Vec<_> = linli_cases::rules::PACKS.into_iter().chain(linli_council::rules::PACKS).collect();
        let book = SharedRulebook::new(Rulebook::builtin(&packs).unwrap());
        let vault = Vault::new(&[7; 32], rng.clone());
        let contacts = Arc::new(Contacts(vault.clone()));
        let cases = Arc::new(Office::new(book.clone(), Calendar::builtin().unwrap(), Arc::new(Neighbourhood), contacts).unwrap());
        let office = Arc::new(CouncilOffice::new(book, vault, Arc::clone(&cases)).unwrap());
        let mut house = Self {
            db,
            office,
            cases,
            clock,
            rng,
            district: DistrictId(1),
            community: PlacePath::root(),
            estate: PlacePath::root(),
            entrance: PlacePath::root(),
            homes: Vec::new(),
            actors: HashMap::new(),
        };
        house.lay().await;
        house
    }

    async fn lay(&mut self) {
        let ctx = self.system();
        let mut tx = self.db.begin(DistrictId::CITY).await.unwrap();
        let mut register = territory::division_register(&ctx, &mut tx, &reference::XUANWU_SOURCE, false).await.unwrap();
        let rows = reference::xuanwu_divisions().unwrap();
        territory::put_divisions(&ctx, &mut tx, &mut register, &rows).await.unwrap();
        self.district = territory::open_district(&ctx, &mut tx, "320102").await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = self.db.begin(self.district).await.unwrap();
        let estates = [EstateInput {
            code: "E1".into(),
            community: "320102002001".into(),
            name: "锁金三村".into(),
            ..EstateInput::default()
        }];
        territory::put_estates(&ctx, &mut tx, &estates).await.unwrap();
        let doors = ["1单元", "2单元"].map(|entrance| EntranceInput {
            estate: "E1".into(),
            building: "3栋".into(),
            entrance: Some(entrance.into()),
        });
        territory::put_entrances(&ctx, &mut tx, &doors).await.unwrap();
        let homes: Vec<HomeInput> = (1..=6)
            .map(|floor| HomeInput {
                estate: "E1".into(),
                building: "3栋".into(),
                entrance: "2单元".into(),
                floor: Some(floor),
                room: format!("{floor}01"),
                area: None,
            })
            .collect();
        territory::put_homes(&ctx, &mut tx, &homes).await.unwrap();
        self.appoint(&ctx, &mut tx).await;
        tx.commit().await.unwrap();
        let mut read = self.db.read().await.unwrap();
        let c = &mut read.conn();
        let district = self.district;
        let mut place = async |key: &str| ground::resolve(c, district, key).await.unwrap().unwrap().path;
        self.community = place("320102002001").await;
        self.estate = place("E1").await;
        self.entrance = place("E1/3栋/2单元").await;
        for floor in 1..=6 {
            self.homes.push(place(&format!("E1/3栋/2单元/{floor}01")).await);
        }
        drop(read);
        let mut tx = self.db.begin(self.district).await.unwrap();
        let boards = [self.estate.clone(), self.entrance.clone()];
        linli_board::commands::ensure_codes(&ctx, &mut tx, &boards).await.unwrap();
        tx.commit().await.unwrap();
        self.actors().await;
    }

    async fn appoint(&self, ctx: &Ctx, tx: &mut linli_db::Tx) {
        let people = STAFF.map(|(code, name, kind, organisation, ..)| PersonInput {
            code: code.into(),
            name: name.into(),
            organisation_kind: Some(kind.into()),
            organisation_name: Some(organisation.into()),
            organisation_credit_code: None,
            work_phone: None,
        });
        let known = linli_people::commands::put_people(ctx, tx, &people).await.unwrap();
        let posts = STAFF.map(|(code, _, _, organisation, role, place)| AppointmentInput {
            person_code: code.into(),
            organisation_name: Some(organisation.into()),
            role: role.into(),
            title: String::new(),
            place: place.into(),
            grid_code: None,
            public_phone: None,
            valid_from: Ts(0),
            valid_to: None,
        });
        let appointed = linli_people::commands::put_appointments(ctx, tx, &posts).await.unwrap();
        for answer in known.into_iter().chain(appointed) {
            answer.accepted().unwrap();
        }
    }

    async fn actors(&mut self) {
        let mut read = self.db.read().await.unwrap();
        let c = &mut read.conn();
        for (code, ..) in STAFF {
            let person = linli_people::queries::person_by_code(c, self.district, code).await.unwrap().unwrap();
            let held = linli_people::queries::appointments_of(c, self.district, person.id, self.clock.now()).await.unwrap();
            let held = held.into_iter().next().unwrap();
            let scope = Scope { district: self.district, place: held.place };
            let actor = Actor::Staff { person: person.id.0, appointment: held.id.0, role: held.role, scope };
            self.actors.insert(code.to_owned(), actor);
        }
    }

    pub fn now(&self) -> Ts {
        self.clock.now()
    }

    pub fn until(&self, moment: Ts) {
        self.clock.set(moment);
    }

    pub fn system(&self) -> Ctx {
        Ctx::system("test", self.clock.clone(), self.rng.clone())
    }

    pub fn ctx(&self, code: &str) -> Ctx {
        Ctx { actor: self.actors[code].clone(), channel: Channel::Web, ..self.system() }
    }

    pub fn visitor(&self) -> Ctx {
        Ctx { actor: Actor::Visitor, channel: Channel::Web, ..self.system() }
    }

    pub fn appointment(&self, code: &str) -> Uuid {
        self.ctx(code).appointment().unwrap()
    }

    /// A meeting of the community that is being prepared.
    pub async fn draft(&self, plan: &Plan) -> MeetingId {
        self.draft_as(SECRETARY, plan).await.unwrap()
    }

    pub async fn draft_as(&self, who: &str, plan: &Plan) -> Result<MeetingId, CouncilError> {
        let (starts_at, ends_at) = (at(plan.day, plan.hour), at(plan.day, plan.hour + 1));
        let when = When { title: "十一月联席会议", starts_at, ends_at, venue: "社区会议室" };
        let new = NewMeeting { kind: plan.kind, place: self.community.clone(), convener: "锁金村社区居委会", when };
        act!(self, tx => meetings::draft(&self.ctx(who), tx, &new))
    }

    pub async fn item(&self, id: MeetingId, title: &str, electorate: Electorate) -> ItemId {
        let new = NewItem { title, matter: "", place: Some(self.estate.clone()), source: None, electorate };
        act!(self, tx => meetings::add_item(&self.ctx(SECRETARY), tx, id, &new)).unwrap()
    }

    pub async fn call(&self, id: MeetingId) -> Result<(), CouncilError> {
        let words = words("会议通知");
        act!(self, tx => meetings::call(&self.ctx(SECRETARY), tx, &self.office, id, (&words, "")))
    }

    /// A meeting that was called in time and held, everybody who has a seat being there: its matters by title.
    pub async fn held(&self, plan: &Plan, titles: &[(&str, Electorate)]) -> (MeetingId, Vec<ItemId>) {
        let id = self.draft(plan).await;
        let mut items = Vec::new();
        for (title, electorate) in titles {
            items.push(self.item(id, title, *electorate).await);
        }
        self.call(id).await.unwrap();
        self.until(at(plan.day, plan.hour));
        self.hold(id).await.unwrap();
        (id, items)
    }

    pub async fn hold(&self, id: MeetingId) -> Result<(), CouncilError> {
        let seats = self.file(SECRETARY, id).await.unwrap().file.seats;
        let came: Vec<(SeatId, Presence, i64)> = seats.iter().map(|seat| (seat.id, Presence::Present, seat.heads)).collect();
        act!(self, tx => holding::hold(&self.ctx(SECRETARY), tx, &self.office, id, &came))
    }

    pub async fn decide(&self, id: MeetingId, item: ItemId, outcome: Outcome) -> Result<(), CouncilError> {
        act!(self, tx => holding::decide(&self.ctx(SECRETARY), tx, id, (item, outcome, "就这样办")))
    }

    /// The minutes are written, confirmed by the property company's manager, and approved.
    pub async fn approve(&self, id: MeetingId) -> Result<(), CouncilError> {
        let reason = if self.file(SECRETARY, id).await.unwrap().file.meeting.minutes > 0 { "补记" } else { "" };
        act!(self, tx => closing::write(&self.ctx(SECRETARY), tx, id, ("会议记录", reason))).unwrap();
        act!(self, tx => closing::confirm(&self.ctx(MANAGER), tx, id)).unwrap();
        act!(self, tx => closing::approve(&self.ctx(SECRETARY), tx, &self.office, id))
    }

    pub async fn file(&self, who: &str, id: MeetingId) -> Result<StaffFile, CouncilError> {
        let mut read = self.db.read().await.unwrap();
        queries::file(&self.ctx(who), &mut read.conn(), &self.office, id).await
    }

    /// The titles of what hangs on the board of a place.
    pub async fn notices(&self, place: &PlacePath) -> Vec<String> {
        let mut read = self.db.read().await.unwrap();
        let now = self.now();
        let all = linli_board::queries::notices_now(&mut read.conn(), self.district, place, now, 50).await.unwrap();
        all.into_iter().map(|notice| notice.title).collect()
    }

    pub async fn lines(&self, kind: &str) -> Vec<StoredLine> {
        let mut read = self.db.read().await.unwrap();
        let all = journal::after(&mut read.conn(), self.district, 0, 100_000).await.unwrap();
        all.into_iter().filter(|line| line.kind == kind).collect()
    }

    pub async fn whole(&self) {
        let mut read = self.db.read().await.unwrap();
        let c = &mut read.conn();
        assert_eq!(queries::check(c, self.district).await.unwrap(), Vec::<String>::new());
        assert_eq!(linli_cases::queries::check(c, self.district).await.unwrap(), Vec::new());
        let calendar = Calendar::builtin().unwrap();
        assert_eq!(linli_cases::queries::check_promises(c, self.district, &calendar).await.unwrap(), Vec::new());
    }
}
