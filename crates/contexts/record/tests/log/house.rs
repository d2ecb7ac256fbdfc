//! A district, an office outside it, and a keeper whose witness can be looked at.

use std::sync::Arc;

use linli_access::Ctx;
use linli_db::{Db, exec, journal};
use linli_identity::vault::Vault;
use linli_kernel::{DistrictId, FakeClock, PlacePath, SeededRng, Ts};
use linli_publiclog::{Files, Resource};
use linli_record::model::{EntryId, LogHead, LogId, Publish, Sealed};
use linli_record::{LogKeeper, RecordError, Remembers, commands, queries};
use uuid::Uuid;

pub const HERE: DistrictId = DistrictId(1);
pub const LOG: LogId = LogId { district: HERE, no: 1 };
pub const BASE: &str = "https://linli.example";

pub struct House {
    pub db: Db,
    pub clock: Arc<FakeClock>,
    pub rng: Arc<SeededRng>,
    pub witness: Arc<Remembers>,
    pub keeper: LogKeeper,
}

pub fn path(text: &str) -> PlacePath {
    text.parse().unwrap()
}

pub fn entrance() -> PlacePath {
    path("0000000100010001000100010001")
}

pub fn notice(n: u128) -> Publish {
    Publish {
        kind: "board.notice",
        subject: Uuid::from_u128(n),
        place: entrance(),
        public: format!("{{\"notice\":{n}}}").into_bytes(),
        sealed: None,
        page: Some(format!("/n/1/{n}")),
    }
}

pub fn sealed(n: u128, sealed: Sealed) -> Publish {
    Publish { kind: "ballot.cast", sealed: Some(sealed), page: None, ..notice(n) }
}

impl House {
    pub async fn new(db: Db) -> Self {
        let rng = SeededRng::new(3);
        let clock = FakeClock::at(Ts::from_local(jiff::civil::date(2026, 11, 24).at(9, 0, 0, 0)).unwrap());
        let witness = Arc::new(Remembers::default());
        let keeper = LogKeeper::new(Vault::new(&[7; 32], rng.clone()), BASE, witness.clone());
        let mut tx = db.begin(DistrictId::CITY).await.unwrap();
        let c = &mut tx.conn().unwrap();
        for (id, code, name, place) in [(1_i64, "320102", "玄武区", "00000001"), (2, "320104", "秦淮区", "00000002")] {
            let text = "INSERT INTO district (id, division, name, place_path, created_at) VALUES ($1, $2, $3, $4, 0)";
            exec!(c, sqlx::query(text).bind(id).bind(code).bind(name).bind(place)).unwrap();
            exec!(c, sqlx::query("INSERT INTO journal_counter (district_id, last_seq) VALUES ($1, 0)").bind(id)).unwrap();
        }
        tx.commit().await.unwrap();
        Self { db, clock, rng, witness, keeper }
    }

    pub fn ctx(&self) -> Ctx {
        Ctx::system("test", self.clock.clone(), self.rng.clone())
    }

    pub async fn publish(&self, what: Publish) -> EntryId {
        let mut tx = self.db.begin(HERE).await.unwrap();
        let id = commands::publish(&self.ctx(), &mut tx, what).await.unwrap();
        tx.commit().await.unwrap();
        // Ids of the next ones are of a later moment.
        self.clock.advance_secs(1);
        id
    }

    pub async fn publish_many(&self, range: std::ops::Range<u128>) -> Vec<EntryId> {
        let mut tx = self.db.begin(HERE).await.unwrap();
        let ids = commands::publish_many(&self.ctx(), &mut tx, range.map(notice).collect()).await.unwrap();
        tx.commit().await.unwrap();
        self.clock.advance_secs(1);
        ids
    }

    pub async fn seal(&self) -> Result<u64, RecordError> {
        commands::seal_all(&self.ctx(), &self.db, &self.keeper).await
    }

    pub async fn head(&self, log: LogId) -> LogHead {
        queries::log(&mut self.db.read().await.unwrap().conn(), log).await.unwrap()
    }

    /// All files of the log as it is, as somebody outside has fetched them.
    pub async fn files(&self, log: LogId) -> Shelf {
        let mut read = self.db.read().await.unwrap();
        let c = &mut read.conn();
        let size = queries::log(c, log).await.unwrap().size;
        let mut shelf = Shelf::default();
        let mut wanted = vec![Resource::Checkpoint];
        for level in 0..=7 {
            let mut index = 0;
            while let Some(tile) = linli_publiclog::Tile::in_log(size, level, index) {
                wanted.push(tile.resource());
                if level == 0 {
                    wanted.push(Resource::Entries { index, width: tile.width });
                }
                index += 1;
            }
        }
        for resource in wanted {
            shelf.0.insert(resource.to_string(), queries::file(c, log, resource).await.unwrap());
        }
        shelf
    }

    pub async fn check(&self) -> Vec<String> {
        queries::check(&mut self.db.read().await.unwrap().conn(), HERE).await.unwrap()
    }

    pub async fn kinds(&self) -> Vec<String> {
        let mut read = self.db.read().await.unwrap();
        journal::after(&mut read.conn(), HERE, 0, 1_000).await.unwrap().into_iter().map(|line| line.kind).collect()
    }

    /// Runs a statement, as somebody does who gets at the database.
    pub async fn meddle(&self, text: &'static str) {
        let mut tx = self.db.begin(HERE).await.unwrap();
        let touched = exec!(&mut tx.conn().unwrap(), sqlx::query(text)).unwrap();
        assert!(touched > 0, "{text}");
        tx.commit().await.unwrap();
    }
}

#[derive(Default, Clone)]
pub struct Shelf(pub std::collections::BTreeMap<String, Vec<u8>>);

impl Files for Shelf {
    fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.get(path).cloned())
    }
}
