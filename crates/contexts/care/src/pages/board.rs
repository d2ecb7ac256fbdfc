//! The care board of a community, and a steward's own list.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use linli_access::{Action, Ctx, Resource};
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_webkit::{AppError, Page, Shell, T};

use super::words::{self, People, Row};
use super::{care, neighbours, private, store};
use crate::model::Watched;
use crate::queries::{self, VisitLine};

/// Somebody nobody is alarmed about for the time being.
struct Resting {
    name: String,
    place: String,
    href: String,
    tone: &'static str,
    word: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "care-board.html")]
struct BoardPage {
    shell: Shell,
    t: T,
    waiting: Vec<Row>,
    going: Vec<Row>,
    resting: Vec<Resting>,
    rest: usize,
    watched: i64,
    /// Who of the key groups is due, as numbers: today, and whose reading did not come. `None` where numbers would say who it is.
    due: Option<(i64, i64)>,
    keeps: bool,
    /// Whether there are figures of the place.
    figures: bool,
    runs: bool,
    ladder: String,
}

#[derive(Template)]
#[template(path = "care-mine.html")]
struct MinePage {
    shell: Shell,
    t: T,
    rows: Vec<Row>,
}

/// `GET /care`.
pub(crate) async fn board(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let (care, neighbours) = (care(&hall)?, neighbours(&hall)?);
    let (t, ctx) = (caller.info.t().clone(), &caller.ctx);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let board = queries::board(ctx, c).await?;
    let (waiting, going): (Vec<VisitLine>, Vec<VisitLine>) =
        board.visits.into_iter().partition(|line| line.visit.state == crate::model::VisitState::Waiting);
    let district = super::district(ctx)?;
    let mut people = People::of(neighbours.as_ref(), district);
    let mut rows = Vec::new();
    for lines in [waiting, going] {
        let mut some = Vec::with_capacity(lines.len());
        for line in &lines {
            let around = (neighbours.as_ref(), &mut people);
            some.push(words::row(c, &t, around, care.office(), line, ctx.now(), ctx.person()).await?);
        }
        rows.push(some);
    }
    let (going, waiting) = (rows.pop().unwrap_or_default(), rows.pop().unwrap_or_default());
    let mut resting = Vec::new();
    for (watched, person) in &board.resting {
        let name = care.office().open(&person.name_sealed);
        let (tone, word, detail) = state(&t, watched, ctx.now());
        resting.push(Resting {
            name,
            place: neighbours.place_name(c, district, &person.place).await.map_err(store)?,
            href: format!("/care/people/{}", person.id),
            tone,
            word,
            detail,
        });
    }
    let rules = care.office().watch_rules(ctx.now()).map_err(crate::error::CareError::from)?;
    let page = BoardPage {
        shell: caller.shell(t.s("care-board-title")).live("/care/live"),
        waiting,
        going,
        resting,
        rest: board.rest,
        watched: board.watched,
        due: due(ctx, c).await?,
        keeps: board.keeps,
        figures: ctx.scope(Action::Read, Resource::Visit).is_ok_and(|scope| !queries::tells_who(&scope.place)),
        runs: care.runs(),
        ladder: words::ladder(&t, rules.visits().rungs(), &t.s("care-rung-contact")),
        t,
    };
    Ok(private(Page(page)))
}

/// How many of the key groups are to be called today, and how many readings did not come: numbers of a community or more, for whoever may see
/// figures. Whose they are is for the family-doctor team alone.
async fn due(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Option<(i64, i64)>, AppError> {
    let Ok(scope) = ctx.scope(Action::Read, Resource::Figures) else { return Ok(None) };
    if queries::tells_who(&scope.place) {
        return Ok(None);
    }
    let since = ctx.now().plus_secs(-queries::WINDOW_DAYS * 86_400);
    let figures = crate::follow::queries::figures(ctx, c, (scope.district, &scope.place), since).await?;
    Ok(Some((figures.followed.due, figures.alarms.missing_open)))
}

/// Why nobody is alarmed about somebody, in words.
pub(super) fn state(t: &T, watched: &Watched, now: linli_kernel::Ts) -> (&'static str, String, String) {
    match watched {
        Watched { unheard: Some((why, since)), .. } => {
            ("soon", t.s("care-watch-unheard").into_owned(), format!("{} · {}", words::deaf(t, why), t.when(*since, now)))
        }
        Watched { in_hospital: true, .. } => ("info", t.s("care-watch-hospital").into_owned(), String::new()),
        Watched { away_until: Some(until), .. } => ("info", t.s("care-watch-away").into_owned(), t.when(*until, now)),
        _ => ("well", t.s("care-watch-on").into_owned(), String::new()),
    }
}

/// `GET /care/mine`.
pub(crate) async fn mine(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let (care, neighbours) = (care(&hall)?, neighbours(&hall)?);
    let (t, ctx) = (caller.info.t().clone(), &caller.ctx);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let mut people = People::of(neighbours.as_ref(), super::district(ctx)?);
    let mut rows = Vec::new();
    for line in &queries::mine(ctx, c).await? {
        let around = (neighbours.as_ref(), &mut people);
        rows.push(words::row(c, &t, around, care.office(), line, ctx.now(), ctx.person()).await?);
    }
    let page = MinePage { shell: caller.shell(t.s("care-mine-title")).live("/care/live"), rows, t };
    Ok(private(Page(page)))
}
