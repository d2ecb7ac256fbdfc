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
    #[error("the xlsx is refused: its part `{part}` {}", swollen(Lang::En, what, *found, *limit))]
    Bomb {
        /// The name of the part.
        part: String,
        /// What was measured: `entries`, `unpacks`, `unpacks-more`, `ratio`, `strings`.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much there may be.
        limit: u64,
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

    /// The values for the text of [`SheetError::code`], in a language. What a reader from elsewhere says of damage stays as it says it.
    #[must_use]
    pub fn args(&self, lang: Lang) -> Vec<(&'static str, String)> {
        let word =
            |word: &str| crate::texts::say(lang, &format!("sheet-word-{}", slug(word)), &[]).unwrap_or_else(|| word.to_owned());
        match self {
            Self::Io(e) => vec![("detail", failed(lang, e))],
            Self::Empty | Self::Broken => vec![],
            Self::TooLarge { what, actual, limit } => {
                vec![("what", word(what)), ("actual", actual.to_string()), ("limit", limit.to_string())]
            }
            Self::Mismatch { name, found } => vec![("name", name.clone()), ("found", word(found))],
            Self::Unsupported { found } => vec![("found", word(found))],
            Self::Encoding { line, encoding } => vec![("line", line.to_string()), ("encoding", (*encoding).into())],
            Self::Bomb { part, what, found, limit } => {
                vec![("part", part.clone()), ("detail", swollen(lang, what, *found, *limit))]
            }
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
        crate::texts::say(lang, &self.code().text_key(), &self.args(lang)).unwrap_or_else(|| self.to_string())
    }
}

/// `a RAR archive` as the key of a text has it.
fn slug(word: &str) -> String {
    let parts = word.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

/// What is wrong with a part of an archive.
fn swollen(lang: Lang, what: &str, found: u64, limit: u64) -> String {
    let args = [("found", found.to_string()), ("limit", limit.to_string())];
    crate::texts::say(lang, &format!("sheet-part-{what}"), &args).unwrap_or_else(|| what.to_owned())
}

/// Why the disk failed.
fn failed(lang: Lang, error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    let known = match error.kind() {
        ErrorKind::NotFound => "sheet-io-not-found",
        ErrorKind::PermissionDenied => "sheet-io-permission-denied",
        ErrorKind::IsADirectory => "sheet-io-is-a-directory",
        ErrorKind::StorageFull => "sheet-io-storage-full",
        _ => return error.to_string(),
    };
    crate::texts::say(lang, known, &[]).unwrap_or_else(|| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the readers find in a file has a word in both languages.
    #[test]
    fn what_is_found_in_a_file_has_a_word() {
        let sources = [
            include_str!("read/detect.rs"),
            concat!(include_str!("read/guard.rs"), include_str!("read/claims.rs")),
            include_str!("read/json_rows.rs"),
            include_str!("read/csv_rows.rs"),
            include_str!("read/source.rs"),
            include_str!("read/xlsx_rows.rs"),
        ];
        let after = |mark: &'static str| {
            let named = sources.iter().flat_map(move |source| source.split(mark).skip(1));
            named.filter_map(|rest| rest.split('"').next()).collect::<Vec<_>>()
        };
        let known = sources[0].split("const KNOWN").nth(1).unwrap().split("];").next().unwrap();
        let mut words: Vec<&str> =
            known.lines().filter_map(|line| line.rsplit_once("\")")?.0.rsplit_once('"')).map(|(_, word)| word).collect();
        words.extend(after("found: \""));
        words.extend(after("what: \""));
        words.extend(["xlsx", "csv", "json", "ndjson", "geojson"].iter().map(|name| crate::Format::parse(name).unwrap().name()));
        assert!(words.len() > 18, "{words:?}");
        for word in words {
            for lang in [Lang::Zh, Lang::En] {
                assert!(crate::texts::say(lang, &format!("sheet-word-{}", slug(word)), &[]).is_some(), "{word}");
            }
        }
        for what in ["entries", "unpacks", "unpacks-more", "ratio", "strings", "sheets", "copies"] {
            assert!(sources[1].contains(&format!("\"{what}\"")) && swollen(Lang::Zh, what, 1, 2) != what, "{what}");
        }
    }

    #[test]
    fn a_file_is_refused_in_chinese_throughout() {
        let said = SheetError::Unsupported { found: "a RAR archive" }.text(Lang::Zh);
        assert_eq!(said, "不能导入这种文件（RAR 压缩包）；请另存为 xlsx、csv（UTF-8）、JSON 或 GeoJSON");
        let gone = SheetError::Io(std::io::Error::from(std::io::ErrorKind::NotFound));
        assert_eq!(gone.text(Lang::Zh), "文件无法读写：没有这个文件");
        let bomb = SheetError::Bomb { part: "*".to_owned(), what: "unpacks", found: 9, limit: 5 };
        assert_eq!(bomb.text(Lang::Zh), "拒绝打开这个 xlsx：其中的“*”异常（解压后有 9 字节，最多 5 字节）");
        assert_eq!(bomb.to_string(), "the xlsx is refused: its part `*` unpacks to 9 bytes, at most 5");
    }
}
