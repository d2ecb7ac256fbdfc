//! Separated text.

use super::decode::{Encoding, decoded};
use super::origin::{Counted, Origin, Progress};
use super::row::{Headers, Problem, Row, cell_problems};
use crate::{Limits, SheetError};
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Rows of separated text.
pub(crate) struct CsvRows {
    reader: csv::Reader<Guarded>,
    watch: Arc<Watch>,
    headers: Arc<Headers>,
    limits: Limits,
    record: csv::StringRecord,
    over: bool,
}

/// What the guard under the parser and the rows above it tell each other.
#[derive(Default)]
struct Watch {
    since_row: AtomicU64,
    open_quote: AtomicBool,
    at_end: AtomicBool,
    chunk: Mutex<Chunk>,
}

/// The bytes that the parser works on, with the place of the first one in the text.
#[derive(Default)]
struct Chunk {
    start: u64,
    bytes: Vec<u8>,
    before: Option<u8>,
}

impl Watch {
    fn keep(&self, bytes: &[u8]) {
        self.at_end.store(bytes.is_empty(), Ordering::Relaxed);
        if bytes.is_empty() {
            return;
        }
        let mut chunk = self.chunk.lock().unwrap_or_else(PoisonError::into_inner);
        chunk.before = chunk.bytes.last().copied();
        chunk.start = chunk.start.saturating_add(u64::try_from(chunk.bytes.len()).unwrap_or(0));
        chunk.bytes.clear();
        chunk.bytes.extend_from_slice(bytes);
    }

    /// The byte before this place, as long as the parser is not far beyond it.
    fn byte_before(&self, place: u64) -> Option<u8> {
        let chunk = self.chunk.lock().unwrap_or_else(PoisonError::into_inner);
        match place.checked_sub(chunk.start).and_then(|n| usize::try_from(n).ok())? {
            0 => chunk.before,
            n => chunk.bytes.get(n.saturating_sub(1)).copied(),
        }
    }

    /// Whether the text has ended inside a quotation.
    fn ended_open(&self) -> bool {
        self.at_end.load(Ordering::Relaxed) && self.open_quote.load(Ordering::Relaxed)
    }
}

/// Stops a row that grows without end, and counts quotation marks: an odd number at the end means one was never closed.
struct Guarded {
    inner: Box<dyn Read + Send>,
    watch: Arc<Watch>,
    limit: u64,
}

impl Read for Guarded {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.watch.keep(buf.get(..n).unwrap_or_default());
        let quotes = buf.get(..n).unwrap_or_default().iter().filter(|b| **b == b'"').count();
        if quotes % 2 == 1 {
            self.watch.open_quote.fetch_xor(true, Ordering::Relaxed);
        }
        let n64 = u64::try_from(n).unwrap_or(0);
        if self.watch.since_row.fetch_add(n64, Ordering::Relaxed).saturating_add(n64) > self.limit {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "row without end"));
        }
        Ok(n)
    }
}

pub(crate) fn open(
    origin: &Origin,
    encoding: Encoding,
    delimiter: Option<u8>,
    header_line: u64,
    limits: &Limits,
) -> Result<(CsvRows, Progress), SheetError> {
    let (counted, progress) = origin.open_counted()?;
    let delimiter = match delimiter {
        Some(d) => d,
        None => guess_delimiter(origin, encoding, header_line)?,
    };
    let watch = Arc::new(Watch::default());
    let guarded = guard(counted, encoding, &watch, limits)?;
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .delimiter(delimiter)
        .buffer_capacity(64 << 10)
        .from_reader(guarded);
    let mut record = csv::StringRecord::new();
    loop {
        let line = reader.position().line();
        watch.since_row.store(0, Ordering::Relaxed);
        if !reader.read_record(&mut record).map_err(|e| failure(e, line))? {
            return Err(SheetError::Empty);
        }
        let at = first_line(&reader, &watch, &record);
        if at >= header_line && record.iter().any(|c| !super::row::trimmed(c).is_empty()) {
            break;
        }
    }
    let columns = u64::try_from(record.len()).unwrap_or(u64::MAX);
    let limit = u64::try_from(limits.columns).unwrap_or(u64::MAX);
    if columns > limit {
        return Err(SheetError::TooLarge { what: "columns", actual: columns, limit });
    }
    let headers = Arc::new(Headers::new(record.iter()));
    Ok((CsvRows { reader, watch, headers, limits: *limits, record, over: false }, progress))
}

fn guard(counted: Counted, encoding: Encoding, watch: &Arc<Watch>, limits: &Limits) -> Result<Guarded, SheetError> {
    Ok(Guarded { inner: decoded(counted, encoding)?, watch: Arc::clone(watch), limit: limits.row_bytes })
}

/// The separator that the header line has most often outside quotation marks.
fn guess_delimiter(origin: &Origin, encoding: Encoding, header_line: u64) -> Result<u8, SheetError> {
    let mut text = decoded(origin.open()?, encoding)?;
    let mut head = vec![0_u8; 64 << 10];
    let n = super::decode::read_full(&mut text, &mut head)?;
    head.truncate(n);
    let before = usize::try_from(header_line.saturating_sub(1)).unwrap_or(0);
    let line = head.split(|b| *b == b'\n').skip(before).find(|l| !l.trim_ascii().is_empty()).unwrap_or_default();
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut quoted = false;
    for b in line {
        quoted ^= *b == b'"';
        for (count, delimiter) in counts.iter_mut().zip(DELIMITERS) {
            if !quoted && *b == delimiter {
                *count = count.saturating_add(1);
            }
        }
    }
    // The first of equals: a comma when there is no separator at all.
    let best = DELIMITERS.iter().zip(counts).rev().max_by_key(|(_, count)| *count);
    Ok(best.map_or(b',', |(d, _)| *d))
}

fn failure(error: csv::Error, line: u64) -> SheetError {
    match error.into_kind() {
        csv::ErrorKind::Io(e) if e.kind() == io::ErrorKind::FileTooLarge => SheetError::OpenQuote { line },
        csv::ErrorKind::Io(e) => SheetError::Io(e),
        csv::ErrorKind::Utf8 { pos, .. } => SheetError::Encoding { line: pos.map_or(line, |p| p.line()), encoding: "UTF-8" },
        _ => SheetError::Broken,
    }
}

/// The line on which the row just read begins. The parser tells where it stands after the row, which with CR LF is
/// before the LF and with LF behind it; blank lines before the row are behind it in both.
fn first_line(reader: &csv::Reader<Guarded>, watch: &Watch, record: &csv::StringRecord) -> u64 {
    let end = reader.position();
    let inside = record.as_slice().bytes().filter(|b| *b == b'\n').count();
    let ended_by_lf = watch.byte_before(end.byte()) == Some(b'\n') && !watch.ended_open();
    end.line().saturating_sub(u64::try_from(inside).unwrap_or(0)).saturating_sub(u64::from(ended_by_lf))
}

impl CsvRows {
    pub(crate) fn headers(&self) -> &Arc<Headers> {
        &self.headers
    }

    fn row(&mut self, line: u64) -> Row {
        let mut problems = cell_problems(&self.record, &self.limits, None);
        let (have, want) = (self.record.len(), self.headers.len());
        let surplus_text = self.record.iter().skip(want).any(|c| !super::row::trimmed(c).is_empty());
        if surplus_text {
            problems.push((want, Problem::TooManyCells));
        }
        // A single empty cell is a blank line with blanks in it, not a torn row.
        if have < want && self.record.iter().any(|c| !super::row::trimmed(c).is_empty()) {
            problems.push((have, Problem::TooFewCells));
        }
        let spans_lines = self.record.iter().next_back().is_some_and(|c| c.contains('\n'));
        if spans_lines && self.watch.ended_open() {
            problems.push((have, Problem::OpenQuote));
        }
        Row::new(line, Arc::clone(&self.headers), self.record.clone(), problems)
    }
}

impl Iterator for CsvRows {
    type Item = Result<Row, SheetError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let line = self.reader.position().line();
        self.watch.since_row.store(0, Ordering::Relaxed);
        match self.reader.read_record(&mut self.record) {
            Ok(true) => {
                let at = first_line(&self.reader, &self.watch, &self.record);
                Some(Ok(self.row(at)))
            }
            Ok(false) => {
                self.over = true;
                None
            }
            Err(e) => {
                self.over = true;
                Some(Err(failure(e, line)))
            }
        }
    }
}
