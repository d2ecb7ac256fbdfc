//! What is kept of messages that nobody understands: their shape. Keys and kinds of values, how long they were; no value, no name, no
//! picture. Whoever adds a reader for a new device needs no more.

use std::collections::BTreeSet;

use linli_kernel::Ts;
use uuid::Uuid;

use crate::ear::hour;
use crate::model::DeviceId;
use crate::payload::json::{self, Value};
use crate::payload::once;

/// Most shapes of a district.
pub const SHAPES_MAX: i64 = 500;
/// A shape that was not seen for so many days is forgotten.
pub const KEPT_DAYS: i64 = 90;
/// Most keys of a shape.
const KEYS_MAX: usize = 48;
/// Deepest key of a shape.
const DEPTH_MAX: usize = 4;
/// Longest key that is kept.
const KEY_MAX: usize = 32;

/// Levels of a topic that are known to be nobody's: those of the programs whose messages are read here.
const COMMON: [&str; 22] = [
    "frigate",
    "events",
    "tracked_object_update",
    "available",
    "availability",
    "zigbee2mqtt",
    "bridge",
    "state",
    "onvif-ej",
    "onvif-et",
    "RuleEngine",
    "VideoSource",
    "VideoAnalytics",
    "MotionAlarm",
    "CellMotionDetector",
    "Motion",
    "Device",
    "Trigger",
    "wmbusmeters",
    "tele",
    "stat",
    "linli",
];

/// A message that nobody understands, without what stood in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The same for the same device, topic and shape.
    pub id: Uuid,
    /// The device, where it is known.
    pub device: Option<DeviceId>,
    /// The topic with everything that may be somebody's replaced by `+`.
    pub topic: String,
    /// Keys and kinds of values.
    pub shape: String,
    /// Bytes of the first one.
    pub bytes: i64,
    /// How often since it was written down last.
    pub n: i64,
    /// In which hour first.
    pub first_at: Ts,
    /// In which hour last.
    pub last_at: Ts,
}

impl Sighting {
    /// Of a message that came under a topic; an empty one for HTTP.
    #[must_use]
    pub fn of(device: Option<DeviceId>, topic: &str, payload: &[u8], at: Ts) -> Self {
        let (topic, shape) = (pattern(topic), shape(payload));
        let whose = device.map(|id| *id.0.as_bytes()).unwrap_or_default();
        let half = |salt: &[u8]| once(&[salt, &whose, topic.as_bytes(), shape.as_bytes()]);
        let id = Uuid::from_u64_pair(half(b"a"), half(b"b"));
        let (bytes, at) = (i64::try_from(payload.len()).unwrap_or(i64::MAX), hour(at));
        Self { id, device, topic, shape, bytes, n: 1, first_at: at, last_at: at }
    }
}

/// A topic without names: levels that are not known to be common are `+`.
fn pattern(topic: &str) -> String {
    let level = |level: &str| COMMON.iter().find(|common| **common == level).map_or("+", |common| *common).to_owned();
    topic.split('/').take(12).map(level).collect::<Vec<_>>().join("/")
}

/// The shape of a message.
fn shape(payload: &[u8]) -> String {
    let mut keys = BTreeSet::new();
    match gather(payload, "", 0, &mut keys) {
        Ok(()) => keys.into_iter().take(KEYS_MAX).collect::<Vec<_>>().join(" "),
        Err(_) => other(payload).to_owned(),
    }
}

fn other(payload: &[u8]) -> &'static str {
    match payload.trim_ascii_start() {
        [] => "(empty)",
        [0xff, 0xd8, ..] | [0x89, b'P', b'N', b'G', ..] => "(picture)",
        [b'<', ..] => "(markup)",
        [b'[', ..] => "(array)",
        [b'{', ..] => "(broken object)",
        text if std::str::from_utf8(text).is_ok() => "(text)",
        _ => "(bytes)",
    }
}

fn gather(object: &[u8], above: &str, depth: usize, keys: &mut BTreeSet<String>) -> Result<(), json::Malformed> {
    for member in json::members(object)? {
        let (key, value) = member?;
        let path = format!("{above}{}", key.plain().filter(|key| is_name(key)).unwrap_or("?"));
        let kind = match value {
            Value::Text(_) => "text",
            Value::Number(_) => "number",
            Value::Bool(_) => "bool",
            Value::Null => "null",
            Value::Array(_) => "array",
            Value::Object(inside) => {
                if depth + 1 < DEPTH_MAX {
                    gather(inside, &format!("{path}."), depth + 1, keys)?;
                }
                "object"
            }
        };
        if keys.len() < KEYS_MAX {
            keys.insert(format!("{path}:{kind}"));
        }
    }
    Ok(())
}

/// A key that a program made: a short word of letters. Numbers in a key may be those of a home or a telephone.
fn is_name(key: &str) -> bool {
    (1..=KEY_MAX).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_shape_has_keys_and_no_values() {
        let message = r#"{"name":"王秀英","phone":"13900000000","at":1,"inside":{"room_301":"x","on":true,"deep":{"a":{"b":{"c":1}}}},"王":2,"l":[1]}"#;
        let seen = Sighting::of(None, "frigate/unit3/resident-0417/snapshot", message.as_bytes(), Ts(0));
        assert_eq!(
            seen.shape,
            "?:number at:number inside.?:text inside.deep.a.b:object inside.deep.a:object inside.deep:object inside.on:bool inside:object \
             l:array name:text phone:text"
        );
        assert_eq!(seen.topic, "frigate/+/+/+");
        assert_eq!(shape(b"\xff\xd8\xff\xe0"), "(picture)");
        assert_eq!(shape("王秀英在家".as_bytes()), "(text)");
        assert_eq!(shape(b"{\"a\":"), "(broken object)");
        assert_eq!(shape(b""), "(empty)");
    }

    #[test]
    fn the_same_is_known_again() {
        let of = |topic: &str, text: &str| Sighting::of(None, topic, text.as_bytes(), Ts(0)).id;
        assert_eq!(of("zigbee2mqtt/door_3_301", "{\"a\":1}"), of("zigbee2mqtt/door_3_302", "{\"a\":2}"));
        assert_ne!(of("zigbee2mqtt/door_3_301", "{\"a\":1}"), of("zigbee2mqtt/door_3_301", "{\"a\":\"1\"}"));
    }

    proptest! {
        #[test]
        fn no_value_is_kept(value in "[a-z0-9]{6,20}", key in "[a-z]{1,8}") {
            prop_assume!(!key.contains(&value));
            let message = format!("{{\"{key}\":\"{value}\",\"list\":[\"{value}\"],\"in\":{{\"{key}\":\"{value}\"}}}}");
            let seen = Sighting::of(None, &format!("frigate/{value}"), message.as_bytes(), Ts(0));
            let kept = format!("{} {}", seen.topic, seen.shape);
            prop_assert!(!kept.contains(&value), "{}", kept);
        }

        #[test]
        fn a_shape_is_short(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let seen = Sighting::of(None, "", &bytes, Ts(0));
            prop_assert!(seen.shape.len() < KEYS_MAX * (KEY_MAX + 1) * DEPTH_MAX + KEYS_MAX * 8);
        }
    }
}
