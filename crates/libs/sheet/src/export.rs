//! Writing tables. No text that is written starts a formula; identifiers stay text; memory does not grow with the rows.

use crate::{Lang, SheetError, neutralise};
use linli_kernel::Ts;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::io::Write;

/// The kind of file to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExportFormat {
    /// UTF-8 with a byte order mark, so that spreadsheet programs read Chinese; lines end with CR LF (RFC 4180).
    Csv,
    /// A workbook. What does not fit one sheet goes on in the next.
    Xlsx,
}

impl ExportFormat {
    /// The kind of file that a name ends in; `None` for endings that are not written.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "xlsx" => Some(Self::Xlsx),
            _ => None,
        }
    }
}

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ExportCell<'a> {
    /// Nothing.
    Empty,
    /// Text, neutralised in csv.
    Text(&'a str),
    /// An identifier: a text cell in xlsx even when it consists of digits.
    Id(&'a str),
    /// A whole number.
    Int(i64),
    /// A number in units of its last decimal place, such as fen with scale 2.
    Decimal(i64, u8),
    /// A moment, written in Beijing time to the second.
    Instant(Ts),
    /// A day.
    Day(jiff::civil::Date),
}

/// Rows of one sheet of a workbook, header included.
const SHEET_ROWS: u32 = 1_048_576;
/// A workbook holds 32,767 characters in a cell, counted in UTF-16; half of it is safe for any text.
const CELL_CHARS: usize = 16_000;

/// A table being written, row by row.
pub struct Export<W: Write + Send> {
    sheet: Kind<W>,
    headers: Vec<String>,
    lang: Lang,
    cut: u64,
}

enum Kind<W: Write + Send> {
    Csv(Box<csv::Writer<W>>),
    Xlsx(Box<Book<W>>),
}

struct Book<W> {
    out: W,
    workbook: Workbook,
    row: u32,
    sheets: usize,
    styles: Styles,
}

struct Styles {
    text: Format,
    bold: Format,
    day: Format,
    instant: Format,
}

impl<W: Write + Send> Export<W> {
    /// Begins a table with its header.
    ///
    /// # Errors
    /// [`SheetError::Io`].
    pub fn new(mut out: W, format: ExportFormat, headers: &[&str], lang: Lang) -> Result<Self, SheetError> {
        let sheet = match format {
            ExportFormat::Csv => {
                out.write_all(b"\xEF\xBB\xBF")?;
                let writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(out);
                Kind::Csv(Box::new(writer))
            }
            ExportFormat::Xlsx => Kind::Xlsx(Box::new(Book {
                out,
                workbook: Workbook::new(),
                row: SHEET_ROWS,
                sheets: 0,
                styles: Styles {
                    text: Format::new().set_num_format("@"),
                    bold: Format::new().set_bold(),
                    day: Format::new().set_num_format("yyyy-mm-dd"),
                    instant: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
                },
            })),
        };
        let headers: Vec<String> = headers.iter().map(|h| (*h).to_owned()).collect();
        let mut export = Self { sheet, headers, lang, cut: 0 };
        match &mut export.sheet {
            Kind::Csv(writer) => {
                writer.write_record(export.headers.iter().map(|h| neutralise(h).into_owned())).map_err(csv_failed)?
            }
            Kind::Xlsx(book) => book.next_sheet(&export.headers).map_err(xlsx_failed)?,
        }
        Ok(export)
    }

    /// Writes a row.
    ///
    /// # Errors
    /// [`SheetError::Io`].
    pub fn row(&mut self, cells: &[ExportCell<'_>]) -> Result<(), SheetError> {
        match &mut self.sheet {
            Kind::Csv(writer) => writer.write_record(cells.iter().map(|c| c.csv_text())).map_err(csv_failed),
            Kind::Xlsx(book) => {
                let mark = crate::texts::say(self.lang, "sheet-cut", &[]).unwrap_or_else(|| "…".into());
                let cut = book.row(cells, &self.headers, &mark).map_err(xlsx_failed)?;
                self.cut = self.cut.saturating_add(cut);
                Ok(())
            }
        }
    }

    /// Finishes the file and says how many cells of a workbook had to be cut because they were too long for one.
    ///
    /// # Errors
    /// [`SheetError::Io`].
    pub fn finish(self) -> Result<u64, SheetError> {
        match self.sheet {
            Kind::Csv(mut writer) => writer.flush()?,
            Kind::Xlsx(mut book) => book.workbook.save_to_writer(book.out).map_err(xlsx_failed)?,
        }
        Ok(self.cut)
    }
}

impl ExportCell<'_> {
    fn csv_text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Id(text) => neutralise(text).into_owned(),
            Self::Int(n) => n.to_string(),
            Self::Decimal(n, scale) => decimal(*n, *scale),
            Self::Instant(ts) => ts.local().strftime("%Y-%m-%d %H:%M:%S").to_string(),
            Self::Day(day) => day.to_string(),
        }
    }
}

fn decimal(units: i64, scale: u8) -> String {
    let scale = usize::from(scale);
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale.saturating_add(1));
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale));
    let sign = if units < 0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

impl<W> Book<W> {
    fn next_sheet(&mut self, headers: &[String]) -> Result<(), XlsxError> {
        let bold = self.styles.bold.clone();
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_freeze_panes(1, 0)?;
        for (column, header) in (0_u16..).zip(headers) {
            sheet.write_string_with_format(0, column, header, &bold)?;
        }
        self.sheets = self.sheets.saturating_add(1);
        self.row = 1;
        Ok(())
    }

    fn row(&mut self, cells: &[ExportCell<'_>], headers: &[String], mark: &str) -> Result<u64, XlsxError> {
        if self.row >= SHEET_ROWS {
            self.next_sheet(headers)?;
        }
        let sheet = self.workbook.worksheet_from_index(self.sheets.saturating_sub(1))?;
        let mut cut = 0_u64;
        for (column, cell) in (0_u16..).zip(cells) {
            cut = cut.saturating_add(u64::from(write_cell(sheet, self.row, column, cell, &self.styles, mark)?));
        }
        self.row = self.row.saturating_add(1);
        Ok(cut)
    }
}

fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &ExportCell<'_>,
    styles: &Styles,
    mark: &str,
) -> Result<bool, XlsxError> {
    match cell {
        ExportCell::Empty | ExportCell::Text("") | ExportCell::Id("") => {}
        ExportCell::Text(text) | ExportCell::Id(text) => {
            if let Some((at, _)) = text.char_indices().nth(CELL_CHARS) {
                let short = format!("{}{mark}", text.get(..at).unwrap_or_default());
                sheet.write_string(row, column, short)?;
                return Ok(true);
            }
            sheet.write_string_with_format(row, column, *text, &styles.text)?;
        }
        ExportCell::Int(n) => write_number(sheet, row, column, &n.to_string())?,
        ExportCell::Decimal(n, scale) => write_number(sheet, row, column, &decimal(*n, *scale))?,
        ExportCell::Instant(ts) => {
            let text = ts.local().strftime("%Y-%m-%dT%H:%M:%S").to_string();
            sheet.write_datetime_with_format(row, column, ExcelDateTime::parse_from_str(&text)?, &styles.instant)?;
        }
        ExportCell::Day(day) => {
            sheet.write_datetime_with_format(row, column, ExcelDateTime::parse_from_str(&day.to_string())?, &styles.day)?;
        }
    }
    Ok(false)
}

/// A number cell holds fifteen digits; a longer one is written as text, so that no digit is lost.
fn write_number(sheet: &mut Worksheet, row: u32, column: u16, digits: &str) -> Result<(), XlsxError> {
    match digits.parse::<f64>() {
        Ok(number) if digits.len() <= 15 => sheet.write_number(row, column, number)?,
        _ => sheet.write_string(row, column, digits)?,
    };
    Ok(())
}

fn csv_failed(error: csv::Error) -> SheetError {
    match error.into_kind() {
        csv::ErrorKind::Io(e) => SheetError::Io(e),
        other => SheetError::Io(std::io::Error::other(format!("{other:?}"))),
    }
}

fn xlsx_failed(error: XlsxError) -> SheetError {
    match error {
        XlsxError::IoError(e) => SheetError::Io(e),
        other => SheetError::Io(std::io::Error::other(other.to_string())),
    }
}
