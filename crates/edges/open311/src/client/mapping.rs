//! Which service of another server is which of our classes, and the other way round: data, one file a server.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use linli_cases::rules::Classes;
use serde::Deserialize;

use super::RemoteError;

/// The mapping of a server about which nothing is known.
pub const USUAL: &str = include_str!("../../mappings/usual.toml");

/// A mapping.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The class of services that nothing is said about.
    default: String,
    /// The zone of dates that say none.
    zone: Option<String>,
    /// How many requests a page has, for servers that have pages.
    pub(crate) page_size: Option<usize>,
    /// From their `service_code` to our class.
    #[serde(default)]
    classes: BTreeMap<String, String>,
    /// From our class to their `service_code`.
    #[serde(default)]
    services: BTreeMap<String, String>,
}

impl Mapping {
    /// Reads a mapping and holds it against the classes in force.
    ///
    /// # Errors
    /// `Mapping` for what is no TOML of this shape, a class or a zone that is not there, pages of no requests or more than a thousand.
    pub fn read(text: &str, classes: &Classes) -> Result<Self, RemoteError> {
        let wrong = |why: String| Err(RemoteError::Mapping(why));
        let mapping: Self = toml::from_str(text).map_err(|e| RemoteError::Mapping(e.to_string()))?;
        let named = mapping.classes.values().chain(mapping.services.keys()).chain([&mapping.default]);
        if let Some(unknown) = named.into_iter().find(|code| classes.find(code).is_none()) {
            return wrong(format!("there is no class {unknown}"));
        }
        if let Some(zone) = mapping.zone.as_deref().filter(|zone| TimeZone::get(zone).is_err()) {
            return wrong(format!("there is no time zone {zone}"));
        }
        if mapping.page_size.is_some_and(|size| !(1..=1_000).contains(&size)) {
            return wrong("page_size is 1 to 1000".to_owned());
        }
        Ok(mapping)
    }

    /// Our class for a service: the one that the mapping names, the one of the same code or name, the default.
    pub(crate) fn class(&self, classes: &Classes, code: &str, name: &str) -> String {
        let same = || classes.find(code).map(|class| class.code.clone());
        let called = || classes.all().find(|class| class.zh == name || class.en == name).map(|class| class.code.clone());
        self.classes.get(code).cloned().or_else(same).or_else(called).unwrap_or_else(|| self.default.clone())
    }

    /// Their service for a class; one of the same code when the mapping names none.
    pub(crate) fn service<'m>(&'m self, class: &'m str) -> &'m str {
        self.services.get(class).map_or(class, String::as_str)
    }

    /// The zone of dates that say none.
    pub(crate) fn zone(&self) -> Option<TimeZone> {
        self.zone.as_deref().and_then(|zone| TimeZone::get(zone).ok())
    }
}
