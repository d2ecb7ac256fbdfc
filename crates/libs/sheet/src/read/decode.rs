//! Text encodings: which one it is, told from all bytes of the file, and decoding to UTF-8.

use super::origin::{Origin, ReadSeek};
use crate::SheetError;
use std::io::{self, Read};

/// The encoding that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8 without a mark.
    Utf8,
    /// UTF-8 with a byte order mark.
    Utf8Bom,
    /// GB18030 (GB 18030-2022), which includes GBK and GB2312.
    Gb18030,
}

impl Encoding {
    /// Its usual name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf8Bom => "UTF-8 BOM",
            Self::Gb18030 => "GB18030",
        }
    }

    /// Reads the name in a mapping; `None` for an encoding that is not supported.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().replace(['-', '_'], "").as_str() {
            "utf8" | "utf8bom" => Some(Self::Utf8),
            "gb18030" | "gbk" | "gb2312" | "cp936" => Some(Self::Gb18030),
            _ => None,
        }
    }
}

const CHUNK: usize = 64 << 10;
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// What a pass over all bytes as UTF-8 tells.
#[derive(Default)]
struct Census {
    multibyte: u64,
    invalid: u64,
    first_invalid_line: u64,
    line: u64,
}

/// Finds the encoding, trying UTF-8 before GB18030; a hint is checked, never believed.
pub(crate) fn detect(origin: &Origin, hint: Option<Encoding>) -> Result<Encoding, SheetError> {
    let census = utf8_census(&mut origin.open()?)?;
    if census.invalid == 0 && hint != Some(Encoding::Gb18030) {
        let mut start = [0_u8; 3];
        let n = read_full(&mut origin.open()?, &mut start)?;
        return Ok(if n == 3 && start == BOM { Encoding::Utf8Bom } else { Encoding::Utf8 });
    }
    let damaged_utf8 = SheetError::Encoding { line: census.first_invalid_line, encoding: "UTF-8" };
    // GB18030 text is hardly ever valid UTF-8 for long: many good sequences beside few bad ones mean a damaged UTF-8 file,
    // which would decode as GB18030 to nonsense without a single error.
    let mostly_utf8 = census.invalid > 0 && census.multibyte > census.invalid.saturating_mul(4);
    if matches!(hint, Some(Encoding::Utf8 | Encoding::Utf8Bom)) || (mostly_utf8 && hint.is_none()) {
        return Err(damaged_utf8);
    }
    let mut decoded = Gb18030Reader::new(origin.open()?);
    match io::copy(&mut decoded, &mut io::sink()) {
        Ok(_) => Ok(Encoding::Gb18030),
        Err(e) if e.kind() == io::ErrorKind::InvalidData => {
            Err(SheetError::Encoding { line: decoded.line, encoding: "UTF-8 / GB18030" })
        }
        Err(e) => Err(e.into()),
    }
}

/// The file as UTF-8 without a byte order mark.
pub(crate) fn decoded<R: Read + Send + 'static>(mut raw: R, encoding: Encoding) -> io::Result<Box<dyn Read + Send>> {
    match encoding {
        Encoding::Utf8 => Ok(Box::new(raw)),
        Encoding::Utf8Bom => {
            read_full(&mut raw, &mut [0; 3])?;
            Ok(Box::new(raw))
        }
        Encoding::Gb18030 => Ok(Box::new(Gb18030Reader::new(Box::new(raw)))),
    }
}

fn utf8_census(raw: &mut Box<dyn ReadSeek>) -> Result<Census, SheetError> {
    let mut census = Census { line: 1, ..Census::default() };
    let mut buffer = vec![0_u8; CHUNK];
    let mut carried = 0;
    loop {
        let n = read_full(raw, buffer.get_mut(carried..).unwrap_or_default())?;
        let end = carried.saturating_add(n);
        let chunk = buffer.get(..end).unwrap_or_default();
        let left = census.take(chunk, n == 0);
        if n == 0 {
            return Ok(census);
        }
        buffer.copy_within(end.saturating_sub(left)..end, 0);
        carried = left;
    }
}

impl Census {
    /// Counts a chunk and says how many bytes at its end belong to a sequence that goes on in the next.
    fn take(&mut self, mut chunk: &[u8], last: bool) -> usize {
        loop {
            let error = match std::str::from_utf8(chunk) {
                Ok(good) => {
                    self.count(good);
                    return 0;
                }
                Err(e) => e,
            };
            let (good, bad) = chunk.split_at(error.valid_up_to());
            self.count(std::str::from_utf8(good).unwrap_or_default());
            let skip = match error.error_len() {
                None if !last => return bad.len(),
                None => bad.len(),
                Some(n) => n,
            };
            if self.invalid == 0 {
                self.first_invalid_line = self.line;
            }
            self.invalid = self.invalid.saturating_add(1);
            chunk = bad.get(skip..).unwrap_or_default();
        }
    }

    fn count(&mut self, good: &str) {
        let mut lines = 0_u64;
        let mut multibyte = 0_u64;
        for b in good.bytes() {
            lines = lines.wrapping_add(u64::from(b == b'\n'));
            multibyte = multibyte.wrapping_add(u64::from(b >= 0xC0));
        }
        self.line = self.line.saturating_add(lines);
        self.multibyte = self.multibyte.saturating_add(multibyte);
    }
}

/// Strict decoding: a malformed sequence is an error of kind `InvalidData`, not a replacement character.
struct Gb18030Reader {
    raw: Box<dyn Read + Send>,
    decoder: encoding_rs::Decoder,
    input: Vec<u8>,
    unread: std::ops::Range<usize>,
    at_end: bool,
    done: bool,
    line: u64,
    overflow: Vec<u8>,
}

impl Gb18030Reader {
    fn new(raw: Box<dyn Read + Send>) -> Self {
        Self {
            raw,
            decoder: encoding_rs::GB18030.new_decoder_without_bom_handling(),
            input: vec![0; CHUNK],
            unread: 0..0,
            at_end: false,
            done: false,
            line: 1,
            overflow: Vec::new(),
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.unread.is_empty() && !self.at_end {
            let n = self.raw.read(&mut self.input)?;
            self.unread = 0..n;
            self.at_end = n == 0;
        }
        Ok(())
    }

    fn decode_into(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while !self.done {
            self.fill()?;
            let source = self.input.get(self.unread.clone()).unwrap_or_default();
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(source, out, self.at_end);
            self.unread.start = self.unread.start.saturating_add(read);
            let lines = out.get(..written).unwrap_or_default().iter().filter(|b| **b == b'\n').count();
            self.line = self.line.saturating_add(u64::try_from(lines).unwrap_or(0));
            match result {
                encoding_rs::DecoderResult::Malformed(..) => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "not GB18030"));
                }
                encoding_rs::DecoderResult::InputEmpty if self.at_end => self.done = true,
                encoding_rs::DecoderResult::InputEmpty | encoding_rs::DecoderResult::OutputFull => {}
            }
            if written > 0 {
                return Ok(written);
            }
        }
        Ok(0)
    }
}

impl Read for Gb18030Reader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        // The decoder wants room for a whole character; small buffers are served from a larger one of ours.
        const ROOM: usize = 32;
        if self.overflow.is_empty() && buf.len() >= ROOM {
            return self.decode_into(buf);
        }
        if self.overflow.is_empty() {
            let mut own = [0_u8; ROOM];
            let n = self.decode_into(&mut own)?;
            self.overflow.extend_from_slice(own.get(..n).unwrap_or_default());
        }
        let n = buf.len().min(self.overflow.len());
        for (to, from) in buf.iter_mut().zip(self.overflow.drain(..n)) {
            *to = from;
        }
        Ok(n)
    }
}

/// Reads until the buffer is full or the input ends.
pub(crate) fn read_full<R: Read + ?Sized>(raw: &mut R, buf: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buf.len() {
        match raw.read(buf.get_mut(filled..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(n) => filled = filled.saturating_add(n),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8]) -> Result<Encoding, SheetError> {
        detect(&Origin::Bytes { name: "a.csv".into(), bytes: bytes.into() }, None)
    }

    #[test]
    fn the_encoding_is_told_from_the_bytes() {
        assert_eq!(found("编码,名称\n1,多福巷".as_bytes()).unwrap(), Encoding::Utf8);
        assert_eq!(found("\u{FEFF}编码".as_bytes()).unwrap(), Encoding::Utf8Bom);
        let gb = encoding_rs::GB18030.encode("编码,名称\n110101001001,多福巷社区居委会，㛃𬍛").0;
        assert_eq!(found(&gb).unwrap(), Encoding::Gb18030);
    }

    #[test]
    fn a_damaged_utf8_file_is_not_taken_for_gb18030() {
        let mut bytes = "编码,名称\n多福巷社区居委会多福巷社区居委会\n".as_bytes().to_vec();
        bytes.extend_from_slice(b"\xE5\xA4,x\n");
        let error = found(&bytes).unwrap_err();
        assert!(matches!(error, SheetError::Encoding { line: 3, encoding: "UTF-8" }), "{error}");
        assert!(matches!(found(b"a,b\n\xFF\xFF\n"), Err(SheetError::Encoding { .. })));
    }

    #[test]
    fn characters_across_chunk_borders_survive() {
        let long: String = "ab多福巷𬍛".repeat(30_000);
        for shift in ["", "x", "xy"] {
            let text = format!("{shift}{long}");
            assert_eq!(found(text.as_bytes()).unwrap(), Encoding::Utf8);
            let gb = encoding_rs::GB18030.encode(&text).0.into_owned();
            let mut out = String::new();
            decoded(io::Cursor::new(gb), Encoding::Gb18030).unwrap().read_to_string(&mut out).unwrap();
            assert!(out == text);
        }
    }

    #[test]
    fn small_reads_give_the_same_text() {
        let gb = encoding_rs::GB18030.encode("多福巷𬍛ab").0.into_owned();
        let mut reader = decoded(io::Cursor::new(gb), Encoding::Gb18030).unwrap();
        let mut all = Vec::new();
        let mut one = [0_u8; 1];
        while reader.read(&mut one).unwrap() == 1 {
            all.push(one[0]);
        }
        assert_eq!(String::from_utf8(all).unwrap(), "多福巷𬍛ab");
    }
}
