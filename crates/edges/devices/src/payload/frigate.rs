//! A camera that recognises who the family told it to (Frigate over MQTT).
//!
//! Who is seen comes from the label that the family gave to its own camera, with a score at or above a threshold of ours. Everybody
//! else who passes is nobody: a message without a label, with a lower score or about a false positive only says that the camera
//! lives. Form of the messages: Frigate's documentation of its MQTT topics (blakeblackshear/frigate, MIT).

use super::json::{self, Text, Value};
use super::{Label, Noticed, Rejection, Said, once};

/// The topics below the prefix that are listened to. `/person/snapshot` and its like are pictures and are never asked for.
pub const TAILS: [&str; 3] = ["events", "tracked_object_update", "available"];

/// Reads a message of the topic `{prefix}/{tail}`; gives the name of the camera beside what is said. `floor` is the lowest score that
/// counts, in thousandths.
///
/// # Errors
/// `Malformed`; `Unknown` for other topics and words.
pub fn read(tail: &str, payload: &[u8], floor: i64) -> Result<(Option<String>, Said), Rejection> {
    match tail {
        "available" => match payload {
            b"online" => Ok((None, Said::Alive)),
            b"offline" | b"stopped" => Ok((None, Said::Gone)),
            _ => Err(Rejection::Unknown),
        },
        "events" => event(payload, floor),
        "tracked_object_update" => update(payload, floor),
        _ => Err(Rejection::Unknown),
    }
}

/// Both messages about a visit, as far as they are looked at.
#[derive(Default)]
struct Visit<'a> {
    id: Option<Text<'a>>,
    camera: Option<Text<'a>>,
    name: Option<Text<'a>>,
    score: Option<i64>,
    at: Option<i64>,
}

fn event(payload: &[u8], floor: i64) -> Result<(Option<String>, Said), Rejection> {
    let (mut kind, mut after) = (None, None);
    for member in json::members(payload)? {
        match member? {
            (key, Value::Text(text)) if key.raw() == b"type" => kind = Some(text.raw()),
            (key, Value::Object(object)) if key.raw() == b"after" => after = Some(object),
            _ => {}
        }
    }
    if !matches!(kind, Some(b"new" | b"update" | b"end")) {
        return Err(Rejection::Unknown);
    }
    let (mut visit, mut person, mut doubtful) = (Visit::default(), false, false);
    for member in json::members(after.ok_or(Rejection::Missing("after"))?)? {
        let (key, value) = member?;
        match (key.raw(), value) {
            (b"id", Value::Text(id)) => visit.id = Some(id),
            (b"camera", Value::Text(camera)) => visit.camera = Some(camera),
            (b"label", Value::Text(label)) => person = label.raw() == b"person",
            (b"false_positive", Value::Bool(yes)) => doubtful = yes,
            (b"frame_time", time @ Value::Number(_)) => visit.at = time.scaled(0),
            // Name and score together, or nothing: a bare name has no score to judge it by.
            (b"sub_label", Value::Array(pair)) => {
                let mut pair = json::elements(pair)?;
                visit.name = pair.next().transpose()?.and_then(Value::text);
                visit.score = pair.next().transpose()?.and_then(|score| score.scaled(3));
            }
            _ => {}
        }
    }
    if !person || doubtful {
        visit.name = None;
    }
    said(&visit, floor)
}

/// After every attempt at recognising, also below the threshold of the camera; other types of update say nothing of anybody here.
fn update(payload: &[u8], floor: i64) -> Result<(Option<String>, Said), Rejection> {
    let (mut visit, mut face) = (Visit::default(), false);
    for member in json::members(payload)? {
        let (key, value) = member?;
        match (key.raw(), value) {
            (b"type", Value::Text(kind)) => face = kind.raw() == b"face",
            (b"id", Value::Text(id)) => visit.id = Some(id),
            (b"camera", Value::Text(camera)) => visit.camera = Some(camera),
            (b"name", Value::Text(name)) => visit.name = Some(name),
            (b"score", score @ Value::Number(_)) => visit.score = score.scaled(3),
            (b"timestamp", time @ Value::Number(_)) => visit.at = time.scaled(0),
            _ => {}
        }
    }
    if !face {
        visit.name = None;
    }
    said(&visit, floor)
}

fn said(visit: &Visit<'_>, floor: i64) -> Result<(Option<String>, Said), Rejection> {
    let id = visit.id.ok_or(Rejection::Missing("id"))?;
    let camera = visit.camera.and_then(Text::meant).map(std::borrow::Cow::into_owned);
    let known = visit.name.filter(|_| visit.score.is_some_and(|score| score >= floor));
    let Some(name) = known else { return Ok((camera, Said::Alive)) };
    let label = name.meant().and_then(|name| Label::of(&name)).ok_or(Rejection::Wrong("sub_label"))?;
    // Many messages about one visit of one person are one sign.
    let once = Some(once(&[b"frigate", id.raw(), name.raw()]));
    Ok((camera, Said::Sign(Noticed { label: Some(label), at: visit.at, once, ..Noticed::default() })))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const KNOWN: &str = r#"{"type":"update","before":{"id":"1763856012.4-kq","label":"person","sub_label":null},
        "after":{"id":"1763856012.4-kq","camera":"unit3","frame_time":1763856018.90441,"label":"person","sub_label":["resident-0417",0.83],
        "top_score":0.93,"false_positive":false,"start_time":1763856012.4,"end_time":null,"box":[410,190,520,470],"current_zones":["lobby"]}}"#;

    fn at(text: &str, floor: i64) -> Result<Said, Rejection> {
        read("events", text.as_bytes(), floor).map(|(_, said)| said)
    }

    fn label(said: &Said) -> Option<&str> {
        if let Said::Sign(noticed) = said { noticed.label.as_ref().map(Label::as_str) } else { None }
    }

    #[test]
    fn a_known_face_is_a_sign_of_the_label_the_family_gave() {
        let (camera, said) = read("events", KNOWN.as_bytes(), 800).unwrap();
        assert_eq!(camera.as_deref(), Some("unit3"));
        assert_eq!(label(&said), Some("resident-0417"));
        let Said::Sign(noticed) = said else { panic!("a sign") };
        assert_eq!((noticed.at, noticed.kind), (Some(1_763_856_018), None));
    }

    #[test]
    fn everybody_else_is_nobody() {
        let passers = [
            KNOWN.replace("0.83", "0.79"),
            KNOWN.replace("[\"resident-0417\",0.83]", "null"),
            KNOWN.replace("[\"resident-0417\",0.83]", "\"resident-0417\""),
            KNOWN.replace("[\"resident-0417\",0.83]", "[\"resident-0417\"]"),
            KNOWN.replace("\"false_positive\":false", "\"false_positive\":true"),
            KNOWN.replace("\"label\":\"person\",\"sub_label\":[", "\"label\":\"car\",\"sub_label\":["),
        ];
        for passer in passers {
            assert_eq!(at(&passer, 800), Ok(Said::Alive), "{passer}");
        }
        assert_eq!(at(KNOWN, 830).as_ref().ok().and_then(label), Some("resident-0417"), "at the threshold it counts");
    }

    #[test]
    fn all_messages_about_one_visit_are_one() {
        let face = |score: &str| {
            format!(
                r#"{{"type":"face","id":"1763856012.4-kq","name":"resident-0417","score":{score},"camera":"unit3","timestamp":1763856018.7}}"#
            )
        };
        let once_of = |tail: &str, text: &str| match read(tail, text.as_bytes(), 700).unwrap().1 {
            Said::Sign(noticed) => noticed.once,
            _ => None,
        };
        let first = once_of("events", KNOWN);
        assert!(first.is_some());
        assert_eq!(first, once_of("tracked_object_update", &face("0.74")));
        assert_eq!(first, once_of("events", &KNOWN.replace("\"update\"", "\"end\"")));
        assert_eq!(once_of("tracked_object_update", &face("0.41")), None, "below the threshold it is nobody");
        assert_ne!(first, once_of("events", &KNOWN.replace("1763856012.4-kq", "1763856012.4-zz")));
        let nobody = r#"{"type":"face","id":"x","name":null,"score":0.0,"camera":"unit3","timestamp":1763856014.1}"#;
        assert_eq!(read("tracked_object_update", nobody.as_bytes(), 0).unwrap().1, Said::Alive);
        let words = r#"{"type":"description","id":"x","description":"an old woman in red","name":"resident-0417","score":1.0}"#;
        assert_eq!(read("tracked_object_update", words.as_bytes(), 0).unwrap().1, Said::Alive, "other updates say nothing");
    }

    #[test]
    fn the_last_will_is_no_visit() {
        assert_eq!(read("available", b"online", 0).unwrap().1, Said::Alive);
        assert_eq!(read("available", b"offline", 0).unwrap().1, Said::Gone);
        assert_eq!(read("available", b"stopped", 0).unwrap().1, Said::Gone);
        assert_eq!(read("available", b"\xff", 0).map(|(_, said)| said), Err(Rejection::Unknown));
        assert_eq!(read("unit3/person/snapshot", b"\xff\xd8\xff", 0).map(|(_, said)| said), Err(Rejection::Unknown));
        assert_eq!(at("{\"type\":\"new\"}", 0), Err(Rejection::Missing("after")));
        assert_eq!(at("{\"type\":\"lpr\",\"after\":{}}", 0), Err(Rejection::Unknown));
        assert_eq!(at("12", 0), Err(Rejection::Malformed), "a counter is no event");
    }
}
