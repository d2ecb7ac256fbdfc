//! A small ground: a district with two communities, a health centre in each, a family-doctor team for each, and people who agreed.

use std::sync::Arc;

use linli_access::{Actor, Channel, Ctx, Role, Scope};
use linli_calendar::Calendar;
use linli_care::consent::ReadingsConsent;
use linli_care::follow::commands::{self, NewFollowed, NewReading, SourceKey, Taken};
use linli_care::follow::model::{Alarm, AlarmId, Disease, Factors, Vaccination, Via};
use linli_care::follow::rules::Told;
use linli_care::follow::{Desk, FollowError, queries};
use linli_care::{CareOffice, CarePersonId, ConsentChannel, Purpose};
use linli_cases::{ContactVault as _, Office};
use linli_db::{Db, StoredLine, exec, journal, sql};
use linli_kernel::{DistrictId, FakeClock, SeededRng, Ts};
use linli_people::model::OrganisationId;
use linli_rulebook::{Rulebook, SharedRulebook};
use uuid::Uuid;

use crate::house::{Box1, Roster};
pub use crate::house::{COMMUNITY, DISTRICT, DISTRICT_PATH, OTHER_COMMUNITY, Staff, path};

/// Runs a command in a transaction of its own.
macro_rules! act {
    ($house:expr, $tx:ident => $command:expr) => {{
        let mut tx = $house.db.begin(crate::follow::house::DISTRICT).await.unwrap();
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

pub const HOME: &str = "00000001000100010001000100010001";
pub const OTHER_HOME: &str = "00000001000100020001000100010001";

pub const CENTRE: OrganisationId = OrganisationId(Uuid::from_u128(501));
pub const OTHER_CENTRE: OrganisationId = OrganisationId(Uuid::from_u128(502));
pub const HOSPITAL: OrganisationId = OrganisationId(Uuid::from_u128(503));

/// 张奶奶, 82, stable disease, not fully vaccinated: red.
pub const ZHANG: CarePersonId = CarePersonId(Uuid::from_u128(901));
/// Somebody of the other community.
pub const LI: CarePersonId = CarePersonId(Uuid::from_u128(902));
/// Somebody who agreed to nothing.
pub const WANG: CarePersonId = CarePersonId(Uuid::from_u128(903));

pub const DOCTOR: Staff = Staff { number: 1, role: Role::FamilyDoctor, at: COMMUNITY };
pub const COLLEAGUE: Staff = Staff { number: 2, role: Role::FamilyDoctor, at: COMMUNITY };
pub const OTHER_DOCTOR: Staff = Staff { number: 3, role: Role::FamilyDoctor, at: OTHER_COMMUNITY };
pub const HIGH_DOCTOR: Staff = Staff { number: 4, role: Role::FamilyDoctor, at: DISTRICT_PATH };
pub const SECRETARY: Staff = Staff { number: 5, role: Role::CommunitySecretary, at: COMMUNITY };
pub const OFFICER: Staff = Staff { number: 6, role: Role::DistrictOfficer, at: DISTRICT_PATH };
pub const STEWARD: Staff = Staff { number: 7, role: Role::LifeSteward, at: COMMUNITY };
pub const ALL: [Staff; 7] = [DOCTOR, COLLEAGUE, OTHER_DOCTOR, HIGH_DOCTOR, SECRETARY, OFFICER, STEWARD];

/// A Tuesday.
pub fn at(day: i8, hour: i8, minute: i8) -> Ts {
    Ts::from_local(jiff::civil::date(2026, 11, day).at(hour, minute, 0, 0)).unwrap()
}

pub struct House {
    pub db: Db,
    pub office: Arc<Office>,
    pub care: Arc<CareOffice>,
    pub desk: Arc<Desk>,
    pub clock: Arc<FakeClock>,
    pub rng: Arc<SeededRng>,
}

impl House {
    /// Tuesday 2026-11-24, 09:00 in Beijing; 张奶奶 and one of the other community agreed to readings.
    pub async fn new(db: Db) -> Self {
        Self::with_rules(db, Vec::new()).await
    }

    pub async fn with_rules(db: Db, local: Vec<(String, String)>) -> Self {
        let packs: Vec<_> = linli_cases::rules::PACKS
            .into_iter()
            .chain(linli_care::rules::PACKS)
            .chain(linli_care::follow::rules::PACKS)
            .collect();
        let book = SharedRulebook::new(Rulebook::builtin(&packs).unwrap().load_dir(local).unwrap());
        let office = Office::new(book.clone(), Calendar::builtin().unwrap(), Arc::new(Roster(&ALL)), Arc::new(Box1)).unwrap();
        let office = Arc::new(office);
        let care = Arc::new(CareOffice::new(book.clone(), Arc::clone(&office)).unwrap());
        let desk = Arc::new(Desk::new(book, Arc::clone(&care)).unwrap());
        let house = Self { db, office, care, desk, clock: FakeClock::at(at(24, 9, 0)), rng: SeededRng::new(7) };
        house.ground().await;
        house.person(ZHANG, HOME, "张奶奶").await;
        house.person(LI, OTHER_HOME, "李爷爷").await;
        house.person(WANG, HOME, "王爷爷").await;
        for person in [ZHANG, LI] {
            house.agree(person).await;
        }
        house
    }

    async fn ground(&self) {
        let mut tx = self.db.begin(DistrictId::CITY).await.unwrap();
        let c = &mut tx.conn().unwrap();
        let district = "INSERT INTO district (id, division, name, place_path, created_at) VALUES (1, '320102', '玄武区', $1, 0)";
        exec!(c, sqlx::query(district).bind(DISTRICT_PATH)).unwrap();
        exec!(c, sqlx::query("INSERT INTO journal_counter (district_id, last_seq) VALUES (1, 0)")).unwrap();
        let kinds = [
            (CENTRE, "health_centre", "锁金村社区卫生服务中心"),
            (OTHER_CENTRE, "health_station", "红山社区卫生服务站"),
            (HOSPITAL, "hospital", "区医院"),
        ];
        for (id, kind, name) in kinds {
            let text = "INSERT INTO organisation (district_id, id, kind, name) VALUES (1, $1, $2, $3)";
            exec!(c, sqlx::query(text).bind(id).bind(kind).bind(name)).unwrap();
        }
        // The doctor is appointed on behalf of the centre.
        let owner = DOCTOR.owner();
        let person = "INSERT INTO person (district_id, id, code, name, organisation_id) VALUES (1, $1, 'D001', '陈医生', $2)";
        exec!(c, sqlx::query(person).bind(owner.person).bind(CENTRE)).unwrap();
        let text = "INSERT INTO appointment (district_id, id, person_id, organisation_id, role, title, place_path, valid_from) \
                    VALUES (1, $1, $2, $3, 'family_doctor', '', $4, 0)";
        exec!(c, sqlx::query(text).bind(owner.appointment).bind(owner.person).bind(CENTRE).bind(COMMUNITY)).unwrap();
        tx.commit().await.unwrap();
    }

    async fn person(&self, id: CarePersonId, home: &str, name: &str) {
        let mut tx = self.db.begin(DISTRICT).await.unwrap();
        let c = &mut tx.conn().unwrap();
        let text = "INSERT INTO care_person (district_id, id, place_path, name_sealed, phone_sealed, registered_at) \
                    VALUES (1, $1, $2, $3, $4, 0)";
        let (name, phone) = (Box1.seal(name), Box1.seal("13900000000"));
        exec!(c, sqlx::query(text).bind(id).bind(home).bind(name).bind(phone)).unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn agree(&self, person: CarePersonId) {
        let mut tx = self.db.begin(DISTRICT).await.unwrap();
        let c = &mut tx.conn().unwrap();
        let text = "INSERT INTO care_consent (district_id, id, person_id, purpose, text_mark, language, channel, given_by, assessment, \
                    given_at, expires_at) VALUES (1, $1, $2, 'readings', 'care.consent@2026.1', 'zh-CN', 'paper', 'own', '已评估', $3, $4)";
        let now = at(24, 9, 0);
        exec!(c, sqlx::query(text).bind(person).bind(person).bind(now).bind(now.plus_secs(365 * 86_400))).unwrap();
        tx.commit().await.unwrap();
    }

    /// The consent is withdrawn by telephone, by the command that does so.
    pub async fn withdraw(&self, person: CarePersonId) {
        let ctx = self.staff(SECRETARY);
        let which = linli_care::commands::Which::Id(person);
        let withdrawn = act!(self, tx => linli_care::commands::withdraw(
            &ctx, tx, &self.care, which, Some(Purpose::Readings), ConsentChannel::Phone
        ));
        assert_eq!(withdrawn.unwrap().purposes, [Purpose::Readings]);
    }

    pub fn clock_now(&self) -> Ts {
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
        let owner = who.owner();
        let scope = Scope { district: DISTRICT, place: path(who.at) };
        self.ctx(Actor::Staff { person: owner.person, appointment: owner.appointment, role: who.role, scope })
    }

    pub fn system(&self) -> Ctx {
        Ctx::system("test", self.clock.clone(), self.rng.clone())
    }

    pub async fn consent(&self, person: CarePersonId) -> Result<ReadingsConsent, FollowError> {
        let mut read = self.db.read().await.unwrap();
        let agreed = linli_care::consent::in_force(&mut read.conn(), DISTRICT, person, self.clock_now()).await.unwrap();
        agreed.readings.ok_or(FollowError::NoConsent)
    }

    pub async fn enrol(&self, who: Staff, person: CarePersonId, factors: Factors) -> Result<(), FollowError> {
        let consent = self.consent(person).await?;
        let institution = if person == LI { OTHER_CENTRE } else { CENTRE };
        let input = NewFollowed { institution, factors };
        act!(self, tx => commands::enrol(&self.staff(who), tx, &self.desk, &consent, input.clone())).map(|_| ())
    }

    /// 张奶奶 is followed, red.
    pub async fn zhang(db: Db) -> Self {
        let house = Self::new(db).await;
        house.enrol(DOCTOR, ZHANG, old_and_stable()).await.unwrap();
        house
    }

    pub async fn tell(&self, ctx: &Ctx, person: CarePersonId, told: Told<'_>) -> Result<Taken, FollowError> {
        self.tell_at(ctx, person, told, (self.clock_now(), None)).await
    }

    pub async fn tell_at(
        &self,
        ctx: &Ctx,
        person: CarePersonId,
        told: Told<'_>,
        (taken_at, source_key): (Ts, Option<&str>),
    ) -> Result<Taken, FollowError> {
        let consent = self.consent(person).await?;
        let via = if source_key.is_some() { Via::Device } else { Via::Phone };
        let keys: Vec<SourceKey<'_>> = source_key.map(SourceKey::whole).into_iter().collect();
        let input = NewReading { told, taken_at, via, source_keys: &keys };
        act!(self, tx => commands::tell(ctx, tx, &self.desk, &consent, input))
    }

    pub async fn sweep(&self) -> i64 {
        act!(self, tx => commands::sweep_missing(&self.system(), tx, &self.desk, 100)).unwrap()
    }

    /// The alarms of a person, the newest first.
    pub async fn alarms(&self, person: CarePersonId) -> Vec<Alarm> {
        let who = if person == LI { OTHER_DOCTOR } else { DOCTOR };
        let mut read = self.db.read().await.unwrap();
        queries::person(&self.staff(who), &mut read.conn(), &self.desk, person).await.unwrap().alarms
    }

    pub async fn refer(&self, who: Staff, alarm: AlarmId) -> Result<(), FollowError> {
        let ctx = self.staff(who);
        act!(self, tx => commands::ask_referral(&ctx, tx, &self.desk, alarm, (2, "血氧 92，气促"))).map(|_| ())
    }

    /// The number under which lines about the health of a person stand.
    pub async fn thread(&self, person: Uuid) -> Option<Uuid> {
        let mut read = self.db.read().await.unwrap();
        let kept: Option<Option<Uuid>> =
            sql!(&mut read.conn(), x => sqlx::query_scalar("SELECT health_thread FROM care_person WHERE id = $1")
            .bind(person).fetch_optional(x).await)
            .unwrap();
        kept.flatten()
    }

    /// The lines about something; of a person also those about her health.
    pub async fn lines(&self, of: Uuid) -> Vec<StoredLine> {
        let thread = self.thread(of).await;
        let mut read = self.db.read().await.unwrap();
        let mut lines = journal::of_subject(&mut read.conn(), DISTRICT, of, 1000).await.unwrap();
        if let Some(thread) = thread {
            lines.extend(journal::of_subject(&mut read.conn(), DISTRICT, thread, 1000).await.unwrap());
        }
        lines
    }

    /// What stands beside a line.
    pub async fn beside(&self, line: &StoredLine) -> serde_json::Value {
        let mut read = self.db.read().await.unwrap();
        match line.payload(&mut read.conn()).await.unwrap() {
            linli_db::PayloadState::Kept(value) => value,
            other => panic!("{other:?}"),
        }
    }

    pub async fn kinds(&self, of: Uuid) -> Vec<String> {
        self.lines(of).await.into_iter().map(|line| line.kind).collect()
    }

    pub async fn clean(&self) {
        let mut read = self.db.read().await.unwrap();
        let c = &mut read.conn();
        assert_eq!(queries::check(c, DISTRICT).await.unwrap(), Vec::<String>::new());
        assert_eq!(linli_cases::queries::check(c, DISTRICT).await.unwrap(), Vec::new());
    }
}

/// 82, stable disease, not fully vaccinated.
pub fn old_and_stable() -> Factors {
    Factors {
        born: jiff::civil::date(1944, 5, 1),
        disease: Disease::Stable,
        immunocompromised: false,
        vaccination: Vaccination::Partial,
        pregnant: false,
        scale2: false,
    }
}

/// Oxygen at rest alone.
pub fn spo2(value: &str) -> Told<'_> {
    Told { spo2: value, ..Told::default() }
}
