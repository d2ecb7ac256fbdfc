//! What can go wrong at the door.

use linli_access::Denied;
use linli_db::DbError;
use linli_kernel::{Code, Status};
use linli_people::PeopleError;
use linli_territory::TerritoryError;
use linli_webkit::AppError;

/// A refusal of this room.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Permission.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// People.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The ground.
    #[error(transparent)]
    Territory(#[from] TerritoryError),
    /// Login or password is wrong: which of them is not said.
    #[error("login or password is wrong")]
    WrongPassword,
    /// Too many wrong passwords; try again after so many seconds.
    #[error("locked for {0} seconds")]
    Locked(i64),
    /// The one-time link or code is unknown, used, or has run out.
    #[error("this link has been used or has run out")]
    LinkGone,
    /// The password does not fulfil the rules.
    #[error("the password needs at least {0} characters of three kinds, and must not hold the login")]
    WeakPassword(usize),
    /// The login is taken or cannot be one.
    #[error("this login cannot be used")]
    BadLogin,
    /// The appointment is not the account's, or not in force.
    #[error("this appointment is not yours now")]
    NotYourAppointment,
    /// A hash could not be computed.
    #[error("password hash")]
    Hash(String),
}

impl IdentityError {
    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Db(e) => e.code(),
            Self::Denied(e) => e.code(),
            Self::People(e) => e.code(),
            Self::Territory(e) => e.code(),
            Self::WrongPassword => Code::new("identity.wrong_password", Status::Invalid),
            Self::Locked(_) => Code::new("identity.locked", Status::TooMany),
            Self::LinkGone => Code::new("identity.link_gone", Status::Gone),
            Self::WeakPassword(_) => Code::new("identity.weak_password", Status::Invalid),
            Self::BadLogin => Code::new("identity.bad_login", Status::Invalid),
            Self::NotYourAppointment => Code::new("identity.not_your_appointment", Status::Forbidden),
            Self::Hash(_) => Code::new("identity.hash", Status::Internal),
        }
    }
}

impl From<IdentityError> for AppError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Locked(secs) => Self::new(error.code()).retry_after(u64::try_from(secs).unwrap_or(1)),
            IdentityError::WeakPassword(least) => {
                Self::new(error.code()).arg("least", i64::try_from(least).unwrap_or(12)).caused_by(error)
            }
            _ => Self::new(error.code()).caused_by(error),
        }
    }
}
