//! iCalendar (RFC 5545): the events of a calendar as text. Pure.
//!
//! What always holds here: lines end with CRLF and have 75 octets at most, a continuation begins with a blank, and no character is cut in two; text is
//! escaped; every event has UID, DTSTAMP and SEQUENCE; times are local times of a zone that the calendar itself describes, so that even a calendar without
//! events has the component that the grammar asks for.

use linli_kernel::Ts;

/// Octets of a line, without the line break (RFC 5545 § 3.1).
const LINE: usize = 75;

/// The zone of all times: Beijing time, as it has been since the last summer time ended in 1991.
const ZONE: &str = "Asia/Shanghai";

/// A calendar.
#[derive(Debug, Clone, Copy)]
pub struct Calendar<'a> {
    /// What clients call it.
    pub name: &'a str,
    /// What is done with the events (RFC 5546): `PUBLISH` or `CANCEL` for a single one; none for a calendar that is subscribed to.
    pub method: Option<&'a str>,
}

/// A meeting in a calendar.
#[derive(Debug, Clone)]
pub struct Event {
    /// The same for ever.
    pub uid: String,
    /// Rises with every change, and with a cancellation.
    pub sequence: i64,
    /// When it begins.
    pub starts: Ts,
    /// When it ends.
    pub ends: Ts,
    /// When it was made.
    pub created: Ts,
    /// When it last changed.
    pub changed: Ts,
    /// When this text of it was made; without a method, when it last changed.
    pub stamp: Ts,
    /// One line.
    pub summary: String,
    /// Where.
    pub location: String,
    /// More of it.
    pub description: String,
    /// Its public page.
    pub url: String,
    /// Who calls it.
    pub organiser: String,
    /// Whether it is cancelled.
    pub cancelled: bool,
}

/// The calendar as text.
#[must_use]
pub fn write(calendar: &Calendar<'_>, events: &[Event]) -> String {
    let mut out = String::with_capacity(1_024 + events.len() * 768);
    let mut put = |line: &str| fold(line, &mut out);
    put("BEGIN:VCALENDAR");
    put("VERSION:2.0");
    put("PRODID:-//Linli//Council//ZH");
    put("CALSCALE:GREGORIAN");
    if let Some(method) = calendar.method {
        put(&format!("METHOD:{method}"));
    } else {
        let name = escaped(calendar.name);
        put(&format!("NAME:{name}"));
        put(&format!("X-WR-CALNAME:{name}"));
        put("REFRESH-INTERVAL;VALUE=DURATION:PT1H");
        put("X-PUBLISHED-TTL:PT1H");
    }
    put("BEGIN:VTIMEZONE");
    put(&format!("TZID:{ZONE}"));
    put("BEGIN:STANDARD");
    put("DTSTART:19910915T020000");
    put("TZOFFSETFROM:+0900");
    put("TZOFFSETTO:+0800");
    put("TZNAME:CST");
    put("END:STANDARD");
    put("END:VTIMEZONE");
    for event in events {
        put("BEGIN:VEVENT");
        put(&format!("UID:{}", event.uid));
        put(&format!("DTSTAMP:{}", utc(event.stamp)));
        put(&format!("CREATED:{}", utc(event.created)));
        put(&format!("LAST-MODIFIED:{}", utc(event.changed)));
        put(&format!("SEQUENCE:{}", event.sequence));
        put(&format!("DTSTART;TZID={ZONE}:{}", local(event.starts)));
        put(&format!("DTEND;TZID={ZONE}:{}", local(event.ends)));
        put(&format!("STATUS:{}", if event.cancelled { "CANCELLED" } else { "CONFIRMED" }));
        put(&format!("SUMMARY:{}", escaped(&event.summary)));
        put(&format!("LOCATION:{}", escaped(&event.location)));
        put(&format!("DESCRIPTION:{}", escaped(&event.description)));
        put(&format!("ORGANIZER;CN={}:{}", quoted(&event.organiser), event.url));
        put(&format!("URL:{}", event.url));
        put("END:VEVENT");
    }
    put("END:VCALENDAR");
    out
}

/// `20261124T010000Z`.
fn utc(at: Ts) -> String {
    at.timestamp().strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// `20261124T090000`, in Beijing.
fn local(at: Ts) -> String {
    at.local().strftime("%Y%m%dT%H%M%S").to_string()
}

/// A value of type TEXT (§ 3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for one in text.replace("\r\n", "\n").chars() {
        match one {
            '\\' => out.push_str("\\\\"),
            ';' => out.push_str("\\;"),
            ',' => out.push_str("\\,"),
            '\n' | '\r' => out.push_str("\\n"),
            '\t' => out.push('\t'),
            one if one.is_control() => {}
            one => out.push(one),
        }
    }
    out
}

/// A value of a parameter in quotation marks (§ 3.2), with what it may not hold written as RFC 6868 has it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for one in text.chars() {
        match one {
            '^' => out.push_str("^^"),
            '"' => out.push_str("^'"),
            '\n' => out.push_str("^n"),
            one if one.is_control() => {}
            one => out.push(one),
        }
    }
    out.push('"');
    out
}

/// One line of content, folded: never more octets than a line has, never inside a character.
fn fold(line: &str, out: &mut String) {
    let mut used = 0;
    for one in line.chars() {
        if used + one.len_utf8() > LINE {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(one);
        used += one.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests;
