//! Dates as files write them. What can be read in two ways, or does not exist, is refused.

use super::wrong::Wrong;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use linli_kernel::Ts;

/// How a date is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DateForm {
    /// `strptime` directives, such as `%m/%d/%y %H:%M`.
    Directives(String),
    /// A date cell of a workbook (read as ISO 8601), or the number of days since 1899-12-30 with a fraction for the time.
    Excel,
}

/// The forms and the zone of a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DateForms {
    pub(crate) forms: Vec<DateForm>,
    pub(crate) zone: TimeZone,
}

/// Why a date was refused; the name is the code of the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateError {
    Unreadable,
    NotExist,
    Ambiguous,
}

impl DateError {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "date_unreadable",
            Self::NotExist => "date_not_exist",
            Self::Ambiguous => "date_ambiguous",
        }
    }
}

/// What a form made of a text, before the zone is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Absolute(jiff::Timestamp),
    Wall(DateTime),
    Day(Date),
}

/// The forms that can be read in one way only, used where a mapping names none.
pub(crate) const UNAMBIGUOUS: [&str; 14] = [
    "%Y-%m-%dT%H:%M:%S%.f%:z",
    "%Y-%m-%dT%H:%M:%S%.fZ",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日%H时%M分",
    "%Y年%m月%d日",
];

impl DateForms {
    pub(crate) fn unambiguous(zone: TimeZone) -> Self {
        let forms = UNAMBIGUOUS.iter().map(|f| DateForm::Directives((*f).to_owned())).collect();
        Self { forms, zone }
    }

    /// A moment. A date without a time is its first moment in the zone.
    pub(crate) fn instant(&self, text: &str) -> Result<Ts, DateError> {
        match self.read(text)? {
            Reading::Absolute(at) => Ok(at.into()),
            Reading::Wall(at) => {
                let zoned = self.zone.to_ambiguous_timestamp(at);
                if zoned.is_ambiguous() {
                    // An hour that the clocks skipped does not exist, one that they repeated exists twice.
                    let skipped = matches!(zoned.offset(), jiff::tz::AmbiguousOffset::Gap { .. });
                    return Err(if skipped { DateError::NotExist } else { DateError::Ambiguous });
                }
                zoned.unambiguous().map(Ts::from).map_err(|_| DateError::NotExist)
            }
            Reading::Day(day) => {
                let start = day.to_zoned_datetime(self.zone.clone()).and_then(|z| z.start_of_day());
                start.map(|z| z.timestamp().into()).map_err(|_| DateError::NotExist)
            }
        }
    }

    /// A day. A time beside it must be midnight: otherwise something would be lost.
    pub(crate) fn day(&self, text: &str) -> Result<Date, DateError> {
        match self.read(text)? {
            Reading::Day(day) => Ok(day),
            Reading::Wall(at) if at.time() == jiff::civil::Time::midnight() => Ok(at.date()),
            Reading::Wall(_) => Err(DateError::Unreadable),
            Reading::Absolute(at) => Ok(at.to_zoned_datetime(self.zone.clone()).date()),
        }
    }

    fn read(&self, text: &str) -> Result<Reading, DateError> {
        let mut found: Option<Reading> = None;
        let mut error = DateError::Unreadable;
        for form in &self.forms {
            match form.read(text) {
                Ok(reading) if found.is_none_or(|before| before == reading) => found = Some(reading),
                Ok(_) => return Err(DateError::Ambiguous),
                Err(DateError::NotExist) => error = DateError::NotExist,
                Err(_) => {}
            }
        }
        found.ok_or(error)
    }
}

impl DateForm {
    /// Checks the directives of a mapping by writing a date with them and reading it back.
    pub(crate) fn parse(text: &str) -> Result<Self, Wrong> {
        if text.eq_ignore_ascii_case("excel") {
            return Ok(Self::Excel);
        }
        let sample = jiff::civil::date(2024, 11, 23).at(21, 47, 35, 0).in_tz("UTC").map_err(Wrong::told)?;
        let written = strtime::format(text, &sample).map_err(Wrong::told)?;
        let form = Self::Directives(text.to_owned());
        form.read(&written).map_err(|_| Wrong::new("date-form", [("form", text.to_owned())]))?;
        Ok(form)
    }

    fn read(&self, text: &str) -> Result<Reading, DateError> {
        match self {
            Self::Excel => read_excel(text),
            Self::Directives(form) => read_directives(form, text),
        }
    }
}

fn read_directives(form: &str, text: &str) -> Result<Reading, DateError> {
    let parts = strtime::parse(form, text).map_err(|_| DateError::Unreadable)?;
    let day = parts.to_date().map_err(|_| DateError::NotExist)?;
    // `%Y` reads `20` as the year 20: a form for four digits did not mean that.
    if !(1850..=2250).contains(&day.year()) {
        return Err(DateError::Unreadable);
    }
    if parts.offset().is_some() {
        return parts.to_timestamp().map(Reading::Absolute).map_err(|_| DateError::NotExist);
    }
    if form.ends_with('Z') {
        let utc = parts.to_datetime().and_then(|at| at.to_zoned_datetime(TimeZone::UTC));
        return utc.map(|z| Reading::Absolute(z.timestamp())).map_err(|_| DateError::NotExist);
    }
    if parts.hour().is_some() {
        return parts.to_datetime().map(Reading::Wall).map_err(|_| DateError::NotExist);
    }
    Ok(Reading::Day(day))
}

fn read_excel(text: &str) -> Result<Reading, DateError> {
    // A date cell knows no zone: a text with an offset is for the forms that read one.
    if text.get(10..).is_some_and(|time| time.contains(['+', '-', 'Z', 'z'])) {
        return Err(DateError::Unreadable);
    }
    if text.len() >= 10 && text.get(4..5) == Some("-") {
        return match text.parse::<Date>() {
            Ok(day) if text.len() == 10 => Ok(Reading::Day(day)),
            _ => text.parse::<DateTime>().map(Reading::Wall).map_err(|_| DateError::NotExist),
        };
    }
    let serial: f64 = text.parse().map_err(|_| DateError::Unreadable)?;
    let (days, millis) = split_serial(serial).ok_or(DateError::NotExist)?;
    // Excel's calendar has a 29 February 1900 at 60; days before it count from one day later.
    let epoch = match days {
        60 => return Err(DateError::NotExist),
        1..60 => jiff::civil::date(1899, 12, 31),
        _ => jiff::civil::date(1899, 12, 30),
    };
    let span = jiff::Span::new().days(days).milliseconds(millis);
    let at = epoch.at(0, 0, 0, 0).checked_add(span).map_err(|_| DateError::NotExist)?;
    Ok(if millis == 0 { Reading::Day(at.date()) } else { Reading::Wall(at) })
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "the range is checked and the fraction is meant to go"
)]
fn split_serial(serial: f64) -> Option<(i64, i64)> {
    const MILLIS_PER_DAY: f64 = 86_400_000.0;
    // 1 is 1900-01-01, 2,958,466 would be 10000-01-01.
    (1.0..2_958_466.0).contains(&serial).then(|| {
        let millis = (serial.fract() * MILLIS_PER_DAY).round();
        if millis >= MILLIS_PER_DAY { (serial.trunc() as i64 + 1, 0) } else { (serial.trunc() as i64, millis as i64) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(list: &[&str], zone: &str) -> DateForms {
        DateForms { forms: list.iter().map(|f| DateForm::parse(f).unwrap()).collect(), zone: TimeZone::get(zone).unwrap() }
    }

    fn said(forms: &DateForms, text: &str) -> Result<String, DateError> {
        forms.instant(text).map(|ts| ts.timestamp().to_string())
    }

    #[test]
    fn seven_ways_to_write_a_date() {
        let la = forms(&["%m/%d/%y %H:%M"], "America/Los_Angeles");
        assert_eq!(said(&la, "1/1/20 0:05").unwrap(), "2020-01-01T08:05:00Z");
        let nyc = forms(&["%Y-%m-%dT%H:%M:%S%.f"], "America/New_York");
        assert_eq!(said(&nyc, "2024-05-27T02:08:51.000").unwrap(), "2024-05-27T06:08:51Z");
        let zh = DateForms::unambiguous(linli_kernel::shanghai());
        for text in [
            "2024年5月27日",
            "2024-05-27",
            "2024/5/27",
            "2024.05.27",
            "2024-05-27 00:00",
            "2024-05-27T00:00:00+08:00",
            "2024-05-26T16:00:00Z",
            "2024年05月27日 00:00",
        ] {
            assert_eq!(said(&zh, text).as_deref(), Ok("2024-05-26T16:00:00Z"), "{text}");
        }
        let excel = forms(&["excel"], "Asia/Shanghai");
        assert_eq!(said(&excel, "45439.5").unwrap(), "2024-05-27T04:00:00Z");
        assert_eq!(said(&excel, "2024-05-27T12:00:00").unwrap(), "2024-05-27T04:00:00Z");
        assert_eq!(excel.day("45439").unwrap(), jiff::civil::date(2024, 5, 27));
        assert_eq!(excel.day("59").unwrap(), jiff::civil::date(1900, 2, 28));
    }

    #[test]
    fn what_does_not_exist_is_refused() {
        let zh = DateForms::unambiguous(linli_kernel::shanghai());
        assert_eq!(zh.instant("2025-02-30"), Err(DateError::NotExist));
        assert_eq!(zh.instant("2025-02-29 08:00"), Err(DateError::NotExist));
        assert_eq!(zh.instant("2025-13-01"), Err(DateError::Unreadable));
        assert_eq!(zh.instant("暂无"), Err(DateError::Unreadable));
        assert_eq!(forms(&["excel"], "UTC").instant("60"), Err(DateError::NotExist));
        let nyc = forms(&["%Y-%m-%d %H:%M"], "America/New_York");
        assert_eq!(nyc.instant("2024-03-10 02:30"), Err(DateError::NotExist), "the clocks skip it");
        assert_eq!(nyc.instant("2024-11-03 01:30"), Err(DateError::Ambiguous), "the clocks show it twice");
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        let both = forms(&["%m/%d/%y", "%d/%m/%y"], "UTC");
        assert_eq!(both.instant("1/2/20"), Err(DateError::Ambiguous));
        assert!(both.instant("3/3/20").is_ok(), "both readings agree");
        assert!(both.instant("13/2/20").is_ok(), "only one reading");
        let zh = DateForms::unambiguous(linli_kernel::shanghai());
        assert_eq!(zh.instant("1/2/20"), Err(DateError::Unreadable), "no form is guessed");
        let years = forms(&["%m/%d/%Y", "%m/%d/%y"], "UTC");
        assert_eq!(years.day("1/2/20"), Ok(jiff::civil::date(2020, 1, 2)));
        assert_eq!(years.day("1/2/2020"), Ok(jiff::civil::date(2020, 1, 2)));
    }

    #[test]
    fn forms_without_sense_are_refused() {
        for bad in ["%H:%M", "%Q", "日期", ""] {
            assert!(DateForm::parse(bad).is_err(), "{bad}");
        }
    }
}
