//! What the watch of a place comes to: no names of those who are watched.

use std::pin::Pin;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use linli_access::{Action, Resource, Scope};
use linli_db::{Conn, DbError};
use linli_hall::{Caller, Hall};
use linli_kernel::DistrictId;
use linli_webkit::view::Figure;
use linli_webkit::{AppError, Page, Shell, T};

use super::{care, neighbours, private, store};
use crate::error::CareError;
use crate::queries::{self, WINDOW_DAYS};

/// How many devices of a place are silent, and how many there are.
pub type Silent<'a> = Pin<Box<dyn Future<Output = Result<(i64, i64), DbError>> + Send + 'a>>;

/// The devices that the watch hears (看护设备): a port that the house puts in place, where there are any.
pub trait DevicesHeard: Send + Sync + 'static {
    /// How many of the devices of a place are silent (设备失联), and how many there are.
    fn silent<'a, 'c: 'a>(&'a self, c: &'a mut Conn<'c>, scope: &'a Scope) -> Silent<'a>;
}

#[derive(Template)]
#[template(path = "care-figures.html")]
struct FiguresPage {
    shell: Shell,
    t: T,
    place: String,
    /// Whether the place is too small for figures: only the own knocks are shown.
    small: bool,
    figures: Vec<Figure>,
    knocks: Vec<(String, i64, bool)>,
    knocks_aim: String,
    dropped: String,
}

/// `GET /care/figures`: of the place of the actor's appointment.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let (care, neighbours) = (care(&hall)?, neighbours(&hall)?);
    let (t, ctx) = (caller.info.t().clone(), &caller.ctx);
    let scope = ctx.scope(Action::Read, Resource::Figures).map_err(CareError::from)?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let grounds = super::grounds(c, &scope).await?;
    let scopes: Vec<Scope> = grounds.into_iter().map(|(scope, _)| scope).collect();
    let found = queries::figures_over(ctx, c, &scopes).await?;
    let small = queries::tells_who(&scope.place);
    let aim = care.office().rules(&scope.place, ctx.now()).map_err(CareError::from)?.visits().aim();
    let one = |key: &str, value: String, sentence: String, state: &'static str| Figure {
        value,
        label: t.s(&format!("care-figure-{key}")).into_owned(),
        sentence,
        state,
        href: String::new(),
    };
    let window = t.n("care-figure-window", WINDOW_DAYS);
    let share = |part: i64| {
        if found.alarms == 0 {
            return t.s("care-figure-share-none").into_owned();
        }
        let mille = part * 1_000 / found.alarms;
        let percent = format!("{}.{}", mille / 10, mille % 10);
        t.with("care-figure-share", &[("percent", percent.into()), ("all", found.alarms.into())])
    };
    // The rate in words; what it is of where there is nothing to have a rate of.
    let rate = |key: &str, rate: Option<i64>, all: i64| match rate {
        Some(mille) => t.with(key, &[("percent", format!("{}.{}", mille / 10, mille % 10).into()), ("all", all.into())]),
        None => t.s(&format!("{key}-none")).into_owned(),
    };
    let p90 = found.contact_p90.map_or_else(|| t.s("care-figure-none").into_owned(), |secs| t.duration(secs));
    let slow = found.contact_p90.is_some_and(|secs| secs > aim.contact_minutes * 60);
    let devices = match hall.service::<dyn DevicesHeard>() {
        Ok(devices) => {
            let (mut silent, mut all) = (0, 0);
            for scope in &scopes {
                let here = devices.silent(c, scope).await.map_err(store)?;
                (silent, all) = (silent + here.0, all + here.1);
            }
            Some((silent, all))
        }
        Err(_) => None,
    };
    let mut figures = vec![
        one("enrolled", found.enrolled.to_string(), t.n("care-figure-enrolled-watched", found.enrolled - found.unheard), ""),
        one(
            "unheard",
            found.unheard.to_string(),
            t.s("care-figure-unheard-now").into_owned(),
            if found.unheard > 0 { "soon" } else { "" },
        ),
        one("alarms", found.alarms.to_string(), window.clone(), ""),
        one("questions", found.questions.to_string(), window, ""),
        one("contact", p90, t.n("care-figure-contact-aim", aim.contact_minutes), if slow { "act" } else { "" }),
        one("false", found.false_alarms.to_string(), rate("care-figure-false-rate", found.false_rate(), found.answered), ""),
        one("relieved", found.relieved.to_string(), share(found.relieved), ""),
        one("found", found.found.to_string(), share(found.found), ""),
        one("unwell", found.unwell.to_string(), share(found.unwell), ""),
        one(
            "missed",
            found.missed.to_string(),
            rate("care-figure-missed-rate", found.missed_rate(), found.missed + found.unwell),
            if found.missed > 0 { "act" } else { "" },
        ),
    ];
    if let Some((silent, all)) = devices {
        let state = if silent > 0 { "soon" } else { "" };
        figures.insert(2, one("devices", silent.to_string(), t.n("care-figure-devices-of", all), state));
    }
    let mut knocks = Vec::with_capacity(found.wrong_knocks.len());
    // Who knocked wrongly is named where the stewards are known: not over a whole city, and to colleagues of one estate not at all.
    let named = |person: uuid::Uuid| if small { Some(person) == ctx.person() } else { scope.district != DistrictId::CITY };
    for (person, n) in found.wrong_knocks.iter().filter(|(person, _)| named(*person)) {
        let name = linli_people::queries::person(c, scope.district, linli_people::model::PersonId(*person))
            .await
            .map_err(CareError::from)?
            .map_or_else(|| t.s("care-who-unknown").into_owned(), |person| person.name);
        knocks.push((name, *n, *n > aim.wrong_knocks_per_week));
    }
    let counted = care.counted();
    let page = FiguresPage {
        shell: caller.shell(t.s("care-figures-title")),
        place: super::ground_name(c, &t, neighbours.as_ref(), &scope).await?,
        small,
        figures: if small { Vec::new() } else { figures },
        knocks,
        knocks_aim: t.n("care-figure-knocks-aim", aim.wrong_knocks_per_week),
        dropped: t.with("care-figure-dropped", &[("n", i64::try_from(counted.without_consent).unwrap_or(i64::MAX).into())]),
        t,
    };
    Ok(private(Page(page)))
}
