//! The treatment grids with who is in them and who looks after which place, on a day.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use jiff::civil::Date;
use linli_hall::{Caller, Hall};
use linli_kernel::Ts;
use linli_webkit::{AppError, Page, Shell, T};
use serde::Deserialize;

use super::private;
use crate::queries;

/// Which day is looked at.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    day: String,
}

struct MemberRow {
    href: String,
    name: String,
    what: String,
    leads: bool,
    places: String,
}

struct GridPart {
    name: String,
    what: String,
    members: Vec<MemberRow>,
}

#[derive(Template)]
#[template(path = "network-grids.html")]
struct GridsPage {
    shell: Shell,
    t: T,
    day: String,
    grids: Vec<GridPart>,
    /// Institutions of the reach that are in no grid then.
    outside: Vec<MemberRow>,
}

/// `GET /network/grids`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Query(asked): Query<Asked>) -> Result<Response, AppError> {
    let (t, now) = (caller.info.t().clone(), hall.now());
    let named: Option<Date> = asked.day.trim().parse().ok();
    // The end of the day that is named: what began on it holds on it.
    let at = named.and_then(|day| Ts::from_local(day.at(23, 59, 59, 0))).unwrap_or(now);
    let mut read = hall.read().await?;
    let seen = queries::grids::on(&caller.ctx, &mut read.conn(), at).await?;
    let row = |one: queries::grids::Member| MemberRow {
        href: format!("/network/{}/{}", one.institution.district, one.institution.id),
        what: super::institutions::what(&t, one.institution.kind, one.institution.level),
        places: one.places.join(&t.s("network-comma")),
        leads: one.leads,
        name: one.institution.name,
    };
    let grids = seen.grids.into_iter().map(|(grid, members)| GridPart {
        what: format!("{} · {}", t.s(&format!("network-grid-{}", grid.kind)), t.n("network-grid-members", members.len())),
        name: grid.name,
        members: members.into_iter().map(row).collect(),
    });
    let page = GridsPage {
        shell: caller.shell(t.s("network-grids")),
        grids: grids.collect(),
        outside: seen.outside.into_iter().map(row).collect(),
        day: at.local().date().to_string(),
        t,
    };
    Ok(private(Page(page)))
}
