//! The parameters of a search over observations, the page that is asked for, and where the next one is.

use http::StatusCode;
use jiff::civil::{Date, DateTime, Time};
use linli_care::CarePersonId;
use linli_care::follow::model::{Part, ReadingId};
use linli_kernel::Ts;

use crate::observation::ObservationId;
use crate::observation::codes::{self, CATEGORY, CODES};
use crate::observation::read::{URI, instant, key_of, person_of};
use crate::outcome::{Issue, Kind, Refusal};

/// Readings of a page, when nothing is said.
pub(crate) const USUAL: i64 = 50;
/// Most readings of a page.
pub(crate) const MOST: i64 = 200;

/// From an instant until before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Between {
    pub(crate) from: Ts,
    pub(crate) until: Ts,
}

impl Between {
    pub(crate) const EVER: Self = Self { from: Ts(i64::MIN), until: Ts(i64::MAX) };

    pub(crate) fn and(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), until: self.until.min(other.until) }
    }
}

/// What is searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search {
    /// Whose; `None` for a subject that is none of ours.
    pub(crate) person: Option<CarePersonId>,
    /// Which parts; all when nothing is said.
    pub(crate) parts: Option<Vec<Part>>,
    /// How large what was measured has to be; each time it stands there, one of these.
    pub(crate) sizes: Vec<Vec<Size>>,
    pub(crate) taken: Between,
    pub(crate) changed: Between,
    pub(crate) ids: Option<Vec<ObservationId>>,
    /// What is kept of an identifier that is looked for.
    pub(crate) key: Option<String>,
    pub(crate) count: i64,
    /// Only how many there are.
    pub(crate) summary_count: bool,
    /// After this observation.
    pub(crate) after: Option<Cursor>,
    /// The parameters that were used, for the links.
    pub(crate) used: Vec<(String, String)>,
    /// Parameters that are not known here and were passed over.
    pub(crate) unknown: Vec<String>,
}

pub(crate) fn wrong(name: &str, value: &str) -> Refusal {
    let issue = Issue::new(Kind::Value, "fhir-error-parameter").arg("name", name).arg("value", value);
    Refusal::of(StatusCode::BAD_REQUEST, issue.at(format!("http.{name}")))
}

/// The last observation of a page: the next one begins after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) at: Ts,
    pub(crate) reading: ReadingId,
    pub(crate) part: Part,
}

impl Cursor {
    fn read(text: &str) -> Option<Self> {
        let mut pieces = text.splitn(3, '~');
        let (at, reading, part) = (pieces.next()?, pieces.next()?, pieces.next()?);
        Some(Self { at: Ts(at.parse().ok()?), reading: reading.parse().ok()?, part: part.parse().ok()? })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}~{}~{}", self.at.0, self.reading, self.part)
    }
}

/// Reads the parameters. What is not known is passed over and named in the answer, or refused where that was asked for.
pub(crate) fn read(pairs: &[(String, String)], strict: bool) -> Result<Search, Refusal> {
    let mut search = Search {
        person: None,
        parts: None,
        sizes: Vec::new(),
        taken: Between::EVER,
        changed: Between::EVER,
        ids: None,
        key: None,
        count: USUAL,
        summary_count: false,
        after: None,
        used: Vec::new(),
        unknown: Vec::new(),
    };
    let mut subject: Option<Option<CarePersonId>> = None;
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        let refused = || wrong(name, value);
        match name.as_str() {
            "subject" | "patient" | "subject:Patient" => narrow(&mut subject, person_of(value)),
            "subject:identifier" | "patient:identifier" | "subject.identifier" | "patient.identifier" => {
                narrow(&mut subject, by_identifier(value));
            }
            "code" => search.narrow_to(parts_of(value)),
            // What is within an observation is searched by it as well.
            "combo-code" => {
                let mut parts = parts_of(value);
                parts.extend(value.split(',').filter_map(|token| codes::within(token.split_once('|'), token)));
                search.narrow_to(parts);
            }
            "value-quantity" => {
                search.sizes.push(value.split(',').map(Size::read).collect::<Option<_>>().ok_or_else(refused)?);
            }
            // Whatever was measured by a device of the house is not told with its number: of any device there is none.
            "device" => search.narrow_to(Vec::new()),
            "category" => {
                let known = value.split(',').any(|one| {
                    matches!(one.strip_prefix(CATEGORY).map_or(one, |rest| rest.trim_start_matches('|')), "vital-signs")
                });
                if !known {
                    // Nothing but vital signs is kept: of another category there is none.
                    search.taken = Between { from: Ts(0), until: Ts(0) };
                }
            }
            "date" => search.taken = search.taken.and(span(value).ok_or_else(refused)?),
            "_lastUpdated" => search.changed = search.changed.and(span(value).ok_or_else(refused)?),
            "_id" => search.ids = Some(value.split(',').filter_map(ObservationId::read).collect()),
            "identifier" => {
                let (system, value) = value.split_once('|').unwrap_or(("", value));
                search.key = Some(key_of(system, value));
            }
            "_count" => search.count = value.parse::<i64>().ok().filter(|n| *n >= 0).ok_or_else(refused)?.min(MOST),
            "_summary" => match value.as_str() {
                "count" => search.summary_count = true,
                "false" => {}
                _ => return Err(refused()),
            },
            "_sort" if value == "-date" => {}
            "_sort" => return Err(refused()),
            "_page" => search.after = Some(Cursor::read(value).ok_or_else(refused)?),
            "_format" | "_pretty" | "_total" => {}
            // What is known, with a modifier that is not: without it something else would be found.
            other if other.split([':', '.']).next().is_some_and(|plain| plain != other && KNOWN.contains(&plain)) => {
                let issue = Issue::new(Kind::NotSupported, "fhir-error-modifier-unknown").arg("name", name.as_str());
                return Err(Refusal::of(StatusCode::BAD_REQUEST, issue.at(format!("http.{name}"))));
            }
            _ if strict => {
                let issue = Issue::new(Kind::NotSupported, "fhir-error-parameter-unknown").arg("name", name.as_str());
                return Err(Refusal::of(StatusCode::BAD_REQUEST, issue.at(format!("http.{name}"))));
            }
            _ => {
                search.unknown.push(name.clone());
                continue;
            }
        }
        if name != "_page" {
            search.used.push((name.clone(), value.clone()));
        }
    }
    // `_count=0` asks for the number alone, as `_summary=count` does.
    search.summary_count |= search.count == 0;
    match subject {
        Some(person) => search.person = person,
        // Whoever may read somebody has to say whom: there is no list of everybody's readings.
        None if search.ids.is_none() => {
            let issue = Issue::new(Kind::Required, "fhir-error-search-subject").at("http.subject");
            return Err(Refusal::of(StatusCode::BAD_REQUEST, issue));
        }
        None => {}
    }
    Ok(search)
}

/// The parameters that there are.
const KNOWN: [&str; 9] =
    ["subject", "patient", "code", "combo-code", "category", "date", "identifier", "value-quantity", "device"];

impl Search {
    /// Only these parts, of those that are searched for already.
    fn narrow_to(&mut self, parts: Vec<Part>) {
        self.parts = Some(match self.parts.take() {
            None => parts,
            Some(before) => before.into_iter().filter(|part| parts.contains(part)).collect(),
        });
    }
}

/// How large something has to be, in thousandths of its unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Size {
    prefix: &'static str,
    /// The number as it was written spans from here …
    from: i64,
    /// … until before here.
    until: i64,
    exact: i64,
    /// The unit, in UCUM, where it was named.
    unit: Option<String>,
}

impl Size {
    /// `[prefix]number`, `number|system|code`, `number||unit`.
    fn read(text: &str) -> Option<Self> {
        let mut pieces = text.splitn(3, '|');
        let (number, system, unit) = (pieces.next()?, pieces.next().unwrap_or_default(), pieces.next().unwrap_or_default());
        if !matches!(system, "" | codes::UCUM) {
            return None;
        }
        let prefix = ["eq", "ne", "ge", "gt", "le", "lt", "sa", "eb"].into_iter().find(|prefix| number.starts_with(prefix));
        let digits = number.trim_start_matches(|c: char| c.is_ascii_lowercase());
        if prefix.is_none() && digits != number {
            return None;
        }
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() || whole.len() > 9 || part.len() > 3 || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit())
        {
            return None;
        }
        let exact: i64 = format!("{whole}{part:0<3}").parse().ok()?;
        // 36.5 means what would be written so: from 36.45 until before 36.55.
        let step = [1_000, 100, 10, 1].get(part.len()).copied()?;
        Some(Self {
            prefix: prefix.unwrap_or("eq"),
            from: exact - step / 2,
            until: exact + step.max(2) / 2,
            exact,
            unit: Some(unit.to_owned()).filter(|unit| !unit.is_empty()),
        })
    }

    /// Whether something so large, in thousandths of this unit, is meant.
    pub(crate) fn is(&self, thousandths: i64, part: Part) -> bool {
        let unit = |unit: &String| codes::unit(part).1 == unit || codes::unit(part).0 == unit;
        self.unit.as_ref().is_none_or(unit)
            && match self.prefix {
                "ne" => thousandths < self.from || thousandths >= self.until,
                "ge" => thousandths >= self.exact,
                "gt" | "sa" => thousandths > self.exact,
                "le" => thousandths <= self.exact,
                "lt" | "eb" => thousandths < self.exact,
                _ => (self.from..self.until).contains(&thousandths),
            }
    }
}

/// Two parameters that name two people find nobody.
fn narrow(subject: &mut Option<Option<CarePersonId>>, person: Option<CarePersonId>) {
    *subject = match *subject {
        Some(before) if before != person => Some(None),
        _ => Some(person),
    };
}

fn by_identifier(value: &str) -> Option<CarePersonId> {
    match value.split_once('|') {
        Some((URI | "", value)) => person_of(value),
        Some(_) => None,
        None => person_of(value),
    }
}

/// The parts that a list of tokens means.
fn parts_of(value: &str) -> Vec<Part> {
    let means = |token: &str| match token.split_once('|') {
        Some((system, code)) => codes::part_of(system, code),
        None => CODES.iter().find(|known| known.code == token).map(|known| known.part),
    };
    value.split(',').filter_map(means).collect()
}

/// What a date parameter with its prefix spans. A partial date is the whole of it, in the zone of the place.
pub(crate) fn span(value: &str) -> Option<Between> {
    let prefixed = value.get(..2).filter(|prefix| prefix.bytes().all(|b| b.is_ascii_lowercase()));
    let (prefix, date) = match prefixed {
        Some(prefix) => (prefix, value.get(2..)?),
        None => ("eq", value),
    };
    let Between { from, until } = whole(date)?;
    let (first, last) = (Ts(i64::MIN), Ts(i64::MAX));
    match prefix {
        "eq" => Some(Between { from, until }),
        "ge" => Some(Between { from, until: last }),
        "gt" | "sa" => Some(Between { from: until, until: last }),
        "le" => Some(Between { from: first, until }),
        "lt" | "eb" => Some(Between { from: first, until: from }),
        _ => None,
    }
}

pub(crate) fn whole(date: &str) -> Option<Between> {
    let day = |date: Date| Ts::from_local(DateTime::from_parts(date, Time::midnight()));
    let number = |text: &str| text.parse::<i16>().ok();
    match date.len() {
        4 => {
            let year = number(date)?;
            Some(Between { from: day(Date::new(year, 1, 1).ok()?)?, until: day(Date::new(year.checked_add(1)?, 1, 1).ok()?)? })
        }
        7 => {
            let (year, month) = date.split_once('-')?;
            let first = Date::new(number(year)?, month.parse().ok()?, 1).ok()?;
            Some(Between { from: day(first)?, until: day(first.last_of_month().tomorrow().ok()?)? })
        }
        10 => {
            let date: Date = date.parse().ok()?;
            Some(Between { from: day(date)?, until: day(date.tomorrow().ok()?)? })
        }
        _ => {
            // `+` of an address is a space once it was read.
            let text = date.replace(' ', "+");
            let at = instant(&text)?;
            // Without a fraction the whole second is meant, without seconds it is no instant.
            let length = if text.contains('.') { 1 } else { 1_000_000 };
            Some(Between { from: at, until: Ts(at.0.checked_add(length)?) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: &str = "00000000-0000-0000-0000-000000000385";

    fn search(query: &str) -> Result<Search, Refusal> {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        read(&pairs, false)
    }

    #[test]
    fn a_subject_is_named_in_every_usual_way() {
        let who: Option<CarePersonId> = WHO.parse().ok();
        for query in [
            format!("subject=Patient/{WHO}"),
            format!("patient={WHO}"),
            format!("subject=urn:uuid:{WHO}"),
            format!("subject=https://linli.example/fhir/Patient/{WHO}"),
            format!("subject:identifier=urn:ietf:rfc:3986|urn:uuid:{WHO}"),
            format!("patient.identifier=urn:uuid:{WHO}"),
        ] {
            assert_eq!(search(&query).unwrap().person, who, "{query}");
        }
        assert_eq!(search("subject=Patient/example").unwrap().person, None);
        assert_eq!(search(&format!("subject=Patient/{WHO}&patient=00000000-0000-0000-0000-000000000386")).unwrap().person, None);
        let refused = search("code=8867-4").unwrap_err();
        assert_eq!((refused.status, refused.issues[0].expression.as_deref()), (StatusCode::BAD_REQUEST, Some("http.subject")));
    }

    #[test]
    fn dates_are_the_whole_of_what_is_said() {
        let span = |text| span(text).map(|found| ((found.until.0 - found.from.0) / 1_000_000, found.from));
        let midnight = Ts::from_local(jiff::civil::date(2026, 11, 24).at(0, 0, 0, 0)).unwrap();
        assert_eq!(span("2026-11-24"), Some((86_400, midnight)));
        assert_eq!(span("2026-11").unwrap().0, 30 * 86_400);
        assert_eq!(span("2026").unwrap().0, 365 * 86_400);
        assert_eq!(span("2026-11-24T00:00:00+08:00"), Some((1, midnight)));
        assert_eq!(span("2026-11-24T00:00:00 08:00"), Some((1, midnight)), "a plus sign that an address made a space");
        for wrong in ["", "x", "2026-13", "2026-11-31", "ap2026", "2026-11-24T00:00:00", "eq"] {
            assert_eq!(span(wrong), None, "{wrong}");
        }
        let between = search(&format!("subject={WHO}&date=ge2026-11-24&date=lt2026-11-25")).unwrap().taken;
        assert_eq!((between.from, between.until), (midnight, midnight.plus_secs(86_400)));
        let after = search(&format!("subject={WHO}&date=gt2026-11-24")).unwrap().taken;
        assert_eq!(after.from, midnight.plus_secs(86_400));
    }

    #[test]
    fn what_is_not_known_is_named() {
        let found = search(&format!("subject={WHO}&colour=red&_count=5000&code=http://loinc.org|8867-4,8310-5")).unwrap();
        assert_eq!((found.unknown.as_slice(), found.count), (["colour".to_owned()].as_slice(), MOST));
        assert_eq!(found.parts, Some(vec![Part::Pulse, Part::Temperature]));
        assert_eq!(
            search(&format!("subject={WHO}&code=29463-7")).unwrap().parts,
            Some(Vec::new()),
            "of another code there is none"
        );
        assert!(!found.used.iter().any(|(name, _)| name == "colour"));
        let pairs = [("subject".to_owned(), WHO.to_owned()), ("colour".to_owned(), "red".to_owned())];
        assert_eq!(read(&pairs, true).unwrap_err().issues[0].expression.as_deref(), Some("http.colour"));
        for wrong in ["_count=-1", "_count=x", "_summary=text", "_sort=code", "date=x", "_page=1"] {
            assert_eq!(search(&format!("subject={WHO}&{wrong}")).unwrap_err().status, StatusCode::BAD_REQUEST, "{wrong}");
        }
        assert!(search(&format!("subject={WHO}&_summary=count")).unwrap().summary_count);
    }

    #[test]
    fn a_size_is_what_would_be_written_so() {
        let is = |text: &str, value: i64, part| Size::read(text).unwrap().is(value, part);
        assert!(is("92", 92_000, Part::SpO2) && !is("92", 93_000, Part::SpO2) && is("lt93", 92_000, Part::SpO2));
        assert!(is("36.5", 36_500, Part::Temperature) && !is("36.5", 36_600, Part::Temperature));
        assert!(is("37", 36_500, Part::Temperature) && !is("ge37.0", 36_900, Part::Temperature), "37 is no 37.0");
        assert!(
            is("92|http://unitsofmeasure.org|%", 92_000, Part::SpO2)
                && !is("92|http://unitsofmeasure.org|%", 92_000, Part::Pulse)
        );
        for wrong in ["", "x", "ap92", "92|http://other|%", "9.2345", "-1"] {
            assert_eq!(Size::read(wrong), None, "{wrong}");
        }
        for wrong in ["code:not=8867-4", "subject.name=x", "date:missing=true", "value-quantity:missing=true"] {
            let refused = search(&format!("subject={WHO}&{wrong}")).unwrap_err();
            assert_eq!((refused.status, refused.issues[0].kind), (StatusCode::BAD_REQUEST, Kind::NotSupported), "{wrong}");
        }
        let combo = search(&format!("subject={WHO}&combo-code=http://loinc.org|8480-6,8867-4")).unwrap();
        assert_eq!(combo.parts, Some(vec![Part::Pulse, Part::Pressure]));
        assert_eq!(search(&format!("subject={WHO}&device=Device/1")).unwrap().parts, Some(Vec::new()));
    }

    #[test]
    fn a_page_begins_where_the_last_one_ended() {
        let cursor = Cursor { at: Ts(17), reading: ReadingId(uuid::Uuid::from_u128(5)), part: Part::SpO2Walk };
        assert_eq!(Cursor::read(&cursor.to_string()), Some(cursor));
        assert_eq!(Cursor::read("17~x~spo2"), None);
    }
}
