//! How stays ended beside what there is room for (转归与救治能力): counts with what they are a part of, never an order of better and worse.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use jiff::ToSpan as _;
use jiff::civil::Date;
use linli_hall::{Caller, Hall};
use linli_webkit::view::Figure;
use linli_webkit::{AppError, Page, Shell, T};
use serde::Deserialize;

use super::desk::desk;
use super::private;
use crate::queries::outcomes::{CityOutcomes, HouseOutcomes, Outcomes, outcomes};

/// Which day, and whether it alone.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct OfDay {
    #[serde(default)]
    day: String,
    #[serde(default)]
    alone: String,
}

struct HouseRow {
    name: String,
    icu: String,
    there: String,
    ended: String,
    severe: String,
    died: String,
    recovered: String,
    back: String,
    unknown: String,
}

struct GridPart {
    name: String,
    sum: String,
    rows: Vec<HouseRow>,
}

#[derive(Template)]
#[template(path = "city-outcomes.html")]
struct OutcomesPage {
    shell: Shell,
    t: T,
    lead: String,
    here: String,
    before: String,
    after: String,
    other: String,
    other_text: String,
    figures: Vec<Figure>,
    grids: Vec<GridPart>,
    hint: String,
    source: String,
}

/// `12.50%（1 ÷ 8）`; the numbers alone where there are fewer than the rule asks for.
fn share(t: &T, (part, of): (i64, i64), least: i64) -> String {
    if of == 0 {
        return t.s("outcomes-none").into_owned();
    }
    if of < least {
        return t.with("outcomes-few", &[("part", part.into()), ("of", of.into())]);
    }
    let n = (part * 20_000 + of) / (of * 2);
    let percent = format!("{}.{:02}%", n / 100, n % 100);
    t.with("outcomes-share", &[("percent", percent.into()), ("part", part.into()), ("of", of.into())])
}

fn unknown(t: &T, of: &Outcomes) -> String {
    let mut said = Vec::new();
    if of.untold > 0 {
        said.push(t.n("outcomes-untold", of.untold));
    }
    if of.stepped_down > of.followed {
        said.push(t.n("outcomes-unfollowed", of.stepped_down - of.followed));
    }
    said.join(" · ")
}

fn row(t: &T, house: &HouseOutcomes, least: i64) -> HouseRow {
    let (of, room) = (&house.outcomes, &house.room);
    HouseRow {
        name: house.name.clone(),
        icu: room.icu.map_or_else(|| t.s("plan-city-unknown").into_owned(), |beds| beds.to_string()),
        there: t.with("outcomes-there", &[("all", room.there.into()), ("severe", room.severe.into())]),
        ended: of.ended.to_string(),
        severe: share(t, (of.severe, of.ended), least),
        died: share(t, (of.died, of.ended), least),
        recovered: share(t, (of.recovered, of.ended), least),
        back: share(t, (of.came_back, of.followed), least),
        unknown: unknown(t, of),
    }
}

fn figures(t: &T, of: &Outcomes, least: i64) -> Vec<Figure> {
    let figure = |key: &str, value: i64, sentence: String| Figure {
        value: value.to_string(),
        label: t.s(key).into_owned(),
        sentence,
        state: "",
        href: String::new(),
    };
    vec![
        figure("outcomes-ended", of.ended, unknown(t, of)),
        figure("outcomes-severe", of.severe, share(t, (of.severe, of.ended), least)),
        figure("outcomes-died", of.died, share(t, (of.died, of.ended), least)),
        figure("outcomes-recovered", of.recovered, share(t, (of.recovered, of.ended), least)),
        figure("outcomes-back", of.came_back, share(t, (of.came_back, of.followed), least)),
    ]
}

fn grids(t: &T, city: &CityOutcomes) -> Vec<GridPart> {
    let least = city.rule.value.least;
    let part = |grid: &crate::queries::outcomes::GridOutcomes| GridPart {
        name: if grid.grid.is_some() { grid.name.clone() } else { t.s("outcomes-no-grid").into_owned() },
        sum: t.with(
            "outcomes-of-grid",
            &[
                ("ended", grid.together.ended.into()),
                ("severe", share(t, (grid.together.severe, grid.together.ended), least).into()),
                ("died", share(t, (grid.together.died, grid.together.ended), least).into()),
            ],
        ),
        rows: grid.houses.iter().map(|house| row(t, house, least)).collect(),
    };
    city.grids.iter().map(part).collect()
}

/// `GET /city/outcomes`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Query(of): Query<OfDay>) -> Result<Response, AppError> {
    let (t, desk, today) = (caller.info.t().clone(), desk(&hall)?, hall.now().local().date());
    let day: Date = of.day.parse().ok().filter(|day| *day <= today).unwrap_or(today);
    let alone = of.alone == "1";
    let city = outcomes(&caller.ctx, &mut hall.read().await?.conn(), &desk, (day, alone)).await?;
    let rule = &city.rule.value;
    let mark = if alone { "&alone=1" } else { "" };
    let to = |day: Date| format!("/city/outcomes?day={day}{mark}");
    let after = day.tomorrow().ok().filter(|day| *day <= today);
    Ok(private(Page(OutcomesPage {
        shell: caller.shell(t.s("outcomes-title")).live("/grid/live"),
        lead: t.with("outcomes-lead", &[("day", day.to_string().into()), ("days", city.days.into())]),
        here: to(day),
        before: day.checked_sub(1.days()).map(to).unwrap_or_default(),
        after: after.map(to).unwrap_or_default(),
        other: format!("/city/outcomes?day={day}{}", if alone { "" } else { "&alone=1" }),
        other_text: if alone { t.n("outcomes-window", rule.window_days) } else { t.s("outcomes-alone").into_owned() },
        figures: figures(&t, &city.together, rule.least),
        grids: grids(&t, &city),
        hint: t.with("outcomes-hint", &[("least", rule.least.into()), ("days", rule.return_days.into())]),
        source: super::source(&t, &city.rule.stamp),
        t,
    })))
}
