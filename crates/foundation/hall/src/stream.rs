//! The stream that keeps the pages of a room up to date: what is published, and what was missed while the line was lost, read from the
//! journal.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::response::Response;
use http::HeaderMap;
use linli_access::{Ctx, Scope};
use linli_db::{StoredLine, journal};
use linli_webkit::AppError;
use linli_webkit::live::{LiveEvent, LiveFilter, MayHear};

use crate::{Hall, store_error};

/// Lines made good after a lost connection; beyond them the page is loaded anew.
const MOST_MISSED: i64 = 500;

/// Which lines of the journal a page is told of.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// Their kinds; one that ends with a dot is all that begin so.
    pub kinds: &'static [&'static str],
    /// But not these: looks change nothing that a page shows.
    pub except: &'static [&'static str],
}

/// What is kept from one reader and told to another (回避): asked of each event before it is told.
pub trait Discretion: Send + Sync + 'static {
    /// Whether the actor may know that this happened. What cannot be asked is not told.
    fn may_hear<'a>(
        &'a self,
        hall: &'a Hall,
        ctx: &'a Ctx,
        event: &'a LiveEvent,
    ) -> Pin<Box<dyn Future<Output = Result<bool, AppError>> + Send + 'a>>;
}

impl Hall {
    /// The stream of what happens in a scope, for one reader; `discretion` holds back what is kept from him.
    ///
    /// # Errors
    /// Those of the store; too many streams.
    pub async fn stream(
        &self,
        ctx: &Ctx,
        headers: &HeaderMap,
        (scope, told): (Scope, Told),
        discretion: Option<Arc<dyn Discretion>>,
    ) -> Result<Response, AppError> {
        let filter = LiveFilter {
            district: Some(scope.district.0),
            under: scope.place.to_string(),
            kinds: told.kinds,
            except: told.except,
            reader: ctx.person().map(|person| person.to_string()).unwrap_or_default(),
        };
        let missed = |after: i64| async move {
            let mut read = self.read().await?;
            let lines = journal::after(&mut read.conn(), scope.district, after, MOST_MISSED).await.map_err(store_error)?;
            let too_many = i64::try_from(lines.len()).unwrap_or(i64::MAX) >= MOST_MISSED;
            Ok((!too_many).then(|| lines.into_iter().map(event).collect()))
        };
        let may_hear = discretion.map(|discretion| self.asking(ctx, discretion));
        self.live().stream_to(headers, (filter, may_hear), missed).await
    }

    fn asking(&self, ctx: &Ctx, discretion: Arc<dyn Discretion>) -> MayHear {
        let (hall, ctx) = (self.clone(), ctx.clone());
        Arc::new(move |event| {
            let (hall, ctx, discretion) = (hall.clone(), ctx.clone(), Arc::clone(&discretion));
            Box::pin(async move {
                let may = discretion.may_hear(&hall, &ctx, &event).await;
                may.unwrap_or_else(|error| {
                    tracing::warn!(%error, "a live event is held back: nobody could say whether it may be told");
                    false
                })
            })
        })
    }
}

fn event(line: StoredLine) -> LiveEvent {
    LiveEvent {
        district: line.district_id.0,
        seq: line.seq,
        place_path: line.place_path.to_string(),
        kind: line.kind,
        id: line.subject_id.map(|id| id.to_string()).unwrap_or_default(),
    }
}
