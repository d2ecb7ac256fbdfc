//! `HealthcareService`: what a unit offers, and when it is open.

use jiff::civil::Date;
use linli_kernel::Ts;
use linli_treatment::model::{Hours, Interval};
use linli_treatment::queries::directory::{Listed, Ward};
use serde_json::{Value, json};

use super::codes::{OWN_CAPABILITY, OWN_CATEGORY, category, coding, concept, serves, unit};
use super::{holds, put, referring};
use crate::observation::read::URI;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Minutes of a day.
const DAY: i64 = 1_440;

/// A unit as a service.
pub(super) fn service(listed: &Listed, ward: &Ward, now: Ts) -> Value {
    let (known, own) = (&listed.institution, &ward.unit);
    let active = holds((known.valid_from, known.valid_to), now) && holds((own.valid_from, own.valid_to), now);
    let mut resource = json!({
        "resourceType": "HealthcareService",
        "id": own.id.to_string(),
        "identifier": [{ "system": URI, "value": format!("urn:uuid:{}", own.id) }],
        "active": active,
        "providedBy": referring("Organization", known.id, &known.name),
        "category": [concept(&[coding(OWN_CATEGORY, category(own.kind))])],
        "type": [unit(own.kind).concept()],
        "location": [referring("Location", own.id, &own.name)],
        "name": own.name,
    });
    let can = own.capabilities.iter().map(|code| concept(&[coding(OWN_CAPABILITY, code)]));
    let characteristic: Vec<Value> = can.chain(serves(own.serves)).collect();
    put(&mut resource, "characteristic", Some(json!(characteristic)).filter(|_| !characteristic.is_empty()));
    put(&mut resource, "telecom", telecom(listed, ward));
    let today = now.local().date();
    if let Some(posted) = ward.hours_on(today) {
        let times = available(&posted.hours);
        put(&mut resource, "availableTime", Some(json!(times)).filter(|_| !times.is_empty()));
        put(&mut resource, "availabilityExceptions", Some(json!(posted.told)).filter(|_| !posted.told.trim().is_empty()));
    }
    let closed: Vec<Value> = ward.closed.iter().filter(|day| **day >= today).map(|day| not_available(*day)).collect();
    put(&mut resource, "notAvailable", Some(json!(closed)).filter(|_| !closed.is_empty()));
    resource
}

fn telecom(listed: &Listed, ward: &Ward) -> Option<Value> {
    let phone = listed.institution.phone.as_ref().map(|phone| json!({ "system": "phone", "value": phone, "use": "work" }));
    let online = ward.unit.online.as_ref().map(|address| json!({ "system": "url", "value": address }));
    let all: Vec<Value> = phone.into_iter().chain(online).collect();
    (!all.is_empty()).then(|| json!(all))
}

fn not_available(day: Date) -> Value {
    // The text is required: the day says it without words of any language.
    json!({ "description": day.to_string(), "during": { "start": day.to_string(), "end": day.to_string() } })
}

/// When it is open. Of what nobody said, and of so many hours a day without a beginning, there are no times.
fn available(hours: &Hours) -> Vec<Value> {
    match hours {
        Hours::Unknown | Hours::PerDay(_) => Vec::new(),
        Hours::Always => vec![json!({ "daysOfWeek": DAYS, "allDay": true })],
        Hours::Weekly(week) => week.iter().copied().flat_map(within_days).collect(),
    }
}

/// An interval in pieces that end on the day on which they begin, as R4 has no other.
fn within_days(interval: Interval) -> Vec<Value> {
    let piece = |weekday: i64, from: i64, to: i64| {
        let day = usize::try_from(weekday.rem_euclid(7)).ok().and_then(|day| DAYS.get(day))?;
        if (from, to) == (0, DAY) {
            return Some(json!({ "daysOfWeek": [day], "allDay": true }));
        }
        // There is no 24:00; what lasts until midnight ends a second before.
        let end = if to == DAY { "23:59:59".to_owned() } else { clock(to) };
        Some(json!({ "daysOfWeek": [day], "availableStartTime": clock(from), "availableEndTime": end }))
    };
    let (day, from, to) = (interval.weekday(), interval.from(), interval.to());
    let first = piece(day, from, to.min(DAY));
    let second = if to > DAY { piece(day + 1, 0, to - DAY) } else { None };
    first.into_iter().chain(second).collect()
}

fn clock(minute: i64) -> String {
    format!("{:02}:{:02}:00", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_is_two_pieces_and_a_whole_day_is_said_so() {
        let on = |day, from: i64, to: i64| Interval::on(day, from * 60, to * 60).unwrap();
        let times = available(&Hours::weekly(vec![on(6, 20, 8), on(1, 8, 17), on(2, 0, 24), on(3, 14, 24)]));
        assert_eq!(
            times,
            [
                json!({ "daysOfWeek": ["tue"], "availableStartTime": "08:00:00", "availableEndTime": "17:00:00" }),
                json!({ "daysOfWeek": ["wed"], "allDay": true }),
                json!({ "daysOfWeek": ["thu"], "availableStartTime": "14:00:00", "availableEndTime": "23:59:59" }),
                json!({ "daysOfWeek": ["sun"], "availableStartTime": "20:00:00", "availableEndTime": "23:59:59" }),
                json!({ "daysOfWeek": ["mon"], "availableStartTime": "00:00:00", "availableEndTime": "08:00:00" }),
            ]
        );
        assert_eq!(available(&Hours::Unknown).len() + available(&Hours::PerDay(8)).len(), 0, "nothing is invented");
    }
}
