//! Primitive values of R4, each as what it is, and as exact as it was written.

use serde_json::{Number, Value};

/// A primitive value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Primitive {
    Boolean(bool),
    /// `integer`, `positiveInt`, `unsignedInt`.
    Integer(i64),
    Decimal(Number),
    /// `date`, `dateTime`, `instant`.
    Moment(Moment),
    /// `time`: hour, minute, second, and the fraction as it was written.
    Time(u8, u8, u8, String),
    /// `string`, `markdown`, `xhtml`, `code`, `id`, `uri` and those like it, `base64Binary`.
    Text(String),
}

/// A point in time as far as it is known: a year, a month, a day, or an instant with its zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    year: u16,
    month: Option<u8>,
    day: Option<u8>,
    time: Option<(u8, u8, u8, String, Zone)>,
}

/// A zone as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    Z,
    /// Whether it lies behind, hours, minutes.
    Offset(bool, u8, u8),
}

impl Primitive {
    /// Reads one of a type.
    ///
    /// # Errors
    /// The key of what is wrong.
    pub(crate) fn read(of: &str, value: &Value) -> Result<Self, &'static str> {
        match of {
            "boolean" => value.as_bool().map(Self::Boolean).ok_or("fhir-error-boolean"),
            "integer" | "positiveInt" | "unsignedInt" => {
                let least = match of {
                    "positiveInt" => 1,
                    "unsignedInt" => 0,
                    _ => i64::from(i32::MIN),
                };
                let whole = value.as_i64().filter(|whole| (least..=i64::from(i32::MAX)).contains(whole));
                whole.map(Self::Integer).ok_or("fhir-error-number")
            }
            "decimal" => value.as_number().cloned().map(Self::Decimal).ok_or("fhir-error-number"),
            _ => {
                let text = value.as_str().ok_or("fhir-error-text")?;
                if text.is_empty() {
                    return Err("fhir-error-empty");
                }
                Self::of_text(of, text)
            }
        }
    }

    fn of_text(of: &str, text: &str) -> Result<Self, &'static str> {
        let plain = || Ok(Self::Text(text.to_owned()));
        match of {
            "date" | "dateTime" | "instant" => {
                let moment = Moment::read(text).filter(|moment| match of {
                    "date" => moment.time.is_none(),
                    "instant" => moment.time.is_some(),
                    _ => true,
                });
                moment.map(Self::Moment).ok_or("fhir-error-moment")
            }
            "time" => {
                let (hour, minute, second, fraction) = clock(text).ok_or("fhir-error-moment")?;
                Ok(Self::Time(hour, minute, second, fraction))
            }
            "code" => {
                let spaced = text.trim() != text || text.contains("  ") || text.chars().any(|c| c.is_whitespace() && c != ' ');
                if spaced { Err("fhir-error-code-form") } else { plain() }
            }
            "id" => {
                let fits = text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
                if fits { plain() } else { Err("fhir-error-id-form") }
            }
            "uri" | "url" | "canonical" | "oid" | "uuid" => {
                if text.chars().any(char::is_whitespace) {
                    Err("fhir-error-uri-form")
                } else {
                    plain()
                }
            }
            "base64Binary" => {
                let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=') || b.is_ascii_whitespace();
                if text.bytes().all(known) { plain() } else { Err("fhir-error-base64") }
            }
            _ => plain(),
        }
    }

    /// As it is written.
    pub(crate) fn write(&self) -> Value {
        match self {
            Self::Boolean(held) => Value::from(*held),
            Self::Integer(whole) => Value::from(*whole),
            Self::Decimal(number) => Value::Number(number.clone()),
            Self::Moment(moment) => Value::from(moment.write()),
            Self::Time(hour, minute, second, fraction) => Value::from(written((*hour, *minute, *second), fraction)),
            Self::Text(text) => Value::from(text.as_str()),
        }
    }
}

fn digits<T: std::str::FromStr>(text: &str, length: usize) -> Option<T> {
    (text.len() == length && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// `08:30:00.250`.
fn clock(text: &str) -> Option<(u8, u8, u8, String)> {
    let (plain, fraction) = match text.split_once('.') {
        None => (text, ""),
        Some((plain, fraction)) if !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit()) => (plain, fraction),
        Some(_) => return None,
    };
    let mut parts = plain.split(':');
    let (hour, minute, second) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    // A second may be a leap second.
    let fits = parts.next().is_none() && hour < 24 && minute < 60 && second <= 60;
    fits.then(|| (hour, minute, second, fraction.to_owned()))
}

fn written((hour, minute, second): (u8, u8, u8), fraction: &str) -> String {
    let whole = format!("{hour:02}:{minute:02}:{second:02}");
    if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") }
}

impl Moment {
    fn read(text: &str) -> Option<Self> {
        let (date, rest) = text.split_once('T').map_or((text, None), |(date, rest)| (date, Some(rest)));
        let mut parts = date.split('-');
        let year = digits(parts.next()?, 4)?;
        let mut part = || parts.next().map(|text| digits::<u8>(text, 2).filter(|number| *number > 0));
        let (month, day) = (part(), part());
        let (month, day) = (month.map_or(Some(None), |month| month.map(Some))?, day.map_or(Some(None), |day| day.map(Some))?);
        if parts.next().is_some() || year == 0 || month.is_some_and(|month| month > 12) {
            return None;
        }
        if let (Some(month), Some(day)) = (month, day) {
            let _is_a_day =
                jiff::civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        }
        let time = match rest {
            None => None,
            Some(rest) => {
                day?;
                let at = rest.find(['Z', '+', '-'])?;
                let (hour, minute, second, fraction) = clock(rest.get(..at)?)?;
                Some((hour, minute, second, fraction, Zone::read(rest.get(at..)?)?))
            }
        };
        Some(Self { year, month, day, time })
    }

    fn write(&self) -> String {
        let mut text = format!("{:04}", self.year);
        for part in [self.month, self.day].into_iter().flatten() {
            text.push_str(&format!("-{part:02}"));
        }
        if let Some((hour, minute, second, fraction, zone)) = &self.time {
            text.push('T');
            text.push_str(&written((*hour, *minute, *second), fraction));
            text.push_str(&zone.write());
        }
        text
    }
}

impl Zone {
    fn read(text: &str) -> Option<Self> {
        if text == "Z" {
            return Some(Self::Z);
        }
        let (hours, minutes) = text.get(1..)?.split_once(':')?;
        let (hours, minutes): (u8, u8) = (digits(hours, 2)?, digits(minutes, 2)?);
        (hours <= 14 && minutes < 60).then(|| Self::Offset(text.starts_with('-'), hours, minutes))
    }

    fn write(self) -> String {
        match self {
            Self::Z => "Z".to_owned(),
            Self::Offset(behind, hours, minutes) => format!("{}{hours:02}:{minutes:02}", if behind { '-' } else { '+' }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_moment_is_as_exact_as_it_was_written() {
        let again = |of: &str, text: &str| Primitive::read(of, &json!(text)).map(|read| read.write());
        for (of, text) in [
            ("date", "1944"),
            ("date", "1944-05"),
            ("dateTime", "1944-05-01"),
            ("dateTime", "2015-02-07T13:28:17-05:00"),
            ("instant", "2015-02-07T13:28:17.2390Z"),
            ("time", "08:30:00.10"),
        ] {
            assert_eq!(again(of, text), Ok(json!(text)), "{of}");
        }
        for (of, text) in [
            ("date", "1944-13"),
            ("date", "1944-02-30"),
            ("date", "44"),
            ("date", "2015-02-07T13:28:17Z"),
            ("instant", "2015-02-07"),
            ("dateTime", "2015-02T13:28:17Z"),
            ("dateTime", "2015-02-07T13:28:17"),
            ("dateTime", "2015-02-07T13:28Z"),
            ("dateTime", "2015-02-07T24:00:00Z"),
            ("dateTime", "2015-02-07T13:28:17.Z"),
            ("dateTime", "2015-02-07T13:28:17+15:00"),
            ("time", "8:30:00"),
        ] {
            assert_eq!(again(of, text), Err("fhir-error-moment"), "{of} {text}");
        }
    }

    #[test]
    fn numbers_and_words_keep_their_kinds() {
        assert_eq!(Primitive::read("positiveInt", &json!(0)), Err("fhir-error-number"));
        assert_eq!(Primitive::read("unsignedInt", &json!(0)), Ok(Primitive::Integer(0)));
        assert_eq!(Primitive::read("integer", &json!(1.5)), Err("fhir-error-number"));
        assert_eq!(Primitive::read("boolean", &json!("true")), Err("fhir-error-boolean"));
        assert_eq!(Primitive::read("code", &json!("a  b")), Err("fhir-error-code-form"));
        assert_eq!(Primitive::read("id", &json!("a_b")), Err("fhir-error-id-form"));
        assert_eq!(Primitive::read("uri", &json!("urn:a b")), Err("fhir-error-uri-form"));
        assert_eq!(Primitive::read("string", &json!(" a ")), Ok(Primitive::Text(" a ".to_owned())));
    }
}
