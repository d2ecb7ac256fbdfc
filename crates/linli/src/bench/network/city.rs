//! The board of a whole city in its winter, right after something has happened: the plan is made anew before the board is shown.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use linli_access::{Ctx, Role};
use linli_db::{Bulk, Conn, DbConfig, Tx, exec};
use linli_identity::commands::{create_account, open_session};
use linli_identity::model::DoorRules;
use linli_kernel::{Clock as _, DistrictId, SystemClock, SystemRng, Ts};
use linli_people::model::PersonId;
use linli_treatment::commands::beds::{self, NewEntry};
use linli_treatment::model::beds::{BedType, Change, EntryKind};
use uuid::Uuid;

use super::ground::{self, Ground};
use crate::bench::child::Served;
use crate::bench::figure::print;
use crate::bench::load::Wire;

/// Hospitals, and how many of them lead a grid.
const HOSPITALS: i64 = 303;
const GRIDS: i64 = 56;
/// Beds of intensive care in the city.
const ICU_BEDS: i64 = 7_000;
/// Records that are open: who waits, who lies in intensive care (all but the free beds), who lies in a ward.
const OPEN: i64 = 60_000;
const WAITING: i64 = 1_500;
/// Who lies in intensive care and may step down.
const LEAVING: i64 = 500;
/// The sides of the city, 1e-7 degrees.
const CITY: (i64, i64, i64) = (1_160_000_000, 397_000_000, 6_000_000);
/// How often something happens and the board is asked for.
const ASKED: usize = 300;

/// Prints `board.city_p95_ms`: the slowest of 95 in 100 boards of the city, each asked for right after a bed changed somewhere, so that the plan of
/// 1,500 waiting was made anew for it; beside it the same when nothing had happened since, and how large the page is.
pub async fn run(place: &Path) -> anyhow::Result<()> {
    let folder = place.join("city");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let config = DbConfig::in_folder(folder.clone());
    let marks = ground::lay(&config).await?;
    let laid = Ground::open(&config, marks).await?;
    let session = grow(&laid).await?;
    let served = Served::start(&folder, "serve")?;
    let request =
        format!("GET /city HTTP/1.1\r\nHost: bench\r\nCookie: linli={session}\r\nAccept-Language: zh-CN\r\n\r\n").into_bytes();
    let mut wire = Wire::to(served.address).await?;
    let (mut after, mut unchanged) = (Vec::with_capacity(ASKED), Vec::with_capacity(ASKED));
    let mut bytes = 0.0;
    for n in 0..ASKED {
        change(&laid, i64::try_from(n % 2)?).await?;
        for times in [&mut after, &mut unchanged] {
            let begun = Instant::now();
            let status = wire.ask(&request).await?;
            times.push(begun.elapsed().as_secs_f64() * 1_000.0);
            ensure!(status == 200, "the board answered {status}: {}", wire.body());
            bytes = f64::from(u32::try_from(wire.body().len())?);
        }
    }
    let beside = [("unchanged_p95_ms", p95(unchanged)?), ("kb", bytes / 1_000.0), ("resident_mb", served.resident_mb()?)];
    print("board", "city_p95_ms", p95(after)?, "ms", &beside)?;
    laid.db.close().await;
    drop(served);
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn p95(mut times: Vec<f64>) -> anyhow::Result<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() * 95 / 100).copied().context("nothing measured")
}

/// A nurse more, a nurse less in the unit of the ground.
async fn change(ground: &Ground, nurse: i64) -> anyhow::Result<()> {
    let entry = NewEntry {
        unit: ground.icu,
        bed_type: BedType::Icu,
        kind: EntryKind::Nurses,
        change: Change::Level,
        amount: 9 + nurse,
        within_hours: None,
        at: None,
        reason: None,
    };
    let mut tx = ground.db.begin(ground.district).await?;
    beds::enter(&ground.manager, &mut tx, &ground.desk, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// Ids of a kind of row.
fn id(kind: u128, n: i64) -> Uuid {
    Uuid::from_u128((1 << 100) | (kind << 64) | u128::try_from(n).unwrap_or_default())
}

const HOUSE: u128 = 1;
const GRID: u128 = 2;
const ICU: u128 = 3;
const WARD: u128 = 4;
const REFERRAL: u128 = 5;
const HOLD: u128 = 6;
const MEMBER: u128 = 7;

/// Beds of intensive care of a hospital: 7,000 among 303.
const fn icu_beds(house: i64) -> i64 {
    ICU_BEDS / HOSPITALS + if house < ICU_BEDS % HOSPITALS { 1 } else { 0 }
}

/// Those of them that are free: none in the houses that send.
const fn icu_free(house: i64) -> i64 {
    if house % 2 == 0 { 0 } else { 2 + house * 7 % 7 }
}

/// The city in bulk, and the session of somebody of the health commission.
async fn grow(ground: &Ground) -> anyhow::Result<String> {
    let now = SystemClock.now();
    let mut tx = ground.db.begin(ground.district).await?;
    let place = linli_territory::queries::district(&mut tx.conn()?, ground.district).await?.context("the district is gone")?.path;
    let c = &mut tx.conn()?;
    houses(c, ground.district, &place.to_string()).await?;
    patients(c, ground.district, now).await?;
    // As a database that has lived for a while has them.
    exec!(c, sqlx::query("ANALYZE"))?;
    let session = officer(&mut tx).await?;
    tx.commit().await?;
    Ok(session)
}

async fn officer(tx: &mut Tx) -> anyhow::Result<String> {
    let ctx = Ctx::system("bench", Arc::new(SystemClock), Arc::new(SystemRng));
    let of = ("department", "测量用卫生健康委员会");
    let (person, _) = ground::staff(&ctx, tx, ("B003", Role::HealthOfficer), of).await?;
    let account = create_account(&ctx, tx, tx.district(), PersonId(person), "officer").await?;
    Ok(open_session(&ctx, tx, account, &DoorRules::default()).await?.0)
}

async fn houses(c: &mut Conn<'_>, district: DistrictId, place: &str) -> anyhow::Result<()> {
    let all = || 0..HOSPITALS;
    let same = |value: i64| all().map(move |_| value);
    let word = |word: &str| {
        let word = word.to_owned();
        all().map(move |_| word.clone())
    };
    let (lon, lat, side) = CITY;
    let along = move |n: i64, salt: i64| (n * 7_919 + salt) * 104_729 % side;
    Bulk::into("organisation")
        .ints("district_id", same(district.0))
        .ids("id", all().map(|n| id(HOUSE, n)))
        .texts("kind", word("hospital"))
        .texts("name", all().map(|n| format!("测量第{n}医院")))
        .write(c)
        .await?;
    Bulk::into("institution")
        .ints("district_id", same(district.0))
        .ids("id", all().map(|n| id(HOUSE, n)))
        .texts("code", all().map(|n| format!("M{n}")))
        .texts("kind", word("hospital"))
        .texts("level", all().map(|n| if n < GRIDS { "tertiary" } else { "second" }.to_owned()))
        .texts("place_path", word(place))
        .texts("address", word("测量路 1 号"))
        .ints("lon_e7", all().map(|n| lon + along(n, 1)))
        .ints("lat_e7", all().map(|n| lat + along(n, 2)))
        .texts("capabilities", word("oxygen"))
        .ints("valid_from", same(0))
        .ints("version", same(1))
        .write(c)
        .await?;
    Bulk::into("treatment_grid")
        .ints("district_id", (0..GRIDS).map(|_| district.0))
        .ids("id", (0..GRIDS).map(|n| id(GRID, n)))
        .texts("code", (0..GRIDS).map(|n| format!("G{n}")))
        .texts("name", (0..GRIDS).map(|n| format!("测量第{n}救治网格")))
        .texts("kind", (0..GRIDS).map(|_| "general".to_owned()))
        .ids("lead_id", (0..GRIDS).map(|n| id(HOUSE, n)))
        .ints("valid_from", (0..GRIDS).map(|_| 0))
        .write(c)
        .await?;
    Bulk::into("grid_member")
        .ints("district_id", same(district.0))
        .ids("id", all().map(|n| id(MEMBER, n)))
        .ids("institution_id", all().map(|n| id(HOUSE, n)))
        .texts("kind", word("general"))
        .ints("grid_district", same(district.0))
        .ids("grid_id", all().map(|n| id(GRID, n % GRIDS)))
        .ints("valid_from", same(0))
        .write(c)
        .await?;
    let wards = |_: i64| 200;
    let ward_free = |house: i64| house % 20;
    units(c, district, (ICU, "icu", "重症医学科"), (icu_beds, icu_free)).await?;
    units(c, district, (WARD, "ward", "呼吸科"), (wards, ward_free)).await
}

type Count = fn(i64) -> i64;

/// A unit of a kind in each house, with its beds and how many of them are free.
async fn units(
    c: &mut Conn<'_>,
    district: DistrictId,
    (of, kind, name): (u128, &str, &str),
    (beds, free): (Count, Count),
) -> anyhow::Result<()> {
    let all = || 0..HOSPITALS;
    let same = |value: i64| all().map(move |_| value);
    let word = |word: &str| {
        let word = word.to_owned();
        all().map(move |_| word.clone())
    };
    Bulk::into("institution_unit")
        .ints("district_id", same(district.0))
        .ids("id", all().map(|n| id(of, n)))
        .ids("institution_id", all().map(|n| id(HOUSE, n)))
        .texts("kind", word(kind))
        .texts("name", word(name))
        .texts("capabilities", word(""))
        .ints("valid_from", same(0))
        .ints("version", same(1))
        .write(c)
        .await?;
    Bulk::into("bed_cell")
        .ints("district_id", same(district.0))
        .ids("unit_id", all().map(|n| id(of, n)))
        .texts("bed_type", word(kind))
        .ids("institution_id", all().map(|n| id(HOUSE, n)))
        .ints("in_place", all().map(beds))
        .ints("open_beds", all().map(beds))
        .ints("doctors", all().map(beds))
        .ints("nurses", all().map(move |n| 3 * beds(n)))
        .ints("blocked", same(0))
        .ints("occupied", all().map(move |n| beds(n) - free(n)))
        .ints("reserved", same(0))
        .ints("last_at", same(0))
        .ints("known_at", same(0))
        .ints("version", same(1))
        .write(c)
        .await?;
    Ok(())
}

/// Everybody whose record is open: who waits at the houses that are full, and who lies in a bed.
async fn patients(c: &mut Conn<'_>, district: DistrictId, now: Ts) -> anyhow::Result<()> {
    let all = || 0..OPEN;
    let same = |value: i64| all().map(move |_| value);
    let word = |word: &'static str| all().map(move |_| word.to_owned());
    // The first wait; then come those in intensive care.
    let waits = |n: i64| n < WAITING;
    let intensive = |n: i64| n < WAITING + ICU_BEDS - 1_000;
    let bed = move |n: i64| if intensive(n) { "icu" } else { "ward" }.to_owned();
    let severity =
        |n: i64| ["critical", "severe", "ordinary", "ordinary"].into_iter().cycle().nth(usize::try_from(n % 4).unwrap_or(0));
    let severity = move |n: i64| severity(n).unwrap_or("ordinary").to_owned();
    // Houses with an even number are full and send.
    let from = |n: i64| id(HOUSE, n % 151 * 2);
    let to = |n: i64| id(HOUSE, n % HOSPITALS);
    let asked = |n: i64| now.plus_secs(-60 - n * 7 % 7_000).0;
    Bulk::into("referral")
        .ints("district_id", same(district.0))
        .ids("id", all().map(|n| id(REFERRAL, n)))
        .ids("institution_id", all().map(from))
        .texts("direction", word("up"))
        .texts("grid_kind", word("general"))
        .texts("bed_type", all().map(bed))
        .texts("needs", word(""))
        .texts("suggested", all().map(severity))
        .texts("suggested_by", word("bench"))
        .texts("severity", all().map(severity))
        .texts("consent", word("patient"))
        .texts("channel", word("green"))
        .texts("state", all().map(|n| if waits(n) { "requested" } else { "arrived" }.to_owned()))
        .ints("attempt", same(1))
        .ints("round", same(1))
        .ints("asked_at", all().map(asked))
        .ids("asked_by", all().map(from))
        .ints("state_at", all().map(asked))
        .ints("version", same(1))
        .write(c)
        .await?;
    Bulk::into("referral_attempt")
        .ints("district_id", same(district.0))
        .ids("referral_id", all().map(|n| id(REFERRAL, n)))
        .ints("attempt", same(1))
        .ints("to_district", same(district.0))
        .ids("to_institution", all().map(to))
        .texts("asks", all().map(|n| if waits(n) { "offered" } else { "under_way" }.to_owned()))
        .texts("answer", all().map(|n| if waits(n) { "sent" } else { "arrived" }.to_owned()))
        .ints("told", same(1))
        .ints("heard", same(1))
        .ints("sent_at", all().map(asked))
        .write(c)
        .await?;
    let lying = || WAITING..OPEN;
    let each = |value: i64| lying().map(move |_| value);
    let unit = move |n: i64| id(if intensive(n) { ICU } else { WARD }, n % HOSPITALS);
    Bulk::into("bed_hold")
        .ints("district_id", each(district.0))
        .ids("id", lying().map(|n| id(HOLD, n)))
        .ids("unit_id", lying().map(unit))
        .texts("bed_type", lying().map(bed))
        .ids("institution_id", lying().map(to))
        .ids("referral_id", lying().map(|n| id(REFERRAL, n)))
        .texts("state", lying().map(|_| "occupied".to_owned()))
        .ints("held_at", lying().map(asked))
        .ints("until", lying().map(asked))
        .write(c)
        .await?;
    Bulk::into("inbound_referral")
        .ints("district_id", each(district.0))
        .ids("referral_id", lying().map(|n| id(REFERRAL, n)))
        .ints("attempt", each(1))
        .ids("institution_id", lying().map(to))
        .ints("from_district", each(district.0))
        .ids("from_institution", lying().map(from))
        .texts("direction", lying().map(|_| "up".to_owned()))
        .texts("bed_type", lying().map(bed))
        .texts("needs", lying().map(|_| String::new()))
        .texts("severity", lying().map(severity))
        .texts("asks", lying().map(|_| "under_way".to_owned()))
        .texts("answer", lying().map(|_| "arrived".to_owned()))
        .ids("hold_id", lying().map(|n| id(HOLD, n)))
        .ints("told", each(1))
        .ints("heard", each(1))
        .ints("sent_at", lying().map(asked))
        .ints("came_at", lying().map(asked))
        .ints("state_at", lying().map(asked))
        .ints("version", each(1))
        .write(c)
        .await?;
    let leaving = || WAITING..WAITING + LEAVING;
    Bulk::into("step_down")
        .ints("district_id", leaving().map(|_| district.0))
        .ids("referral_id", leaving().map(|n| id(REFERRAL, n)))
        .ints("attempt", leaving().map(|_| 1))
        .texts("bed_type", leaving().map(|_| "ward".to_owned()))
        .texts("needs", leaving().map(|_| String::new()))
        .texts("grid_kind", leaving().map(|_| "general".to_owned()))
        .texts("consent", leaving().map(|_| "patient".to_owned()))
        .ints("marked_at", leaving().map(asked))
        .texts("marked_by", leaving().map(|_| "bench".to_owned()))
        .write(c)
        .await?;
    Ok(())
}
