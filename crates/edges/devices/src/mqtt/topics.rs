//! Topics: which device a message is of, and what has to be subscribed to.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::model::DeviceKind;
use crate::payload::frigate;
use crate::registry::Known;

/// Whether a topic fits a filter (MQTT 3.1.1, 4.7): `+` is one level, `#` at the end is any number, and neither fits a topic that begins
/// with `$`.
#[must_use]
pub fn fits(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let (mut filter, mut topic) = (filter.split('/'), topic.split('/'));
    loop {
        match (filter.next(), topic.next()) {
            (Some("#"), _) => return true,
            (Some(level), Some(there)) if level == "+" || level == there => {}
            (None, None) => return true,
            _ => return false,
        }
    }
}

/// What is subscribed to for a device. A picture is under none of it.
fn filters(known: &Known) -> Vec<String> {
    let Some(topic) = &known.topic else { return Vec::new() };
    match known.kind {
        DeviceKind::Frigate => frigate::TAILS.iter().map(|tail| format!("{topic}/{tail}")).collect(),
        DeviceKind::Onvif => vec![format!("{topic}/onvif-ej/#")],
        DeviceKind::Contact | DeviceKind::Motion | DeviceKind::Vibration => {
            vec![topic.clone(), format!("{topic}/availability")]
        }
        DeviceKind::Gateway | DeviceKind::Access | DeviceKind::Water | DeviceKind::Power => vec![topic.clone()],
    }
}

/// The devices that a broker brings.
#[derive(Debug, Default)]
pub struct Routes {
    exact: HashMap<String, Vec<Arc<Known>>>,
    wild: Vec<(String, Arc<Known>)>,
}

impl Routes {
    /// Of these devices.
    #[must_use]
    pub(crate) fn of(devices: Vec<Arc<Known>>) -> Self {
        let mut routes = Self::default();
        for known in devices {
            for filter in filters(&known) {
                if filter.contains(['+', '#']) {
                    routes.wild.push((filter, Arc::clone(&known)));
                } else {
                    routes.exact.entry(filter).or_default().push(Arc::clone(&known));
                }
            }
        }
        routes
    }

    /// Everything to subscribe to.
    #[must_use]
    pub fn filters(&self) -> BTreeSet<String> {
        self.exact.keys().cloned().chain(self.wild.iter().map(|(filter, _)| filter.clone())).collect()
    }

    /// The devices that a topic is of.
    pub fn of_topic<'a>(&'a self, topic: &'a str) -> impl Iterator<Item = &'a Arc<Known>> {
        let exact = self.exact.get(topic).into_iter().flatten();
        exact.chain(self.wild.iter().filter(move |(filter, _)| fits(filter, topic)).map(|(_, known)| known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_fit_as_the_specification_says() {
        for (filter, topic) in [
            ("a/b", "a/b"),
            ("a/+", "a/b"),
            ("a/#", "a"),
            ("a/#", "a/b/c"),
            ("#", "a/b"),
            ("+/+", "/a"),
            ("estate/+/cam7/onvif-ej/#", "estate/3/cam7/onvif-ej/RuleEngine/CellMotionDetector/Motion&/1"),
        ] {
            assert!(fits(filter, topic), "{filter} {topic}");
        }
        for (filter, topic) in
            [("a/b", "a"), ("a", "a/b"), ("a/+", "a"), ("a/+", "a/b/c"), ("+", "/a"), ("#", "$SYS/x"), ("+/x", "$SYS/x")]
        {
            assert!(!fits(filter, topic), "{filter} {topic}");
        }
    }
}
