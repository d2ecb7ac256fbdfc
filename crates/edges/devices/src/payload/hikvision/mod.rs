//! A door with a reader for cards or faces that pushes what happens over HTTP (Hikvision access controller, 门禁).
//!
//! One device sends the same event as JSON, as XML in one of three name spaces, or as multipart with a picture behind it; some gateways
//! wrap the JSON in `EventNotificationAlert`. The picture is passed over unread. The form is what several open-source receivers
//! agree on; there is no single text to cite.

mod parts;
mod tree;

use std::borrow::Cow;

use super::{Label, Noticed, Rejection, Said, instant, json, once};
use json::Value;

/// `majorEventType` of what happens at a door.
const AT_THE_DOOR: i64 = 5;

/// An event of the access controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `majorEventType`.
    pub major: i64,
    /// `subEventType`; which of them mean that somebody was let in is data, see the rules of this crate.
    pub minor: i64,
    /// What is said: a sign when somebody is named, otherwise that the device lives.
    pub said: Said,
}

/// The members that are looked at, from whichever form. Everything else is passed over.
#[derive(Debug, Default)]
struct Fields {
    event_type: Option<String>,
    mac: Option<String>,
    at: Option<String>,
    posts: Option<i64>,
    major: Option<i64>,
    minor: Option<i64>,
    serial: Option<i64>,
    current: Option<bool>,
    employee: Option<String>,
}

/// Reads the body of a push. Nothing, for events of other kinds, which the device sends to the same address and must be told that all is
/// well: an error makes it repeat them for ever.
///
/// # Errors
/// `Malformed`; `Missing` and `Wrong` name the field.
pub fn read(content_type: Option<&str>, body: &[u8]) -> Result<Option<Event>, Rejection> {
    let part = match parts::boundary(content_type, body) {
        Some(boundary) => parts::event(&boundary, body).ok_or(Rejection::Malformed)?,
        None => body,
    };
    let start = part.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or_default();
    let part = part.get(start..).unwrap_or_default();
    let part = part.strip_prefix(b"\xef\xbb\xbf").unwrap_or(part);
    let fields = if part.starts_with(b"<") { tree::fields(part)? } else { object(part)? };
    judged(fields)
}

fn object(body: &[u8]) -> Result<Fields, Rejection> {
    let mut fields = Fields::default();
    for member in json::members(body)? {
        let (key, value) = member?;
        match value {
            Value::Object(inside) if key.raw() == b"EventNotificationAlert" => return object(inside),
            Value::Object(inside) if key.raw() == b"AccessControllerEvent" => {
                for member in json::members(inside)? {
                    let (key, value) = member?;
                    put_value(&mut fields, key.raw(), value, true)?;
                }
            }
            value => put_value(&mut fields, key.raw(), value, false)?,
        }
    }
    Ok(fields)
}

fn put_value(fields: &mut Fields, key: &[u8], value: Value<'_>, inner: bool) -> Result<(), Rejection> {
    let text: Option<Cow<'_, str>> = match value {
        Value::Text(text) => text.meant(),
        Value::Number(number) => Some(Cow::Borrowed(number)),
        Value::Bool(yes) => Some(Cow::Borrowed(if yes { "true" } else { "false" })),
        _ => None,
    };
    text.map_or(Ok(()), |text| fields.put(key, text.trim(), inner))
}

impl Fields {
    /// Keeps a field if it is one of those that are looked at. `inner`: it stands in `AccessControllerEvent`.
    fn put(&mut self, key: &[u8], text: &str, inner: bool) -> Result<(), Rejection> {
        let number = |name| text.parse::<i64>().map(Some).map_err(|_| Rejection::Wrong(name));
        match (inner, key) {
            (false, b"eventType") => self.event_type = Some(text.to_owned()),
            (false, b"macAddress") => self.mac = Some(text.to_ascii_lowercase()),
            (false, b"dateTime") => self.at = Some(text.to_owned()),
            (false, b"activePostCount") => self.posts = number("activePostCount")?,
            (true, b"majorEventType") => self.major = number("majorEventType")?,
            (true, b"subEventType") => self.minor = number("subEventType")?,
            (true, b"serialNo") => self.serial = number("serialNo")?,
            (true, b"currentEvent") => {
                self.current = Some(match text {
                    "true" | "1" => true,
                    "false" | "0" => false,
                    _ => return Err(Rejection::Wrong("currentEvent")),
                });
            }
            // Leading zeros and letters belong to it.
            (true, b"employeeNoString") => self.employee = Some(text.to_owned()).filter(|text| !text.is_empty()),
            _ => {}
        }
        Ok(())
    }
}

fn judged(fields: Fields) -> Result<Option<Event>, Rejection> {
    let kind = fields.event_type.ok_or(Rejection::Missing("eventType"))?;
    if kind != "AccessControllerEvent" {
        return Ok(None);
    }
    let major = fields.major.ok_or(Rejection::Missing("majorEventType"))?;
    let minor = fields.minor.ok_or(Rejection::Missing("subEventType"))?;
    let said = match fields.employee.filter(|_| major == AT_THE_DOOR) {
        None => Said::Alive,
        Some(employee) => {
            let label = Label::of(&employee).ok_or(Rejection::Wrong("employeeNoString"))?;
            let at = fields.at.as_deref().map(|at| instant(at).ok_or(Rejection::Wrong("dateTime"))).transpose()?;
            let serial = fields.serial.ok_or(Rejection::Missing("serialNo"))?;
            // The number rises per device and nothing else does; the address changes, the hardware address does not.
            let device = fields.mac.unwrap_or_default();
            Said::Sign(Noticed {
                label: Some(label),
                at,
                kind: None,
                once: Some(once(&[b"hikvision", device.as_bytes(), &serial.to_le_bytes()])),
                history: fields.current == Some(false),
                again: fields.posts.is_some_and(|posts| posts > 1),
            })
        }
    };
    Ok(Some(Event { major, minor, said }))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const FACE: &str = r#"{"ipAddress":"192.0.2.41","macAddress":"02:00:5e:10:00:41","dateTime":"2026-11-23T07:58:12+08:00",
        "activePostCount":1,"eventType":"AccessControllerEvent","eventState":"active","AccessControllerEvent":{"deviceName":"南门门禁",
        "majorEventType":5,"subEventType":75,"serialNo":5123,"currentVerifyMode":"cardOrFaceOrFp","currentEvent":true,
        "attendanceStatus":"undefined","employeeNoString":"000417","name":"住户0417"}}"#;

    fn noticed(content_type: Option<&str>, body: &[u8]) -> Noticed {
        match read(content_type, body).unwrap().unwrap().said {
            Said::Sign(noticed) => noticed,
            other => panic!("{other:?}"),
        }
    }

    fn xml(space: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<EventNotificationAlert version=\"2.0\" xmlns=\"{space}\">\n\
             <ipAddress>192.0.2.41</ipAddress><macAddress>02:00:5E:10:00:41</macAddress><dateTime>2026-11-23T07:58:12+08:00</dateTime>\
             <activePostCount>1</activePostCount><eventType>AccessControllerEvent</eventType><AccessControllerEvent>\
             <deviceName>南门门禁</deviceName><majorEventType>5</majorEventType><subEventType>75</subEventType><serialNo>5123</serialNo>\
             <currentEvent>true</currentEvent><label></label><employeeNoString>000417</employeeNoString><name>住户0417</name>\
             </AccessControllerEvent></EventNotificationAlert>"
        )
    }

    fn multipart() -> Vec<u8> {
        let mut body = b"--MIME_boundary\r\nContent-Disposition: form-data; name=\"Picture\"; filename=\"Picture.jpg\"\r\n\
            Content-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xe0 {\"eventType\":\"no\"} \xff\xd9\r\n"
            .to_vec();
        body.extend(
            b"--MIME_boundary\r\nContent-Disposition: form-data; name=\"event_log\"\r\nContent-Type: application/json\r\n\r\n",
        );
        body.extend(FACE.as_bytes());
        body.extend(b"\r\n--MIME_boundary--\r\n");
        body
    }

    #[test]
    fn all_forms_say_the_same() {
        let json = noticed(Some("application/json"), FACE.as_bytes());
        assert_eq!(json.label.as_ref().map(Label::as_str), Some("000417"), "leading zeros belong to it");
        assert_eq!((json.at, json.history, json.again), (Some(1_795_391_892), false, false));
        let wrapped = format!("{{\"EventNotificationAlert\":{FACE}}}");
        assert_eq!(noticed(None, wrapped.as_bytes()), json);
        for space in [
            "http://www.isapi.org/ver20/XMLSchema",
            "http://www.hikvision.com/ver20/XMLSchema",
            "http://www.std-cgi.com/ver20/XMLSchema",
        ] {
            assert_eq!(noticed(Some("application/xml"), xml(space).as_bytes()), json, "{space}");
        }
        assert_eq!(noticed(Some("multipart/form-data; boundary=MIME_boundary"), &multipart()), json);
        assert_eq!(noticed(Some("multipart/form-data; boundary=\"MIME_boundary\""), &multipart()), json);
        assert_eq!(noticed(None, &multipart()), json, "some forget to say what they send");
        let texts = FACE.replace(":5123,", ":\"5123\",").replace(":true", ":\"true\"");
        assert_eq!(noticed(None, texts.as_bytes()), json);
    }

    #[test]
    fn a_repetition_and_history_say_so() {
        let again = noticed(None, FACE.replace("Count\":1", "Count\":2").as_bytes());
        assert!(again.again);
        assert_eq!(again.once, noticed(None, FACE.as_bytes()).once);
        let other = noticed(None, FACE.replace("5123", "5124").as_bytes());
        assert_ne!(other.once, again.once);
        let elsewhere = noticed(None, FACE.replace("00:41", "00:42").as_bytes());
        assert_ne!(elsewhere.once, again.once, "another device counts for itself");
        let history = noticed(None, FACE.replace("\"currentEvent\":true", "\"currentEvent\":false").as_bytes());
        assert!(history.history);
        let offset = noticed(None, FACE.replace("2026-11-23T07:58:12+08:00", "2026-11-22T23:58:12+00:00").as_bytes());
        assert_eq!(offset.at, Some(1_795_391_892));
    }

    #[test]
    fn the_lock_is_nobody() {
        let door = FACE.replace("\"employeeNoString\":\"000417\",", "").replace(":75", ":21");
        let event = read(None, door.as_bytes()).unwrap().unwrap();
        assert_eq!((event.major, event.minor, event.said), (5, 21, Said::Alive));
        let beat = r#"{"eventType":"heartBeat","eventState":"inactive"}"#;
        assert_eq!(read(None, beat.as_bytes()), Ok(None));
        let motion = "<EventNotificationAlert><eventType>VMD</eventType></EventNotificationAlert>";
        assert_eq!(read(None, motion.as_bytes()), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = |from: &str, to: &str| read(None, FACE.replace(from, to).as_bytes()).unwrap_err();
        assert_eq!(wrong("2026-11-23T07:58:12+08:00", "2026-11-23T07:58:12"), Rejection::Wrong("dateTime"));
        assert_eq!(wrong("\"serialNo\":5123,", ""), Rejection::Missing("serialNo"));
        assert_eq!(wrong(":5123", ":\"x\""), Rejection::Wrong("serialNo"));
        assert_eq!(wrong("\"eventType\"", "\"type\""), Rejection::Missing("eventType"));
        assert_eq!(read(None, b"").unwrap_err(), Rejection::Malformed);
        assert_eq!(read(None, b"<a><b></a>").unwrap_err(), Rejection::Malformed);
        assert_eq!(read(Some("multipart/form-data; boundary=b"), b"--b\r\n\r\n").unwrap_err(), Rejection::Malformed);
        let bomb = "<!DOCTYPE a [<!ENTITY x \"y\">]><EventNotificationAlert><eventType>&x;</eventType></EventNotificationAlert>";
        assert!(read(None, bomb.as_bytes()).is_err(), "entities are not filled in");
    }
}
