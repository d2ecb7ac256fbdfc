//! The answer to every row, with the row as it stood: a CSV file that Excel and WPS open.

use linli_territory::error::{Answer, Outcome, Problem};
use linli_territory::import::{Answers, DivisionRow};

use super::table::TableRow;

/// Collects the answers of an import. Rows that were taken as they are can be left out: of 620,573 divisions nobody reads
/// "accepted" 620,573 times.
#[derive(Debug, Default)]
pub struct Report {
    lines: Vec<Vec<String>>,
    header: Vec<String>,
    everything: bool,
}

impl Report {
    /// A report of every row.
    #[must_use]
    pub fn of_everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// A report of rows that were rejected or doubted.
    #[must_use]
    pub fn of_trouble() -> Self {
        Self::default()
    }

    /// Names the columns of the original.
    pub fn header(&mut self, columns: &[String]) {
        self.header = columns.to_vec();
    }

    /// The lines of rows with trouble: line, result, reason.
    pub fn trouble(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.lines.iter().filter_map(|line| match line.as_slice() {
            [number, result, reason, ..] if !matches!(result.as_str(), "accepted" | "changed" | "unchanged") => {
                Some((number.as_str(), result.as_str(), reason.as_str()))
            }
            _ => None,
        })
    }

    /// The report as CSV with a mark at its head (Excel reads it as UTF-8). Cells that a spreadsheet would take for a formula
    /// get a single quote in front.
    ///
    /// # Errors
    /// None in practice: it is written to memory.
    pub fn csv(&self) -> anyhow::Result<Vec<u8>> {
        let mut bytes = vec![0xEF, 0xBB, 0xBF];
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(&mut bytes);
        writer.write_record(
            ["行 line", "结果 result", "原因 reason"].into_iter().map(ToOwned::to_owned).chain(self.header.iter().cloned()),
        )?;
        for line in &self.lines {
            writer.write_record(line.iter().map(|cell| neutral(cell)))?;
        }
        writer.flush()?;
        drop(writer);
        Ok(bytes)
    }

    /// A feature of a GeoJSON file was answered.
    pub fn feature(&mut self, number: usize, answer: &Answer) {
        self.answer(u64::try_from(number).unwrap_or(u64::MAX), answer, std::iter::empty());
    }

    pub(super) fn answer<'a>(&mut self, line: u64, answer: &Answer, cells: impl Iterator<Item = &'a str>) {
        let (result, mut reasons) = match &answer.outcome {
            Outcome::Created => ("accepted", Vec::new()),
            Outcome::Changed(fields) => ("changed", vec![fields.join(" ")]),
            Outcome::Unchanged => ("unchanged", Vec::new()),
            Outcome::Rejected(problem) => ("rejected", vec![problem.to_string()]),
        };
        reasons.extend(answer.doubts.iter().map(ToString::to_string));
        let result = if answer.doubts.is_empty() || result == "rejected" { result } else { "flagged" };
        if self.everything || matches!(result, "rejected" | "flagged") {
            let head = [line.to_string(), result.to_owned(), reasons.join("; ")];
            self.lines.push(head.into_iter().chain(cells.map(ToOwned::to_owned)).collect());
        }
    }

    fn problem(&mut self, line: u64, result: &str, problem: &Problem) {
        self.lines.push(vec![line.to_string(), result.to_owned(), problem.to_string()]);
    }
}

/// A cell that no spreadsheet takes for a formula; numbers stay numbers.
#[must_use]
pub fn neutral(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err() {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

impl Answers<TableRow> for Report {
    fn answered(&mut self, row: &TableRow, answer: &Answer) {
        use linli_territory::import::Row as _;
        self.answer(row.line(), answer, row.cells().iter());
    }

    fn unreadable(&mut self, line: u64, problem: &Problem) {
        self.problem(line, "rejected", problem);
    }

    fn doubted_later(&mut self, line: u64, problem: &Problem) {
        self.problem(line, "flagged", problem);
    }
}

impl Answers<DivisionRow> for Report {
    fn answered(&mut self, row: &DivisionRow, answer: &Answer) {
        use linli_territory::import::Row as _;
        self.answer(row.line(), answer, row.row().raw_cells());
    }

    fn unreadable(&mut self, line: u64, problem: &Problem) {
        self.problem(line, "rejected", problem);
    }

    fn doubted_later(&mut self, line: u64, problem: &Problem) {
        self.problem(line, "flagged", problem);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_made_harmless_in_the_report() {
        let mut report = Report::of_everything();
        report.answer(2, &Answer::of(Outcome::Created), ["=1+1", "好"].into_iter());
        let text = String::from_utf8(report.csv().unwrap()).unwrap();
        assert!(text.contains("'=1+1,好"), "{text}");
    }
}
