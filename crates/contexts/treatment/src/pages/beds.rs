//! The bed board of an institution: what there is, who has a bed until when, what is entered and ordered.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall, Told};
use linli_kernel::Ts;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::desk::{choices, desk, number, run, word};
use super::{private, take_key};
use crate::commands::beds::{self as commands, NewConversion, NewEntry};
use crate::error_beds::{BedError, Wrong};
use crate::model::InstitutionId;
use crate::model::beds::{
    BedType, Blocking, Change, Conversion, ConversionId, ConversionState, EntryKind, Hold, HoldId, HoldState, Proof,
};
use crate::queries::beds::{self as queries, Board, BoardCell, Booked};
use crate::standing::own_institution;

/// What changes a bed board, as the journal calls it.
const TOLD: Told = Told {
    kinds: &[
        "treatment.bed_entered",
        "treatment.bed_expired",
        "treatment.bed_held",
        "treatment.bed_left",
        "treatment.bed_released",
        "treatment.bed_taken",
        "treatment.conversion_begun",
        "treatment.conversion_cancelled",
        "treatment.conversion_done",
        "treatment.conversion_late",
        "treatment.conversion_ordered",
        "treatment.inbound_accepted",
        "treatment.inbound_arrived",
        "treatment.inbound_bedded",
        "treatment.inbound_completed",
        "treatment.inbound_lapsed",
        "treatment.inbound_withdrawn",
    ],
    except: &[],
};

struct HoldRow {
    id: String,
    tone: &'static str,
    word: String,
    when: String,
    /// The department that answers for a guest in this bed; empty where it is the bed's own.
    guest: String,
    /// What may be done with it here; a bed held for a referral goes by the referral.
    steps: Vec<Choice>,
}

struct CellRow {
    bed_type: String,
    facts: Vec<(String, String)>,
    tone: &'static str,
    word: String,
    limit: String,
    fresh: String,
    holds: Vec<HoldRow>,
}

struct UnitRow {
    name: String,
    cells: Vec<CellRow>,
}

struct OrderRow {
    id: String,
    text: String,
    tone: &'static str,
    word: String,
    due: String,
    begins: bool,
    ends: bool,
    cancels: bool,
}

#[derive(Template)]
#[template(path = "beds-board.html")]
struct BoardPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    href: String,
    units: Vec<UnitRow>,
    orders: Vec<OrderRow>,
    enters: bool,
    may_order: bool,
    wrong_form: String,
    unit_choices: Vec<Choice>,
    bed_types: Vec<Choice>,
    kinds: Vec<Choice>,
    changes: Vec<Choice>,
    reasons: Vec<Choice>,
    source: String,
}

impl BoardPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }
}

/// A line of the ledger.
struct EntryRow {
    text: String,
    note: String,
}

#[derive(Template)]
#[template(path = "beds-past.html")]
struct PastPage {
    shell: Shell,
    t: T,
    problems: Problems,
    href: String,
    /// The instant as it was typed, and in words.
    typed: String,
    at: String,
    units: Vec<UnitRow>,
    entries: Vec<EntryRow>,
    source: String,
}

/// Which instant is looked up.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct AtInstant {
    #[serde(default)]
    at: Option<String>,
}

#[derive(Template)]
#[template(path = "beds-none.html")]
struct NonePage {
    shell: Shell,
    t: T,
    /// Those in reach that told of beds: address, name, what is free.
    houses: Vec<(String, String, String)>,
}

/// `GET /beds`: the board of the institution on whose behalf the actor acts.
pub(crate) async fn mine(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let own = own_institution(&caller.ctx, &mut hall.read().await?.conn()).await?;
    match own {
        Some((_, id)) => Ok(private(Page(page(&caller, &hall, id, "", (&FormMap::default(), Problems::default())).await?))),
        None => {
            let (t, desk) = (caller.info.t().clone(), desk(&hall)?);
            let found = queries::houses(&caller.ctx, &mut hall.read().await?.conn(), &desk).await?;
            let row = |(id, name, kinds): (InstitutionId, String, Vec<(BedType, Option<i64>)>)| {
                let kind = |(kind, free): &(BedType, Option<i64>)| {
                    let free = free.map_or_else(|| t.s("beds-unknown").into_owned(), |free| t.n("beds-free", free));
                    format!("{} {free}", t.s(&format!("beds-type-{kind}")))
                };
                (format!("/beds/{id}"), name, kinds.iter().map(kind).collect::<Vec<_>>().join(" · "))
            };
            let houses = found.into_iter().map(row).collect();
            Ok(private(Page(NonePage { shell: caller.shell(t.s("beds-title")), houses, t })))
        }
    }
}

/// `GET /beds/{id}`, and `GET /beds/{id}?at=2026-12-24T18:00` as it stood then.
pub(crate) async fn show(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    Query(asked): Query<AtInstant>,
) -> Result<Response, AppError> {
    let id = id.parse().map_err(|_| BedError::NotFound)?;
    if let Some(typed) = asked.at {
        return past(&caller, &hall, id, typed).await;
    }
    Ok(private(Page(page(&caller, &hall, id, "", (&FormMap::default(), Problems::default())).await?)))
}

/// An instant as a form sends it, in local time, or with its zone as programs write it; nothing typed is now.
fn instant(typed: &str, now: Ts) -> Result<Ts, BedError> {
    if typed.trim().is_empty() {
        return Ok(now);
    }
    let wrong = || BedError::Field { field: "at", problem: Wrong::NotAnInstant };
    // The plus sign of an address is a space once it was read.
    if let Ok(zoned) = typed.trim().replace(' ', "+").parse::<jiff::Timestamp>() {
        return Ok(Ts(zoned.as_microsecond()));
    }
    let named: jiff::civil::DateTime = typed.trim().parse().map_err(|_| wrong())?;
    Ts::from_local(named).ok_or_else(wrong)
}

/// The board as it stood at an instant, with the entries up to then.
async fn past(caller: &Caller, hall: &Hall, id: InstitutionId, typed: String) -> Result<Response, AppError> {
    const MOST: usize = 100;
    let (t, desk, now) = (caller.info.t().clone(), desk(hall)?, hall.now());
    let at = (super::district(&caller.ctx)?, id);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let found = match instant(&typed, now) {
        Ok(instant) => queries::past(&caller.ctx, c, &desk, at, (instant, MOST)).await.map(|found| (instant, found)),
        Err(error) => Err(error),
    };
    let (instant, (board, booked), status, problems) = match found {
        Ok((instant, found)) => (instant, found, http::StatusCode::OK, Problems::default()),
        Err(error @ BedError::Field { .. }) => {
            let error = AppError::from(error);
            let found = queries::past(&caller.ctx, c, &desk, at, (now, MOST)).await?;
            (now, found, error.status(), error.into_problems()?)
        }
        Err(error) => return Err(error.into()),
    };
    let units = board.units.iter().filter(|unit| !unit.cells.is_empty()).map(|unit| UnitRow {
        name: unit.name.clone(),
        cells: unit.cells.iter().map(|cell| cell_row(&t, &board, cell, now)).collect(),
    });
    let page = PastPage {
        shell: caller.shell(board.name.clone()),
        href: format!("/beds/{id}"),
        // What cannot be an instant stays as it was typed, to be mended.
        typed: if problems.0.is_empty() { instant.local().datetime().strftime("%Y-%m-%dT%H:%M").to_string() } else { typed },
        at: t.moment(instant),
        units: units.collect(),
        entries: booked.iter().map(|one| entry_row(&t, &board, one)).collect(),
        source: super::source(&t, &board.rules.stamp),
        problems,
        t,
    };
    Ok((status, private(Page(page))).into_response())
}

fn entry_row(t: &T, board: &Board, one: &Booked) -> EntryRow {
    let entry = &one.entry;
    let unit = board.units.iter().find(|unit| unit.id == one.unit).map(|unit| unit.name.clone()).unwrap_or_default();
    let sign = if entry.change == Change::Delta && entry.amount > 0 { "+" } else { "" };
    let say = |key: &str| t.s(key).into_owned();
    let key = if entry.change == Change::Level { "beds-booked-level" } else { "beds-booked-delta" };
    let mut text = t.with(
        key,
        &[
            ("unit", unit.into()),
            ("type", say(&format!("beds-type-{}", one.bed_type)).into()),
            ("kind", say(&format!("beds-kind-{}", entry.kind)).into()),
            ("n", format!("{sign}{}", entry.amount).into()),
        ],
    );
    if let Some(reason) = entry.reason {
        text = format!("{text} · {}", say(&format!("beds-blocking-{reason}")));
    }
    let known = if entry.known_at.secs_since(entry.at).abs() < 60 {
        String::new()
    } else {
        format!(" · {}", t.v("beds-booked-known", "when", t.moment(entry.known_at)))
    };
    let by_hold = if entry.cause.is_some() { format!(" · {}", say("beds-booked-cause")) } else { String::new() };
    EntryRow { text, note: format!("{}{known}{by_hold}", t.moment(entry.at)) }
}

/// `GET /beds/live`: what happens to beds in the reach of the actor.
pub(crate) async fn live(caller: Caller, State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    let scope = caller.ctx.scope(Action::Read, Resource::Bed).map_err(BedError::from)?;
    hall.stream(&caller.ctx, &headers, (scope, TOLD), None).await
}

fn cell_row(t: &T, board: &Board, one: &BoardCell, now: linli_kernel::Ts) -> CellRow {
    let levels = one.cell.levels;
    let told = |n: Option<i64>| n.map_or_else(|| t.s("beds-unknown").into_owned(), |n| n.to_string());
    let mut facts: Vec<(String, String)> = [
        ("licensed", levels.licensed),
        ("in_place", levels.in_place),
        ("open", levels.open),
        ("doctors", levels.doctors),
        ("nurses", levels.nurses),
        ("blocked", Some(levels.blocked).filter(|n| *n > 0 || one.told.1)),
        ("occupied", Some(levels.occupied).filter(|n| *n > 0 || one.told.0)),
        ("reserved", Some(levels.reserved)),
    ]
    .into_iter()
    .map(|(kind, n)| (t.s(&format!("beds-kind-{kind}")).into_owned(), told(n)))
    .collect();
    if let (Some(n), Some(hours)) = (levels.convertible, levels.within_hours) {
        facts.push((t.n("beds-convertible-within", hours), n.to_string()));
    }
    let (tone, word, limit) = match one.derived {
        Err(unknown) => {
            ("info", t.s("beds-not-known").into_owned(), t.s(&format!("beds-unknown-{}", unknown.as_str())).into_owned())
        }
        Ok(derived) => {
            let limit = t.with(&format!("beds-limit-{}", derived.limit.as_str()), &[("n", derived.usable.into())]);
            match (derived.over_full(), derived.available()) {
                (0, 0) => ("soon", t.s("beds-full").into_owned(), limit),
                (0, free) => ("well", t.n("beds-free", free), limit),
                (over, _) => ("act", t.n("beds-over-full", over), limit),
            }
        }
    };
    CellRow {
        bed_type: t.s(&format!("beds-type-{}", one.cell.key.bed_type)).into_owned(),
        facts,
        tone,
        word,
        limit,
        fresh: t.v("beds-fresh", "when", t.when(one.cell.known_at, now)),
        holds: one.holds.iter().map(|hold| hold_row(t, board, hold, now)).collect(),
    }
}

fn hold_row(t: &T, board: &Board, hold: &Hold, now: linli_kernel::Ts) -> HoldRow {
    let manual = board.own && hold.referral == hold.id.0;
    let steps: &[HoldState] = match (manual, hold.state) {
        (true, HoldState::Held) => &[HoldState::Occupied, HoldState::Released],
        (true, HoldState::Occupied) => &[HoldState::Left],
        _ => &[],
    };
    let held = hold.state == HoldState::Held;
    let guest_of = hold.guest_of.and_then(|id| board.units.iter().find(|unit| unit.id == id));
    HoldRow {
        guest: guest_of.map(|unit| t.v("beds-guest-of", "name", unit.name.as_str())).unwrap_or_default(),
        id: hold.id.to_string(),
        tone: if held { "soon" } else { "info" },
        word: t.s(&format!("beds-hold-{}", hold.state)).into_owned(),
        when: if held {
            t.v("beds-held-until", "when", t.when(hold.until, now))
        } else {
            t.v("beds-since", "when", t.when(hold.held_at, now))
        },
        steps: steps.iter().map(|to| Choice::new(to.to_string(), t.s(&format!("beds-do-{to}")).into_owned())).collect(),
    }
}

fn order_row(t: &T, order: &Conversion, board: &Board, now: linli_kernel::Ts) -> OrderRow {
    let open = order.over_at.is_none();
    let unit = board.units.iter().find(|unit| unit.id == order.unit).map(|unit| unit.name.clone()).unwrap_or_default();
    let kind = t.s(&format!("beds-type-{}", order.bed_type)).into_owned();
    let late = open && order.due_at <= now;
    OrderRow {
        id: order.id.to_string(),
        text: t.with("beds-order-line", &[("unit", unit.into()), ("kind", kind.into()), ("n", order.beds.into())]),
        tone: match order.state {
            ConversionState::Done => "well",
            ConversionState::Cancelled => "",
            _ if late => "act",
            _ => "soon",
        },
        word: t.s(&format!("beds-order-{}", order.state)).into_owned(),
        due: t.v(if late { "beds-order-late" } else { "beds-order-due" }, "when", t.when(order.due_at, now)),
        begins: board.own && order.state == ConversionState::Ordered,
        ends: board.own && open,
        cancels: board.may_order && open,
    }
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    id: InstitutionId,
    wrong_form: &str,
    (form, problems): (&FormMap, Problems),
) -> Result<BoardPage, AppError> {
    let (t, desk, now) = (caller.info.t().clone(), desk(hall)?, hall.now());
    let district = super::district(&caller.ctx)?;
    let mut read = hall.read().await?;
    let board = queries::board(&caller.ctx, &mut read.conn(), &desk, (district, id)).await?;
    let units = board.units.iter().map(|unit| UnitRow {
        name: unit.name.clone(),
        cells: unit.cells.iter().map(|cell| cell_row(&t, &board, cell, now)).collect(),
    });
    Ok(BoardPage {
        shell: caller.shell(board.name.clone()).live("/beds/live"),
        units: units.collect(),
        orders: board.conversions.iter().map(|order| order_row(&t, order, &board, now)).collect(),
        href: format!("/beds/{id}"),
        enters: board.own && caller.ctx.may(Action::Change, Resource::Bed, district, &board.place).is_ok(),
        may_order: board.may_order,
        wrong_form: wrong_form.to_owned(),
        unit_choices: board.units.iter().map(|unit| Choice::new(unit.id.to_string(), unit.name.clone())).collect(),
        bed_types: choices(&t, "beds-type", BedType::ALL.iter().map(|one| one.as_str())),
        kinds: choices(&t, "beds-kind", EntryKind::TYPED.iter().map(|one| one.as_str())),
        changes: choices(&t, "beds-change", Change::ALL.iter().map(|one| one.as_str())),
        reasons: choices(&t, "beds-blocking", Blocking::ALL.iter().map(|one| one.as_str())),
        source: super::source(&t, &board.rules.stamp),
        form: form.clone(),
        problems,
        t,
    })
}

/// Shows the board again with what is wrong, or leads back to it.
async fn ended(
    caller: &Caller,
    hall: &Hall,
    id: InstitutionId,
    (which, form): (&str, &FormMap),
    done: Result<(), AppError>,
) -> Result<Response, AppError> {
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/beds/{id}")).into_response()),
        Err(error) => {
            let status = error.status();
            let page = page(caller, hall, id, which, (form, error.into_problems()?)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

fn new_entry(form: &FormMap) -> Result<NewEntry, BedError> {
    let reason = form.typed("reason");
    Ok(NewEntry {
        unit: word(form, "unit")?,
        bed_type: word(form, "bed_type")?,
        kind: word(form, "kind")?,
        change: word(form, "change")?,
        amount: number(form, "amount")?.ok_or(BedError::Field { field: "amount", problem: Wrong::Required })?,
        within_hours: number(form, "within_hours")?,
        at: None,
        reason: if reason.is_empty() { None } else { Some(word(form, "reason")?) },
    })
}

/// `POST /beds/{id}/entries`.
pub(crate) async fn enter(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (id, desk) = (id.parse().map_err(|_| BedError::NotFound)?, desk(&hall)?);
    let done = async {
        let new = new_entry(&form)?;
        run!(caller, hall, tx => commands::enter(&caller.ctx, tx, &desk, new)).map(|_| ())
    };
    let done = done.await;
    ended(&caller, &hall, id, ("entry", &form), done).await
}

/// `POST /beds/{id}/reserve`.
pub(crate) async fn reserve(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (id, desk) = (id.parse().map_err(|_| BedError::NotFound)?, desk(&hall)?);
    let done = async {
        let wanted = (word(&form, "unit")?, word(&form, "bed_type")?);
        run!(caller, hall, tx => commands::reserve(&caller.ctx, tx, &desk, wanted)).map(|_| ())
    };
    let done = done.await;
    ended(&caller, &hall, id, ("reserve", &form), done).await
}

/// `POST /beds/holds/{id}/put`.
pub(crate) async fn put(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let id: HoldId = id.parse().map_err(|_| BedError::NotFound)?;
    let to = word(&form, "to")?;
    run!(caller, hall, tx => commands::put_reserved(&caller.ctx, tx, id, to))?;
    Ok(Redirect::to("/beds").into_response())
}

/// `POST /beds/{id}/conversions`.
pub(crate) async fn order(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (id, desk) = (id.parse().map_err(|_| BedError::NotFound)?, desk(&hall)?);
    let done = async {
        let required = |field| BedError::Field { field, problem: Wrong::Required };
        let new = NewConversion {
            unit: word(&form, "unit")?,
            bed_type: word(&form, "bed_type")?,
            beds: number(&form, "beds")?.ok_or(required("beds"))?,
            within_hours: number(&form, "within_hours")?.ok_or(required("within_hours"))?,
        };
        run!(caller, hall, tx => commands::order_conversion(&caller.ctx, tx, &desk, new)).map(|_| ())
    };
    let done = done.await;
    ended(&caller, &hall, id, ("order", &form), done).await
}

/// `POST /beds/conversions/{id}/put`.
pub(crate) async fn put_order(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(order): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let order_id: ConversionId = order.parse().map_err(|_| BedError::NotFound)?;
    let district = super::district(&caller.ctx)?;
    let at = crate::queries::beds::institution_of(&mut hall.read().await?.conn(), district, order_id).await?;
    let done = async {
        let to: ConversionState = word(&form, "to")?;
        let counted = (number(&form, "proof_beds")?, number(&form, "proof_doctors")?, number(&form, "proof_nurses")?);
        let proof = match counted {
            (Some(beds), Some(doctors), Some(nurses)) => Some(Proof { beds, doctors, nurses }),
            _ => None,
        };
        run!(caller, hall, tx => commands::put_conversion(&caller.ctx, tx, order_id, (to, proof)))
    };
    let done = done.await;
    ended(&caller, &hall, at, (&order, &form), done).await
}
