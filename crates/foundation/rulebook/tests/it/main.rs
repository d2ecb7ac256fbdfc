//! Rules as data: what changes when data changes, which pack counts where and when, and what a bad pack gets.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic here is a failed test")]

mod bad;
mod locales;
mod lookup;
mod outcome;

use linli_kernel::{PlacePath, Ts};
use linli_rulebook::Rulebook;
use serde::Deserialize;

/// What the packs of these tests say.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Quorum {
    numerator: u32,
    denominator: u32,
}

fn place(written: &str) -> PlacePath {
    written.parse().unwrap()
}

/// Noon in Beijing.
fn noon(date: &str) -> Ts {
    Ts::from_local(date.parse::<jiff::civil::Date>().unwrap().at(12, 0, 0, 0)).unwrap()
}

/// A pack of `council.quorum`; `head` is more lines for its head.
fn pack(version: &str, head: &str, numerator: u32) -> String {
    format!(
        "id = \"council.quorum\"\nversion = \"{version}\"\n{head}\n\n[citation]\ntitle = \"民法典\"\narticle = \"第二百七十八条\"\n\n[body]\nnumerator = {numerator}\ndenominator = 3\n"
    )
}

fn load(packs: &[String]) -> Result<Rulebook, linli_rulebook::RuleError> {
    let named = packs.iter().enumerate().map(|(i, text)| (format!("{i}.toml"), text.clone()));
    Rulebook::default().load_dir(named.collect())
}
