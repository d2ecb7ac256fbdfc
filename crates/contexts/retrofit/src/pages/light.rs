//! Light (日照与采光): the plan as rectangles, drawn or typed or brought in, and what the shaft of a scheme takes from each window.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use linli_hall::{Caller, Hall};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{Tab, answered, decimal, lift_id, office, private, run, shown, source, tabs, whole};
use crate::commands::schemes as commands;
use crate::error::{RetrofitError, Wrong};
use crate::model::Box3;
use crate::pages::draw;
use crate::queries::Whole;
use crate::rules::footprint;
use crate::rules::light::{self as sun, Column, Drawing, Lit};

/// How many parts of the building, things around it and columns of windows fit into the form.
const BUILDING: usize = 3;
const AROUND: usize = 5;
const WINDOWS: usize = 8;
/// The farthest that anything may be, cm.
const FAR: i64 = 100_000;

/// A row of a table of rectangles.
pub(crate) struct BoxRow {
    pub(crate) name: String,
    pub(crate) no: usize,
    /// The part of the field's name, its label, what stands in it.
    pub(crate) cells: Vec<(&'static str, String, String)>,
}

const SIDES: [&str; 6] = ["x", "y", "w", "d", "z", "h"];

/// The rows of a table of rectangles: as they were typed, or as they are known.
pub(crate) fn boxes(t: &T, form: &FormMap, (prefix, rows): (&str, usize), known: &[Box3]) -> Vec<BoxRow> {
    let sent = form.pairs().iter().any(|(name, _)| name.starts_with(prefix) && name.get(1..2).is_some_and(|digit| digit == "1"));
    let value = |one: &Box3, side: &str| match side {
        "x" => one.x,
        "y" => one.y,
        "w" => one.w,
        "d" => one.d,
        "z" => one.z,
        _ => one.h,
    };
    let row = |at: usize| {
        let name = format!("{prefix}{}", at + 1);
        let one = known.get(at);
        let cell = |side: &'static str| {
            let stands = one.map(|one| shown(i64::from(value(one, side)), 2)).unwrap_or_default();
            let text = if sent { form.typed(&format!("{name}{side}")).to_owned() } else { stands };
            (side, t.s(&format!("lift-box-{side}")).into_owned(), text)
        };
        let cells = SIDES.map(cell).into();
        BoxRow { no: at + 1, cells, name }
    };
    (0..rows).map(row).collect()
}

fn cm(typed: &str, field: &'static str, (min, max): (i64, i64)) -> Result<i32, RetrofitError> {
    let found = decimal(typed, 2).filter(|n| (min..=max).contains(n)).and_then(|n| i32::try_from(n).ok());
    found.ok_or(RetrofitError::field(field, Wrong::NotANumber { min: min / 100, max: max / 100 }))
}

/// The rectangles of a table; a row with nothing in it is none.
pub(crate) fn typed_boxes(
    form: &FormMap,
    (prefix, rows): (&str, usize),
    field: &'static str,
) -> Result<Vec<Box3>, RetrofitError> {
    let mut all = Vec::new();
    for row in 1..=rows {
        let typed = |side: &str| form.typed(&format!("{prefix}{row}{side}")).trim().to_owned();
        if SIDES.iter().all(|side| typed(side).is_empty()) {
            continue;
        }
        let side = |side: &str, least: i64| match (side, typed(side).as_str()) {
            ("z", "") => Ok(0),
            (_, text) => cm(text, field, (least, FAR)),
        };
        all.push(Box3 {
            x: side("x", -FAR)?,
            y: side("y", -FAR)?,
            w: side("w", 0)?,
            d: side("d", 0)?,
            z: side("z", 0)?,
            h: side("h", 0)?,
        });
    }
    Ok(all)
}

struct WindowRow {
    no: usize,
    door: String,
    wall: String,
    at: String,
    width: String,
    from: String,
    to: String,
}

struct LitRow {
    name: String,
    wall: String,
    sky: String,
    sky_tone: &'static str,
    sky_word: String,
    days: Vec<(String, &'static str, String)>,
}

struct Shade {
    day: String,
    svg: String,
    open: bool,
}

#[derive(Template)]
#[template(path = "lift-light.html")]
struct LightPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    id: String,
    title: String,
    tabs: Vec<Tab>,
    style: &'static str,
    works: bool,
    drawn: bool,
    under: String,
    scheme_tabs: Vec<Tab>,
    plan: String,
    day_names: Vec<String>,
    rows: Vec<LitRow>,
    shades: Vec<Shade>,
    turn: String,
    storey: String,
    building: Vec<BoxRow>,
    around: Vec<BoxRow>,
    windows: Vec<WindowRow>,
    walls: Vec<Choice>,
    wrong: String,
    from: String,
    basis: String,
    source: String,
}

#[derive(serde::Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    scheme: String,
}

fn windows(form: &FormMap, drawing: &Drawing) -> Vec<WindowRow> {
    let sent = form.get("w1at").is_some();
    let row = |at: usize| {
        let (no, one) = (at + 1, drawing.windows.get(at));
        let stands = |part: &str, known: Option<String>| {
            if sent { form.typed(&format!("w{no}{part}")).to_owned() } else { known.unwrap_or_default() }
        };
        WindowRow {
            no,
            door: stands("door", one.map(|one| one.door.to_string())),
            wall: stands("wall", one.map(|one| one.wall.to_string())),
            at: stands("at", one.map(|one| shown(i64::from(one.at), 2))),
            width: stands("width", one.map(|one| shown(i64::from(one.width), 2))),
            from: stands("from", one.map(|one| one.from.to_string())),
            to: stands("to", one.map(|one| one.to.to_string())),
        }
    };
    (0..WINDOWS).map(row).collect()
}

fn typed_windows(form: &FormMap) -> Result<Vec<Column>, RetrofitError> {
    let wrong = |line: usize| RetrofitError::field("windows", Wrong::Line { line: i64::try_from(line).unwrap_or(0) });
    let mut all = Vec::new();
    for row in 1..=WINDOWS {
        let typed = |part: &str| form.typed(&format!("w{row}{part}")).trim();
        if typed("at").is_empty() && typed("width").is_empty() {
            continue;
        }
        let whole =
            |part: &str, most: i64| typed(part).parse::<i64>().ok().filter(|n| (0..=most).contains(n)).ok_or_else(|| wrong(row));
        let size = |part: &str| cm(typed(part), "windows", (0, FAR)).map_err(|_| wrong(row));
        let (from, to) = (whole("from", 99)?.max(1), whole("to", 99)?);
        let wall = typed("wall").chars().next().filter(|wall| "SNEW".contains(*wall)).ok_or_else(|| wrong(row))?;
        if to < from {
            return Err(wrong(row));
        }
        all.push(Column { door: whole("door", 99)?, wall, at: size("at")?, width: size("width")?, from, to });
    }
    Ok(all)
}

fn read(form: &FormMap, before: Option<&Drawing>) -> Result<Drawing, RetrofitError> {
    let turn = form.typed("turn").trim();
    let turn = if turn.is_empty() { Ok(0) } else { turn.parse::<i32>() };
    let turn = turn.ok().filter(|turn| (-180..=180).contains(turn));
    let building = typed_boxes(form, ("b", BUILDING), "building")?;
    // An outline that was brought in stays until other rectangles are typed over what it spans.
    let kept = before.filter(|before| !before.footprint.is_empty() && before.building == building);
    Ok(Drawing {
        turn: turn.ok_or(RetrofitError::field("turn", Wrong::NotANumber { min: -180, max: 180 }))?,
        latitude_e4: before.and_then(|before| before.latitude_e4),
        storey: cm(form.typed("storey"), "storey", (200, 600))?,
        building,
        around: typed_boxes(form, ("a", AROUND), "around")?,
        footprint: kept.map(|kept| kept.footprint.clone()).unwrap_or_default(),
        footprint_h: kept.map_or(0, |kept| kept.footprint_h),
        windows: typed_windows(form)?,
    })
}

/// A house as they were built in thousands, to begin with: two homes on a floor, one stair.
fn usual(whole: &Whole) -> Drawing {
    let top = whole.homes.iter().map(|home| home.floor).max().unwrap_or(6).max(1);
    let doors = whole.homes.iter().map(|home| home.door).max().unwrap_or(2).max(1);
    let height = i32::try_from(top).unwrap_or(6).saturating_mul(300);
    let width = i32::try_from(doors).unwrap_or(2).saturating_mul(750);
    let window = |door: i64| {
        let at = i32::try_from(door - 1).unwrap_or(0) * 750 + if door == 1 { 250 } else { 500 };
        Column { door, wall: 'S', at, width: 150, from: 1, to: top }
    };
    Drawing {
        storey: 300,
        building: vec![Box3 { x: 0, y: 0, w: width, d: 1_100, z: 0, h: height }],
        windows: (1..=doors).map(window).collect(),
        ..Drawing::default()
    }
}

fn lit_row(t: &T, whole: &Whole, lit: &Lit) -> LitRow {
    let rules = &whole.sun.value;
    let home = whole.homes.iter().find(|home| home.floor == lit.at.floor && home.door == lit.at.door);
    let name = home.map_or_else(|| t.n("lift-stair-window", lit.at.floor), |home| super::home_name(t, home));
    let noticed = rules.noticed(lit.sky.0, lit.sky.1);
    let day = |((before, after), day): (&(u32, u32), &sun::Day)| {
        let minutes = t.with("lift-minutes", &[("before", (*before).into()), ("after", (*after).into())]);
        let (tone, key) = match (*after < day.required_min, *before < day.required_min, after < before) {
            (true, false, _) => ("act", "lift-sun-falls-short"),
            (true, true, _) => ("soon", "lift-sun-short-before"),
            (false, _, true) => ("info", "lift-sun-less"),
            (false, _, false) => ("well", "lift-sun-same"),
        };
        (minutes, tone, t.v(key, "required", day.required_min))
    };
    LitRow {
        name,
        wall: t.s(&format!("lift-wall-{}", lit.at.wall)).into_owned(),
        sky: t.with("lift-sky", &[("before", shown(lit.sky.0, 1).into()), ("after", shown(lit.sky.1, 1).into())]),
        sky_tone: if noticed { "soon" } else { "well" },
        sky_word: t.s(if noticed { "lift-sky-noticed" } else { "lift-sky-small" }).into_owned(),
        days: lit.sun.iter().zip(rules.days()).map(day).collect(),
    }
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    (id, asked): (&str, &Asked),
    (form, problems): (&FormMap, Problems),
) -> Result<LightPage, AppError> {
    let t = caller.info.t().clone();
    let whole = whole(caller, hall, id).await?;
    let lang = t.locale().tag();
    let scheme = whole.scheme(asked.scheme.parse().ok());
    let light = whole.lit(scheme);
    let shaft = scheme.map(|scheme| scheme.body.shaft.clone()).unwrap_or_default();
    let drawing = whole.plan.as_ref().map_or_else(|| usual(&whole), |(drawing, _)| drawing.clone());
    let rules = &whole.sun.value;
    let shade = |(at, day): (usize, &sun::Day)| {
        let shadows = sun::shadows(rules, day, &drawing, &shaft).ok()?;
        let ground = sun::ground(rules, &drawing, &shaft).ok()?;
        let day = day.text(lang).to_owned();
        Some(Shade { svg: draw::shadows(&t, &day, &ground, &shadows), day, open: at == 0 })
    };
    let tab = |one: &crate::model::Scheme| Tab {
        href: format!("/lifts/{id}/light?scheme={}", one.id),
        text: one.body.name.clone(),
        here: scheme.is_some_and(|scheme| scheme.id == one.id),
    };
    let wall = |wall: &str| Choice::new(wall, t.s(&format!("lift-wall-{wall}")).into_owned());
    let row_problem =
        ["building", "around", "windows", "shaft"].iter().map(|field| problems.text(&t, field)).find(|text| !text.is_empty());
    Ok(LightPage {
        shell: caller.shell(t.v("lift-light-title", "title", &whole.project.title)),
        title: whole.project.title.clone(),
        tabs: tabs(&t, whole.project.id, "light"),
        style: super::style::css(),
        works: whole.works,
        drawn: whole.plan.is_some(),
        under: scheme
            .map_or_else(|| t.s("lift-no-shaft").into_owned(), |scheme| t.v("lift-under-scheme", "name", &scheme.body.name)),
        scheme_tabs: whole.schemes.iter().map(tab).collect(),
        plan: draw::plan(&t, &drawing, &shaft, whole.works),
        day_names: rules.days().iter().map(|day| day.text(lang).to_owned()).collect(),
        rows: light.iter().flat_map(|light| &light.windows).map(|lit| lit_row(&t, &whole, lit)).collect(),
        shades: if whole.plan.is_some() { rules.days().iter().enumerate().filter_map(shade).collect() } else { Vec::new() },
        turn: if form.get("turn").is_some() { form.typed("turn").to_owned() } else { drawing.turn.to_string() },
        storey: if form.get("storey").is_some() { form.typed("storey").to_owned() } else { shown(i64::from(drawing.storey), 2) },
        building: boxes(&t, form, ("b", BUILDING), &drawing.building),
        around: boxes(&t, form, ("a", AROUND), &drawing.around),
        windows: windows(form, &drawing),
        walls: ["S", "N", "E", "W"].map(wall).into(),
        wrong: row_problem.unwrap_or_default(),
        from: whole.plan.as_ref().map(|(_, from)| t.s(&format!("lift-plan-{from}")).into_owned()).unwrap_or_default(),
        basis: t.with(
            "lift-light-basis",
            &[
                ("zone", rules.zone().into()),
                ("latitude", shown(i64::from(drawing.latitude_e4.unwrap_or(rules.latitude_e4())), 4).into()),
            ],
        ),
        source: source(&t, &whole.sun.stamp),
        id: id.to_owned(),
        form: form.clone(),
        problems,
        t,
    })
}

/// `GET /lifts/{id}/light`.
pub(crate) async fn show(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, (&id, &asked), (&FormMap::default(), Problems::default())).await?)))
}

async fn answer(
    caller: &Caller,
    hall: &Hall,
    id: &str,
    (form, done): (&FormMap, Result<(), AppError>),
) -> Result<Response, AppError> {
    answered(done, &format!("/lifts/{id}/light"), async |problems| {
        page(caller, hall, (id, &Asked::default()), (form, problems)).await
    })
    .await
}

/// `POST /lifts/{id}/plan`.
pub(crate) async fn draw(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = async {
        let (lift, office) = (lift_id(&id)?, office(&hall)?);
        let before = whole(&caller, &hall, &id).await?.plan.map(|(drawing, _)| drawing);
        let drawing = read(&form, before.as_ref())?;
        let from = if drawing.footprint.is_empty() { "drawn" } else { "brought" };
        run!(caller, hall, tx => commands::draw(&caller.ctx, tx, &office, lift, (&drawing, from)))
    };
    let done = done.await;
    answer(&caller, &hall, &id, (&form, done)).await
}

/// `POST /lifts/{id}/footprint`: an outline in GeoJSON takes the place of the rectangles of the building.
pub(crate) async fn bring(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = async {
        let (lift, office) = (lift_id(&id)?, office(&hall)?);
        let whole = whole(&caller, &hall, &id).await?;
        let before = whole.plan.as_ref().map_or_else(|| usual(&whole), |(drawing, _)| drawing.clone());
        let height = cm(form.typed("height"), "height", (100, FAR))?;
        let drawing = footprint::bring(&before, form.typed("geojson"), height);
        let drawing = drawing.map_err(|_| RetrofitError::field("geojson", Wrong::NoOutline))?;
        run!(caller, hall, tx => commands::draw(&caller.ctx, tx, &office, lift, (&drawing, "brought")))
    };
    let done = done.await;
    answer(&caller, &hall, &id, (&form, done)).await
}
