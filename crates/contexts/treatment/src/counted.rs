//! What another room has counted for a return (已有计数): offered to who tells, never told by itself.

use std::collections::BTreeMap;
use std::pin::Pin;

use jiff::civil::Date;
use linli_access::Ctx;
use linli_db::{Conn, DbError};

/// What [`CountedElsewhere`] answers: figures by field; none for what it does not count.
pub type Counting<'a> = Pin<Box<dyn Future<Output = Result<BTreeMap<String, i64>, DbError>> + Send + 'a>>;

/// Another room that counts what a return asks for: a port that the house puts in place.
pub trait CountedElsewhere: Send + Sync + 'static {
    /// What is known of a day, for who acts.
    fn counted<'a, 'c: 'a>(&'a self, ctx: &'a Ctx, c: &'a mut Conn<'c>, about: (&'a str, Date)) -> Counting<'a>;
}
