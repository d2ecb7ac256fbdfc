//! Filing reports: the hot path. However many reports are filed together, they cost a handful of statements: their numbers, the
//! cases, the links, the contacts, and at the end of the transaction the journal. Only a key or a photo costs statements of its own.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use linli_access::{Channel, Ctx};
use linli_db::{DbError, Tx};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::report::{Prepared, Reported, authorise, number_text, on_earth, title};
use super::{CALLER_NOTED, add_photos, recall, remember};
use crate::discretion::kept;
use crate::error::CasesError;
use crate::model::{Case, CaseId, ClockRuns, Kept, LocationFlag, Owner, PhotoKind};
use crate::office::Office;
use crate::store::{self, NewCase, NewContact, NewLink};
use crate::token::LinkToken;

/// The answer as it is kept: the link is sealed, because what opens a case must not lie in the database.
#[derive(Serialize, Deserialize)]
struct KeptAnswer {
    id: CaseId,
    number: String,
    sealed_link: Vec<u8>,
    class: String,
    due_at: Option<Ts>,
    due_provisional: bool,
    owner: Option<Owner>,
    call_first: Vec<String>,
}

impl KeptAnswer {
    fn of(answer: &Reported, office: &Office) -> Self {
        Self {
            id: answer.id,
            number: answer.number.clone(),
            sealed_link: office.vault().seal(&answer.link.secret_text()),
            class: answer.class.clone(),
            due_at: answer.due_at,
            due_provisional: answer.due_provisional,
            owner: answer.owner.clone(),
            call_first: answer.call_first.clone(),
        }
    }

    fn open(self, office: &Office) -> Option<Reported> {
        let link = LinkToken::from_str(&office.vault().open(&self.sealed_link)?).ok()?;
        Some(Reported {
            id: self.id,
            number: self.number,
            link,
            class: self.class,
            due_at: self.due_at,
            due_provisional: self.due_provisional,
            owner: self.owner,
            call_first: self.call_first,
            again: true,
        })
    }
}

/// What becomes of a report at the window.
enum Admitted {
    /// It had been filed before; this was the answer.
    Before(Box<Reported>),
    /// It is to be filed.
    New(Box<Fresh>),
}

/// A case about to be filed.
struct Fresh {
    /// The position of its report.
    position: usize,
    case: Case,
    link: LinkToken,
}

/// Files reports of the transaction's district, each with its own answer: a refusal is the business of one report alone. No two
/// of them may carry the same idempotency key by the same actor.
///
/// # Errors
/// Store errors: nothing of any of them was filed. A refusal of one is in its answer: `Denied` for staff without the right, a key
/// that came with another report.
pub(crate) async fn file(
    tx: &mut Tx,
    office: &Office,
    reports: &[(&Ctx, &Prepared)],
) -> Result<Vec<Result<Reported, CasesError>>, CasesError> {
    let mut answers: BTreeMap<usize, Result<Reported, CasesError>> = BTreeMap::new();
    let mut fresh = Vec::with_capacity(reports.len());
    for (position, (ctx, prepared)) in reports.iter().enumerate() {
        match admit(ctx, tx, office, position, prepared).await {
            Ok(Admitted::New(case)) => fresh.push(*case),
            Ok(Admitted::Before(answer)) => {
                answers.insert(position, Ok(*answer));
            }
            // After an error of the store the transaction carries nobody any further.
            Err(CasesError::Db(error)) if !matches!(error, DbError::KeyReused) => return Err(error.into()),
            Err(refusal) => {
                answers.insert(position, Err(refusal));
            }
        }
    }
    number(tx, &mut fresh).await?;
    write(tx, office, reports, &fresh).await?;
    for Fresh { position, case, link } in fresh {
        let Some((ctx, prepared)) = reports.get(position) else { continue };
        answers.insert(position, Ok(conclude((ctx, prepared), tx, office, case, link).await?));
    }
    Ok(answers.into_values().collect())
}

async fn admit(ctx: &Ctx, tx: &mut Tx, office: &Office, position: usize, report: &Prepared) -> Result<Admitted, CasesError> {
    authorise(ctx, tx.district(), &report.input.place)?;
    if let Some(kept) = match report.classed.key() {
        None => recall::<KeptAnswer>(ctx, tx, "cases.report", &report.input).await?,
        Some(classed) => recall::<KeptAnswer>(ctx, tx, "cases.report", &(&report.input, classed)).await?,
    } {
        return kept.open(office).map(|answer| Admitted::Before(Box::new(answer))).ok_or(CasesError::Changed);
    }
    let district = tx.district();
    let c = &mut tx.conn()?;
    let said = report.said();
    let judged = (&report.rules, report.class.as_ref(), said.as_ref());
    let kept = kept(ctx, c, office, (district, &report.input.place, report.now), judged).await?;
    let owner = office.owner_for(c, (district, &heard_at(report)), (&report.governing.owners, &kept), report.now).await?;
    let case = case_of(district, ctx, report, (owner, kept));
    Ok(Admitted::New(Box::new(Fresh { position, case, link: LinkToken::new(report.now, ctx.rng.as_ref()) })))
}

/// Where a case hangs: where it was reported, or higher up, out of the reach of those it is about.
fn heard_at(report: &Prepared) -> PlacePath {
    let place = &report.input.place;
    report.class.heard_at.map_or_else(|| place.clone(), |level| place.at_level(level))
}

/// The case that a report becomes; its number comes with the others of its batch.
fn case_of(district: DistrictId, ctx: &Ctx, report: &Prepared, (owner, kept): (Option<Owner>, Kept)) -> Case {
    let Prepared { id, input, description, class, classed, governing, row, call_first, promise, now, .. } = report;
    let in_a_home = input.place.level() == Some(PlaceLevel::Home);
    Case {
        district,
        id: *id,
        number: String::new(),
        class: class.code.clone(),
        message_class: classed.message.as_ref().map(|message| message.id),
        matter: classed.matter.clone(),
        profile: governing.profile.clone(),
        way: Some(report.rules.way(&class.code, governing.profile.as_deref())),
        title: title(description),
        description: description.clone(),
        state: row.to,
        state_since: *now,
        clock: row.clock,
        owner,
        unit: None,
        flagged_role: None,
        reported_at: *now,
        due_at: promise.map(|due| due.at),
        city_due_at: None,
        due_provisional: promise.is_some_and(|due| due.provisional),
        finished_at: (row.clock == ClockRuns::Stopped).then_some(*now),
        closed_at: (!row.open).then_some(*now),
        overdue_at: None,
        channel: ctx.channel.as_str().to_owned(),
        external_system: None,
        external_id: None,
        external_status: None,
        external_closed_at: None,
        lon_e7: input.point_e7.map(|(lon, _)| lon),
        lat_e7: input.point_e7.map(|(_, lat)| lat),
        location_flag: input.point_e7.filter(|(lon, lat)| !on_earth(*lon, *lat)).map(|_| LocationFlag::Outside),
        public: class.common_part && !in_a_home,
        common_part: class.common_part && !in_a_home,
        emergency: !call_first.is_empty(),
        reopened_count: 0,
        finished_by: None,
        merged_into: None,
        ended_how: None,
        rating: None,
        taken_at: None,
        wake_at: None,
        extensions: 0,
        answered_in_time: None,
        not_fixed_count: 0,
        kept,
        reported_by: ctx.person().filter(|_| matches!(ctx.channel, Channel::Web | Channel::Api)),
        version: 1,
        place: heard_at(report),
    }
}

/// `2026-000123`: the year in Beijing and the count of the district in it.
async fn number(tx: &mut Tx, fresh: &mut [Fresh]) -> Result<(), CasesError> {
    let mut by_year: BTreeMap<i16, Vec<&mut Case>> = BTreeMap::new();
    for Fresh { case, .. } in fresh {
        by_year.entry(case.reported_at.local().year()).or_default().push(case);
    }
    for (year, cases) in by_year {
        let count = i64::try_from(cases.len()).unwrap_or(i64::MAX);
        let first = tx.reserve_numbers(&format!("cases/{year}"), count).await?;
        for (number, case) in (first..).zip(cases) {
            case.number = number_text(year, number);
        }
    }
    Ok(())
}

async fn write(tx: &mut Tx, office: &Office, reports: &[(&Ctx, &Prepared)], fresh: &[Fresh]) -> Result<(), CasesError> {
    let (mut cases, mut links, mut contacts) = (Vec::with_capacity(fresh.len()), Vec::with_capacity(fresh.len()), Vec::new());
    for Fresh { position, case, link } in fresh {
        let Some((_, report)) = reports.get(*position) else { continue };
        let reported_place = Some(&report.input.place).filter(|place| **place != case.place);
        cases.push(NewCase { case, clock: report.under.as_ref(), reported_place });
        links.push(NewLink { hash: link.hash(), case });
        if let Some(phone) = &report.phone {
            contacts.push(NewContact::seal(office.vault(), case, phone, report.now));
        }
    }
    let c = &mut tx.conn()?;
    store::insert(c, &cases, office.calendar().version()).await?;
    store::put_links(c, &links).await?;
    store::put_contacts(c, &contacts).await?;
    Ok(())
}

/// Photos, the line in the journal, the answer, and the answer kept for the same report coming again.
async fn conclude(
    (ctx, report): (&Ctx, &Prepared),
    tx: &mut Tx,
    office: &Office,
    case: Case,
    link: LinkToken,
) -> Result<Reported, CasesError> {
    let photos = add_photos(tx, case.id, 1, &report.input.photos, PhotoKind::Report, report.now).await?;
    let (transitions, clocks) = (report.rules.transitions_mark(), report.rules.clocks_mark());
    let mut line = ctx.line(
        "cases.reported",
        &case.place,
        Some(case.id.0),
        json!({
            "number": case.number, "to": case.state, "class": case.class, "due_at": case.due_at, "clock": report.governing.clock,
            "clock_rule": clocks, "rule": transitions,
            "owner": case.owner.as_ref().map(|o| o.appointment), "owner_role": case.owner.as_ref().map(|o| o.role),
            "photos": photos, "contact": report.phone.is_some(), "emergency": case.emergency,
            "message_class": case.message_class, "matter": case.matter, "kept": !case.kept.is_empty(),
        }),
    );
    if let (Some(key), Some(facts)) = (report.key, line.facts.as_object_mut()) {
        facts.insert("key".to_owned(), json!(key));
    }
    line.at = report.now;
    tx.journal(line);
    if let Some(notes) = &report.call_notes {
        let mut noted = ctx.line(CALLER_NOTED, &case.place, Some(case.id.0), json!({ "number": case.number }));
        noted.at = report.now;
        tx.journal(ctx.with_personal(noted, json!({ "text": notes })));
    }
    let answer = Reported {
        id: case.id,
        number: case.number,
        link,
        class: case.class,
        due_at: case.due_at,
        due_provisional: case.due_provisional,
        owner: case.owner,
        call_first: report.call_first.clone(),
        again: false,
    };
    if ctx.idempotency_key.is_some() {
        remember(ctx, tx, &KeptAnswer::of(&answer, office)).await?;
    }
    Ok(answer)
}
