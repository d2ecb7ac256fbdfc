//! Schemes side by side (方案比选): what each costs each home, how one enters, what floors say to each, and the choice.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use linli_hall::{Caller, Hall};
use linli_kernel::Fen;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{Tab, answered, choices, lift_id, number, plain, private, run, source, tabs, whole, word};
use crate::commands::schemes as commands;
use crate::error::RetrofitError;
use crate::model::{Home, Opinion, Scheme, SchemeId, SchemeState, Stage};
use crate::queries::Whole;
use crate::rules::shares::Part;

struct Column {
    name: String,
    href: String,
    id: String,
    chosen: bool,
    chooses: bool,
}

struct FactRow {
    label: String,
    cells: Vec<String>,
}

struct HomeRow {
    name: String,
    cells: Vec<(String, String)>,
}

struct SaidRow {
    floor: String,
    cells: Vec<Option<(&'static str, String, String)>>,
}

#[derive(Template)]
#[template(path = "lift-schemes.html")]
struct SchemesPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    id: String,
    title: String,
    tabs: Vec<Tab>,
    style: &'static str,
    columns: Vec<Column>,
    facts: Vec<FactRow>,
    homes: Vec<HomeRow>,
    said: Vec<SaidRow>,
    why: Vec<String>,
    choices_scheme: Vec<Choice>,
    floors: Vec<Choice>,
    opinions: Vec<Choice>,
    works: bool,
    source: String,
}

impl SchemesPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }
}

/// What a scheme says of itself besides money.
pub(crate) fn facts(t: &T, scheme: &Scheme) -> Vec<(&'static str, String)> {
    let body = &scheme.body;
    let yuan = |fen: i64| t.v("lift-yuan", "yuan", plain(fen));
    let pipes: Vec<String> = body.pipes.iter().map(|pipe| t.s(&format!("lift-pipe-{pipe}")).into_owned()).collect();
    let pipes = if pipes.is_empty() { t.s("lift-pipes-none").into_owned() } else { pipes.join(&t.s("lift-list-comma")) };
    let operating = t.s(&format!("lift-operating-{}", body.operating)).into_owned();
    let operating =
        if body.ride > 0 { format!("{operating} · {}", t.v("lift-ride-line", "yuan", plain(body.ride))) } else { operating };
    vec![
        ("lift-total", yuan(body.total)),
        ("lift-subsidy", yuan(body.subsidy)),
        ("lift-outside", yuan(body.outside)),
        ("lift-by", t.s(&format!("lift-by-{}", body.by)).into_owned()),
        ("lift-running", yuan(body.running)),
        ("lift-overhaul", yuan(body.overhaul)),
        ("lift-entry", t.s(&format!("lift-entry-{}", body.entry)).into_owned()),
        ("lift-pipes", pipes),
        ("lift-fire", t.s(&format!("lift-fire-{}", body.fire)).into_owned()),
        ("lift-operating", operating),
        ("lift-note", body.note.clone()),
    ]
}

/// What a home pays under a scheme: in the end, and a year.
pub(crate) fn pays(t: &T, part: Part) -> (String, String) {
    let net = part.net();
    let key = if net < 0 { "lift-gets" } else { "lift-pays" };
    let first = t.v(key, "yuan", Fen(net.abs()));
    let mut more = Vec::new();
    if part.compensation > 0 {
        more.push(t.v("lift-of-it-paid", "yuan", Fen(part.compensation)));
    }
    if part.yearly > 0 {
        more.push(t.v("lift-yearly", "yuan", Fen(part.yearly)));
    }
    (first, more.join(" · "))
}

/// "The ground floor is compensated; why not we?": floor by floor what is paid, and what light each loses, under the scheme that is looked at.
fn why(t: &T, whole: &Whole) -> Vec<String> {
    let Some(scheme) = whole.scheme(None) else { return Vec::new() };
    let Ok(shared) = whole.shared(scheme) else { return Vec::new() };
    let light = whole.lit(Some(scheme));
    let floors: BTreeSet<i64> = whole.homes.iter().map(|home| home.floor).collect();
    let line = |floor: i64| {
        let on = || whole.homes.iter().zip(&shared.parts).filter(move |(home, _)| home.floor == floor);
        let paid = on().map(|(_, part)| part.compensation).max().unwrap_or(0);
        let share = on().map(|(_, part)| part.share).max().unwrap_or(0);
        let lost = light.iter().flat_map(|light| &light.windows).filter(|lit| lit.at.floor == floor && lit.at.door > 0);
        let lost = lost.flat_map(|lit| &lit.sun).map(|(before, after)| before.saturating_sub(*after)).max().unwrap_or(0);
        let key = if light.is_some() { "lift-why-line" } else { "lift-why-line-dark" };
        t.with(
            key,
            &[("floor", floor.into()), ("share", plain(share).into()), ("paid", plain(paid).into()), ("lost", lost.into())],
        )
    };
    floors.into_iter().map(line).collect()
}

fn said(t: &T, whole: &Whole) -> Vec<SaidRow> {
    let floors: BTreeSet<i64> = whole.homes.iter().map(|home| home.floor).collect();
    let row = |floor: i64| {
        let cell = |scheme: &Scheme| {
            let view = whole.views.iter().find(|view| view.scheme == scheme.id && view.floor == floor)?;
            let tone = match view.opinion {
                Opinion::For => "well",
                Opinion::If => "soon",
                Opinion::Against => "act",
            };
            Some((tone, t.s(&format!("lift-opinion-{}", view.opinion)).into_owned(), view.said.clone()))
        };
        SaidRow { floor: t.n("lift-floor", floor), cells: whole.schemes.iter().map(cell).collect() }
    };
    floors.into_iter().rev().map(row).collect()
}

fn tables(t: &T, whole: &Whole) -> (Vec<FactRow>, Vec<HomeRow>) {
    let all: Vec<Vec<(&'static str, String)>> = whole.schemes.iter().map(|scheme| facts(t, scheme)).collect();
    let labels: Vec<&'static str> = all.first().map(|facts| facts.iter().map(|(key, _)| *key).collect()).unwrap_or_default();
    let fact = |(at, key): (usize, &'static str)| FactRow {
        label: t.s(key).into_owned(),
        cells: all.iter().map(|facts| facts.get(at).map(|(_, text)| text.clone()).unwrap_or_default()).collect(),
    };
    let shared: Vec<_> = whole.schemes.iter().map(|scheme| whole.shared(scheme).ok()).collect();
    let home = |(at, home): (usize, &Home)| HomeRow {
        name: super::home_name(t, home),
        cells: shared
            .iter()
            .map(|shared| shared.as_ref().and_then(|shared| shared.parts.get(at)).map(|part| pays(t, *part)).unwrap_or_default())
            .collect(),
    };
    (labels.into_iter().enumerate().map(fact).collect(), whole.homes.iter().enumerate().map(home).collect())
}

async fn page(caller: &Caller, hall: &Hall, id: &str, (form, problems): (&FormMap, Problems)) -> Result<SchemesPage, AppError> {
    let t = caller.info.t().clone();
    let whole = whole(caller, hall, id).await?;
    let nobody = !whole.homes.iter().any(|home| home.signed.is_some()) && whole.project.stage < Stage::Signed;
    let column = |scheme: &Scheme| Column {
        name: t.with("lift-scheme-name", &[("no", scheme.no.into()), ("name", scheme.body.name.as_str().into())]),
        href: if whole.works && nobody { format!("/lifts/{id}/schemes/{}", scheme.id) } else { String::new() },
        id: scheme.id.to_string(),
        chosen: scheme.state == SchemeState::Chosen,
        chooses: whole.works && nobody && scheme.state == SchemeState::Shown,
    };
    let floors: BTreeSet<i64> = whole.homes.iter().map(|home| home.floor).collect();
    let (facts, homes) = tables(&t, &whole);
    Ok(SchemesPage {
        shell: caller.shell(t.v("lift-schemes-title", "title", &whole.project.title)).live("/lifts/live"),
        title: whole.project.title.clone(),
        tabs: tabs(&t, whole.project.id, "schemes"),
        style: super::style::css(),
        columns: whole.schemes.iter().map(column).collect(),
        facts,
        homes,
        said: said(&t, &whole),
        why: why(&t, &whole),
        choices_scheme: whole.schemes.iter().map(|scheme| Choice::new(scheme.id.to_string(), scheme.body.name.clone())).collect(),
        floors: floors.iter().rev().map(|floor| Choice::new(floor.to_string(), t.n("lift-floor", *floor))).collect(),
        opinions: choices(&t, "lift-opinion", Opinion::ALL.iter().map(|one| one.as_str())),
        works: whole.works,
        source: source(&t, &whole.lifts.stamp),
        id: id.to_owned(),
        form: form.clone(),
        problems,
        t,
    })
}

/// `GET /lifts/{id}/schemes`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, &id, (&FormMap::default(), Problems::default())).await?)))
}

async fn answer(
    caller: &Caller,
    hall: &Hall,
    id: &str,
    (form, done): (&FormMap, Result<(), AppError>),
) -> Result<Response, AppError> {
    answered(done, &format!("/lifts/{id}/schemes"), async |problems| page(caller, hall, id, (form, problems)).await).await
}

fn scheme_id(id: &str) -> Result<SchemeId, RetrofitError> {
    id.parse().map_err(|_| RetrofitError::NotFound)
}

/// `POST /lifts/{id}/schemes/{scheme}/choose`.
pub(crate) async fn choose(
    caller: Caller,
    State(hall): State<Hall>,
    Path((id, scheme)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let done = async {
        let at = (lift_id(&id)?, scheme_id(&scheme)?);
        run!(caller, hall, tx => commands::choose(&caller.ctx, tx, at.0, at.1))
    };
    let done = done.await;
    answer(&caller, &hall, &id, (&FormMap::default(), done)).await
}

/// `POST /lifts/{id}/schemes/{scheme}/views`: what a floor says; the scheme of the form counts, that of the address is where one comes from.
pub(crate) async fn view(
    caller: Caller,
    State(hall): State<Hall>,
    Path((id, scheme)): Path<(String, String)>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = async {
        let typed = form.typed("scheme");
        let at = (lift_id(&id)?, scheme_id(if typed.is_empty() { &scheme } else { typed })?);
        let floor = number(&form, "floor", (-9, 99))?;
        let what = (floor, word(&form, "opinion")?, form.typed("said"));
        run!(caller, hall, tx => commands::view(&caller.ctx, tx, at, what))
    };
    let done = done.await;
    answer(&caller, &hall, &id, (&form, done)).await
}
