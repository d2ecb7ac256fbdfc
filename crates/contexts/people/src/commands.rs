//! What changes people and appointments. Many-row commands answer every row and write nothing of a rejected one.

use std::collections::HashMap;
use std::str::FromStr as _;

use linli_access::{Action, Ctx, Resource, Role};
use linli_db::Tx;
use linli_kernel::{DistrictId, PlacePath, Ts, social_credit_code};
use linli_territory::error::{Answer, Outcome, Problem};
use serde_json::json;

use crate::error::PeopleError;
use crate::model::{
    Appointment, AppointmentId, AppointmentInput, ORGANISATION_KINDS, Organisation, OrganisationId, PersonId, PersonInput,
};
use crate::store::{self, PersonRow};

/// Records people with their organisations, answering every row in its order. The staff number is the key.
///
/// # Errors
/// `Denied`, store errors. What is wrong with a row is its answer.
pub async fn put_people(ctx: &Ctx, tx: &mut Tx, inputs: &[PersonInput]) -> Result<Vec<Answer>, PeopleError> {
    let (district, place) = ground(tx).await?;
    ctx.may(Action::Import, Resource::People, district, &place)?;
    let names: Vec<&str> = inputs.iter().filter_map(|i| i.organisation_name.as_deref()).collect();
    let mut organisations = by_name(store::organisations_by_name(&mut tx.conn()?, district, &names).await?);
    let codes: Vec<&str> = inputs.iter().map(|i| i.code.as_str()).collect();
    let known = store::people_by_code(&mut tx.conn()?, district, &codes).await?;
    let mut known: HashMap<String, PersonRow> = known.into_iter().map(|p| (p.code.clone(), p)).collect();
    let (mut answers, mut new, mut changed) = (Vec::with_capacity(inputs.len()), Vec::new(), 0_usize);
    for input in inputs {
        if let Err(problem) = check_person(input) {
            answers.push(Answer::from(problem));
            continue;
        }
        let organisation = match organisation_of(ctx, tx, district, input, &mut organisations).await? {
            Ok(organisation) => organisation,
            Err(problem) => {
                answers.push(Answer::from(problem));
                continue;
            }
        };
        let row = PersonRow {
            id: PersonId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
            code: input.code.clone(),
            name: input.name.clone(),
            organisation_id: organisation,
            work_phone: input.work_phone.clone(),
        };
        let outcome = match known.get_mut(&input.code) {
            None => {
                known.insert(row.code.clone(), row.clone());
                new.push(row);
                Outcome::Created
            }
            Some(before) => {
                let differs = differences(before, &row);
                if differs.is_empty() {
                    Outcome::Unchanged
                } else if new.iter().any(|n: &PersonRow| n.id == before.id) {
                    Outcome::Rejected(Problem::new("person_code", "duplicate", input.code.clone()))
                } else {
                    *before = PersonRow { id: before.id, ..row };
                    store::update_person(&mut tx.conn()?, district, before).await?;
                    changed += 1;
                    Outcome::Changed(differs)
                }
            }
        };
        answers.push(Answer::of(outcome));
    }
    store::insert_people(&mut tx.conn()?, district, &new).await?;
    if !new.is_empty() || changed > 0 {
        tx.journal(ctx.line("people.people_recorded", &place, None, json!({ "created": new.len(), "changed": changed })));
    }
    Ok(answers)
}

/// Records one person and gives the id.
///
/// # Errors
/// `Invalid` with the field, `Denied`, store errors.
pub async fn put_person(ctx: &Ctx, tx: &mut Tx, input: PersonInput) -> Result<PersonId, PeopleError> {
    let code = input.code.clone();
    let answers = put_people(ctx, tx, &[input]).await?;
    if let Some(Outcome::Rejected(problem)) = answers.into_iter().next().map(|a| a.outcome) {
        return Err(PeopleError::Invalid(problem));
    }
    let district = tx.district();
    let row = store::people_by_code(&mut tx.conn()?, district, &[&code]).await?.pop();
    row.map(|r| r.id).ok_or(PeopleError::Unknown(code))
}

/// Records appointments, answering every row in its order. The same person, role, place, grid and beginning are the same
/// appointment; its end and its public phone may change.
///
/// # Errors
/// `Denied`, store errors. What is wrong with a row is its answer.
pub async fn put_appointments(ctx: &Ctx, tx: &mut Tx, inputs: &[AppointmentInput]) -> Result<Vec<Answer>, PeopleError> {
    let (district, place) = ground(tx).await?;
    ctx.may(Action::Import, Resource::People, district, &place)?;
    let names: Vec<&str> = inputs.iter().filter_map(|i| i.organisation_name.as_deref()).collect();
    let organisations = by_name(store::organisations_by_name(&mut tx.conn()?, district, &names).await?);
    let codes: Vec<&str> = inputs.iter().map(|i| i.person_code.as_str()).collect();
    let people = store::people_by_code(&mut tx.conn()?, district, &codes).await?;
    let people: HashMap<String, PersonId> = people.into_iter().map(|p| (p.code, p.id)).collect();
    let mut held: HashMap<PersonId, Vec<Appointment>> = HashMap::new();
    let mut places: HashMap<String, Option<PlacePath>> = HashMap::new();
    let (mut answers, mut new, mut changed) = (Vec::with_capacity(inputs.len()), Vec::new(), 0_usize);
    for input in inputs {
        let wanted = match wanted(ctx, tx, district, input, &people, &organisations, &mut places).await? {
            Ok(wanted) => wanted,
            Err(problem) => {
                answers.push(Answer::from(problem));
                continue;
            }
        };
        let (appointment, _) = &wanted;
        let person = appointment.person;
        if !held.contains_key(&person) {
            let rows = store::appointments_of(&mut tx.conn()?, district, person).await?;
            held.insert(person, rows.into_iter().map(|r| r.appointment(district)).collect::<Result<_, _>>()?);
        }
        let mine = held.entry(person).or_default();
        let outcome = match mine.iter_mut().find(|a| same(a, appointment)) {
            None => {
                mine.push(appointment.clone());
                new.push(wanted);
                Outcome::Created
            }
            Some(known) if known.valid_to == appointment.valid_to && known.public_phone == appointment.public_phone => Outcome::Unchanged,
            Some(known) => {
                (known.valid_to, known.public_phone) = (appointment.valid_to, appointment.public_phone.clone());
                store::set_appointment(&mut tx.conn()?, district, known.id, known.public_phone.as_deref(), known.valid_to).await?;
                changed += 1;
                Outcome::Changed(vec!["to", "public_phone"])
            }
        };
        answers.push(Answer::of(outcome));
    }
    store::insert_appointments(&mut tx.conn()?, &new).await?;
    if !new.is_empty() || changed > 0 {
        tx.journal(ctx.line("people.appointments_recorded", &place, None, json!({ "created": new.len(), "changed": changed })));
    }
    Ok(answers)
}

/// Appoints the administrator of the whole installation: the act behind the one-time setup link.
///
/// # Errors
/// `Denied` unless the program itself acts, `Invalid`, store errors.
pub async fn appoint_administrator(ctx: &Ctx, tx: &mut Tx, code: &str, name: &str) -> Result<(PersonId, AppointmentId), PeopleError> {
    ctx.may(Action::Create, Resource::People, DistrictId::CITY, &PlacePath::root())?;
    let input = PersonInput {
        code: code.to_owned(),
        name: name.to_owned(),
        organisation_kind: None,
        organisation_name: None,
        organisation_credit_code: None,
        work_phone: None,
    };
    let person = put_person(ctx, tx, input).await?;
    let appointment = Appointment {
        id: AppointmentId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        district: tx.district(),
        person,
        organisation: None,
        role: Role::Administrator,
        title: String::new(),
        place: PlacePath::root(),
        grid: None,
        public_phone: None,
        valid_from: ctx.now(),
        valid_to: None,
    };
    store::insert_appointments(&mut tx.conn()?, &[(appointment.clone(), None)]).await?;
    tx.journal(ctx.line("people.appointed", &PlacePath::root(), Some(person.0), json!({ "role": Role::Administrator, "appointment": appointment.id })));
    Ok((person, appointment.id))
}

/// Ends an appointment at an instant. What was done under it stays.
///
/// # Errors
/// `Unknown`, `Invalid` when it would end before it began, `Denied`, store errors.
pub async fn end_appointment(ctx: &Ctx, tx: &mut Tx, id: AppointmentId, at: Ts) -> Result<(), PeopleError> {
    let district = tx.district();
    let row = store::appointment(&mut tx.conn()?, district, id).await?.ok_or_else(|| PeopleError::Unknown(id.to_string()))?;
    let appointment = row.appointment(district)?;
    ctx.may(Action::Change, Resource::People, district, &appointment.place)?;
    if at <= appointment.valid_from {
        return Err(PeopleError::Invalid(Problem::new("to", "ends_before_it_begins", at.rfc3339())));
    }
    store::set_appointment(&mut tx.conn()?, district, id, appointment.public_phone.as_deref(), Some(at)).await?;
    tx.journal(ctx.line("people.appointment_ended", &appointment.place, Some(appointment.person.0), json!({ "appointment": id, "at": at })));
    Ok(())
}

/// The district of the transaction and the path of its top; the city has the root.
async fn ground(tx: &mut Tx) -> Result<(DistrictId, PlacePath), PeopleError> {
    let id = tx.district();
    if id == DistrictId::CITY {
        return Ok((id, PlacePath::root()));
    }
    let district = linli_territory::queries::district(&mut tx.conn()?, id).await?;
    district.map(|d| (id, d.path)).ok_or_else(|| PeopleError::Unknown(id.to_string()))
}

fn by_name(organisations: Vec<Organisation>) -> HashMap<String, Organisation> {
    organisations.into_iter().map(|o| (o.name.clone(), o)).collect()
}

fn check_person(input: &PersonInput) -> Result<(), Problem> {
    let fits = |field, text: &str, most: usize| {
        let count = text.chars().count();
        if text.trim().is_empty() {
            Err(Problem::new(field, "missing", ""))
        } else if count > most || text.chars().any(char::is_control) {
            Err(Problem::new(field, "unreadable", format!("{count} characters")))
        } else {
            Ok(())
        }
    };
    fits("person_code", &input.code, 60)?;
    fits("name", &input.name, 60)?;
    if let Some(phone) = &input.work_phone {
        check_phone("work_phone", phone)?;
    }
    if let Some(kind) = input.organisation_kind.as_deref().filter(|kind| !ORGANISATION_KINDS.contains(kind)) {
        return Err(Problem::new("organisation_kind", "unknown", kind));
    }
    if let Some(code) = &input.organisation_credit_code {
        social_credit_code(code).map_err(|e| Problem::new("organisation_credit_code", "credit_code", e.to_string()))?;
    }
    Ok(())
}

/// Digits, spaces, `-`, `+` and an extension; 3 to 24 characters. Whether it can be dialled is not ours to say.
fn check_phone(field: &'static str, phone: &str) -> Result<(), Problem> {
    let fits = (3..=24).contains(&phone.chars().count()) && phone.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '+' | '转'));
    if fits { Ok(()) } else { Err(Problem::new(field, "phone", phone)) }
}

async fn organisation_of(
    ctx: &Ctx,
    tx: &mut Tx,
    district: DistrictId,
    input: &PersonInput,
    known: &mut HashMap<String, Organisation>,
) -> Result<Result<Option<OrganisationId>, Problem>, PeopleError> {
    let Some(name) = &input.organisation_name else { return Ok(Ok(None)) };
    if let Some(organisation) = known.get(name) {
        let other = input.organisation_credit_code.as_ref().filter(|code| organisation.credit_code.as_ref().is_some_and(|k| k != *code));
        return Ok(match other {
            Some(code) => Err(Problem::new("organisation_credit_code", "differs", code.clone())),
            None => Ok(Some(organisation.id)),
        });
    }
    if let Some(code) = &input.organisation_credit_code
        && let Some(other) = known.values().find(|o| o.credit_code.as_ref() == Some(code))
    {
        return Ok(Err(Problem::new("organisation_credit_code", "taken", other.name.clone())));
    }
    let organisation = Organisation {
        id: OrganisationId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        kind: input.organisation_kind.clone().unwrap_or_else(|| "other".to_owned()),
        name: name.clone(),
        credit_code: input.organisation_credit_code.clone(),
    };
    store::insert_organisation(&mut tx.conn()?, district, &organisation).await?;
    let id = organisation.id;
    known.insert(name.clone(), organisation);
    Ok(Ok(Some(id)))
}

fn differences(before: &PersonRow, after: &PersonRow) -> Vec<&'static str> {
    let mut fields = Vec::new();
    if before.name != after.name {
        fields.push("name");
    }
    if before.organisation_id != after.organisation_id {
        fields.push("organisation_name");
    }
    if before.work_phone != after.work_phone {
        fields.push("work_phone");
    }
    fields
}

fn same(a: &Appointment, b: &Appointment) -> bool {
    a.role == b.role && a.place == b.place && a.grid == b.grid && a.valid_from == b.valid_from && a.title == b.title
}

type Wanted = (Appointment, Option<OrganisationId>);

async fn wanted(
    ctx: &Ctx,
    tx: &mut Tx,
    district: DistrictId,
    input: &AppointmentInput,
    people: &HashMap<String, PersonId>,
    organisations: &HashMap<String, Organisation>,
    places: &mut HashMap<String, Option<PlacePath>>,
) -> Result<Result<Wanted, Problem>, PeopleError> {
    let role = Role::from_str(&input.role);
    let Ok(role) = role else { return Ok(Err(Problem::new("role", "unknown", input.role.clone()))) };
    let Some(person) = people.get(&input.person_code) else {
        return Ok(Err(Problem::new("person_code", "unknown", input.person_code.clone())));
    };
    let organisation = match &input.organisation_name {
        None => None,
        Some(name) => match organisations.get(name) {
            Some(organisation) => Some(organisation.id),
            None => return Ok(Err(Problem::new("organisation_name", "unknown", name.clone()))),
        },
    };
    if let Some(end) = input.valid_to.filter(|end| *end <= input.valid_from) {
        return Ok(Err(Problem::new("to", "ends_before_it_begins", end.rfc3339())));
    }
    if let Some(phone) = &input.public_phone
        && let Err(problem) = check_phone("public_phone", phone)
    {
        return Ok(Err(problem));
    }
    let (place, grid) = match &input.grid_code {
        Some(code) => match linli_territory::queries::grid_by_code(&mut tx.conn()?, district, code).await? {
            Some(grid) => (grid.community.clone(), Some(grid.id.0)),
            None => return Ok(Err(Problem::new("grid_code", "unknown", code.clone()))),
        },
        None => {
            if !places.contains_key(&input.place) {
                let found = linli_territory::queries::resolve(&mut tx.conn()?, district, &input.place).await?;
                places.insert(input.place.clone(), found.map(|p| p.path));
            }
            match places.get(&input.place).cloned().flatten() {
                Some(path) => (path, None),
                None => return Ok(Err(Problem::new("place", "unknown", input.place.clone()))),
            }
        }
    };
    let appointment = Appointment {
        id: AppointmentId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        district,
        person: *person,
        organisation: input.organisation_name.clone(),
        role,
        title: input.title.clone(),
        place,
        grid,
        public_phone: input.public_phone.clone(),
        valid_from: input.valid_from,
        valid_to: input.valid_to,
    };
    Ok(Ok((appointment, organisation)))
}
