//! A scheme as a form: money, shares by floor, entry, pipes, fire access, operating model, where the shaft stands.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use linli_hall::{Caller, Hall};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{back, choices, decimal, lift_id, money, office, plain, private, run, shown, take_key, whole, word, yuan};
use crate::commands::schemes as commands;
use crate::error::{RetrofitError, Wrong};
use crate::model::{Box3, By, Entry, Fire, Operating, Pipe, SchemeBody, SchemeId};
use crate::pages::light::{boxes, typed_boxes};
use crate::queries::Whole;

/// How many parts of a shaft fit into the form: the shaft and the bridges to it.
pub(crate) const PARTS: usize = 3;

struct FloorFields {
    floor: i64,
    label: String,
    coefficient: String,
    compensation: String,
}

#[derive(Template)]
#[template(path = "lift-scheme.html")]
struct SchemePage {
    shell: Shell,
    t: T,
    problems: Problems,
    id: String,
    action: String,
    title: String,
    style: &'static str,
    fields: Vec<(&'static str, String, String)>,
    called: String,
    note: String,
    entries: Vec<Choice>,
    entry: String,
    operatings: Vec<Choice>,
    operating: String,
    fires: Vec<Choice>,
    fire: String,
    pipes: Vec<(Choice, bool)>,
    bys: Vec<Choice>,
    by: String,
    floors: Vec<FloorFields>,
    coefficients_source: String,
    shaft: Vec<super::light::BoxRow>,
    plan: String,
}

/// The fields that are amounts of money.
const AMOUNTS: [&str; 6] = ["total", "subsidy", "outside", "running", "overhaul", "ride"];

fn read(form: &FormMap, whole: &Whole) -> Result<SchemeBody, RetrofitError> {
    let floors: BTreeSet<i64> = whole.homes.iter().map(|home| home.floor).collect();
    let (mut coefficients, mut compensation) = (Vec::new(), Vec::new());
    for floor in floors {
        let typed = form.typed(&format!("k{floor}"));
        let coefficient = if typed.trim().is_empty() { Some(0) } else { decimal(typed, 3) };
        coefficients
            .push((floor, coefficient.ok_or(RetrofitError::field("coefficients", Wrong::NotANumber { min: 0, max: 1_000 }))?));
        let paid = yuan(form.typed(&format!("c{floor}"))).ok_or(RetrofitError::field("compensation", Wrong::NotMoney))?;
        if paid > 0 {
            compensation.push((floor, paid));
        }
    }
    let pipes = form.all("pipe").map(str::parse::<Pipe>).collect::<Result<Vec<_>, _>>();
    Ok(SchemeBody {
        name: form.typed("name").to_owned(),
        entry: word(form, "entry")?,
        operating: word(form, "operating")?,
        pipes: pipes.map_err(|_| RetrofitError::field("pipes", Wrong::NotAChoice))?,
        fire: word(form, "fire")?,
        note: form.typed("note").to_owned(),
        total: money(form, "total")?,
        subsidy: money(form, "subsidy")?,
        outside: money(form, "outside")?,
        by: word(form, "by")?,
        coefficients,
        compensation,
        running: money(form, "running")?,
        overhaul: money(form, "overhaul")?,
        ride: money(form, "ride")?,
        shaft: typed_boxes(form, ("s", PARTS), "shaft")?,
    })
}

/// What a new scheme begins with: the usual coefficients, and a shaft in front of the middle.
fn usual(whole: &Whole) -> SchemeBody {
    let top = whole.homes.iter().map(|home| home.floor).max().unwrap_or(1);
    let shaft = whole.plan.as_ref().map(|(drawing, _)| {
        let front = drawing.front();
        Box3 { x: front.x + front.w / 2 - 120, y: front.y - 240, w: 240, d: 240, z: 0, h: front.h + 200 }
    });
    SchemeBody {
        name: String::new(),
        entry: Entry::HalfLanding,
        operating: Operating::Owned,
        pipes: Vec::new(),
        fire: Fire::Kept,
        note: String::new(),
        total: 0,
        subsidy: 0,
        outside: 0,
        by: By::Coefficient,
        coefficients: whole.lifts.value.coefficients(top),
        compensation: Vec::new(),
        running: 0,
        overhaul: 0,
        ride: 0,
        shaft: shaft.into_iter().collect(),
    }
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    (id, scheme): (&str, Option<SchemeId>),
    (form, mut problems): (&FormMap, Problems),
) -> Result<SchemePage, AppError> {
    let t = caller.info.t().clone();
    let whole = whole(caller, hall, id).await?;
    let known = match scheme {
        Some(scheme) => Some(whole.schemes.iter().find(|one| one.id == scheme).ok_or(RetrofitError::NotFound)?),
        None => None,
    };
    let body = known.map_or_else(|| usual(&whole), |scheme| scheme.body.clone());
    // An outline that is no outline can here be the shaft's alone.
    problems
        .0
        .iter_mut()
        .filter(|problem| problem.field == "building")
        .for_each(|problem| "shaft".clone_into(&mut problem.field));
    let sent = !form.pairs().is_empty();
    let or = |field: &str, value: String| if sent { form.typed(field).to_owned() } else { value };
    let amount = |field: &'static str| {
        let fen = match field {
            "total" => body.total,
            "subsidy" => body.subsidy,
            "outside" => body.outside,
            "running" => body.running,
            "overhaul" => body.overhaul,
            _ => body.ride,
        };
        let value = if fen == 0 { String::new() } else { plain(fen) };
        (field, t.s(&format!("lift-{field}")).into_owned(), or(field, value))
    };
    let floors: BTreeSet<i64> = whole.homes.iter().map(|home| home.floor).collect();
    let of = |table: &[(i64, i64)], floor: i64| table.iter().find(|(of, _)| *of == floor).map(|(_, value)| *value);
    let floor = |floor: &i64| FloorFields {
        floor: *floor,
        label: t.n("lift-floor", *floor),
        coefficient: or(&format!("k{floor}"), of(&body.coefficients, *floor).map(|value| shown(value, 3)).unwrap_or_default()),
        compensation: or(&format!("c{floor}"), of(&body.compensation, *floor).map(plain).unwrap_or_default()),
    };
    let has: Vec<&str> = if sent { form.all("pipe").collect() } else { body.pipes.iter().map(|pipe| pipe.as_str()).collect() };
    let pipes = choices(&t, "lift-pipe", Pipe::ALL.iter().map(|one| one.as_str()));
    let name = known.map(|scheme| scheme.body.name.clone()).unwrap_or_default();
    let title = if known.is_some() { t.v("lift-scheme-change", "name", &name) } else { t.s("lift-scheme-new").into_owned() };
    Ok(SchemePage {
        shell: caller.shell(title.clone()),
        action: scheme.map_or_else(|| format!("/lifts/{id}/schemes"), |scheme| format!("/lifts/{id}/schemes/{scheme}")),
        title,
        style: super::style::css(),
        fields: AMOUNTS.map(amount).into(),
        called: or("name", name),
        note: or("note", body.note.clone()),
        entries: choices(&t, "lift-entry", Entry::ALL.iter().map(|one| one.as_str())),
        entry: or("entry", body.entry.to_string()),
        operatings: choices(&t, "lift-operating", Operating::ALL.iter().map(|one| one.as_str())),
        operating: or("operating", body.operating.to_string()),
        fires: choices(&t, "lift-fire", Fire::ALL.iter().map(|one| one.as_str())),
        fire: or("fire", body.fire.to_string()),
        pipes: pipes
            .into_iter()
            .map(|pipe| {
                let on = has.contains(&pipe.value.as_str());
                (pipe, on)
            })
            .collect(),
        bys: choices(&t, "lift-by", By::ALL.iter().map(|one| one.as_str())),
        by: or("by", body.by.to_string()),
        floors: floors.iter().rev().map(floor).collect(),
        coefficients_source: t.v("lift-coefficients-source", "source", whole.lifts.value.coefficients_source()),
        shaft: boxes(&t, form, ("s", PARTS), &body.shaft),
        plan: whole.plan.as_ref().map(|(drawing, _)| super::draw::plan(&t, drawing, &body.shaft, true)).unwrap_or_default(),
        id: id.to_owned(),
        problems,
        t,
    })
}

fn scheme_id(id: &str) -> Result<SchemeId, RetrofitError> {
    id.parse().map_err(|_| RetrofitError::NotFound)
}

/// `GET /lifts/{id}/schemes/new`.
pub(crate) async fn new(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, (&id, None), (&FormMap::default(), Problems::default())).await?)))
}

/// `GET /lifts/{id}/schemes/{scheme}`.
pub(crate) async fn show(
    caller: Caller,
    State(hall): State<Hall>,
    Path((id, scheme)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let scheme = Some(scheme_id(&scheme)?);
    Ok(private(Page(page(&caller, &hall, (&id, scheme), (&FormMap::default(), Problems::default())).await?)))
}

async fn put(
    mut caller: Caller,
    hall: Hall,
    (id, scheme): (String, Option<SchemeId>),
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let (lift, office) = (lift_id(&id)?, office(&hall)?);
        let body = read(&form, &whole(&caller, &hall, &id).await?)?;
        run!(caller, hall, tx => commands::put(&caller.ctx, tx, &office, (lift, scheme), body))
    };
    match done.await {
        Ok(_) => Ok(back(&format!("/lifts/{id}/schemes"))),
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, (&id, scheme), (&form, error.into_problems()?)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

/// `POST /lifts/{id}/schemes`.
pub(crate) async fn create(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    put(caller, hall, (id, None), form).await
}

/// `POST /lifts/{id}/schemes/{scheme}`.
pub(crate) async fn change(
    caller: Caller,
    State(hall): State<Hall>,
    Path((id, scheme)): Path<(String, String)>,
    form: FormMap,
) -> Result<Response, AppError> {
    let scheme = Some(scheme_id(&scheme)?);
    put(caller, hall, (id, scheme), form).await
}
