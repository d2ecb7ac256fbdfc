//! Motion as cameras and sensors publish it in ONVIF's JSON over MQTT (ONVIF Core Specification, Event Broker):
//! `{prefix}/onvif-ej/RuleEngine/CellMotionDetector/Motion&/{source}` with `{"UtcTime":…,"Source":{…},"Data":{"IsMotion":"true"}}`.
//!
//! Values are texts, booleans among them; some makers write real ones, or `"1"`. The prefix is the installation's and may have any
//! number of levels. A state that is told because somebody subscribed (`Initialized`) is no movement.

use super::json::{self, Value};
use super::{Noticed, Rejection, Said, instant};

/// The level of the topic that says that the payload is an event in JSON.
const FORM: &str = "onvif-ej";
/// What says in `Data` that something moves or was switched.
const STATES: [&str; 3] = ["IsMotion", "State", "LogicalState"];

/// Reads an event published under a topic.
///
/// # Errors
/// `Malformed`; `Unknown` for a topic that is none of ONVIF's and for events that are no motion.
pub fn read(topic: &str, payload: &[u8]) -> Result<Said, Rejection> {
    let local = local(topic).ok_or(Rejection::Unknown)?;
    let (mut at, mut state, mut told) = (None, None, false);
    for member in json::members(payload)? {
        let (key, value) = member?;
        match (key.raw(), value) {
            (b"UtcTime", Value::Text(time)) => at = Some(time.plain().and_then(instant).ok_or(Rejection::Wrong("UtcTime"))?),
            (b"PropertyOperation", Value::Text(what)) => told = what.raw() != b"Changed",
            (b"Data" | b"data", Value::Object(data)) => state = state_of(data)?.or(state),
            _ => {}
        }
    }
    let moves = local.contains("Motion") || local.contains("RuleEngine/") || local.contains("Trigger/");
    let state = state.filter(|_| moves).ok_or(Rejection::Unknown)?;
    if told || !state {
        return Ok(Said::Alive);
    }
    Ok(Said::Sign(Noticed { at, ..Noticed::default() }))
}

/// The topic as the device has it: behind the form, before the source.
fn local(topic: &str) -> Option<&str> {
    let from = topic.split('/').scan(0, |from, level| {
        let here = *from;
        *from += level.len() + 1;
        Some((here, level))
    });
    let (at, level) = from.filter(|(_, level)| *level == FORM).last()?;
    let local = topic.get(at + level.len() + 1..)?;
    let local = local.split_once('&').map_or(local, |(local, _)| local);
    Some(local.trim_end_matches('/')).filter(|local| !local.is_empty())
}

fn state_of(data: &[u8]) -> Result<Option<bool>, Rejection> {
    let mut state = None;
    for member in json::members(data)? {
        let (key, value) = member?;
        let named = key.plain().is_some_and(|key| STATES.iter().any(|name| name.eq_ignore_ascii_case(key)));
        if named {
            state = Some(value.truth().ok_or(Rejection::Wrong("Data"))?);
        }
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "estate/3/cam7/onvif-ej/RuleEngine/CellMotionDetector/Motion&/VideoSourceToken";

    fn moving(value: &str) -> String {
        format!(
            r#"{{"UtcTime":"2026-11-23T00:10:05Z","PropertyOperation":"Changed","Source":{{"Rule":"MyRule"}},"Key":{{}},"Data":{{"IsMotion":{value}}}}}"#
        )
    }

    #[test]
    fn booleans_are_texts() {
        let sign = Said::Sign(Noticed { at: Some(1_795_392_605), ..Noticed::default() });
        for yes in ["\"true\"", "\"1\"", "true", "1"] {
            assert_eq!(read(TOPIC, moving(yes).as_bytes()), Ok(sign.clone()), "{yes}");
        }
        for no in ["\"false\"", "\"0\"", "false", "0"] {
            assert_eq!(read(TOPIC, moving(no).as_bytes()), Ok(Said::Alive), "{no}");
        }
        assert_eq!(read(TOPIC, moving("\"yes\"").as_bytes()), Err(Rejection::Wrong("Data")));
    }

    #[test]
    fn the_prefix_may_be_anything() {
        for topic in [
            "a/onvif-ej/VideoSource/MotionAlarm",
            "a/b/c/d/onvif-ej/VideoSource/MotionAlarm&/x/y",
            "onvif-ej/onvif-ej/Device/Trigger/Relay/",
        ] {
            let message = r#"{"Data":{"State":"true"}}"#;
            assert_eq!(read(topic, message.as_bytes()), Ok(Said::Sign(Noticed::default())), "{topic}");
        }
        for topic in
            ["a/b/RuleEngine/CellMotionDetector/Motion", "a/onvif-ej", "a/onvif-ej/", "a/xonvif-ej/VideoSource/MotionAlarm", ""]
        {
            assert_eq!(read(topic, moving("\"true\"").as_bytes()), Err(Rejection::Unknown), "{topic}");
        }
        assert_eq!(local("a/onvif-ej/VideoSource/MotionAlarm&/1"), Some("VideoSource/MotionAlarm"));
    }

    #[test]
    fn a_state_that_is_told_is_no_movement() {
        let told = moving("\"true\"").replace("Changed", "Initialized");
        assert_eq!(read(TOPIC, told.as_bytes()), Ok(Said::Alive));
        let storage = r#"{"Data":{"Failed":"true"}}"#;
        assert_eq!(read("a/onvif-ej/Device/HardwareFailure/StorageFailure", storage.as_bytes()), Err(Rejection::Unknown));
        let late = moving("\"true\"").replace("2026-11-23T00:10:05Z", "soon");
        assert_eq!(read(TOPIC, late.as_bytes()), Err(Rejection::Wrong("UtcTime")));
    }
}
