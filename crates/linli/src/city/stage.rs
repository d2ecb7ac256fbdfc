//! The stage: the house as it is served, under a clock and chance of the play, and everybody of the city at a browser.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use linli_access::Ctx;
use linli_db::{Db, sql};
use linli_identity::commands::{create_account, open_session};
use linli_identity::model::DoorRules;
use linli_identity::passwords::Passwords;
use linli_kernel::{Clock as _, DistrictId, FakeClock, Ts};
use linli_treatment::BedDesk;
use linli_treatment::commands::grids;
use linli_treatment::model::{GridKind, InstitutionId};
use linli_webkit::Proxy;
use uuid::Uuid;

use super::plan::{self, City, Kind};
use crate::Machine;
use crate::cli::Profile;
use crate::demo;
use crate::house::{self, Built, Chore, Plan, for_districts};
use crate::key;
use crate::play::browser::{Browser, Field};
use crate::play::{ACTING, CHANCE, PlayClock, PlayRng, ground};
use crate::record::InFolder;

/// An institution as the store has it.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its district.
    pub district: DistrictId,
    /// Its id.
    pub id: Uuid,
}

/// The house, and who acts in it.
pub struct Stage {
    pub db: Db,
    pub seed: u64,
    built: Built,
    /// Accounts and sessions: nobody who reads the seed may work them out.
    pub secrets: Ctx,
    jobs: Ctx,
    stands: Arc<FakeClock>,
    beds: Arc<BedDesk>,
    administrator: Browser,
    sessions: BTreeMap<String, Browser>,
}

/// A moment of a day.
pub fn at(day: jiff::civil::Date, hour: i8, minute: i8) -> anyhow::Result<Ts> {
    Ts::from_local(day.at(hour, minute, 0, 0)).context("a moment that is none")
}

impl Stage {
    /// Builds it the day before the play, with the districts, the staff and the first administrator.
    pub async fn build(machine: &Machine, db: &Db, seed: u64, city: &City) -> anyhow::Result<Self> {
        let eve = city.from.yesterday()?;
        let stands = FakeClock::at(at(eve, 8, 0)?);
        let clock = Arc::new(PlayClock(Arc::clone(&stands)));
        let rng = Arc::new(PlayRng::laying_ground(demo::stream(seed, "ground of the city"), machine.rng.clone()));
        let rules = DoorRules { idle_secs: i64::MAX / 4_000_000, session_secs: 400 * 86_400, ..DoorRules::default() };
        let built = house::build(Plan {
            db: db.clone(),
            clock: clock.clone(),
            rng: rng.clone(),
            key: key::key_of(&machine.config.folder, &machine.rng)?,
            profile: Profile::Treatment,
            base_url: house::address_of(([127, 0, 0, 1], 8311).into(), false),
            proxy: Proxy::None,
            tls: false,
            demo: true,
            limited: false,
            passwords: Passwords::new(1)?,
            door: rules,
            folder: machine.config.folder.clone(),
            ops_token: None,
            hooks_inside: Vec::new(),
            witness: Arc::new(InFolder(machine.config.folder.clone())),
        })?;
        let secrets = Ctx::system("city", clock.clone(), machine.rng.clone());
        let administrator = Browser::signed_in(built.router.clone(), ground::administrator(&secrets, db).await?);
        let beds = built.hall.service::<BedDesk>().map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let jobs = Ctx::system("jobs", clock, rng);
        let mut stage =
            Self { db: db.clone(), seed, built, secrets, jobs, stands, beds, administrator, sessions: BTreeMap::new() };
        stage.found(city).await?;
        Ok(stage)
    }

    /// Does something at its time, with chance of its own.
    pub async fn act<T>(&self, at: Ts, name: &str, act: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        self.stands.set(at);
        let chance = demo::stream(self.seed, name);
        CHANCE.scope(chance, ACTING.scope(at, act)).await.with_context(|| format!("{name} at {}", at.rfc3339()))
    }

    /// The jobs of a server that look at clocks of beds and referrals.
    pub async fn jobs(&self) -> anyhow::Result<()> {
        for_districts(&self.jobs, &self.db, Chore::Beds(Arc::clone(&self.beds))).await
    }

    /// Somebody at a browser, by the code of the person.
    pub fn who(&self, code: &str) -> anyhow::Result<&Browser> {
        self.sessions.get(code).with_context(|| format!("nobody has the code {code}"))
    }

    /// Brings a file in by the administrator's page.
    pub async fn bring_in(&self, kind: &str, district: &str, text: &str) -> anyhow::Result<()> {
        let fields = [
            Field::Text("kind", kind),
            Field::Text("district", district),
            Field::Text("crs", if kind == "institutions" { "wgs84" } else { "" }),
            Field::Text("report", "csv"),
            Field::File("file", "rows.csv", "text/csv", text.as_bytes()),
        ];
        ground::send(&self.administrator, &fields).await.with_context(|| format!("the {kind} of {district}"))
    }

    async fn found(&mut self, city: &City) -> anyhow::Result<()> {
        let now = self.stands.now();
        let mut tx = self.db.begin(DistrictId::CITY).await?;
        linli_territory::commands::ensure_reference_data(&self.secrets, &mut tx).await?;
        tx.commit().await?;
        let first = city.districts.first().context("no district")?.code;
        let this = &*self;
        this.act(now, "divisions", this.bring_in("divisions", first, super::DIVISIONS)).await?;
        let since = now.plus_secs(-86_400).local().date().to_string();
        for (at, district) in city.districts.iter().enumerate() {
            let (people, appointments) = city.staff(at, &since)?;
            for (kind, text) in [("people", people), ("appointments", appointments)] {
                this.act(now, &format!("{kind} of {}", district.code), this.bring_in(kind, district.code, &text)).await?;
            }
        }
        self.open_accounts(city).await
    }

    /// Everybody who acts gets an account without a password and is signed in.
    async fn open_accounts(&mut self, city: &City) -> anyhow::Result<()> {
        let rules = DoorRules { session_secs: 400 * 86_400, ..DoorRules::default() };
        for district in &city.districts {
            let found = linli_territory::queries::district_by_division(&mut self.db.read().await?.conn(), district.code).await?;
            let (district, _) = found.context("a district was not opened")?;
            let people: Vec<(String, Uuid)> = {
                let mut read = self.db.read().await?;
                let text = "SELECT code, id FROM person WHERE district_id = $1 ORDER BY code";
                sql!(&mut read.conn(), x => sqlx::query_as(text).bind(district).fetch_all(x).await)?
            };
            let mut tx = self.db.begin(DistrictId::CITY).await?;
            for (code, person) in people.into_iter().filter(|(code, _)| code.starts_with(['H', 'C', 'E', 'W'])) {
                let account =
                    create_account(&self.secrets, &mut tx, district, linli_people::model::PersonId(person), &code).await?;
                let session = open_session(&self.secrets, &mut tx, account, &rules).await?;
                self.sessions.insert(code, Browser::signed_in(self.built.router.clone(), session));
            }
            tx.commit().await?;
        }
        Ok(())
    }

    /// Institutions of the store by code, and their units by kind.
    pub async fn known(&self) -> anyhow::Result<(BTreeMap<String, Known>, BTreeMap<(Uuid, String), Uuid>)> {
        let mut read = self.db.read().await?;
        let c = &mut read.conn();
        let text = "SELECT code, district_id, id FROM institution ORDER BY code";
        let houses: Vec<(String, DistrictId, Uuid)> = sql!(c, x => sqlx::query_as(text).fetch_all(x).await)?;
        let text = "SELECT institution_id, kind, id FROM institution_unit ORDER BY district_id, id";
        let units: Vec<(Uuid, String, Uuid)> = sql!(c, x => sqlx::query_as(text).fetch_all(x).await)?;
        let houses = houses.into_iter().map(|(code, district, id)| (code, Known { district, id })).collect();
        Ok((houses, units.into_iter().map(|(house, kind, id)| ((house, kind), id)).collect()))
    }

    /// Grids: no page founds one, that is done once, where the network is set up.
    pub async fn found_grids(&self, city: &City, known: &BTreeMap<String, Known>) -> anyhow::Result<()> {
        let (ctx, from) = (&self.jobs, ACTING.get());
        let of = |house: &plan::House| known.get(&house.code).copied().with_context(|| format!("{} did not come in", house.code));
        let mut founded = BTreeMap::new();
        for house in city.houses.iter().filter(|house| house.kind == Kind::Lead) {
            let lead = of(house)?;
            let mut tx = self.db.begin(lead.district).await?;
            let (code, name) = (format!("G{:02}", house.grid + 1), format!("{}救治网格", house.name));
            let grid = grids::found(ctx, &mut tx, (&code, &name, GridKind::General), InstitutionId(lead.id), from).await?;
            tx.commit().await?;
            founded.insert(house.grid, grid);
        }
        ensure!(founded.len() == city.grids, "{} grids", founded.len());
        for at in 0..city.districts.len() {
            let members: Vec<_> =
                city.of_district(at).filter(|house| matches!(house.kind, Kind::Hospital | Kind::Centre)).collect();
            let Some(first) = members.first() else { continue };
            let mut tx = self.db.begin(of(first)?.district).await?;
            for house in members {
                let grid = founded.get(&house.grid).context("no such grid")?;
                grids::join(ctx, &mut tx, InstitutionId(of(house)?.id), *grid, from).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }
}
