//! The stream that keeps the pages of a room up to date: what is published, and what was missed while the line was lost, read from the
//! journal.

use axum::response::Response;
use http::HeaderMap;
use linli_access::{Ctx, Scope};
use linli_db::{StoredLine, journal};
use linli_webkit::AppError;
use linli_webkit::live::{LiveEvent, LiveFilter};

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

impl Hall {
    /// The stream of what happens in a scope, for one reader.
    ///
    /// # Errors
    /// Those of the store; too many streams.
    pub async fn stream(&self, ctx: &Ctx, headers: &HeaderMap, scope: Scope, told: Told) -> Result<Response, AppError> {
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
        self.live().stream(headers, filter, missed).await
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
