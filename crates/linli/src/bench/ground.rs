//! The store that is measured: the demonstration district, grown to 150,000 homes and 1,000,000 cases by importing files as
//! anybody could. Made once in a folder and kept there, because it takes minutes.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use linli_cases::Indexed;
use linli_db::{Db, DbConfig};

use super::child::{Served, run};

/// Homes that the demonstration has; the rest comes from a file.
const DEMO_HOMES: usize = 60_000;
/// How the district grows.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Homes in all.
    pub homes: usize,
    /// Cases from a file.
    pub cases: usize,
}

/// What the issue of the first thread asks for.
pub const CITY: Size = Size { homes: 150_000, cases: 1_000_000 };

const FLOORS: usize = 6;
const ROOMS: usize = 2;
const ENTRANCES: usize = 4;

/// What people report: a class and words for it.
const REPORTS: [(&str, &str); 5] = [
    ("stair_lamp", "楼道灯不亮，晚上看不清台阶"),
    ("manhole", "井盖松动，车一过就响"),
    ("sewer", "下水道堵了，污水往外冒"),
    ("door_access", "单元门关不上，锁坏了"),
    ("green", "树枝挡住了窗户，请修一修"),
];

/// The folder with the grown district, made in `place` unless it is there already. What is measured is a district that has settled: its
/// index of words is complete, as it is some minutes after such files came in.
pub async fn prepared(place: &Path, size: Size) -> anyhow::Result<PathBuf> {
    let folder = place.join(format!("district-{}-{}", size.homes, size.cases));
    let ready = folder.join("ready");
    if ready.exists() {
        return Ok(folder);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder).context("a district that was not finished could not be removed")?;
    }
    fs::create_dir_all(&folder)?;
    tracing::info!(folder = %folder.display(), "making the district that is measured");
    drop(Served::start(&folder.join("data"), "demo")?);
    let estates = folder.join("estates.csv");
    run(&folder.join("data"), &["export", "estates", text(&estates)?])?;
    let codes = estate_codes(&fs::read_to_string(&estates)?)?;
    let more = size.homes.saturating_sub(DEMO_HOMES);
    let entrances = homes(&folder.join("homes.csv"), &codes, more)?;
    run(&folder.join("data"), &["import", "homes", text(&folder.join("homes.csv"))?])?;
    cases(&folder.join("cases.csv"), &entrances, size.cases)?;
    run(&folder.join("data"), &["import", "cases", text(&folder.join("cases.csv"))?, "--system", "bench"])?;
    for file in ["estates.csv", "homes.csv", "cases.csv"] {
        fs::remove_file(folder.join(file))?;
    }
    settle(&folder.join("data")).await?;
    fs::write(ready, "")?;
    Ok(folder)
}

async fn settle(data: &Path) -> anyhow::Result<()> {
    let db = Db::open(&DbConfig::in_folder(data.to_owned())).await?;
    let districts = linli_territory::queries::districts(&mut db.read().await?.conn()).await?;
    for district in districts {
        while linli_cases::index_words(&db, district.id).await? != Indexed::Nothing {}
    }
    db.close().await;
    Ok(())
}

fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().context("a folder whose name is no text")
}

fn estate_codes(csv: &str) -> anyhow::Result<Vec<String>> {
    let mut reader = csv::Reader::from_reader(csv.trim_start_matches('\u{feff}').as_bytes());
    let column = reader.headers()?.iter().position(|name| name == "estate_code").context("no column estate_code")?;
    let codes =
        reader.records().map(|row| Ok(row?.get(column).unwrap_or_default().to_owned())).collect::<anyhow::Result<Vec<_>>>()?;
    ensure!(!codes.is_empty(), "no estates");
    Ok(codes)
}

/// Homes in new buildings of the estates; gives the keys of their entrances.
fn homes(file: &Path, estates: &[String], count: usize) -> anyhow::Result<Vec<String>> {
    let mut out = csv::Writer::from_writer(BufWriter::new(File::create(file)?));
    out.write_record(["estate_code", "building", "entrance", "floor", "room", "area_m2"])?;
    let mut entrances = Vec::new();
    let mut made = 0;
    for building in 1.. {
        for estate in estates {
            for entrance in 1..=ENTRANCES {
                if made >= count {
                    out.flush()?;
                    return Ok(entrances);
                }
                let (building, entrance) = (format!("新{building}栋"), format!("{entrance}单元"));
                for floor in 1..=FLOORS {
                    for room in 1..=ROOMS {
                        let room = format!("{floor}0{room}");
                        out.write_record([estate, &building, &entrance, &floor.to_string(), &room, "65.50"])?;
                        made += 1;
                    }
                }
                entrances.push(format!("{estate}/{building}/{entrance}"));
            }
        }
    }
    Ok(entrances)
}

/// Cases of two years, spread over the entrances; one in fifty is open.
fn cases(file: &Path, entrances: &[String], count: usize) -> anyhow::Result<()> {
    ensure!(!entrances.is_empty(), "no entrances to report at");
    let begin = jiff::civil::date(2024, 11, 1).at(0, 0, 0, 0);
    let mut out = BufWriter::new(File::create(file)?);
    writeln!(out, "external_id,place,class,description,status,state,reported_at,closed_at")?;
    for n in 0..count {
        // A stride without a common divisor walks through all entrances.
        let (Some(place), Some((class, words))) = (entrances.get(n * 7_919 % entrances.len()), REPORTS.get(n % REPORTS.len()))
        else {
            continue;
        };
        let minute = i64::try_from(n * 1_051_200 / count.max(1))?;
        let reported = begin.checked_add(jiff::Span::new().minutes(minute))?;
        let closed = reported.checked_add(jiff::Span::new().hours(30))?;
        if n % 50 == 0 {
            writeln!(out, "B{n},{place},{class},{words} {n},open,handling,{reported},")?;
        } else {
            writeln!(out, "B{n},{place},{class},{words} {n},closed,closed,{reported},{closed}")?;
        }
    }
    Ok(out.flush()?)
}
