//! A referral on a phone: the form with what the score suggests, and the page on which it is followed.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use linli_access::{Action, Resource};
use linli_care::follow::model::{AlarmId, Mind, Vitals};
use linli_care::follow::rules::{Rules as Follow, Told as Typed};
use linli_db::StoredLine;
use linli_hall::{Caller, Hall, Told};
use linli_kernel::Ts;
use linli_webkit::view::{Choice, Step};
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T};

use super::desk::{choices, desk, post, run, word};
use super::{district, private, source, take_key};
use crate::commands::hand_off;
use crate::commands::referrals::{self as commands, NewReferral, Next};
use crate::desk::BedDesk;
use crate::error_beds::{BedError, Wrong};
use crate::model::GridKind;
use crate::model::beds::BedType;
use crate::model::referrals::{Consent, Direction, Event, Patient, Referral, ReferralId, ReferralState, Severity, Withdrawing};
use crate::queries::referrals::{self as queries, Sent};
use crate::rules::capabilities::Capabilities;
use crate::rules::severity::{Age, Suggested, in_words};
use crate::standing::own_institution;

const TOLD: Told = Told {
    kinds: &[
        "treatment.referral_answered",
        "treatment.referral_asked",
        "treatment.referral_cancelled",
        "treatment.referral_failed",
        "treatment.referral_given_up",
        "treatment.referral_late",
        "treatment.referral_late_answer",
        "treatment.referral_sent",
        "treatment.referral_spilled",
        "treatment.referral_under_way",
        "treatment.inbound_accepted",
        "treatment.inbound_arrived",
        "treatment.inbound_bedded",
        "treatment.inbound_came",
        "treatment.inbound_completed",
        "treatment.inbound_declined",
        "treatment.inbound_lapsed",
        "treatment.inbound_under_way",
        "treatment.inbound_withdrawn",
        "treatment.refusal_stopped",
    ],
    except: &[],
};

struct Line {
    href: String,
    name: String,
    what: String,
    when: String,
    tone: &'static str,
    word: String,
}

#[derive(Template)]
#[template(path = "referral-list.html")]
struct ListPage {
    shell: Shell,
    t: T,
    lines: Vec<Line>,
    /// Whether the actor acts for an institution at all.
    own: bool,
}

#[derive(Template)]
#[template(path = "referral-form.html")]
struct FormPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    directions: Vec<Choice>,
    bed_types: Vec<Choice>,
    needs: Vec<Choice>,
    targets: Vec<Choice>,
    minds: Vec<Choice>,
    severities: Vec<Choice>,
    consents: Vec<Choice>,
    /// What the score suggests, in words, with its reasons.
    suggestion: Option<Suggestion>,
    /// Whether the patient whose request is open lies in a bed by it.
    lies: bool,
    /// Where the open request of the patient is followed; empty for who may not.
    track: Option<String>,
}

struct Suggestion {
    word: String,
    because: Vec<String>,
    beside: String,
    /// Whether the limits are those of children.
    child: bool,
    source: String,
}

impl FormPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }

    fn ticked(&self, need: &str) -> bool {
        self.form.all("need").any(|one| one == need)
    }

    fn chosen(&self, name: &str, usual: &'static str) -> &str {
        match self.form.typed(name) {
            "" => usual,
            typed => typed,
        }
    }
}

struct AttemptRow {
    name: String,
    when: String,
    tone: &'static str,
    word: String,
    note: String,
}

#[derive(Template)]
#[template(path = "referral-track.html")]
struct TrackPage {
    shell: Shell,
    t: T,
    href: String,
    tone: &'static str,
    word: String,
    due: String,
    late: bool,
    facts: Vec<(String, String)>,
    attempts: Vec<AttemptRow>,
    steps: Vec<Step>,
    now: Ts,
    departs: bool,
    withdraws: Option<&'static str>,
    reasons: Vec<Choice>,
    source: String,
}

pub(super) const fn tone(state: ReferralState) -> &'static str {
    match state {
        ReferralState::Accepted | ReferralState::Arrived | ReferralState::Completed => "well",
        ReferralState::Declined | ReferralState::Failed => "act",
        ReferralState::Cancelled | ReferralState::Draft => "",
        ReferralState::Requested | ReferralState::Received => "soon",
        ReferralState::UnderWay => "info",
    }
}

fn in_short(t: &T, referral: &Referral) -> String {
    let kind = t.s(&format!("beds-type-{}", referral.bed_type));
    let severity = t.s(&format!("referral-severity-{}", referral.severity));
    format!("{} · {severity} · {kind}", t.s(&format!("referral-direction-{}", referral.direction)))
}

/// `GET /referrals`.
pub(crate) async fn list(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let (t, desk, now) = (caller.info.t().clone(), desk(&hall)?, hall.now());
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let own = own_institution(&caller.ctx, c).await?.is_some();
    let all = if own { queries::list(&caller.ctx, c, &desk, 200).await? } else { Vec::new() };
    let lines = all.into_iter().map(|(referral, name)| Line {
        href: format!("/referrals/{}", referral.id),
        name: if name.is_empty() { t.s("referral-erased").into_owned() } else { name },
        what: in_short(&t, &referral),
        when: t.when(referral.state_at, now),
        tone: tone(referral.state),
        word: t.s(&format!("referral-state-{}", referral.state)).into_owned(),
    });
    let page =
        ListPage { shell: caller.shell(t.s("referral-list-title")).live("/referrals/live"), lines: lines.collect(), own, t };
    Ok(private(Page(page)))
}

/// `GET /referrals/live`.
pub(crate) async fn live(caller: Caller, State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    let scope = caller.ctx.scope(Action::Read, Resource::Referral).map_err(BedError::from)?;
    hall.stream(&caller.ctx, &headers, (scope, TOLD), None).await
}

/// What it begins with.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Begun {
    /// An alarm of somebody who is followed at home.
    #[serde(default)]
    alarm: String,
}

/// `GET /referrals/new`.
pub(crate) async fn form(caller: Caller, State(hall): State<Hall>, Query(begun): Query<Begun>) -> Result<Response, AppError> {
    let form = match begun.alarm.parse::<AlarmId>() {
        Ok(alarm) => known_of(&caller, &hall, alarm).await?,
        Err(_) => FormMap::default(),
    };
    Ok(private(Page(form_page(&caller, &hall, &form, Problems::default()).await?)))
}

/// What the care side knows of whoever an alarm is about, as if it had been typed: who follows somebody need not ask again. That it was looked at
/// is written down, for the person to see.
async fn known_of(caller: &Caller, hall: &Hall, alarm: AlarmId) -> Result<FormMap, AppError> {
    let desk = hall.service::<linli_care::follow::Desk>()?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let person = linli_care::follow::queries::person_of_alarm(&caller.ctx, c, alarm).await?;
    let view = linli_care::follow::queries::person(&caller.ctx, c, &desk, person).await?;
    drop(read);
    let mut tx = hall.begin(district(&caller.ctx)?).await?;
    linli_care::follow::commands::looked(&caller.ctx, &mut tx, person).await?;
    hall.commit(tx).await?;
    let of = view.alarms.iter().find(|one| one.id == alarm).and_then(|one| one.reading);
    let reading = view.readings.iter().find(|one| Some(one.id) == of).or(view.readings.first());
    let vitals = reading.map(|reading| reading.vitals).unwrap_or_default();
    let whole = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    let tenths = |value: Option<i64>| value.map(|value| format!("{}.{}", value / 10, value % 10)).unwrap_or_default();
    let fields = [
        ("alarm", alarm.to_string()),
        ("name", view.name),
        ("born", view.followed.map(|followed| followed.factors.born.to_string()).unwrap_or_default()),
        ("phone", view.phone.unwrap_or_default()),
        ("spo2", whole(vitals.spo2)),
        ("breaths", whole(vitals.breaths)),
        ("pulse", whole(vitals.pulse)),
        ("temperature", tenths(vitals.temperature)),
        ("systolic", whole(vitals.systolic)),
        ("diastolic", whole(vitals.diastolic)),
        ("mind", vitals.mind.map(|mind| mind.to_string()).unwrap_or_default()),
        ("on_oxygen", if vitals.on_oxygen { "1".to_owned() } else { String::new() }),
    ];
    let said: Vec<(&str, &str)> =
        fields.iter().map(|(field, value)| (*field, value.as_str())).filter(|one| !one.1.is_empty()).collect();
    Ok(FormMap::from_pairs(&said))
}

fn vitals(follow: &Follow, form: &FormMap) -> Result<Vitals, BedError> {
    let typed = |field| form.typed(field);
    let mind = if typed("mind").is_empty() { None } else { Some(word::<Mind>(form, "mind")?) };
    let told = Typed {
        spo2: typed("spo2"),
        pulse: typed("pulse"),
        breaths: typed("breaths"),
        temperature: typed("temperature"),
        systolic: typed("systolic"),
        diastolic: typed("diastolic"),
        on_oxygen: !typed("on_oxygen").is_empty(),
        mind,
        ..Typed::default()
    };
    let measured = ["spo2", "pulse", "breaths", "temperature", "systolic", "diastolic"];
    if measured.iter().all(|field| typed(field).trim().is_empty()) && mind.is_none() {
        return Ok(Vitals::default());
    }
    follow.readings().read(&told).map_err(|slip| BedError::Field { field: slip.field, problem: Wrong::NotLiving })
}

/// What is needed, in words: by the list of this part, or as the rules of capabilities call it.
pub(super) fn need(t: &T, code: &str) -> String {
    t.opt(&format!("referral-need-{code}")).map_or_else(|| code.to_owned(), |text| text.to_string())
}

fn suggested(desk: &BedDesk, caller: &Caller, form: &FormMap) -> Result<(Suggested, Vitals, linli_rulebook::Stamp), BedError> {
    let (place, now) = (linli_kernel::PlacePath::root(), caller.ctx.now());
    let (criteria, follow) = desk.severity(&place, now)?;
    let vitals = vitals(&follow, form)?;
    let needs: Vec<String> = form.all("need").map(str::to_owned).collect();
    let found = criteria.value.suggest(&follow, &vitals, Age::of_birth(form.typed("born"), now.local().date()), &needs);
    Ok((found, vitals, criteria.stamp.clone()))
}

fn suggestion(t: &T, found: &Suggested, stamp: &linli_rulebook::Stamp) -> Suggestion {
    let beside = match &found.news {
        Ok(score) => t.with("referral-news", &[("n", score.total.into()), ("missing", score.missing.len().into())]),
        Err(_) => t.s("referral-news-none").into_owned(),
    };
    Suggestion {
        word: t.s(&format!("referral-severity-{}", found.severity)).into_owned(),
        because: found
            .because
            .iter()
            .map(|why| t.with(&format!("referral-because-{}", why.as_str()), &[("n", found.breaths_from.into())]))
            .collect(),
        beside,
        child: found.child,
        source: source(t, stamp),
    }
}

async fn form_page(caller: &Caller, hall: &Hall, form: &FormMap, problems: Problems) -> Result<FormPage, AppError> {
    let (t, desk, now) = (caller.info.t().clone(), desk(hall)?, hall.now());
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let mut targets = Vec::new();
    if let Some(from) = own_institution(&caller.ctx, c).await? {
        for (direction, bed_type) in [(Direction::Up, BedType::Icu), (Direction::Down, BedType::Infusion)] {
            let way = (direction, GridKind::General);
            for one in queries::candidates(c, &desk, from, way, (bed_type, &[]), now).await? {
                let value = format!("{}/{}", one.at.0, one.at.1);
                let name = crate::queries::beds::name_of(c, one.at.0, one.at.1).await?;
                if !targets.iter().any(|known: &Choice| known.value == value) {
                    targets.push(Choice::new(value, name));
                }
            }
        }
    }
    let known = desk.capabilities(&linli_kernel::PlacePath::root(), now).map_err(BedError::from)?;
    let looked = suggested(&desk, caller, form).ok().filter(|_| !form.typed("name").is_empty() || !form.typed("spo2").is_empty());
    Ok(FormPage {
        shell: caller.shell(t.s("referral-new-title")),
        directions: choices(&t, "referral-direction", Direction::ALL.iter().map(|one| one.as_str())),
        bed_types: choices(&t, "beds-type", BedType::ALL.iter().map(|one| one.as_str())),
        needs: known
            .value
            .codes()
            .map(|code| {
                let named = || known.value.name(code, t.locale().tag()).to_owned();
                Choice::new(code, t.opt(&format!("referral-need-{code}")).map_or_else(named, |text| text.to_string()))
            })
            .collect(),
        targets,
        minds: choices(&t, "referral-mind", Mind::ALL.iter().map(|one| one.as_str())),
        severities: choices(&t, "referral-severity", Severity::ALL.iter().map(|one| one.as_str())),
        consents: choices(&t, "referral-consent", Consent::ALL.iter().map(|one| one.as_str())),
        suggestion: looked.map(|(found, _, stamp)| suggestion(&t, &found, &stamp)),
        lies: false,
        track: None,
        form: form.clone(),
        problems,
        t,
    })
}

fn new_referral(
    form: &FormMap,
    known: &Capabilities,
    found: &(Suggested, Vitals, linli_rulebook::Stamp),
) -> Result<NewReferral, BedError> {
    if form.all("need").any(|need| !need.is_empty() && !known.has(need)) {
        return Err(BedError::Field { field: "need", problem: Wrong::NotAChoice });
    }
    let typed = |field| form.typed(field).trim().to_owned();
    let (found, vitals, stamp) = found;
    let to = match form.typed("to").split_once('/') {
        None => None,
        Some((district, id)) => {
            let wrong = || BedError::Field { field: "to", problem: Wrong::NotAChoice };
            Some((linli_kernel::DistrictId(district.parse().map_err(|_| wrong())?), id.parse().map_err(|_| wrong())?))
        }
    };
    Ok(NewReferral {
        direction: word(form, "direction")?,
        grid_kind: GridKind::General,
        bed_type: word(form, "bed_type")?,
        needs: known.codes().filter(|need| form.all("need").any(|one| one == *need)).map(str::to_owned).collect(),
        suggested: (found.severity, format!("{}@{}", stamp.id, stamp.version)),
        severity: word(form, "severity")?,
        consent: word(form, "consent")?,
        to,
        patient: Patient {
            name: typed("name"),
            id_number: typed("id_number"),
            born: typed("born"),
            phone: typed("phone"),
            condition: typed("condition"),
            vitals: in_words(vitals),
            continuing: typed("continuing"),
            number: None,
        },
    })
}

/// `POST /referrals/new`: shows what the score suggests, or sends.
pub(crate) async fn send(mut caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    if form.typed("step") == "look" {
        return Ok(private(Page(form_page(&caller, &hall, &form, Problems::default()).await?)));
    }
    let desk = desk(&hall)?;
    let done = async {
        let known = desk.capabilities(&linli_kernel::PlacePath::root(), hall.now()).map_err(BedError::from)?;
        let new = new_referral(&form, &known.value, &suggested(&desk, &caller, &form)?)?;
        let mut read = hall.read().await?;
        let c = &mut read.conn();
        let from = own_institution(&caller.ctx, c).await?.ok_or(BedError::NoInstitution)?;
        let (way, what) = ((new.direction, new.grid_kind), (new.bed_type, new.needs.as_slice()));
        let candidates = queries::candidates(c, &desk, from, way, what, hall.now()).await?;
        drop(read);
        let mut tx = hall.begin(district(&caller.ctx)?).await?;
        let because = new.patient.condition.clone();
        match commands::ask(&caller.ctx, &mut tx, &desk, new, &candidates).await {
            Ok(id) => {
                if let Ok(alarm) = form.typed("alarm").parse::<AlarmId>() {
                    hand_off::make(&caller.ctx, &mut tx, alarm, id, &because).await?;
                }
                hall.commit(tx).await?;
                Ok(Ok(id))
            }
            Err(BedError::OnTheWay { district, referral }) => Ok(Err((district, referral))),
            Err(error) => Err(AppError::from(error)),
        }
    };
    match done.await {
        Ok(Ok(id)) => {
            post(&hall, &desk).await;
            Ok(Redirect::to(&format!("/referrals/{id}")).into_response())
        }
        Ok(Err((district, referral))) => {
            let lies = queries::lies(&mut hall.read().await?.conn(), district, referral).await?;
            let problem = FieldProblem::new("name", "referral-on-the-way");
            let mut page = form_page(&caller, &hall, &form, Problems(vec![problem])).await?;
            let may = queries::may_track(&caller.ctx, district);
            page.lies = lies;
            page.track = Some(if may { format!("/referrals/{referral}") } else { String::new() });
            Ok((http::StatusCode::CONFLICT, private(Page(page))).into_response())
        }
        Err(error) => {
            let status = error.status();
            let page = form_page(&caller, &hall, &form, error.into_problems()?).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

/// Whether a line is of the sending end. Where both ends lie in one district its journal has the beds and the answers of the other end too; what came
/// of them here is told once.
fn of_this_end(line: &StoredLine) -> bool {
    line.kind.starts_with("treatment.referral_") || line.kind == "treatment.patient_looked"
}

fn step_of(t: &T, line: &StoredLine) -> Step {
    let facts = line.facts();
    let told = |name: &str| facts.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let reason = told("reason");
    let note = if reason.is_empty() {
        String::new()
    } else {
        t.opt(&format!("referral-reason-{reason}")).map_or(reason, |text| text.to_string())
    };
    let text = match told("answer").as_str() {
        "" => t.s(&format!("referral-line-{}", line.kind.trim_start_matches("treatment."))).into_owned(),
        answer => t.s(&format!("referral-answer-{answer}")).into_owned(),
    };
    let state = if line.kind.ends_with("_late") || line.kind.ends_with("given_up") { "act" } else { "" };
    Step { at: line.at, text, who: String::new(), note, photos: Vec::new(), state }
}

/// `GET /referrals/{id}`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let (t, desk, now) = (caller.info.t().clone(), desk(&hall)?, hall.now());
    let id: ReferralId = id.parse().map_err(|_| BedError::NotFound)?;
    let mut read = hall.read().await?;
    let Sent { referral, patient, attempts, lines, possible } = queries::sent(&caller.ctx, &mut read.conn(), &desk, id).await?;
    let patient = patient.unwrap_or_default();
    let say = |key: &str| t.s(key).into_owned();
    let needs: Vec<String> = referral.needs.iter().map(|code| need(&t, code)).collect();
    let facts = [
        ("referral-name", patient.name.clone()),
        ("referral-born", patient.born),
        ("referral-phone", patient.phone),
        ("referral-condition", patient.condition),
        ("referral-vitals", patient.vitals),
        ("referral-continuing", patient.continuing),
        ("referral-needs", needs.join(" · ")),
        ("referral-severity", say(&format!("referral-severity-{}", referral.severity))),
        ("referral-suggested", say(&format!("referral-severity-{}", referral.suggested))),
        ("referral-consent", say(&format!("referral-consent-{}", referral.consent))),
        ("referral-channel", say(&format!("referral-channel-{}", referral.channel))),
    ];
    let late = referral.due_at.is_some_and(|due| due <= now);
    let rows = attempts.iter().rev().map(|(attempt, name)| AttemptRow {
        name: name.clone(),
        when: t.when(attempt.sent_at, now),
        tone: match attempt.answer.as_str() {
            "accepted" | "arrived" | "completed" => "well",
            "declined" | "lapsed" => "act",
            _ => "soon",
        },
        word: say(&format!("referral-answer-{}", attempt.answer)),
        note: match (attempt.until, &attempt.reason) {
            (Some(until), _) => t.v("beds-held-until", "when", t.when(until, now)),
            (None, Some(reason)) => t.opt(&format!("referral-reason-{reason}")).map(|text| text.to_string()).unwrap_or_default(),
            (None, None) => String::new(),
        },
    });
    let withdraws = match possible.as_slice() {
        found if found.contains(&Event::Cancel) => Some("cancel"),
        found if found.contains(&Event::Fail) => Some("fail"),
        _ => None,
    };
    let page = TrackPage {
        shell: caller.shell(if patient.name.is_empty() { say("referral-erased") } else { patient.name }).live("/referrals/live"),
        href: format!("/referrals/{id}"),
        tone: tone(referral.state),
        word: say(&format!("referral-state-{}", referral.state)),
        due: referral
            .due_at
            .map(|due| t.v(if late { "referral-late" } else { "referral-due" }, "when", t.when(due, now)))
            .unwrap_or_default(),
        late,
        facts: facts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| (say(key), value)).collect(),
        attempts: rows.collect(),
        steps: lines.iter().rev().filter(|line| of_this_end(line)).map(|line| step_of(&t, line)).collect(),
        now,
        departs: possible.contains(&Event::Depart),
        withdraws,
        reasons: choices(&t, "referral-reason", Withdrawing::ALL.iter().map(|one| one.as_str())),
        source: source(&t, &desk.referrals(&linli_kernel::PlacePath::root(), now).map_err(BedError::from)?.stamp),
        t,
    };
    Ok(private(Page(page)))
}

/// `POST /referrals/{id}/go-on`.
pub(crate) async fn go_on(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (id, desk): (ReferralId, _) = (id.parse().map_err(|_| BedError::NotFound)?, desk(&hall)?);
    let next = match form.typed("next") {
        "depart" => Next::Depart,
        "cancel" => Next::Cancel(word(&form, "reason")?),
        "fail" => Next::Fail(word(&form, "reason")?),
        _ => return Err(BedError::Field { field: "next", problem: Wrong::NotAChoice }.into()),
    };
    run!(caller, hall, tx => commands::go_on(&caller.ctx, tx, &desk, id, next))?;
    post(&hall, &desk).await;
    Ok(Redirect::to(&format!("/referrals/{id}")).into_response())
}
