//! Groups (专家组): who is sent, from when to when, who is in them.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};
use uuid::Uuid;

use super::{choices, office, private, run, take_key, word};
use crate::commands::groups as commands;
use crate::error::{ExpertError, Wrong};
use crate::model::{GroupId, Speciality};
use crate::queries;

struct MemberRow {
    id: String,
    name: String,
    speciality: String,
}

struct GroupRow {
    id: String,
    name: String,
    days: String,
    members: Vec<MemberRow>,
}

#[derive(Template)]
#[template(path = "expert-groups.html")]
struct GroupsPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    makes: bool,
    rows: Vec<GroupRow>,
    experts: Vec<Choice>,
    specialities: Vec<Choice>,
    today: String,
}

impl GroupsPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }

    fn first_day(&self) -> &str {
        match self.form.typed("from_day") {
            "" => &self.today,
            typed => typed,
        }
    }
}

async fn page(caller: &Caller, hall: &Hall, form: &FormMap, problems: Problems) -> Result<GroupsPage, AppError> {
    let t = caller.info.t().clone();
    office(hall)?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let makes = caller.ctx.scope(Action::Create, Resource::Round).is_ok();
    let experts = if makes { queries::experts(&caller.ctx, c).await? } else { Vec::new() };
    let rows = queries::groups(&caller.ctx, c).await?.into_iter().map(|view| GroupRow {
        id: view.group.id.to_string(),
        days: match &view.group.to_day {
            Some(to) => t.with("expert-group-days", &[("from", view.group.from_day.as_str().into()), ("to", to.as_str().into())]),
            None => t.v("expert-group-since", "from", &view.group.from_day),
        },
        name: view.group.name,
        members: view
            .members
            .into_iter()
            .map(|(member, name)| MemberRow {
                id: member.person.to_string(),
                name,
                speciality: t.s(&format!("expert-speciality-{}", member.speciality)).into_owned(),
            })
            .collect(),
    });
    Ok(GroupsPage {
        shell: caller.shell(t.s("expert-groups-title")).live("/rounds/live"),
        makes,
        rows: rows.collect(),
        experts: experts.into_iter().map(|(id, name)| Choice::new(id.to_string(), name)).collect(),
        specialities: choices(&t, "expert-speciality", Speciality::ALL.iter().map(|one| one.as_str())),
        today: crate::commands::day_of(hall.now()),
        form: form.clone(),
        problems,
        t,
    })
}

/// `GET /rounds/groups`.
pub(crate) async fn list(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, &FormMap::default(), Problems::default()).await?)))
}

async fn back(caller: &Caller, hall: &Hall, (form, done): (&FormMap, Result<(), AppError>)) -> Result<Response, AppError> {
    match done {
        Ok(()) => Ok(Redirect::to("/rounds/groups").into_response()),
        Err(error) => {
            let status = error.status();
            let page = page(caller, hall, form, error.into_problems()?).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

/// `POST /rounds/groups`.
pub(crate) async fn make(mut caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let typed = (form.typed("name"), form.typed("from_day"), form.typed("to_day"));
        run!(caller, hall, tx => commands::make(&caller.ctx, tx, typed)).map(|_| ())
    };
    let done = done.await;
    back(&caller, &hall, (&form, done)).await
}

/// `POST /rounds/groups/{id}`: somebody joins or leaves, or today is its last day.
pub(crate) async fn change(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = async {
        let group: GroupId = id.parse().map_err(|_| ExpertError::NotFound)?;
        match form.typed("do") {
            "join" => {
                let one: (Uuid, Speciality) = (word(&form, "person")?, word(&form, "speciality")?);
                run!(caller, hall, tx => commands::join(&caller.ctx, tx, group, one))
            }
            "leave" => {
                let person: Uuid = word(&form, "person")?;
                run!(caller, hall, tx => commands::leave(&caller.ctx, tx, group, person))
            }
            "end" => run!(caller, hall, tx => commands::end(&caller.ctx, tx, group)),
            _ => Err(ExpertError::field("do", Wrong::NotAChoice).into()),
        }
    };
    let done = done.await;
    back(&caller, &hall, (&form, done)).await
}
