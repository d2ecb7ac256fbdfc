//! Workbooks. Cells are taken one by one as the sheet is unpacked; what the sheet declares about its size is not used.

use super::origin::{Counted, Origin, Progress};
use super::pump::{Pumped, Sink};
use super::row::{Headers, Problem, Row, cell_problems, trimmed};
use super::source::SheetChoice;
use super::{guard, pump};
use crate::{Limits, SheetError};
use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx};
use std::io::BufReader;
use std::sync::Arc;

type Workbook = Xlsx<BufReader<Counted>>;

/// So many sheets are looked through for one that holds something: each may be as large as all of them may be together.
const LOOKED_THROUGH: usize = 64;

/// What a cell says: its text, and what is wrong with it.
type Told = (String, Option<Problem>);

pub(crate) fn open(
    origin: &Origin,
    sheet: &SheetChoice,
    header_row: u64,
    limits: &Limits,
) -> Result<(Arc<Headers>, Pumped, Progress), SheetError> {
    guard::check(origin, limits)?;
    let (counted, progress) = origin.open_counted()?;
    let (sheet, limits) = (sheet.clone(), *limits);
    let (headers, rows) = pump::start(move |sink| {
        let mut workbook: Workbook = Xlsx::new(BufReader::new(counted)).map_err(|e| SheetError::Xlsx(e.to_string()))?;
        let name = choose(&mut workbook, &sheet)?;
        read_sheet(&mut workbook, &name, header_row, &limits, sink)
    })?;
    Ok((headers, rows, progress))
}

fn choose(workbook: &mut Workbook, choice: &SheetChoice) -> Result<String, SheetError> {
    let sheets: Vec<(String, bool)> = workbook
        .sheets_metadata()
        .iter()
        .filter(|s| s.typ == SheetType::WorkSheet)
        .map(|s| (s.name.clone(), s.visible == SheetVisible::Visible))
        .collect();
    let have = sheets.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>().join("、");
    let missing = |wanted: String| SheetError::NoSheet { wanted, have: have.clone() };
    match choice {
        SheetChoice::Named(name) => {
            sheets.iter().find(|(n, _)| trimmed(n) == trimmed(name)).map(|(n, _)| n.clone()).ok_or_else(|| missing(name.clone()))
        }
        SheetChoice::Number(number) => number
            .checked_sub(1)
            .and_then(|index| sheets.get(index))
            .map(|(n, _)| n.clone())
            .ok_or_else(|| missing(format!("#{number}"))),
        SheetChoice::FirstWithText => {
            for (name, _) in sheets.iter().filter(|(_, visible)| *visible).take(LOOKED_THROUGH) {
                if has_text(workbook, name)? {
                    return Ok(name.clone());
                }
            }
            Err(SheetError::Empty)
        }
    }
}

fn has_text(workbook: &mut Workbook, name: &str) -> Result<bool, SheetError> {
    let mut cells = workbook.worksheet_cells_reader(name).map_err(|e| SheetError::Xlsx(e.to_string()))?;
    while let Some(cell) = cells.next_cell().map_err(|e| SheetError::Xlsx(e.to_string()))? {
        if !trimmed(&tell(cell.get_value()).0).is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn read_sheet(workbook: &mut Workbook, name: &str, header_row: u64, limits: &Limits, sink: &mut Sink) -> Result<(), SheetError> {
    let mut cells = workbook.worksheet_cells_reader(name).map_err(|e| SheetError::Xlsx(e.to_string()))?;
    let mut table = Table { headers: None, header_row, limits: *limits, row: 0, cells: Vec::new() };
    loop {
        let cell = cells.next_cell().map_err(|e| SheetError::Xlsx(format!("row {}: {e}", table.row)))?;
        let Some(cell) = cell else { break };
        let (row, column) = cell.get_position();
        let row = u64::from(row).saturating_add(1);
        if row < table.row {
            return Err(SheetError::Xlsx(format!("row {row} comes after row {}", table.row)));
        }
        if row != table.row && table.end_row(sink)?.is_break() {
            return Ok(());
        }
        table.row = row;
        let told = tell(cell.get_value());
        if !told.0.is_empty() {
            table.put(usize::try_from(column).unwrap_or(usize::MAX), told)?;
        }
    }
    // Nobody listens any more when this breaks.
    table.end_row(sink).map(|_| ())
}

struct Table {
    headers: Option<Arc<Headers>>,
    header_row: u64,
    limits: Limits,
    row: u64,
    cells: Vec<Told>,
}

impl Table {
    fn put(&mut self, column: usize, told: Told) -> Result<(), SheetError> {
        if column >= self.limits.columns {
            let to_u64 = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
            return Err(SheetError::TooLarge {
                what: "columns",
                actual: to_u64(column).saturating_add(1),
                limit: to_u64(self.limits.columns),
            });
        }
        if self.cells.len() <= column {
            self.cells.resize(column.saturating_add(1), (String::new(), None));
        }
        if let Some(cell) = self.cells.get_mut(column) {
            *cell = told;
        }
        Ok(())
    }

    fn end_row(&mut self, sink: &mut Sink) -> Result<std::ops::ControlFlow<()>, SheetError> {
        let told = std::mem::take(&mut self.cells);
        if self.row < self.header_row || told.iter().all(|(text, _)| trimmed(text).is_empty()) {
            return Ok(std::ops::ControlFlow::Continue(()));
        }
        let sent = match &self.headers {
            None => {
                let headers = Arc::new(Headers::new(told.iter().map(|(text, _)| text)));
                let sent = sink.headers(&headers);
                self.headers = Some(headers);
                sent
            }
            Some(headers) => sink.row(self.to_row(told, headers)),
        };
        Ok(if sent.is_ok() { std::ops::ControlFlow::Continue(()) } else { std::ops::ControlFlow::Break(()) })
    }

    fn to_row(&self, told: Vec<Told>, headers: &Arc<Headers>) -> Row {
        let mut record = csv::StringRecord::new();
        let mut problems = Vec::new();
        for (at, (text, problem)) in told.into_iter().enumerate() {
            if at >= headers.len() && !trimmed(&text).is_empty() {
                problems.push((at, Problem::TooManyCells));
            }
            if let Some(problem) = problem {
                problems.push((at, problem));
            }
            record.push_field(&text);
        }
        problems.extend(cell_problems(&record, &self.limits, None));
        Row::new(self.row, Arc::clone(headers), record, problems)
    }
}

/// A number keeps all its digits and is never written with an exponent; a date becomes ISO 8601 without a zone.
fn tell(value: &DataRef<'_>) -> Told {
    /// Beyond this a 64-bit float no longer holds every whole number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        DataRef::Empty => (String::new(), None),
        DataRef::String(s) | DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => (s.clone(), None),
        DataRef::SharedString(s) => ((*s).to_owned(), None),
        DataRef::Bool(b) => (if *b { "TRUE" } else { "FALSE" }.to_owned(), None),
        DataRef::Int(n) => (n.to_string(), None),
        DataRef::Float(f) => (format!("{f}"), (f.abs() > EXACT).then_some(Problem::DigitsLost)),
        DataRef::Error(e) => (e.to_string(), Some(Problem::CellError)),
        DataRef::DateTime(at) => tell_date(at),
    }
}

fn tell_date(at: &ExcelDateTime) -> Told {
    let serial = at.as_f64();
    let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
    let time = if milli == 0 {
        format!("{hour:02}:{minute:02}:{second:02}")
    } else {
        format!("{hour:02}:{minute:02}:{second:02}.{milli:03}")
    };
    if at.is_duration() || (0.0..1.0).contains(&serial) {
        return (time, None);
    }
    let text = if hour == 0 && minute == 0 && second == 0 && milli == 0 {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02}T{time}")
    };
    // Day 60 of 1900 is a 29 February that never was; numbers outside the calendar are clamped by the reader.
    let exists = text.parse::<jiff::civil::Date>().is_ok() || text.parse::<jiff::civil::DateTime>().is_ok();
    let in_range = (0.0..2_958_466.0).contains(&serial);
    (text, (!(exists && in_range)).then_some(Problem::NoSuchDate))
}
