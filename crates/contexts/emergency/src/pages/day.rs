//! The figures of a day, each with what it is a part of, and whether calls may be diverted.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::ToSpan as _;
use jiff::civil::Date;
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_webkit::view::Figure;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};
use serde::Deserialize;

use super::{office, private, run, source, take_key};
use crate::commands::{diversion, sweep};
use crate::error::{EmergencyError, Wrong};
use crate::queries::calls::{Force, force};
use crate::queries::day::{Day, Share, Took, figures};

/// Which day.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct OfDay {
    #[serde(default)]
    day: String,
}

#[derive(Template)]
#[template(path = "emergency-day.html")]
struct DayPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    day: String,
    iso: String,
    before: String,
    after: String,
    figures: Vec<Figure>,
    /// What was diverted and what became of it, always together.
    safety: Vec<Figure>,
    clocks: Vec<Figure>,
    tells: bool,
    source: String,
}

impl DayPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }
}

fn percent(share: Share) -> Option<String> {
    share.hundredths().map(|n| format!("{}.{:02}%", n / 100, n % 100))
}

/// `9.85%，2,504 ÷ 25,414`: a share is never told without what it is a part of.
fn of(t: &T, key: &str, share: Share) -> String {
    let said = percent(share).unwrap_or_else(|| t.s("emergency-of-nothing").into_owned());
    t.with(key, &[("percent", said.into()), ("part", share.part.into()), ("of", share.of.into())])
}

fn figure(t: &T, key: &str, value: String, sentence: String, state: &'static str) -> Figure {
    Figure { value, label: t.s(key).into_owned(), sentence, state, href: String::new() }
}

fn span(t: &T, secs: i64) -> String {
    if secs < 60 { t.n("emergency-seconds", secs) } else { t.duration(secs) }
}

fn clock(t: &T, key: &str, took: Took) -> Figure {
    let value = took.median_secs.map_or_else(|| "–".to_owned(), |secs| span(t, secs));
    let mut said = vec![t.n("emergency-clock-known", took.known)];
    if let Some(secs) = took.p90_secs {
        said.push(t.v("emergency-clock-p90", "span", span(t, secs)));
    }
    if took.missing > 0 {
        said.push(t.n("emergency-clock-missing", took.missing));
    }
    figure(t, key, value, said.join(&t.s("emergency-semicolon")), "")
}

fn of_day(t: &T, day: &Day) -> Vec<Figure> {
    let taken = match day.taken_share() {
        Some(share) => of(t, "emergency-of-inbound", share),
        None => t.s("emergency-inbound-unknown").into_owned(),
    };
    vec![
        figure(
            t,
            "emergency-figure-inbound",
            day.inbound.map_or_else(|| "–".to_owned(), |n| n.to_string()),
            t.s(if day.inbound.is_some() { "emergency-inbound-from" } else { "emergency-inbound-unknown" }).into_owned(),
            "",
        ),
        figure(t, "emergency-figure-taken", day.taken.to_string(), taken, ""),
        figure(t, "emergency-figure-numbers", day.numbers.to_string(), t.n("emergency-without-number", day.without_number), ""),
        figure(
            t,
            "emergency-figure-vehicle",
            day.vehicle_requests().to_string(),
            of(t, "emergency-of-requests", day.vehicle_share()),
            "",
        ),
        figure(t, "emergency-figure-urgent", day.urgent.to_string(), of(t, "emergency-of-vehicle", day.urgent_share()), ""),
        figure(
            t,
            "emergency-figure-non-urgent",
            day.non_urgent.to_string(),
            of(t, "emergency-of-vehicle", Share { part: day.non_urgent, of: day.vehicle_requests() }),
            "",
        ),
        figure(
            t,
            "emergency-figure-advice",
            day.advice.to_string(),
            of(t, "emergency-of-requests", Share { part: day.advice, of: day.requests() }),
            "",
        ),
        figure(t, "emergency-figure-repeats", day.repeats.to_string(), of(t, "emergency-of-taken", day.repeat_share()), ""),
        figure(
            t,
            "emergency-figure-other",
            day.other.to_string(),
            of(t, "emergency-of-taken", Share { part: day.other, of: day.taken }),
            "",
        ),
    ]
}

async fn page(caller: &Caller, hall: &Hall, asked: &str, (form, problems): (&FormMap, Problems)) -> Result<DayPage, AppError> {
    let (t, office, now) = (caller.info.t().clone(), office(hall)?, hall.now());
    let today = now.local().date();
    let day: Date = asked.parse().unwrap_or(today);
    let scope = caller.ctx.scope(Action::Read, Resource::EmergencyFigures).map_err(EmergencyError::from)?;
    let rules = office.rules(&scope.place, now).map_err(EmergencyError::from)?;
    let mut read = hall.read().await?;
    let found = figures(&caller.ctx, &mut read.conn(), &office, day).await?;
    let href = |day: Option<Date>| day.map(|day| format!("/emergency/day?day={day}")).unwrap_or_default();
    let worse = t.with(
        "emergency-of-diverted",
        &[
            ("percent", percent(found.safety()).unwrap_or_else(|| t.s("emergency-of-nothing").into_owned()).into()),
            ("part", found.worsened.into()),
            ("of", found.diverted.into()),
            ("hours", found.within_hours.into()),
        ],
    );
    let start = linli_kernel::Ts::from_local(day.at(0, 0, 0, 0)).unwrap_or(now);
    Ok(DayPage {
        shell: caller.shell(t.s("emergency-day-title")),
        day: t.date(start),
        iso: day.to_string(),
        before: href(day.yesterday().ok()),
        after: href(day.checked_add(1.day()).ok().filter(|next| *next <= today)),
        figures: of_day(&t, &found),
        safety: vec![
            figure(
                &t,
                "emergency-figure-diverted",
                found.diverted.to_string(),
                of(&t, "emergency-of-non-urgent", found.diversion()),
                "",
            ),
            figure(
                &t,
                "emergency-figure-worsened",
                found.worsened.to_string(),
                worse,
                if found.worsened > 0 { "act" } else { "" },
            ),
        ],
        clocks: vec![
            clock(&t, "emergency-clock-vehicle", found.to_vehicle),
            clock(&t, "emergency-clock-scene", found.to_scene),
            clock(&t, "emergency-clock-hand-over", found.hand_over),
        ],
        tells: caller.ctx.scope(Action::Change, Resource::EmergencyFigures).is_ok(),
        source: source(&t, &rules.stamp),
        form: form.clone(),
        problems,
        t,
    })
}

/// `GET /emergency/day`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Query(asked): Query<OfDay>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, &asked.day, (&FormMap::default(), Problems::default())).await?)))
}

/// `POST /emergency/day`: what the telephone system counted.
pub(crate) async fn tell(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    let done = async {
        let day: Date = form.typed("day").parse().map_err(|_| EmergencyError::field("day", Wrong::NotAChoice))?;
        let wrong = EmergencyError::field("inbound", Wrong::OutOfRange { least: 0, most: 1_000_000 });
        let counted: i64 = form.typed("inbound").trim().replace(',', "").parse().map_err(|_| wrong)?;
        run!(caller, hall, tx => sweep::say_inbound(&caller.ctx, tx, day, counted))?;
        Ok::<_, AppError>(day)
    };
    match done.await {
        Ok(day) => Ok(Redirect::to(&format!("/emergency/day?day={day}")).into_response()),
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, form.typed("day"), (&form, error.into_problems()?)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

#[derive(Template)]
#[template(path = "emergency-diversion.html")]
struct DiversionPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    /// Who answers for it now, in words; empty while it is off.
    on: String,
    stale: bool,
    may: bool,
    all: Vec<(String, String)>,
    first: String,
    source: String,
}

impl DiversionPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }
}

async fn diversion_page(caller: &Caller, hall: &Hall, form: &FormMap, problems: Problems) -> Result<DiversionPage, AppError> {
    let (t, office, now) = (caller.info.t().clone(), office(hall)?, hall.now());
    let scope = caller.ctx.scope(Action::Read, Resource::Diversion).map_err(EmergencyError::from)?;
    let rules = office.rules(&scope.place, now).map_err(EmergencyError::from)?;
    let mut read = hall.read().await?;
    let Force { now: on, stale, all } = force(&caller.ctx, &mut read.conn(), &office).await?;
    let say = |name: &str, when: String| t.with("emergency-force-on", &[("name", name.into()), ("when", when.into())]);
    let line = |one: &crate::model::Activation| {
        let until = match one.withdrawn_at {
            Some(at) => t.v("emergency-force-until", "when", t.when(at, now)),
            None => t.s("emergency-force-standing").into_owned(),
        };
        let licence = t.v("emergency-licence-is", "number", &one.licence);
        (say(&one.physician, t.when(one.since, now)), format!("{licence} · {until}"))
    };
    Ok(DiversionPage {
        shell: caller.shell(t.s("emergency-diversion-title")),
        on: on.as_ref().map(|one| say(&one.physician, t.when(one.since, now))).unwrap_or_default(),
        stale,
        may: caller.ctx.scope(Action::Change, Resource::Diversion).is_ok(),
        all: all.iter().map(line).collect(),
        first: t.duration(rules.value.recontact().first_secs),
        source: source(&t, &rules.stamp),
        form: form.clone(),
        problems,
        t,
    })
}

/// `GET /emergency/diversion`.
pub(crate) async fn diversion(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    Ok(private(Page(diversion_page(&caller, &hall, &FormMap::default(), Problems::default()).await?)))
}

/// `POST /emergency/diversion`: put in force, or withdrawn.
pub(crate) async fn change_diversion(mut caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let office = office(&hall)?;
    let done = async {
        match form.typed("do") {
            "withdraw" => run!(caller, hall, tx => diversion::withdraw(&caller.ctx, tx)).map(|_| ()),
            _ => {
                let typed = (form.typed("physician"), form.typed("licence"), form.typed("confirmed") == "1");
                run!(caller, hall, tx => diversion::activate(&caller.ctx, tx, &office, typed))
            }
        }
    };
    match done.await {
        Ok(()) => Ok(Redirect::to("/emergency/diversion").into_response()),
        Err(error) => {
            let status = error.status();
            let page = diversion_page(&caller, &hall, &form, error.into_problems()?).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}
