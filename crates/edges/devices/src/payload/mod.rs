//! What devices say: bytes in, signs or a named rejection out. No I/O, no clock, nothing kept.
//!
//! What always holds here: of a message nothing comes out but what kind of sign it is, when, and the label under which the family or
//! the operator registered the person at this very device. Names, pictures, scores, places in the picture have nowhere to go.

pub mod frigate;
pub mod hikvision;
pub mod json;
pub mod line;
pub mod meter;
pub mod onvif;
pub mod zigbee;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use linli_watch::SignKind;

/// Longest label of a person at a device, in bytes.
pub const LABEL_MAX: usize = 64;

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A sign of life.
    Sign(Noticed),
    /// A contact (门磁) is open or closed; whether that is an opening says what it was before.
    Contact {
        /// Open.
        open: bool,
    },
    /// A meter has counted so far: thousandths of a litre or of a watt-hour.
    Count {
        /// Since it was made, or set back.
        milli: u64,
    },
    /// The device lives. Of anybody it says nothing.
    Alive,
    /// The device has ended, or the broker says so in its stead (last will).
    Gone,
}

/// A sign as the device noticed it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Noticed {
    /// Whose, by the label that was given at this device; none where the device stands for one person.
    pub label: Option<Label>,
    /// When, Unix seconds by the clock of the device; none when the message has no time.
    pub at: Option<i64>,
    /// Which kind, where the message says; otherwise what the device stands for.
    pub kind: Option<SignKind>,
    /// The same for every message about the same event.
    pub once: Option<u64>,
    /// From the memory of the device, handed in late.
    pub history: bool,
    /// The device says itself that it sends this again.
    pub again: bool,
}

/// The label of a person at a device: 1 to 64 bytes without control characters. It is looked up and then forgotten.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Label(Box<str>);

impl Label {
    /// A label, if it is one.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let fits = (1..=LABEL_MAX).contains(&text.len()) && !text.chars().any(char::is_control);
        fits.then(|| Self(text.into()))
    }

    /// The text, for looking it up.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Label(…)")
    }
}

/// Why a message is not taken. Says nothing of what stood in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Rejection {
    /// It cannot be read at all.
    #[error("cannot be read")]
    Malformed,
    /// Longer than anything a device sends.
    #[error("too long")]
    TooLong,
    /// It can be read, and is no message that we know.
    #[error("not a message of this kind of device")]
    Unknown,
    /// Something is missing that it must have.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Something has a value that it cannot have.
    #[error("{0} is wrong")]
    Wrong(&'static str),
}

impl Rejection {
    /// The stable word for answers and counts.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLong => "too_long",
            Self::Unknown => "unknown_message",
            Self::Missing(_) => "field_missing",
            Self::Wrong(_) => "field_wrong",
        }
    }
}

impl From<json::Malformed> for Rejection {
    fn from(_: json::Malformed) -> Self {
        Self::Malformed
    }
}

/// The word of a kind of sign in messages of our own form and in the registry.
#[must_use]
pub const fn word_of(kind: SignKind) -> &'static str {
    match kind {
        SignKind::Out => "out",
        SignKind::In => "in",
        SignKind::Door => "door",
        SignKind::Motion => "motion",
        SignKind::Use => "use",
        SignKind::Seen => "seen",
    }
}

/// The kind of sign that has this word.
#[inline]
#[must_use]
pub const fn kind_of(word: &[u8]) -> Option<SignKind> {
    Some(match word {
        b"out" => SignKind::Out,
        b"in" => SignKind::In,
        b"door" => SignKind::Door,
        b"motion" => SignKind::Motion,
        b"use" => SignKind::Use,
        b"seen" => SignKind::Seen,
        _ => return None,
    })
}

/// A number by which the same event is known again, of nothing that could be read back out of it.
#[must_use]
pub(crate) fn once(parts: &[&[u8]]) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

/// An instant in RFC 3339 with its offset, as Unix seconds.
pub(crate) fn instant(text: &str) -> Option<i64> {
    text.trim().parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

/// Unix seconds, as a number or a text of RFC 3339.
pub(crate) fn seconds(value: json::Value<'_>) -> Option<i64> {
    match value {
        json::Value::Number(_) => value.scaled(0),
        json::Value::Text(text) => instant(text.plain()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_kind_of_sign_has_its_word() {
        for kind in SignKind::ALL {
            assert_eq!(kind_of(word_of(kind).as_bytes()), Some(kind));
        }
        assert_eq!(kind_of(b"Out"), None);
    }

    #[test]
    fn a_label_is_short_and_never_shown() {
        let label = Label::of("resident-0417").unwrap();
        assert_eq!(format!("{label:?}"), "Label(…)");
        assert_eq!(Label::of(""), None);
        assert_eq!(Label::of("a\nb"), None);
        assert_eq!(Label::of(&"x".repeat(65)), None);
    }

    /// Every reader is asked about the same bytes.
    fn ask_all(bytes: &[u8]) -> Vec<String> {
        let mut said = vec![
            format!("{:?}", line::read(bytes).map(|line| line.kind)),
            format!("{:?}", onvif::read("a/onvif-ej/RuleEngine/CellMotionDetector/Motion/&1", bytes)),
            format!("{:?}", hikvision::read(None, bytes).map(|event| event.map(|event| event.said))),
            format!("{:?}", hikvision::read(Some("multipart/form-data; boundary=b"), bytes).is_ok()),
        ];
        for tail in ["events", "tracked_object_update", "available"] {
            said.push(format!("{:?}", frigate::read(tail, bytes, 800).map(|(_, said)| said)));
        }
        for sense in [zigbee::Sense::Contact, zigbee::Sense::Motion, zigbee::Sense::Vibration] {
            said.push(format!("{:?}", zigbee::read(sense, bytes)));
        }
        for meter in [meter::Meter::Water, meter::Meter::Power] {
            said.push(format!("{:?}", meter::read(meter, bytes)));
        }
        said
    }

    proptest! {
        #[test]
        fn no_reader_panics_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            ask_all(&bytes);
        }

        /// Whatever is written into the members of a message, none of it is in what a reader prints, not even in its refusal.
        #[test]
        fn nothing_personal_comes_out(name in "王[\\p{Han}]{1,3}", place in 0_usize..9) {
            let members = ["name", "description", "after", "sub_label", "contact", "total_m3", "kind", "eventType", "Data"];
            let message = format!("{{\"type\":\"face\",\"{}\":\"{name}\",\"employeeNoString\":\"{name}\"}}", members[place]);
            for said in ask_all(message.as_bytes()) {
                prop_assert!(!said.contains(&name), "{}", said);
            }
            let xml = format!("<EventNotificationAlert><name>{name}</name><eventType>{name}</eventType></EventNotificationAlert>");
            for said in ask_all(xml.as_bytes()) {
                prop_assert!(!said.contains(&name), "{}", said);
            }
        }

        /// A message with any part of it changed or cut off is refused or read, and nothing else.
        #[test]
        fn damaged_messages_do_no_harm(at in 0_usize..700, byte in any::<u8>(), cut in 0_usize..700) {
            for sample in [hikvision::tests::FACE, frigate::tests::KNOWN] {
                let mut bytes = sample.as_bytes().to_vec();
                let many = bytes.len();
                bytes[at % many] = byte;
                ask_all(&bytes);
                bytes.truncate(cut % many);
                ask_all(&bytes);
            }
        }
    }
}
