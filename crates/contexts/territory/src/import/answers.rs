//! Answers of this room written into a report.

use std::io::Write;

use linli_sheet::{FieldError, Report, SheetError};

use super::{Answers, DivisionRow, SheetRow};
use crate::error::{Answer, Outcome, Problem};

/// A report that is told answers, and remembers when it could not be written.
pub struct InReport<'a, W: Write + Send> {
    report: &'a mut Report<W>,
    say: &'a (dyn Fn(&Problem) -> String + Sync),
    failed: Option<SheetError>,
}

impl<'a, W: Write + Send> InReport<'a, W> {
    /// Begins to tell. `say` turns problems into sentences.
    pub fn new(report: &'a mut Report<W>, say: &'a (dyn Fn(&Problem) -> String + Sync)) -> Self {
        Self { report, say, failed: None }
    }

    /// Whether everything that was told could be written.
    ///
    /// # Errors
    /// The first failure of the report.
    pub fn done(self) -> Result<(), SheetError> {
        self.failed.map_or(Ok(()), Err)
    }

    /// Tells the answer to a row. What the table reader refused in it goes before a problem that was made of it.
    pub fn tell(&mut self, row: &linli_sheet::Row, refused: &[FieldError], answer: &Answer) {
        let lang = self.report.lang();
        let mut reasons: Vec<String> = match &answer.outcome {
            Outcome::Rejected(_) if !refused.is_empty() => refused.iter().map(|e| e.text(lang)).collect(),
            Outcome::Rejected(problem) => vec![(self.say)(problem)],
            _ => Vec::new(),
        };
        reasons.extend(answer.doubts.iter().map(self.say));
        let outcome = match &answer.outcome {
            Outcome::Rejected(_) => linli_sheet::Outcome::Rejected,
            // A row that was there and is the same was doubted when it came; the doubt is said again, the answer is that nothing changed.
            Outcome::Unchanged => linli_sheet::Outcome::Unchanged,
            _ if !answer.doubts.is_empty() => linli_sheet::Outcome::Flagged,
            Outcome::Created => linli_sheet::Outcome::Accepted,
            Outcome::Changed(_) => linli_sheet::Outcome::Changed,
        };
        if let Err(error) = self.report.answer_in_words(row, outcome, &reasons) {
            self.failed.get_or_insert(error);
        }
    }
}

impl<W: Write + Send> Answers<SheetRow> for InReport<'_, W> {
    fn answered(&mut self, row: &SheetRow, answer: &Answer) {
        self.tell(row.row(), row.refused(), answer);
    }

    // A table hands over every line as a row, and its points are counted beforehand: neither of these comes.
    fn unreadable(&mut self, _: u64, _: &Problem) {}
    fn doubted_later(&mut self, _: u64, _: &Problem) {}
}

impl<W: Write + Send> Answers<DivisionRow> for InReport<'_, W> {
    fn answered(&mut self, row: &DivisionRow, answer: &Answer) {
        self.tell(row.row(), row.refused(), answer);
    }

    fn unreadable(&mut self, _: u64, _: &Problem) {}
    fn doubted_later(&mut self, _: u64, _: &Problem) {}
}
