//! Returns: told on a phone in a minute, and a day of them for whoever waits for them.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::ToSpan as _;
use jiff::civil::Date;
use linli_hall::{Caller, Hall};
use linli_kernel::DistrictId;
use linli_webkit::view::{Figure, Step};
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};
use serde::Deserialize;

use super::network::{addressed, day_in_words, grouped, in_time, network, run_in, stated};
use super::{private, source, take_key};
use crate::commands::returns::{NewReturn, figures, tell};
use crate::counted::CountedElsewhere;
use crate::error_network::NetworkError;
use crate::model::{InstitutionId, Stated, Sum};
use crate::queries::returns::{self as queries, FormDay, InTime, ToTell};
use crate::rules::returns::{DayOf, Peak};

/// Which day.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct OfDay {
    #[serde(default)]
    day: String,
}

/// A return that is asked of the own institution.
struct AskedRow {
    href: String,
    name: String,
    day: String,
    badge: (&'static str, String),
    due: String,
}

struct Teller {
    href: String,
    name: String,
    phone: String,
    badge: (&'static str, String),
}

struct FormCard {
    name: String,
    told: String,
    /// Those who did not tell in time, by name.
    missing: Vec<Teller>,
    late: Vec<Teller>,
    others: Vec<Teller>,
    figures: Vec<Figure>,
    over: Vec<(String, String)>,
    /// The columns and the rows of a form that is not added up: name, address, figures.
    columns: Vec<String>,
    each: Vec<(String, String, Vec<String>)>,
}

#[derive(Template)]
#[template(path = "network-returns.html")]
struct DayPage {
    shell: Shell,
    t: T,
    own: String,
    asked: Vec<AskedRow>,
    /// Whether the day of everybody in reach is shown.
    watches: bool,
    day: String,
    before: String,
    after: String,
    forms: Vec<FormCard>,
    source: String,
}

/// `GET /network/returns`.
pub(crate) async fn day(caller: Caller, State(hall): State<Hall>, Query(asked): Query<OfDay>) -> Result<Response, AppError> {
    let (t, network, now) = (caller.info.t().clone(), network(&hall)?, hall.now());
    let today = now.local().date();
    // What is due is about yesterday.
    let day: Date = asked.day.parse().unwrap_or_else(|_| today.yesterday().unwrap_or(today));
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let tells = caller.ctx.scope(linli_access::Action::Create, linli_access::Resource::Return).is_ok();
    let own = if tells { queries::asked_of_own(&caller.ctx, c, &network).await? } else { None };
    let scope = caller.ctx.scope(linli_access::Action::Read, linli_access::Resource::Return).map_err(NetworkError::from)?;
    let stamp = network.rules(&scope.place, now).map_err(NetworkError::from)?.forms_stamp().clone();
    // Whoever tells for one house sees that house; whoever watches over many sees all of them.
    let watches = !tells;
    let forms = if watches { queries::day(&caller.ctx, c, &network, day).await? } else { Vec::new() };
    let lang = t.locale().tag();
    let (name, rows) = match own {
        None => (String::new(), Vec::new()),
        Some((institution, all)) => {
            let rows = all.into_iter().map(|one| AskedRow {
                href: format!("/network/returns/{}/{}/{}/{}", institution.district, institution.id, one.form.id, one.day),
                name: one.form.name(lang).to_owned(),
                day: day_in_words(&t, one.day),
                badge: in_time(&t, one.state),
                due: one
                    .due
                    .filter(|_| one.told.is_none())
                    .map(|due| t.v("network-due", "when", t.when(due, now)))
                    .unwrap_or_default(),
            });
            (institution.name.clone(), rows.collect())
        }
    };
    let href = |day: Option<Date>| day.map(|day| format!("/network/returns?day={day}")).unwrap_or_default();
    let page = DayPage {
        shell: caller.shell(t.s("network-returns-title")),
        own: name,
        asked: rows,
        watches,
        day: day_in_words(&t, day),
        before: href(day.yesterday().ok()),
        after: href(day.checked_add(1.day()).ok().filter(|next| *next <= today)),
        forms: forms.into_iter().map(|one| card(&t, scope.district, day, one)).collect(),
        source: source(&t, &stamp),
        t,
    };
    Ok(private(Page(page)))
}

fn card(t: &T, district: DistrictId, day: Date, one: FormDay) -> FormCard {
    let lang = t.locale().tag();
    let teller = |standing: &queries::Standing| Teller {
        href: format!("/network/returns/{district}/{}/{}/{day}", standing.institution, one.form.id),
        name: standing.name.clone(),
        phone: standing.phone.clone().unwrap_or_default(),
        badge: in_time(t, standing.state),
    };
    let of = |states: &[InTime]| one.standings.iter().filter(|one| states.contains(&one.state)).map(teller).collect::<Vec<_>>();
    let field_name = |id: &str| one.form.field(id).map(|field| field.name(lang).to_owned()).unwrap_or_default();
    let figures = one.sums.iter().map(|sum| Figure {
        value: if sum.sum.numbers > 0 { grouped(sum.sum.sum) } else { "–".to_owned() },
        label: field_name(&sum.field),
        sentence: sentence(t, sum.sum, sum.peak),
        state: "",
        href: String::new(),
    });
    let over = one.over_full.iter().map(|full| {
        // More than all is never called a hundred percent.
        let tenths = if full.of > 0 { Some((full.used * 1_000 + full.of - 1) / full.of) } else { None };
        let percent = tenths.map_or_else(|| "∞".to_owned(), |tenths| format!("{}.{}", tenths / 10, tenths % 10));
        let said = t.with(
            "network-over-full",
            &[
                ("field", field_name(&full.field).into()),
                ("used", full.used.into()),
                ("of", full.of.into()),
                ("percent", percent.into()),
            ],
        );
        (full.name.clone(), said)
    });
    let columns = one.form.fields.iter().filter(|_| !one.each.is_empty()).map(|field| field.name(lang).to_owned()).collect();
    let each = one.each.iter().map(|(id, name, told)| {
        let cells = one.form.fields.iter().map(|field| stated(t, told.get(&field.id).copied())).collect();
        (name.clone(), format!("/network/returns/{district}/{id}/{}/{day}", one.form.id), cells)
    });
    FormCard {
        each: each.collect(),
        columns,
        name: one.form.name(lang).to_owned(),
        told: if one.due.is_some() {
            t.with("network-told-of", &[("told", one.told.into()), ("asked", one.standings.len().into())])
        } else {
            t.n("network-told", one.told)
        },
        missing: of(&[InTime::Missing]),
        late: of(&[InTime::Late]),
        others: of(&[InTime::Told, InTime::Awaited]),
        figures: figures.collect(),
        over: over.collect(),
    }
}

/// What is and is not in a sum, and how it stands to its peak: `最高 73,000（12月15日）……`.
fn sentence(t: &T, sum: Sum, peak: Option<Peak>) -> String {
    let mut parts = vec![t.n("network-sum-of", sum.numbers)];
    if sum.unknown > 0 {
        parts.push(t.n("network-sum-unknown", sum.unknown));
    }
    if sum.suppressed > 0 {
        parts.push(t.n("network-sum-suppressed", sum.suppressed));
    }
    if let Some(Peak { peak: DayOf { day, sum }, last, fallen_permille }) = peak
        && last.day > day
    {
        parts.push(t.with(
            "network-peak",
            &[
                ("peak", grouped(sum).into()),
                ("day", day_in_words(t, day).into()),
                ("last", grouped(last.sum).into()),
                ("lastday", day_in_words(t, last.day).into()),
                ("percent", format!("{}.{}", fallen_permille / 10, fallen_permille % 10).into()),
            ],
        ));
    }
    parts.join(&t.s("network-semicolon"))
}

/// A field to be filled in.
struct FieldRow {
    id: String,
    label: String,
    value: String,
    unknown: bool,
    before: String,
    shown: String,
    error: String,
}

#[derive(Template)]
#[template(path = "network-return.html")]
struct ReturnPage {
    shell: Shell,
    t: T,
    problems: Problems,
    institution: String,
    day: String,
    due: String,
    standing: (&'static str, String),
    fields: Vec<FieldRow>,
    may_tell: bool,
    corrects: bool,
    /// Whether a reason is asked for: a correction, or something unusual.
    reason: bool,
    because: String,
    /// What the field of the reason is called.
    why: String,
    button: String,
    seen: i64,
    href: String,
    steps: Vec<Step>,
    now: linli_kernel::Ts,
    source: String,
}

type Address = (String, String, String, String);

fn place(address: &Address) -> Result<((DistrictId, InstitutionId), String, Date), NetworkError> {
    let (district, id, form, day) = address;
    Ok((addressed(district, id)?, form.clone(), day.parse().map_err(|_| NetworkError::NotFound)?))
}

/// `GET /network/returns/{district}/{id}/{form}/{day}`.
pub(crate) async fn form(caller: Caller, State(hall): State<Hall>, Path(address): Path<Address>) -> Result<Response, AppError> {
    let page = page(&caller, &hall, &address, (&FormMap::default(), Problems::default())).await?;
    Ok(private(Page(page)))
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    address: &Address,
    (typed, problems): (&FormMap, Problems),
) -> Result<ReturnPage, AppError> {
    let (t, network, now) = (caller.info.t().clone(), network(hall)?, hall.now());
    let (whose, form, day) = place(address)?;
    let mut read = hall.read().await?;
    let view = queries::about(&caller.ctx, &mut read.conn(), &network, whose, (&form, day)).await?;
    // What another room has counted is offered to who tells for the own house and has told nothing yet.
    let counted = match hall.service::<dyn CountedElsewhere>().ok().filter(|_| view.own && view.told.is_none()) {
        Some(elsewhere) => elsewhere.counted(&caller.ctx, &mut read.conn(), (&form, day)).await.map_err(NetworkError::from)?,
        None => BTreeMap::new(),
    };
    let rules = network.rules(&view.institution.place, now).map_err(NetworkError::from)?;
    let corrects = view.told.is_some();
    let state = match (&view.told, view.due) {
        (Some(told), Some(due)) if told.first_at > due => InTime::Late,
        (Some(_), _) => InTime::Told,
        (None, Some(due)) if now > due => InTime::Missing,
        (None, _) => InTime::Awaited,
    };
    let fields =
        view.form.fields.iter().map(|field| field_row(&t, &view, (field, counted.get(&field.id).copied()), typed, &problems));
    Ok(ReturnPage {
        fields: fields.collect(),
        shell: caller.shell(view.form.name(t.locale().tag())),
        institution: view.institution.name.clone(),
        day: day_in_words(&t, day),
        due: view.due.map(|due| t.v("network-due", "when", t.when(due, now))).unwrap_or_default(),
        standing: in_time(&t, state),
        may_tell: view.may_tell,
        corrects,
        reason: corrects || !problems.is_empty(),
        because: typed.typed("because").to_owned(),
        why: t.s(if corrects { "network-because-correction" } else { "network-because" }).into_owned(),
        button: t.s(if corrects { "network-correct" } else { "network-tell" }).into_owned(),
        seen: view.told.as_ref().map_or(0, |told| told.version),
        href: format!("/network/returns/{}/{}/{form}/{day}", whose.0, whose.1),
        steps: view.versions.iter().map(|version| step(&t, &view, version)).collect(),
        source: source(&t, rules.forms_stamp()),
        now,
        problems,
        t,
    })
}

fn field_row(
    t: &T,
    view: &ToTell,
    (field, counted): (&crate::rules::returns::Field, Option<i64>),
    typed: &FormMap,
    problems: &Problems,
) -> FieldRow {
    let again = !typed.pairs().is_empty();
    let stands = view.told.as_ref().and_then(|told| told.figures.get(&field.id).copied());
    let before = view.before.first().and_then(|told| told.figures.get(&field.id).copied());
    let value = match stands {
        _ if again => typed.typed(&field.id).to_owned(),
        Some(Stated::Number(number)) => number.to_string(),
        None => counted.map(|n| n.to_string()).unwrap_or_default(),
        _ => String::new(),
    };
    let unknown = if again { typed.typed(&format!("{}_unknown", field.id)) == "1" } else { stands == Some(Stated::Unknown) };
    FieldRow {
        label: field.name(t.locale().tag()).to_owned(),
        before: [
            counted.map(|n| t.v("network-counted", "n", grouped(n))),
            before.map(|one| t.v("network-before", "value", stated(t, Some(one)))),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(&t.s("network-semicolon")),
        shown: stated(t, stands),
        error: problems.text(t, &field.id),
        id: field.id.clone(),
        value,
        unknown,
    }
}

/// Who told a version: the post and the person, the institution's own system, or a file.
fn told_by(t: &T, view: &ToTell, version: &crate::model::ReturnVersion) -> String {
    let by = version.by.and_then(|by| view.tellers.get(&by));
    if let Some(by) = by {
        let post = if by.title.is_empty() { t.s(&format!("role-{}", by.role)).into_owned() } else { by.title.clone() };
        return [post, by.name.clone()].join(" ").trim().to_owned();
    }
    let key = match version.via.as_str() {
        "system" => "network-via-file",
        "api" => "network-via-program",
        _ => "network-via-person",
    };
    t.s(key).into_owned()
}

fn step(t: &T, view: &ToTell, version: &crate::model::ReturnVersion) -> Step {
    let lang = t.locale().tag();
    let said: Vec<String> = view
        .form
        .fields
        .iter()
        .filter_map(|field| Some(format!("{} {}", field.name(lang), stated(t, Some(*version.figures.get(&field.id)?)))))
        .collect();
    let key = if version.version == 1 { "network-version-first" } else { "network-version-corrected" };
    Step {
        at: version.at,
        text: t.v(key, "figures", said.join(&t.s("network-comma"))),
        who: told_by(t, view, version),
        note: version.because.clone(),
        photos: Vec::new(),
        state: if version.confirmed.is_empty() { "" } else { "soon" },
    }
}

/// `POST /network/returns/{district}/{id}/{form}/{day}`.
pub(crate) async fn send(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(address): Path<Address>,
    typed: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &typed);
    let (whose, form, day) = place(&address)?;
    let network = network(&hall)?;
    let done = async {
        let view = {
            let mut read = hall.read().await?;
            queries::about(&caller.ctx, &mut read.conn(), &network, whose, (&form, day)).await?
        };
        let figures = figures(&view.form, |field| typed.typed(field), |field| typed.typed(&format!("{field}_unknown")) == "1")?;
        let because = typed.typed("because").to_owned();
        let seen = typed.typed("seen").parse().ok().or(Some(0));
        let input = NewReturn { form: form.clone(), day, figures, because, seen };
        run_in!(whose.0, hall, tx => tell(&caller.ctx, tx, &network, whose.1, &input))
    }
    .await;
    match done {
        Ok(_) => Ok(Redirect::to("/network/returns").into_response()),
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, &address, (&typed, error.into_problems()?)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}
