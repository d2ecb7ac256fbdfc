//! The stream that keeps the pages of those who work on cases up to date.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall, Told};
use linli_webkit::AppError;

use super::office;
use crate::error::CasesError;

/// Whatever happens to a case, and who has the duty; not who looked at what, and not what was only told.
const TOLD: Told = Told {
    kinds: &["cases.", "duty."],
    except: &[
        "cases.caller_looked_up",
        "cases.contact_seen",
        "cases.told_elsewhere",
        "cases.sent_elsewhere",
        "cases.list_exported",
    ],
};

/// `GET /cases/live`: what happens in the reach of the actor, but for what is kept from him.
pub(crate) async fn stream(caller: Caller, State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    let scope = caller.ctx.scope(Action::Read, Resource::Case).map_err(CasesError::from)?;
    hall.stream(&caller.ctx, &headers, (scope, TOLD), Some(office(&hall)?)).await
}
