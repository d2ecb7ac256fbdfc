//! One JSON line per figure.

use std::io::Write as _;

use serde_json::{Map, Value, json};

/// Prints `{"bench":…,"figure":…,"value":…,"unit":…,"beside":{…}}`; `beside` is what was measured in the same minute.
pub fn print(bench: &str, figure: &str, value: f64, unit: &str, beside: &[(&str, f64)]) -> std::io::Result<()> {
    let beside: Map<String, Value> = beside.iter().map(|(name, value)| ((*name).to_owned(), json!(round(*value)))).collect();
    let line = json!({ "bench": bench, "figure": figure, "value": round(value), "unit": unit, "beside": beside });
    writeln!(std::io::stdout(), "{line}")
}

/// Four significant decimals are more than these machines can repeat.
fn round(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

/// The middle one.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
