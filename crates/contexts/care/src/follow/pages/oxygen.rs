//! Places for oxygen: how many each institution has, a day of one, and what is done with them.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_kernel::Ts;
use linli_people::model::OrganisationId;
use linli_webkit::view::{Choice, Figure};
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{agreed, desk, run, source};
use crate::follow::commands::{self, NewOffer, Wanted};
use crate::follow::error::{FollowError, Wrong};
use crate::follow::model::{AlarmId, OxygenBookingId, OxygenOffer, OxygenSlot, OxygenState};
use crate::follow::queries::{self, Booked, OxygenDay};
use crate::model::CarePersonId;
use crate::pages::{ended, keyed, private};

/// How far back bookings are counted, in days.
const DAYS: i64 = 30;

/// An institution as a row.
struct PlaceRow {
    name: String,
    href: String,
    places: i64,
    in_use: i64,
    to_come: i64,
    next: String,
}

#[derive(Template)]
#[template(path = "follow-oxygen.html")]
struct PlacesPage {
    shell: Shell,
    t: T,
    rows: Vec<PlaceRow>,
    figures: Vec<Figure>,
    /// The page of the actor's own institution, where nothing is offered yet; empty for others.
    own: String,
}

/// `GET /care/oxygen`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let (t, desk, now) = (caller.info.t().clone(), desk(&hall)?, hall.now());
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let opens = caller.ctx.scope(Action::Change, Resource::Oxygen).ok();
    let all = queries::oxygen_places(&caller.ctx, c, &desk).await?;
    let own = match &opens {
        Some(scope) => queries::own_institution(&caller.ctx, c, scope.district).await?,
        None => None,
    };
    let own = own.filter(|own| all.iter().all(|place| place.institution != *own));
    let counts = queries::oxygen_counts(&caller.ctx, c, now.plus_secs(-DAYS * 86_400)).await?;
    let rows = all.into_iter().map(|place| PlaceRow {
        href: if opens.is_some() { format!("/care/oxygen/{}", place.institution) } else { String::new() },
        name: place.name,
        places: place.places,
        in_use: place.in_use,
        to_come: place.to_come,
        next: place.next_free.map_or_else(|| t.s("follow-oxygen-full").into_owned(), |slot| span_on(&t, slot, now)),
    });
    let page = PlacesPage {
        shell: caller.shell(t.s("follow-oxygen-title")),
        rows: rows.collect(),
        figures: figures(&t, &counts),
        own: own.map(|id| format!("/care/oxygen/{id}")).unwrap_or_default(),
        t,
    };
    Ok(private(Page(page)))
}

/// What became of the bookings of the last days.
fn figures(t: &T, counts: &[(OxygenState, i64)]) -> Vec<Figure> {
    let of = |states: &[OxygenState]| counts.iter().filter(|(state, _)| states.contains(state)).map(|(_, n)| n).sum::<i64>();
    let one = |key: &str, value: i64| Figure {
        value: value.to_string(),
        label: t.s(&format!("follow-oxygen-figure-{key}")).into_owned(),
        sentence: t.n(&format!("follow-oxygen-figure-{key}-how"), DAYS),
        state: "",
        href: String::new(),
    };
    vec![
        one("had", of(&[OxygenState::Ended, OxygenState::Begun])),
        one("missed", of(&[OxygenState::Missed])),
        one("released", of(&[OxygenState::Released])),
        one("unsaid", of(&[OxygenState::Booked])),
    ]
}

/// Somebody who has a place, as a page shows it.
struct Who {
    id: String,
    name: String,
    href: String,
    place: String,
    when: String,
    tone: &'static str,
    word: String,
    beyond: bool,
    /// What may be done now.
    steps: Vec<Choice>,
}

/// A time of the day.
struct Row {
    time: String,
    over: bool,
    free: String,
    full: bool,
    who: Vec<Who>,
}

impl Row {
    /// Whether it is over and nobody had a place: no row of the page, only counted.
    const fn unused(&self) -> bool {
        self.over && self.who.is_empty()
    }
}

/// A place with who has it and who next.
struct Seat {
    place: String,
    now: Option<Who>,
    next: Option<Who>,
}

#[derive(Template)]
#[template(path = "follow-oxygen-day.html")]
struct DayPage {
    shell: Shell,
    t: T,
    problems: Problems,
    href: String,
    day: String,
    day_before: String,
    day_after: String,
    offered: String,
    coming: Vec<String>,
    seats: Vec<Seat>,
    rows: Vec<Row>,
    /// Times of the day that are over and were nobody's.
    unused: usize,
    beyond: usize,
    /// Whether the actor may say what is offered.
    own: bool,
    form: FormMap,
    weekdays: Vec<Choice>,
    source: String,
}

impl DayPage {
    fn typed(&self, field: &str) -> &str {
        self.form.typed(field)
    }

    /// Whether a day of the week is ticked: all of them before anything was typed.
    fn ticked(&self, value: &str) -> bool {
        self.form.pairs().is_empty() || self.form.all("weekday").any(|one| one == value)
    }
}

/// Which day is looked at.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Day {
    #[serde(default)]
    day: String,
}

/// `GET /care/oxygen/{id}`: a day of an institution.
pub(crate) async fn day(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    Query(day): Query<Day>,
) -> Result<Response, AppError> {
    let id = id.parse().map_err(|_| FollowError::NotFound)?;
    let page = day_page(&caller, &hall, id, day.day.parse().ok(), (FormMap::default(), Problems::default())).await?;
    Ok(private(Page(page)))
}

async fn day_page(
    caller: &Caller,
    hall: &Hall,
    id: OrganisationId,
    day: Option<Date>,
    (form, problems): (FormMap, Problems),
) -> Result<DayPage, AppError> {
    let (t, desk, now) = (caller.info.t().clone(), desk(hall)?, hall.now());
    let scope = caller.ctx.scope(Action::Change, Resource::Oxygen).map_err(FollowError::from)?;
    let rules = desk.rules(&scope.place, now).map_err(FollowError::from)?;
    let mut read = hall.read().await?;
    let view = queries::oxygen_day(&caller.ctx, &mut read.conn(), &desk, id, day).await?;
    let late = rules.oxygen().late_secs();
    let who = |booked: &Booked| who(&t, booked, view.own, (now, late));
    let beyond = view.rows.iter().flat_map(|row| &row.booked).filter(|booked| booked.beyond).count();
    let rows: Vec<Row> = view
        .rows
        .iter()
        .map(|row| Row {
            time: span(&t, row.slot),
            over: row.over(now),
            free: t.n("follow-oxygen-free", row.free),
            full: row.free == 0,
            who: row.booked.iter().map(who).collect(),
        })
        .collect();
    Ok(DayPage {
        shell: caller.shell(t.v("follow-oxygen-of", "name", &view.name)),
        href: format!("/care/oxygen/{id}"),
        day: day_in_words(&t, view.day),
        day_before: view.day.checked_sub(1.day()).map(|day| day.to_string()).unwrap_or_default(),
        day_after: view.day.checked_add(1.day()).map(|day| day.to_string()).unwrap_or_default(),
        offered: offered(&t, &view),
        coming: view
            .coming
            .iter()
            .map(|offer| {
                t.with(
                    "follow-oxygen-from",
                    &[("day", day_in_words(&t, offer.from_day).into()), ("what", offer_in_words(&t, offer).into())],
                )
            })
            .collect(),
        seats: view
            .places
            .iter()
            .map(|seat| Seat {
                place: t.n("follow-oxygen-place-no", seat.place_no),
                now: seat.now.as_ref().map(who),
                next: seat.next.as_ref().map(who),
            })
            .collect(),
        unused: rows.iter().filter(|row| row.unused()).count(),
        rows,
        beyond,
        own: view.own,
        weekdays: (0..7).map(|day| Choice::new(day.to_string(), t.s(&format!("follow-weekday-{day}")).into_owned())).collect(),
        source: source(&t, rules.oxygen_stamp()),
        form,
        problems,
        t,
    })
}

fn who(t: &T, booked: &Booked, own: bool, (now, late): (Ts, i64)) -> Who {
    let booking = &booked.booking;
    let deals = booked.mine || own;
    let came = now.plus_secs(late) >= booking.slot.starts_at;
    let steps: &[OxygenState] = match booking.state {
        _ if !deals => &[],
        OxygenState::Booked if now >= booking.slot.ends_at => &[OxygenState::Ended, OxygenState::Missed],
        OxygenState::Booked if now >= booking.slot.starts_at.plus_secs(late) => {
            &[OxygenState::Begun, OxygenState::Missed, OxygenState::Released]
        }
        OxygenState::Booked if came => &[OxygenState::Begun, OxygenState::Released],
        OxygenState::Booked => &[OxygenState::Released],
        OxygenState::Begun => &[OxygenState::Ended],
        _ => &[],
    };
    Who {
        id: booking.id.to_string(),
        name: booked.name.clone().unwrap_or_else(|| t.s("follow-oximeter-elsewhere").into_owned()),
        href: if booked.mine { format!("/care/follow/{}", booking.person) } else { String::new() },
        place: t.n("follow-oxygen-place-no", booking.place_no),
        when: span(t, booking.slot),
        tone: state_tone(booking.state, booking.slot, now),
        word: t.s(&format!("follow-oxygen-state-{}", booking.state)).into_owned(),
        beyond: booked.beyond,
        steps: steps
            .iter()
            .map(|step| Choice::new(step.as_str(), t.s(&format!("follow-oxygen-do-{step}")).into_owned()))
            .collect(),
    }
}

/// The state in which a booking is drawn: red where its time is over and nobody has said what became of it.
pub(super) fn state_tone(state: OxygenState, slot: OxygenSlot, now: Ts) -> &'static str {
    match state {
        OxygenState::Booked if now >= slot.ends_at => "act",
        OxygenState::Booked if now >= slot.starts_at => "soon",
        OxygenState::Booked | OxygenState::Begun => "info",
        OxygenState::Ended => "well",
        OxygenState::Missed => "soon",
        OxygenState::Released => "",
    }
}

/// `09:00–10:00`.
pub(super) fn span(t: &T, slot: OxygenSlot) -> String {
    format!("{}–{}", t.time(slot.starts_at), t.time(slot.ends_at))
}

/// A time with its day, `明天 09:00–10:00`.
pub(super) fn span_on(t: &T, slot: OxygenSlot, now: Ts) -> String {
    let (today, day) = (now.local().date(), slot.starts_at.local().date());
    let word = match i64::from(today.until(day).map_or(i32::MAX, |span| span.get_days())) {
        0 => t.s("follow-today").into_owned(),
        1 => t.s("follow-tomorrow").into_owned(),
        _ => t.date(slot.starts_at),
    };
    format!("{word} {}", span(t, slot))
}

fn day_in_words(t: &T, day: Date) -> String {
    Ts::from_local(day.at(12, 0, 0, 0)).map(|noon| t.date(noon)).unwrap_or_default()
}

fn offered(t: &T, view: &OxygenDay) -> String {
    match &view.offer {
        Some(offer) if offer.opens_on(view.day) => offer_in_words(t, offer),
        Some(_) => t.s("follow-oxygen-closed").into_owned(),
        None => t.s("follow-oxygen-never").into_owned(),
    }
}

fn offer_in_words(t: &T, offer: &OxygenOffer) -> String {
    if offer.places == 0 {
        return t.s("follow-oxygen-closed").into_owned();
    }
    let clock = |minutes: i64| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let days: Vec<String> = (0..7)
        .filter(|day| offer.weekdays & (1 << day) != 0)
        .map(|day| t.s(&format!("follow-weekday-{day}")).into_owned())
        .collect();
    let days = if days.len() == 7 { t.s("follow-oxygen-every-day").into_owned() } else { days.join(&t.s("follow-list-comma")) };
    t.with(
        "follow-oxygen-offer",
        &[
            ("days", days.into()),
            ("from", clock(offer.opens).into()),
            ("to", clock(offer.closes).into()),
            ("minutes", offer.slot_minutes.into()),
            ("places", offer.places.into()),
        ],
    )
}

/// `POST /care/oxygen/{id}/offer`: says what is offered from a day on.
pub(crate) async fn offer(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let id: OrganisationId = id.parse().map_err(|_| FollowError::NotFound)?;
    let desk = desk(&hall)?;
    let done = async {
        let input = read_offer(&form)?;
        run!(caller, hall, tx => commands::offer_oxygen(&caller.ctx, tx, &desk, id, input))
    }
    .await;
    let done = done.map(|_| format!("/care/oxygen/{id}?day={}", form.typed("from_day").trim()));
    ended(&caller, done, async |problems| Ok(Page(day_page(&caller, &hall, id, None, (form, problems)).await?))).await
}

fn read_offer(form: &FormMap) -> Result<NewOffer, FollowError> {
    let wrong = |field, problem| FollowError::Field { field, problem };
    let typed = |field: &'static str| {
        let text = form.typed(field).trim();
        if text.is_empty() { Err(wrong(field, Wrong::Required)) } else { Ok(text) }
    };
    let number = |field: &'static str, most: i64| {
        let range = Wrong::OutOfRange { least: 0, most };
        typed(field)?.parse::<i64>().map_err(|_| wrong(field, range))
    };
    let minutes = |field: &'static str| {
        let text = typed(field)?;
        if text == "24:00" {
            return Ok(1_440);
        }
        let time: Time = text.parse().map_err(|_| wrong(field, Wrong::NotQuarters))?;
        Ok::<i64, FollowError>(i64::from(time.hour()) * 60 + i64::from(time.minute()))
    };
    let bit = |word: &str| word.parse::<u32>().ok().filter(|day| *day < 7).map_or(0, |day| 1_i64 << day);
    Ok(NewOffer {
        from_day: typed("from_day")?.parse().map_err(|_| wrong("from_day", Wrong::NotADate))?,
        weekdays: form.all("weekday").fold(0, |days, word| days | bit(word)),
        opens: minutes("opens")?,
        closes: minutes("closes")?,
        slot_minutes: number("slot_minutes", 240)?,
        places: number("places", crate::follow::rules::PLACES_MAX)?,
    })
}

/// `POST /care/oxygen/bookings/{id}/put`: begun, ended, not come, let go.
pub(crate) async fn put(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let id: OxygenBookingId = id.parse().map_err(|_| FollowError::NotFound)?;
    let (institution, day) = queries::booking_place(&caller.ctx, &mut hall.read().await?.conn(), id).await?;
    let desk = desk(&hall)?;
    let to = form.typed("to").parse().map_err(|_| FollowError::Field { field: "to", problem: Wrong::NotAChoice })?;
    run!(caller, hall, tx => commands::put_oxygen(&caller.ctx, tx, &desk, id, (to, form.typed("because"))))?;
    let back = match form.typed("back").parse::<CarePersonId>() {
        Ok(person) => format!("/care/follow/{person}"),
        Err(_) => format!("/care/oxygen/{institution}?day={day}"),
    };
    Ok(Redirect::to(&back).into_response())
}

/// `POST /care/follow/{id}/oxygen`: books a place for somebody, the next that is free when no time was chosen.
pub(crate) async fn book(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let id: CarePersonId = id.parse().map_err(|_| FollowError::NotFound)?;
    let starts_at = match form.typed("starts_at").trim() {
        "" => None,
        typed => Some(super::instant("starts_at", typed)?),
    };
    let done = take_place(&caller, &hall, id, Wanted { starts_at, ..Wanted::default() }).await;
    super::person::back(&caller, &hall, id, (&form, "oxygen"), done.map(|()| "#oxygen")).await
}

/// `POST /care/alarms/{id}/oxygen`: one tap, and the person of an alarm has the next place that is free. The alarm still waits for a decision.
pub(crate) async fn for_alarm(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let alarm: AlarmId = id.parse().map_err(|_| FollowError::NotFound)?;
    let person = queries::person_of_alarm(&caller.ctx, &mut hall.read().await?.conn(), alarm).await?;
    let done = take_place(&caller, &hall, person, Wanted { alarm: Some(alarm), ..Wanted::default() }).await;
    super::person::back(&caller, &hall, person, (&form, ""), done.map(|()| "#oxygen")).await
}

async fn take_place(caller: &Caller, hall: &Hall, id: CarePersonId, wanted: Wanted) -> Result<(), AppError> {
    let desk = desk(hall)?;
    run!(caller, hall, tx => async {
        let consent = agreed(caller, tx, id).await?;
        commands::book_oxygen(&caller.ctx, tx, &desk, &consent, wanted).await
    })?;
    Ok(())
}
