//! The answer to an import: every row as it came, what became of it, and why.

use crate::{Export, ExportCell, ExportFormat, FieldError, Headers, Lang, Row, SheetError};
use std::io::Write;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A new record.
    Accepted,
    /// A record that was there, now with other facts.
    Changed,
    /// A record that was there and is the same.
    Unchanged,
    /// Taken, with a doubt that somebody should look at.
    Flagged,
    /// Not taken.
    Rejected,
}

impl Outcome {
    /// Its text key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Accepted => "sheet-result-accepted",
            Self::Changed => "sheet-result-changed",
            Self::Unchanged => "sheet-result-unchanged",
            Self::Flagged => "sheet-result-flagged",
            Self::Rejected => "sheet-result-rejected",
        }
    }
}

/// How many rows there were of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// New records.
    pub accepted: u64,
    /// Records changed.
    pub changed: u64,
    /// Records that stayed as they were.
    pub unchanged: u64,
    /// Records taken with a doubt.
    pub flagged: u64,
    /// Rows not taken.
    pub rejected: u64,
}

impl Totals {
    /// Counts one row.
    pub fn count(&mut self, outcome: Outcome) {
        let slot = match outcome {
            Outcome::Accepted => &mut self.accepted,
            Outcome::Changed => &mut self.changed,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Flagged => &mut self.flagged,
            Outcome::Rejected => &mut self.rejected,
        };
        *slot = slot.saturating_add(1);
    }

    /// All rows.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.accepted
            .saturating_add(self.changed)
            .saturating_add(self.unchanged)
            .saturating_add(self.flagged)
            .saturating_add(self.rejected)
    }
}

/// The report file being written: the columns of the import, then row number, result and reason. Columns that an earlier
/// report added are replaced, so a report can be corrected and imported again.
pub struct Report<W: Write + Send> {
    export: Option<Export<W>>,
    lang: Lang,
    /// Positions of the columns that are written.
    columns: Vec<usize>,
    totals: Totals,
    kept: Vec<Notable>,
    keep: usize,
}

/// A row that somebody should look at, as it is shown beside the totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notable {
    /// The line or row of the file.
    pub line: u64,
    /// Rejected or flagged.
    pub outcome: Outcome,
    /// Why.
    pub reasons: String,
}

impl Outcome {
    /// The word for people.
    #[must_use]
    pub fn word(self, lang: Lang) -> String {
        crate::texts::say(lang, self.key(), &[]).unwrap_or_default()
    }
}

impl<W: Write + Send> Report<W> {
    /// Begins a report for a file with this header.
    ///
    /// # Errors
    /// [`SheetError::Io`].
    pub fn new(out: W, format: ExportFormat, headers: &Headers, lang: Lang) -> Result<Self, SheetError> {
        let own = own_columns(lang);
        let earlier: Vec<String> = own_columns(Lang::Zh).into_iter().chain(own_columns(Lang::En)).collect();
        let kept = headers.names().iter().enumerate().filter(|(_, name)| !earlier.contains(name));
        let (columns, names): (Vec<usize>, Vec<&str>) = kept.map(|(at, name)| (at, name.as_str())).unzip();
        let all: Vec<&str> = names.into_iter().chain(own.iter().map(String::as_str)).collect();
        let export = Some(Export::new(out, format, &all, lang)?);
        Ok(Self { export, columns, ..Self::counting(lang) })
    }

    /// A report that writes no file: it counts, and keeps what it is told to.
    #[must_use]
    pub const fn counting(lang: Lang) -> Self {
        Self {
            export: None,
            lang,
            columns: Vec::new(),
            totals: Totals { accepted: 0, changed: 0, unchanged: 0, flagged: 0, rejected: 0 },
            kept: Vec::new(),
            keep: 0,
        }
    }

    /// The same, keeping the first so many rejected or flagged rows for [`Report::notable`].
    #[must_use]
    pub const fn keeping(mut self, rows: usize) -> Self {
        self.keep = rows;
        self
    }

    /// The rejected and flagged rows that were kept, in the order of their answers.
    #[must_use]
    pub fn notable(&self) -> &[Notable] {
        &self.kept
    }

    /// The language of results and reasons.
    #[must_use]
    pub const fn lang(&self) -> Lang {
        self.lang
    }

    /// Answers a row. `errors` are reasons for a refusal or doubts about a row that was taken.
    ///
    /// # Errors
    /// [`SheetError::Io`].
    pub fn answer(&mut self, row: &Row, outcome: Outcome, errors: &[FieldError]) -> Result<(), SheetError> {
        let reasons: Vec<String> = errors.iter().map(|e| e.text(self.lang)).collect();
        self.answer_in_words(row, outcome, &reasons)
    }

    /// The same with reasons that are sentences already.
    ///
    /// # Errors
    /// [`SheetError::Io`].
    pub fn answer_in_words(&mut self, row: &Row, outcome: Outcome, reasons: &[String]) -> Result<(), SheetError> {
        self.totals.count(outcome);
        if self.kept.len() < self.keep && matches!(outcome, Outcome::Rejected | Outcome::Flagged) {
            self.kept.push(Notable { line: row.line, outcome, reasons: reasons.join("；") });
        }
        let Some(export) = &mut self.export else { return Ok(()) };
        let raw: Vec<&str> = row.raw_cells().collect();
        let reasons = reasons.join("；");
        let result = outcome.word(self.lang);
        let line = i64::try_from(row.line).unwrap_or(i64::MAX);
        let mut cells: Vec<ExportCell<'_>> =
            self.columns.iter().map(|at| ExportCell::Text(raw.get(*at).copied().unwrap_or_default())).collect();
        cells.extend([ExportCell::Int(line), ExportCell::Text(&result), ExportCell::Text(&reasons)]);
        // Cells beyond the header are what is wrong with the row: they are shown, not lost.
        let width = row.headers().len();
        cells.extend(raw.iter().skip(width).map(|text| ExportCell::Text(text)));
        export.row(&cells)
    }

    /// The totals so far.
    #[must_use]
    pub const fn totals(&self) -> Totals {
        self.totals
    }

    /// Finishes the file.
    ///
    /// # Errors
    /// [`SheetError::Io`].
    pub fn finish(self) -> Result<Totals, SheetError> {
        if let Some(export) = self.export {
            export.finish()?;
        }
        Ok(self.totals)
    }
}

fn own_columns(lang: Lang) -> Vec<String> {
    ["sheet-column-line", "sheet-column-result", "sheet-column-reason"]
        .iter()
        .map(|key| crate::texts::say(lang, key, &[]).unwrap_or_else(|| (*key).to_owned()))
        .collect()
}
