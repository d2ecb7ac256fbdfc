//! A stairwell drawn as the house it is (单元立面): floors up, homes across; what each says, what it pays, what light it loses, on the same drawing.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use linli_hall::{Caller, Hall};
use linli_kernel::{Area, Fen};
use linli_webkit::{AppError, FormMap, Page, Shell, T};

use super::{
    Tab, back, home_name, lift_id, office, private, run, source, stage_tone, stance_tone, stance_word, style, tabs, whole,
};
use crate::commands::project;
use crate::model::{Home, Scheme, Stage};
use crate::queries::Whole;
use crate::rules::consent::{Base, Missing, Standing};
use crate::rules::light::Light;

pub(crate) struct Cell {
    pub(crate) room: String,
    pub(crate) href: String,
    pub(crate) tone: &'static str,
    pub(crate) word: String,
    pub(crate) sub: String,
}

pub(crate) struct FloorRow {
    pub(crate) name: String,
    pub(crate) cells: Vec<Option<Cell>>,
}

/// The homes of each floor, from the top down; doors without a home stay empty.
pub(crate) fn floors(t: &T, homes: &[Home], mut cell: impl FnMut(usize, &Home) -> Cell) -> Vec<FloorRow> {
    let doors = homes.iter().map(|home| home.door).max().unwrap_or(0);
    let mut rows: BTreeMap<i64, Vec<(i64, Cell)>> = BTreeMap::new();
    for (at, home) in homes.iter().enumerate() {
        rows.entry(home.floor).or_default().push((home.door, cell(at, home)));
    }
    let row = |(floor, mut known): (i64, Vec<(i64, Cell)>)| {
        let mut cells = Vec::new();
        for door in 1..=doors {
            let at = known.iter().position(|(of, _)| *of == door);
            cells.push(at.map(|at| known.swap_remove(at).1));
        }
        FloorRow { name: t.n("lift-floor", floor), cells }
    };
    rows.into_iter().rev().map(row).collect()
}

struct Meter {
    label: String,
    line: String,
    reached: bool,
    missing: String,
}

struct VisitRow {
    href: String,
    name: String,
    why: String,
}

#[derive(Template)]
#[template(path = "lift-house.html")]
struct HousePage {
    shell: Shell,
    t: T,
    id: String,
    title: String,
    style: &'static str,
    stage: String,
    tone: &'static str,
    view: &'static str,
    views: Vec<Tab>,
    tabs: Vec<Tab>,
    floors: Vec<FloorRow>,
    meters: Vec<Meter>,
    passes: bool,
    verdict: String,
    rule: String,
    rule_verified: bool,
    unknown: String,
    first: String,
    property: String,
    convener: String,
    visits: Vec<VisitRow>,
    hears: bool,
    takes: bool,
    convenes: bool,
    looked: Option<Looked>,
    estimate: bool,
    packed: bool,
    legend: String,
    source: String,
}

struct Looked {
    passes: bool,
    alone: Vec<String>,
    fewest: Vec<String>,
}

#[derive(serde::Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    view: String,
    #[serde(default)]
    scheme: String,
}

fn area(hundredths: i64) -> String {
    Area(hundredths).to_string()
}

fn missing(t: &T, by_area: bool, missing: Missing) -> String {
    let unit = |n: i64| if by_area { t.v("lift-square", "area", area(n)) } else { t.n("lift-heads", n) };
    match missing {
        Missing::Of(0) => t.s("lift-missing-none").into_owned(),
        Missing::Of(n) => t.v("lift-missing", "what", unit(n)),
        Missing::TooMuch(_) => t.s("lift-missing-too-much").into_owned(),
        Missing::Never => t.s("lift-missing-never").into_owned(),
    }
}

fn meters(t: &T, standing: &Standing, base: Base) -> Vec<Meter> {
    let tally = &standing.tally;
    let of = |by_area: bool| {
        let show = |n: i64| if by_area { t.v("lift-square", "area", area(n)) } else { t.n("lift-heads", n) };
        let pick = |count: crate::rules::consent::Count| if by_area { count.area } else { count.heads };
        let (all, part, agree) = (pick(tally.all), pick(tally.part), pick(tally.agree));
        let key = if base == Base::All { "lift-meter-all" } else { "lift-meter-part" };
        let line = t.with(key, &[("all", show(all).into()), ("part", show(part).into()), ("agree", show(agree).into())]);
        let reached = if by_area { standing.quorum.0 && standing.approve.0 } else { standing.quorum.1 && standing.approve.1 };
        let missing = missing(t, by_area, if by_area { standing.area } else { standing.heads });
        Meter { label: t.s(if by_area { "lift-by-area" } else { "lift-by-heads" }).into_owned(), line, reached, missing }
    };
    vec![of(true), of(false)]
}

fn stand(t: &T, whole: &Whole) -> Vec<FloorRow> {
    let last = whole.last();
    let base = format!("/lifts/{}/homes", whole.project.id);
    floors(t, &whole.homes, |at, home| {
        let word = last.get(at).copied().flatten();
        let stance = word.map(|word| word.stance);
        let sub = match (&home.signed, word) {
            (Some(_), _) => t.s("lift-signed").into_owned(),
            (None, Some(word)) => {
                let way = t.s(&format!("lift-way-{}", word.way)).into_owned();
                t.with("lift-said-line", &[("way", way.into()), ("day", word.day.as_str().into())])
            }
            (None, None) => String::new(),
        };
        let href = if whole.hears { format!("{base}/{}", home.place) } else { String::new() };
        Cell { room: home.room.clone(), href, tone: stance_tone(stance), word: stance_word(t, stance), sub }
    })
}

pub(crate) fn pays(t: &T, whole: &Whole, scheme: &Scheme) -> Option<Vec<FloorRow>> {
    let shared = whole.shared(scheme).ok()?;
    Some(floors(t, &whole.homes, |at, home| {
        let part = shared.parts.get(at).copied().unwrap_or_default();
        let net = part.net();
        let (tone, key) = if net < 0 { ("well", "lift-gets") } else { ("", "lift-pays") };
        let word = t.v(key, "yuan", Fen(net.abs()));
        let sub = if part.compensation > 0 { t.v("lift-of-it-paid", "yuan", Fen(part.compensation)) } else { String::new() };
        Cell { room: home.room.clone(), href: String::new(), tone, word, sub }
    }))
}

pub(crate) fn suns(t: &T, whole: &Whole, light: &Light) -> Vec<FloorRow> {
    let rules = &whole.sun.value;
    floors(t, &whole.homes, |_, home| {
        // The window that loses most speaks for the home.
        let worst = light
            .of_home(home.floor, home.door)
            .max_by_key(|lit| lit.sun.iter().map(|(before, after)| before.saturating_sub(*after)).max().unwrap_or(0));
        let Some(worst) = worst else {
            return Cell {
                room: home.room.clone(),
                href: String::new(),
                tone: "",
                word: t.s("lift-no-window").into_owned(),
                sub: String::new(),
            };
        };
        let lost = worst.sun.iter().map(|(before, after)| before.saturating_sub(*after)).max().unwrap_or(0);
        let short = worst.sun.iter().zip(rules.days()).any(|((_, after), day)| *after < day.required_min);
        let noticed = light.of_home(home.floor, home.door).any(|lit| rules.noticed(lit.sky.0, lit.sky.1));
        let tone = if short {
            "act"
        } else if lost > 0 || noticed {
            "soon"
        } else {
            "well"
        };
        let sky = t
            .with("lift-sky", &[("before", super::shown(worst.sky.0, 1).into()), ("after", super::shown(worst.sky.1, 1).into())]);
        Cell { room: home.room.clone(), href: String::new(), tone, word: t.n("lift-sun-lost", lost), sub: sky }
    })
}

fn views(t: &T, whole: &Whole, view: &str) -> Vec<Tab> {
    let there = [("stand", whole.hears), ("money", !whole.schemes.is_empty()), ("sun", whole.plan.is_some())];
    let tab = |(name, _): (&str, bool)| Tab {
        href: format!("/lifts/{}?view={name}", whole.project.id),
        text: t.s(&format!("lift-view-{name}")).into_owned(),
        here: name == view,
    };
    there.into_iter().filter(|(_, there)| *there).map(tab).collect()
}

fn page(caller: &Caller, whole: &Whole, (asked, looked): (&Asked, Option<Looked>), now: linli_kernel::Ts) -> HousePage {
    let t = caller.info.t().clone();
    let scheme = whole.scheme(asked.scheme.parse().ok());
    let money = scheme.and_then(|scheme| pays(&t, whole, scheme)).filter(|_| asked.view == "money" || !whole.hears);
    let sun = if asked.view == "sun" { whole.lit(scheme) } else { None };
    let (view, floors) = match (sun, money) {
        (Some(light), _) => ("sun", suns(&t, whole, &light)),
        (None, Some(rows)) => ("money", rows),
        (None, None) if whole.hears => ("stand", stand(&t, whole)),
        (None, None) => ("none", Vec::new()),
    };
    let rule = whole.consent.value.in_force();
    let project = &whole.project;
    let first = whole
        .first()
        .map(|(home, word)| t.with("lift-first", &[("home", home_name(&t, home).into()), ("day", word.day.as_str().into())]));
    let property = match &project.property_on {
        Some(day) => t.with("lift-property-line", &[("day", day.as_str().into()), ("who", project.property_by.as_str().into())]),
        None => t.s("lift-property-none").into_owned(),
    };
    let visits = if whole.hears { whole.visits(now) } else { Vec::new() };
    let visit = |visit: crate::queries::Visit| {
        let why = match &visit.said {
            None => t.s("lift-visit-never").into_owned(),
            Some((stance, day)) => {
                let said = stance_word(&t, Some(*stance));
                t.with("lift-visit-since", &[("said", said.into()), ("day", day.as_str().into()), ("days", visit.days.into())])
            }
        };
        VisitRow { href: format!("/lifts/{}/homes/{}", project.id, visit.home.place), name: home_name(&t, &visit.home), why }
    };
    let verdict = t.s(if whole.standing.passes { "lift-passes" } else { "lift-passes-not" });
    HousePage {
        shell: caller.shell(project.title.clone()).live("/lifts/live"),
        id: project.id.to_string(),
        title: project.title.clone(),
        style: style::css(),
        stage: t.s(&format!("lift-stage-{}", project.stage)).into_owned(),
        tone: stage_tone(project.stage),
        view,
        views: views(&t, whole, view),
        tabs: tabs(&t, project.id, "house"),
        floors,
        meters: meters(&t, &whole.standing, rule.base),
        passes: whole.standing.passes,
        verdict: verdict.into_owned(),
        rule: t.with("lift-rule", &[("rule", rule.text(t.locale().tag()).into()), ("source", rule.source.as_str().into())]),
        rule_verified: rule.verified,
        unknown: if whole.standing.tally.unknown > 0 {
            t.n("lift-unknown-area", whole.standing.tally.unknown)
        } else {
            String::new()
        },
        first: first.unwrap_or_default(),
        property,
        convener: t.v("lift-convener", "name", &whole.convener),
        visits: visits.into_iter().map(visit).collect(),
        hears: whole.hears,
        takes: whole.takes,
        convenes: whole.convenes,
        looked,
        estimate: view == "sun",
        packed: whole.hears && whole.project.scheme.is_some() && project.stage >= Stage::Passed,
        legend: scheme
            .filter(|_| view != "stand")
            .map(|scheme| t.v("lift-under-scheme", "name", &scheme.body.name))
            .unwrap_or_default(),
        source: source(&t, &whole.consent.stamp),
        t,
    }
}

/// `GET /lifts/{id}`.
pub(crate) async fn show(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    let whole = whole(&caller, &hall, &id).await?;
    Ok(private(Page(page(&caller, &whole, (&asked, None), hall.now()))))
}

/// `POST /lifts/{id}/convene`.
pub(crate) async fn convene(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let lift = lift_id(&id)?;
    run!(caller, hall, tx => project::convene(&caller.ctx, tx, lift))?;
    Ok(back(&format!("/lifts/{id}")))
}

/// `POST /lifts/{id}/open-homes`: by post, because the look is written down.
pub(crate) async fn look(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    _: FormMap,
) -> Result<Response, AppError> {
    let (lift, office, t) = (lift_id(&id)?, office(&hall)?, caller.info.t().clone());
    let found = run!(caller, hall, tx => project::look(&caller.ctx, tx, &office, lift))?;
    let names = |homes: &[Home]| homes.iter().map(|home| home_name(&t, home)).collect();
    let looked = Looked { passes: found.passes, alone: names(&found.alone), fewest: names(&found.fewest) };
    let whole = whole(&caller, &hall, &id).await?;
    let asked = Asked { view: String::new(), scheme: String::new() };
    Ok(private(Page(page(&caller, &whole, (&asked, Some(looked)), hall.now()))).into_response())
}
