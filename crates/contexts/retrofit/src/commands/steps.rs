//! The posting with its proof, and the steps after consent with dates and papers.

use jiff::civil::Date;
use linli_access::{Action, Ctx, Resource};
use linli_board::commands::PostNotice;
use linli_board::model::NoticeKind;
use linli_db::Tx;
use linli_kernel::{Fen, PlaceLevel};
use serde_json::json;

use super::{Photo, TEXT_MAX, by, day_of, keep, past_day, publish, recall, remember, standing, taken, text};
use crate::error::{RetrofitError, Wrong};
use crate::model::{Home, LiftId, Notice, NoticeId, Project, Scheme, Stage, StepDone};
use crate::office::LiftOffice;
use crate::rules::consent::Objections;
use crate::store::{projects, schemes, talks};

/// A line that the board takes.
fn short(line: &str) -> String {
    line.chars().take(linli_board::rules::TITLE_CHARS.min(linli_board::rules::SIGNED_CHARS)).collect()
}

/// What a posting says on the board: the scheme by floor, no home and no name.
fn words(project: &Project, scheme: &Scheme, homes: &[Home], ends_on: &str) -> (String, String) {
    let yuan = |fen: i64| Fen(fen).to_string();
    let mut floors: Vec<i64> = homes.iter().map(|home| home.floor).collect();
    floors.sort_unstable();
    floors.dedup();
    let lines = floors.into_iter().map(|floor| {
        let paid = homes
            .iter()
            .filter(|home| home.floor == floor)
            .filter_map(|home| home.signed.map(|signed| signed.share - signed.compensation));
        let range = (paid.clone().min(), paid.max());
        match range {
            (Some(least), Some(most)) if least == most => format!("{floor}层：每户{}元", yuan(most)),
            (Some(least), Some(most)) => format!("{floor}层：每户{}至{}元", yuan(least), yuan(most)),
            _ => format!("{floor}层：未签约"),
        }
    });
    let body = &scheme.body;
    let text = format!(
        "{}拟加装电梯，现将选定方案“{}”公示，公示期至{ends_on}。有异议的，请在公示期内书面向社区提出。\n\n总造价{}元，补贴{}元，其他出资{}元；每年运行维护{}元、大修预留{}元，由业主分担。\n\n各层分摊（减去补偿后）：{}。",
        project.title,
        body.name,
        yuan(body.total),
        yuan(body.subsidy),
        yuan(body.outside),
        yuan(body.running),
        yuan(body.overhaul),
        lines.collect::<Vec<_>>().join("；"),
    );
    (short(&format!("{}加装电梯方案公示", project.title)), text)
}

/// Posts the chosen scheme (公示), with a photo of where it hangs: on the paper board and, where the actor may post there, on the board of the building.
/// Its last day is counted by the calendar.
///
/// # Errors
/// `Field`, for missing proof and for what must be heard before too; `NoStep` before the agreement is signed and while a posting runs; `NotFound`,
/// `Denied`; store errors.
pub async fn post(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &LiftOffice,
    id: LiftId,
    (day, posted_at, photo): (&str, &str, Option<Photo>),
) -> Result<NoticeId, RetrofitError> {
    let project = taken(ctx, tx, id, (Action::Change, Resource::Lift)).await?;
    if let Some(id) = recall(ctx, tx, "lift.post", &(id, day, posted_at)).await? {
        return Ok(id);
    }
    let (district, now) = (project.district, ctx.now());
    let all = schemes::all(&mut tx.conn()?, district, id).await?;
    let scheme = all.iter().find(|one| Some(one.id) == project.scheme).ok_or(RetrofitError::NoStep)?;
    let before = schemes::notices(&mut tx.conn()?, district, id).await?;
    if project.stage != Stage::Signed || before.iter().any(|notice| notice.closed_at.is_none()) {
        return Err(RetrofitError::NoStep);
    }
    let rule = office.consent(&project.place, now)?;
    let rule = rule.value.in_force();
    let done = schemes::steps(&mut tx.conn()?, district, id).await?;
    if rule.extra.iter().any(|extra| !done.iter().any(|step| step.kind == extra.as_str())) {
        return Err(RetrofitError::field("heard", Wrong::Required));
    }
    let posted_on = past_day(ctx, "posted_on", day)?;
    let posted_at = text("posted_at", posted_at, (true, 200))?;
    let paper = keep(tx, photo.as_ref(), now).await?.ok_or(RetrofitError::field("photo", Wrong::NoProof))?;
    let from: Date = posted_on.parse().map_err(|_| RetrofitError::field("posted_on", Wrong::NotADay))?;
    let ends_on =
        office.last_day(from, rule.notice_days, rule.roll_over).ok_or(RetrofitError::field("posted_on", Wrong::NotADay))?;
    let notice = Notice {
        id: NoticeId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        scheme: scheme.id,
        posted_on,
        ends_on: ends_on.to_string(),
        days: i64::from(rule.notice_days),
        posted_at,
        paper,
        closed_at: None,
    };
    let homes = projects::homes(&mut tx.conn()?, district, id).await?;
    let (title, body) = words(&project, scheme, &homes, &notice.ends_on);
    let place = project.place.at_level(PlaceLevel::Building);
    let mut board = None;
    if ctx.may(Action::Create, Resource::Notice, district, &place).is_ok() {
        let notice = PostNotice {
            place,
            kind: NoticeKind::Notice,
            title,
            body,
            signed: short(&project.title),
            starts_at: None,
            ends_at: None,
        };
        // The key of this request is taken already, for the posting as a whole.
        let bare = Ctx { idempotency_key: None, ..ctx.clone() };
        board = Some(linli_board::commands::post(&bare, tx, notice).await?.0);
    }
    schemes::insert_notice(&mut tx.conn()?, (district, id), &notice, board).await?;
    let facts = json!({ "notice": notice.id, "scheme": scheme.no, "posted_on": notice.posted_on, "ends_on": notice.ends_on, "days": notice.days,
        "rule": rule.id, "on_board": board.is_some(), "total": scheme.body.total, "subsidy": scheme.body.subsidy });
    publish(ctx, tx, &project, ("lift.noticed", &facts, None)).await?;
    tx.journal(ctx.line("lift.posted", &project.place, Some(id.0), facts));
    remember(ctx, tx, &notice.id).await?;
    Ok(notice.id)
}

/// Closes the posting (公示期满): its last day is over, consent still passes, and objections have come to the end that the rule asks for.
///
/// # Errors
/// `NoticeRuns`, `NotPassed`, `ObjectionsOpen`; `NoStep` where none runs; `NotFound`, `Denied`; store errors.
pub async fn close(ctx: &Ctx, tx: &mut Tx, office: &LiftOffice, id: LiftId) -> Result<(), RetrofitError> {
    let mut project = taken(ctx, tx, id, (Action::Change, Resource::Lift)).await?;
    let (district, now) = (project.district, ctx.now());
    let notices = schemes::notices(&mut tx.conn()?, district, id).await?;
    let running = notices.iter().find(|notice| notice.closed_at.is_none()).ok_or(RetrofitError::NoStep)?;
    if day_of(now) <= running.ends_on {
        return Err(RetrofitError::NoticeRuns { until: running.ends_on.clone() });
    }
    let (standing, ..) = standing(ctx, tx, office, &project).await?;
    if !standing.passes {
        return Err(RetrofitError::NotPassed);
    }
    let rule = office.consent(&project.place, now)?;
    let strict = rule.value.in_force().objections == Objections::NoneLeft;
    let all = talks::objections(&mut tx.conn()?, district, id).await?;
    let open = all.iter().filter(|one| one.over_at.is_none() && (strict || one.written)).count();
    if open > 0 {
        return Err(RetrofitError::ObjectionsOpen { open: i64::try_from(open).unwrap_or(i64::MAX) });
    }
    schemes::close_notice(&mut tx.conn()?, district, running.id, now).await?;
    project.stage = Stage::Noticed;
    projects::put(&mut tx.conn()?, &project).await?;
    let facts = json!({ "notice": running.id, "objections": all.len() });
    tx.journal(ctx.line("lift.notice_closed", &project.place, Some(id.0), facts));
    Ok(())
}

/// A step is done (办理步骤), with its day and paper. A step that was done may be put right.
///
/// # Errors
/// `NoStep` before its time or before those that it comes after; `Field`; `NotFound`, `Denied`; store errors.
pub async fn done(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &LiftOffice,
    id: LiftId,
    (kind, day, paper_no, note, photo): (&str, &str, &str, &str, Option<Photo>),
) -> Result<(), RetrofitError> {
    let mut project = taken(ctx, tx, id, (Action::Change, Resource::Lift)).await?;
    let (district, now) = (project.district, ctx.now());
    let rules = office.lifts(&project.place, now)?;
    let rule = rules.value.step(kind).ok_or(RetrofitError::field("kind", Wrong::NotAChoice))?;
    let before = schemes::steps(&mut tx.conn()?, district, id).await?;
    if project.stage < rule.from {
        return Err(RetrofitError::NoStep);
    }
    let day = past_day(ctx, "on_day", day)?;
    for other in &rule.after {
        let other = before.iter().find(|step| step.kind == *other).ok_or(RetrofitError::NoStep)?;
        if day < other.day {
            return Err(RetrofitError::field("on_day", Wrong::TooEarly));
        }
    }
    let paper_no = text("paper_no", paper_no, (false, 100))?;
    let note = text("note", note, (false, TEXT_MAX))?;
    let paper = keep(tx, photo.as_ref(), now).await?;
    let known = before.iter().find(|step| step.kind == kind).is_some_and(|step| step.paper.is_some());
    if paper_no.is_empty() && paper.is_none() && !known && note.is_empty() {
        return Err(RetrofitError::field("paper_no", Wrong::Required));
    }
    let step = StepDone { kind: kind.to_owned(), day, paper_no, note, paper };
    schemes::put_step(&mut tx.conn()?, (district, id), &step, (now, by(ctx)?)).await?;
    if let Some(to) = rule.to.filter(|to| *to > project.stage) {
        project.stage = to;
        projects::put(&mut tx.conn()?, &project).await?;
        publish(ctx, tx, &project, ("lift.stage", &json!({ "stage": to, "on": step.day }), None)).await?;
    }
    let facts =
        json!({ "step": kind, "on": step.day, "paper": paper.is_some(), "stage": project.stage, "rules": rules.stamp.mark() });
    tx.journal(ctx.line("lift.step_done", &project.place, Some(id.0), facts));
    Ok(())
}
