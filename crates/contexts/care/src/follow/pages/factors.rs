//! What somebody's risk is judged by, entered by the family-doctor team.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use linli_hall::{Caller, Hall};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{choices, desk, district, private, run, source, take_key};
use crate::follow::commands::{self, NewFollowed};
use crate::follow::error::{FollowError, Wrong};
use crate::follow::model::{Disease, Factors, Vaccination};
use crate::follow::queries;
use crate::model::CarePersonId;

#[derive(Template)]
#[template(path = "follow-factors.html")]
struct FactorsPage {
    shell: Shell,
    t: T,
    href: String,
    problems: Problems,
    institutions: Vec<Choice>,
    diseases: Vec<Choice>,
    vaccinations: Vec<Choice>,
    institution: String,
    born: String,
    disease: String,
    vaccination: String,
    immunocompromised: bool,
    pregnant: bool,
    scale2: bool,
    source: String,
}

/// `GET /care/follow/{id}/factors`.
pub(crate) async fn form(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let id = id.parse().map_err(|_| FollowError::NotFound)?;
    Ok(private(Page(page(&caller, &hall, id, None, Problems::default()).await?)))
}

/// `POST /care/follow/{id}/factors`.
pub(crate) async fn send(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let id: CarePersonId = id.parse().map_err(|_| FollowError::NotFound)?;
    let done = async {
        let (desk, input) = (desk(&hall)?, read(&form)?);
        run!(caller, hall, tx => async {
            let district = tx.district();
            let agreed = crate::consent::in_force(&mut tx.conn()?, district, id, caller.ctx.now()).await?;
            let consent = agreed.readings.ok_or(FollowError::NoConsent)?;
            commands::enrol(&caller.ctx, tx, &desk, &consent, input).await
        })
    }
    .await;
    match done {
        Ok(_) => Ok(Redirect::to(&format!("/care/follow/{id}")).into_response()),
        Err(error) => {
            let status = error.status();
            let problems = error.into_problems()?;
            let page = page(&caller, &hall, id, Some(&form), problems).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

fn read(form: &FormMap) -> Result<NewFollowed, FollowError> {
    let wrong = |field, problem| FollowError::Field { field, problem };
    let born = form.typed("born").trim();
    let factors = Factors {
        born: born.parse().map_err(|_| wrong("born", if born.is_empty() { Wrong::Required } else { Wrong::NotADate }))?,
        disease: form.typed("disease").parse::<Disease>().map_err(|_| wrong("disease", Wrong::Required))?,
        vaccination: form.typed("vaccination").parse::<Vaccination>().map_err(|_| wrong("vaccination", Wrong::Required))?,
        immunocompromised: form.reader().ticked("immunocompromised"),
        pregnant: form.reader().ticked("pregnant"),
        scale2: form.reader().ticked("scale2"),
    };
    let institution = form.typed("institution").parse().map_err(|_| wrong("institution", Wrong::NotAnInstitution))?;
    Ok(NewFollowed { institution, factors })
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    id: CarePersonId,
    form: Option<&FormMap>,
    problems: Problems,
) -> Result<FactorsPage, AppError> {
    let (t, desk) = (caller.info.t().clone(), desk(hall)?);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let view = queries::person(&caller.ctx, c, &desk, id).await?;
    let institutions = queries::institutions(c, district(&caller.ctx)?).await?;
    let known = view.followed.as_ref();
    let institution = match known {
        Some(known) => Some(known.institution),
        None => queries::own_institution(&caller.ctx, c, district(&caller.ctx)?).await?,
    };
    let typed = |field: &str, known: Option<String>| match form {
        Some(form) => form.typed(field).to_owned(),
        None => known.unwrap_or_default(),
    };
    let ticked = |field: &str, known: Option<bool>| match form {
        Some(form) => form.reader().ticked(field),
        None => known.unwrap_or_default(),
    };
    Ok(FactorsPage {
        shell: caller.shell(t.v("follow-factors-title", "name", &view.name)),
        href: format!("/care/follow/{id}"),
        institutions: institutions.into_iter().map(|(id, name)| Choice::new(id.to_string(), name)).collect(),
        diseases: choices(&t, "follow-disease", Disease::ALL.iter().map(|disease| disease.as_str())),
        vaccinations: choices(&t, "follow-vaccination", Vaccination::ALL.iter().map(|one| one.as_str())),
        institution: typed("institution", institution.map(|id| id.to_string())),
        born: typed("born", known.map(|known| known.factors.born.to_string())),
        disease: typed("disease", known.map(|known| known.factors.disease.to_string())),
        vaccination: typed("vaccination", known.map(|known| known.factors.vaccination.to_string())),
        immunocompromised: ticked("immunocompromised", known.map(|known| known.factors.immunocompromised)),
        pregnant: ticked("pregnant", known.map(|known| known.factors.pregnant)),
        scale2: ticked("scale2", known.map(|known| known.factors.scale2)),
        source: source(&t, view.rules.groups_stamp()),
        problems,
        t,
    })
}
