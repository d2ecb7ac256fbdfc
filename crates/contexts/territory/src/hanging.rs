//! What hangs on a place (挂接内容): the port by which later rooms say what they keep there, asked before a place is closed or moved.

use std::future::Future;
use std::pin::Pin;

use linli_access::Ctx;
use linli_db::{Conn, DbError};
use linli_kernel::{DistrictId, PlacePath};

/// How much of one kind hangs on a place and what is below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hanging {
    /// The text key, which takes the number as `n`.
    pub text_key: &'static str,
    /// How many.
    pub count: i64,
}

/// A future of the port.
pub type Counting<'a> = Pin<Box<dyn Future<Output = Result<Vec<Hanging>, DbError>> + Send + 'a>>;

/// Who knows what hangs on places. The binary offers one as a service, made of the rooms it is wired of.
pub trait HangsOn: Send + Sync + 'static {
    /// What hangs on a place and below it now, as far as the asker may know; kinds of which there is nothing are left out.
    fn under<'a, 'c: 'a>(&'a self, ctx: &'a Ctx, c: &'a mut Conn<'c>, district: DistrictId, place: &'a PlacePath)
    -> Counting<'a>;
}
