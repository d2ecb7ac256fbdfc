//! The pages about other servers: the administrator keeps them, desks hand cases over to them.

pub(crate) mod handing;
pub(crate) mod remotes;

use linli_webkit::{AppError, FieldProblem, T};

use crate::client::{RemoteError, meaning};

/// What a job wrote of a failure: what it means, and for those who know servers the words as they were said, marked as that.
fn detail(t: &T, problem: Option<String>) -> String {
    problem.map(|problem| t.v(meaning(&problem), "detail", problem)).unwrap_or_default()
}

/// What went wrong, at a field of the form, in the language of the reader.
fn at_field(field: &str, error: RemoteError) -> AppError {
    match error {
        RemoteError::Denied(refusal) => linli_hall::denied(refusal),
        RemoteError::Db(error) => linli_hall::store_error(error),
        RemoteError::Cases(error) => error.into(),
        other => {
            let (key, args) = other.told();
            let problem = args.into_iter().fold(FieldProblem::new(field, key), |problem, (name, value)| problem.arg(name, value));
            AppError::invalid(vec![problem])
        }
    }
}
