//! What a row has become.

use super::schema::Schema;
use crate::Lang;
use jiff::civil::Date;
use linli_geo::{Crs, Geometry, Point};
use linli_kernel::Ts;
use std::sync::Arc;

/// A place, with the coordinate system its numbers came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// In WGS-84.
    pub point: Point,
    /// What the file's numbers were in.
    pub crs: Crs,
    /// Longitude as it stands in the file.
    pub raw_lon: String,
    /// Latitude as it stands in the file.
    pub raw_lat: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Absent,
    Text(String),
    Int(i64),
    Instant(Ts),
    Day(Date),
    Bool(bool),
    Point(Located),
    Geometry(Geometry),
}

/// A row as typed fields. Reading a field as what it is not, or one the schema does not have, gives `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The line or row of the file.
    pub line: u64,
    pub(crate) schema: Arc<Schema>,
    pub(crate) values: Vec<Value>,
}

impl Record {
    fn value(&self, field: &str) -> &Value {
        let at = self.schema.position(field);
        debug_assert!(at.is_some(), "the schema `{}` has no field `{field}`", self.schema.kind);
        at.and_then(|at| self.values.get(at)).unwrap_or(&Value::Absent)
    }

    /// Whether the schema has this field.
    #[must_use]
    pub fn knows(&self, field: &str) -> bool {
        self.schema.position(field).is_some()
    }

    /// A required text; the empty text when the schema does not require it and it is absent.
    #[must_use]
    pub fn text(&self, field: &str) -> &str {
        self.opt_text(field).unwrap_or_default()
    }

    /// A text, an identifier or a choice.
    #[must_use]
    pub fn opt_text(&self, field: &str) -> Option<&str> {
        match self.value(field) {
            Value::Text(s) => Some(s),
            _ => None,
        }
    }

    /// A whole number, or a decimal in its smallest unit.
    #[must_use]
    pub fn int(&self, field: &str) -> Option<i64> {
        match self.value(field) {
            Value::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// A moment.
    #[must_use]
    pub fn instant(&self, field: &str) -> Option<Ts> {
        match self.value(field) {
            Value::Instant(ts) => Some(*ts),
            _ => None,
        }
    }

    /// A day.
    #[must_use]
    pub fn day(&self, field: &str) -> Option<Date> {
        match self.value(field) {
            Value::Day(day) => Some(*day),
            _ => None,
        }
    }

    /// Yes or no.
    #[must_use]
    pub fn bool(&self, field: &str) -> Option<bool> {
        match self.value(field) {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// A place.
    #[must_use]
    pub fn point(&self, field: &str) -> Option<&Located> {
        match self.value(field) {
            Value::Point(p) => Some(p),
            _ => None,
        }
    }

    /// An outline or a point from a geometry, in WGS-84.
    #[must_use]
    pub fn geometry(&self, field: &str) -> Option<&Geometry> {
        match self.value(field) {
            Value::Geometry(g) => Some(g),
            _ => None,
        }
    }
}

/// Why a field of a row is refused (or, as a warning, doubted).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field; empty when the row as a whole is meant.
    pub field: String,
    /// The column of the file, where one is known.
    pub column: Option<String>,
    /// The text that was found, cut to 80 characters.
    pub value: String,
    /// The stable code, such as `date_not_exist`.
    pub code: &'static str,
    /// What would have been right: allowed words, a limit, a form.
    pub hint: Option<String>,
}

impl FieldError {
    /// An error of a field; whoever imports may add its own codes.
    #[must_use]
    pub fn new(field: &str, code: &'static str) -> Self {
        Self { field: field.into(), column: None, value: String::new(), code, hint: None }
    }

    /// The same with the text that was found.
    #[must_use]
    pub fn value(mut self, value: &str) -> Self {
        const SHOWN: usize = 80;
        self.value = match value.char_indices().nth(SHOWN) {
            Some((cut, _)) => format!("{}…", value.get(..cut).unwrap_or_default()),
            None => value.into(),
        };
        self
    }

    /// The same with what would have been right.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The key of its text: `sheet-` and the code with `-` for `_`.
    #[must_use]
    pub fn message_key(&self) -> String {
        format!("sheet-{}", self.code.replace('_', "-"))
    }

    /// The values for its text.
    #[must_use]
    pub fn args(&self) -> Vec<(&'static str, String)> {
        vec![
            ("field", self.field.clone()),
            ("column", self.column.clone().unwrap_or_else(|| self.field.clone())),
            ("value", self.value.clone()),
            ("hint", self.hint.clone().unwrap_or_default()),
        ]
    }

    /// The sentence for people. A code that this crate does not know is given as it is, with field and value.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        crate::texts::say(lang, &self.message_key(), &self.args())
            .unwrap_or_else(|| format!("{}: {} ({})", self.field, self.code, self.value))
    }
}
