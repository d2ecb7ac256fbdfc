//! Live pages: what has been committed is told to those who look, and who lost the line is told what was missed.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use futures_util::stream;
use http::HeaderMap;
use serde::Serialize;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, watch};
use tokio::time::Instant;

use crate::error::{AppError, codes};

/// Events a slow reader may lag behind before it is told to load the page anew.
const BACKLOG: usize = 1_024;
/// A comment is sent this often, so that proxies keep the line open.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// A stream lasts so long. The browser then asks again by itself, with its session and its rights of that moment.
const LIFE: Duration = Duration::from_secs(15 * 60);

/// Streams of one reader at a time. A browser opens six lines to a house, and a hidden page gives its own back.
const SEATS_OF_ONE: usize = 12;

/// Something happened at a place. It carries ids, no words and no personal detail: pages fetch what they may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LiveEvent {
    /// The district whose journal it stands in.
    pub district: i64,
    /// The number of the journal line, gapless per district.
    pub seq: i64,
    /// Where, down to the entrance.
    #[serde(skip)]
    pub place_path: String,
    /// What kind of record, e.g. `case`.
    pub kind: String,
    /// Which record.
    pub id: String,
}

/// What a reader may hear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveFilter {
    /// Only this district; `None` is every district. With one district a lost line is taken up where it broke, with many the page is loaded anew.
    pub district: Option<i64>,
    /// Only under this place; empty is everywhere.
    pub under: String,
    /// Only these kinds; empty is all. One that ends with a dot is all that begin so: `cases.`.
    pub kinds: &'static [&'static str],
    /// But not these.
    pub except: &'static [&'static str],
    /// Whose stream it is: one reader has twelve at most. Empty for those that are not counted.
    pub reader: String,
}

impl LiveFilter {
    /// Whether the event is for this reader.
    #[must_use]
    pub fn admits(&self, event: &LiveEvent) -> bool {
        self.district.is_none_or(|d| d == event.district)
            && event.place_path.starts_with(&self.under)
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| names(kind, &event.kind)))
            && !self.except.contains(&event.kind.as_str())
    }
}

/// Whether a kind of a filter names the kind of an event.
fn names(kind: &str, event: &str) -> bool {
    if kind.ends_with('.') { event.starts_with(kind) } else { event == kind }
}

/// Asks whether a reader may hear of an event that the filter admits; what cannot be asked is not told.
pub type MayHear = Arc<dyn Fn(LiveEvent) -> BoxFuture<'static, bool> + Send + Sync>;

/// The hub. Clone it freely.
#[derive(Debug, Clone)]
pub struct Live {
    events: broadcast::Sender<Arc<LiveEvent>>,
    closing: watch::Sender<bool>,
    seats: Arc<Semaphore>,
    readers: Arc<Readers>,
}

/// How many streams each reader has.
#[derive(Debug, Default)]
struct Readers(Mutex<HashMap<String, usize>>);

/// One stream of a reader, given back when it is dropped.
struct OwnSeat {
    readers: Arc<Readers>,
    reader: String,
}

impl Readers {
    /// `None` when the reader has as many streams as one may.
    fn sit(self: &Arc<Self>, reader: &str) -> Option<OwnSeat> {
        if !reader.is_empty() {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let streams = all.entry(reader.to_owned()).or_default();
            if *streams >= SEATS_OF_ONE {
                return None;
            }
            *streams += 1;
        }
        Some(OwnSeat { readers: Arc::clone(self), reader: reader.to_owned() })
    }
}

impl Drop for OwnSeat {
    fn drop(&mut self) {
        let mut all = self.readers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(streams) = all.get_mut(&self.reader) {
            *streams = streams.saturating_sub(1);
            if *streams == 0 {
                all.remove(&self.reader);
            }
        }
    }
}

/// What a reader still has to be sent.
struct Reader {
    waiting: VecDeque<Event>,
    told: i64,
    filter: LiveFilter,
    may_hear: Option<MayHear>,
    events: broadcast::Receiver<Arc<LiveEvent>>,
    closing: watch::Receiver<bool>,
    until: Instant,
    _seat: OwnedSemaphorePermit,
    _own: OwnSeat,
}

impl Live {
    /// A hub for at most so many readers at a time.
    #[must_use]
    pub fn new(seats: usize) -> Self {
        Self {
            events: broadcast::Sender::new(BACKLOG),
            closing: watch::Sender::new(false),
            seats: Arc::new(Semaphore::new(seats)),
            readers: Arc::default(),
        }
    }

    /// Tells everybody. Only after the commit.
    pub fn tell(&self, event: LiveEvent) {
        // No reader is no error.
        let _ = self.events.send(Arc::new(event));
    }

    /// Ends all streams, so that the server can stop.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// How many read now.
    #[must_use]
    pub fn readers(&self) -> usize {
        self.events.receiver_count()
    }

    /// The stream of what `filter` admits. `missed` is asked for the events after the number the browser saw last
    /// (`Last-Event-ID`), oldest first; it is asked after listening has begun, so nothing falls between. Where too much was
    /// missed, let it answer `None`: the page is then told to load anew.
    ///
    /// # Errors
    /// `web.unavailable` when all seats are taken or the reader has as many streams as one may, and what `missed` refuses with.
    pub async fn stream<F, Missed>(&self, headers: &HeaderMap, filter: LiveFilter, missed: F) -> Result<Response, AppError>
    where
        F: FnOnce(i64) -> Missed,
        Missed: Future<Output = Result<Option<Vec<LiveEvent>>, AppError>>,
    {
        self.stream_to(headers, (filter, None), missed).await
    }

    /// As [`Live::stream`], without what `may_hear` holds back.
    ///
    /// # Errors
    /// As [`Live::stream`].
    pub async fn stream_to<F, Missed>(
        &self,
        headers: &HeaderMap,
        (filter, may_hear): (LiveFilter, Option<MayHear>),
        missed: F,
    ) -> Result<Response, AppError>
    where
        F: FnOnce(i64) -> Missed,
        Missed: Future<Output = Result<Option<Vec<LiveEvent>>, AppError>>,
    {
        let taken = || AppError::new(codes::UNAVAILABLE).retry_after(30);
        let own = self.readers.sit(&filter.reader).ok_or_else(taken)?;
        let seat = Arc::clone(&self.seats).try_acquire_owned().map_err(|_| taken())?;
        let events = self.events.subscribe();
        let (waiting, closing, until) = (VecDeque::new(), self.closing.subscribe(), Instant::now() + LIFE);
        let mut reader = Reader { waiting, told: 0, filter, may_hear, events, closing, until, _seat: seat, _own: own };
        let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok());
        match (seen, reader.filter.district) {
            (None, Some(_)) => reader.waiting.push_back(Event::default().event("open").data("{}")),
            // Over many districts there is no number to take up; who comes again loads anew.
            (None, None) => reader.waiting.push_back(Event::default().event("open").data("{}").id("0")),
            (Some(_), None) => reader.waiting.push_back(reload()),
            (Some(seen), Some(_)) => match seen.parse::<i64>().ok() {
                Some(seen) => reader.catch_up(seen, missed(seen).await?).await,
                None => reader.waiting.push_back(reload()),
            },
        }
        let answer = Sse::new(stream::unfold(reader, next)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE).text("here"));
        // Proxies such as nginx hold streams back without this.
        Ok(([("x-accel-buffering", "no"), ("cache-control", "no-store")], answer).into_response())
    }
}

impl Reader {
    async fn catch_up(&mut self, seen: i64, missed: Option<Vec<LiveEvent>>) {
        self.told = seen;
        let Some(missed) = missed else {
            self.waiting.push_back(reload());
            return;
        };
        for event in missed {
            self.hear(&event).await;
        }
    }

    async fn hear(&mut self, event: &LiveEvent) {
        if !self.filter.admits(event) {
            return;
        }
        if let Some(may_hear) = &self.may_hear
            && !may_hear(event.clone()).await
        {
            return;
        }
        let mut told = Event::default().event("live").data(serde_json::to_string(event).unwrap_or_default());
        if self.filter.district.is_some() {
            if event.seq <= self.told {
                return;
            }
            self.told = event.seq;
            told = told.id(event.seq.to_string());
        }
        self.waiting.push_back(told);
    }
}

fn reload() -> Event {
    Event::default().event("reload").data("{}")
}

async fn next(mut reader: Reader) -> Option<(Result<Event, Infallible>, Reader)> {
    loop {
        if let Some(event) = reader.waiting.pop_front() {
            return Some((Ok(event), reader));
        }
        if *reader.closing.borrow() {
            // What was told before the end is still sent.
            match reader.events.try_recv() {
                Ok(event) => reader.hear(&event).await,
                Err(TryRecvError::Lagged(_)) => reader.waiting.push_back(reload()),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return None,
            }
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep_until(reader.until) => return None,
            closed = reader.closing.changed() => if closed.is_err() { return None },
            heard = reader.events.recv() => match heard {
                Ok(event) => reader.hear(&event).await,
                Err(RecvError::Lagged(_)) => reader.waiting.push_back(reload()),
                Err(RecvError::Closed) => return None,
            },
        }
    }
}
