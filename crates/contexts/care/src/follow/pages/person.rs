//! The page of somebody who is followed: what is alarming, the telephone, the form for a reading, what it amounts to, what came before.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use linli_hall::{Caller, Hall};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::calls::why;
use super::medicines::name;
use super::oxygen;
use super::{agreed, choices, desk, district, in_words, instant, level_tone, neighbours, run, source, tone};
use crate::follow::commands::{self, NewReading};
use crate::follow::error::{FollowError, Wrong};
use crate::follow::model::{Alarm, AlarmId, Became, Colour, DecisionState, Followed, Level, Mind, OxygenState, Reason, Via};
use crate::follow::pages::scores::{ScoreView, scores};
use crate::follow::pages::spark::Spark;
use crate::follow::queries::{self, PersonView};
use crate::follow::rules::Told;
use crate::model::CarePersonId;
use crate::pages::{ended, keyed, private};

/// A reading that was told so much later than it was taken has both times.
const LATE_SECS: i64 = 300;

/// An alarm that waits for somebody.
struct OpenAlarm {
    id: String,
    why: String,
    told: String,
    when: String,
    tone: &'static str,
    mark: String,
    emergency: bool,
    /// Where a bed is asked for because of it; empty where there is no treatment network.
    bed: String,
    source: String,
    /// The urgency that the rule would have, chosen beforehand.
    urgency: String,
    /// What the tap says that books the next place for oxygen; empty where none is offered.
    oxygen: String,
}

/// The place for oxygen that somebody has or will have.
struct Place {
    id: String,
    text: String,
    can_release: bool,
    tone: &'static str,
    word: String,
}

/// A decision about an antiviral.
struct DecisionLine {
    id: String,
    text: String,
    note: String,
    when: String,
    tone: &'static str,
    word: String,
    /// Whether it waits to be handed out and can be made void.
    waits: bool,
}

/// A line of what happened.
struct PastLine {
    when: String,
    text: String,
    note: String,
}

#[derive(Template)]
#[template(path = "follow-person.html")]
struct PersonPage {
    shell: Shell,
    t: T,
    href: String,
    problems: Problems,
    /// Which form of the page was sent and is wrong.
    wrong_form: String,
    form: FormMap,
    name: String,
    place: String,
    phone: String,
    /// Whether the risk factors are known; without them no reading is taken.
    known: bool,
    /// That a visit found them unwell, in words; empty when there was none, or a reading since.
    unwell: String,
    about: Vec<(String, String)>,
    colour_tone: &'static str,
    colour: String,
    undecided: bool,
    decided: String,
    alarms: Vec<OpenAlarm>,
    /// Visits that alarms led to.
    visits: Vec<super::visits::VisitLine>,
    spark: Option<Spark>,
    scores: Vec<ScoreView>,
    readings: Vec<PastLine>,
    past: Vec<PastLine>,
    oximeter: String,
    oximeter_id: String,
    /// Whether the institution has one to lend.
    lendable: bool,
    person_id: String,
    /// The page of the institution where places for oxygen are.
    oxygen_href: String,
    place_now: Option<Place>,
    /// Times that are free, the next one first.
    free: Vec<Choice>,
    next_free: String,
    decisions: Vec<DecisionLine>,
    minds: Vec<Choice>,
    vias: Vec<Choice>,
    colours: Vec<Choice>,
    urgencies: Vec<Choice>,
    becoming: Vec<Choice>,
    groups_source: String,
}

impl PersonPage {
    /// What was typed into a field of the form that was sent.
    fn typed(&self, field: &str) -> &str {
        self.form.typed(field)
    }

    /// Whether the fields that are put away have to be seen, because one of them is wrong or was filled in.
    fn more(&self) -> bool {
        let put_away = ["breaths", "systolic", "diastolic", "mind", "taken_at", "via"];
        put_away.iter().any(|field| !self.problems.text(&self.t, field).is_empty())
    }
}

/// `GET /care/follow/{id}`. That it was opened is written down.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let id = id.parse().map_err(|_| FollowError::NotFound)?;
    let page = page(&caller, &hall, id, (&FormMap::default(), ""), Problems::default()).await?;
    run!(caller, hall, tx => commands::looked(&caller.ctx, tx, id))?;
    Ok(private(Page(page)))
}

/// After a form of the page of somebody: the part of the page that follows, or the page with what is wrong with the form of that name.
pub(crate) async fn back(
    caller: &Caller,
    hall: &Hall,
    id: CarePersonId,
    sent: (&FormMap, &str),
    done: Result<&str, AppError>,
) -> Result<Response, AppError> {
    let done = done.map(|part| format!("/care/follow/{id}{part}"));
    ended(caller, done, async |problems| Ok(Page(page(caller, hall, id, sent, problems).await?))).await
}

/// `POST /care/follow/{id}/readings`.
pub(crate) async fn tell(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let id: CarePersonId = id.parse().map_err(|_| FollowError::NotFound)?;
    let done = async {
        let desk = desk(&hall)?;
        let input = read(&form, caller.ctx.now())?;
        run!(caller, hall, tx => async {
            let consent = agreed(&caller, tx, id).await?;
            commands::tell(&caller.ctx, tx, &desk, &consent, input).await
        })
    }
    .await;
    back(&caller, &hall, id, (&form, "reading"), done.map(|_| "")).await
}

fn read(form: &FormMap, now: linli_kernel::Ts) -> Result<NewReading<'_>, FollowError> {
    let choice = |field: &'static str| FollowError::Field { field, problem: Wrong::NotAChoice };
    let mind = form.typed("mind");
    let via = form.typed("via");
    let taken = form.typed("taken_at");
    let told = Told {
        spo2: form.typed("spo2"),
        spo2_walk: form.typed("spo2_walk"),
        pulse: form.typed("pulse"),
        breaths: form.typed("breaths"),
        temperature: form.typed("temperature"),
        systolic: form.typed("systolic"),
        diastolic: form.typed("diastolic"),
        on_oxygen: form.reader().ticked("on_oxygen"),
        mind: if mind.is_empty() { None } else { Some(mind.parse().map_err(|_| choice("mind"))?) },
        breathless: form.reader().ticked("breathless"),
    };
    Ok(NewReading {
        told,
        taken_at: if taken.trim().is_empty() { now } else { instant("taken_at", taken)? },
        via: if via.is_empty() { Via::Phone } else { via.parse().map_err(|_| choice("via"))? },
        source_keys: &[],
    })
}

/// `POST /care/follow/{id}/colour`.
pub(crate) async fn decide(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let id: CarePersonId = id.parse().map_err(|_| FollowError::NotFound)?;
    let done = async {
        let desk = desk(&hall)?;
        let problem = FollowError::Field { field: "colour", problem: Wrong::Required };
        let colour: Colour = form.typed("colour").parse().map_err(|_| problem)?;
        let because = form.typed("colour_because");
        run!(caller, hall, tx => commands::decide_colour(&caller.ctx, tx, &desk, id, (colour, because)))
    }
    .await;
    back(&caller, &hall, id, (&form, "colour"), done.map(|_| "")).await
}

/// Of whom an alarm is, for going back to their page.
async fn of_alarm(caller: &Caller, hall: &Hall, id: &str) -> Result<(AlarmId, CarePersonId), AppError> {
    let id: AlarmId = id.parse().map_err(|_| FollowError::NotFound)?;
    let person = queries::person_of_alarm(&caller.ctx, &mut hall.read().await?.conn(), id).await?;
    Ok((id, person))
}

/// `POST /care/alarms/{id}/acknowledge`.
pub(crate) async fn acknowledge(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let (id, person) = of_alarm(&caller, &hall, &id).await?;
    let done = async {
        let desk = desk(&hall)?;
        let problem = FollowError::Field { field: "became", problem: Wrong::NotAChoice };
        let became: Became = form.typed("became").parse().map_err(|_| problem)?;
        run!(caller, hall, tx => commands::acknowledge(&caller.ctx, tx, &desk, id, (became, form.typed("because"))))
    }
    .await;
    back(&caller, &hall, person, (&form, &format!("acknowledge-{id}")), done.map(|()| "")).await
}

/// `POST /care/alarms/{id}/referral`.
pub(crate) async fn refer(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let (id, person) = of_alarm(&caller, &hall, &id).await?;
    let done = async {
        let desk = desk(&hall)?;
        let urgency = form.typed("urgency").parse().unwrap_or_default();
        run!(caller, hall, tx => commands::ask_referral(&caller.ctx, tx, &desk, id, (urgency, form.typed("because"))))
    }
    .await;
    back(&caller, &hall, person, (&form, &format!("refer-{id}")), done.map(|_| "")).await
}

/// `POST /care/alarms/{id}/visit`: one tap, and somebody goes to the door.
pub(crate) async fn visit(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let (id, person) = of_alarm(&caller, &hall, &id).await?;
    let desk = desk(&hall)?;
    let done = run!(caller, hall, tx => commands::ask_visit(&caller.ctx, tx, &desk, id));
    back(&caller, &hall, person, (&form, ""), done.map(|_| "")).await
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    id: CarePersonId,
    (form, wrong_form): (&FormMap, &str),
    problems: Problems,
) -> Result<PersonPage, AppError> {
    let (t, desk) = (caller.info.t().clone(), desk(hall)?);
    let here = district(&caller.ctx)?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let view = queries::person(&caller.ctx, c, &desk, id).await?;
    let place = neighbours(hall)?.place_name(c, here, &view.place).await.map_err(FollowError::from)?;
    let mut about = Vec::new();
    if let Some(followed) = &view.followed {
        about = facts(&t, followed, hall.now());
        let institution = queries::institution_name(c, here, followed.institution).await?;
        about.push((t.s("follow-institution").into_owned(), institution));
    }
    let now = hall.now();
    let visits = super::visits::lines(c, &t, (neighbours(hall)?.as_ref(), here), &view.visits, now).await?;
    let colour = view.followed.as_ref().map(|followed| followed.colour);
    Ok(PersonPage {
        shell: caller.shell(view.name.clone()),
        href: format!("/care/follow/{id}"),
        name: view.name.clone(),
        place,
        phone: view.phone.clone().unwrap_or_default(),
        known: view.followed.is_some(),
        unwell: view.unwell.as_ref().map_or_else(String::new, |(number, at)| {
            t.with("follow-unwell-note", &[("number", number.as_str().into()), ("when", t.when(*at, now).into())])
        }),
        about,
        colour_tone: colour.map_or("", tone),
        colour: colour.map(|colour| t.s(&format!("follow-colour-{colour}")).into_owned()).unwrap_or_default(),
        undecided: view.followed.as_ref().is_some_and(|followed| followed.undecided),
        decided: view.followed.as_ref().and_then(|f| f.decided_because.clone()).unwrap_or_default(),
        alarms: open_alarms(&t, &view, desk.beds_at(), now),
        visits,
        spark: Spark::of(&t, &view),
        scores: scores(&t, &view),
        readings: view
            .readings
            .iter()
            .map(|reading| PastLine {
                when: t.when(reading.taken_at, now),
                text: in_words(&t, &reading.vitals),
                note: t.s(&format!("follow-via-{}", reading.via)).into_owned(),
            })
            .collect(),
        past: past(&t, &view, now),
        oximeter: view.oximeter.as_ref().map(|one| t.n("follow-oximeter-has", one.number)).unwrap_or_default(),
        oximeter_id: view.oximeter.as_ref().map(|one| one.id.to_string()).unwrap_or_default(),
        lendable: view.lendable,
        person_id: id.to_string(),
        oxygen_href: view.followed.as_ref().map(|one| format!("/care/oxygen/{}", one.institution)).unwrap_or_default(),
        place_now: place_now(&t, &view, now),
        next_free: view.free.first().map(|slot| oxygen::span_on(&t, *slot, now)).unwrap_or_default(),
        free: view.free.iter().map(|slot| Choice::new(local_minute(slot.starts_at), oxygen::span_on(&t, *slot, now))).collect(),
        decisions: decisions(&t, &view, now),
        minds: choices(&t, "follow-mind", Mind::ALL.iter().map(|mind| mind.as_str())),
        vias: choices(&t, "follow-via", ["phone", "doorstep", "paper"]),
        colours: choices(&t, "follow-colour", Colour::ALL.iter().rev().map(|colour| colour.as_str())),
        urgencies: choices(&t, "follow-urgency", ["1", "2", "3", "4"]),
        becoming: choices(&t, "follow-became", [Became::Kept.as_str(), Became::FalseAlarm.as_str()]),
        groups_source: source(&t, view.rules.groups_stamp()),
        form: form.clone(),
        wrong_form: wrong_form.to_owned(),
        problems,
        t,
    })
}

fn facts(t: &T, followed: &Followed, now: linli_kernel::Ts) -> Vec<(String, String)> {
    let factors = &followed.factors;
    let mut facts = vec![
        (t.s("follow-age").into_owned(), factors.age(now.local().date()).to_string()),
        (t.s("follow-disease").into_owned(), t.s(&format!("follow-disease-{}", factors.disease)).into_owned()),
        (t.s("follow-vaccination").into_owned(), t.s(&format!("follow-vaccination-{}", factors.vaccination)).into_owned()),
    ];
    let ticks = [("immunocompromised", factors.immunocompromised), ("pregnant", factors.pregnant), ("scale2", factors.scale2)];
    for (word, holds) in ticks {
        if holds {
            facts.push((t.s(&format!("follow-{word}")).into_owned(), t.s("follow-yes").into_owned()));
        }
    }
    let next = followed.next_due.map_or_else(|| t.s("follow-next-none").into_owned(), |due| t.when(due, now));
    facts.push((t.s("follow-next").into_owned(), next));
    facts
}

fn open_alarms(t: &T, view: &PersonView, beds: Option<&str>, now: linli_kernel::Ts) -> Vec<OpenAlarm> {
    let open = view.alarms.iter().filter(|alarm| alarm.became.is_none());
    let level = |level: i64| level.to_string();
    open.map(|alarm| {
        let reading = alarm.reading.and_then(|id| view.readings.iter().find(|reading| reading.id == id));
        let suggested = view.followed.as_ref().zip(reading).map(|(followed, reading)| {
            let scored = queries::score(&view.rules, followed, reading);
            scored.triage.level
        });
        // A stratum of triage comes from its own standard, whatever else the reading raised.
        let extreme = alarm.reasons.contains(&Reason::Extreme).then(|| view.rules.triage_stamp());
        let others = alarm.reasons.iter().any(|reason| *reason != Reason::Extreme);
        let stamp = if alarm.reading.is_some() { view.rules.readings_stamp() } else { view.rules.schedule_stamp() };
        let stamps = Some(stamp).filter(|_| others || extreme.is_none()).into_iter().chain(extreme);
        let sources: Vec<String> = stamps.map(|stamp| source(t, stamp)).collect();
        OpenAlarm {
            id: alarm.id.to_string(),
            why: why(t, alarm),
            told: reading.map(|reading| in_words(t, &reading.vitals)).unwrap_or_default(),
            // When it was measured; when it was told beside it, where that was later.
            when: match reading {
                Some(reading) if alarm.raised_at.secs_since(reading.taken_at) >= LATE_SECS => t.with(
                    "follow-taken-and-told",
                    &[("taken", t.when(reading.taken_at, now).into()), ("told", t.when(alarm.raised_at, now).into())],
                ),
                Some(reading) => t.when(reading.taken_at, now),
                None => t.when(alarm.raised_at, now),
            },
            tone: level_tone(alarm.level),
            mark: t.s(&format!("follow-level-{}", alarm.level)).into_owned(),
            emergency: alarm.level == Level::Emergency,
            bed: beds.map(|path| format!("{path}?alarm={}", alarm.id)).unwrap_or_default(),
            source: sources.join(&t.s("follow-comma")),
            urgency: suggested.map(level).unwrap_or_default(),
            oxygen: offer(t, view, alarm, now),
        }
    })
    .collect()
}

/// What the tap on an alarm says that books the next place for oxygen: nothing for an emergency, for who has one, and where none is free.
fn offer(t: &T, view: &PersonView, alarm: &Alarm, now: linli_kernel::Ts) -> String {
    let offered = view.rules.oxygen().offered_for(alarm) && place_now(t, view, now).is_none();
    let next = view.free.first().filter(|_| offered);
    next.map(|slot| t.v("follow-oxygen-tap", "when", oxygen::span_on(t, *slot, now))).unwrap_or_default()
}

/// `2026-11-24T09:30`, as a form sends it.
fn local_minute(at: linli_kernel::Ts) -> String {
    let local = at.local();
    format!("{}T{:02}:{:02}", local.date(), local.hour(), local.minute())
}

/// The place that somebody has or will have: the first that is not over.
fn place_now(t: &T, view: &PersonView, now: linli_kernel::Ts) -> Option<Place> {
    let open = view.oxygen.iter().filter(|one| one.state.is_open()).min_by_key(|one| one.slot.starts_at)?;
    let place = t.n("follow-oxygen-place-no", open.place_no);
    Some(Place {
        can_release: open.state == OxygenState::Booked,
        id: open.id.to_string(),
        text: format!("{}{}{place}", oxygen::span_on(t, open.slot, now), t.s("follow-comma")),
        tone: oxygen::state_tone(open.state, open.slot, now),
        word: t.s(&format!("follow-oxygen-state-{}", open.state)).into_owned(),
    })
}

/// What was decided about antivirals, the newest first.
fn decisions(t: &T, view: &PersonView, now: linli_kernel::Ts) -> Vec<DecisionLine> {
    let list = view.rules.antivirals();
    let line = |one: &crate::follow::model::Decision| DecisionLine {
        id: one.id.to_string(),
        text: match &one.medicine {
            Some(code) => t.with(
                "follow-prescribed",
                &[
                    ("number", one.number.as_str().into()),
                    ("medicine", name(t, list, code).into()),
                    ("boxes", t.n("follow-boxes", one.quantity).into()),
                ],
            ),
            None => t.v("follow-decided-against", "number", one.number.as_str()),
        },
        note: [one.because.clone(), one.late.then(|| t.s("follow-decided-late").into_owned())]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" · "),
        when: t.when(one.decided_at, now),
        tone: match one.state {
            DecisionState::Prescribed => "soon",
            DecisionState::Dispensed => "well",
            DecisionState::Cancelled | DecisionState::Against => "",
        },
        word: t.s(&format!("follow-decision-{}", one.state)).into_owned(),
        waits: one.state == DecisionState::Prescribed,
    };
    view.decisions.iter().map(line).collect()
}

/// Alarms that were dealt with, and referrals, as lines.
fn past(t: &T, view: &PersonView, now: linli_kernel::Ts) -> Vec<PastLine> {
    let mut lines = Vec::new();
    for alarm in view.alarms.iter().filter(|alarm| alarm.became.is_some()) {
        let Some((became, at)) = alarm.became.zip(alarm.acknowledged_at) else { continue };
        let word = t.s(&format!("follow-became-{became}")).into_owned();
        lines.push((
            at,
            PastLine {
                when: t.when(at, now),
                text: t.with("follow-past-alarm", &[("why", why(t, alarm).into()), ("became", word.into())]),
                note: alarm.because.clone().unwrap_or_default(),
            },
        ));
    }
    for referral in &view.referrals {
        let text =
            t.with("follow-past-referral", &[("number", referral.number.as_str().into()), ("urgency", referral.urgency.into())]);
        lines.push((referral.asked_at, PastLine { when: t.when(referral.asked_at, now), text, note: String::new() }));
    }
    for booking in view.oxygen.iter().filter(|one| !one.state.is_open()) {
        let word = t.s(&format!("follow-oxygen-state-{}", booking.state)).into_owned();
        let text = t.with("follow-past-oxygen", &[("when", oxygen::span(t, booking.slot).into()), ("word", word.into())]);
        let when = t.when(booking.slot.starts_at, now);
        lines.push((booking.slot.starts_at, PastLine { when, text, note: String::new() }));
    }
    lines.sort_by(|(a, _), (b, _)| b.cmp(a));
    lines.into_iter().map(|(_, line)| line).collect()
}
