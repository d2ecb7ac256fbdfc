//! Why a file as a whole cannot be read or written.

use crate::Lang;
use linli_kernel::{Code, Status};

/// A file that cannot be read or written. Errors of single rows are [`crate::FieldError`]s instead.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The disk or the reader failed.
    #[error("cannot read or write: {0}")]
    Io(#[from] std::io::Error),
    /// The file has no bytes, or no row with text.
    #[error("the file is empty")]
    Empty,
    /// Larger than a limit.
    #[error("too large: {what} {actual}, at most {limit}")]
    TooLarge {
        /// What was measured: `bytes`, `columns`, `row bytes`, …
        what: &'static str,
        /// How much there is (at least).
        actual: u64,
        /// How much there may be.
        limit: u64,
    },
    /// The bytes are not what the name says.
    #[error("`{name}` is not what its name says: it contains {found}")]
    Mismatch {
        /// The file name.
        name: String,
        /// What the bytes are.
        found: &'static str,
    },
    /// A kind of file that is not read.
    #[error("{found} cannot be imported: save it as xlsx, csv (UTF-8), JSON or GeoJSON")]
    Unsupported {
        /// What the bytes are.
        found: &'static str,
    },
    /// Bytes that fit no supported encoding.
    #[error("line {line}: bytes that are not valid {encoding}")]
    Encoding {
        /// The line of the first bad byte.
        line: u64,
        /// The encoding that was tried or is evident.
        encoding: &'static str,
    },
    /// The archive is built to exhaust its reader.
    #[error("the xlsx is refused: its part `{part}` {problem}")]
    Bomb {
        /// The name of the part.
        part: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The xlsx is damaged or not a workbook.
    #[error("the xlsx cannot be read: {0}")]
    Xlsx(String),
    /// There is no such sheet.
    #[error("there is no sheet {wanted}; the file has: {have}")]
    NoSheet {
        /// What was asked for.
        wanted: String,
        /// The names of the sheets.
        have: String,
    },
    /// The JSON cannot be read.
    #[error("line {line}, column {column}: {problem}")]
    Json {
        /// Line, from 1; 0 when the problem concerns the whole file.
        line: u64,
        /// Column, from 1.
        column: u64,
        /// What is wrong.
        problem: String,
    },
    /// A quote that is never closed swallows the rest of the file.
    #[error("line {line}: a quotation mark that is never closed")]
    OpenQuote {
        /// The line on which the row begins.
        line: u64,
    },
    /// The reader broke off without saying why.
    #[error("the file cannot be read: its reader broke off; the file is probably damaged")]
    Broken,
}

impl SheetError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Io(_) => Code::new("sheet.io", Status::Internal),
            Self::Empty => Code::new("sheet.empty", Status::Invalid),
            Self::TooLarge { .. } => Code::new("sheet.too_large", Status::TooLarge),
            Self::Mismatch { .. } => Code::new("sheet.mismatch", Status::Invalid),
            Self::Unsupported { .. } => Code::new("sheet.unsupported", Status::Invalid),
            Self::Encoding { .. } => Code::new("sheet.encoding", Status::Invalid),
            Self::Bomb { .. } => Code::new("sheet.bomb", Status::TooLarge),
            Self::Xlsx(_) => Code::new("sheet.xlsx", Status::Invalid),
            Self::NoSheet { .. } => Code::new("sheet.no_sheet", Status::Invalid),
            Self::Json { .. } => Code::new("sheet.json", Status::Invalid),
            Self::OpenQuote { .. } => Code::new("sheet.open_quote", Status::Invalid),
            Self::Broken => Code::new("sheet.broken", Status::Invalid),
        }
    }

    /// The values for the text of [`SheetError::code`].
    #[must_use]
    pub fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Io(e) => vec![("detail", e.to_string())],
            Self::Empty | Self::Broken => vec![],
            Self::TooLarge { what, actual, limit } => {
                vec![("what", (*what).into()), ("actual", actual.to_string()), ("limit", limit.to_string())]
            }
            Self::Mismatch { name, found } => vec![("name", name.clone()), ("found", (*found).into())],
            Self::Unsupported { found } => vec![("found", (*found).into())],
            Self::Encoding { line, encoding } => vec![("line", line.to_string()), ("encoding", (*encoding).into())],
            Self::Bomb { part, problem } => vec![("part", part.clone()), ("detail", problem.clone())],
            Self::Xlsx(detail) => vec![("detail", detail.clone())],
            Self::NoSheet { wanted, have } => vec![("wanted", wanted.clone()), ("have", have.clone())],
            Self::Json { line, column, problem } => {
                vec![("line", line.to_string()), ("column", column.to_string()), ("detail", problem.clone())]
            }
            Self::OpenQuote { line } => vec![("line", line.to_string())],
        }
    }

    /// The sentence for people.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        crate::texts::say(lang, &self.code().text_key(), &self.args()).unwrap_or_else(|| self.to_string())
    }
}
