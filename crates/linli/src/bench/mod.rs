//! `linli bench NAME`: one JSON line per figure, each beside what was measured in the same minute.

mod figure;
mod load;

use std::io::Write as _;

use anyhow::bail;

const NAMES: [&str; 0] = [];

/// Runs a measurement by name, or names them all.
pub async fn run(name: Option<&str>, list: bool, _cases: u64) -> anyhow::Result<()> {
    if list {
        for name in NAMES {
            writeln!(std::io::stdout(), "{name}")?;
        }
        return Ok(());
    }
    bail!("no measurement {}; see --list", name.unwrap_or("named"))
}
