//! What people did in the two months, act by act.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use anyhow::Context as _;
use linli_access::Ctx;
use linli_cases::{CaseId, LinkToken};
use linli_db::Db;
use linli_identity::commands::{choose_appointment, create_account, open_session};
use linli_identity::model::{DoorRules, Token};
use linli_kernel::{DistrictId, FakeClock, PlacePath, SeededRng, Ts};
use linli_people::model::AppointmentId;
use tokio::sync::Mutex;

use super::browser::{Browser, Field, after};
use super::ground::Ground;
use super::{ACTING, CHANCE};
use crate::demo::{self, Channel, DemoEvent, Photo, What, Who};
use crate::house::{Built, Chore, for_districts};

/// Acts of so many cases are played at once.
const AT_ONCE: usize = 16;

/// What is known of a reported case.
#[derive(Debug, Clone)]
struct Known {
    id: CaseId,
    place: PlacePath,
    link: String,
}

struct Stage {
    ctx: Ctx,
    db: Db,
    router: axum::Router,
    district: DistrictId,
    rules: DoorRules,
    cases: Mutex<HashMap<usize, Known>>,
    sessions: Mutex<HashMap<AppointmentId, Token>>,
    boards: Mutex<HashMap<String, (String, PlacePath)>>,
    photos: Mutex<HashMap<Photo, Arc<Vec<u8>>>>,
}

/// Plays the script: day by day, so that the journal runs with the calendar; the cases of a day side by side, so that they
/// share the way to the disk; the acts of a case in their order. `evening` is what follows at the end of each. `ctx` opens the accounts and sessions of those who act.
pub async fn play(
    (ctx, db, built): (&Ctx, &Db, &Built),
    ground: &Ground,
    script: Vec<DemoEvent>,
    rules: &DoorRules,
    (stands, end): (&Arc<FakeClock>, Ts),
    mut evening: impl AsyncFnMut(Ts) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let stage = Arc::new(Stage {
        ctx: ctx.clone(),
        db: db.clone(),
        router: built.router.clone(),
        district: ground.district,
        rules: *rules,
        cases: Mutex::default(),
        sessions: Mutex::default(),
        boards: Mutex::default(),
        photos: Mutex::default(),
    });
    let mut days: BTreeMap<i64, BTreeMap<usize, Vec<DemoEvent>>> = BTreeMap::new();
    for event in script {
        // A Beijing day begins eight hours before the day of UTC.
        let day = (event.at.0 + 8 * 3_600_000_000).div_euclid(86_400_000_000);
        days.entry(day).or_default().entry(event.case).or_default().push(event);
    }
    let mut chances: HashMap<usize, Arc<SeededRng>> = HashMap::new();
    for (day, cases) in days {
        stands.set(Ts(day * 86_400_000_000 - 8 * 3_600_000_000));
        let places = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
        let mut playing = tokio::task::JoinSet::new();
        for (case, events) in cases {
            let chance = chances.entry(case).or_insert_with(|| demo::stream(demo::SEED, &format!("acts of case {case}")));
            let chance = Arc::clone(chance);
            let (stage, place) = (Arc::clone(&stage), Arc::clone(&places).acquire_owned().await?);
            playing.spawn(async move {
                for event in events {
                    let at = event.at;
                    let told = format!("{:?} of case {}", event.who, event.case);
                    let act = CHANCE.scope(Arc::clone(&chance), stage.act(event));
                    ACTING.scope(at, act).await.with_context(|| format!("{told} at {}", at.rfc3339()))?;
                }
                drop(place);
                anyhow::Ok(())
            });
        }
        while let Some(done) = playing.join_next().await {
            done??;
        }
        let over = Ts((day + 1) * 86_400_000_000 - 8 * 3_600_000_000 - 1).min(end);
        stands.set(over);
        evening(over).await?;
        for_districts(ctx, db, Chore::Overdue(Arc::clone(&built.office))).await?;
    }
    Ok(())
}

/// How satisfied the reporter of a case is, if he says so: six of ten are, two fairly, one is not, one says nothing.
const fn rating(case: usize) -> &'static str {
    match case % 10 {
        0..=5 => "satisfied",
        6 | 7 => "fair",
        8 => "dissatisfied",
        _ => "",
    }
}

impl Stage {
    async fn act(&self, event: DemoEvent) -> anyhow::Result<()> {
        match event.what {
            What::Report(report) => {
                let (code, place) = self.board(&report.place).await?;
                let browser = match &event.who {
                    Who::Reporter => Browser::visitor(self.router.clone()),
                    Who::Staff { person_code, role } => self.staff(person_code, role, &place).await?,
                };
                let photo = self.photo(report.photo).await?;
                let mut fields =
                    vec![Field::Text("at", &code), Field::Text("class", &report.class), Field::Text("what", &report.description)];
                fields.extend(report.phone.as_deref().map(|phone| Field::Text("phone", phone)));
                fields.extend(photo.as_ref().map(|jpeg| Field::File("photo", "photo.jpg", "image/jpeg", jpeg)));
                let told = match report.channel {
                    Channel::Web | Channel::Patrol => "",
                    Channel::Phone => "phone",
                    Channel::Doorstep => "doorstep",
                };
                fields.push(Field::Text("told_by", told));
                let to = browser.post("/report", &fields).await?;
                let link = after(&to, "/r/")?.to_owned();
                let token: LinkToken = link.parse().map_err(|_| anyhow::anyhow!("a link that is none"))?;
                let (_, id) = linli_cases::queries::link_target(&mut self.db.read().await?.conn(), &token).await?;
                self.cases.lock().await.insert(event.case, Known { id, place, link });
                Ok(())
            }
            what => {
                let known = self.cases.lock().await.get(&event.case).cloned().context("an act before the report")?;
                self.go_on(&event.who, what, known, rating(event.case)).await
            }
        }
    }

    async fn go_on(&self, who: &Who, what: What, known: Known, rating: &str) -> anyhow::Result<()> {
        let Known { id, place, link } = known;
        let browser = match who {
            Who::Reporter => Browser::visitor(self.router.clone()),
            Who::Staff { person_code, role } => self.staff(person_code, role, &place).await?,
        };
        let base = if *who == Who::Reporter { format!("/r/{link}") } else { format!("/cases/{id}") };
        let told = Field::Text("told_by", "phone");
        match what {
            What::Report(_) => Ok(String::new()),
            What::Assign { to, role } => {
                let (appointment, _) = self.appointment(&to, role, &place).await?;
                browser.post(&format!("{base}/assign"), &[Field::Text("owner", &appointment.to_string())]).await
            }
            What::Take => browser.post(&format!("{base}/take"), &[]).await,
            What::Finish { note, photo, no_photo_because } => {
                let photo = self.photo(photo).await?;
                let mut fields = vec![Field::Text("done", &note)];
                fields.extend(no_photo_because.as_deref().map(|why| Field::Text("no_photo_because", why)));
                fields.extend(photo.as_ref().map(|jpeg| Field::File("photo", "photo.jpg", "image/jpeg", jpeg)));
                browser.post(&format!("{base}/finish"), &fields).await
            }
            What::Confirm => browser.post(&format!("{base}/confirm"), &[told, Field::Text("rating", rating)]).await,
            What::NotFixed { words } => browser.post(&format!("{base}/not-fixed"), &[Field::Text("words", &words), told]).await,
            What::Void { reason } => browser.post(&format!("{base}/void"), &[Field::Text("reason", &reason)]).await,
        }
        .map(|_| ())
    }

    /// The code of the board at a place, and the place.
    async fn board(&self, key: &str) -> anyhow::Result<(String, PlacePath)> {
        if let Some(found) = self.boards.lock().await.get(key) {
            return Ok(found.clone());
        }
        let mut read = self.db.read().await?;
        let c = &mut read.conn();
        let place =
            linli_territory::queries::resolve(c, self.district, key).await?.with_context(|| format!("no place {key}"))?.path;
        let code =
            linli_board::queries::nearest_code(c, self.district, &place).await?.with_context(|| format!("no board at {key}"))?;
        let found = (code.to_string(), place);
        self.boards.lock().await.insert(key.to_owned(), found.clone());
        Ok(found)
    }

    async fn photo(&self, photo: Option<Photo>) -> anyhow::Result<Option<Arc<Vec<u8>>>> {
        let Some(photo) = photo else { return Ok(None) };
        let mut photos = self.photos.lock().await;
        if let Some(jpeg) = photos.get(&photo) {
            return Ok(Some(Arc::clone(jpeg)));
        }
        let jpeg = Arc::new(photo.jpeg()?);
        photos.insert(photo, Arc::clone(&jpeg));
        Ok(Some(jpeg))
    }

    /// The appointment of a person in a role that reaches a place.
    async fn appointment(
        &self,
        person_code: &str,
        role: &str,
        place: &PlacePath,
    ) -> anyhow::Result<(AppointmentId, linli_people::model::PersonId)> {
        let mut read = self.db.read().await?;
        let c = &mut read.conn();
        let person = linli_people::queries::person_by_code(c, self.district, person_code)
            .await?
            .with_context(|| format!("no person {person_code}"))?;
        let held = linli_people::queries::appointments_of(c, self.district, person.id, self.ctx.now()).await?;
        let mine = held.iter().find(|a| a.role.as_str() == role && a.place.contains(place));
        let mine = mine.with_context(|| format!("{person_code} is no {role} there"))?;
        Ok((mine.id, person.id))
    }

    /// A member of the staff at a browser, under the appointment that reaches the place. Who acts has an account of their own,
    /// opened the first time without a password.
    async fn staff(&self, person_code: &str, role: &str, place: &PlacePath) -> anyhow::Result<Browser> {
        let (appointment, person) = self.appointment(person_code, role, place).await?;
        let mut sessions = self.sessions.lock().await;
        if let Some(session) = sessions.get(&appointment) {
            return Ok(Browser::signed_in(self.router.clone(), session.clone()));
        }
        let login = person_code.to_lowercase();
        let mut tx = self.db.begin(DistrictId::CITY).await?;
        let known = linli_identity::queries::account_by_login(&self.ctx, &mut tx.conn()?, &login).await?;
        let account = match known {
            Some(account) => account,
            None => create_account(&self.ctx, &mut tx, self.district, person, &login).await?,
        };
        let session = open_session(&self.ctx, &mut tx, account, &self.rules).await?;
        choose_appointment(&self.ctx, &mut tx, &session, appointment).await?;
        tx.commit().await?;
        sessions.insert(appointment, session.clone());
        Ok(Browser::signed_in(self.router.clone(), session))
    }
}
