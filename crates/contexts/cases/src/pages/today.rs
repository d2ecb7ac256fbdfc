//! What later rooms have waiting for whoever opens the day.

use std::pin::Pin;

use linli_access::Ctx;
use linli_db::{Conn, DbError};
use linli_kernel::Ts;

/// Something of another room that waits for the actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// The key of a text with the count `$n`.
    pub key: &'static str,
    /// How many.
    pub count: usize,
    /// Where they are done.
    pub href: &'static str,
    /// When the first of them goes to somebody else.
    pub until: Option<Ts>,
}

/// What [`AlsoToday`] answers: `None` when nothing waits.
pub type Waiting<'a> = Pin<Box<dyn Future<Output = Result<Option<Waits>, DbError>> + Send + 'a>>;

/// What another room has for the day of the actor, at the top of it: a port that the house puts in place. A visit to somebody who has
/// not been seen goes before any repair.
pub trait AlsoToday: Send + Sync + 'static {
    /// What waits for the actor.
    fn waits<'a, 'c: 'a>(&'a self, ctx: &'a Ctx, c: &'a mut Conn<'c>) -> Waiting<'a>;
}
