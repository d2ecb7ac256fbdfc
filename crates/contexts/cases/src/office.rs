//! What the commands of this room need besides the request: the rules, the calendar, who answers where, and the vault.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use linli_access::matrix::allows;
use linli_access::{Action, Ctx, Resource, Role};
use linli_calendar::{Calendar, Pause};
use linli_db::{Conn, DbError, Published};
use linli_hall::{Discretion, Hall, store_error};
use linli_kernel::{DistrictId, PlacePath, Ts};

use linli_rulebook::{RuleError, SharedRulebook};
use linli_webkit::AppError;
use linli_webkit::live::LiveEvent;
use uuid::Uuid;

use crate::discretion::from_actor;
use crate::model::{Case, CaseId, Kept, Owner, Way};
use crate::rules::{Colleague, Due, Rules, Wait};
use crate::store;

/// How long an answer of [`WhoAnswers`] is kept. Appointments begin and end at midnight and change rarely; a journal line
/// about people or places drops it at once.
const LIFE_SECS: i64 = 30;
/// Entrances kept at most; beyond it the cache begins anew.
const MOST_PLACES: usize = 50_000;

/// A future of a port.
pub type PortFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Who answers for a place: the port that the room of people implements.
pub trait WhoAnswers: Send + Sync + 'static {
    /// Everybody who answers for the place at that instant with the name they are known by there, per role the nearest appointment first.
    fn answering<'a>(
        &'a self,
        c: &'a mut Conn<'_>,
        district: DistrictId,
        place: &'a PlacePath,
        at: Ts,
    ) -> PortFuture<'a, Result<Vec<Colleague>, DbError>>;

    /// Who is appointed in one of these roles for the place, for something above it or for something under it, whatever else they are appointed
    /// as. By default those of them who answer for the place.
    fn seated<'a>(
        &'a self,
        c: &'a mut Conn<'_>,
        district: DistrictId,
        (place, roles): (&'a PlacePath, &'a [Role]),
        at: Ts,
    ) -> PortFuture<'a, Result<Vec<Uuid>, DbError>> {
        let answering = self.answering(c, district, place, at);
        Box::pin(async move {
            let there = answering.await?.into_iter().map(|(owner, _)| owner).filter(|owner| roles.contains(&owner.role));
            Ok(there.map(|owner| owner.person).collect())
        })
    }

    /// Which of these appointments, of the district or of the whole city, are in force at that instant. Where nobody's appointment ever ends,
    /// all of them.
    fn in_force<'a>(
        &'a self,
        _: &'a mut Conn<'_>,
        _: DistrictId,
        appointments: &'a [Uuid],
        _: Ts,
    ) -> PortFuture<'a, Result<Vec<Uuid>, DbError>> {
        Box::pin(async move { Ok(appointments.to_vec()) })
    }
}

/// What a contact is sealed for: the case it belongs to.
#[must_use]
pub fn contact_of(district: DistrictId, case: CaseId) -> Vec<u8> {
    [b"case_contact".as_slice(), &district.0.to_be_bytes(), case.0.as_bytes()].concat()
}

/// Where contacts are sealed with a key outside the database.
pub trait ContactVault: Send + Sync + 'static {
    /// Seals a text.
    fn seal(&self, plain: &str) -> Vec<u8>;
    /// Opens what was sealed; `None` when the key does not fit or it was damaged.
    fn open(&self, sealed: &[u8]) -> Option<String>;
    /// Seals a text that belongs to one record ([`contact_of`]): moved to another one it does not open.
    fn seal_for(&self, record: &[u8], plain: &str) -> Vec<u8>;
    /// Opens what was sealed for a record, and what was sealed before records were bound.
    fn open_for(&self, record: &[u8], sealed: &[u8]) -> Option<String>;
    /// The keyed hash by which an equal text is found.
    fn lookup_hash(&self, plain: &str) -> Vec<u8>;
}

/// What was asked lately, and until when the answer is believed. What happens meanwhile empties it and begins a new edition; what was
/// looked up in an older edition is not entered any more.
struct Memory<K, V> {
    edition: u64,
    known: HashMap<K, (Ts, V)>,
}

impl<K, V> Default for Memory<K, V> {
    fn default() -> Self {
        Self { edition: 0, known: HashMap::new() }
    }
}

impl<K: Eq + Hash, V: Clone> Memory<K, V> {
    /// What is known, or else the edition to give to [`Memory::enter`].
    fn look<Q: Eq + Hash + ?Sized>(&self, key: &Q, at: Ts) -> Result<V, u64>
    where
        K: Borrow<Q>,
    {
        self.known.get(key).filter(|(until, _)| *until > at).map(|(_, known)| known.clone()).ok_or(self.edition)
    }

    fn enter(&mut self, edition: u64, key: K, value: V, at: Ts) {
        if self.edition != edition {
            return;
        }
        if self.known.len() >= MOST_PLACES {
            self.known.clear();
        }
        self.known.insert(key, (at.plus_secs(LIFE_SECS), value));
    }

    fn forget(&mut self) {
        self.edition += 1;
        self.known.clear();
    }
}

/// Who answers for a place, and the same with their names.
#[derive(Clone)]
struct There {
    owners: Arc<[Owner]>,
    colleagues: Arc<[Colleague]>,
}

type Answering = Mutex<Memory<(DistrictId, PlacePath), There>>;
/// From whom a case is kept, as it was after a line of the journal.
type Hushed = Mutex<HashMap<(DistrictId, Uuid), (i64, Kept)>>;
/// So many cases are remembered for the readers of live pages.
const MOST_HUSHED: usize = 4_096;
type Boards = Mutex<Memory<String, (DistrictId, PlacePath)>>;

/// The office. One for the whole program, shared.
pub struct Office {
    book: SharedRulebook,
    calendar: ArcSwap<Calendar>,
    who: Arc<dyn WhoAnswers>,
    vault: Arc<dyn ContactVault>,
    answers: Answering,
    boards: Boards,
    hushed: Hushed,
}

impl std::fmt::Debug for Office {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Office").finish_non_exhaustive()
    }
}

impl Office {
    /// An office that goes by this book, which the binary may replace while it is read.
    ///
    /// # Errors
    /// When the packs of this room are missing from the book or wrong.
    pub fn new(
        book: SharedRulebook,
        calendar: Calendar,
        who: Arc<dyn WhoAnswers>,
        vault: Arc<dyn ContactVault>,
    ) -> Result<Self, RuleError> {
        Rules::check(&book.load())?;
        Ok(Self {
            book,
            calendar: ArcSwap::from_pointee(calendar),
            who,
            vault,
            answers: Mutex::default(),
            boards: Mutex::default(),
            hushed: Mutex::default(),
        })
    }

    /// The rules that count at a place and instant.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn rules(&self, place: &PlacePath, at: Ts) -> Result<Rules, RuleError> {
        Rules::at(&self.book.load(), place, at)
    }

    /// The rules that count for a case at an instant: those of its place, with the table of transitions under which it was filed.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn rules_of(&self, case: &Case, at: Ts) -> Result<Rules, RuleError> {
        self.rules_filed_by(case.way.as_ref(), (&case.place, case.reported_at), at)
    }

    /// As [`Office::rules_of`], by the way of a case, where it is and when it was reported.
    pub(crate) fn rules_filed_by(&self, way: Option<&Way>, of: (&PlacePath, Ts), at: Ts) -> Result<Rules, RuleError> {
        let book = self.book.load();
        Ok(Rules::at(&book, of.0, at)?.filed_by(&book, way, of))
    }

    /// Puts another calendar in force. [`crate::commands::recompute_deadlines`] then moves what rested on a missing year.
    pub fn set_calendar(&self, calendar: Calendar) {
        self.calendar.store(Arc::new(calendar));
    }

    /// The calendar in force.
    #[must_use]
    pub fn calendar(&self) -> Arc<Calendar> {
        self.calendar.load_full()
    }

    /// The vault.
    #[must_use]
    pub fn vault(&self) -> &dyn ContactVault {
        self.vault.as_ref()
    }

    /// By when something is promised under a clock of these rules, counted from an instant and without the pauses; `None` when they
    /// have no such clock, or one of the pauses lasts.
    #[must_use]
    pub fn promise(&self, rules: &Rules, clock: &str, from: Ts, pauses: &[Pause]) -> Option<Due> {
        rules.clocks().due(&self.calendar.load(), clock, from, pauses)
    }

    /// When a wait of the rules that begins now is over.
    #[must_use]
    pub fn after(&self, wait: &Wait, now: Ts) -> Option<Ts> {
        self.calendar.load().deadline(now, &wait.term, &[]).due()
    }

    /// Who should have a case at this place: the first of these roles that has somebody there from whom it is not kept.
    ///
    /// # Errors
    /// Store errors.
    pub async fn owner_for(
        &self,
        c: &mut Conn<'_>,
        (district, place): (DistrictId, &PlacePath),
        (owners, kept): (&[Role], &Kept),
        at: Ts,
    ) -> Result<Option<Owner>, DbError> {
        let answering = self.answering(c, district, place, at).await?;
        let fits = |role: &Role, owner: &Owner| owner.role == *role && !kept.from(owner.role, owner.person);
        Ok(owners.iter().find_map(|role| answering.iter().find(|owner| fits(role, owner))).cloned())
    }

    /// Who is appointed in one of these roles for a place or around it.
    ///
    /// # Errors
    /// Store errors.
    pub(crate) async fn seated(
        &self,
        c: &mut Conn<'_>,
        district: DistrictId,
        around: (&PlacePath, &[Role]),
        at: Ts,
    ) -> Result<Vec<Uuid>, DbError> {
        if around.1.is_empty() { Ok(Vec::new()) } else { self.who.seated(c, district, around, at).await }
    }

    /// Which of these appointments are over, or not begun, at that instant.
    ///
    /// # Errors
    /// Store errors.
    pub(crate) async fn over(
        &self,
        c: &mut Conn<'_>,
        district: DistrictId,
        appointments: &[Uuid],
        at: Ts,
    ) -> Result<Vec<Uuid>, DbError> {
        let in_force = self.who.in_force(c, district, appointments, at).await?;
        Ok(appointments.iter().filter(|appointment| !in_force.contains(appointment)).copied().collect())
    }

    /// Everybody who answers for a place, from memory where it was asked a moment ago.
    ///
    /// # Errors
    /// Store errors.
    pub async fn answering(
        &self,
        c: &mut Conn<'_>,
        district: DistrictId,
        place: &PlacePath,
        at: Ts,
    ) -> Result<Arc<[Owner]>, DbError> {
        Ok(self.there(c, district, place, at).await?.owners)
    }

    /// The same with the names they are known by there.
    ///
    /// # Errors
    /// Store errors.
    pub(crate) async fn colleagues(
        &self,
        c: &mut Conn<'_>,
        district: DistrictId,
        place: &PlacePath,
        at: Ts,
    ) -> Result<Arc<[Colleague]>, DbError> {
        Ok(self.there(c, district, place, at).await?.colleagues)
    }

    async fn there(&self, c: &mut Conn<'_>, district: DistrictId, place: &PlacePath, at: Ts) -> Result<There, DbError> {
        let key = (district, place.clone());
        let edition = match hold(&self.answers).look(&key, at) {
            Ok(known) => return Ok(known),
            Err(edition) => edition,
        };
        let colleagues: Arc<[Colleague]> = self.who.answering(c, district, place, at).await?.into();
        // A doctor answers for a place as well, and can do nothing with a case: whoever is given one must be able to.
        let works = |owner: &&Owner| allows(owner.role, Action::Change, Resource::Case);
        let found = There { owners: colleagues.iter().map(|(owner, _)| owner).filter(works).cloned().collect(), colleagues };
        hold(&self.answers).enter(edition, key, found.clone(), at);
        Ok(found)
    }

    /// The place of a board's code from memory, or else the edition to give to [`Office::remember_board`].
    pub(crate) fn board(&self, code: &str, at: Ts) -> Result<(DistrictId, PlacePath), u64> {
        hold(&self.boards).look(code, at)
    }

    /// Remembers where a board hangs, unless something happened to places or boards since `edition`.
    pub(crate) fn remember_board(&self, edition: u64, code: &str, place: &(DistrictId, PlacePath), at: Ts) {
        hold(&self.boards).enter(edition, code.to_owned(), place.clone(), at);
    }

    /// Hears of a committed journal line, and forgets what it may have made untrue.
    pub fn heard(&self, line: &Published) {
        if line.kind.starts_with("board.") || line.kind.starts_with("territory.") {
            hold(&self.boards).forget();
        }
        if line.kind.starts_with("people.") || line.kind.starts_with("territory.") {
            hold(&self.answers).forget();
        }
    }

    /// Lines were missed: whatever was known may be untrue.
    pub fn missed(&self) {
        hold(&self.boards).forget();
        hold(&self.answers).forget();
    }
}

impl Discretion for Office {
    /// That there is a case, and that something happens to it, is kept from whom the case is kept from. Many read the same event: the store is
    /// asked once, and again when something happened to the case since.
    fn may_hear<'a>(
        &'a self,
        hall: &'a Hall,
        ctx: &'a Ctx,
        event: &'a LiveEvent,
    ) -> Pin<Box<dyn Future<Output = Result<bool, AppError>> + Send + 'a>> {
        Box::pin(async move {
            let Ok(subject) = event.id.parse::<Uuid>() else { return Ok(true) };
            if !event.kind.starts_with("cases.") {
                return Ok(true);
            }
            let key = (DistrictId(event.district), subject);
            let known = hold(&self.hushed).get(&key).filter(|(seq, _)| *seq >= event.seq).map(|(_, kept)| kept.clone());
            let kept = match known {
                Some(kept) => kept,
                None => {
                    let mut read = hall.read().await?;
                    let found = store::kept_of(&mut read.conn(), key.0, &[subject]).await.map_err(store_error)?;
                    let kept = found.into_iter().next().map(|(_, kept)| kept).unwrap_or_default();
                    let mut hushed = hold(&self.hushed);
                    if hushed.len() >= MOST_HUSHED {
                        hushed.clear();
                    }
                    hushed.insert(key, (event.seq, kept.clone()));
                    kept
                }
            };
            Ok(!from_actor(ctx, &kept))
        })
    }
}

/// What a panic left behind is believed: it is only memory of what the store says.
fn hold<T>(memory: &Mutex<T>) -> MutexGuard<'_, T> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}
