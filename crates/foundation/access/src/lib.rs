//! Who may do what, where. A permission is a dated appointment (任职): a role with a scope.
//!
//! What always holds here: the table in [`matrix`] is the only place that grants anything; sensitive resources (identity,
//! clinical, care, ballots) never follow from a place above unless the table says so for that role; a list takes a
//! [`Scope`] that becomes SQL, and nothing is filtered in memory afterwards.

mod ctx;
pub mod matrix;
mod role;
mod scope;

pub use ctx::{Actor, Channel, Ctx};
pub use matrix::{Action, Resource};
pub use role::Role;
pub use scope::Scope;

use linli_kernel::{Code, Status};

/// A refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody is signed in, and this needs somebody.
    #[error("sign in first")]
    Unauthenticated,
    /// The appointment acted under does not allow it there.
    #[error("not allowed under this appointment")]
    Forbidden,
    /// Nothing the actor may know of.
    #[error("not found")]
    Hidden,
}

impl Denied {
    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::Unauthenticated => Code::new("access.unauthenticated", Status::Unauthenticated),
            Self::Forbidden => Code::new("access.forbidden", Status::Forbidden),
            Self::Hidden => Code::new("access.hidden", Status::NotFound),
        }
    }
}
