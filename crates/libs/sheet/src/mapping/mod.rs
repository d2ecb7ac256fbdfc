//! From the columns of a file to the fields of a record.

mod bound;
mod convert;
mod dates;
mod keys;
mod pattern;
mod record;
mod rules;
mod schema;

pub use bound::Bound;
pub use keys::MappingError;
pub use record::{FieldError, Located, Record};
pub use rules::Mapping;
pub use schema::{FieldKind, FieldSpec, Schema};
