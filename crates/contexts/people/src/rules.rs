//! What a row must fulfil, and when two rows speak of the same thing. Pure.

use linli_kernel::social_credit_code;
use linli_territory::error::Problem;

use crate::model::{Appointment, AppointmentInput, ORGANISATION_KINDS, Organisation, PersonInput};

/// Longest staff number, name and title, in characters.
const SHORT: usize = 60;
/// Longest name of an organisation, in characters.
const LONG: usize = 120;

/// A row as it is meant: without blanks around its values, credit codes in capitals; an empty value counts as not said.
#[must_use]
pub fn tidy_person(input: &PersonInput) -> PersonInput {
    PersonInput {
        code: input.code.trim().to_owned(),
        name: input.name.trim().to_owned(),
        organisation_kind: said(input.organisation_kind.as_deref()),
        organisation_name: said(input.organisation_name.as_deref()),
        organisation_credit_code: said(input.organisation_credit_code.as_deref()).map(|code| code.to_ascii_uppercase()),
        work_phone: said(input.work_phone.as_deref()),
    }
}

/// As [`tidy_person`], for an appointment.
#[must_use]
pub fn tidy_appointment(input: &AppointmentInput) -> AppointmentInput {
    AppointmentInput {
        person_code: input.person_code.trim().to_owned(),
        organisation_name: said(input.organisation_name.as_deref()),
        role: input.role.trim().to_owned(),
        title: input.title.trim().to_owned(),
        place: input.place.trim().to_owned(),
        grid_code: said(input.grid_code.as_deref()),
        public_phone: said(input.public_phone.as_deref()),
        valid_from: input.valid_from,
        valid_to: input.valid_to,
    }
}

fn said(value: Option<&str>) -> Option<String> {
    value.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// What is wrong with a tidy row about a person.
///
/// # Errors
/// The first problem.
pub fn check_person(input: &PersonInput) -> Result<(), Problem> {
    check_text("person_code", &input.code, SHORT)?;
    check_text("name", &input.name, SHORT)?;
    if let Some(phone) = &input.work_phone {
        check_phone("work_phone", phone)?;
    }
    if let Some(name) = &input.organisation_name {
        check_organisation_name(name)?;
    }
    if let Some(kind) = input.organisation_kind.as_deref().filter(|kind| !ORGANISATION_KINDS.contains(kind)) {
        return Err(Problem::new("organisation_kind", "unknown", kind));
    }
    if let Some(code) = &input.organisation_credit_code {
        social_credit_code(code).map_err(|e| Problem::new("organisation_credit_code", "credit_code", e.to_string()))?;
    }
    Ok(())
}

/// What is wrong with a tidy row about an appointment, as far as the row itself shows it.
///
/// # Errors
/// The first problem.
pub fn check_appointment(input: &AppointmentInput) -> Result<(), Problem> {
    if !input.title.is_empty() {
        check_text("title", &input.title, SHORT)?;
    }
    if input.place.is_empty() && input.grid_code.is_none() {
        return Err(Problem::new("place", "missing", ""));
    }
    if let Some(end) = input.valid_to.filter(|end| *end <= input.valid_from) {
        return Err(Problem::new("to", "ends_before_it_begins", end.rfc3339()));
    }
    input.public_phone.as_deref().map_or(Ok(()), |phone| check_phone("public_phone", phone))
}

/// What is wrong with the name of an organisation.
///
/// # Errors
/// The first problem.
pub fn check_organisation_name(name: &str) -> Result<(), Problem> {
    check_text("organisation_name", name, LONG)
}

fn check_text(field: &'static str, text: &str, most: usize) -> Result<(), Problem> {
    if text.is_empty() {
        return Err(Problem::new(field, "missing", ""));
    }
    if text.chars().any(char::is_control) {
        return Err(Problem::new(field, "control_characters", ""));
    }
    let count = text.chars().count();
    if count > most { Err(Problem::new(field, "too_long", format!("{count} > {most}"))) } else { Ok(()) }
}

/// Digits, spaces, `-`, `+` and an extension; 3 to 24 characters. Whether it can be dialled is not ours to say.
fn check_phone(field: &'static str, phone: &str) -> Result<(), Problem> {
    let fits = (3..=24).contains(&phone.chars().count())
        && phone.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '+' | '转'));
    if fits { Ok(()) } else { Err(Problem::new(field, "phone", phone)) }
}

/// Whether two appointments of one person are the same one: its end and its public phone may differ.
#[must_use]
pub fn same_appointment(a: &Appointment, b: &Appointment) -> bool {
    a.role == b.role
        && a.organisation == b.organisation
        && a.place == b.place
        && a.grid == b.grid
        && a.valid_from == b.valid_from
        && a.title == b.title
}

/// Whether a later row about a person says nothing that the earlier one did not say.
#[must_use]
pub fn says_nothing_new(earlier: &PersonInput, later: &PersonInput) -> bool {
    let covered = |a: &Option<String>, b: &Option<String>| b.is_none() || a == b;
    earlier.name == later.name
        && covered(&earlier.organisation_kind, &later.organisation_kind)
        && covered(&earlier.organisation_name, &later.organisation_name)
        && covered(&earlier.organisation_credit_code, &later.organisation_credit_code)
        && covered(&earlier.work_phone, &later.work_phone)
}

/// What a row adds to a known organisation: a code where none was known, a kind where it was only "other".
///
/// # Errors
/// `differs` when it says another code or kind than is known.
pub fn adds_to(known: &Organisation, kind: Option<&str>, code: Option<&str>) -> Result<Option<Organisation>, Problem> {
    if let (Some(said), Some(kept)) = (code, known.credit_code.as_deref())
        && said != kept
    {
        return Err(Problem::new("organisation_credit_code", "differs", said));
    }
    if let Some(said) = kind.filter(|kind| known.kind != *kind && known.kind != "other") {
        return Err(Problem::new("organisation_kind", "differs", said));
    }
    let fuller = Organisation {
        kind: kind.unwrap_or(&known.kind).to_owned(),
        credit_code: known.credit_code.clone().or_else(|| code.map(str::to_owned)),
        ..known.clone()
    };
    Ok((fuller != *known).then_some(fuller))
}

#[cfg(test)]
mod tests {
    use linli_kernel::{FakeClock, SeededRng, Ts};

    use super::*;
    use crate::model::OrganisationId;

    #[test]
    fn an_organisation_becomes_fuller_and_never_another() {
        let id = OrganisationId::new(FakeClock::at(Ts(0)).as_ref(), SeededRng::new(1).as_ref());
        let known = Organisation { id, kind: "other".into(), name: "甲".into(), credit_code: None };
        assert_eq!(adds_to(&known, None, None), Ok(None));
        assert_eq!(adds_to(&known, Some("other"), None), Ok(None));
        let fuller = adds_to(&known, Some("hospital"), Some("X")).unwrap().unwrap();
        assert_eq!((fuller.kind.as_str(), fuller.credit_code.as_deref()), ("hospital", Some("X")));
        assert_eq!(adds_to(&fuller, Some("utility"), None).unwrap_err().field, "organisation_kind");
        assert_eq!(adds_to(&fuller, None, Some("Y")).unwrap_err().field, "organisation_credit_code");
    }
}
