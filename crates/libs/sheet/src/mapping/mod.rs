//! From the columns of a file to the fields of a record.

mod bound;
mod convert;
mod dates;
mod keys;
mod pattern;
mod record;
mod rules;
mod schema;
mod wrong;

pub use bound::Bound;
pub use record::{FieldError, Located, Record};
pub use rules::Mapping;
pub use schema::{FieldKind, FieldSpec, Schema};
pub use wrong::MappingError;
