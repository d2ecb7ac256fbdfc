//! A CSV file as rows. UTF-8 with or without a mark at its head, or GB18030.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use csv::StringRecord;
use linli_territory::error::Problem;
use linli_territory::import::Row;

/// Largest file that is read whole.
const MOST_BYTES: u64 = 512 * 1024 * 1024;
/// Longest cell.
const MOST_CHARS: usize = 100_000;

/// A file with a header.
#[derive(Debug)]
pub struct Table {
    columns: Arc<HashMap<String, usize>>,
    names: Vec<String>,
    text: String,
}

/// A row, with the line it stands in.
#[derive(Debug, Clone)]
pub struct TableRow {
    line: u64,
    cells: StringRecord,
    columns: Arc<HashMap<String, usize>>,
}

impl TableRow {
    /// The cells as they stand in the file.
    #[must_use]
    pub const fn cells(&self) -> &StringRecord {
        &self.cells
    }
}

impl Row for TableRow {
    fn line(&self) -> u64 {
        self.line
    }

    fn cell(&self, column: &str) -> Option<&str> {
        self.columns.get(column).and_then(|i| self.cells.get(*i))
    }
}

impl Table {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is too large, is no text, or has no header.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let size = std::fs::metadata(file).with_context(|| format!("{} cannot be read", file.display()))?.len();
        ensure!(size <= MOST_BYTES, "{} has {size} bytes; at most {MOST_BYTES} are taken", file.display());
        Self::from_bytes(&std::fs::read(file)?).with_context(|| file.display().to_string())
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn from_bytes(bytes: &[u8]) -> anyhow::Result<Self> {
        let text = decode(bytes)?;
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let header = reader.headers().context("the header cannot be read")?;
        let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        ensure!(names.iter().any(|name| !name.is_empty()), "the first line names no columns");
        let columns = names.iter().enumerate().map(|(i, name)| (name.clone(), i)).collect();
        Ok(Self { columns: Arc::new(columns), names, text })
    }

    /// The names of the columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.names
    }

    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = Result<TableRow, (u64, Problem)>> + Send + '_ {
        let width = self.names.len();
        let reader = csv::ReaderBuilder::new().flexible(true).from_reader(self.text.as_bytes());
        reader.into_records().map(move |record| {
            let record = record
                .map_err(|e| (e.position().map_or(0, csv::Position::line), Problem::new("row", "unreadable", e.to_string())))?;
            let line = record.position().map_or(0, csv::Position::line);
            if record.len() != width {
                return Err((line, Problem::new("row", "columns", format!("{} instead of {width}", record.len()))));
            }
            if let Some(cell) = record.iter().find(|cell| cell.chars().count() > MOST_CHARS) {
                return Err((line, Problem::new("row", "too_long", cell.chars().take(20).collect::<String>())));
            }
            let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
            if let Some(cell) = record.iter().find(|cell| cell.chars().any(control)) {
                return Err((
                    line,
                    Problem::new("row", "control_character", cell.chars().filter(|c| !control(*c)).take(20).collect::<String>()),
                ));
            }
            Ok(TableRow { line, cells: record, columns: Arc::clone(&self.columns) })
        })
    }
}

fn decode(bytes: &[u8]) -> anyhow::Result<String> {
    ensure!(!bytes.starts_with(b"PK\x03\x04"), "this is a zip archive or an xlsx workbook; save the sheet as CSV");
    ensure!(!bytes.starts_with(&[0xFF, 0xFE]) && !bytes.starts_with(&[0xFE, 0xFF]), "this is UTF-16; save it as UTF-8");
    ensure!(!bytes.iter().take(4096).any(|b| *b == 0), "this is no text file");
    if let Some(rest) = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]) {
        return Ok(std::str::from_utf8(rest).context("damaged UTF-8")?.to_owned());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    let (text, _, damaged) = encoding_rs::GB18030.decode(bytes);
    ensure!(!damaged, "this is neither UTF-8 nor GB18030");
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_encodings_give_the_same_rows() {
        let text = "name,n\n梧桐巷,1\n\"a,\nb\",2\n";
        let gb = encoding_rs::GB18030.encode(text).0.into_owned();
        let bom = [&[0xEF, 0xBB, 0xBF], text.as_bytes()].concat();
        for bytes in [text.as_bytes().to_vec(), bom, gb] {
            let table = Table::from_bytes(&bytes).unwrap();
            let rows: Vec<_> = table.rows().map(Result::unwrap).collect();
            assert_eq!((rows[0].cell("name"), rows[1].cell("name")), (Some("梧桐巷"), Some("a,\nb")));
            assert_eq!(rows[1].line(), 3);
        }
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for bytes in [&b"PK\x03\x04rest"[..], &[0xFF, 0xFE, b'a', 0], b"a\0b", b"\x81"] {
            assert!(Table::from_bytes(bytes).is_err(), "{bytes:?}");
        }
        let table = Table::from_bytes(b"a,b\n1\n2,\x07x\n3,4\n").unwrap();
        let rows: Vec<_> = table.rows().collect();
        assert!(rows[0].is_err() && rows[1].is_err() && rows[2].is_ok());
    }
}
