//! The front door: calm for whoever comes from outside, a shortcut for staff.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use linli_access::Actor;
use linli_board::BoardCode;
use linli_hall::{Caller, Hall};
use linli_webkit::{AppError, Page, Shell, T};

use super::{style, words};
use crate::queries::{self, Building, Found};

/// Estates shown for a name.
const FOUND: usize = 20;
/// A list with more doors than these begins with the buildings, to jump to.
const JUMP_FROM: usize = 12;
/// Longer names are cut: no estate is called that.
const NAME_CHARS: usize = 40;

#[derive(Template)]
#[template(path = "situation-start.html")]
struct StartPage {
    shell: Shell,
    t: T,
    style: &'static str,
}

/// `GET /`: the start page; staff are sent to where their day begins.
pub(crate) async fn start(caller: Caller) -> Response {
    match &caller.ctx.actor {
        Actor::Staff { role, scope, .. } => {
            let day = words::day_of(*role, &scope.place, |page| caller.leads_to(page));
            Redirect::to(day.unwrap_or("/district")).into_response()
        }
        Actor::Unappointed { .. } => Redirect::to("/choose-role").into_response(),
        _ => {
            let t = caller.info.t().clone();
            Page(StartPage { shell: Shell::new(&caller.info, t.s("situation-start-title")), t, style: style::url() })
                .into_response()
        }
    }
}

#[derive(serde::Deserialize)]
pub(crate) struct FindQuery {
    name: Option<String>,
    estate: Option<String>,
}

#[derive(Template)]
#[template(path = "situation-find.html")]
pub(crate) struct FindPage {
    shell: Shell,
    t: T,
    name: String,
    asked: bool,
    found: Vec<Found>,
    estate: Option<(String, BoardCode)>,
    buildings: Vec<Building>,
    /// Whether the list is so long that one jumps to a building.
    jumps: bool,
    style: &'static str,
}

/// `GET /find?name=…` gives estates, `GET /find?estate=CODE` its entrances.
pub(crate) async fn find(
    caller: Caller,
    State(hall): State<Hall>,
    Query(query): Query<FindQuery>,
) -> Result<Page<FindPage>, AppError> {
    let t = caller.info.t().clone();
    let mut page = FindPage {
        shell: Shell::new(&caller.info, t.s("situation-find-title")),
        name: query.name.unwrap_or_default().trim().chars().take(NAME_CHARS).collect(),
        asked: false,
        found: Vec::new(),
        estate: None,
        buildings: Vec::new(),
        jumps: false,
        style: style::url(),
        t,
    };
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    if let Some(code) = query.estate.and_then(|code| code.parse::<BoardCode>().ok())
        && let Some((district, path)) = linli_board::queries::place_of_code(c, &code).await?
    {
        page.buildings = queries::doors(c, district, &path).await?;
        let doors: usize = page.buildings.iter().map(|building| building.doors.len()).sum();
        page.jumps = doors > JUMP_FROM && page.buildings.len() > 1;
        page.estate = Some((queries::spoken(c, district, &path).await?, code));
    } else if !page.name.is_empty() {
        page.asked = true;
        page.found = queries::find_estates(c, &page.name, FOUND).await?;
    }
    Ok(Page(page))
}
