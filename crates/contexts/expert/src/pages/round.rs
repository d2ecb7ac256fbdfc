//! A round, on a phone (巡诊现场): an opinion or a finding in under a minute, what is advised to the house, and what was.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use linli_hall::{Caller, Hall};
use linli_kernel::Ts;
use linli_treatment::model::referrals::InboundKey;
use linli_treatment::queries::rounds::Lying;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::desk::state_key;
use super::findings::{FindingRow, row};
use super::{district, office, private, run, source, take_key};
use crate::commands::{findings, rounds as commands};
use crate::error::{ExpertError, Wrong};
use crate::model::{RoundId, RoundState};
use crate::queries;
use crate::queries::RoundView;

struct Said {
    who: String,
    when: String,
    text: String,
}

#[derive(Template)]
#[template(path = "expert-round.html")]
struct RoundPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    href: String,
    house: String,
    line: String,
    word: String,
    members: String,
    advice: String,
    holds: bool,
    plans: bool,
    held: bool,
    may_read: bool,
    opinions: i64,
    /// What was read, for who has just asked for it.
    read: Option<Vec<Said>>,
    patients: Vec<Choice>,
    matters: Vec<Choice>,
    findings: Vec<FindingRow>,
    source: String,
}

impl RoundPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }

    /// What is advised to the house: as it was typed, or as it stands.
    fn advice(&self) -> &str {
        match self.form.typed("advice") {
            "" => &self.advice,
            typed => typed,
        }
    }
}

/// `张 · 重症 · 重症监护床位 · 昨天 09:00`: the family name alone.
fn patient(t: &T, one: &Lying, now: Ts) -> Choice {
    let name =
        if one.family_name.is_empty() { t.s("expert-patient-unknown").into_owned() } else { format!("{}**", one.family_name) };
    let text = t.with(
        "expert-patient",
        &[
            ("name", name.into()),
            ("severity", t.s(&format!("expert-severity-{}", one.severity)).into_owned().into()),
            ("bed", t.s(&format!("beds-type-{}", one.bed_type)).into_owned().into()),
            ("since", t.when(one.since, now).into()),
        ],
    );
    Choice::new(format!("{}/{}", one.key.referral, one.key.attempt), text)
}

fn line(t: &T, view: &RoundView) -> String {
    t.with(
        "expert-round-line",
        &[
            ("day", view.round.planned_day.as_str().into()),
            ("mode", t.s(&format!("expert-mode-{}", view.round.mode)).into_owned().into()),
            ("group", view.group.group.name.as_str().into()),
        ],
    )
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    id: &str,
    (form, problems, read): (&FormMap, Problems, Option<Vec<Said>>),
) -> Result<RoundPage, AppError> {
    let (t, office, now) = (caller.info.t().clone(), office(hall)?, hall.now());
    let id: RoundId = id.parse().map_err(|_| ExpertError::NotFound)?;
    let view = queries::round(&caller.ctx, &mut hall.read().await?.conn(), &office, id).await?;
    let (rules, lang) = (&view.rules.value, t.locale().tag());
    let member = |(member, name): &(crate::model::Member, String)| {
        t.with(
            "expert-member",
            &[
                ("name", name.as_str().into()),
                ("speciality", t.s(&format!("expert-speciality-{}", member.speciality)).into_owned().into()),
            ],
        )
    };
    Ok(RoundPage {
        shell: caller.shell(t.v("expert-round-title", "house", &view.house)).live("/rounds/live"),
        href: format!("/rounds/{id}"),
        line: line(&t, &view),
        word: t.s(state_key(view.round.state)).into_owned(),
        members: view.group.members.iter().map(member).collect::<Vec<_>>().join(" · "),
        holds: view.holds,
        plans: view.plans,
        held: view.round.state == RoundState::Held,
        may_read: view.may_read,
        opinions: view.opinions,
        read,
        patients: view.lying.iter().map(|one| patient(&t, one, now)).collect(),
        matters: rules.matters().iter().map(|one| Choice::new(one.id.as_str(), one.text(lang))).collect(),
        findings: view.findings.iter().map(|one| row(&t, rules, (one, &view.house), now)).collect(),
        source: source(&t, &view.rules.stamp),
        advice: view.round.advice,
        house: view.house,
        form: form.clone(),
        problems,
        t,
    })
}

/// `GET /rounds/{id}`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, &id, (&FormMap::default(), Problems::default(), None)).await?)))
}

/// Back to the round, or the form again with what is wrong.
async fn back(
    caller: &Caller,
    hall: &Hall,
    id: &str,
    (form, done): (&FormMap, Result<(), AppError>),
) -> Result<Response, AppError> {
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/rounds/{id}")).into_response()),
        Err(error) => {
            let status = error.status();
            let page = page(caller, hall, id, (form, error.into_problems()?, None)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

fn round_id(id: &str) -> Result<RoundId, ExpertError> {
    id.parse().map_err(|_| ExpertError::NotFound)
}

fn patient_key(form: &FormMap) -> Result<InboundKey, ExpertError> {
    let typed = form.typed("patient");
    let wrong = || ExpertError::field("patient", if typed.is_empty() { Wrong::Required } else { Wrong::NotAChoice });
    let (referral, attempt) = typed.split_once('/').ok_or_else(wrong)?;
    Ok(InboundKey { referral: referral.parse().map_err(|_| wrong())?, attempt: attempt.parse().map_err(|_| wrong())? })
}

/// `POST /rounds/{id}/opinions`.
pub(crate) async fn advise(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let (round, office, key) = (round_id(&id)?, office(&hall)?, patient_key(&form)?);
        run!(caller, hall, tx => commands::advise(&caller.ctx, tx, &office, round, (key, form.typed("said")))).map(|_| ())
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done)).await
}

/// `POST /rounds/{id}/findings`.
pub(crate) async fn find(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let (round, office, what) = (round_id(&id)?, office(&hall)?, (form.typed("matter"), form.typed("told")));
        if what.0.is_empty() {
            return Err(ExpertError::field("matter", Wrong::Required).into());
        }
        run!(caller, hall, tx => findings::find(&caller.ctx, tx, &office, round, what)).map(|_| ())
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done)).await
}

/// `POST /rounds/{id}/hold`.
pub(crate) async fn hold(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = async {
        let round = round_id(&id)?;
        run!(caller, hall, tx => commands::hold(&caller.ctx, tx, round, form.typed("advice")))
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done)).await
}

/// `POST /rounds/{id}/cancel`.
pub(crate) async fn cancel(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let round = round_id(&id)?;
    run!(caller, hall, tx => commands::cancel(&caller.ctx, tx, round))?;
    Ok(Redirect::to("/rounds").into_response())
}

/// `POST /rounds/{id}/read`: the opinions, by post, because every look is written down.
pub(crate) async fn read(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let (t, now, office, round) = (caller.info.t().clone(), hall.now(), office(&hall)?, round_id(&id)?);
    let district = district(&caller.ctx)?;
    let all = run!(caller, hall, tx => commands::read(&caller.ctx, tx, &office, round))?;
    let mut said = Vec::new();
    for one in all {
        let who = queries::name_of(&mut hall.read().await?.conn(), district, one.opinion.given_by).await?;
        said.push(Said {
            who,
            when: t.when(one.opinion.given_at, now),
            text: one.said.unwrap_or_else(|| t.s("expert-opinion-lost").into_owned()),
        });
    }
    Ok(private(Page(page(&caller, &hall, &id, (&FormMap::default(), Problems::default(), Some(said))).await?)))
}
