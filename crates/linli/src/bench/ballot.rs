//! Owner votes: how long a count of 100,000 homes takes, and whether one of 10,000 homes is counted twice when 64 come for each at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use linli_access::{Actor, Channel, Ctx, Role, Scope};
use linli_ballot::commands::ballots::{Receipt, cast_at_door};
use linli_ballot::commands::votes::{self, NewVote, Opening};
use linli_ballot::commands::{register, sweep};
use linli_ballot::import::{Holder, Part};
use linli_ballot::model::{AreaSource, Call, Choice, Choices, Mode, Silent, Standing, UnitKind, VoteId};
use linli_ballot::recount::{TopicHead, recount, verdicts};
use linli_ballot::rules::count::{Cast, tally};
use linli_ballot::rules::{IDS, PACKS, Pack};
use linli_ballot::{BallotError, BallotOffice, queries};
use linli_calendar::Calendar;
use linli_db::{Db, DbConfig};
use linli_identity::vault::Vault;
use linli_kernel::{Area, DistrictId, FakeClock, PlacePath, SystemRng, Ts};
use linli_rulebook::{Rulebook, SharedRulebook};
use linli_territory::commands as territory;
use linli_territory::model::{EstateInput, HomeInput};
use linli_territory::reference;
use uuid::Uuid;

use super::figure::{median, print};

const HOMES: i64 = 100_000;
const ROUNDS: usize = 21;
/// Homes that are wanted by everybody.
const WANTED: i64 = 10_000;
/// Who want them.
const CLIENTS: usize = 64;
const ESTATE: &str = "B1";
/// Monday 2026-11-02, 09:00 in Beijing.
const BEGINS: Ts = Ts(1_793_581_200_000_000);
const DAY_SECS: i64 = 86_400;

/// Prints `ballot.tally_100k_ms`, then `ballot.counted_twice` and `ballot.receipts_failed` for SQLite, and for PostgreSQL where `LINLI_BENCH_PG` names an empty
/// database.
pub async fn run(place: &Path) -> anyhow::Result<()> {
    count()?;
    let postgres = std::env::var("LINLI_BENCH_PG").ok();
    for (name, url) in [("sqlite", None), ("postgres", postgres)] {
        if name == "postgres" && url.is_none() {
            tracing::warn!("PostgreSQL is not measured: LINLI_BENCH_PG names no empty database");
            continue;
        }
        let folder = place.join(format!("ballot-{name}"));
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        race(name, &DbConfig { url, ..DbConfig::in_folder(folder.clone()) }).await?;
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

fn book() -> anyhow::Result<SharedRulebook> {
    Ok(SharedRulebook::new(Rulebook::builtin(&PACKS)?))
}

/// Every seat is held against the one before, every owner and every answer is counted, every matter is judged.
fn count() -> anyhow::Result<()> {
    let rule = book()?.load().get::<Pack>(IDS.first().context("no rules")?, &PlacePath::root(), BEGINS)?;
    let topic = |(no, matter): (i64, i64)| TopicHead {
        no,
        text: String::new(),
        matter: Some(matter),
        matter_text: String::new(),
        threshold: rule.value.threshold(matter),
    };
    let topics: Vec<TopicHead> = [(1, 4), (2, 5), (3, 7)].map(topic).into();
    let said = |n: i64| match n % 10 {
        0 => None,
        1 | 2 => Some([Choice::No, Choice::Yes, Choice::Abstain]),
        _ => Some([Choice::Yes, Choice::Yes, Choice::No]),
    };
    let answers: Vec<Option<[Choice; 3]>> = (1..=HOMES).map(said).collect();
    // Every tenth owner has two homes.
    let mut head = 0;
    let casts: Vec<Cast<'_>> = (1..)
        .zip(&answers)
        .map(|(seat, said)| {
            head += i64::from(seat % 10 != 0);
            Cast { seat, area: Area(5_000 + seat % 9_000), head, choices: said.as_ref().map(<[Choice; 3]>::as_slice) }
        })
        .collect();
    let mut took = Vec::with_capacity(ROUNDS);
    let mut passed = 0;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let counted = tally(&casts, topics.len(), Silent::NotParticipating)?;
        passed = verdicts(&topics, &counted).len();
        took.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    ensure!(passed == topics.len(), "{passed} verdicts");
    let (homes, heads) = (f64::from(u32::try_from(HOMES)?), f64::from(u32::try_from(head)?));
    let most = took.iter().copied().fold(0.0, f64::max);
    print(
        "ballot",
        "tally_100k_ms",
        median(took),
        "ms",
        &[("homes", homes), ("heads", heads), ("topics", 3.0), ("most_ms", most)],
    )?;
    Ok(())
}

/// Who holds the vote and who takes ballots.
struct Ground {
    db: Db,
    office: BallotOffice,
    district: DistrictId,
    estate: PlacePath,
    clock: Arc<FakeClock>,
}

impl Ground {
    fn staff(&self, person: u128) -> Ctx {
        let scope = Scope { district: self.district, place: self.estate.clone() };
        let role = Role::CommunitySecretary;
        let actor = Actor::Staff { person: Uuid::from_u128(person), appointment: Uuid::from_u128(100 + person), role, scope };
        Ctx { actor, channel: Channel::Web, ..self.system() }
    }

    fn system(&self) -> Ctx {
        Ctx::system("bench", self.clock.clone(), Arc::new(SystemRng))
    }

    async fn lay(config: &DbConfig) -> anyhow::Result<Self> {
        let db = Db::open(config).await?;
        let clock = FakeClock::at(BEGINS);
        let ctx = Ctx::system("bench", clock.clone(), Arc::new(SystemRng));
        let mut tx = db.begin(DistrictId::CITY).await?;
        let mut divisions = territory::division_register(&ctx, &mut tx, &reference::XUANWU_SOURCE, false).await?;
        territory::put_divisions(&ctx, &mut tx, &mut divisions, &reference::xuanwu_divisions()?).await?;
        let district = territory::open_district(&ctx, &mut tx, "320102").await?;
        tx.commit().await?;
        let mut tx = db.begin(district).await?;
        let estate = EstateInput {
            code: ESTATE.to_owned(),
            community: "320102002001".to_owned(),
            name: "测量用小区".to_owned(),
            ..EstateInput::default()
        };
        territory::put_estates(&ctx, &mut tx, &[estate]).await?;
        let homes: Vec<HomeInput> = (0..WANTED).map(home).collect();
        for some in homes.chunks(1_000) {
            territory::put_homes(&ctx, &mut tx, some).await?;
        }
        tx.commit().await?;
        let found = linli_territory::queries::resolve(&mut db.read().await?.conn(), district, ESTATE).await?;
        let calendar = Arc::new(Calendar::builtin()?);
        let office = BallotOffice::new(book()?, Vault::new(&[7; 32], Arc::new(SystemRng)), move || Arc::clone(&calendar))?;
        Ok(Self { db, office, district, estate: found.context("no estate")?.path, clock })
    }

    /// A vote that is open, on the use of the maintenance fund.
    async fn open(&self) -> anyhow::Result<VoteId> {
        let ctx = self.staff(1);
        let mut tx = self.db.begin(self.district).await?;
        let parts: Vec<Part> = (0..WANTED).map(part).collect();
        register::record(&ctx, &mut tx, &self.office, &parts).await?;
        let new = NewVote {
            place: self.estate.clone(),
            mode: Mode::Binding,
            call: Call::Regular,
            title: "测量",
            body: "",
            topics: vec![(Some(5), "使用维修资金".to_owned())],
            with_parking: false,
            silent: Silent::NotParticipating,
            silent_basis: "",
        };
        let id = votes::draft(&ctx, &mut tx, &self.office, &new).await?;
        votes::post(&ctx, &mut tx, &self.office, id, ("测量", "http://127.0.0.1")).await?;
        tx.commit().await?;
        self.clock.advance_secs(20 * DAY_SECS);
        let mut tx = self.db.begin(self.district).await?;
        let how = Opening { closes_on: jiff::civil::date(2026, 12, 1), declared: Some(Area(WANTED * 6_550)) };
        votes::open(&ctx, &mut tx, &self.office, id, how).await?;
        tx.commit().await?;
        Ok(id)
    }
}

fn key_of(n: i64) -> [String; 3] {
    [format!("{}栋", n / 200 + 1), format!("{}单元", n % 200 / 50 + 1), format!("{:03}", n % 50 + 1)]
}

fn home(n: i64) -> HomeInput {
    let [building, entrance, room] = key_of(n);
    HomeInput { estate: ESTATE.to_owned(), building, entrance, floor: Some(1), room, area: Some(Area(6_550)) }
}

/// Every tenth owner has the home before too.
fn part(n: i64) -> Part {
    let [building, entrance, room] = key_of(n);
    let code = format!("{ESTATE}/{building}/{entrance}/{room}");
    let owner = if n % 10 == 9 { n - 1 } else { n };
    Part {
        line: 0,
        place: code.clone(),
        code,
        kind: UnitKind::Dwelling,
        area: Area(6_550),
        source: AreaSource::Register,
        standing: Standing::Owned,
        owners: vec![Holder { name: "测量".to_owned(), document: format!("BENCH-{owner:06}"), speaks: true }],
    }
}

/// All of them come for all of the homes, in the same order.
async fn race(name: &str, config: &DbConfig) -> anyhow::Result<()> {
    let ground = Arc::new(Ground::lay(config).await?);
    let id = ground.open().await?;
    let begun = Instant::now();
    let mut coming = Vec::with_capacity(CLIENTS);
    for client in 0..CLIENTS {
        let ground = Arc::clone(&ground);
        let ctx = ground.staff(2 + u128::try_from(client)?);
        coming.push(tokio::spawn(async move { one_after_the_other(&ground, &ctx, (id, client)).await }));
    }
    let mut receipts = Vec::new();
    for one in coming {
        receipts.extend(one.await??);
    }
    let took = begun.elapsed().as_secs_f64();
    let (twice, failed) = held_against(&ground, id, &receipts).await?;
    let beside = [
        (name, 1.0),
        ("clients", f64::from(u32::try_from(CLIENTS)?)),
        ("homes", f64::from(u32::try_from(WANTED)?)),
        ("receipts", f64::from(u32::try_from(receipts.len())?)),
        ("took_s", took),
    ];
    print("ballot", "counted_twice", f64::from(twice), "", &beside)?;
    print("ballot", "receipts_failed", f64::from(failed), "", &beside)?;
    ground.db.clone().close().await;
    Ok(())
}

async fn one_after_the_other(ground: &Ground, ctx: &Ctx, (id, client): (VoteId, usize)) -> anyhow::Result<Vec<Receipt>> {
    let choices = Choices::new(vec![if client.is_multiple_of(3) { Choice::No } else { Choice::Yes }]);
    let mut receipts = Vec::new();
    for seat in 1..=WANTED {
        let mut tx = ground.db.begin(ground.district).await?;
        match cast_at_door(ctx, &mut tx, &ground.office, id, (seat, &choices, false)).await {
            Ok(receipt) => {
                tx.commit().await?;
                receipts.push(receipt);
            }
            // Somebody was quicker.
            Err(BallotError::AlreadyCast) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(receipts)
}

/// Counts, and holds the receipts against what was counted: homes with more than one receipt or ballot, and receipts whose ballot does not count as it was given.
async fn held_against(ground: &Ground, id: VoteId, receipts: &[Receipt]) -> anyhow::Result<(u32, u32)> {
    ground.clock.advance_secs(30 * DAY_SECS);
    let mut tx = ground.db.begin(ground.district).await?;
    ensure!(sweep(&ground.system(), &mut tx, &ground.office, 1).await? == 1, "the vote was not counted");
    tx.commit().await?;
    let mut read = ground.db.read().await?;
    let c = &mut read.conn();
    let mut of_seat: BTreeMap<i64, u32> = BTreeMap::new();
    for receipt in receipts {
        *of_seat.entry(receipt.seat).or_default() += 1;
    }
    let mut twice: u32 = of_seat.values().map(|n| n - 1).sum();
    let (_, decision, seats) = queries::list_for_staff(&ground.staff(1), c, id).await?;
    let file = queries::file_of(&decision, &seats)?;
    let counted = recount(file.as_bytes(), &|_, _| None)?;
    let homes = counted.outcome.tally.homes;
    twice += u32::try_from((homes - i64::try_from(of_seat.len())?).max(0))?;
    let mut failed = u32::try_from((WANTED - i64::try_from(of_seat.len())?).max(0))?;
    let listed: BTreeSet<String> = queries::commitments(c, (ground.district, id)).await?.into_iter().collect();
    for receipt in receipts {
        let found = queries::receipt(c, (ground.district, id), &receipt.code).await?;
        let holds = found.is_some_and(|(ballot, made)| {
            ballot.seat == receipt.seat && ballot.replaced_at.is_none() && listed.contains(&made.to_string())
        });
        failed += u32::from(!holds);
    }
    ensure!(queries::check(c, ground.district).await?.is_empty(), "the vote does not hold together");
    Ok((twice, failed))
}
