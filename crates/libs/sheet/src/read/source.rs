//! A file, opened: its format, its header, and its rows one after the other.

use super::csv_rows::CsvRows;
use super::decode::{self, Encoding};
use super::detect::{self, Format};
use super::origin::{Origin, Progress};
use super::pump::Pumped;
use super::row::{Headers, Row};
use super::{csv_rows, json_rows, xlsx_rows};
use crate::{Limits, SheetError};
use std::sync::Arc;

/// Which sheet of a workbook.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SheetChoice {
    /// The first visible one that has any text.
    #[default]
    FirstWithText,
    /// The one of this name.
    Named(String),
    /// The one at this position, counted from 1.
    Number(usize),
}

/// What somebody knows about a file beforehand. Everything may be left to be found out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hints {
    /// What it must be; another format is refused.
    pub format: Option<Format>,
    /// Which encoding its text has; checked against the bytes.
    pub encoding: Option<Encoding>,
    /// What separates the cells of a text.
    pub delimiter: Option<u8>,
    /// Which sheet of a workbook.
    pub sheet: SheetChoice,
    /// The line or sheet row of the header, counted from 1; 0 for the first one with text.
    pub header_row: u64,
    /// Where in a JSON document the list stands.
    pub path: Vec<String>,
    /// Whether the file is one of our own csv exports, whose apostrophes before formulas are to be taken off.
    pub neutralised: bool,
    /// Columns in which an empty cell means "as in the row above", as merged cells leave them.
    pub fill_down: Vec<String>,
}

enum Rows {
    Csv(Box<CsvRows>),
    Pumped(Pumped),
}

/// An opened file: an iterator over its rows. Rows without any text are left out and counted.
pub struct Source {
    format: Format,
    encoding: Option<Encoding>,
    headers: Arc<Headers>,
    rows: Rows,
    progress: Progress,
    neutralised: bool,
    fill_down: Vec<(usize, String)>,
    blank_rows: u64,
}

impl Source {
    /// Opens a file: tells what it is, checks its size, encoding and structure, and reads its header.
    ///
    /// # Errors
    /// [`SheetError`] for everything that concerns the file as a whole.
    pub fn open(origin: &Origin, hints: &Hints, limits: &Limits) -> Result<Self, SheetError> {
        let size = origin.len()?;
        if size > limits.bytes {
            return Err(SheetError::TooLarge { what: "bytes", actual: size, limit: limits.bytes });
        }
        let format = detect::detect(origin)?;
        if hints.format.is_some_and(|wanted| wanted != format) {
            return Err(SheetError::Mismatch { name: origin.name(), found: format.name() });
        }
        let encoding = match format {
            Format::Xlsx => None,
            _ => Some(decode::detect(origin, hints.encoding)?),
        };
        let text_encoding = encoding.unwrap_or(Encoding::Utf8);
        let (headers, rows, progress) = match format {
            Format::Xlsx => {
                let (headers, rows, progress) = xlsx_rows::open(origin, &hints.sheet, hints.header_row, limits)?;
                (headers, Rows::Pumped(rows), progress)
            }
            Format::Csv => {
                let (rows, progress) = csv_rows::open(origin, text_encoding, hints.delimiter, hints.header_row, limits)?;
                (Arc::clone(rows.headers()), Rows::Csv(Box::new(rows)), progress)
            }
            Format::Json | Format::Ndjson | Format::Geojson => {
                let (headers, rows, progress) = json_rows::open(origin, format, text_encoding, &hints.path, limits)?;
                (headers, Rows::Pumped(rows), progress)
            }
        };
        let fill_down = hints.fill_down.iter().filter_map(|c| headers.find(c)).map(|at| (at, String::new())).collect();
        Ok(Self {
            format,
            encoding,
            headers,
            rows,
            progress,
            neutralised: hints.neutralised && format == Format::Csv,
            fill_down,
            blank_rows: 0,
        })
    }

    /// What the file is.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The encoding that was found; `None` for a workbook.
    #[must_use]
    pub const fn encoding(&self) -> Option<Encoding> {
        self.encoding
    }

    /// The header.
    #[must_use]
    pub const fn headers(&self) -> &Arc<Headers> {
        &self.headers
    }

    /// How far the file has been read; may be asked from another thread while this one reads.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// How many rows without any text were left out so far.
    #[must_use]
    pub const fn blank_rows(&self) -> u64 {
        self.blank_rows
    }

    fn fill(&mut self, row: &mut Row) {
        for (at, above) in &mut self.fill_down {
            match row.at(*at) {
                Some(text) => text.clone_into(above),
                None => row.set(*at, above),
            }
        }
    }
}

impl Iterator for Source {
    type Item = Result<Row, SheetError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut row = match &mut self.rows {
                Rows::Csv(rows) => rows.next()?,
                Rows::Pumped(rows) => rows.next()?,
            };
            if let Ok(row) = &mut row {
                if row.is_blank() {
                    self.blank_rows = self.blank_rows.saturating_add(1);
                    continue;
                }
                if self.neutralised {
                    row.restore_neutralised();
                }
                self.fill(row);
            }
            return Some(row);
        }
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("format", &self.format).field("encoding", &self.encoding).finish_non_exhaustive()
    }
}
