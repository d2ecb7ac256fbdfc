//! Appointments: recorded, ended, taken along when their place moves.

use std::collections::{HashMap, HashSet};
use std::str::FromStr as _;

use linli_access::{Action, Ctx, Resource, Role};
use linli_db::Tx;
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_territory::error::{Answer, Outcome, Problem};
use linli_territory::moves::{self, Moved};
use serde_json::json;

use super::ground;
use super::staff::put_person;
use crate::error::PeopleError;
use crate::model::{Appointment, AppointmentId, AppointmentInput, OrganisationId, PersonId, PersonInput};
use crate::{rules, store};

/// Records appointments, answering every row in its order. The same person, role, title, organisation, place, grid and
/// beginning are the same appointment; its end and its public phone may change.
///
/// # Errors
/// `Denied`, store errors. What is wrong with a row is its answer.
pub async fn put_appointments(ctx: &Ctx, tx: &mut Tx, inputs: &[AppointmentInput]) -> Result<Vec<Answer>, PeopleError> {
    let (district, place) = ground(tx).await?;
    ctx.may(Action::Import, Resource::People, district, &place)?;
    let inputs: Vec<AppointmentInput> = inputs.iter().map(rules::tidy_appointment).collect();
    let mut known = Known::load(tx, &inputs).await?;
    let (mut answers, mut new, mut pending, mut changed) =
        (Vec::with_capacity(inputs.len()), Vec::new(), HashSet::new(), 0_usize);
    for input in &inputs {
        let wanted = match known.wanted(ctx, tx, input).await? {
            Ok(wanted) => wanted,
            Err(problem) => {
                answers.push(Answer::from(problem));
                continue;
            }
        };
        let mine = known.held_by(tx, wanted.person).await?;
        let outcome = match mine.iter_mut().find(|a| rules::same_appointment(a, &wanted)) {
            None => {
                mine.push(wanted.clone());
                pending.insert(wanted.id);
                new.push(wanted);
                Outcome::Created
            }
            Some(before) => {
                let end = (before.valid_to != wanted.valid_to).then_some("to");
                let phone = (before.public_phone != wanted.public_phone).then_some("public_phone");
                let differs: Vec<&'static str> = end.into_iter().chain(phone).collect();
                if differs.is_empty() {
                    Outcome::Unchanged
                } else if pending.contains(&before.id) {
                    Outcome::Rejected(Problem::new("person_code", "duplicate", input.person_code.clone()))
                } else {
                    (before.valid_to, before.public_phone) = (wanted.valid_to, wanted.public_phone);
                    store::set_appointment(&mut tx.conn()?, district, before.id, before.public_phone.as_deref(), before.valid_to)
                        .await?;
                    changed += 1;
                    Outcome::Changed(differs)
                }
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

/// Appoints somebody (任命). The same person, role, title, organisation, place, grid and beginning are the same appointment: a
/// repetition gives that one.
///
/// # Errors
/// `Invalid` with the field, an end before the beginning among them; `Denied`; store errors.
pub async fn appoint(ctx: &Ctx, tx: &mut Tx, input: &AppointmentInput) -> Result<AppointmentId, PeopleError> {
    let (district, place) = ground(tx).await?;
    ctx.may(Action::Create, Resource::People, district, &place)?;
    let input = rules::tidy_appointment(input);
    let mut known = Known::load(tx, std::slice::from_ref(&input)).await?;
    let appointment = known.wanted(ctx, tx, &input).await?.map_err(PeopleError::Invalid)?;
    let (id, person, at) = (appointment.id, appointment.person, appointment.place.clone());
    let facts = json!({
        "appointment": id, "role": appointment.role, "from": appointment.valid_from, "to": appointment.valid_to, "grid": appointment.grid,
    });
    let held = known.held_by(tx, person).await?;
    if let Some(before) = held.iter().find(|a| rules::same_appointment(a, &appointment)) {
        return Ok(before.id);
    }
    store::insert_appointments(&mut tx.conn()?, &[appointment]).await?;
    tx.journal(ctx.line("people.appointed", &at, Some(person.0), facts));
    Ok(id)
}

/// Appoints the administrator of the whole installation: the act behind the one-time setup link.
///
/// # Errors
/// `Denied` unless the program itself acts, `Invalid`, store errors.
pub async fn appoint_administrator(
    ctx: &Ctx,
    tx: &mut Tx,
    code: &str,
    name: &str,
) -> Result<(PersonId, AppointmentId), PeopleError> {
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
        organisation_id: None,
        organisation: None,
        role: Role::Administrator,
        title: String::new(),
        place: PlacePath::root(),
        grid: None,
        public_phone: None,
        valid_from: ctx.now(),
        valid_to: None,
    };
    store::insert_appointments(&mut tx.conn()?, std::slice::from_ref(&appointment)).await?;
    tx.journal(ctx.line(
        "people.appointed",
        &PlacePath::root(),
        Some(person.0),
        json!({ "role": Role::Administrator, "appointment": appointment.id }),
    ));
    Ok((person, appointment.id))
}

/// Ends an appointment at an instant. What was done under it stays. An end that was set may be brought forward, never put
/// off: whoever is to go on is appointed anew.
///
/// # Errors
/// `Unknown`; `Invalid` when it would end before it began, or ends at that instant or earlier already; `Denied`; store errors.
pub async fn end_appointment(ctx: &Ctx, tx: &mut Tx, id: AppointmentId, at: Ts) -> Result<(), PeopleError> {
    let district = tx.district();
    let row = store::appointment(&mut tx.conn()?, district, id).await?.ok_or_else(|| PeopleError::Unknown(id.to_string()))?;
    let appointment = row.appointment(district)?;
    ctx.may(Action::Change, Resource::People, district, &appointment.place)?;
    if at <= appointment.valid_from {
        return Err(PeopleError::Invalid(Problem::new("to", "ends_before_it_begins", at.rfc3339())));
    }
    if let Some(end) = appointment.valid_to.filter(|end| *end <= at) {
        return Err(PeopleError::Invalid(Problem::new("to", "already_ended", end.rfc3339())));
    }
    store::set_appointment(&mut tx.conn()?, district, id, appointment.public_phone.as_deref(), Some(at)).await?;
    tx.journal(ctx.line(
        "people.appointment_ended",
        &appointment.place,
        Some(appointment.person.0),
        json!({ "appointment": id, "at": at }),
    ));
    Ok(())
}

/// Takes about `limit` appointments along after a place moved, and says how many; 0 when none is left behind. Whoever reads the
/// journal calls it for every line [`moves::MOVED`] until it says 0; doing it again changes nothing.
///
/// # Errors
/// `Denied`, store errors.
pub async fn follow_move(ctx: &Ctx, tx: &mut Tx, moved: &Moved, limit: i64) -> Result<u64, PeopleError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::People, district, &moved.to)?;
    let followed = moves::rewrite_some(&mut tx.conn()?, district, ("appointment", "place_path"), moved, limit).await?;
    if followed > 0 {
        tx.journal(ctx.line("people.appointments_moved", &moved.to, None, json!({ "appointments": followed })));
    }
    Ok(followed)
}

/// What a batch speaks of, looked up once.
struct Known {
    district: DistrictId,
    organisations: HashMap<String, OrganisationId>,
    people: HashMap<String, PersonId>,
    held: HashMap<PersonId, Vec<Appointment>>,
    places: HashMap<String, Option<PlacePath>>,
    grids: HashMap<String, Option<(PlacePath, uuid::Uuid)>>,
}

impl Known {
    async fn load(tx: &mut Tx, inputs: &[AppointmentInput]) -> Result<Self, PeopleError> {
        let district = tx.district();
        let names: Vec<&str> = inputs.iter().filter_map(|i| i.organisation_name.as_deref()).collect();
        let codes: Vec<&str> = inputs.iter().map(|i| i.person_code.as_str()).collect();
        let organisations = store::organisations_by_name(&mut tx.conn()?, district, &names).await?;
        let people = store::people_by_code(&mut tx.conn()?, district, &codes).await?;
        Ok(Self {
            district,
            organisations: organisations.into_iter().map(|o| (o.name, o.id)).collect(),
            people: people.into_iter().map(|p| (p.code, p.id)).collect(),
            held: HashMap::new(),
            places: HashMap::new(),
            grids: HashMap::new(),
        })
    }

    async fn held_by(&mut self, tx: &mut Tx, person: PersonId) -> Result<&mut Vec<Appointment>, PeopleError> {
        if !self.held.contains_key(&person) {
            let rows = store::appointments_of(&mut tx.conn()?, self.district, person).await?;
            self.held.insert(person, rows.into_iter().map(|r| r.appointment(self.district)).collect::<Result<_, _>>()?);
        }
        Ok(self.held.entry(person).or_default())
    }

    async fn wanted(
        &mut self,
        ctx: &Ctx,
        tx: &mut Tx,
        input: &AppointmentInput,
    ) -> Result<Result<Appointment, Problem>, PeopleError> {
        let unknown = |field, value: &str| Ok(Err(Problem::new(field, "unknown", value)));
        if let Err(problem) = rules::check_appointment(input) {
            return Ok(Err(problem));
        }
        let Ok(role) = Role::from_str(&input.role) else { return unknown("role", &input.role) };
        let Some(person) = self.people.get(&input.person_code).copied() else {
            return unknown("person_code", &input.person_code);
        };
        let organisation_id = match &input.organisation_name {
            None => None,
            Some(name) => match self.organisations.get(name) {
                Some(id) => Some(*id),
                None => return unknown("organisation_name", name),
            },
        };
        let (place, grid) = match &input.grid_code {
            Some(code) => match self.grid(tx, code).await? {
                Some((community, grid)) => (community, Some(grid)),
                None => return unknown("grid_code", code),
            },
            None => match self.place(tx, &input.place).await? {
                Some(path) => (path, None),
                None => return unknown("place", &input.place),
            },
        };
        Ok(Ok(Appointment {
            id: AppointmentId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
            district: self.district,
            person,
            organisation_id,
            organisation: input.organisation_name.clone(),
            role,
            title: input.title.clone(),
            place,
            grid,
            public_phone: input.public_phone.clone(),
            valid_from: input.valid_from,
            valid_to: input.valid_to,
        }))
    }

    async fn place(&mut self, tx: &mut Tx, key: &str) -> Result<Option<PlacePath>, PeopleError> {
        if let Some(found) = self.places.get(key) {
            return Ok(found.clone());
        }
        let found = linli_territory::queries::resolve(&mut tx.conn()?, self.district, key).await?.map(|p| p.path);
        self.places.insert(key.to_owned(), found.clone());
        Ok(found)
    }

    async fn grid(&mut self, tx: &mut Tx, code: &str) -> Result<Option<(PlacePath, uuid::Uuid)>, PeopleError> {
        if let Some(found) = self.grids.get(code) {
            return Ok(found.clone());
        }
        let found = linli_territory::queries::grid_by_code(&mut tx.conn()?, self.district, code).await?;
        let found = found.map(|grid| (grid.community, grid.id.0));
        self.grids.insert(code.to_owned(), found.clone());
        Ok(found)
    }
}
