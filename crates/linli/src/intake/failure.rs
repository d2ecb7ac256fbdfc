//! Why a file could not be taken, or broke off.

use std::fmt::Display;

use linli_cases::CasesError;
use linli_db::DbError;
use linli_kernel::{Code, Status};
use linli_people::PeopleError;
use linli_sheet::{Lang, MappingError, SheetError};
use linli_territory::TerritoryError;
use linli_treatment::NetworkError;
use linli_webkit::T;

/// Why a file could not be taken at all, or a load broke off.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The file.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The mapping does not fit.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The ground refused, or the store.
    #[error(transparent)]
    Territory(#[from] TerritoryError),
    /// People refused.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// Cases refused.
    #[error(transparent)]
    Cases(#[from] CasesError),
    /// The treatment network refused.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Two coordinate systems are named.
    #[error("the import says {0}, the mapping says {1}")]
    TwoSystems(&'static str, &'static str),
    /// The default place is not known.
    #[error("no place {0}")]
    NoPlace(String),
    /// The program itself failed; the log has it.
    #[error("the import broke down; the log says why")]
    Broken,
}

impl From<linli_territory::import::ImportError> for Failure {
    fn from(error: linli_territory::import::ImportError) -> Self {
        use linli_territory::import::ImportError;
        match error {
            ImportError::Territory(e) => e.into(),
            ImportError::Sheet(e) => e.into(),
            ImportError::Mapping(e) => e.into(),
        }
    }
}

impl From<linli_people::import::ImportError> for Failure {
    fn from(error: linli_people::import::ImportError) -> Self {
        use linli_people::import::ImportError;
        match error {
            ImportError::People(e) => e.into(),
            ImportError::Sheet(e) => e.into(),
            ImportError::Mapping(e) => e.into(),
        }
    }
}

impl From<linli_treatment::import::ImportError> for Failure {
    fn from(error: linli_treatment::import::ImportError) -> Self {
        use linli_treatment::import::ImportError;
        match error {
            ImportError::Network(e) => e.into(),
            ImportError::Sheet(e) => e.into(),
            ImportError::Mapping(e) => e.into(),
        }
    }
}

impl From<linli_cases::import::ImportError> for Failure {
    fn from(error: linli_cases::import::ImportError) -> Self {
        use linli_cases::import::ImportError;
        match error {
            ImportError::Cases(e) => e.into(),
            ImportError::Sheet(e) => e.into(),
            ImportError::Mapping(e) => e.into(),
        }
    }
}

impl Failure {
    /// The sentence for people.
    #[must_use]
    pub fn text(&self, t: &T, lang: Lang) -> String {
        match self {
            Self::Sheet(e) => e.text(lang),
            Self::Mapping(e) => e.text(lang),
            Self::Territory(TerritoryError::Invalid(problem)) | Self::People(PeopleError::Invalid(problem)) => {
                linli_territory::import::sentence(t, lang, problem)
            }
            Self::TwoSystems(said, mapped) => {
                t.with("intake-two-systems", &[("said", (*said).into()), ("mapped", (*mapped).into())])
            }
            Self::NoPlace(key) => t.with("intake-no-place", &[("key", key.as_str().into())]),
            Self::Broken => t.s("intake-broken").to_string(),
            Self::Territory(e @ (TerritoryError::Unknown(what) | TerritoryError::Taken(what))) => {
                t.v(&e.code().text_key(), "what", what)
            }
            Self::Territory(e) => of_code(t, e.code(), e),
            Self::People(e) => of_code(t, e.code(), e),
            Self::Cases(e) => of_code(t, e.code(), e),
            Self::Network(e) => of_code(t, e.code(), e),
            Self::Db(e) => of_code(t, e.code(), e),
        }
    }
}

/// The sentence of a code. What only whoever runs the program can mend comes with what the program says of it, for the search.
fn of_code(t: &T, code: Code, error: &dyn Display) -> String {
    let said = t.s(&code.text_key()).into_owned();
    if code.status != Status::Internal {
        return said;
    }
    t.with("intake-with-detail", &[("said", said.into()), ("detail", error.to_string().into())])
}
