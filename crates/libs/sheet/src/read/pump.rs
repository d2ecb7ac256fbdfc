//! A reader on a thread of its own, for libraries that push rows or lend what they read from.

use super::row::{Headers, Row};
use crate::SheetError;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Rows per message, and messages under way: what bounds the memory.
const BATCH: usize = 256;
const UNDER_WAY: usize = 4;

enum Message {
    Headers(Arc<Headers>),
    Rows(Vec<Row>),
    Failed(SheetError),
    End,
}

/// Where the reading thread puts what it reads.
pub(crate) struct Sink {
    to: SyncSender<Message>,
    batch: Vec<Row>,
}

/// The receiver has gone: stop reading.
#[derive(Debug)]
pub(crate) struct Stopped;

impl Sink {
    pub(crate) fn headers(&self, headers: &Arc<Headers>) -> Result<(), Stopped> {
        self.to.send(Message::Headers(Arc::clone(headers))).map_err(|_| Stopped)
    }

    pub(crate) fn row(&mut self, row: Row) -> Result<(), Stopped> {
        self.batch.push(row);
        if self.batch.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Stopped> {
        let rows = std::mem::take(&mut self.batch);
        self.to.send(Message::Rows(rows)).map_err(|_| Stopped)
    }
}

/// Rows that come from a thread.
pub(crate) struct Pumped {
    from: Receiver<Message>,
    rows: std::vec::IntoIter<Row>,
    over: bool,
}

/// Starts the thread and waits for the header.
pub(crate) fn start<F>(read: F) -> Result<(Arc<Headers>, Pumped), SheetError>
where
    F: FnOnce(&mut Sink) -> Result<(), SheetError> + Send + 'static,
{
    let (to, from) = sync_channel(UNDER_WAY);
    std::thread::Builder::new().name("sheet-reader".into()).spawn(move || {
        let mut sink = Sink { to, batch: Vec::with_capacity(BATCH) };
        let result = read(&mut sink);
        // Nobody listens any more when these fail.
        let _ = sink.flush();
        let _ = sink.to.send(result.map_or_else(Message::Failed, |()| Message::End));
    })?;
    loop {
        match from.recv() {
            Ok(Message::Headers(headers)) => return Ok((headers, Pumped { from, rows: Vec::new().into_iter(), over: false })),
            Ok(Message::Failed(error)) => return Err(error),
            Ok(Message::Rows(_)) => {}
            Ok(Message::End) => return Err(SheetError::Empty),
            Err(_) => return Err(SheetError::Broken),
        }
    }
}

impl Iterator for Pumped {
    type Item = Result<Row, SheetError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.rows.next() {
                return Some(Ok(row));
            }
            if self.over {
                return None;
            }
            match self.from.recv() {
                Ok(Message::Rows(rows)) => self.rows = rows.into_iter(),
                Ok(Message::Headers(_)) => {}
                Ok(Message::End) => self.over = true,
                Ok(Message::Failed(error)) => {
                    self.over = true;
                    return Some(Err(error));
                }
                // The thread ended without a word: a panic inside the library on a damaged file.
                Err(_) => {
                    self.over = true;
                    return Some(Err(SheetError::Broken));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: u64, headers: &Arc<Headers>) -> Row {
        Row::new(line, Arc::clone(headers), csv::StringRecord::from(vec!["x"]), vec![])
    }

    #[test]
    fn rows_arrive_in_order_and_a_panic_is_an_error() {
        let (_, rows) = start(|sink| {
            let headers = Arc::new(Headers::new(["a"]));
            sink.headers(&headers).unwrap();
            (0..1_000).for_each(|n| sink.row(row(n, &headers)).unwrap());
            panic!("as a library may");
        })
        .unwrap();
        let all: Vec<_> = rows.collect();
        let lines: Vec<u64> = all.iter().filter_map(|r| r.as_ref().ok()).map(|r| r.line).collect();
        assert_eq!(lines, (0..768).collect::<Vec<u64>>());
        assert!(matches!(all.last(), Some(Err(SheetError::Broken))));
    }

    #[test]
    fn a_reader_that_nobody_listens_to_stops() {
        let (done, wait) = std::sync::mpsc::channel();
        let (_, rows) = start(move |sink| {
            let headers = Arc::new(Headers::new(["a"]));
            sink.headers(&headers).unwrap();
            let sent = (0..u64::MAX).take_while(|n| sink.row(row(*n, &headers)).is_ok()).count();
            done.send(sent).unwrap();
            Ok(())
        })
        .unwrap();
        drop(rows);
        assert!(wait.recv().unwrap() <= BATCH * (UNDER_WAY + 2));
    }
}
