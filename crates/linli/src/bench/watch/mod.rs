//! The watch: the engine alone, the doors before it, a city in memory, and whether its alarms are right when it is killed. Each part is a
//! process of its own, so that none is measured with the memory of another.

pub mod chance;
mod city;
mod doors;
mod engine;
mod ground;
mod killed;
mod life;
mod mosquitto;
mod rivals;

use std::io;
use std::path::Path;

use anyhow::ensure;

use super::figure::print;

/// The parts of `watch`, by name.
const PARTS: [&str; 4] = ["watch-engine", "watch-city", "watch-doors", "watch-killed"];

fn say(figure: &str, value: f64, unit: &str, beside: &[(&str, f64)]) -> io::Result<()> {
    print("watch", figure, value, unit, beside)
}

fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(f64::NAN)
}

/// All parts, one process after the other.
pub fn run(place: &Path) -> anyhow::Result<()> {
    for part in PARTS {
        let mut this = std::process::Command::new(std::env::current_exe()?);
        let ended = this.args(["bench", part, "--folder"]).arg(place).env_remove("LINLI_DATA").status()?;
        ensure!(ended.success(), "{part} ended with {ended}");
    }
    Ok(())
}

/// One part of `watch` by name; false when it is none.
pub async fn part(name: &str, place: &Path) -> anyhow::Result<bool> {
    match name {
        "watch-engine" => engine::run(place)?,
        "watch-city" => city::run(place)?,
        "watch-doors" => doors::run(place).await?,
        "watch-killed" => killed::run(place)?,
        life::NAME => life::live(place)?,
        _ => return Ok(false),
    }
    Ok(true)
}
