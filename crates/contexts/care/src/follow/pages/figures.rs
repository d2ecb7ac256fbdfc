//! Key groups of a place in numbers: for officers, who see no names.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_kernel::PlacePath;
use linli_webkit::view::Figure;
use linli_webkit::{AppError, Page, Shell, T};

use super::neighbours;
use crate::follow::error::FollowError;
use crate::follow::queries::{self, Figures};
use crate::pages::private;

/// How far back alarms are counted, in days.
const DAYS: i64 = 30;

/// The columns of the table of places, in the order of [`numbers`].
const COLUMNS: [&str; 6] = [
    "follow-figure-followed",
    "follow-colour-red",
    "follow-colour-yellow",
    "follow-figure-undecided",
    "follow-figure-open",
    "follow-figure-referred",
];

/// A place under this one, in numbers.
struct PlaceRow {
    name: String,
    counts: [i64; 6],
}

#[derive(Template)]
#[template(path = "follow-figures.html")]
struct FiguresPage {
    shell: Shell,
    t: T,
    place: String,
    figures: Vec<Figure>,
    rows: Vec<PlaceRow>,
}

/// `GET /care/key-groups`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let t = caller.info.t().clone();
    let scope = caller.ctx.scope(Action::Read, Resource::Figures).map_err(FollowError::from)?;
    let since = hall.now().plus_secs(-DAYS * 86_400);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let whole = queries::figures(&caller.ctx, c, (scope.district, &scope.place), since).await?;
    let around = neighbours(&hall)?.places_around(c, scope.district, &scope.place).await.map_err(FollowError::from)?;
    let mut rows = Vec::new();
    for (path, name) in around.under.iter().filter(|(path, _)| counted(path)) {
        let here = queries::figures(&caller.ctx, c, (scope.district, path), since).await?;
        rows.push(PlaceRow { name: name.clone(), counts: numbers(&here) });
    }
    let place = neighbours(&hall)?.place_name(c, scope.district, &scope.place).await.map_err(FollowError::from)?;
    let figures = shown(&t, &whole);
    Ok(private(Page(FiguresPage { shell: caller.shell(t.s("follow-figures-title")), place, figures, rows, t })))
}

/// Numbers below a community would say who it is: there is one old person in many an entrance.
fn counted(path: &PlacePath) -> bool {
    path.level().is_some_and(|level| level <= linli_kernel::PlaceLevel::Community)
}

const fn numbers(figures: &Figures) -> [i64; 6] {
    let (followed, alarms) = (figures.followed, figures.alarms);
    [followed.followed, followed.red, followed.yellow, followed.undecided, alarms.open, alarms.referred]
}

fn shown(t: &T, figures: &Figures) -> Vec<Figure> {
    let (followed, alarms) = (figures.followed, figures.alarms);
    let one = |key: &str, value: i64, state: &'static str| Figure {
        value: value.to_string(),
        label: t.s(&format!("follow-figure-{key}")).into_owned(),
        sentence: t.n(&format!("follow-figure-{key}-how"), DAYS),
        state: if value > 0 { state } else { "" },
        href: String::new(),
    };
    vec![
        one("followed", followed.followed, ""),
        one("red", followed.red, "act"),
        one("yellow", followed.yellow, "soon"),
        one("green", followed.green, "well"),
        one("undecided", followed.undecided, "soon"),
        one("due", followed.due, ""),
        one("raised", alarms.raised, ""),
        one("missing", alarms.missing, ""),
        one("open", alarms.open, "act"),
        one("false", alarms.false_alarms, ""),
        one("referred", alarms.referred, ""),
    ]
}
