//! Who answers at a place now: the contact ladder (联系阶梯), from the door upwards to the number that always answers.

use askama::Template;
use axum::extract::{Path, State};
use linli_access::{Action, Resource, Role};
use linli_hall::{Caller, Hall};
use linli_kernel::{PlaceLevel, PlacePath};
use linli_people::model::Answering;
use linli_webkit::view::Crumb;
use linli_webkit::{AppError, Page, Shell, T};

use super::place::asked_for;
use crate::queries::{self, Ladder};

/// The rungs before the duty phone, in order.
const FIRST: [Role; 4] = [Role::LifeSteward, Role::RedSteward, Role::GridWorker, Role::PropertyManager];

struct Holder {
    name: String,
    title: String,
    phone: String,
    /// The organisation, and where the appointment stands.
    about: String,
    /// The page of the person, for who administers people.
    href: String,
}

/// Those who answer the same number of the duty desk.
struct Shift {
    phone: String,
    names: String,
}

struct Rung {
    role: String,
    holders: Vec<Holder>,
}

#[derive(Template)]
#[template(path = "situation-who.html")]
pub(crate) struct WhoPage {
    shell: Shell,
    t: T,
    crumbs: Vec<Crumb>,
    rungs: Vec<Rung>,
    duty: String,
    duty_from: String,
    duty_desk: Vec<Shift>,
    pledge_href: String,
    hotline: &'static str,
    community: Vec<Rung>,
    at: String,
}

/// `GET /places/{path}/who`.
pub(crate) async fn who(caller: Caller, State(hall): State<Hall>, Path(path): Path<String>) -> Result<Page<WhoPage>, AppError> {
    let (t, now) = (caller.info.t().clone(), caller.ctx.now());
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let (district, path) = asked_for(c, &path).await?;
    let Ladder { crumbs, answering, duty, names } = queries::ladder(&caller.ctx, c, district, &path, now).await?;
    drop(read);
    let name = crumbs.last().map(|step| step.name.clone()).unwrap_or_default();
    let administers = caller.ctx.may(Action::Change, Resource::People, district, &path).is_ok();
    let holder = |a: &Answering| Holder {
        name: a.person_name.clone(),
        title: a.title.clone(),
        phone: a.phone.clone().unwrap_or_default(),
        about: match names.get(&a.place) {
            Some(place) if *place != a.organisation && !a.organisation.is_empty() => format!("{} · {place}", a.organisation),
            Some(place) if a.organisation.is_empty() => place.clone(),
            _ => a.organisation.clone(),
        },
        href: if administers { format!("/admin/people/{}/person/{}", district.0, a.person) } else { String::new() },
    };
    let held = |role: Role| answering.iter().filter(move |a| a.role == role).map(holder).collect::<Vec<_>>();
    let rung = |role: Role| Rung { role: t.s(&format!("role-{role}")).into_owned(), holders: held(role) };
    let may_go = |to: &PlacePath| caller.ctx.may(Action::Read, Resource::Figures, district, to).is_ok();
    let mut way: Vec<Crumb> = crumbs
        .iter()
        .map(|step| match step.level > PlaceLevel::City && may_go(&step.path) {
            true => Crumb::new(&step.name, format!("/places/{}", step.path)),
            false => Crumb::here(&step.name),
        })
        .collect();
    way.push(Crumb::here(t.s("situation-who")));
    let page = WhoPage {
        crumbs: way,
        rungs: FIRST.map(rung).into(),
        duty_from: duty
            .as_ref()
            .filter(|duty| duty.place != path)
            .and_then(|duty| crumbs.iter().find(|step| step.path == duty.place))
            .map(|step| t.v("situation-who-duty-from", "place", &step.name))
            .unwrap_or_default(),
        duty: duty.map(|duty| duty.phone).unwrap_or_default(),
        duty_desk: shifts(&answering, &t.s("situation-who-separator")),
        pledge_href: match caller.ctx.may(Action::Change, Resource::Pledge, district, &path) {
            Ok(()) => format!("/pledges/{path}"),
            Err(_) => String::new(),
        },
        hotline: linli_board::rules::HOTLINE,
        community: [Role::CommunityWorker, Role::CommunitySecretary]
            .map(rung)
            .into_iter()
            .filter(|r| !r.holders.is_empty())
            .collect(),
        at: t.v("situation-as-of", "at", t.moment(now)),
        shell: caller.shell(t.v("situation-who-of", "place", &name)),
        t,
    };
    Ok(Page(page))
}

/// The people of the duty desk by the number they answer.
fn shifts(answering: &[Answering], separator: &str) -> Vec<Shift> {
    let mut shifts: Vec<Shift> = Vec::new();
    for one in answering.iter().filter(|a| a.role == Role::PropertyDesk) {
        let phone = one.phone.clone().unwrap_or_default();
        match shifts.iter_mut().find(|shift| shift.phone == phone) {
            Some(shift) => shift.names = format!("{}{separator}{}", shift.names, one.person_name),
            None => shifts.push(Shift { phone, names: one.person_name.clone() }),
        }
    }
    shifts
}
