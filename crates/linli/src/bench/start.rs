//! How long it takes until the first page is there.

use std::path::Path;
use std::time::Instant;

use super::child::Served;
use super::figure::{median, print};
use super::load;

const ROUNDS: usize = 5;

/// Prints `start.first_page_empty_s` and `start.first_page_s`: from starting `linli demo` to the last byte of the first page, on an
/// empty folder (the district is made meanwhile; median of three) and on an existing one (median of five).
pub async fn run(place: &Path) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("start").tempdir_in(place)?;
    let mut empty = Vec::new();
    for round in 0..3 {
        empty.push(first_page(&folder.path().join(round.to_string())).await?);
    }
    let mut existing = Vec::new();
    for _ in 0..ROUNDS {
        existing.push(first_page(&folder.path().join("0")).await?);
    }
    print("start", "first_page_empty_s", median(empty), "s", &[])?;
    print("start", "first_page_s", median(existing), "s", &[])?;
    Ok(())
}

async fn first_page(data: &Path) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let served = Served::start(data, "demo")?;
    load::fetch(served.address, "/").await?;
    Ok(begun.elapsed().as_secs_f64())
}
