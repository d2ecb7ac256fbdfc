//! The people and devices of which the doors are asked: the demonstration district, and in it people registered and gateways added by the
//! commands that the pages call.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::body::Body;
use axum::http::header::AUTHORIZATION;
use axum::http::{Request, StatusCode};
use linli_access::Ctx;
use linli_care::commands::{self as care, Beginning, HowAgreed, NewPerson, Which};
use linli_care::{ConsentChannel, Ears, GivenBy, Purpose, SignKinds};
use linli_db::{Db, DbConfig};
use linli_devices::commands as devices;
use linli_devices::model::{DeviceKind, NewDevice};
use linli_identity::model::DoorRules;
use linli_identity::passwords::Passwords;
use linli_kernel::{DistrictId, PlacePath, SystemClock, SystemRng, Ts};
use linli_webkit::Proxy;
use sqlx::{Connection as _, SqliteConnection};
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::Machine;
use crate::bench::child::Served;
use crate::cli::Profile;
use crate::house::{self, Built, Plan};
use crate::key;

/// Gateways that send batches.
pub const BATCHING: usize = 4;
/// People of each of them.
pub const OF_ONE: usize = 5_000;
/// People of the gateway whose signs come one by one, and of the one behind the broker.
pub const SINGLE: usize = 2_048;
/// People who fall silent while it is measured.
pub const FALL_SILENT: usize = 120;
/// The topic of the gateway behind the broker.
pub const TOPIC: &str = "bench/gateway";
/// People registered in one transaction.
const TOGETHER: usize = 500;
/// How long the people have been seen last, seconds: from then on each sign of theirs is a second later.
const SEEN_BEFORE: i64 = 22 * 3_600;
/// The rule of those who fall silent: ten hours, at any time of the day.
const HOUSEBOUND: (&str, i64) = ("housebound", 10 * 3_600);

/// A gateway with whom it hears.
pub struct Gateway {
    /// Its token.
    pub token: String,
    /// Its labels.
    pub labels: Vec<String>,
}

/// What is asked.
pub struct Ground {
    /// The data folder.
    pub data: PathBuf,
    /// Those that send batches.
    pub batching: Vec<Gateway>,
    /// The one whose signs come one by one.
    pub single: Gateway,
    /// The one behind the broker.
    pub brokered: Gateway,
    /// The second from which every sign is news.
    pub begin: i64,
    /// People who are watched.
    pub people: usize,
}

struct Making<'a> {
    db: Db,
    built: &'a Built,
    ctx: Ctx,
    district: DistrictId,
    homes: Vec<PlacePath>,
    made: usize,
}

/// Makes it anew in `place`. The first of those who fall silent does so `silent_in` after this returns, the others one after the other.
pub async fn make(place: &Path, silent_in: Duration) -> anyhow::Result<Ground> {
    let folder = place.join("watch-doors");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let data = folder.join("data");
    drop(Served::start(&data, "demo")?);
    let machine = Machine { config: DbConfig::in_folder(data.clone()), clock: Arc::new(SystemClock), rng: Arc::new(SystemRng) };
    let db = Db::open(&machine.config).await?;
    let built = house::build(Plan {
        db: db.clone(),
        clock: machine.clock.clone(),
        rng: machine.rng.clone(),
        key: key::key_for(&machine, &db, false).await?,
        profile: Profile::Both,
        base_url: "http://127.0.0.1".to_owned(),
        proxy: Proxy::None,
        tls: false,
        demo: true,
        limited: false,
        passwords: Passwords::new(1)?,
        door: DoorRules::default(),
        folder: data.clone(),
        ops_token: None,
        hooks_inside: Vec::new(),
        witness: Arc::new(linli_record::Forgetful),
    })?;
    let (district, homes) = homes(&data, BATCHING * OF_ONE + 2 * SINGLE + FALL_SILENT).await?;
    let ctx = Ctx::system("bench", machine.clock.clone(), machine.rng.clone());
    let mut making = Making { db: db.clone(), built: &built, ctx, district, homes, made: 0 };
    let begin = making.ctx.now().0 / 1_000_000 - SEEN_BEFORE;
    let mut batching = Vec::new();
    for n in 0..BATCHING {
        batching.push(making.gateway(&format!("bench-{n}"), None, (OF_ONE, begin)).await?);
    }
    let single = making.gateway("bench-single", None, (SINGLE, begin)).await?;
    let brokered = making.gateway("bench-broker", Some(TOPIC), (SINGLE, begin)).await?;
    making.those_who_fall_silent(silent_in).await?;
    let people = making.made;
    db.close().await;
    Ok(Ground { data, batching, single, brokered, begin, people })
}

/// Homes of the largest district in which nobody is watched.
async fn homes(data: &Path, many: usize) -> anyhow::Result<(DistrictId, Vec<PlacePath>)> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(data.join("linli.db")).read_only(true);
    let mut conn = SqliteConnection::connect_with(&options).await?;
    let (district,): (i64,) =
        sqlx::query_as("SELECT district_id FROM place WHERE depth = 8 GROUP BY district_id ORDER BY COUNT(*) DESC LIMIT 1")
            .fetch_one(&mut conn)
            .await?;
    let paths: Vec<String> = sqlx::query_scalar(
        "SELECT p.place_path FROM place p WHERE p.district_id = $1 AND p.depth = 8 AND p.valid_to IS NULL AND NOT EXISTS \
         (SELECT 1 FROM care_watch w WHERE w.district_id = p.district_id AND w.place_path = p.place_path) LIMIT $2",
    )
    .bind(district)
    .bind(i64::try_from(many)?)
    .fetch_all(&mut conn)
    .await?;
    conn.close().await?;
    ensure!(paths.len() == many, "only {} homes are free", paths.len());
    let homes = paths.iter().map(|path| path.parse()).collect::<Result<Vec<PlacePath>, _>>()?;
    Ok((DistrictId(district), homes))
}

impl Making<'_> {
    /// Registers so many people who were seen last at `seen`, each with devices that are heard and bring everything; gives their ids.
    async fn people(&mut self, profile: &str, seen: &[i64]) -> anyhow::Result<Vec<Uuid>> {
        let mut made = Vec::with_capacity(seen.len());
        for some in seen.chunks(TOGETHER) {
            let mut tx = self.db.begin(self.district).await?;
            for seen in some {
                let home = self.homes.get(self.made).context("a home")?.clone();
                let (input, office) = (self.person(home)?, self.built.care.office());
                let id = care::enrol(&self.ctx, &mut tx, office, &input).await?.id;
                // Before the watch begins: who is heard by nothing is not watched.
                care::heard_by(&self.ctx, &mut tx, office, id, Ears::living(SignKinds::of_devices())).await?;
                let begin = Beginning { profile: Some(profile), quiet: None, seen_at: Some(Ts(seen * 1_000_000)) };
                care::agree(&self.ctx, &mut tx, office, Which::Id(id), &[Purpose::Watch], &input.how, begin).await?;
                made.push(id.0);
                self.made += 1;
            }
            tx.commit().await?;
        }
        Ok(made)
    }

    fn person(&self, home: PlacePath) -> anyhow::Result<NewPerson> {
        let how = HowAgreed {
            text_mark: self.built.care.office().rules(&home, self.ctx.now())?.texts_mark(),
            language: "zh-CN".to_owned(),
            channel: ConsentChannel::Doorstep,
            given_by: GivenBy::Own,
            giver: None,
            relation: None,
            witness: Some("测量".to_owned()),
            scan: None,
            assessment: "性能测量用的虚构人员".to_owned(),
        };
        Ok(NewPerson {
            home,
            name: "测量".to_owned(),
            phone: None,
            contact: None,
            profile: None,
            purposes: Vec::new(),
            seen_at: None,
            quiet: None,
            how,
        })
    }

    async fn gateway(&mut self, name: &str, topic: Option<&str>, (many, seen): (usize, i64)) -> anyhow::Result<Gateway> {
        let people = self.people("no_sign_24", &vec![seen; many]).await?;
        let place = self.homes.first().context("a home")?.parent().context("an entrance")?;
        let new = NewDevice {
            place,
            kind: DeviceKind::Gateway,
            name: name.to_owned(),
            means: None,
            topic: topic.map(str::to_owned),
            source: None,
            owner: "测量".to_owned(),
            permitted_at: None,
            sign_posted: false,
            filing_no: None,
        };
        let labels: Vec<String> = (0..many).map(|n| format!("resident-{n:05}")).collect();
        let mut tx = self.db.begin(self.district).await?;
        let (id, token) = devices::add(&self.ctx, &mut tx, &self.built.devices, new).await?;
        tx.commit().await?;
        // Heard once, so that those it hears are watched from the beginning.
        let hello = Request::post("/api/v1/devices/signs").header(AUTHORIZATION, format!("Bearer {}", token.secret_text()));
        let answer = self.built.router.clone().oneshot(hello.body(Body::empty())?).await?;
        ensure!(answer.status() == StatusCode::OK, "the gateway is answered {}", answer.status());
        devices::flush(&self.ctx, &self.db, &self.built.devices).await?;
        let mut tx = self.db.begin(self.district).await?;
        devices::map_many(&self.ctx, &mut tx, &self.built.devices, id, labels.iter().cloned().zip(people).collect()).await?;
        tx.commit().await?;
        devices::tell(&self.ctx, &self.db, &self.built.devices, self.district).await?;
        Ok(Gateway { token: token.secret_text().to_owned(), labels })
    }

    async fn those_who_fall_silent(&mut self, silent_in: Duration) -> anyhow::Result<()> {
        let (profile, silence) = HOUSEBOUND;
        let first = self.ctx.now().0 / 1_000_000 + i64::try_from(silent_in.as_secs())? - silence;
        // Two in each second.
        let seen: Vec<i64> = (0..i64::try_from(FALL_SILENT)?).map(|n| first + n / 2).collect();
        self.people(profile, &seen).await.map(|_| ())
    }
}
