//! Small sensors behind a bridge (Zigbee2MQTT): door contacts, motion, vibration. Their messages have no time of their own.
//!
//! `contact: true` is closed. Whether an open contact is an opening is decided by who keeps what it was before: one movement of a door
//! gives three or more messages within a second.

use super::json::{self, Value};
use super::{Noticed, Rejection, Said};

/// What the sensor senses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// A contact at a door or window (门磁).
    Contact,
    /// Somebody moves (人体红外).
    Motion,
    /// Something is touched or walked on (震动).
    Vibration,
}

/// Reads a message of the sensor's own topic.
///
/// # Errors
/// `Malformed`; `Wrong` for a state that is no boolean.
pub fn read(sense: Sense, payload: &[u8]) -> Result<Said, Rejection> {
    let name = match sense {
        Sense::Contact => "contact",
        Sense::Motion => "occupancy",
        Sense::Vibration => "vibration",
    };
    let mut state = None;
    for member in json::members(payload)? {
        let (key, value) = member?;
        let asked = key.raw() == name.as_bytes() || (sense == Sense::Motion && key.raw() == b"presence");
        match value {
            Value::Bool(yes) if asked => state = Some(yes),
            // Some bridges tell a state as null until it is known.
            Value::Null => {}
            _ if asked => return Err(Rejection::Wrong(name)),
            _ => {}
        }
    }
    Ok(match (sense, state) {
        (_, None) => Said::Alive,
        (Sense::Contact, Some(closed)) => Said::Contact { open: !closed },
        (_, Some(true)) => Said::Sign(Noticed::default()),
        (_, Some(false)) => Said::Alive,
    })
}

/// Reads a message of `{topic}/availability`: what the bridge says about the sensor, plain or as `{"state":…}`.
///
/// # Errors
/// `Unknown` for anything but `online` and `offline`.
pub fn availability(payload: &[u8]) -> Result<Said, Rejection> {
    let word = match json::member(payload, b"state") {
        Ok(Some(Value::Text(word))) => word.raw(),
        Ok(_) => return Err(Rejection::Unknown),
        Err(_) => payload,
    };
    match word {
        b"online" => Ok(Said::Alive),
        b"offline" => Ok(Said::Gone),
        _ => Err(Rejection::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contact_true_is_closed() {
        let read = |text: &str| read(Sense::Contact, text.as_bytes());
        assert_eq!(read(r#"{"battery":97,"contact":true,"linkquality":112,"voltage":3005}"#), Ok(Said::Contact { open: false }));
        assert_eq!(read(r#"{"contact":false}"#), Ok(Said::Contact { open: true }));
        assert_eq!(read(r#"{"battery":97,"linkquality":14}"#), Ok(Said::Alive));
        assert_eq!(read(r#"{"contact":null}"#), Ok(Said::Alive));
        assert_eq!(read(r#"{"contact":"false"}"#), Err(Rejection::Wrong("contact")));
        assert_eq!(read("online"), Err(Rejection::Malformed));
    }

    #[test]
    fn motion_and_vibration_are_signs_while_they_last() {
        let sign = Ok(Said::Sign(Noticed::default()));
        assert_eq!(read(Sense::Motion, br#"{"occupancy":true}"#), sign);
        assert_eq!(read(Sense::Motion, br#"{"presence":true}"#), sign);
        assert_eq!(read(Sense::Motion, br#"{"occupancy":false}"#), Ok(Said::Alive));
        assert_eq!(read(Sense::Vibration, br#"{"vibration":true,"strength":12}"#), sign);
        assert_eq!(read(Sense::Vibration, br#"{"occupancy":true}"#), Ok(Said::Alive), "it does not stand for another sensor");
    }

    #[test]
    fn the_bridge_speaks_for_a_sensor_that_is_gone() {
        assert_eq!(availability(b"online"), Ok(Said::Alive));
        assert_eq!(availability(br#"{"state":"offline"}"#), Ok(Said::Gone));
        assert_eq!(availability(br#"{"contact":true}"#), Err(Rejection::Unknown));
        assert_eq!(availability(b"\xff"), Err(Rejection::Unknown));
    }
}
