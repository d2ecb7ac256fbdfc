//! People and the organisations they belong to.

use std::collections::HashMap;

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_territory::error::{Answer, Outcome, Problem};
use serde_json::json;

use super::ground;
use crate::error::PeopleError;
use crate::model::{Organisation, OrganisationId, PersonId, PersonInput};
use crate::rules;
use crate::store::{self, PersonRow};

/// Records people with their organisations, answering every row in its order. The staff number is the key. What a row does
/// not say stays as it is known.
///
/// # Errors
/// `Denied`, store errors. What is wrong with a row is its answer.
pub async fn put_people(ctx: &Ctx, tx: &mut Tx, inputs: &[PersonInput]) -> Result<Vec<Answer>, PeopleError> {
    let (district, place) = ground(tx).await?;
    ctx.may(Action::Import, Resource::People, district, &place)?;
    let inputs: Vec<PersonInput> = inputs.iter().map(rules::tidy_person).collect();
    let mut organisations = Organisations::load(tx, &inputs).await?;
    let codes: Vec<&str> = inputs.iter().map(|i| i.code.as_str()).collect();
    let known = store::people_by_code(&mut tx.conn()?, district, &codes).await?;
    let mut known: HashMap<String, PersonRow> = known.into_iter().map(|p| (p.code.clone(), p)).collect();
    let (mut answers, mut new, mut changed) = (Vec::with_capacity(inputs.len()), Vec::new(), 0_usize);
    let mut pending: HashMap<&str, &PersonInput> = HashMap::new();
    for input in &inputs {
        if let Some(earlier) = pending.get(input.code.as_str()) {
            let nothing_new = rules::says_nothing_new(earlier, input);
            let duplicate = || Outcome::Rejected(Problem::new("person_code", "duplicate", input.code.clone()));
            answers.push(Answer::of(if nothing_new { Outcome::Unchanged } else { duplicate() }));
            continue;
        }
        let organisation = match rules::check_person(input) {
            Ok(()) => organisations.of(ctx, tx, input).await?,
            Err(problem) => Err(problem),
        };
        let organisation = match organisation {
            Ok(organisation) => organisation,
            Err(problem) => {
                answers.push(Answer::from(problem));
                continue;
            }
        };
        let outcome = match known.get_mut(&input.code) {
            None => {
                let row = PersonRow {
                    id: PersonId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
                    code: input.code.clone(),
                    name: input.name.clone(),
                    organisation_id: organisation.map(|o| o.id),
                    work_phone: input.work_phone.clone(),
                };
                pending.insert(&input.code, input);
                new.push(row);
                Outcome::Created
            }
            Some(before) => {
                let after = PersonRow {
                    id: before.id,
                    code: input.code.clone(),
                    name: input.name.clone(),
                    organisation_id: organisation.as_ref().map(|o| o.id).or(before.organisation_id),
                    work_phone: input.work_phone.clone().or_else(|| before.work_phone.clone()),
                };
                let mut differs = differences(before, &after);
                if !differs.is_empty() {
                    store::update_person(&mut tx.conn()?, district, &after).await?;
                    *before = after;
                }
                differs.extend(organisation.map(|o| o.learnt).unwrap_or_default());
                if differs.is_empty() {
                    Outcome::Unchanged
                } else {
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
    let code = input.code.trim().to_owned();
    let answers = put_people(ctx, tx, &[input]).await?;
    if let Some(Outcome::Rejected(problem)) = answers.into_iter().next().map(|a| a.outcome) {
        return Err(PeopleError::Invalid(problem));
    }
    let district = tx.district();
    let row = store::people_by_code(&mut tx.conn()?, district, &[&code]).await?.pop();
    row.map(|r| r.id).ok_or(PeopleError::Unknown(code))
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

/// The organisation of a row, and what the row taught us about it.
struct Found {
    id: OrganisationId,
    learnt: Vec<&'static str>,
}

/// The organisations a batch speaks of, by name, and every holder of a credit code it mentions.
struct Organisations {
    by_name: HashMap<String, Organisation>,
    holders: HashMap<String, Vec<(OrganisationId, String, String)>>,
}

impl Organisations {
    async fn load(tx: &mut Tx, inputs: &[PersonInput]) -> Result<Self, PeopleError> {
        let district = tx.district();
        let names: Vec<&str> = inputs.iter().filter_map(|i| i.organisation_name.as_deref()).collect();
        let codes: Vec<&str> = inputs.iter().filter_map(|i| i.organisation_credit_code.as_deref()).collect();
        let mut all = Self { by_name: HashMap::new(), holders: HashMap::new() };
        for holder in store::organisations_by_credit_code(&mut tx.conn()?, district, &codes).await? {
            all.hold(&holder);
        }
        for organisation in store::organisations_by_name(&mut tx.conn()?, district, &names).await? {
            all.by_name.insert(organisation.name.clone(), organisation);
        }
        Ok(all)
    }

    fn hold(&mut self, organisation: &Organisation) {
        if let Some(code) = &organisation.credit_code {
            let holder = (organisation.id, organisation.kind.clone(), organisation.name.clone());
            self.holders.entry(code.clone()).or_default().push(holder);
        }
    }

    /// A branch or a project team acts under the code of its company, so a code may have holders of several kinds; of one
    /// kind it has one.
    fn taken(&self, organisation: &Organisation) -> Option<Problem> {
        let holders = self.holders.get(organisation.credit_code.as_ref()?)?;
        let (_, _, name) = holders.iter().find(|(id, kind, _)| *id != organisation.id && *kind == organisation.kind)?;
        Some(Problem::new("organisation_credit_code", "taken", name.clone()))
    }

    async fn of(&mut self, ctx: &Ctx, tx: &mut Tx, input: &PersonInput) -> Result<Result<Option<Found>, Problem>, PeopleError> {
        let Some(name) = &input.organisation_name else { return Ok(Ok(None)) };
        let (kind, code) = (input.organisation_kind.as_deref(), input.organisation_credit_code.as_deref());
        let district = tx.district();
        let (organisation, learnt) = match self.by_name.get(name) {
            Some(known) => match rules::adds_to(known, kind, code) {
                Err(problem) => return Ok(Err(problem)),
                Ok(None) => return Ok(Ok(Some(Found { id: known.id, learnt: Vec::new() }))),
                Ok(Some(fuller)) => {
                    let kind = (fuller.kind != known.kind).then_some("organisation_kind");
                    let code = (fuller.credit_code != known.credit_code).then_some("organisation_credit_code");
                    (fuller, Some(kind.into_iter().chain(code).collect()))
                }
            },
            None => {
                let id = OrganisationId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
                let kind = kind.unwrap_or("other").to_owned();
                (Organisation { id, kind, name: name.clone(), credit_code: code.map(str::to_owned) }, None)
            }
        };
        if let Some(problem) = self.taken(&organisation) {
            return Ok(Err(problem));
        }
        match &learnt {
            Some(_) => store::update_organisation(&mut tx.conn()?, district, &organisation).await?,
            None => store::insert_organisation(&mut tx.conn()?, district, &organisation).await?,
        }
        self.hold(&organisation);
        let id = organisation.id;
        self.by_name.insert(name.clone(), organisation);
        Ok(Ok(Some(Found { id, learnt: learnt.unwrap_or_default() })))
    }
}
