//! How large the program is.

use super::figure::print;

/// Prints `size.binary_mb` of the running program (10⁶ bytes). `size.resident_mb` comes with `http`, after its runs, and
/// `size.cold_build_s` from `scripts/cold-build`, because a program cannot build itself from nothing.
pub fn run() -> anyhow::Result<()> {
    let bytes = std::fs::metadata(std::env::current_exe()?)?.len();
    let bytes = u32::try_from(bytes).map_or(f64::NAN, f64::from);
    print("size", "binary_mb", bytes / 1_000_000.0, "MB", &[])?;
    Ok(())
}
