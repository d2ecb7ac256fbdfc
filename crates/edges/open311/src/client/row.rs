//! One request of another server: lenient in how it is written, strict in what it says.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use linli_cases::commands::{DESCRIPTION_MAX, Foreign};
use linli_cases::rules::Classes;
use linli_geo::Point;
use linli_kernel::{PlacePath, Ts};
use serde_json::Value;

use super::mapping::Mapping;

/// Longest key of a request, in characters.
const ID_MAX: usize = 100;
/// Longest title of a case, in characters.
const TITLE_MAX: usize = 60;
/// Longest note beside a status, in characters.
const NOTES_MAX: usize = 500;
/// Clocks of servers go wrong; by more than this a date is none.
const AHEAD_SECS: i64 = 86_400;

/// A request as it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) open: bool,
    pub(crate) notes: String,
    pub(crate) service_code: String,
    pub(crate) service_name: String,
    pub(crate) description: String,
    pub(crate) address: String,
    pub(crate) reported_at: Option<Ts>,
    pub(crate) updated_at: Option<Ts>,
    pub(crate) due_at: Option<Ts>,
    pub(crate) point_e7: Option<(i64, i64)>,
}

/// What names a request: a text or a whole number. For a row without one the reason.
pub(crate) fn id(row: &Value) -> Result<String, String> {
    if !row.is_object() {
        return Err("a request is no object".to_owned());
    }
    match row.get("service_request_id") {
        Some(Value::Number(n)) if !n.is_i64() && !n.is_u64() => Err(format!("service_request_id is {n}, no whole number")),
        Some(Value::Bool(_)) => Err("service_request_id is neither a text nor a number".to_owned()),
        _ => match words(row, "service_request_id")? {
            Some(id) if id.chars().count() <= ID_MAX && !id.chars().any(char::is_control) => Ok(id),
            Some(_) => Err("service_request_id is too long or holds control characters".to_owned()),
            None => Err("a request has no service_request_id".to_owned()),
        },
    }
}

/// Reads a request.
///
/// # Errors
/// The field that is wrong, and why.
pub(crate) fn read(row: &Value, zone: Option<&TimeZone>, now: Ts) -> Result<Told, String> {
    let word = |name: &str| Ok::<String, String>(words(row, name)?.unwrap_or_default());
    let status = word("status")?;
    let open = match status.to_ascii_lowercase().as_str() {
        "open" => true,
        "closed" => false,
        _ => return Err(format!("status is \"{}\", neither open nor closed", cut(&status, 40))),
    };
    let reported_at = instant(row, "requested_datetime", zone)?;
    let updated_at = instant(row, "updated_datetime", zone)?;
    for (name, at) in [("requested_datetime", reported_at), ("updated_datetime", updated_at)] {
        if at.is_some_and(|at| at > now.plus_secs(AHEAD_SECS)) {
            return Err(format!("{name} lies in the future"));
        }
    }
    Ok(Told {
        id: id(row)?,
        open,
        notes: cut(&word("status_notes")?, NOTES_MAX),
        service_code: word("service_code")?,
        service_name: word("service_name")?,
        description: word("description")?,
        address: word("address")?,
        reported_at: reported_at.map(|at| at.min(now)),
        updated_at: updated_at.map(|at| at.min(now)),
        due_at: instant(row, "expected_datetime", zone)?,
        point_e7: point(row)?,
    })
}

impl Told {
    /// As a case of a place here. The name of the service is its title, whatever class it becomes.
    pub(crate) fn at(self, place: &PlacePath, classes: &Classes, mapping: &Mapping) -> Foreign {
        let class = mapping.class(classes, &self.service_code, &self.service_name);
        let named = if self.service_name.is_empty() { &self.service_code } else { &self.service_name };
        let first = self.description.lines().next().unwrap_or_default();
        let title = if named.is_empty() { cut(first, TITLE_MAX) } else { cut(named, TITLE_MAX) };
        let parts = [named.as_str(), self.description.as_str(), self.address.as_str()];
        let whole = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
        Foreign {
            place: place.clone(),
            class,
            title: if title.is_empty() { self.id.clone() } else { title },
            description: cut(if whole.is_empty() { &self.id } else { &whole }, DESCRIPTION_MAX),
            id: self.id,
            open: self.open,
            status: if self.open { "open" } else { "closed" }.to_owned(),
            notes: self.notes,
            reported_at: self.reported_at,
            updated_at: self.updated_at,
            due_at: self.due_at,
            point_e7: self.point_e7,
        }
    }
}

/// A text, a number or a yes; nothing and an empty text are the same. Letters that steer a terminal are left out.
fn words(row: &Value, name: &str) -> Result<Option<String>, String> {
    let text = match row.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.replace("\r\n", "\n"),
        Some(Value::Number(n)) => n.to_string(),
        Some(Value::Bool(yes)) => yes.to_string(),
        // XML knows no difference between an empty list and an empty element.
        Some(Value::Array(items)) if items.is_empty() => return Ok(None),
        Some(_) => return Err(format!("{name} is no text")),
    };
    let text: String = text.trim().chars().filter(|c| !c.is_control() || *c == '\n' || *c == '\t').collect();
    Ok((!text.is_empty()).then_some(text))
}

fn instant(row: &Value, name: &str, zone: Option<&TimeZone>) -> Result<Option<Ts>, String> {
    let Some(text) = words(row, name)? else { return Ok(None) };
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Some(at.into()));
    }
    let shown = cut(&text, 40);
    match (text.parse::<DateTime>(), zone) {
        (Ok(at), Some(zone)) => match at.to_zoned_datetime(zone.clone()) {
            Ok(at) => Ok(Some(at.timestamp().into())),
            Err(_) => Err(format!("{name} is \"{shown}\", no moment of its zone")),
        },
        (Ok(_), None) => Err(format!("{name} is \"{shown}\", which says no zone; the mapping can name one")),
        (Err(_), _) => Err(format!("{name} is \"{shown}\", no date")),
    }
}

fn point(row: &Value) -> Result<Option<(i64, i64)>, String> {
    let degrees = |name: &str| match words(row, name)? {
        None => Ok(None),
        Some(text) => text.parse::<f64>().map(Some).map_err(|_| format!("{name} is \"{}\", no number", cut(&text, 40))),
    };
    match (degrees("lat")?, degrees("long")?) {
        (Some(lat), Some(long)) => match Point::from_degrees(long, lat) {
            Ok(point) => Ok(Some((i64::from(point.lon_e7), i64::from(point.lat_e7)))),
            Err(_) => Err(format!("lat {lat} and long {long} are no point on earth")),
        },
        (None, None) => Ok(None),
        _ => Err("lat and long belong together; one of them is missing".to_owned()),
    }
}

/// At most so many characters of a text.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        text.to_owned()
    } else {
        text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Ts = Ts(1_790_000_000_000_000);

    #[test]
    fn what_can_be_understood_is_read() {
        let row = json!({
            "service_request_id": 638_344, "status": "OPEN", "service_code": 6, "service_name": "Lamp", "description": "dark\u{7}\r\nstairs",
            "requested_datetime": "2026-04-14T06:37:38-08:00", "updated_datetime": "", "lat": "37.7622", "long": -122.4651, "zipcode": null,
        });
        let told = read(&row, None, NOW).unwrap();
        assert_eq!((told.id.as_str(), told.open, told.service_code.as_str()), ("638344", true, "6"));
        assert_eq!((told.description.as_str(), told.point_e7), ("dark\nstairs", Some((-1_224_651_000, 377_622_000))));
        assert_eq!(told.reported_at.unwrap().rfc3339(), "2026-04-14T22:37:38+08:00");
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let unzoned = json!({ "service_request_id": "1", "status": "closed", "requested_datetime": "2026-01-14T06:37:38" });
        assert_eq!(read(&unzoned, Some(&zone), NOW).unwrap().reported_at.unwrap().rfc3339(), "2026-01-14T22:37:38+08:00");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let said = |change: Value| {
            let mut row = json!({ "service_request_id": "1", "status": "open" });
            row.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            read(&row, None, NOW).unwrap_err()
        };
        assert_eq!(said(json!({ "service_request_id": null })), "a request has no service_request_id");
        assert_eq!(said(json!({ "service_request_id": 1.5 })), "service_request_id is 1.5, no whole number");
        assert_eq!(said(json!({ "service_request_id": true })), "service_request_id is neither a text nor a number");
        assert_eq!(said(json!({ "status": "new" })), "status is \"new\", neither open nor closed");
        assert_eq!(said(json!({ "description": { "a": 1 } })), "description is no text");
        assert!(said(json!({ "requested_datetime": "2026-01-14T06:37:38" })).contains("says no zone"));
        assert!(said(json!({ "requested_datetime": "yesterday" })).contains("no date"));
        assert!(said(json!({ "requested_datetime": "2036-01-14T06:37:38Z" })).contains("in the future"));
        assert!(said(json!({ "lat": "north", "long": 1 })).contains("no number"));
        assert!(said(json!({ "lat": 32.0 })).contains("belong together"));
        assert!(said(json!({ "lat": 118.0, "long": 32.0 })).contains("no point on earth"));
        assert_eq!(read(&json!("x"), None, NOW).unwrap_err(), "status is \"\", neither open nor closed");
        assert_eq!(id(&json!("x")).unwrap_err(), "a request is no object");
    }
}
