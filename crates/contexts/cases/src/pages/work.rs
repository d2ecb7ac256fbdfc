//! The pages of those who work on cases: my day on a phone, one case by itself.

pub(crate) mod desk;
pub(crate) mod export;
mod steps;

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use linli_access::{Action, Ctx, Resource};
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlacePath};
use linli_webkit::i18n::Clockface;
use linli_webkit::view::{Choice, Step, Thumb};
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};
use serde::Deserialize;

use super::classing::{ClassLine, class_lines};
use super::hotline::{self, TicketView, city_clock};
use super::today::AlsoToday;
use super::units::{CallLine, call_line};
use super::{neighbours, office, store, words};
use crate::error::CasesError;
use crate::model::{Case, CaseId, CaseState, Event, Ticket};
use crate::neighbours::Neighbours;
use crate::office::Office;
use crate::queries::{self, CaseView};

/// A case as a row of a list.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) href: String,
    pub(super) here: bool,
    pub(super) class: String,
    pub(super) title: String,
    /// What was said of a danger to life, whatever the row is called by.
    said: String,
    pub(super) place: String,
    pub(super) number: String,
    pub(super) tone: &'static str,
    pub(super) word: String,
    pub(super) clock: Option<Clockface>,
    /// The city's clock beside ours, for a ticket of its hotline.
    pub(super) city: Option<Clockface>,
    /// Whether the city's time is over before ours: the list goes by it.
    pub(super) city_first: bool,
    pub(super) emergency: bool,
    pub(super) can_take: bool,
    pub(super) can_finish: bool,
    /// The text of the step that ends the work now, or once it is taken; empty where none does.
    pub(super) end: &'static str,
}

/// A case with what the actor may do to it: drawn by `cases-file.html` on two pages.
pub(crate) struct File {
    pub(crate) id: String,
    number: String,
    class: String,
    /// The three classifications.
    classes: Vec<ClassLine>,
    /// Whether the actor may correct them.
    may_class: bool,
    place: String,
    description: String,
    tone: &'static str,
    word: String,
    clock: Option<Clockface>,
    promise: String,
    provisional: bool,
    why: Vec<String>,
    /// By which way of working it goes, and why by that.
    way: String,
    why_way: Vec<String>,
    /// Why whoever has it has it.
    why_owner: Vec<String>,
    owner: String,
    owner_name: String,
    owner_phone: String,
    flagged: String,
    call_first: Vec<String>,
    photos: Vec<Thumb>,
    steps: Vec<Step>,
    handled_under: String,
    possible: Vec<Event>,
    /// What ends the work, now or once it is taken: to be finished, or answered where somebody checks the answer.
    end: Option<Event>,
    /// Whether the table never lets work end without a photo or a reason: the form then says so before it is stored for later.
    evidence: bool,
    may_note: bool,
    assignees: Vec<Choice>,
    ways: Vec<Way>,
    /// The form that was sent and has to be looked at again, and what was typed in it.
    opened: String,
    typed: FormMap,
    clocks: Vec<Choice>,
    /// Organisations that can be given the case or be called.
    units: Vec<Choice>,
    /// Those that are for cases of other classes.
    units_last: Vec<Choice>,
    /// The kinds of calls that the actor may make.
    call_kinds: Vec<Choice>,
    calls: Vec<CallLine>,
    /// The ticket of the city's hotline that the case is.
    ticket: Option<TicketView>,
    /// The clock that the organisation of the case asks for, in words.
    time_ask: String,
    /// Whether somebody who works here is kept from it.
    kept: bool,
    /// From whom its words keep it, for those who may lift that.
    kept_persons: Vec<Choice>,
    asks_contact: bool,
    contact: String,
    back: &'static str,
}

/// A step that needs nothing but words.
pub(crate) struct Way {
    event: &'static str,
    /// The last part of the address it is sent to.
    to: &'static str,
    text: String,
    reason: bool,
}

impl File {
    /// Whether this is the form that was sent and has to be looked at again.
    fn opens(&self, form: &str) -> bool {
        self.opened == form
    }

    /// Whether there is an organisation that can be given the case or be called.
    fn offers_units(&self) -> bool {
        !self.units.is_empty() || !self.units_last.is_empty()
    }

    /// Whether the actor may write down what an organisation answered to a call of this kind.
    fn may_tell(&self, kind: &str) -> bool {
        self.call_kinds.iter().any(|may| may.value == kind)
    }

    /// What sets the fields of a form apart from those of equal name in the others; the summary of what is wrong leads to the plain name.
    fn under(&self, form: &str) -> String {
        if self.opens(form) { String::new() } else { format!("{form}-") }
    }

    /// What was typed into a field of a form that has to be looked at again.
    fn said(&self, form: &str, field: &str) -> &str {
        if self.opens(form) { self.typed.typed(field) } else { "" }
    }

    /// What is wrong with a field of a form.
    fn wrong(&self, t: &T, problems: &Problems, form: &str, field: &str) -> String {
        if self.opens(form) { problems.text(t, field) } else { String::new() }
    }

    /// The step that ends the work: the last part of the address it is sent to; nothing where none does.
    fn end(&self) -> &'static str {
        self.end.map_or("", Event::as_str)
    }

    /// What that step is called.
    fn end_text(&self) -> &'static str {
        steps::end_key(self.end)
    }

    fn can(&self, event: &str) -> bool {
        self.possible.iter().any(|possible| possible.as_str() == event)
    }
}

#[derive(Template)]
#[template(path = "cases-my-day.html")]
struct MyDayPage {
    shell: Shell,
    t: T,
    /// What another room has waiting: the text, the address, the clock.
    also: Option<(String, &'static str, Option<Clockface>)>,
    running: Vec<Row>,
    waiting: Vec<Row>,
    flagged: Vec<Row>,
    nobodys: Vec<Row>,
}

#[derive(Template)]
#[template(path = "cases-case.html")]
struct CasePage {
    shell: Shell,
    t: T,
    file: File,
    problems: Problems,
}

/// The district in which the actor works.
pub(crate) fn district(ctx: &Ctx) -> Result<DistrictId, CasesError> {
    Ok(ctx.scope(Action::Read, Resource::Case)?.district)
}

/// Names of places, each looked up once per page.
struct Names<'n> {
    neighbours: &'n dyn Neighbours,
    known: HashMap<PlacePath, String>,
}

impl<'n> Names<'n> {
    fn of(neighbours: &'n dyn Neighbours) -> Self {
        Self { neighbours, known: HashMap::new() }
    }

    /// Looks up the places of many cases at once.
    async fn learn(&mut self, c: &mut Conn<'_>, cases: &[Case]) -> Result<(), AppError> {
        let Some(district) = cases.first().map(|case| case.district) else { return Ok(()) };
        let mut places: Vec<PlacePath> = cases.iter().map(|case| case.place.clone()).collect();
        places.sort();
        places.dedup();
        let names = self.neighbours.place_names(c, district, &places).await.map_err(store)?;
        self.known.extend(places.into_iter().zip(names));
        Ok(())
    }

    /// What the place of a case is called.
    async fn name(&mut self, c: &mut Conn<'_>, case: &Case) -> Result<String, AppError> {
        if let Some(name) = self.known.get(&case.place) {
            return Ok(name.clone());
        }
        let name = self.neighbours.place_name(c, case.district, &case.place).await.map_err(store)?;
        self.known.insert(case.place.clone(), name.clone());
        Ok(name)
    }
}

/// What rows are made from.
pub(super) struct Clerk<'n> {
    names: Names<'n>,
    tickets: HashMap<CaseId, Ticket>,
    office: &'n Office,
    ctx: &'n Ctx,
    t: &'n T,
}

impl<'n> Clerk<'n> {
    pub(super) fn new(neighbours: &'n dyn Neighbours, office: &'n Office, caller: &'n Caller) -> Self {
        Self { names: Names::of(neighbours), tickets: HashMap::new(), office, ctx: &caller.ctx, t: caller.info.t() }
    }

    /// Looks up what rows of these cases need, at once.
    async fn learn(&mut self, c: &mut Conn<'_>, cases: &[Case]) -> Result<(), AppError> {
        self.names.learn(c, cases).await?;
        self.tickets.extend(queries::tickets(c, cases).await?);
        Ok(())
    }

    async fn row(&mut self, c: &mut Conn<'_>, case: &Case, (href, here): (String, bool)) -> Result<Row, AppError> {
        let rules = self.office.rules_of(case, self.ctx.now()).map_err(CasesError::from)?;
        let standing = crate::commands::standing(self.ctx, case);
        let possible = rules.possible(case, case.state, standing);
        let end = steps::end_of_work(&rules, case, &possible, standing);
        let may = |event| {
            possible.contains(&event)
                && self.ctx.may(crate::commands::action_of(event), Resource::Case, case.district, &case.place).is_ok()
        };
        let (class, title) = words::headline(&rules, self.t, case);
        Ok(Row {
            said: words::danger_said(&rules, case),
            id: case.id.to_string(),
            href,
            here,
            class,
            title,
            place: self.names.name(c, case).await?,
            number: case.number.clone(),
            tone: words::state_tone(case.state),
            word: words::desk_state_word(self.t, case.state),
            clock: words::clock(self.t, case, self.ctx.now()),
            city: self.tickets.get(&case.id).and_then(|ticket| city_clock(self.t, case, ticket, self.ctx.now())),
            city_first: case.city_due_at.is_some_and(|city| case.due_at.is_none_or(|due| city < due)),
            emergency: case.emergency && case.is_open(),
            can_take: may(Event::Take),
            can_finish: end.is_some_and(may),
            end: steps::end_key(end),
        })
    }

    pub(super) async fn rows(&mut self, c: &mut Conn<'_>, cases: &[Case], back: &str) -> Result<Vec<Row>, AppError> {
        self.learn(c, cases).await?;
        let mut rows = Vec::with_capacity(cases.len());
        for case in cases {
            rows.push(self.row(c, case, (format!("/cases/{}?back={back}", case.id), false)).await?);
        }
        Ok(rows)
    }
}

/// `GET /my-day`.
pub(crate) async fn my_day(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let (office, neighbours) = (office(&hall)?, neighbours(&hall)?);
    let t = caller.info.t().clone();
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let day = queries::my_day(&caller.ctx, c).await?;
    let also = match hall.service::<dyn AlsoToday>() {
        Ok(rooms) => rooms.waits(&caller.ctx, c).await.map_err(store)?,
        Err(_) => None,
    };
    let also = also.map(|waits| {
        let clock = waits.until.map(|until| t.clock(until, caller.ctx.now()));
        (t.n(waits.key, waits.count), waits.href, clock)
    });
    let mut clerk = Clerk::new(neighbours.as_ref(), &office, &caller);
    let (running, waiting): (Vec<Case>, Vec<Case>) =
        day.mine.into_iter().partition(|case| case.state != CaseState::AwaitingConfirmation);
    let page = MyDayPage {
        shell: caller.shell(t.s("cases-my-day-title")).live("/cases/live"),
        also,
        running: clerk.rows(c, &running, "day").await?,
        waiting: clerk.rows(c, &waiting, "day").await?,
        flagged: clerk.rows(c, &day.flagged, "day").await?,
        nobodys: clerk.rows(c, &day.nobodys, "day").await?,
        t: t.clone(),
    };
    Ok(Page(page).into_response())
}

/// Where the actions of a case lead back to.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    pub(crate) back: String,
}

impl Back {
    /// Only places that there are.
    pub(crate) fn known(&self) -> &'static str {
        match self.back.as_str() {
            "day" => "day",
            "desk" => "desk",
            _ => "case",
        }
    }
}

/// `GET /cases/{id}`.
pub(crate) async fn case(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    Query(back): Query<Back>,
) -> Result<Response, AppError> {
    let id = id.parse().map_err(|_| CasesError::NotFound)?;
    case_page(&caller, &hall, id, (back.known(), String::new()), (Problems::default(), FormMap::default())).await
}

/// The page of a case, with the form open in which something is wrong; with the reporter's number when somebody just asked for it with a reason.
pub(crate) async fn case_page(
    caller: &Caller,
    hall: &Hall,
    id: CaseId,
    (back, contact): (&'static str, String),
    (problems, typed): (Problems, FormMap),
) -> Result<Response, AppError> {
    let mut read = hall.read().await?;
    let mut file = file(caller, hall, &mut read.conn(), id, (back, contact)).await?;
    file.opened = typed.typed("form").to_owned();
    file.typed = typed;
    let shell = caller.shell(format!("{} · {}", file.class, file.number)).live("/cases/live");
    let page = CasePage { shell, t: caller.info.t().clone(), file, problems };
    Ok(([(CACHE_CONTROL, "private, no-store")], Page(page)).into_response())
}

/// From whom its words keep a case, to be chosen from.
async fn kept_persons(ctx: &Ctx, c: &mut Conn<'_>, case: &Case) -> Result<Vec<Choice>, AppError> {
    let persons = crate::commands::liftable(ctx, c, case).await?;
    Ok(persons.into_iter().map(|(person, name)| Choice::new(person.to_string(), name)).collect())
}

/// An organisation to be chosen, with how many of the like it had before.
fn unit_words(t: &T, name: &str, had: i64) -> String {
    if had == 0 { name.to_owned() } else { t.with("cases-unit-had", &[("name", name.into()), ("n", had.into())]) }
}

async fn file(
    caller: &Caller,
    hall: &Hall,
    c: &mut Conn<'_>,
    id: CaseId,
    (back, contact): (&'static str, String),
) -> Result<File, AppError> {
    let (office, neighbours) = (office(hall)?, neighbours(hall)?);
    let (t, ctx) = (caller.info.t(), &caller.ctx);
    let district = district(ctx)?;
    let CaseView { case, photos, timeline, possible, has_contact } = queries::case(ctx, c, &office, district, id).await?;
    let rules = office.rules_of(&case, ctx.now()).map_err(CasesError::from)?;
    let mut people = words::People::of(neighbours.as_ref(), district).with(&rules);
    let card = match &case.owner {
        Some(owner) => people.card(c, owner.appointment).await?,
        None => None,
    };
    let base = format!("/cases/{id}");
    let mut assignees = Vec::new();
    if possible.contains(&Event::Assign) || possible.contains(&Event::Dispatch) {
        for owner in office.answering(c, district, &case.place, ctx.now()).await.map_err(store)?.iter() {
            if crate::discretion::kept_from_owner(&case, owner) {
                continue;
            }
            if let Some(card) = people.card(c, owner.appointment).await? {
                assignees.push(Choice::new(owner.appointment.to_string(), words::staff_words(t, &card)));
            }
        }
    }
    let why = match queries::why_due(c, &office, district, id).await? {
        Some(why) => words::why(t, &why),
        None => Vec::new(),
    };
    let today = office.rules(&case.place, ctx.now()).map_err(CasesError::from)?;
    let (way, why_way) = words::way(t, &case, (&rules, &today));
    let unit = match case.unit {
        Some(unit) => people.unit(c, unit.0).await?,
        None => String::new(),
    };
    let call_kinds = steps::call_kinds(t, ctx, &rules, &case);
    let (mut units, mut units_last) = (Vec::new(), Vec::new());
    if !call_kinds.is_empty() || !assignees.is_empty() {
        for offered in queries::organisations_for(c, &office, &case, ctx.now()).await? {
            let choice = Choice::new(offered.unit.id.to_string(), unit_words(t, &offered.unit.name, offered.had));
            if offered.last { &mut units_last } else { &mut units }.push(choice);
        }
    }
    let mut calls = Vec::new();
    for call in queries::calls(c, &case).await? {
        let name = people.unit(c, call.unit.0).await?;
        calls.push(call_line(t, &call, &name, ctx.now()));
    }
    let ticket = queries::ticket_of(c, &case).await?.map(|ticket| hotline::view(t, &case, &ticket, ctx.now()));
    let asked = queries::time_ask(c, &case).await?.filter(|_| possible.contains(&Event::Extend));
    let time_ask =
        asked.and_then(|code| rules.clocks().named(&code).map(|clock| words::term(t, &clock.term))).unwrap_or_default();
    let clocks = if possible.contains(&Event::Extend) {
        rules.clocks().all().map(|clock| Choice::new(&clock.code, words::term(t, &clock.term))).collect()
    } else {
        Vec::new()
    };
    let (classes, why_owner) = class_lines(c, t, &rules, &case).await?;
    Ok(File {
        ways: steps::ways(t, &rules, &case, &possible),
        end: steps::end_of_work(&rules, &case, &possible, crate::commands::standing(ctx, &case)),
        opened: String::new(),
        typed: FormMap::default(),
        clocks,
        units,
        units_last,
        call_kinds,
        calls,
        ticket,
        time_ask,
        id: id.to_string(),
        class: words::class_name(&rules, t, &case.class),
        classes,
        why_owner,
        may_class: case.is_open() && ctx.may(Action::Assign, Resource::Case, district, &case.place).is_ok(),
        place: neighbours.place_name(c, district, &case.place).await.map_err(store)?,
        tone: words::state_tone(case.state),
        word: words::desk_state_word(t, case.state),
        clock: words::clock(t, &case, ctx.now()),
        promise: case.due_at.map(|due| t.moment(due)).unwrap_or_default(),
        provisional: case.due_provisional,
        why,
        way,
        why_way,
        owner: card.as_ref().map_or(unit, |card| words::staff_words(t, card)),
        owner_name: card.as_ref().map(|card| card.name.clone()).unwrap_or_default(),
        owner_phone: card.and_then(|card| card.phone).unwrap_or_default(),
        flagged: case.flagged_role.map(|role| t.s(&format!("role-{role}")).into_owned()).unwrap_or_default(),
        call_first: if case.is_open() { rules.classes().call_now(&case.description, case.emergency) } else { Vec::new() },
        photos: words::thumbs(t, &base, &photos, None),
        steps: words::steps(c, t, &mut people, (&timeline, &photos, &base)).await?,
        may_note: ctx.may(Action::Change, Resource::Case, district, &case.place).is_ok(),
        kept: !case.kept.is_empty(),
        kept_persons: kept_persons(ctx, c, &case).await?,
        asks_contact: has_contact && ctx.may(Action::Read, Resource::CaseContact, district, &case.place).is_ok(),
        handled_under: words::handled_under(t, &rules),
        number: case.number,
        description: case.description,
        possible,
        evidence: steps::always_shown(&rules),
        assignees,
        contact,
        back,
    })
}
