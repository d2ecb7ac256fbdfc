//! A free bed near by, asked for over FHIR among 100,000 places.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use linli_access::Ctx;
use linli_db::{Bulk, Column, Db, DbConfig};
use linli_identity::keys::{self, NewKey, Opens};
use linli_kernel::{DistrictId, SystemClock, SystemRng};
use linli_people::model::OrganisationId;
use serde_json::Value;
use uuid::Uuid;

use super::ground::{self, Ground};
use crate::bench::child::Served;
use crate::bench::figure::{median, print};
use crate::bench::load::{self, Requests, Wire};

/// Institutions, each a place, with [`UNITS`] units that have beds of one kind or of two: eight places each.
const INSTITUTIONS: u32 = 12_500;
/// What each has: the kind of unit, and its kinds of beds.
const UNITS: [(&str, &str, &[&str]); 3] =
    [("icu", "重症医学科", &["icu"]), ("ward", "呼吸科", &["ward", "isolation"]), ("observation", "急诊留观", &["observation"])];
const PLACES: i64 = 100_000;
/// Where a city is: its south-west corner and its sides, 1e-7 degrees.
const CITY: (i64, i64, i64) = (1_157_000_000, 394_000_000, 16_000_000);
const ROUNDS: usize = 5;
const SPAN: Duration = Duration::from_secs(3);
/// Systems that ask at the same time.
const SYSTEMS: usize = 2;

/// Prints `fhir.location_search_p95_ms`: the median of five rounds of three seconds in which two systems ask for a free bed of intensive care
/// within 2 to 20 kilometres, each time around another point; beside it how long the first answer took, which reads the register.
pub async fn run(place: &Path) -> anyhow::Result<()> {
    let folder = place.join("fhir");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let config = DbConfig::in_folder(folder.clone());
    let marks = ground::lay(&config).await?;
    let laid = Ground::open(&config, marks).await?;
    let key = grow(&laid.db, laid.district, OrganisationId(laid.hospital.0)).await?;
    laid.db.close().await;
    let served = Served::start(&folder, "serve")?;
    let request = move |path: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\nAccept: application/fhir+json\r\n\r\n")
            .into_bytes()
    };
    let mut wire = Wire::to(served.address).await?;
    let begun = std::time::Instant::now();
    let count = asked(&mut wire, &request("/fhir/Location?_summary=count")).await?;
    let first = begun.elapsed().as_secs_f64() * 1_000.0;
    let places = count.get("total").and_then(Value::as_i64).unwrap_or_default();
    ensure!(places >= PLACES, "{places} places");
    let near = asked(&mut wire, &request(&search(7))).await?;
    let found = near.get("total").and_then(Value::as_i64).unwrap_or_default();
    ensure!(found > 0, "no free bed near by: {near}");
    let next: Requests = Arc::new(move |system, n| {
        let nth = u32::try_from(system * 1_000_003 + n).unwrap_or_default();
        request(&search(nth))
    });
    let mut p95s = Vec::new();
    for _ in 0..ROUNDS {
        let outcome = load::run(served.address, SYSTEMS, SPAN, Arc::clone(&next)).await?;
        let wrong = outcome.first_failure.unwrap_or_default();
        ensure!(outcome.failures == 0, "{} requests failed, the first with: {wrong}", outcome.failures);
        p95s.push(outcome.p95_ms);
    }
    print("fhir", "location_search_p95_ms", median(p95s), "ms", &[("first_ms", first), ("resident_mb", served.resident_mb()?)])?;
    Ok(())
}

async fn asked(wire: &mut Wire, request: &[u8]) -> anyhow::Result<Value> {
    let status = wire.ask(request).await?;
    ensure!(status == 200, "answered {status}: {}", wire.body());
    let answer = wire.body();
    let (_, body) = answer.split_once("\r\n\r\n").context("an answer without a body")?;
    serde_json::from_str(body).with_context(|| format!("no JSON: {answer}"))
}

/// A number that looks like chance and is the same each time.
const fn scattered(n: u32, salt: u32) -> u32 {
    let mixed = (n ^ salt.wrapping_mul(0x9E37_79B9)).wrapping_mul(0x85EB_CA6B);
    let mixed = (mixed ^ (mixed >> 13)).wrapping_mul(0xC2B2_AE35);
    mixed ^ (mixed >> 16)
}

/// A point of the city.
fn point(n: u32, salt: u32) -> (i64, i64) {
    let (lon, lat, side) = CITY;
    let along = |salt| i64::from(scattered(n, salt)) % side;
    (lon + along(salt), lat + along(salt + 1))
}

fn search(n: u32) -> String {
    let (lon, lat) = point(n, 77);
    let degrees = |e7: i64| format!("{}.{:07}", e7 / 10_000_000, e7 % 10_000_000);
    let km = 2 + scattered(n, 79) % 19;
    format!("/fhir/Location?operational-status=U&type=ICU&near={}%7C{}%7C{km}%7Ckm", degrees(lat), degrees(lon))
}

/// The institutions in bulk, and a key for the hospital of the ground; two of three units of intensive care have a bed left.
async fn grow(db: &Db, district: DistrictId, hospital: OrganisationId) -> anyhow::Result<String> {
    let id = |n: u32, part: u32| Uuid::from_u128((u128::from(part + 1) << 64) | u128::from(n) | (1 << 100));
    let all = || 0..INSTITUTIONS;
    let same = |value: i64| all().map(move |_| value);
    let word = |word: &'static str| all().map(move |_| word.to_owned());
    let mut tx = db.begin(district).await?;
    let place = linli_territory::queries::district(&mut tx.conn()?, district).await?.map(|found| found.path.to_string());
    let place = place.unwrap_or_default();
    let c = &mut tx.conn()?;
    let names = || all().map(|n| format!("测量医院{n}"));
    Bulk::into("organisation")
        .ints("district_id", same(district.0))
        .ids("id", all().map(|n| id(n, 0)))
        .texts("kind", word("hospital"))
        .texts("name", names())
        .write(c)
        .await?;
    Bulk::into("institution")
        .ints("district_id", same(district.0))
        .ids("id", all().map(|n| id(n, 0)))
        .texts("code", all().map(|n| format!("M{n}")))
        .texts("kind", word("hospital"))
        .texts("level", word("second"))
        .texts("place_path", all().map(|_| place.clone()))
        .texts("address", word("测量路 1 号"))
        .ints("lon_e7", all().map(|n| point(n, 1).0))
        .ints("lat_e7", all().map(|n| point(n, 1).1))
        .texts("capabilities", word("oxygen"))
        .ints("valid_from", same(0))
        .ints("version", same(1))
        .write(c)
        .await?;
    for (part, (kind, name, beds)) in (1_u32..).zip(UNITS) {
        Bulk::into("institution_unit")
            .ints("district_id", same(district.0))
            .ids("id", all().map(|n| id(n, part)))
            .ids("institution_id", all().map(|n| id(n, 0)))
            .texts("kind", word(kind))
            .texts("name", word(name))
            .texts("capabilities", word(""))
            .ints("valid_from", same(0))
            .ints("version", same(1))
            .write(c)
            .await?;
        for bed_type in beds {
            Bulk::into("bed_cell")
                .ints("district_id", same(district.0))
                .ids("unit_id", all().map(|n| id(n, part)))
                .texts("bed_type", word(bed_type))
                .ids("institution_id", all().map(|n| id(n, 0)))
                .column("in_place", Column::Int(all().map(|_| Some(10)).collect()))
                .column("open_beds", Column::Int(all().map(|_| Some(10)).collect()))
                .column("doctors", Column::Int(all().map(|_| Some(20)).collect()))
                .column("nurses", Column::Int(all().map(|_| Some(40)).collect()))
                .ints("blocked", same(0))
                .ints("occupied", all().map(|n| if n % 3 == 0 { 10 } else { 6 }))
                .ints("reserved", same(0))
                .ints("last_at", same(0))
                .ints("known_at", same(0))
                .ints("version", same(1))
                .write(c)
                .await?;
        }
    }
    let ctx = Ctx::system("bench", Arc::new(SystemClock), Arc::new(SystemRng));
    let new = NewKey { name: "bench", opens: Opens::Fhir, organisation: Some(hospital) };
    let key = keys::add(&ctx, &mut tx, new).await?;
    tx.commit().await?;
    Ok(key.secret_text().to_owned())
}
