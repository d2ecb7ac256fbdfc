//! `linli bench NAME`: one JSON line per figure, each beside what was measured in the same minute.

mod figure;
mod http;
mod load;

use std::io::Write as _;

use anyhow::bail;

const NAMES: [&str; 1] = ["http"];

/// Runs a measurement by name, or names them all.
pub async fn run(name: Option<&str>, list: bool) -> anyhow::Result<()> {
    match name {
        _ if list => {
            for name in NAMES {
                writeln!(std::io::stdout(), "{name}")?;
            }
            Ok(())
        }
        Some("http") => http::run().await,
        other => bail!("no measurement {}; see --list", other.unwrap_or("named")),
    }
}
