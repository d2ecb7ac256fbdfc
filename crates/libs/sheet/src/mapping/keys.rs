//! Reading a TOML table key by key, so that every complaint names the key.

use super::wrong::{MappingError, Wrong};
use toml::{Table, Value};

/// A table of which every key must be taken or else is unknown.
pub(crate) struct Keys {
    path: String,
    table: Table,
}

impl Keys {
    pub(crate) fn new(path: &str, table: Table) -> Self {
        Self { path: path.into(), table }
    }

    pub(crate) fn key(&self, name: &str) -> String {
        if self.path.is_empty() { name.into() } else { format!("{}.{name}", self.path) }
    }

    pub(crate) fn wrong(&self, name: &str, wrong: Wrong) -> MappingError {
        MappingError::new(self.key(name), wrong)
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, MappingError> {
        match self.table.remove(name) {
            None => Ok(None),
            Some(Value::String(s)) => Ok(Some(s)),
            Some(other) => Err(self.wrong(name, Wrong::new("not-text", [("found", other.type_str().to_owned())]))),
        }
    }

    /// A text or a list of texts.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Vec<String>, MappingError> {
        let list = match self.table.remove(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(list)) => list,
            Some(one) => vec![one],
        };
        list.into_iter()
            .map(|v| match v {
                Value::String(s) => Ok(s),
                other => Err(self.wrong(name, Wrong::new("not-texts", [("found", other.type_str().to_owned())]))),
            })
            .collect()
    }

    pub(crate) fn flag(&mut self, name: &str) -> Result<bool, MappingError> {
        match self.table.remove(name) {
            None => Ok(false),
            Some(Value::Boolean(b)) => Ok(b),
            Some(_) => Err(self.wrong(name, Wrong::new("not-flag", []))),
        }
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.table.remove(name)
    }

    pub(crate) fn table(&mut self, name: &str) -> Result<Self, MappingError> {
        match self.table.remove(name) {
            None => Ok(Self::new(&self.key(name), Table::new())),
            Some(Value::Table(table)) => Ok(Self::new(&self.key(name), table)),
            Some(_) => Err(self.wrong(name, Wrong::new("not-table", []))),
        }
    }

    /// All that is left, by name; for tables whose keys are free.
    pub(crate) fn rest(&mut self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.table).into_iter().collect()
    }

    /// Complains about the first key that nobody took.
    pub(crate) fn end(self, known: &str) -> Result<(), MappingError> {
        match self.table.keys().next() {
            None => Ok(()),
            Some(name) => Err(self.wrong(name, Wrong::new("unknown-key", [("known", known.to_owned())]))),
        }
    }
}
