//! What must be known about an archive before a workbook reader may open it.
//!
//! Sizes in the directory of a zip are claims. They are compared with the limits first, because that costs nothing; then
//! every part that the workbook reader would unpack is unpacked here into nothing, with the limit as a hard stop.

use super::origin::Origin;
use crate::{Limits, SheetError};
use std::io::{self, Read};

/// A part smaller than this may be packed as tightly as it likes.
const RATIO_MATTERS_FROM: u64 = 8 << 20;
const STRINGS: &str = "xl/sharedStrings.xml";

/// Refuses archives that are no workbook, and archives made to exhaust whoever opens them.
pub(crate) fn check(origin: &Origin, limits: &Limits) -> Result<(), SheetError> {
    let broken = |e: zip::result::ZipError| SheetError::Xlsx(e.to_string());
    let mut archive = zip::ZipArchive::new(origin.open()?).map_err(broken)?;
    let entries = archive.len();
    if entries > limits.zip_entries {
        return Err(bomb("*", "entries", to_u64(entries), to_u64(limits.zip_entries)));
    }
    let names: Vec<String> =
        archive.file_names().map(|n| n.map(std::borrow::Cow::into_owned)).collect::<Result<_, _>>().map_err(broken)?;
    if !names.iter().any(|n| n == "[Content_Types].xml") || !names.iter().any(|n| n.starts_with("xl/")) {
        return Err(SheetError::Mismatch { name: origin.name(), found: "an archive that is no xlsx workbook" });
    }
    let mut total = 0_u64;
    for index in 0..entries {
        let part = archive.by_index_raw(index).map_err(broken)?;
        total = total.saturating_add(part.size());
        check_part(&part.name().map_err(broken)?, part.size(), part.compressed_size(), limits)?;
    }
    if total > limits.zip_bytes {
        return Err(bomb("*", "unpacks", total, limits.zip_bytes));
    }
    unpack_all(&mut archive, limits)
}

fn check_part(name: &str, size: u64, packed: u64, limits: &Limits) -> Result<(), SheetError> {
    if size > RATIO_MATTERS_FROM && size.checked_div(packed.max(1)).unwrap_or(0) > limits.zip_ratio {
        return Err(bomb(name, "ratio", size / packed.max(1), limits.zip_ratio));
    }
    if name == STRINGS && size > limits.zip_strings_bytes {
        return Err(bomb(name, "unpacks", size, limits.zip_strings_bytes));
    }
    Ok(())
}

fn unpack_all<R: io::Read + io::Seek>(archive: &mut zip::ZipArchive<R>, limits: &Limits) -> Result<(), SheetError> {
    let broken = |e: zip::result::ZipError| SheetError::Xlsx(e.to_string());
    let mut total = 0_u64;
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(broken)?;
        let name = part.name().map_err(broken)?.into_owned();
        // Pictures and macros are never unpacked by the reader either.
        if !(name.ends_with(".xml") || name.ends_with(".rels")) {
            continue;
        }
        let packed = part.compressed_size();
        let allowed = limits.zip_bytes.saturating_sub(total).saturating_add(1);
        let mut head = Vec::new();
        let read_failed = |e: io::Error| SheetError::Xlsx(format!("{name}: {e}"));
        let first = (&mut part).take(allowed.min(4 << 10)).read_to_end(&mut head).map_err(read_failed)?;
        let first = u64::try_from(first).unwrap_or(u64::MAX);
        let rest = io::copy(&mut (&mut part).take(allowed.saturating_sub(first)), &mut io::sink()).map_err(read_failed)?;
        let size = first.saturating_add(rest);
        total = total.saturating_add(size);
        if total > limits.zip_bytes {
            return Err(bomb(&name, "unpacks-more", total, limits.zip_bytes));
        }
        check_part(&name, size, packed, limits)?;
        if name == STRINGS {
            check_string_count(&head, size)?;
        }
    }
    Ok(())
}

/// The workbook reader reserves memory by the count that the part declares; each string takes at least five bytes (`<si/>`).
fn check_string_count(head: &[u8], size: u64) -> Result<(), SheetError> {
    let text = String::from_utf8_lossy(head);
    for declared in text.split("uniqueCount").skip(1) {
        let value = declared.trim_start_matches([' ', '\t', '\r', '\n', '=', '"', '\'']);
        let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
        if digits.parse::<u64>().is_ok_and(|count| count <= size / 5) || digits.is_empty() {
            continue;
        }
        return Err(bomb(STRINGS, "strings", digits.parse().unwrap_or(u64::MAX), size));
    }
    Ok(())
}

fn bomb(part: &str, what: &'static str, found: u64, limit: u64) -> SheetError {
    SheetError::Bomb { part: part.into(), what, found, limit }
}

fn to_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
