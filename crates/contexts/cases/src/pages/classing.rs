//! Looking up a 12345 class or a matter by words, and correcting what a case is classed as. Works without script: the look-up is a form.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::CACHE_CONTROL;
use linli_access::{Action, Resource};
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlacePath};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};
use serde::Deserialize;

use super::actions::{begin, run};
use super::work::{Back, district};
use super::{neighbours, office, words};
use crate::commands::{self, Correction};
use crate::error::{CasesError, FieldProblem};
use crate::model::{Case, CaseId, MessageClass};
use crate::queries::{self, Chosen};
use crate::rules::{Basis, CityCode, CityKind, Governing, Rules};

/// Most entries of each list that a look-up shows.
const MOST: usize = 30;

/// What a look-up found, to be chosen from. The first choice of each list is none.
pub(super) struct Looked {
    pub(super) q: String,
    pub(super) messages: Vec<Choice>,
    pub(super) message: String,
    pub(super) matters: Vec<Choice>,
    pub(super) matter: String,
    /// What is to be said about the lists.
    pub(super) notes: Vec<String>,
}

/// Looks words up in the 12345 list that counts at a place and in the matters; what was chosen before stays among the choices.
pub(super) async fn look_up(
    c: &mut Conn<'_>,
    (t, rules): (&T, &Rules),
    (district, place): (DistrictId, &PlacePath),
    q: &str,
    (message, matter): (&str, &str),
) -> Result<Looked, AppError> {
    let list = queries::message_list(c, district, place).await?;
    let q = q.trim();
    let mut notes = Vec::new();
    if list.classes.is_empty() {
        notes.push(t.s("cases-look-no-list").into_owned());
    }
    let mut messages = vec![Choice::new("", t.s("cases-look-none"))];
    let kept = match message.parse() {
        Ok(id) => queries::message_class(c, district, id).await?,
        Err(_) => None,
    };
    let found = if q.is_empty() { Vec::new() } else { list.search(q, MOST + 1) };
    let others = found.iter().copied().filter(|class| kept.as_ref().is_none_or(|kept| kept.id != class.id));
    messages.extend(kept.iter().chain(others.take(MOST)).map(|class| Choice::new(class.id.to_string(), class.path.to_string())));
    let mut matters = vec![Choice::new("", t.s("cases-look-by-class"))];
    let wanted: Vec<&str> = q.split_whitespace().collect();
    let kept = rules.city().find(CityKind::Matter, matter);
    let named = rules.city().matter_named(q);
    let holds = |code: &&CityCode| {
        let text = matter_words(code);
        !wanted.is_empty() && (wanted.iter().all(|word| text.contains(word)) || named == Some(*code))
    };
    let others: Vec<&CityCode> =
        rules.city().all(CityKind::Matter).filter(holds).filter(|code| kept != Some(*code)).take(MOST + 1).collect();
    matters.extend(
        kept.into_iter().chain(others.iter().copied().take(MOST)).map(|code| Choice::new(&code.code, matter_words(code))),
    );
    if found.len() > MOST || others.len() > MOST {
        notes.push(t.v("cases-look-more", "n", MOST));
    }
    if !q.is_empty() && found.is_empty() && others.is_empty() {
        notes.push(t.s("cases-look-nothing").into_owned());
    }
    Ok(Looked { q: q.to_owned(), messages, message: message.to_owned(), matters, matter: matter.to_owned(), notes })
}

pub(super) fn matter_words(code: &CityCode) -> String {
    format!("{} {}（{}）", code.code, code.name, code.major)
}

/// One of the three classifications of a case, in words.
pub(super) struct ClassLine {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) notes: Vec<String>,
}

/// What a case is classed as, in all three classifications, and what corresponds where nothing was chosen; and why somebody has it.
pub(super) async fn class_lines(
    c: &mut Conn<'_>,
    t: &T,
    rules: &Rules,
    case: &Case,
) -> Result<(Vec<ClassLine>, Vec<String>), AppError> {
    let message = match case.message_class {
        Some(id) => queries::message_class(c, case.district, id).await?,
        None => None,
    };
    let lines = vec![
        report_line(t, rules, case),
        message_line(c, t, case, message.as_ref()).await?,
        matter_line(t, rules, case, message.as_ref()),
    ];
    let class = rules.classes().find(&case.class);
    let why = class.map(|class| words::why_owner(t, rules, &Governing::of(rules, class, message.as_ref())));
    Ok((lines, why.unwrap_or_default()))
}

fn unverified(t: &T, verified: bool) -> Option<String> {
    (!verified).then(|| t.s("cases-unverified").into_owned())
}

fn report_line(t: &T, rules: &Rules, case: &Case) -> ClassLine {
    ClassLine {
        name: t.s("cases-class-report").into_owned(),
        text: words::class_name(rules, t, &case.class),
        notes: unverified(t, rules.classes_stamp().verified).into_iter().collect(),
    }
}

async fn message_line(c: &mut Conn<'_>, t: &T, case: &Case, message: Option<&MessageClass>) -> Result<ClassLine, AppError> {
    let name = t.s("cases-class-message").into_owned();
    if let Some(message) = message {
        let closed = message.closed_on.map(|on| t.v("cases-class-closed", "on", on.to_string()));
        let unmapped = message.class.is_none().then(|| t.s("cases-class-not-mapped").into_owned());
        let clock = message.clock.is_some().then(|| t.s("cases-class-clock-counts").into_owned());
        let notes = clock.into_iter().chain(closed).chain(unmapped).collect();
        return Ok(ClassLine { name, text: message.path.to_string(), notes });
    }
    let list = queries::message_list(c, case.district, &case.place).await?;
    let mapped: Vec<String> = list.mapped_to(&case.class).map(|class| class.path.to_string()).collect();
    let (text, note) = match mapped.as_slice() {
        [] => (t.s("cases-class-none").into_owned(), None),
        [one] => (one.clone(), Some(t.s("cases-class-by-class").into_owned())),
        [first, second, ..] => (format!("{first}；{second}"), Some(t.n("cases-class-several", mapped.len()))),
    };
    Ok(ClassLine { name, text, notes: note.into_iter().collect() })
}

fn matter_line(t: &T, rules: &Rules, case: &Case, message: Option<&MessageClass>) -> ClassLine {
    let name = t.s("cases-class-matter").into_owned();
    let Some((code, chosen)) = queries::matter_of(rules, case, message) else {
        return ClassLine { name, text: t.s("cases-class-none").into_owned(), notes: Vec::new() };
    };
    let how = match chosen {
        Chosen::ByHand => None,
        Chosen::ByMessage => Some(t.s("cases-class-by-message").into_owned()),
        Chosen::ByClass => Some(t.s("cases-class-by-class").into_owned()),
    };
    let old = rules.city().predecessors(CityKind::Matter, &code.code).into_iter().map(|(old, basis)| old_words(t, &old, basis));
    let notes = how.into_iter().chain(old).chain(unverified(t, rules.city_stamp().verified)).collect();
    ClassLine { name, text: matter_words(code), notes }
}

/// A code of 2013, and how we know it.
pub(super) fn old_words(t: &T, code: &str, basis: Basis) -> String {
    let key = match basis {
        Basis::Source => "cases-class-old",
        Basis::Pattern => "cases-class-old-pattern",
    };
    t.v(key, "code", code)
}

#[derive(Template)]
#[template(path = "cases-class.html")]
struct ClassPage {
    shell: Shell,
    t: T,
    id: String,
    number: String,
    title: String,
    back: &'static str,
    lines: Vec<ClassLine>,
    classes: Vec<Choice>,
    class: String,
    looked: Looked,
    reason: String,
    /// Who has it and may keep it; nobody when nobody does.
    has_it: String,
    keep: bool,
    problems: Problems,
}

/// What the page looks up.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    q: String,
    back: String,
    class: String,
    message: Option<String>,
    matter: Option<String>,
    reason: String,
    keep: String,
}

/// `GET /cases/{id}/class`.
pub(crate) async fn show(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    let id = id.parse().map_err(|_| CasesError::NotFound)?;
    page(&caller, &hall, id, asked, Problems::default()).await
}

async fn page(caller: &Caller, hall: &Hall, id: CaseId, asked: Asked, problems: Problems) -> Result<Response, AppError> {
    let (t, ctx) = (caller.info.t().clone(), &caller.ctx);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let case = queries::readable(ctx, c, district(ctx)?, id).await?;
    ctx.may(Action::Assign, Resource::Case, case.district, &case.place).map_err(CasesError::from)?;
    let rules = office(hall)?.rules(&case.place, ctx.now()).map_err(CasesError::from)?;
    let kept_message = case.message_class.map(|id| id.to_string()).unwrap_or_default();
    let kept_matter = case.matter.clone().unwrap_or_default();
    let (message, matter) = (asked.message.unwrap_or(kept_message), asked.matter.unwrap_or(kept_matter));
    let looked = look_up(c, (&t, &rules), (case.district, &case.place), &asked.q, (&message, &matter)).await?;
    let english = words::english(&t);
    let neighbours = neighbours(hall)?;
    let mut people = words::People::of(neighbours.as_ref(), case.district).with(&rules);
    let has_it = match (&case.owner, case.unit) {
        (Some(owner), _) => {
            people.card(c, owner.appointment).await?.map(|card| words::staff_words(&t, &card)).unwrap_or_default()
        }
        (None, Some(unit)) => people.unit(c, unit.0).await?,
        (None, None) => String::new(),
    };
    let page = ClassPage {
        shell: caller.shell(t.s("cases-class-title")),
        lines: class_lines(c, &t, &rules, &case).await?.0,
        classes: rules.classes().all().map(|class| Choice::new(&class.code, class.name(english))).collect(),
        class: if asked.class.is_empty() { case.class } else { asked.class },
        id: id.to_string(),
        number: case.number,
        title: case.title,
        back: Back { back: asked.back }.known(),
        looked,
        reason: asked.reason,
        has_it,
        keep: asked.keep == "1",
        problems,
        t,
    };
    Ok(([(CACHE_CONTROL, "private, no-store")], Page(page)).into_response())
}

/// What a form chose; what is typed and is no id is in no list.
pub(super) fn chosen(form: &FormMap) -> Result<(Option<crate::model::MessageClassId>, Option<String>), CasesError> {
    let wrong = |_| CasesError::Field { field: "message", problem: FieldProblem::NotInTheList };
    let message = Some(form.typed("message")).filter(|typed| !typed.is_empty());
    let matter = Some(form.typed("matter")).filter(|typed| !typed.is_empty());
    Ok((message.map(|typed| typed.parse().map_err(wrong)).transpose()?, matter.map(str::to_owned)))
}

/// `POST /cases/{id}/class`.
pub(crate) async fn send(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, &id, &form)?, office(&hall)?);
    let done = match chosen(&form) {
        Ok((message, matter)) => {
            let keep_owner = form.typed("keep") == "1";
            let to = Correction { class: form.typed("class").to_owned(), message, matter, keep_owner };
            run!(caller, hall, tx => commands::correct_class(&caller.ctx, tx, &office, id, (&to, form.typed("reason"))))
                .map(|_| ())
        }
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(()) if form.typed("back") == "desk" => Ok(Redirect::to(&format!("/desk?case={id}")).into_response()),
        Ok(()) => Ok(Redirect::to(&format!("/cases/{id}")).into_response()),
        Err(error) => {
            let status = error.status();
            if caller.info.json() {
                return Err(error);
            }
            let typed = |field: &str| form.typed(field).to_owned();
            let asked = Asked {
                q: typed("q"),
                back: typed("back"),
                class: typed("class"),
                message: Some(typed("message")),
                matter: Some(typed("matter")),
                reason: typed("reason"),
                keep: typed("keep"),
            };
            Ok((status, page(&caller, &hall, id, asked, error.into_problems()?).await?).into_response())
        }
    }
}
