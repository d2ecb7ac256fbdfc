//! What a part of a workbook makes its reader take memory for: counts that it declares, and long words that are copied once for each cell
//! format or sheet. A few kilobytes of archive can ask for terabytes that way, and a program that cannot get memory is at its end.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::Limits;

/// Bytes that a workbook reader may copy for the cell formats or the sheets of a workbook. The most that Excel keeps are 65,490 formats
/// (specifications and limits of Excel), with some hundred bytes each.
const COPIES: u64 = 256 << 20;
/// A tag is taken for so long at least: a format is a record of about this size whatever it says.
const TAG: u64 = 512;
/// Sheets of a workbook. Each may be looked through for one that holds something.
const SHEETS: u64 = 1_000;

/// What was read of one part, as the workbook reader would read it.
#[derive(Debug, Default)]
pub(super) struct Claims {
    /// Whether the part is a list of shared strings.
    strings: bool,
    /// The largest number of strings that is declared.
    declared: Option<u64>,
    /// Records of cell formats.
    formats: u64,
    /// Sheets.
    sheets: u64,
    /// The longest tag, bytes.
    tag: u64,
}

impl Claims {
    /// Reads a part with the parser of the workbook reader, set as that one sets it, up to the end or to what both of them cannot read.
    /// Pictures end at once.
    pub(super) fn read(part: impl BufRead) -> Self {
        let mut reader = Reader::from_reader(part);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.check_comments = false;
        config.expand_empty_elements = true;
        let (mut claims, mut buffer) = (Self::default(), Vec::new());
        loop {
            buffer.clear();
            match reader.read_event_into(&mut buffer) {
                Ok(Event::Start(tag)) => claims.hear(&tag),
                Ok(Event::Eof) | Err(_) => return claims,
                Ok(_) => {}
            }
        }
    }

    fn hear(&mut self, tag: &BytesStart<'_>) {
        self.tag = self.tag.max(u64::try_from(tag.len()).unwrap_or(u64::MAX));
        match tag.local_name().as_ref() {
            "sst" => {
                self.strings = true;
                self.declared = self.declared.max(declared(tag));
            }
            "xf" => self.formats = self.formats.saturating_add(1),
            "sheet" => self.sheets = self.sheets.saturating_add(1),
            _ => {}
        }
    }

    /// What is claimed beyond reason in a part of this size: what it is, what was found, what may be.
    pub(super) fn check(&self, size: u64, limits: &Limits) -> Result<(), (&'static str, u64, u64)> {
        if self.strings && size > limits.zip_strings_bytes {
            return Err(("unpacks", size, limits.zip_strings_bytes));
        }
        // Each string takes at least five bytes (`<si/>`).
        if let Some(count) = self.declared.filter(|count| *count > size / 5) {
            return Err(("strings", count, size));
        }
        if self.sheets > SHEETS {
            return Err(("sheets", self.sheets, SHEETS));
        }
        // In the worst case the longest tag stands behind each of them.
        let copies = self.formats.saturating_add(self.sheets).saturating_mul(self.tag.max(TAG));
        if copies > COPIES {
            return Err(("copies", copies, COPIES));
        }
        Ok(())
    }
}

/// The number of strings that memory is reserved for, as large as anything in the tag can be taken for it.
fn declared(tag: &BytesStart<'_>) -> Option<u64> {
    let after_name = tag.attributes_raw().split("uniqueCount").skip(1);
    let numbers =
        after_name.map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '"' | '\'' | '+')));
    let digits = numbers.map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    digits.filter(|digits| !digits.is_empty()).map(|digits| digits.parse().unwrap_or(u64::MAX)).max()
}
