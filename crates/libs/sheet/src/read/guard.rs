//! What must be known about an archive before a workbook reader may open it.
//!
//! Sizes in the directory of a zip are claims. They are compared with the limits first, because that costs nothing; then
//! every part is unpacked here into nothing, with the limit as a hard stop, and what it says of itself is read with the eyes of the
//! workbook reader ([`super::claims`]). By content and not by name: the workbook may name its parts as it likes, in letters of either case.

use super::claims::Claims;
use super::origin::Origin;
use crate::{Limits, SheetError};
use std::io::{self, BufReader, Read};

/// A part smaller than this may be packed as tightly as it likes.
const RATIO_MATTERS_FROM: u64 = 8 << 20;

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
    if is_strings(name) && size > limits.zip_strings_bytes {
        return Err(bomb(name, "unpacks", size, limits.zip_strings_bytes));
    }
    Ok(())
}

/// The name under which the workbook reader looks for the shared strings, in whatever folder the workbook is.
fn is_strings(name: &str) -> bool {
    name.rsplit(['/', '\\']).next().is_some_and(|file| file.eq_ignore_ascii_case("sharedStrings.xml"))
}

fn unpack_all<R: io::Read + io::Seek>(archive: &mut zip::ZipArchive<R>, limits: &Limits) -> Result<(), SheetError> {
    let broken = |e: zip::result::ZipError| SheetError::Xlsx(e.to_string());
    let mut total = 0_u64;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(broken)?;
        let name = part.name().map_err(broken)?.into_owned();
        let packed = part.compressed_size();
        let allowed = limits.zip_bytes.saturating_sub(total).saturating_add(1);
        let mut unpacked = Unpacked { part: part.take(allowed), bytes: 0 };
        let claims = Claims::read(BufReader::with_capacity(64 << 10, &mut unpacked));
        let read_failed = |e: io::Error| SheetError::Xlsx(format!("{name}: {e}"));
        io::copy(&mut unpacked, &mut io::sink()).map_err(read_failed)?;
        total = total.saturating_add(unpacked.bytes);
        if total > limits.zip_bytes {
            return Err(bomb(&name, "unpacks-more", total, limits.zip_bytes));
        }
        check_part(&name, unpacked.bytes, packed, limits)?;
        claims.check(unpacked.bytes, limits).map_err(|(what, found, limit)| bomb(&name, what, found, limit))?;
    }
    Ok(())
}

/// A part that counts what comes out of it.
struct Unpacked<R> {
    part: R,
    bytes: u64,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = self.part.read(into)?;
        self.bytes = self.bytes.saturating_add(u64::try_from(got).unwrap_or(u64::MAX));
        Ok(got)
    }
}

fn bomb(part: &str, what: &'static str, found: u64, limit: u64) -> SheetError {
    SheetError::Bomb { part: part.into(), what, found, limit }
}

fn to_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
