//! Key groups of a place in numbers: for officers, who see no names.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_kernel::DistrictId;
use linli_webkit::view::Figure;
use linli_webkit::{AppError, Page, Shell, T};

use super::neighbours;
use crate::follow::error::FollowError;
use crate::follow::queries::{self, Figures};
use crate::pages::{ground_name, grounds, private};
use crate::queries::tells_who;

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
    /// Whether the place is too small for figures.
    small: bool,
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
    let place = ground_name(c, &t, neighbours(&hall)?.as_ref(), &scope).await?;
    let small = tells_who(&scope.place);
    if small {
        let page = FiguresPage {
            shell: caller.shell(t.s("follow-figures-title")),
            place,
            small,
            figures: Vec::new(),
            rows: Vec::new(),
            t,
        };
        return Ok(private(Page(page)));
    }
    // Of a city the districts, of everything else what lies under it.
    let grounds = grounds(c, &scope).await?;
    let mut whole = Figures::default();
    let mut rows = Vec::new();
    for (ground, name) in &grounds {
        let here = queries::figures(&caller.ctx, c, (ground.district, &ground.place), since).await?;
        if scope.district == DistrictId::CITY {
            rows.push(PlaceRow { name: name.clone(), counts: numbers(&here) });
        }
        whole += here;
    }
    if scope.district != DistrictId::CITY {
        let around = neighbours(&hall)?.places_around(c, scope.district, &scope.place).await.map_err(FollowError::from)?;
        for (path, name) in around.under.iter().filter(|(path, _)| !tells_who(path)) {
            let here = queries::figures(&caller.ctx, c, (scope.district, path), since).await?;
            rows.push(PlaceRow { name: name.clone(), counts: numbers(&here) });
        }
    }
    let figures = shown(&t, &whole);
    Ok(private(Page(FiguresPage { shell: caller.shell(t.s("follow-figures-title")), place, small, figures, rows, t })))
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
