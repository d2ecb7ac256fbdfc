//! A small house to play in: one district, an estate with everybody of the ladder, a watch in a folder of its own.

use std::path::PathBuf;
use std::sync::Arc;

use linli_access::{Actor, Channel, Ctx, Role, Scope};
use linli_calendar::Calendar;
use linli_care::commands::{self, Enrolled, HowAgreed, NewContact, NewPerson, Stepped, With};
use linli_care::follow::Desk;
use linli_care::{
    Care, CareError, CareOffice, CarePersonId, ConsentChannel, Ears, GivenBy, Purpose, Sign, SignKind, SignKinds, Verdict, Visit,
    VisitEvent, VisitId, WatchPlan, Whose, queries,
};
use linli_cases::{ContactVault, Office, Owner, PortFuture, StoredPhoto, WhoAnswers};
use linli_db::{BlobHash, Conn, Db, DbError, Engine, exec, journal};
use linli_kernel::{Clock as _, DistrictId, FakeClock, PlacePath, SeededRng, Ts};
use linli_people::model::OrganisationId;
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
pub const RED: Staff = Staff { number: 2, role: Role::RedSteward, at: ESTATE };
pub const WORKER: Staff = Staff { number: 3, role: Role::CommunityWorker, at: COMMUNITY };
pub const DESK: Staff = Staff { number: 4, role: Role::PropertyDesk, at: ESTATE };
pub const GUARD: Staff = Staff { number: 5, role: Role::Guard, at: ESTATE };
pub const OFFICER: Staff = Staff { number: 6, role: Role::DistrictOfficer, at: DISTRICT_PATH };
pub const ELSEWHERE: Staff = Staff { number: 7, role: Role::CommunityWorker, at: OTHER_COMMUNITY };
pub const DOCTOR: Staff = Staff { number: 8, role: Role::FamilyDoctor, at: COMMUNITY };
pub const ALL: [Staff; 8] = [STEWARD, RED, WORKER, DESK, GUARD, OFFICER, ELSEWHERE, DOCTOR];

/// The health station that follows the people of the community.
pub const STATION: OrganisationId = OrganisationId(Uuid::from_u128(501));

pub const DISTRICT_PATH: &str = "00000001";
pub const COMMUNITY: &str = "0000000100010001";
pub const OTHER_COMMUNITY: &str = "0000000100010002";
pub const ESTATE: &str = "00000001000100010001";
pub const ENTRANCE: &str = "0000000100010001000100010001";

pub fn path(text: &str) -> PlacePath {
    text.parse().unwrap()
}

/// A home of the entrance.
pub fn home(number: u32) -> PlacePath {
    path(ENTRANCE).child(number).unwrap()
}

/// Who answers: these members of staff.
pub struct Roster(pub &'static [Staff]);

impl WhoAnswers for Roster {
    fn answering<'a>(
        &'a self,
        _: &'a mut Conn<'_>,
        _: DistrictId,
        place: &'a PlacePath,
        _: Ts,
    ) -> PortFuture<'a, Result<Vec<(Owner, String)>, DbError>> {
        Box::pin(async move {
            Ok(self.0.iter().filter(|s| path(s.at).contains(place)).map(|s| (s.owner(), "隋管家".to_owned())).collect())
        })
    }
}

/// Seals by turning every byte over: enough to see that nothing lies open.
pub struct Box1;

impl ContactVault for Box1 {
    fn seal(&self, plain: &str) -> Vec<u8> {
        plain.bytes().map(|b| !b).collect()
    }
    fn open(&self, sealed: &[u8]) -> Option<String> {
        String::from_utf8(sealed.iter().map(|b| !b).collect()).ok()
    }
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
    pub fn owner(&self) -> Owner {
        Owner { person: Uuid::from_u128(self.number), appointment: Uuid::from_u128(self.number + 1000), role: self.role }
    }
}

pub struct House {
    pub db: Db,
    pub office: Arc<CareOffice>,
    book: SharedRulebook,
    cases: Arc<Office>,
    pub care: Arc<Care>,
    pub desk: Arc<Desk>,
    pub clock: Arc<FakeClock>,
    pub rng: Arc<SeededRng>,
    pub folder: tempfile::TempDir,
}

/// In this house whoever is registered has a gateway that is heard and brings everything; or nobody has from now on.
pub async fn everybody_is_heard(db: &Db, heard: bool) {
    let texts: &[&str] = match (db.engine(), heard) {
        (Engine::Sqlite, true) => {
            &["CREATE TRIGGER heard AFTER INSERT ON care_person BEGIN UPDATE care_person SET ears_mapped = 31, \
             ears_living = 31 WHERE district_id = new.district_id AND id = new.id; END"]
        }
        (Engine::Sqlite, false) => &["DROP TRIGGER heard"],
        (Engine::Postgres, true) => &[
            "ALTER TABLE care_person ALTER COLUMN ears_mapped SET DEFAULT 31",
            "ALTER TABLE care_person ALTER COLUMN ears_living SET DEFAULT 31",
        ],
        (Engine::Postgres, false) => &[
            "ALTER TABLE care_person ALTER COLUMN ears_mapped SET DEFAULT 0",
            "ALTER TABLE care_person ALTER COLUMN ears_living SET DEFAULT 0",
        ],
    };
    let mut tx = db.begin(DistrictId::CITY).await.unwrap();
    for text in texts {
        exec!(&mut tx.conn().unwrap(), sqlx::query(*text)).unwrap();
    }
    tx.commit().await.unwrap();
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
        let station =
            "INSERT INTO organisation (district_id, id, kind, name) VALUES (1, $1, 'health_station', '锁金村卫生服务站')";
        exec!(c, sqlx::query(station).bind(STATION)).unwrap();
        tx.commit().await.unwrap();
        everybody_is_heard(&db, true).await;
        let rooms = linli_cases::rules::PACKS.into_iter().chain(linli_care::rules::PACKS);
        let packs: Vec<_> = rooms.chain(linli_care::follow::rules::PACKS).collect();
        let book = SharedRulebook::new(Rulebook::builtin(&packs).unwrap());
        let cases = Office::new(book.clone(), Calendar::builtin().unwrap(), Arc::new(Roster(&ALL)), Arc::new(Box1)).unwrap();
        let cases = Arc::new(cases);
        let office = Arc::new(CareOffice::new(book.clone(), Arc::clone(&cases)).unwrap());
        let desk = Arc::new(Desk::new(book.clone(), Arc::clone(&office)).unwrap());
        let (clock, rng) = (FakeClock::at(tuesday_nine()), SeededRng::new(7));
        let care = Care::new(db.clone(), clock.clone(), rng.clone(), Arc::clone(&office));
        Self { db, office, book, cases, care, desk, clock, rng, folder: tempfile::tempdir().unwrap() }
    }

    /// A house whose watch runs.
    pub async fn watching(db: Db) -> Self {
        let house = Self::new(db).await;
        house.care.start(&house.plan()).await.unwrap();
        house
    }

    pub fn plan(&self) -> WatchPlan {
        WatchPlan { folder: self.watch_folder(), slots: 1 << 18, segment_bytes: 64 << 10 }
    }

    pub fn watch_folder(&self) -> PathBuf {
        self.folder.path().join("watch")
    }

    /// The process dies and comes again, with nothing in its mind.
    pub async fn restart(&mut self) {
        self.care.stop();
        self.office = Arc::new(CareOffice::new(self.book.clone(), Arc::clone(&self.cases)).unwrap());
        self.care = Care::new(self.db.clone(), self.clock.clone(), self.rng.clone(), Arc::clone(&self.office));
        // The thread of before may still hold the folder for a moment.
        for _ in 0..500 {
            match self.care.start(&self.plan()).await {
                Ok(()) => return,
                Err(CareError::Watch(_)) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
                Err(error) => panic!("{error}"),
            }
        }
        panic!("the folder of the watch was not given back");
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
        let scope = Scope { district: DISTRICT, place: path(who.at) };
        self.ctx(Actor::Staff { person: owner.person, appointment: owner.appointment, role: who.role, scope })
    }

    pub fn system(&self) -> Ctx {
        Ctx::system("test", self.clock.clone(), self.rng.clone())
    }

    /// The mark of the texts that count.
    pub fn mark(&self) -> String {
        self.office.rules(&path(ENTRANCE), self.clock.now()).unwrap().texts_mark()
    }

    pub fn on_paper(&self) -> HowAgreed {
        HowAgreed {
            text_mark: self.mark(),
            language: "zh-CN".to_owned(),
            channel: ConsentChannel::Paper,
            given_by: GivenBy::Own,
            giver: None,
            relation: None,
            witness: None,
            scan: Some(photo(9)),
            assessment: "独居，子女在外地；只用门磁".to_owned(),
        }
    }

    pub fn somebody(&self, number: u32, purposes: &[Purpose]) -> NewPerson {
        NewPerson {
            home: home(number),
            name: format!("王秀英{number}"),
            phone: Some("025-00001234".to_owned()),
            contact: Some(NewContact {
                name: "李小兰".to_owned(), phone: "13900000077".to_owned(), relation: "女儿".to_owned()
            }),
            profile: Some("not_left_home".to_owned()),
            quiet: None,
            purposes: purposes.to_vec(),
            seen_at: None,
            how: self.on_paper(),
        }
    }

    pub async fn enrol(&self, input: &NewPerson) -> Result<Enrolled, CareError> {
        let mut tx = self.db.begin(DISTRICT).await?;
        let made = commands::enrol(&self.staff(WORKER), &mut tx, &self.office, input).await?;
        tx.commit().await?;
        self.care.errands().await?;
        Ok(made)
    }

    /// Somebody who agreed on paper to be watched under the rule of the article.
    pub async fn watched(&self, number: u32) -> Enrolled {
        self.enrol(&self.somebody(number, &[Purpose::Watch])).await.unwrap()
    }

    /// The devices of somebody bring these kinds of signs, and are heard or not; gives whether that changes whether she is watched.
    pub async fn hears(&self, person: CarePersonId, kinds: &[SignKind], heard: bool) -> bool {
        let mapped = SignKinds::of(kinds.iter().copied());
        let ears = Ears { mapped, living: if heard { mapped } else { SignKinds::NONE } };
        self.care.heard_by(DISTRICT, &[(person, ears)]).await.unwrap() == 1
    }

    pub async fn sign(&self, person: CarePersonId, kind: SignKind) -> Verdict {
        // Not in the second in which she was enrolled or last heard: that would be no news.
        self.clock.advance_secs(1);
        let sign = Sign { whose: Whose::Person(person), kind, at: self.clock.now() };
        self.care.signs(vec![sign]).await.unwrap()[0]
    }

    /// Time goes on steadily, ten minutes at a step, as on a machine that runs.
    pub async fn wait(&self, minutes: i64) {
        for _ in 0..minutes / 10 {
            self.clock.advance_secs(600);
            self.care.pass().await.unwrap();
        }
        self.clock.advance_secs(minutes % 10 * 60);
        self.care.pass().await.unwrap();
    }

    pub async fn hours(&self, hours: i64) {
        self.wait(hours * 60).await;
    }

    pub async fn open_visits(&self) -> Vec<Visit> {
        let mut read = self.db.read().await.unwrap();
        let board = queries::board(&self.staff(WORKER), &mut read.conn()).await.unwrap();
        board.visits.into_iter().map(|line| line.visit).collect()
    }

    pub async fn visit(&self, id: VisitId) -> Visit {
        let mut read = self.db.read().await.unwrap();
        queries::visit(&self.staff(WORKER), &mut read.conn(), &self.office, DISTRICT, id).await.unwrap().line.visit
    }

    pub async fn person(&self, id: CarePersonId) -> queries::PersonView {
        let mut read = self.db.read().await.unwrap();
        queries::person(&self.staff(WORKER), &mut read.conn(), DISTRICT, id).await.unwrap()
    }

    pub async fn step(&self, who: Staff, id: VisitId, event: VisitEvent) -> Result<Stepped, CareError> {
        self.step_with(who, id, event, &With::default()).await
    }

    pub async fn step_with(&self, who: Staff, id: VisitId, event: VisitEvent, with: &With) -> Result<Stepped, CareError> {
        let mut tx = self.db.begin(DISTRICT).await?;
        let done = commands::step(&self.staff(who), &mut tx, &self.office, id, event, with).await?;
        tx.commit().await?;
        self.care.errands().await?;
        Ok(done)
    }

    pub async fn sweep(&self) {
        let mut tx = self.db.begin(DISTRICT).await.unwrap();
        commands::sweep(&self.system(), &mut tx, &self.office, 100).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn kinds(&self, subject: Uuid) -> Vec<String> {
        let mut read = self.db.read().await.unwrap();
        let lines = journal::of_subject(&mut read.conn(), DISTRICT, subject, 1000).await.unwrap();
        lines.into_iter().map(|line| line.kind).collect()
    }
}

pub fn photo(n: u8) -> StoredPhoto {
    StoredPhoto { hash: BlobHash([n; 32]), bytes: 1000, thumb: BlobHash([n + 100; 32]), thumb_bytes: 100 }
}
