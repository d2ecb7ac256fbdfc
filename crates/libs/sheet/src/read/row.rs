//! A row and the header above it.

use crate::Limits;
use std::collections::HashMap;
use std::sync::Arc;

/// The columns of a file. Names are normalised, unnamed columns are `#1`, `#2` … by position, and a name that repeats
/// gets its count (`电话`, `电话#2`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers {
    names: Vec<String>,
    index: HashMap<String, usize>,
}

impl Headers {
    /// From the cells of the header row.
    pub fn new(cells: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut out = Self::default();
        for cell in cells {
            let plain = normalise_header(cell.as_ref());
            let position = out.names.len().saturating_add(1);
            let base = if plain.is_empty() { format!("#{position}") } else { plain };
            let mut name = base.clone();
            let mut count = 1_usize;
            while out.index.contains_key(&name) {
                count = count.saturating_add(1);
                name = format!("{base}#{count}");
            }
            out.push(name);
        }
        out
    }

    pub(crate) fn push(&mut self, name: String) -> usize {
        let at = self.names.len();
        self.index.insert(name.clone(), at);
        self.names.push(name);
        at
    }

    /// The names in the order of the file.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many columns there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The position of a column, counted from 0, by its name (normalised first) or by `#n` counted from 1.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        if let Some(at) = self.index.get(name).or_else(|| self.index.get(&normalise_header(name))) {
            return Some(*at);
        }
        let position: usize = name.strip_prefix('#')?.parse().ok()?;
        position.checked_sub(1).filter(|at| *at < self.names.len())
    }
}

/// A column name as it is compared: no invisible marks, full-width letters, digits, brackets and signs as half-width ones,
/// line breaks and repeated blanks as one blank, none beside a Chinese character.
#[must_use]
pub fn normalise_header(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut blank = false;
    for c in name.chars() {
        let c = match c {
            '\u{FEFF}' | '\u{200B}'..='\u{200D}' => continue,
            '\u{FF01}'..='\u{FF5E}' => u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c),
            _ => c,
        };
        if c.is_whitespace() {
            blank = true;
            continue;
        }
        let beside_chinese = !c.is_ascii() || out.chars().next_back().is_some_and(|last| !last.is_ascii());
        if blank && !out.is_empty() && !beside_chinese {
            out.push(' ');
        }
        blank = false;
        out.push(c);
    }
    out
}

/// Something wrong with a cell or a row that was found while reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Problem {
    /// The cell has more characters than [`Limits::field_chars`].
    TooLong,
    /// The cell contains a control character other than tab and line ends.
    ControlCharacter,
    /// A spreadsheet number of more digits than it can hold: the last ones are lost.
    DigitsLost,
    /// A spreadsheet error such as `#N/A`.
    CellError,
    /// A spreadsheet date that does not exist (day 60 of 1900, or out of range).
    NoSuchDate,
    /// A row with more cells than the header.
    TooManyCells,
    /// A row of separated text with fewer cells than the header.
    TooFewCells,
    /// The last row ends inside a quotation that is never closed.
    OpenQuote,
    /// An element of a JSON list that cannot be read, or is not an object.
    NotAnObject,
}

impl Problem {
    /// The stable code of the reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::ControlCharacter => "control_character",
            Self::DigitsLost => "digits_lost",
            Self::CellError => "cell_error",
            Self::NoSuchDate => "date_not_exist",
            Self::TooManyCells => "too_many_cells",
            Self::TooFewCells => "too_few_cells",
            Self::OpenQuote => "open_quote",
            Self::NotAnObject => "not_an_object",
        }
    }

    /// Whether it spoils the whole row and not only the cell.
    #[must_use]
    pub const fn concerns_row(self) -> bool {
        matches!(self, Self::TooManyCells | Self::TooFewCells | Self::OpenQuote | Self::NotAnObject)
    }
}

/// One row, every cell as text.
#[derive(Debug, Clone)]
pub struct Row {
    /// Where people find it: the line of a text file, the row number of a sheet, the position in a JSON list from 1.
    pub line: u64,
    headers: Arc<Headers>,
    cells: csv::StringRecord,
    problems: Vec<(usize, Problem)>,
}

impl Row {
    pub(crate) fn new(line: u64, headers: Arc<Headers>, cells: csv::StringRecord, problems: Vec<(usize, Problem)>) -> Self {
        Self { line, headers, cells, problems }
    }

    /// The header.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The text of a column without blanks around it; `None` when the cell is empty, absent, or there is no such column.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&str> {
        self.at(self.headers.find(column)?)
    }

    /// The same by position, counted from 0.
    #[must_use]
    pub fn at(&self, column: usize) -> Option<&str> {
        self.cells.get(column).map(trimmed).filter(|text| !text.is_empty())
    }

    /// All cells as they stand in the file, as many as the row has.
    pub fn raw_cells(&self) -> impl Iterator<Item = &str> {
        self.cells.iter()
    }

    /// What is wrong with a cell.
    #[must_use]
    pub fn problem_at(&self, column: usize) -> Option<Problem> {
        self.problems.iter().find(|(at, p)| *at == column && !p.concerns_row()).map(|(_, p)| *p)
    }

    /// What is wrong with the row as a whole.
    #[must_use]
    pub fn row_problem(&self) -> Option<Problem> {
        self.problems.iter().map(|(_, p)| *p).find(|p| p.concerns_row())
    }

    pub(crate) fn set(&mut self, column: usize, text: &str) {
        let width = self.cells.len().max(column.saturating_add(1));
        let cells: Vec<String> = (0..width)
            .map(|at| if at == column { text.to_owned() } else { self.cells.get(at).unwrap_or_default().to_owned() })
            .collect();
        self.cells = cells.into();
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.problems.is_empty() && self.cells.iter().all(|c| trimmed(c).is_empty())
    }

    pub(crate) fn restore_neutralised(&mut self) {
        if self.cells.iter().any(|c| c.starts_with('\'')) {
            self.cells = self.cells.iter().map(crate::restore).collect();
        }
    }
}

/// Without blanks of any kind and without invisible marks around.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{FEFF}' | '\u{200B}'..='\u{200D}'))
}

/// Length and control characters of all cells, looked for in one pass over the whole row.
pub(crate) fn cell_problems(cells: &csv::StringRecord, limits: &Limits, exempt: Option<usize>) -> Vec<(usize, Problem)> {
    let whole = cells.as_slice();
    let suspicious = whole.len() > limits.field_chars || whole.bytes().any(|b| b == 0xC2 || is_control_byte(b));
    if !suspicious {
        return Vec::new();
    }
    let problem = |(at, cell): (usize, &str)| {
        if cell.len() > limits.field_chars && Some(at) != exempt && cell.chars().count() > limits.field_chars {
            Some((at, Problem::TooLong))
        } else if cell.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
            Some((at, Problem::ControlCharacter))
        } else {
            None
        }
    };
    cells.iter().enumerate().filter_map(problem).collect()
}

const fn is_control_byte(b: u8) -> bool {
    (b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r')) || b == 0x7F
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_in_one_form() {
        assert_eq!(normalise_header("\u{FEFF} 8月参考均价（元／m＾2） "), "8月参考均价(元/m^2)");
        assert_eq!(normalise_header("户主\n姓名"), "户主姓名");
        assert_eq!(normalise_header("  Created   Date "), "Created Date");
        let headers = Headers::new(["", "电话", "电话", "编码（新）", ""]);
        assert_eq!(headers.names(), ["#1", "电话", "电话#2", "编码(新)", "#5"]);
        assert_eq!(headers.find("编码（新）"), Some(3));
        assert_eq!(headers.find("#2"), Some(1));
        assert_eq!(headers.find("#9"), None);
        assert_eq!(headers.find("名称"), None);
    }

    #[test]
    fn cells_are_trimmed_and_doubts_found() {
        let limits = Limits { field_chars: 5, ..Limits::default() };
        let cells =
            csv::StringRecord::from(vec!["　甲 ", " \u{FEFF}", "a\u{1}b", "一二三四五", "一二三四五六", "é\u{85}", "a\nb"]);
        let problems = cell_problems(&cells, &limits, None);
        let row = Row::new(2, Arc::new(Headers::new(["a", "b", "c", "d", "e", "f", "g"])), cells, problems);
        assert_eq!(row.get("a"), Some("甲"));
        assert_eq!(row.get("b"), None);
        assert_eq!(row.problem_at(2), Some(Problem::ControlCharacter));
        assert_eq!(row.problem_at(3), None);
        assert_eq!(row.problem_at(4), Some(Problem::TooLong));
        assert_eq!(row.problem_at(5), Some(Problem::ControlCharacter));
        assert_eq!(row.problem_at(6), None);
    }
}
