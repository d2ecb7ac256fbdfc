//! The hall (门厅) that every room opens onto: what its handlers are given, and who stands at the door.
//!
//! What always holds here: a handler of a route that is not public gets a [`Caller`] only after the session was resolved and
//! the route's `Access` was judged against the table in `access`; the place of the record is judged by the command.

mod caller;
mod services;
mod stream;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use linli_access::{Actor, Denied};
use linli_db::{Db, DbError, Read, Tx};
use linli_kernel::{DistrictId, SharedClock, SharedRng, Status, Ts};
use linli_webkit::live::{Live, LiveEvent};
use linli_webkit::photo::Darkroom;
use linli_webkit::rate::RateLimits;
use linli_webkit::session::SessionPort;
use linli_webkit::{AppError, NavEntry};

pub use caller::{Caller, parse_access};
pub use services::Services;
pub use stream::{Discretion, Told};

/// The hall's own texts: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// Who holds a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Who acts, under what.
    pub actor: Actor,
    /// The person's name, for the head of the page.
    pub name: String,
    /// The place of the appointment in words, for the head of the page.
    pub place: String,
}

type Resolving<'a> = Pin<Box<dyn Future<Output = Result<Option<Signed>, AppError>> + Send + 'a>>;

/// The session port as the hall holds it.
trait Doorkeeper: Send + Sync {
    fn resolve<'a>(&'a self, token: &'a str) -> Resolving<'a>;
    fn forget(&self);
}

impl<P: SessionPort<Signed = Signed>> Doorkeeper for P {
    fn resolve<'a>(&'a self, token: &'a str) -> Resolving<'a> {
        Box::pin(SessionPort::resolve(self, token))
    }

    fn forget(&self) {
        SessionPort::forget(self);
    }
}

/// What every handler is given: `State(hall): State<Hall>`. Cheap to clone.
#[derive(Clone)]
pub struct Hall(Arc<Inner>);

struct Inner {
    db: Db,
    clock: SharedClock,
    rng: SharedRng,
    live: Live,
    darkroom: Darkroom,
    limits: Arc<RateLimits>,
    door: Box<dyn Doorkeeper>,
    services: Services,
    nav: Vec<NavEntry>,
    base_url: String,
}

impl std::fmt::Debug for Hall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hall").field("base_url", &self.0.base_url).finish_non_exhaustive()
    }
}

/// What the binary (or a test) furnishes the hall with.
pub struct Furnishing<P> {
    /// The store.
    pub db: Db,
    /// The time.
    pub clock: SharedClock,
    /// Randomness.
    pub rng: SharedRng,
    /// Live pages.
    pub live: Live,
    /// Where photos are cleaned.
    pub darkroom: Darkroom,
    /// Rate limits.
    pub limits: Arc<RateLimits>,
    /// Who keeps the sessions.
    pub sessions: P,
    /// What rooms offer each other, by type.
    pub services: Services,
    /// The navigation of all rooms.
    pub nav: Vec<NavEntry>,
    /// The public address of this installation without a slash at the end, e.g. `https://linli.example`: printed on paper.
    pub base_url: String,
}

impl Hall {
    /// Furnishes the hall.
    #[must_use]
    pub fn furnish<P: SessionPort<Signed = Signed>>(with: Furnishing<P>) -> Self {
        let Furnishing { db, clock, rng, live, darkroom, limits, sessions, services, nav, base_url } = with;
        Self(Arc::new(Inner { db, clock, rng, live, darkroom, limits, door: Box::new(sessions), services, nav, base_url }))
    }

    /// The store.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// `db.unavailable`.
    pub async fn read(&self) -> Result<Read, AppError> {
        self.0.db.read().await.map_err(store_error)
    }

    /// Begins a write transaction of one district.
    ///
    /// # Errors
    /// `db.unavailable`.
    pub async fn begin(&self, district: DistrictId) -> Result<Tx, AppError> {
        self.0.db.begin(district).await.map_err(store_error)
    }

    /// Commits, and waits until it is on disk.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn commit(&self, tx: Tx) -> Result<(), AppError> {
        tx.commit().await.map_err(store_error)
    }

    /// Commits a change of sessions, accounts or appointments. Whoever is answered afterwards is already known anew: the doorkeeper
    /// does not wait until it hears of the line.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn commit_at_the_door(&self, tx: Tx) -> Result<(), AppError> {
        self.commit(tx).await?;
        self.0.door.forget();
        Ok(())
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Ts {
        self.0.clock.now()
    }

    /// The clock, for contexts of jobs.
    #[must_use]
    pub fn clock(&self) -> SharedClock {
        Arc::clone(&self.0.clock)
    }

    /// The generator, for contexts of jobs.
    #[must_use]
    pub fn rng(&self) -> SharedRng {
        Arc::clone(&self.0.rng)
    }

    /// The hub of live pages.
    #[must_use]
    pub fn live(&self) -> &Live {
        &self.0.live
    }

    /// Where photos are cleaned of metadata and made small.
    #[must_use]
    pub fn darkroom(&self) -> &Darkroom {
        &self.0.darkroom
    }

    /// Rate limits by rule and key.
    #[must_use]
    pub fn limits(&self) -> &RateLimits {
        &self.0.limits
    }

    /// The public address of this installation, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.0.base_url
    }

    /// What another room, or the binary, offers under this type.
    ///
    /// # Errors
    /// `web.internal` when the binary wired none: a mistake of ours that the start-up test finds.
    pub fn service<T: Send + Sync + ?Sized + 'static>(&self) -> Result<Arc<T>, AppError> {
        self.0.services.get::<T>().ok_or_else(|| AppError::internal(format!("no service {}", std::any::type_name::<T>())))
    }

    /// Passes committed journal lines on to live pages until the store is gone. Spawn it once.
    pub async fn announce(self) {
        let mut heard = self.0.db.subscribe();
        loop {
            match heard.recv().await {
                Ok(line) => self.0.live.tell(LiveEvent {
                    district: line.district.0,
                    seq: line.seq,
                    place_path: line.place.to_string(),
                    kind: line.kind.clone(),
                    id: line.subject.map(|id| id.to_string()).unwrap_or_default(),
                }),
                Err(tokio_lag) if is_lag(&tokio_lag) => tracing::debug!("live pages skipped some lines"),
                Err(_) => return,
            }
        }
    }
}

fn is_lag(error: &impl std::fmt::Display) -> bool {
    // The receiver's error type belongs to tokio, which this crate does not otherwise need.
    error.to_string().contains("lagged")
}

/// A store error as an answer.
#[must_use]
pub fn store_error(error: DbError) -> AppError {
    let code = error.code();
    let answer = AppError::new(code).caused_by(error);
    if code.status == Status::Unavailable { answer.retry_after(2) } else { answer }
}

/// A refusal as an answer.
#[must_use]
pub fn denied(refusal: Denied) -> AppError {
    AppError::new(refusal.code())
}
