//! The made pages. A whole city reading its boards must cost nothing, and nobody may read yesterday's board.
//!
//! A page is made once, however many ask for it at the same moment. It is dropped when a journal line is committed at its
//! place, above it or under it. A page that was being made meanwhile is dropped with it: it answers those who asked before
//! the line was committed and nobody after.
//!
//! A thousand boards that change together would all be made at once while everybody waits. So in a busy house who asks for a
//! dropped page gets the one from before, for at most [`rules::BEFORE`] after it was dropped, and the fresh one is made
//! meanwhile by a task of its own. A house is busy while as many pages are being made as the machine can bear, or when
//! more boards were asked for within a second than [`rules::BUSY`]. In a house that is not busy nobody sees a page from before.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::future::Future;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::available_parallelism;
use std::time::Instant;

use bytes::Bytes;
use linli_db::{Db, Published};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_webkit::Locale;
use tokio::sync::OnceCell;
use tokio::sync::broadcast::error::RecvError;

use crate::{BoardCode, BoardError, rules};

/// What a page is known by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) code: BoardCode,
    pub(crate) form: Form,
}

/// In which form a board is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// As a page, in a language and size.
    Page { locale: Locale, elder: bool },
    /// As JSON.
    Json,
}

/// A page ready to be sent.
#[derive(Debug)]
pub(crate) struct Made {
    /// Packed with gzip.
    pub(crate) gzip: Bytes,
    /// Its weak entity tag.
    pub(crate) tag: http::HeaderValue,
    /// Which place it speaks of.
    pub(crate) district: DistrictId,
    pub(crate) place: PlacePath,
}

/// A place in the cache: empty while the page is being made.
#[derive(Debug)]
struct Slot {
    made: OnceCell<Arc<Made>>,
    begun: Ts,
    number: u64,
}

/// What is in the slots, and what is only being made.
#[derive(Debug, Default)]
struct Books {
    /// Finished pages: the number of the slot, the place, the bytes.
    pages: HashMap<Key, Entry>,
    /// Which finished pages speak of a place.
    by_place: BTreeMap<(DistrictId, PlacePath), Vec<Key>>,
    /// The order in which they were finished; entries of dropped pages stay until their turn and are told by their number.
    order: VecDeque<(Key, u64)>,
    /// Pages being made: what they will speak of is not known yet.
    making: HashSet<Key>,
    /// Pages from before, with when they were dropped.
    before: HashMap<Key, (Arc<Made>, Instant)>,
    bytes: usize,
    last: u64,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    place: (DistrictId, PlacePath),
    bytes: usize,
}

/// The cache. Bounded by bytes; the oldest pages go first.
#[derive(Debug)]
pub struct Cache {
    slots: RwLock<HashMap<Key, Arc<Slot>>>,
    books: Mutex<Books>,
    most: usize,
    /// How many pages are being made, and from how many on the house counts as busy: half the cores, the other half is for
    /// those who ask.
    at_work: Arc<AtomicUsize>,
    busy: usize,
    asked: Asked,
}

/// How many boards were asked for in this second and in the one before. Seconds of this process in the upper half, a count in the lower;
/// what two threads count at the turn of a second may get lost, which changes nothing.
#[derive(Debug)]
struct Asked {
    since: Instant,
    now: AtomicU64,
    before: AtomicU64,
}

impl Asked {
    fn new() -> Self {
        Self { since: Instant::now(), now: AtomicU64::new(0), before: AtomicU64::new(0) }
    }

    /// Counts one more, and says how many were asked for in the busier of the two seconds.
    fn count(&self) -> u64 {
        const COUNT: u64 = 0xffff_ffff;
        let second = self.since.elapsed().as_secs() << 32;
        let now = self.now.load(Ordering::Relaxed);
        if now & !COUNT == second {
            let before = self.before.load(Ordering::Relaxed);
            return (self.now.fetch_add(1, Ordering::Relaxed) & COUNT).max(before);
        }
        // A second in which nobody asked lies between: the one before counts for nothing.
        let before = if (now & !COUNT) + (1 << 32) == second { now & COUNT } else { 0 };
        self.before.store(before, Ordering::Relaxed);
        self.now.store(second + 1, Ordering::Relaxed);
        before
    }
}

/// One page being made, until it is dropped: also when nobody waits for it any more.
struct AtWork(Arc<AtomicUsize>);

impl AtWork {
    fn begin(count: Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a page takes beside its bytes, roughly: keys, slot, indexes.
const OVERHEAD: usize = 600;

impl Cache {
    /// An empty cache of at most so many bytes.
    #[must_use]
    pub fn new(most: usize) -> Self {
        let busy = available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1));
        Self { slots: RwLock::default(), books: Mutex::default(), most, at_work: Arc::default(), busy, asked: Asked::new() }
    }

    /// Drops pages as things happen, until the cache or the store is gone.
    pub fn follow(cache: &Arc<Self>, db: &Db) {
        let (mut heard, cache) = (db.subscribe(), Arc::downgrade(cache));
        tokio::spawn(async move {
            loop {
                let line = heard.recv().await;
                let Some(cache) = cache.upgrade() else { return };
                match line {
                    Ok(line) => cache.hear(&line),
                    Err(RecvError::Lagged(_)) => cache.clear(),
                    Err(RecvError::Closed) => return,
                }
            }
        });
    }

    /// The page, from the cache or made by `make`; in a busy house perhaps the one from before.
    ///
    /// # Errors
    /// What `make` answers; nothing is kept then.
    pub(crate) async fn get<F, Making>(self: &Arc<Self>, key: &Key, now: Ts, make: F) -> Result<Arc<Made>, BoardError>
    where
        F: FnOnce() -> Making,
        Making: Future<Output = Result<Made, BoardError>> + Send + 'static,
    {
        let asked = self.asked.count();
        let slot = self.slot(key, now);
        if let Some(made) = slot.made.get() {
            return Ok(Arc::clone(made));
        }
        let at_work = self.at_work.load(Ordering::Relaxed);
        if (at_work >= self.busy || asked >= rules::BUSY)
            && let Some(before) = self.books().earlier(key)
        {
            if at_work < self.busy {
                let (cache, key, making) = (Arc::clone(self), key.clone(), make());
                // Before the task begins: the next who asks must see that somebody is at work.
                let at_work = AtWork::begin(Arc::clone(&self.at_work));
                tokio::spawn(async move {
                    if let Err(error) = cache.make(&key, &slot, making).await {
                        tracing::warn!(%error, "a board could not be made anew; the next who asks tries again");
                    }
                    drop(at_work);
                });
            }
            return Ok(before);
        }
        let _at_work = AtWork::begin(Arc::clone(&self.at_work));
        self.make(key, &slot, make()).await
    }

    /// Makes the page of a slot, once for all who ask at the same moment.
    async fn make(
        &self,
        key: &Key,
        slot: &Slot,
        making: impl Future<Output = Result<Made, BoardError>>,
    ) -> Result<Arc<Made>, BoardError> {
        slot.made.get_or_try_init(|| async { self.keep(key, slot, making.await) }).await.cloned()
    }

    /// The slot of a key: the present one while it is fresh, else a new one.
    fn slot(&self, key: &Key, now: Ts) -> Arc<Slot> {
        let fresh = |slot: &&Arc<Slot>| (0..rules::FRESH_SECS).contains(&now.secs_since(slot.begun));
        if let Some(slot) = self.slots.read().unwrap_or_else(PoisonError::into_inner).get(key).filter(fresh) {
            return Arc::clone(slot);
        }
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(key).filter(fresh) {
            return Arc::clone(slot);
        }
        let mut books = self.books();
        books.forget(key);
        if let Some(made) = slots.get(key).and_then(|slot| slot.made.get()) {
            books.before.insert(key.clone(), (Arc::clone(made), Instant::now()));
        }
        books.last += 1;
        books.making.insert(key.clone());
        let slot = Arc::new(Slot { made: OnceCell::new(), begun: now, number: books.last });
        slots.insert(key.clone(), Arc::clone(&slot));
        slot
    }

    /// Books a page that has just been made, and makes room for it; a failed making leaves nothing behind. A page whose slot
    /// was dropped meanwhile is not kept.
    fn keep(&self, key: &Key, slot: &Slot, made: Result<Made, BoardError>) -> Result<Arc<Made>, BoardError> {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        if slots.get(key).is_none_or(|now| now.number != slot.number) {
            return made.map(Arc::new);
        }
        let mut books = self.books();
        books.making.remove(key);
        let made = made.inspect_err(|_| {
            slots.remove(key);
        })?;
        books.enter(key, slot.number, &made);
        if books.bytes + books.before.len() * OVERHEAD > self.most {
            books.before.clear();
        }
        while books.bytes > self.most
            && let Some((oldest, number)) = books.order.pop_front()
        {
            if books.pages.get(&oldest).is_some_and(|entry| entry.number == number) {
                books.forget(&oldest);
                slots.remove(&oldest);
            }
        }
        Ok(Arc::new(made))
    }

    /// Drops what speaks of the place of a line, of places above it and of places under it, and what is being made.
    fn hear(&self, line: &Published) {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let mut books = self.books();
        let now = Instant::now();
        books.before.retain(|_, (_, dropped)| now.duration_since(*dropped) < rules::BEFORE);
        for key in books.speaking_of(line.district, &line.place) {
            books.forget(&key);
            if let Some(made) = slots.remove(&key).and_then(|slot| slot.made.get().cloned()) {
                books.before.insert(key, (made, now));
            }
        }
        for key in std::mem::take(&mut books.making) {
            slots.remove(&key);
        }
    }

    fn clear(&self) {
        self.slots.write().unwrap_or_else(PoisonError::into_inner).clear();
        let mut books = self.books();
        *books = Books { last: books.last, ..Books::default() };
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    /// The page from before, while it may still be shown.
    fn earlier(&self, key: &Key) -> Option<Arc<Made>> {
        let (made, dropped) = self.before.get(key)?;
        (dropped.elapsed() < rules::BEFORE).then(|| Arc::clone(made))
    }

    fn enter(&mut self, key: &Key, number: u64, made: &Made) {
        let place = (made.district, made.place.clone());
        let bytes = made.gzip.len() + OVERHEAD;
        self.before.remove(key);
        self.by_place.entry(place.clone()).or_default().push(key.clone());
        self.order.push_back((key.clone(), number));
        self.pages.insert(key.clone(), Entry { number, place, bytes });
        self.bytes += bytes;
    }

    fn forget(&mut self, key: &Key) {
        let Some(entry) = self.pages.remove(key) else { return };
        self.bytes -= entry.bytes;
        if let Some(keys) = self.by_place.get_mut(&entry.place) {
            keys.retain(|k| k != key);
            if keys.is_empty() {
                self.by_place.remove(&entry.place);
            }
        }
        // Without this, pages that are dropped again and again would leave a growing tail.
        if self.order.len() > 2 * self.pages.len() + 64 {
            let pages = &self.pages;
            self.order.retain(|(key, number)| pages.get(key).is_some_and(|entry| entry.number == *number));
        }
    }

    /// The pages of a place, of the places above it and of the places under it.
    fn speaking_of(&self, district: DistrictId, place: &PlacePath) -> Vec<Key> {
        let mut above = place.ancestors();
        // The place itself comes with what is under it.
        above.pop();
        let above = above.into_iter().filter_map(|p| self.by_place.get(&(district, p)));
        let under = self.by_place.range((district, place.clone())..);
        let under = under.take_while(|((d, p), _)| *d == district && place.contains(p)).map(|(_, keys)| keys);
        above.chain(under).flatten().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use linli_kernel::SeededRng;

    use super::*;

    fn place(numbers: &[u32]) -> PlacePath {
        numbers.iter().try_fold(PlacePath::root(), |p, n| p.child(*n)).unwrap()
    }

    fn key(n: u64) -> Key {
        Key { code: BoardCode::draw(SeededRng::new(n).as_ref()), form: Form::Json }
    }

    fn made(at: &PlacePath, bytes: usize) -> Made {
        Made {
            gzip: vec![0; bytes].into(),
            tag: http::HeaderValue::from_static("W/\"1\""),
            district: DistrictId(1),
            place: at.clone(),
        }
    }

    fn line(district: i64, at: &PlacePath) -> Published {
        Published { district: DistrictId(district), seq: 1, place: at.clone(), kind: "test.line".into(), subject: None }
    }

    async fn put(cache: &Arc<Cache>, key: &Key, at: &PlacePath, bytes: usize, now: i64) {
        cache.get(key, Ts(now * 1_000_000), || ready(Ok(made(at, bytes)))).await.unwrap();
    }

    fn holds(cache: &Cache, key: &Key) -> bool {
        cache.slots.read().unwrap().contains_key(key)
    }

    #[tokio::test]
    async fn a_line_drops_what_stands_above_and_under_it_and_nothing_else() {
        let cache = Arc::new(Cache::new(1_000_000));
        let (estate, entrance, neighbour) =
            (place(&[1, 1, 1, 1, 5]), place(&[1, 1, 1, 1, 5, 2, 3]), place(&[1, 1, 1, 1, 5, 2, 4]));
        let fill = async || {
            for (n, at) in [(1, &estate), (2, &entrance), (3, &neighbour)] {
                put(&cache, &key(n), at, 10, 0).await;
            }
        };
        let held = || (1..=3).map(|n| holds(&cache, &key(n))).collect::<Vec<_>>();
        fill().await;
        cache.hear(&line(1, &entrance));
        assert_eq!(held(), [false, false, true]);
        fill().await;
        cache.hear(&line(2, &estate));
        assert_eq!(held(), [true, true, true], "another district");
        cache.hear(&line(1, &PlacePath::root()));
        assert_eq!(held(), [false, false, false]);
        assert_eq!(cache.books().bytes, 0);
    }

    #[tokio::test]
    async fn a_page_made_while_something_happened_is_not_kept() {
        let cache = Arc::new(Cache::new(1_000_000));
        let at = place(&[1, 1, 1, 1, 5]);
        cache
            .get(&key(1), Ts(0), || {
                cache.hear(&line(1, &at));
                ready(Ok(made(&at, 10)))
            })
            .await
            .unwrap();
        assert!(!holds(&cache, &key(1)));
        assert!(cache.books().pages.is_empty());
    }

    #[tokio::test]
    async fn the_oldest_go_when_it_is_full_and_all_go_with_age() {
        let cache = Arc::new(Cache::new(3 * (100 + OVERHEAD)));
        for n in 1..=5 {
            put(&cache, &key(n), &place(&[1, 1, 1, 1, u32::try_from(n).unwrap()]), 100, 0).await;
        }
        assert_eq!((1..=5).map(|n| holds(&cache, &key(n))).collect::<Vec<_>>(), [false, false, true, true, true]);
        let mut made_again = false;
        let fifth = key(5);
        let again = cache.get(&fifth, Ts(rules::FRESH_SECS * 1_000_000), || {
            made_again = true;
            ready(Ok(made(&place(&[1, 1, 1, 1, 5]), 100)))
        });
        again.await.unwrap();
        assert!(made_again);
        assert_eq!(cache.books().bytes, 3 * (100 + OVERHEAD));
    }

    #[tokio::test]
    async fn in_a_busy_house_the_page_from_before_answers_for_a_while() {
        let cache = Arc::new(Cache { busy: 1, ..Cache::new(1_000_000) });
        let (at, elsewhere) = (place(&[1, 1, 1, 1, 5]), place(&[1, 1, 1, 1, 6]));
        let bytes_of =
            async |n: u64, fresh: usize| cache.get(&key(n), Ts(0), || ready(Ok(made(&at, fresh)))).await.unwrap().gzip.len();
        assert_eq!(bytes_of(1, 10).await, 10);
        cache.hear(&line(1, &at));
        let work = AtWork::begin(Arc::clone(&cache.at_work));
        let (meanwhile, unseen) = (bytes_of(1, 20).await, bytes_of(2, 30).await);
        drop(work);
        assert_eq!(meanwhile, 10, "another page is being made: the one from before");
        assert_eq!(unseen, 30, "a page that never was is made at once");
        assert_eq!(bytes_of(1, 20).await, 20, "nobody is at work any more");
        assert!(cache.books().before.is_empty());
        // What was dropped long ago is shown to nobody, and the next line clears it away.
        let long_ago = || {
            for (_, dropped) in cache.books().before.values_mut() {
                *dropped = dropped.checked_sub(rules::BEFORE).unwrap();
            }
        };
        cache.hear(&line(1, &at));
        long_ago();
        let work = AtWork::begin(Arc::clone(&cache.at_work));
        assert_eq!(bytes_of(1, 40).await, 40);
        drop(work);
        cache.hear(&line(1, &at));
        assert!(!cache.books().before.is_empty());
        long_ago();
        cache.hear(&line(1, &elsewhere));
        assert!(cache.books().before.is_empty());
    }

    #[tokio::test]
    async fn who_asks_among_very_many_waits_for_no_page_that_stood_before() {
        let cache = Arc::new(Cache::new(1_000_000));
        let at = place(&[1, 1, 1, 1, 5]);
        put(&cache, &key(1), &at, 10, 0).await;
        for _ in 0..2 * rules::BUSY {
            put(&cache, &key(1), &at, 10, 0).await;
        }
        cache.hear(&line(1, &at));
        let bytes_of = async |fresh: usize| {
            let page = made(&at, fresh);
            let making = async move {
                tokio::task::yield_now().await;
                Ok(page)
            };
            cache.get(&key(1), Ts(0), || making).await.unwrap().gzip.len()
        };
        assert_eq!(bytes_of(20).await, 10, "the one from before");
        while cache.at_work.load(Ordering::Relaxed) > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(bytes_of(30).await, 20, "made meanwhile by nobody who waited");
        assert!(holds(&cache, &key(1)));
    }

    #[test]
    fn what_was_asked_counts_for_its_second_and_the_next() {
        let mut asked = Asked::new();
        assert_eq!((0..3).map(|_| asked.count()).collect::<Vec<_>>(), [0, 1, 2]);
        let later = |asked: &mut Asked| asked.since = asked.since.checked_sub(std::time::Duration::from_secs(1)).unwrap();
        later(&mut asked);
        assert_eq!([asked.count(), asked.count()], [3, 3]);
        later(&mut asked);
        later(&mut asked);
        assert_eq!([asked.count(), asked.count()], [0, 1]);
    }

    #[tokio::test]
    async fn a_failed_making_leaves_nothing_behind() {
        let cache = Arc::new(Cache::new(1_000));
        let failed = cache.get(&key(1), Ts(0), || ready(Err(BoardError::UnknownCode))).await;
        assert!(matches!(failed, Err(BoardError::UnknownCode)));
        assert!(!holds(&cache, &key(1)) && cache.books().making.is_empty());
    }
}
