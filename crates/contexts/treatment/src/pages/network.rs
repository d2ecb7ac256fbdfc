//! What the pages of institutions and returns share.

use std::sync::Arc;

use jiff::civil::Date;
use linli_hall::Hall;
use linli_kernel::{DistrictId, Ts};
use linli_webkit::{AppError, FieldProblem, T};

use crate::error_network::{NetworkError, Wrong};
use crate::model::{Crowding, Hours, OpenNow, Stated};
use crate::network::Network;
use crate::queries::institutions::UnitNow;
use crate::queries::returns::InTime;

impl From<NetworkError> for AppError {
    fn from(error: NetworkError) -> Self {
        match error {
            NetworkError::Denied(refusal) => linli_hall::denied(refusal),
            NetworkError::Db(error) => linli_hall::store_error(error),
            NetworkError::Field { field, problem } => Self::invalid(vec![field_problem(&field, problem)]),
            NetworkError::Fields(wrong) => {
                Self::invalid(wrong.iter().map(|(field, problem)| field_problem(field, *problem)).collect())
            }
            NetworkError::Treatment(error) => (*error).into(),
            NetworkError::OtherGrid { ref grid, .. } => Self::new(error.code()).arg("grid", grid.clone()),
            NetworkError::OtherCentre { ref institution, .. } => Self::new(error.code()).arg("institution", institution.clone()),
            _ => Self::new(error.code()).caused_by(error),
        }
    }
}

/// A problem of a field in the words of a form.
fn field_problem(field: &str, problem: Wrong) -> FieldProblem {
    let of = |key: &str| FieldProblem::new(field, key);
    match problem {
        Wrong::Required => of("network-field-required"),
        Wrong::NotAChoice => of("field-not-a-choice"),
        Wrong::TooLong { max } => of("network-field-too-long").arg("max", max),
        Wrong::ControlCharacter => of("field-control-character"),
        Wrong::NotADate => of("network-field-date"),
        Wrong::InTheFuture => of("beds-field-future"),
        Wrong::TooEarly => of("network-field-too-early"),
        Wrong::NotHours => of("network-field-hours"),
        Wrong::NotHttps => of("network-field-https"),
        Wrong::CodeTaken => of("network-field-code-taken"),
        Wrong::NameTaken => of("network-field-name-taken"),
        Wrong::NoLead => of("network-field-no-lead"),
        Wrong::NoCentre => of("network-field-no-centre"),
        Wrong::Closed => of("network-field-closed"),
        Wrong::NotANumber => of("network-field-number"),
        Wrong::OutOfRange { least, most } => of("network-field-range").arg("least", least).arg("most", most),
        Wrong::CannotBe { percent } => of("network-field-cannot-be").arg("percent", percent),
        Wrong::Full { percent } => of("network-field-full").arg("percent", percent),
        Wrong::OfNone => of("network-field-of-none"),
        Wrong::Jump { times, before } => of("network-field-jump").arg("times", times).arg("before", before),
        Wrong::Unusual { usual } => of("network-field-unusual").arg("usual", usual),
    }
}

pub(crate) fn network(hall: &Hall) -> Result<Arc<Network>, AppError> {
    hall.service::<Network>()
}

/// The district and the thing that an address names.
pub(crate) fn addressed<I: std::str::FromStr>(district: &str, id: &str) -> Result<(DistrictId, I), NetworkError> {
    let district = district.parse().map(DistrictId).map_err(|_| NetworkError::NotFound)?;
    Ok((district, id.parse().map_err(|_| NetworkError::NotFound)?))
}

/// Noon of a day, for the words of dates.
pub(crate) fn day_in_words(t: &T, day: Date) -> String {
    Ts::from_local(day.at(12, 0, 0, 0)).map(|noon| t.date(noon)).unwrap_or_default()
}

/// A number as told: three different things stay three.
pub(crate) fn stated(t: &T, one: Option<Stated>) -> String {
    match one {
        None => t.s("network-not-asked").into_owned(),
        Some(Stated::Number(number)) => grouped(number),
        Some(Stated::Unknown) => t.s("network-unknown").into_owned(),
        Some(Stated::Suppressed) => t.s("network-suppressed").into_owned(),
    }
}

/// 73000 as `73,000`.
pub(crate) fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if number < 0 { format!("−{out}") } else { out }
}

/// Whether it is open, as a badge: state and word.
pub(crate) fn open_badge(t: &T, open: &OpenNow, now: Ts) -> (&'static str, String) {
    match open {
        OpenNow::Open(None) => ("well", t.s("network-open-always").into_owned()),
        OpenNow::Open(Some(until)) => ("well", t.v("network-open-until", "when", t.when(*until, now))),
        OpenNow::Closed(Some(opens)) => ("act", t.v("network-closed-until", "when", t.when(*opens, now))),
        OpenNow::Closed(None) => ("act", t.s("network-closed").into_owned()),
        OpenNow::Unknown => ("soon", t.s("network-open-unknown").into_owned()),
    }
}

/// How crowded it was said to be, with the age of the word; empty when nothing was said.
pub(crate) fn crowd(t: &T, said: Option<(Crowding, Ts)>, now: Ts) -> (&'static str, String) {
    let Some((level, at)) = said else { return ("", String::new()) };
    let state = match level {
        Crowding::Quiet => "well",
        Crowding::Busy => "soon",
        Crowding::Crowded => "act",
    };
    let word = t.s(&format!("network-crowding-{level}")).into_owned();
    (state, t.with("network-crowding-said", &[("word", word.into()), ("span", t.duration(now.secs_since(at)).into())]))
}

/// The hours as a line: as they were written, where they were.
pub(crate) fn hours_line(t: &T, unit: &UnitNow) -> String {
    let said = match &unit.hours {
        Hours::Always => t.s("network-hours-always").into_owned(),
        Hours::PerDay(hours) => t.n("network-hours-per-day", *hours),
        Hours::Unknown => t.s("network-hours-unknown").into_owned(),
        Hours::Weekly(week) => {
            let clock = |minutes: i64| {
                let next = if minutes > 1_440 { t.s("network-next-day").into_owned() } else { String::new() };
                format!("{next}{:02}:{:02}", (minutes / 60) % 24, minutes % 60)
            };
            let mut days: Vec<(String, Vec<i64>)> = Vec::new();
            for one in week {
                let to = if one.to() == 1_440 { "24:00".to_owned() } else { clock(one.to()) };
                let span = format!("{}–{to}", clock(one.from()));
                match days.iter_mut().find(|(known, _)| *known == span) {
                    Some((_, on)) => on.push(one.weekday()),
                    None => days.push((span, vec![one.weekday()])),
                }
            }
            let line = |(span, on): (String, Vec<i64>)| {
                let on: Vec<String> = on.iter().map(|day| t.s(&format!("network-weekday-{day}")).into_owned()).collect();
                let on = if on.len() == 7 { t.s("network-every-day").into_owned() } else { on.join(&t.s("network-comma")) };
                format!("{on} {span}")
            };
            days.into_iter().map(line).collect::<Vec<_>>().join(&t.s("network-semicolon"))
        }
    };
    let odd = matches!(unit.hours, Hours::Unknown | Hours::PerDay(_)) && !unit.told.is_empty();
    if odd { t.with("network-hours-written", &[("said", said.into()), ("told", unit.told.as_str().into())]) } else { said }
}

/// The badge of a return: state and word.
pub(crate) fn in_time(t: &T, state: InTime) -> (&'static str, String) {
    let (tone, key) = match state {
        InTime::Told => ("well", "network-return-told"),
        InTime::Late => ("soon", "network-return-late"),
        InTime::Awaited => ("info", "network-return-awaited"),
        InTime::Missing => ("act", "network-return-missing"),
    };
    (tone, t.s(key).into_owned())
}

/// Runs one command in a transaction of a district.
macro_rules! run_in {
    ($district:expr, $hall:expr, $tx:ident => $command:expr) => {
        async {
            let mut tx = $hall.begin($district).await?;
            let $tx = &mut tx;
            let done = $command.await?;
            $hall.commit(tx).await?;
            Ok::<_, linli_webkit::AppError>(done)
        }
        .await
    };
}
pub(crate) use run_in;

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_grouped_by_three() {
        for (number, text) in
            [(0, "0"), (12, "12"), (999, "999"), (1_000, "1,000"), (73_000, "73,000"), (-1_234_567, "−1,234,567")]
        {
            assert_eq!(super::grouped(number), text);
        }
    }
}
