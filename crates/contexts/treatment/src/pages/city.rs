//! The board of the city: capacity against demand by grid and kind of bed, clocks about to run out, orders to convert. Numbers, no patient.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use linli_geo::{Bbox, Frame};
use linli_hall::{Caller, Hall};
use linli_kernel::Ts;
use linli_webkit::i18n::Clockface;
use linli_webkit::view::Figure;
use linli_webkit::{AppError, Page, Shell, T};

use super::desk::desk;
use super::{plan_words as words, private};
use crate::error_beds::BedError;
use crate::model::GridRef;
use crate::queries;
use crate::queries::plan::{Balance, City, Stock};
use crate::rules::beds::Rate;
use crate::rules::published::Published;

struct GridRow {
    name: String,
    href: String,
    kind: String,
    usable: String,
    unknown: String,
    free: String,
    over: String,
    overfull: bool,
    waiting: i64,
    unplaced: i64,
    state: &'static str,
    word: String,
}

struct Pin {
    n: usize,
    state: &'static str,
    name: String,
    word: String,
    x: String,
    y: String,
    left: String,
    top: String,
    text_y: String,
}

/// The map: what the grids stand on, and how long a kilometre is.
struct Ground {
    paths: Vec<String>,
    pins: Vec<Pin>,
    /// The bar: its length in pixels, and what that is.
    bar: (String, String),
}

struct ClockRow {
    text: String,
    note: String,
    face: Clockface,
}

#[derive(Template)]
#[template(path = "plan-city.html")]
struct CityPage {
    shell: Shell,
    t: T,
    updated: String,
    figures: Vec<Figure>,
    grids: Vec<GridRow>,
    ground: Option<Ground>,
    clocks: Vec<ClockRow>,
    conversions: Vec<ClockRow>,
    stock: Vec<StockRow>,
    /// Who published what stands beside it.
    published: String,
    source: String,
}

/// Beds in place and convertible, and what somebody published of them.
struct StockRow {
    kind: String,
    in_place: (String, String),
    convertible: (String, String),
    share: String,
    published: Vec<String>,
}

/// How it stands, as a state with its word.
fn state(t: &T, one: &Balance) -> (&'static str, String) {
    let (state, key) = if one.unplaced > 0 {
        ("act", "plan-city-short")
    } else if one.over > 0 {
        ("act", "plan-city-overfull")
    } else if one.known == 0 {
        ("info", "plan-city-unknown")
    } else if one.usable == 0 {
        ("soon", "plan-city-no-usable")
    } else if one.free == 0 {
        ("soon", "beds-full")
    } else {
        ("well", "plan-city-enough")
    };
    (state, t.s(key).into_owned())
}

fn grid_row(t: &T, (grid, name, kind, balance): &(GridRef, String, crate::model::beds::BedType, Balance)) -> GridRow {
    let (state, word) = state(t, balance);
    // Of what nobody told there is no number, and no zero.
    let told = |n: i64| if balance.known > 0 { n.to_string() } else { t.s("beds-unknown").into_owned() };
    GridRow {
        name: name.clone(),
        href: format!("/grid?grid={}/{}", grid.district, grid.id),
        kind: t.s(&format!("beds-type-{kind}")).into_owned(),
        usable: told(balance.usable),
        unknown: if balance.unknown > 0 { t.n("plan-city-units-unknown", balance.unknown) } else { String::new() },
        free: told(balance.free),
        over: told(balance.over),
        overfull: balance.over > 0,
        waiting: balance.waits(),
        unplaced: balance.unplaced,
        state,
        word,
    }
}

/// How wide and high the map is, in its own pixels: as wide as a phone, so that what is written in it can be read there.
const MAP: (u16, u16) = (360, 280);

/// Grids on a small map of the districts, each where its lead is, in its worst state, under the number that it has in the list beneath.
fn ground(t: &T, city: &City) -> Option<Ground> {
    // A lead alone is shown with what lies around it.
    const AROUND_M: f64 = 3_000.0;
    let known = city.leads.iter().filter_map(|(grid, (name, point))| Some((*grid, name, (*point)?)));
    let known: Vec<_> = known.collect();
    let around = known.iter().map(|(_, _, point)| point.surroundings(AROUND_M)).reduce(Bbox::union)?;
    let frame = Frame::fit(around, MAP.0, MAP.1, 16);
    let mut worst: BTreeMap<GridRef, &Balance> = BTreeMap::new();
    for (grid, _, _, balance) in &city.balances {
        worst.entry(*grid).or_insert(balance);
    }
    let pin = |(i, (grid, name, point)): (usize, (GridRef, &String, linli_geo::Point))| {
        let (x, y) = frame.xy(point);
        let (state, word) = worst.get(&grid).map_or_else(|| ("info", t.s("plan-city-unknown").into_owned()), |one| state(t, one));
        let at = |n: f64| format!("{n:.1}");
        Pin {
            n: i + 1,
            state,
            name: name.clone(),
            word,
            left: at(x - 9.0),
            top: at(y - 9.0),
            text_y: at(y + 4.0),
            x: at(x),
            y: at(y),
        }
    };
    // The longest round length that takes no more than a third of the map.
    let long = f64::from(MAP.0) / 3.0 * frame.metres_per_pixel();
    let km = [50, 20, 10, 5, 2].into_iter().find(|km| f64::from(*km) * 1_000.0 <= long).unwrap_or(1);
    let bar = format!("{:.1}", f64::from(km) * 1_000.0 / frame.metres_per_pixel());
    Some(Ground {
        paths: city.ground.iter().map(|shape| frame.path(shape)).filter(|path| !path.is_empty()).collect(),
        pins: known.into_iter().enumerate().map(pin).collect(),
        bar: (bar, t.v("plan-city-km", "n", i64::from(km))),
    })
}

fn figures(t: &T, city: &City) -> Vec<Figure> {
    let sum = |part: fn(&Balance) -> i64| city.balances.iter().map(|(_, _, _, balance)| part(balance)).sum::<i64>();
    let figure = |key: &str, value: i64, bad: bool| Figure {
        value: value.to_string(),
        label: t.s(key).into_owned(),
        sentence: t.s(&format!("{key}.sentence")).into_owned(),
        state: if bad && value > 0 { "act" } else { "" },
        href: String::new(),
    };
    vec![
        figure("plan-city-figure-critical", sum(|one| one.waiting[0]), true),
        figure("plan-city-figure-waiting", sum(Balance::waits), false),
        figure("plan-city-figure-unplaced", sum(|one| one.unplaced), true),
        figure("plan-city-figure-over", sum(|one| one.over), true),
    ]
}

fn clocks(t: &T, city: &City, now: Ts) -> Vec<ClockRow> {
    let picture = city.made.plan.picture();
    let row = |(at, many, due): &(crate::model::plan::At, usize, Ts)| ClockRow {
        text: words::house(picture, *at),
        note: t.n("plan-city-answers", *many),
        face: t.clock(due, now),
    };
    city.clocks.iter().map(row).collect()
}

fn conversions(t: &T, city: &City, now: Ts) -> Vec<ClockRow> {
    let picture = city.made.plan.picture();
    let row = |order: &crate::model::beds::Conversion| ClockRow {
        text: words::house(picture, (order.district, order.institution)),
        note: t.with(
            "plan-city-order",
            &[("n", order.beds.into()), ("kind", t.s(&format!("beds-type-{}", order.bed_type)).into_owned().into())],
        ),
        face: t.clock(order.due_at, now),
    };
    city.conversions.iter().map(row).collect()
}

fn percent(permille: i64) -> String {
    format!("{}.{}%", permille / 10, permille % 10)
}

/// What is in place and convertible, each with the units that told nothing; a share says of what it is one, and one that was published without a base
/// says that.
fn stock(t: &T, city: &City, published: &Published) -> Vec<StockRow> {
    let told = |n: Option<i64>, untold: i64| {
        let value = n.map_or_else(|| t.s("beds-unknown").into_owned(), |n| n.to_string());
        (value, if untold > 0 && n.is_some() { t.n("plan-city-units-unknown", untold) } else { String::new() })
    };
    let row = |one: &Stock| StockRow {
        kind: t.s(&format!("beds-type-{}", one.bed_type)).into_owned(),
        in_place: told(one.in_place, one.untold.0),
        convertible: told(one.convertible, one.untold.1),
        share: one.in_place.zip(one.convertible).and_then(|(base, part)| Rate::of(part, base)).map_or_else(String::new, |rate| {
            t.with(
                "plan-city-share",
                &[("percent", percent(rate.permille).into()), ("base", rate.base.unwrap_or_default().into())],
            )
        }),
        published: published
            .of(one.bed_type)
            .map(|said| {
                let args = [
                    ("what", said.name(t.locale().tag()).to_owned().into()),
                    ("percent", percent(said.rate.permille).into()),
                    ("base", said.rate.base.unwrap_or_default().into()),
                ];
                t.with(if said.rate.base.is_some() { "plan-city-published-of" } else { "plan-city-published" }, &args)
            })
            .collect(),
    };
    // A kind of bed of which nobody told either says nothing here.
    let says = |one: &&Stock| one.in_place.is_some() || one.convertible.is_some();
    city.stock.iter().filter(says).map(row).collect()
}

/// `GET /city`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let (t, desk, now) = (caller.info.t().clone(), desk(&hall)?, hall.now());
    let city = queries::plan::city(&caller.ctx, &mut hall.read().await?.conn(), &desk).await?;
    let published = desk.published(&linli_kernel::PlacePath::root(), now).map_err(BedError::from)?;
    Ok(private(Page(CityPage {
        shell: caller.shell(t.s("plan-city-title")).live("/grid/live"),
        updated: t.v("plan-city-updated", "when", t.moment(city.made.plan.picture().now)),
        figures: figures(&t, &city),
        grids: city.balances.iter().map(|one| grid_row(&t, one)).collect(),
        ground: ground(&t, &city),
        clocks: clocks(&t, &city, now),
        conversions: conversions(&t, &city, now),
        stock: stock(&t, &city, &published.value),
        published: super::source(&t, &published.stamp),
        source: super::source(&t, &city.made.stamp),
        t,
    })))
}
