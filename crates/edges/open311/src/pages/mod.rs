//! The pages about other servers: the administrator keeps them, desks hand cases over to them.

pub(crate) mod handing;
pub(crate) mod remotes;

use linli_webkit::{AppError, FieldProblem};

use crate::client::RemoteError;

/// What went wrong, at a field of the form; what it was is said as it is, for those who know servers.
fn at_field(field: &str, error: RemoteError) -> AppError {
    match error {
        RemoteError::Denied(refusal) => linli_hall::denied(refusal),
        RemoteError::Db(error) => linli_hall::store_error(error),
        RemoteError::Cases(error) => error.into(),
        other => AppError::invalid(vec![FieldProblem::new(field, "open311-remote-wrong").arg("why", other.to_string())]),
    }
}
