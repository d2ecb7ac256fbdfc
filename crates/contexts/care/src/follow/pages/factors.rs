//! What somebody's risk is judged by, entered by the family-doctor team.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use linli_hall::{Caller, Hall};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T};

use super::{agreed, choices, desk, district, run, source};
use crate::follow::commands::{self, NewFollowed};
use crate::follow::error::FollowError;
use crate::follow::model::{Disease, Factors, Vaccination};
use crate::follow::queries;
use crate::model::CarePersonId;
use crate::pages::{ended, keyed, private};

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
    keyed(&mut caller, &form);
    let id: CarePersonId = id.parse().map_err(|_| FollowError::NotFound)?;
    let done = async {
        let (desk, input) = (desk(&hall)?, read(&form, caller.info.t())?);
        run!(caller, hall, tx => async {
            let consent = agreed(&caller, tx, id).await?;
            commands::enrol(&caller.ctx, tx, &desk, &consent, input).await
        })
    }
    .await;
    let done = done.map(|_| format!("/care/follow/{id}"));
    ended(&caller, done, async |problems| Ok(Page(page(&caller, &hall, id, Some(&form), problems).await?))).await
}

/// Everything that is wrong is said at once.
fn read(form: &FormMap, t: &T) -> Result<NewFollowed, AppError> {
    let mut read = form.reader();
    let typed = form.typed("born").trim();
    let born = typed.parse().ok();
    if born.is_none() {
        let key = if typed.is_empty() { "follow-field-required" } else { "follow-field-date" };
        read.wrong(FieldProblem::new("born", key));
    }
    let disease: Option<Disease> = read.choice("disease", &t.s("follow-disease"));
    let vaccination: Option<Vaccination> = read.choice("vaccination", &t.s("follow-vaccination"));
    let institution = form.typed("institution").parse().ok();
    if institution.is_none() {
        read.wrong(FieldProblem::new("institution", "follow-field-institution"));
    }
    let (immunocompromised, pregnant, scale2) =
        (read.ticked("immunocompromised"), read.ticked("pregnant"), read.ticked("scale2"));
    read.finish()?;
    let ((born, disease), (vaccination, institution)) = born
        .zip(disease)
        .zip(vaccination.zip(institution))
        .ok_or_else(|| AppError::internal("a form without problems that is not whole"))?;
    let factors = Factors { born, disease, vaccination, immunocompromised, pregnant, scale2 };
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
