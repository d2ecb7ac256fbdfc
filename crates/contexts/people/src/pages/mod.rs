//! The administrator's view of people: who is there, where they come from, what they are appointed as.

mod appointing;
mod list;

use askama::Template;
use axum::extract::{Path, State};
use linli_access::{Action, Resource};
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_webkit::view::Crumb;
use linli_webkit::{Access, AppError, FieldProblem, Module, NavEntry, Page, Problems, RoomRoutes, Shell, T};

use crate::error::PeopleError;
use crate::model::{Appointment, CrossAppointment, Organisation, OrganisationId, PersonId, Post, StaffLine};
use crate::queries;

/// This room as the house sees it. It needs no service beyond the store.
#[must_use]
pub fn module() -> Module<Hall> {
    let administer = Access::staff("change", "people");
    let appoint = Access::staff("create", "people");
    Module {
        name: "people",
        routes: RoomRoutes::new("people")
            .get("/admin/people", administer, list::list)
            .get("/admin/people/{district}/person/{id}", administer, person)
            .get("/admin/people/{district}/organisation/{id}", administer, organisation)
            .get("/admin/people/{district}/person/{id}/appoint", appoint, appointing::form)
            .post("/admin/people/{district}/person/{id}/appoint", appoint, appointing::send)
            .post("/admin/people/{district}/person/{id}/end/{appointment}", administer, appointing::end),
        texts: crate::TEXTS,
        nav: vec![NavEntry { text_key: "people-nav", href: "/admin/people", icon: "users", access: administer, order: 85 }],
    }
}

impl From<PeopleError> for AppError {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Db(e) => linli_hall::store_error(e),
            PeopleError::Denied(e) => linli_hall::denied(e),
            PeopleError::Territory(e) => e.into(),
            PeopleError::Invalid(problem) => {
                Self::invalid(vec![FieldProblem::new(problem.field, &format!("territory-problem-{}", problem.what))])
            }
            PeopleError::Unknown(_) => Self::new(error.code()).caused_by(error),
        }
    }
}

/// A line that leads somewhere.
struct Line {
    href: String,
    head: String,
    sub: String,
    /// A second, smaller line; empty when there is nothing more to say.
    more: String,
    mark: String,
    tone: &'static str,
}

/// An appointment on the page of its person.
struct Held {
    line: Line,
    /// The id, where it can still be ended; empty elsewhere.
    id: String,
    /// What is wrong with the end that was just asked for.
    wrong: String,
}

#[derive(Template)]
#[template(path = "people-person.html")]
pub(crate) struct PersonPage {
    shell: Shell,
    t: T,
    problems: Problems,
    crumbs: Vec<Crumb>,
    who: StaffLine,
    here: String,
    organisation_href: String,
    out: Vec<Line>,
    into: Vec<Line>,
    appointments: Vec<Held>,
}

pub(crate) async fn person(
    caller: Caller,
    State(hall): State<Hall>,
    Path((district, id)): Path<(i64, PersonId)>,
) -> Result<Page<PersonPage>, AppError> {
    Ok(Page(person_page(&caller, &hall, (district, id), Problems::default()).await?))
}

async fn person_page(
    caller: &Caller,
    hall: &Hall,
    (district, id): (i64, PersonId),
    problems: Problems,
) -> Result<PersonPage, AppError> {
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let (district, now) = (reached(caller, c, DistrictId(district)).await?, hall.now());
    let who = queries::staff_line(c, district, id).await?.ok_or_else(AppError::not_found)?;
    let t = caller.info.t().clone();
    let mut appointments = Vec::new();
    for appointment in queries::history_of(c, district, id).await?.iter().rev() {
        let can_end = appointment.valid_to.is_none_or(|end| end > now);
        appointments.push(Held {
            line: appointment_line(c, &t, appointment, String::new(), now).await?,
            wrong: problems.text(&t, &format!("to-{}", appointment.id)),
            id: if can_end { appointment.id.to_string() } else { String::new() },
        });
    }
    let (out, into) = crossings_of(c, district, &who, now).await?;
    let organisation_href = who.organisation_id.map(|id| organisation_href(district, id)).unwrap_or_default();
    Ok(PersonPage {
        shell: caller.shell(who.name.clone()),
        crumbs: way_back(&t, district, &who.name),
        here: format!("/admin/people/{}/person/{id}", district.0),
        out: out.into_iter().map(|x| cross_line(&t, district, x.post_organisation.clone(), x)).collect(),
        into: into.into_iter().map(|x| cross_line(&t, district, x.home_organisation.clone(), x)).collect(),
        t,
        problems,
        who,
        organisation_href,
        appointments,
    })
}

/// The cross-appointments of a person, and the other side of them: who of those organisations holds a post in the person's own.
async fn crossings_of(
    c: &mut Conn<'_>,
    district: DistrictId,
    who: &StaffLine,
    now: Ts,
) -> Result<(Vec<CrossAppointment>, Vec<CrossAppointment>), AppError> {
    let Some(home) = who.organisation_id else { return Ok((Vec::new(), Vec::new())) };
    let all = queries::cross_appointments(c, district, home, now).await?;
    let (out, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|x| x.person == who.id);
    let there = |x: &CrossAppointment| out.iter().any(|mine| mine.post_organisation == x.home_organisation);
    let into = rest.into_iter().filter(there).collect();
    Ok((out, into))
}

#[derive(Template)]
#[template(path = "people-organisation.html")]
pub(crate) struct OrganisationPage {
    shell: Shell,
    t: T,
    crumbs: Vec<Crumb>,
    kind: String,
    credit_code: String,
    out: Vec<Line>,
    into: Vec<Line>,
    posts: Vec<Line>,
    staff: Vec<Line>,
}

pub(crate) async fn organisation(
    caller: Caller,
    State(hall): State<Hall>,
    Path((district, id)): Path<(i64, OrganisationId)>,
) -> Result<Page<OrganisationPage>, AppError> {
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let district = reached(&caller, c, DistrictId(district)).await?;
    let found = queries::organisation(c, district, id).await?.ok_or_else(AppError::not_found)?;
    let (t, now) = (caller.info.t().clone(), hall.now());
    let mut posts = Vec::new();
    for Post { person_name, appointment } in queries::posts_in(c, district, id, now, 500).await? {
        posts.push(appointment_line(c, &t, &appointment, person_name, now).await?);
    }
    let staff = queries::staff_of(c, district, id, 500).await?.iter().map(|p| person_line(district, p)).collect();
    let (out, into): (Vec<CrossAppointment>, Vec<CrossAppointment>) =
        queries::cross_appointments(c, district, id, now).await?.into_iter().partition(|x| x.home_organisation == found.name);
    Ok(Page(OrganisationPage {
        shell: caller.shell(found.name.clone()),
        crumbs: way_back(&t, district, &found.name),
        kind: kind_word(&t, &found.kind),
        credit_code: found.credit_code.unwrap_or_default(),
        out: out.into_iter().map(|x| cross_line(&t, district, x.post_organisation.clone(), x)).collect(),
        into: into.into_iter().map(|x| cross_line(&t, district, x.home_organisation.clone(), x)).collect(),
        posts,
        staff,
        t,
    }))
}

/// The districts the caller administers: the city's administrator all of them, and the city itself last.
async fn open_districts(caller: &Caller, c: &mut Conn<'_>, t: &T) -> Result<Vec<(DistrictId, String)>, AppError> {
    let scope = caller.ctx.scope(Action::Change, Resource::People).map_err(linli_hall::denied)?;
    let mut open: Vec<(DistrictId, String)> = linli_territory::queries::districts(c)
        .await?
        .into_iter()
        .filter(|d| scope.district == DistrictId::CITY || scope.contains(d.id, &d.path))
        .map(|d| (d.id, d.name))
        .collect();
    if scope.district == DistrictId::CITY {
        open.push((DistrictId::CITY, t.s("people-whole-city").into_owned()));
    }
    Ok(open)
}

/// A district of an address, when the caller administers it.
async fn reached(caller: &Caller, c: &mut Conn<'_>, district: DistrictId) -> Result<DistrictId, AppError> {
    let top = if district == DistrictId::CITY {
        PlacePath::root()
    } else {
        linli_territory::queries::district(c, district).await?.ok_or_else(AppError::not_found)?.path
    };
    caller.ctx.may(Action::Change, Resource::People, district, &top).map_err(linli_hall::denied)?;
    Ok(district)
}

fn way_back(t: &T, district: DistrictId, here: &str) -> Vec<Crumb> {
    vec![Crumb::new(t.s("people-title"), format!("/admin/people?district={}", district.0)), Crumb::here(here)]
}

fn organisation_href(district: DistrictId, id: OrganisationId) -> String {
    format!("/admin/people/{}/organisation/{id}", district.0)
}

fn person_line(district: DistrictId, person: &StaffLine) -> Line {
    Line {
        href: format!("/admin/people/{}/person/{}", district.0, person.id),
        head: person.name.clone(),
        sub: [Some(person.code.as_str()), person.organisation.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" · "),
        more: String::new(),
        mark: String::new(),
        tone: "",
    }
}

fn organisation_line(t: &T, district: DistrictId, organisation: &Organisation) -> Line {
    Line {
        href: organisation_href(district, organisation.id),
        head: organisation.name.clone(),
        sub: kind_word(t, &organisation.kind),
        more: String::new(),
        mark: String::new(),
        tone: "",
    }
}

fn cross_line(t: &T, district: DistrictId, other_side: String, crossing: CrossAppointment) -> Line {
    let title = if crossing.title.is_empty() { t.s(&format!("role-{}", crossing.role)).into_owned() } else { crossing.title };
    Line {
        href: format!("/admin/people/{}/person/{}", district.0, crossing.person),
        head: format!("{} · {title}", crossing.person_name),
        sub: other_side,
        more: String::new(),
        mark: String::new(),
        tone: "",
    }
}

async fn appointment_line(c: &mut Conn<'_>, t: &T, held: &Appointment, name: String, now: Ts) -> Result<Line, AppError> {
    let role = t.s(&format!("role-{}", held.role)).into_owned();
    let head = list::said_once([name.as_str(), role.as_str(), held.title.as_str()]);
    let crumbs = linli_territory::queries::crumbs(c, held.district, &held.place).await?;
    let place = crumbs.into_iter().skip(3).map(|crumb| crumb.name).collect::<Vec<_>>().join(" ");
    let until = held.valid_to.map(|end| t.date(end).to_string()).unwrap_or_default();
    let period = format!("{} – {until}", t.date(held.valid_from));
    let sub: Vec<String> =
        [held.organisation.clone().unwrap_or_default(), place, period].into_iter().filter(|text| !text.is_empty()).collect();
    let (key, tone) = match (held.in_force(now), held.valid_from > now) {
        (true, _) => ("people-in-force", "well"),
        (false, true) => ("people-to-come", "info"),
        (false, false) => ("people-ended", ""),
    };
    Ok(Line {
        href: String::new(),
        head: head.join(" · "),
        sub: sub.join(" · "),
        more: String::new(),
        mark: t.s(key).into_owned(),
        tone,
    })
}

fn kind_word(t: &T, kind: &str) -> String {
    t.s(&format!("people-kind-{kind}")).into_owned()
}
