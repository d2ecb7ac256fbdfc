//! What a file is, told from its bytes.

use super::decode::read_full;
use super::origin::Origin;
use crate::SheetError;

/// A kind of file that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// An Office Open XML workbook.
    Xlsx,
    /// Text with separators.
    Csv,
    /// A JSON array of objects, or an object that holds one.
    Json,
    /// One JSON object per line.
    Ndjson,
    /// A GeoJSON FeatureCollection or Feature.
    Geojson,
}

impl Format {
    /// Reads the name in a mapping.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "xlsx" => Some(Self::Xlsx),
            "csv" | "tsv" | "text" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "geojson" => Some(Self::Geojson),
            _ => None,
        }
    }

    /// Its usual name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Xlsx => "an xlsx workbook",
            Self::Csv => "text with separators",
            Self::Json => "JSON",
            Self::Ndjson => "JSON lines",
            Self::Geojson => "GeoJSON",
        }
    }

    /// Whether a column that is missing from the file is only absent from all its rows.
    #[must_use]
    pub const fn omits_empty_columns(self) -> bool {
        matches!(self, Self::Json | Self::Ndjson | Self::Geojson)
    }

    fn may_be_called(self, extension: &str) -> bool {
        match extension {
            "xlsx" | "xlsm" => self == Self::Xlsx,
            "csv" | "tsv" | "tab" => self == Self::Csv,
            "json" => matches!(self, Self::Json | Self::Geojson | Self::Ndjson),
            "geojson" => self == Self::Geojson,
            "ndjson" | "jsonl" => matches!(self, Self::Ndjson | Self::Json),
            "xls" | "ods" | "doc" | "docx" | "pdf" | "xml" | "html" | "htm" | "zip" => false,
            _ => true,
        }
    }
}

/// Enough to see the first row of anything.
const HEAD: usize = 64 << 10;

/// Tells the format from the first bytes and refuses what the name contradicts.
pub(crate) fn detect(origin: &Origin) -> Result<Format, SheetError> {
    let mut head = vec![0_u8; HEAD];
    let n = read_full(&mut *origin.open()?, &mut head)?;
    head.truncate(n);
    let format = sniff(&head)?;
    let name = origin.name();
    let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
    if format.may_be_called(&extension) { Ok(format) } else { Err(SheetError::Mismatch { name, found: format.name() }) }
}

fn sniff(head: &[u8]) -> Result<Format, SheetError> {
    const KNOWN: [(&[u8], &str); 10] = [
        (b"\xD0\xCF\x11\xE0", "an old Excel file (xls) or a workbook with a password"),
        (b"\xFF\xFE", "text in UTF-16"),
        (b"\xFE\xFF", "text in UTF-16"),
        (b"%PDF", "a PDF"),
        (b"\x89PNG", "a picture"),
        (b"\xFF\xD8\xFF", "a picture"),
        (b"GIF8", "a picture"),
        (b"\x1F\x8B", "a gzip archive"),
        (b"Rar!", "a RAR archive"),
        (b"7z\xBC\xAF", "a 7z archive"),
    ];
    if head.starts_with(b"PK\x03\x04") {
        return Ok(Format::Xlsx);
    }
    if let Some((_, found)) = KNOWN.iter().find(|(start, _)| head.starts_with(start)) {
        return Err(SheetError::Unsupported { found });
    }
    if head.contains(&0) {
        return Err(SheetError::Unsupported { found: "a binary file or text in UTF-16" });
    }
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    match text.first() {
        None => Err(SheetError::Empty),
        Some(b'<') => Err(SheetError::Unsupported { found: "a web page or XML" }),
        Some(b'{') => Ok(sniff_object(text)),
        Some(b'[') if matches!(text.get(1..).unwrap_or_default().trim_ascii_start().first(), Some(b'{' | b']')) => {
            Ok(Format::Json)
        }
        Some(_) => Ok(Format::Csv),
    }
}

fn sniff_object(text: &[u8]) -> Format {
    let mut lines = text.splitn(2, |b| *b == b'\n');
    let first = lines.next().unwrap_or_default();
    let more = lines.next().is_some_and(|rest| !rest.trim_ascii().is_empty());
    if more && serde_json::from_slice::<serde::de::IgnoredAny>(first).is_ok() {
        return Format::Ndjson;
    }
    let geo = [&b"\"FeatureCollection\""[..], b"\"Feature\""];
    if geo.iter().any(|word| text.windows(word.len()).any(|w| w == *word)) { Format::Geojson } else { Format::Json }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, bytes: &[u8]) -> Result<Format, SheetError> {
        detect(&Origin::Bytes { name: name.into(), bytes: bytes.into() })
    }

    #[test]
    fn the_bytes_decide() {
        assert_eq!(found("a.csv", "编码,名称\n".as_bytes()).unwrap(), Format::Csv);
        assert_eq!(found("a", b"[id],name\n").unwrap(), Format::Csv);
        assert_eq!(found("a.json", b"\xEF\xBB\xBF [ {\"a\":1} ]").unwrap(), Format::Json);
        assert_eq!(found("a.jsonl", b"{\"a\":1}\n{\"a\":2}\n").unwrap(), Format::Ndjson);
        assert_eq!(found("a.json", b"{\"data\":\n[]}").unwrap(), Format::Json);
        assert_eq!(found("a.json", b"{\"type\": \"FeatureCollection\", \"features\": []}").unwrap(), Format::Geojson);
        assert_eq!(found("a.xlsx", b"PK\x03\x04").unwrap(), Format::Xlsx);
    }

    #[test]
    fn a_name_that_lies_is_refused() {
        for (name, bytes) in [
            ("a.xlsx", &b"a,b\n1,2\n"[..]),
            ("a.csv", b"PK\x03\x04"),
            ("a.csv", b"[{\"a\":1}]"),
            ("a.xls", b"a,b\n"),
            ("a.geojson", b"{\"a\":1}"),
        ] {
            assert!(matches!(found(name, bytes), Err(SheetError::Mismatch { .. })), "{name}");
        }
    }

    #[test]
    fn other_kinds_are_named() {
        for (bytes, word) in [
            (&b"\xD0\xCF\x11\xE0"[..], "xls"),
            (b"\xFF\xFEa\0", "UTF-16"),
            (b"a\0b\0", "UTF-16"),
            (b"%PDF-1.7", "PDF"),
            (b"<table>", "web page"),
        ] {
            assert!(found("a.csv", bytes).unwrap_err().to_string().contains(word), "{word}");
        }
        assert!(matches!(found("a.csv", b" \n"), Err(SheetError::Empty)));
    }
}
