//! The administrator's page of devices: what stands where, what is silent, what is dropped and why.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::header::CACHE_CONTROL;
use linli_cases::{NamedPlace, Neighbours};
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_watch::SignKind;
use linli_webkit::view::{Choice, Crumb, Figure, Pager};
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T};
use serde::Deserialize;
use uuid::Uuid;

use crate::commands;
use crate::devices::Devices;
use crate::error::DevicesError;
use crate::model::{Device, DeviceId, DeviceKind, NewDevice};
use crate::payload::{kind_of, word_of};
use crate::queries::{self, Listed, Quarantined};
use crate::rules::Hearing;

/// Rows of a page.
const PAGE: i64 = 50;
/// Days for which a stop of our own is shown.
const GAP_SHOWN_DAYS: i64 = 7;
/// Shapes and labels that a page shows.
const SHOWN: i64 = 50;

struct Row {
    href: String,
    name: String,
    kind: String,
    place: String,
    heard: String,
    tone: &'static str,
    word: String,
    due: String,
}

struct Shape {
    topic: String,
    shape: String,
    often: String,
}

#[derive(Template)]
#[template(path = "devices-list.html")]
struct ListPage {
    shell: Shell,
    t: T,
    districts: Vec<Choice>,
    district: String,
    figures: Vec<Figure>,
    /// When we ourselves heard nothing.
    gap: String,
    rows: Vec<Row>,
    pager: Pager,
    shapes: Vec<Shape>,
    kinds: Vec<Choice>,
    means: Vec<Choice>,
    form: FormMap,
    sign_posted: bool,
    problems: Problems,
}

#[derive(Template)]
#[template(path = "devices-one.html")]
struct OnePage {
    shell: Shell,
    t: T,
    crumbs: Vec<Crumb>,
    /// The token that was just made; shown once.
    token: String,
    /// Where an access controller pushes to, with the token.
    push: String,
    base: String,
    facts: Vec<(String, String)>,
    tone: &'static str,
    word: String,
    /// The administrator reads no cases; that there is one is enough.
    has_case: bool,
    dropped: Vec<(String, String, String)>,
    labels: Vec<(String, String)>,
    people: String,
    open: bool,
    sees: bool,
    filing_no: String,
    permitted_on: String,
    sign_posted: bool,
    typed_label: String,
    typed_person: String,
    problems: Problems,
}

/// What the list shows.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    district: String,
    before: String,
}

fn devices(hall: &Hall) -> Result<std::sync::Arc<Devices>, AppError> {
    hall.service::<Devices>()
}

/// The districts that the caller looks after.
async fn districts(caller: &Caller, c: &mut Conn<'_>) -> Result<Vec<(DistrictId, String)>, AppError> {
    let served = linli_territory::queries::districts(c).await.map_err(AppError::internal)?;
    let open = served.into_iter().filter(|d| d.id != DistrictId::CITY && queries::scope(&caller.ctx, d.id).is_ok());
    Ok(open.map(|d| (d.id, d.name)).collect())
}

/// `GET /admin/devices`.
pub(crate) async fn list(caller: Caller, State(hall): State<Hall>, Query(asked): Query<Asked>) -> Result<Response, AppError> {
    list_page(&caller, &hall, &asked, FormMap::default(), Problems::default()).await
}

async fn list_page(caller: &Caller, hall: &Hall, asked: &Asked, form: FormMap, problems: Problems) -> Result<Response, AppError> {
    let (t, now) = (caller.info.t().clone(), caller.info.now());
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let open = districts(caller, c).await?;
    let typed = if asked.district.is_empty() { form.typed("district") } else { asked.district.as_str() };
    let chosen = open.iter().find(|(id, _)| id.to_string() == typed).or_else(|| open.first()).map(|(id, _)| *id);
    let gap = own_gap(c, &t, now).await?;
    let (mut rows, mut shapes, mut figures, mut pager) = (Vec::new(), Vec::new(), Vec::new(), Pager::default());
    if let Some(district) = chosen {
        let listed = queries::devices(&caller.ctx, c, district, asked.before.parse().ok(), PAGE).await?;
        if i64::try_from(listed.len()).is_ok_and(|many| many == PAGE) {
            let last = listed.last().map(|row| row.device.id.to_string()).unwrap_or_default();
            pager.older = format!("/admin/devices?district={district}&before={last}");
        }
        if !asked.before.is_empty() {
            pager.first = format!("/admin/devices?district={district}");
        }
        let unheard = queries::unheard(&caller.ctx, c, district).await?;
        figures = self::figures(&t, &listed, unheard);
        for Listed { device, .. } in &listed {
            rows.push(row(c, hall, &t, device, now).await?);
        }
        let kept = queries::quarantine(&caller.ctx, c, district, SHOWN).await?;
        shapes = kept.iter().map(|shape| shape_row(&t, shape)).collect();
    }
    let status = if problems.is_empty() { http::StatusCode::OK } else { http::StatusCode::UNPROCESSABLE_ENTITY };
    let page = ListPage {
        shell: caller.shell(t.s("devices-title")),
        districts: open.into_iter().map(|(id, name)| Choice::new(id.to_string(), name)).collect(),
        district: chosen.map(|id| id.to_string()).unwrap_or_default(),
        figures,
        gap,
        rows,
        pager,
        shapes,
        kinds: DeviceKind::ALL.into_iter().map(|kind| Choice::new(kind.as_str(), kind_text(&t, kind))).collect(),
        means: signs(&t),
        sign_posted: form.typed("sign_posted") == "1",
        form,
        problems,
        t,
    };
    Ok((status, [(CACHE_CONTROL, "private, no-store")], Page(page)).into_response())
}

/// A stop of our own within the last days, in words.
async fn own_gap(c: &mut Conn<'_>, t: &T, now: Ts) -> Result<String, AppError> {
    let gap = queries::own_gap(c).await.map_err(linli_hall::store_error)?;
    let recent = gap.filter(|(_, to)| now.secs_since(*to) < GAP_SHOWN_DAYS * 86_400);
    Ok(recent
        .map(|(from, to)| t.with("devices-own-gap", &[("from", t.when(from, now).into()), ("to", t.when(to, now).into())]))
        .unwrap_or_default())
}

fn kind_text(t: &T, kind: DeviceKind) -> String {
    t.s(&format!("devices-kind-{kind}")).into_owned()
}

fn signs(t: &T) -> Vec<Choice> {
    let said = SignKind::ALL.into_iter().filter(|kind| *kind != SignKind::Seen);
    said.map(|kind| Choice::new(word_of(kind), t.s(&format!("devices-sign-{}", word_of(kind))))).collect()
}

fn figures(t: &T, listed: &[Listed], unheard: i64) -> Vec<Figure> {
    let silent = listed.iter().filter(|row| row.device.retired_at.is_none() && row.device.silent_since.is_some()).count();
    let figure = |value: String, key: &str, state| Figure {
        value,
        label: t.s(key).into_owned(),
        sentence: t.s(&format!("{key}-why")).into_owned(),
        state,
        href: String::new(),
    };
    vec![
        figure(silent.to_string(), "devices-figure-silent", if silent > 0 { "act" } else { "well" }),
        figure(unheard.to_string(), "devices-figure-unheard", if unheard > 0 { "act" } else { "well" }),
    ]
}

/// How a device is. One that was heard counts as heard as long as it may be quiet by its rule: what was said long ago says nothing of today.
fn standing(t: &T, hall: &Hall, device: &Device, now: Ts) -> Result<(&'static str, String), AppError> {
    let rule = Hearing::at(&devices(hall)?.book(), &device.place, now).map_err(DevicesError::from)?;
    // The hour in which it was heard last may have been its last minute.
    let late = device.heard_at.is_some_and(|hour| now.secs_since(hour) >= rule.value.silent_after_secs(device.kind) + 3_600);
    let (tone, key) = match device {
        Device { retired_at: Some(_), .. } => ("", "devices-retired"),
        Device { silent_since: Some(_), .. } => ("act", "devices-silent"),
        Device { gone_at: Some(_), .. } => ("soon", "devices-gone"),
        Device { heard_at: Some(_), .. } if late => ("soon", "devices-late"),
        Device { heard_at: Some(_), .. } => ("well", "devices-heard"),
        _ => ("soon", "devices-never-heard"),
    };
    Ok((tone, t.s(key).into_owned()))
}

fn heard(t: &T, device: &Device, now: Ts) -> String {
    let Some(hour) = device.heard_at else { return t.s("devices-never").into_owned() };
    let this = now.secs_since(hour) < 3_600; // Only the hour is written down: a minute ago it may have been.
    if this { t.v("devices-heard-this-hour", "time", t.time(hour)) } else { t.v("devices-heard-in", "when", t.when(hour, now)) }
}

async fn place_name(c: &mut Conn<'_>, hall: &Hall, device: &Device) -> Result<String, AppError> {
    let neighbours = hall.service::<dyn Neighbours>()?;
    neighbours.place_name(c, device.district, &device.place).await.map_err(linli_hall::store_error)
}

/// Until when a camera in a public place has to be filed.
fn filing(t: &T, hall: &Hall, device: &Device, now: Ts) -> Result<String, AppError> {
    let book = devices(hall)?.book();
    let days = Hearing::at(&book, &device.place, now).map_err(DevicesError::from)?.value.filing_days();
    Ok(device.filing_due(days).map(|due| t.v("devices-filing-due", "when", t.when(due, now))).unwrap_or_default())
}

async fn row(c: &mut Conn<'_>, hall: &Hall, t: &T, device: &Device, now: Ts) -> Result<Row, AppError> {
    let (tone, word) = standing(t, hall, device, now)?;
    Ok(Row {
        href: format!("/admin/devices/{}/{}", device.district, device.id),
        name: device.name.clone(),
        kind: kind_text(t, device.kind),
        place: place_name(c, hall, device).await?,
        heard: heard(t, device, now),
        due: filing(t, hall, device, now)?,
        tone,
        word,
    })
}

fn shape_row(t: &T, kept: &Quarantined) -> Shape {
    Shape {
        topic: kept.topic.clone(),
        shape: kept.shape.clone(),
        often: t
            .with("devices-often", &[("n", kept.n.into()), ("at", t.moment(kept.last_at).into()), ("bytes", kept.bytes.into())]),
    }
}

/// `POST /admin/devices`.
pub(crate) async fn add(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    match added(&caller, &hall, &form).await {
        Ok((district, id, token)) => one_page(&caller, &hall, (district, id), token, None).await,
        Err(error) => {
            let asked = Asked { district: form.typed("district").to_owned(), ..Asked::default() };
            let problems = error.into_problems()?;
            list_page(&caller, &hall, &asked, form, problems).await
        }
    }
}

async fn added(caller: &Caller, hall: &Hall, form: &FormMap) -> Result<(DistrictId, DeviceId, String), AppError> {
    let t = caller.info.t();
    let mut read = form.reader();
    let kind = read.choice::<DeviceKind>("kind", &t.s("devices-kind"));
    let name = read.text("name", &t.s("devices-name"), 1..=commands::NAME_MAX);
    let place = read.text("place", &t.s("devices-place"), 1..=200);
    let owner = read.text("owner", &t.s("devices-owner"), 1..=commands::NAME_MAX);
    let permitted_at = day(&mut read);
    let district = {
        let mut store = hall.read().await?;
        let c = &mut store.conn();
        let open = districts(caller, c).await?;
        let typed = form.typed("district");
        let district = open.into_iter().find(|(id, _)| id.to_string() == typed).map(|(id, _)| id);
        let district = district.ok_or(DevicesError::NotFound)?;
        let found = place_meant(caller, c, hall, (district, &place)).await?;
        if found.is_none() && !place.is_empty() {
            read.wrong(FieldProblem::new("place", "devices-field-place"));
        }
        (district, found)
    };
    read.finish()?;
    let ((district, Some(place)), Some(kind)) = (district, kind) else { return Err(AppError::not_found()) };
    let new = NewDevice {
        place,
        kind,
        name,
        means: kind_of(form.typed("means").as_bytes()),
        topic: form.get("topic").map(str::to_owned),
        source: form.get("source").map(str::to_owned),
        owner,
        permitted_at,
        sign_posted: form.typed("sign_posted") == "1",
        filing_no: form.get("filing_no").map(str::to_owned),
    };
    let devices = devices(hall)?;
    let mut tx = hall.begin(district).await?;
    let (id, token) = commands::add(&caller.ctx, &mut tx, &devices, new).await?;
    hall.commit(tx).await?;
    Ok((district, id, token.secret_text().to_owned()))
}

/// The place that was typed: as people say it, by name, or by its key.
async fn place_meant(
    caller: &Caller,
    c: &mut Conn<'_>,
    hall: &Hall,
    (district, typed): (DistrictId, &str),
) -> Result<Option<PlacePath>, AppError> {
    if let Some(place) = linli_territory::queries::resolve(c, district, typed).await.map_err(AppError::internal)? {
        return Ok(Some(place.path));
    }
    let scope = queries::scope(&caller.ctx, district)?;
    let home = linli_territory::queries::home_meant(c, district, &scope.place, typed).await.map_err(AppError::internal)?;
    if let Some(home) = home {
        return Ok(Some(home.path));
    }
    let meant = hall.service::<dyn Neighbours>()?.places_meant(c, &scope, typed, 2).await.map_err(linli_hall::store_error)?;
    // Two of the same name are neither.
    Ok(<[NamedPlace; 1]>::try_from(meant).ok().map(|[(path, _)]| path))
}

/// The day of a permission, as its first instant.
fn day(read: &mut linli_webkit::FormReader<'_>) -> Option<Ts> {
    read.date("permitted_on").and_then(|date| Ts::from_local(date.at(0, 0, 0, 0)))
}

type At = Path<(i64, String)>;

fn which(Path((district, id)): At) -> Result<(DistrictId, DeviceId), AppError> {
    Ok((DistrictId(district), id.parse().map_err(|_| DevicesError::NotFound)?))
}

/// `GET /admin/devices/{district}/{id}`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, at: At) -> Result<Response, AppError> {
    one_page(&caller, &hall, which(at)?, String::new(), None).await
}

async fn one_page(
    caller: &Caller,
    hall: &Hall,
    (district, id): (DistrictId, DeviceId),
    token: String,
    wrong: Option<(&FormMap, Problems)>,
) -> Result<Response, AppError> {
    let (t, now) = (caller.info.t().clone(), caller.info.now());
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let Listed { device, people, dropped } = queries::device(&caller.ctx, c, district, id).await?;
    let labels = queries::labels(&caller.ctx, c, district, id, SHOWN).await?;
    let (tone, word) = standing(&t, hall, &device, now)?;
    let push = match device.kind {
        DeviceKind::Access if !token.is_empty() => format!("{}/api/v1/devices/hikvision/{token}", hall.base_url()),
        _ => String::new(),
    };
    let facts = facts(c, hall, &t, &device, now).await?;
    let reason = |why: &str| {
        let key = format!("devices-why-{}", why.replace('_', "-"));
        if t.has(&key) { t.s(&key).into_owned() } else { why.to_owned() }
    };
    let (form, problems) = wrong.map_or_else(Default::default, |(form, problems)| (Some(form), problems));
    let typed = |name: &str| form.map(|form| form.typed(name).to_owned()).unwrap_or_default();
    let status = if problems.is_empty() { http::StatusCode::OK } else { http::StatusCode::UNPROCESSABLE_ENTITY };
    let page = OnePage {
        shell: caller.shell(device.name.clone()),
        crumbs: vec![
            Crumb::new(t.s("devices-title"), format!("/admin/devices?district={district}")),
            Crumb::here(device.name.clone()),
        ],
        token,
        push,
        base: format!("/admin/devices/{district}/{id}"),
        facts,
        tone,
        word,
        has_case: device.case.is_some(),
        dropped: dropped.into_iter().map(|row| (reason(&row.why), row.n.to_string(), t.date(row.last_at))).collect(),
        labels: labels.into_iter().map(|(label, person)| (label, person.to_string())).collect(),
        people: t.n("devices-people", people),
        open: device.retired_at.is_none(),
        sees: device.kind.sees(),
        filing_no: device.filing_no.clone().unwrap_or_default(),
        permitted_on: device.permitted_at.map(|at| at.local().date().to_string()).unwrap_or_default(),
        sign_posted: device.sign_posted,
        typed_label: typed("label"),
        typed_person: typed("person"),
        problems,
        t,
    };
    Ok((status, [(CACHE_CONTROL, "private, no-store")], Page(page)).into_response())
}

async fn facts(c: &mut Conn<'_>, hall: &Hall, t: &T, device: &Device, now: Ts) -> Result<Vec<(String, String)>, AppError> {
    let none = || t.s("devices-none").into_owned();
    let due = filing(t, hall, device, now)?;
    let mut facts = vec![
        ("devices-kind", kind_text(t, device.kind)),
        ("devices-place", place_name(c, hall, device).await?),
        ("devices-owner", device.owner.clone()),
        ("devices-permitted-on", device.permitted_at.map_or_else(none, |at| t.date(at))),
        ("devices-means", t.s(&format!("devices-sign-{}", word_of(device.means))).into_owned()),
        ("devices-last-heard", heard(t, device, now)),
    ];
    if device.kind.sees() {
        let posted = if device.sign_posted { "devices-yes" } else { "devices-no" };
        facts.push(("devices-sign-posted", t.s(posted).into_owned()));
        facts.push(("devices-filing-no", device.filing_no.clone().unwrap_or(if due.is_empty() { none() } else { due })));
    }
    facts.extend(device.topic.clone().map(|topic| ("devices-topic", topic)));
    facts.extend(device.source.clone().map(|source| ("devices-source", source)));
    Ok(facts.into_iter().map(|(key, text)| (t.s(key).into_owned(), text)).collect())
}

/// `POST /admin/devices/{district}/{id}/token`: another token, shown on this answer only.
pub(crate) async fn rotate(caller: Caller, State(hall): State<Hall>, at: At) -> Result<Response, AppError> {
    let (district, id) = which(at)?;
    queries::device(&caller.ctx, &mut hall.read().await?.conn(), district, id).await?;
    let devices = devices(&hall)?;
    let mut tx = hall.begin(district).await?;
    let token = commands::rotate(&caller.ctx, &mut tx, &devices, id).await?;
    hall.commit(tx).await?;
    one_page(&caller, &hall, (district, id), token.secret_text().to_owned(), None).await
}

/// `POST /admin/devices/{district}/{id}/retire`.
pub(crate) async fn retire(caller: Caller, State(hall): State<Hall>, at: At) -> Result<Redirect, AppError> {
    let (district, id) = which(at)?;
    queries::device(&caller.ctx, &mut hall.read().await?.conn(), district, id).await?;
    let mut tx = hall.begin(district).await?;
    commands::retire(&caller.ctx, &mut tx, id).await?;
    hall.commit(tx).await?;
    Ok(Redirect::to(&format!("/admin/devices?district={district}")))
}

/// `POST /admin/devices/{district}/{id}/papers`.
pub(crate) async fn papers(caller: Caller, State(hall): State<Hall>, at: At, form: FormMap) -> Result<Response, AppError> {
    let (district, id) = which(at)?;
    queries::device(&caller.ctx, &mut hall.read().await?.conn(), district, id).await?;
    let done = async {
        let mut read = form.reader();
        let permitted_at = day(&mut read);
        read.finish()?;
        let mut tx = hall.begin(district).await?;
        let given = (form.typed("sign_posted") == "1", form.get("filing_no").map(str::to_owned), permitted_at);
        commands::papers(&caller.ctx, &mut tx, id, given).await?;
        hall.commit(tx).await
    };
    ended(&caller, &hall, (district, id), &form, done.await).await
}

/// `POST /admin/devices/{district}/{id}/label`.
pub(crate) async fn map(caller: Caller, State(hall): State<Hall>, at: At, form: FormMap) -> Result<Response, AppError> {
    let (district, id) = which(at)?;
    queries::device(&caller.ctx, &mut hall.read().await?.conn(), district, id).await?;
    let done = async {
        let person: Uuid = form.typed("person").trim().parse().map_err(|_| wrong("person", "devices-field-person"))?;
        let devices = devices(&hall)?;
        let mut tx = hall.begin(district).await?;
        commands::map(&caller.ctx, &mut tx, &devices, id, (form.typed("label"), person)).await?;
        hall.commit(tx).await
    };
    ended(&caller, &hall, (district, id), &form, done.await).await
}

fn wrong(field: &'static str, key: &'static str) -> DevicesError {
    DevicesError::Field { field, key }
}

/// `POST /admin/devices/{district}/{id}/unlabel`.
pub(crate) async fn unmap(caller: Caller, State(hall): State<Hall>, at: At, form: FormMap) -> Result<Redirect, AppError> {
    let (district, id) = which(at)?;
    queries::device(&caller.ctx, &mut hall.read().await?.conn(), district, id).await?;
    let mut tx = hall.begin(district).await?;
    commands::unmap(&caller.ctx, &mut tx, id, form.typed("label")).await?;
    hall.commit(tx).await?;
    Ok(Redirect::to(&format!("/admin/devices/{district}/{id}")))
}

/// Back to the device, or its page again with what is wrong.
async fn ended(
    caller: &Caller,
    hall: &Hall,
    (district, id): (DistrictId, DeviceId),
    form: &FormMap,
    done: Result<(), AppError>,
) -> Result<Response, AppError> {
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/admin/devices/{district}/{id}")).into_response()),
        Err(error) => one_page(caller, hall, (district, id), String::new(), Some((form, error.into_problems()?))).await,
    }
}
