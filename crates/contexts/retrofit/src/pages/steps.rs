//! The posting with its proof, and the steps after consent with dates and papers.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use linli_hall::{Caller, Hall};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{Tab, answered, keep_photo, lift_id, office, private, run, source, tabs, take_key, whole};
use crate::commands::steps as commands;
use crate::model::{Notice, Stage};
use crate::queries::Whole;
use crate::rules::StepRule;

struct StepRow {
    name: String,
    tone: &'static str,
    word: String,
    line: String,
    paper: String,
    basis: String,
}

struct NoticeRow {
    line: String,
    tone: &'static str,
    word: String,
    paper: String,
}

#[derive(Template)]
#[template(path = "lift-steps.html")]
struct StepsPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    id: String,
    title: String,
    tabs: Vec<Tab>,
    steps: Vec<StepRow>,
    notices: Vec<NoticeRow>,
    kinds: Vec<Choice>,
    works: bool,
    posts: bool,
    closes: bool,
    days: String,
    proof: String,
    source: String,
}

impl StepsPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }
}

/// Whether a step can be done now.
fn open(whole: &Whole, rule: &StepRule) -> bool {
    whole.project.stage >= rule.from && rule.after.iter().all(|other| whole.steps.iter().any(|done| done.kind == *other))
}

fn step(t: &T, whole: &Whole, rule: &StepRule) -> StepRow {
    let lang = t.locale().tag();
    let done = whole.steps.iter().find(|step| step.kind == rule.id);
    let (tone, key) = match (done, open(whole, rule)) {
        (Some(_), _) => ("well", "lift-step-done"),
        (None, true) => ("soon", "lift-step-open"),
        (None, false) => ("", "lift-step-waits"),
    };
    let line = done.map(|done| {
        let parts = [done.day.as_str(), &done.paper_no, &done.note];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    });
    let paper = done.and_then(|done| done.paper).filter(|_| whole.hears);
    StepRow {
        name: rule.text(lang).to_owned(),
        tone,
        word: t.s(key).into_owned(),
        line: line.unwrap_or_default(),
        paper: paper.map(|hash| format!("/lifts/{}/papers/{hash}", whole.project.id)).unwrap_or_default(),
        basis: rule.source.clone(),
    }
}

fn notice(t: &T, whole: &Whole, one: &Notice, today: &str) -> NoticeRow {
    let (tone, key) = match (one.closed_at, today > one.ends_on.as_str()) {
        (Some(_), _) => ("well", "lift-notice-closed"),
        (None, true) => ("act", "lift-notice-over"),
        (None, false) => ("soon", "lift-notice-runs"),
    };
    NoticeRow {
        line: t.with(
            "lift-notice-line",
            &[
                ("from", one.posted_on.as_str().into()),
                ("to", one.ends_on.as_str().into()),
                ("days", one.days.into()),
                ("where", one.posted_at.as_str().into()),
            ],
        ),
        tone,
        word: t.s(key).into_owned(),
        paper: if whole.hears { format!("/lifts/{}/papers/{}", whole.project.id, one.paper) } else { String::new() },
    }
}

async fn page(caller: &Caller, hall: &Hall, id: &str, (form, problems): (&FormMap, Problems)) -> Result<StepsPage, AppError> {
    let t = caller.info.t().clone();
    let whole = whole(caller, hall, id).await?;
    let standing = {
        let mut read = hall.read().await?;
        let c = &mut read.conn();
        linli_record::queries::standing(c, whole.project.district, whole.project.id.0)
            .await
            .map_err(crate::RetrofitError::from)?
    };
    let today = crate::commands::day_of(hall.now());
    let rule = whole.consent.value.in_force();
    let running = whole.notices.iter().any(|notice| notice.closed_at.is_none());
    let kinds = whole.lifts.value.steps().iter().filter(|rule| open(&whole, rule));
    Ok(StepsPage {
        shell: caller.shell(t.v("lift-steps-title", "title", &whole.project.title)).live("/lifts/live"),
        title: whole.project.title.clone(),
        tabs: tabs(&t, whole.project.id, "steps"),
        steps: whole.lifts.value.steps().iter().map(|rule| step(&t, &whole, rule)).collect(),
        notices: whole.notices.iter().map(|one| notice(&t, &whole, one, &today)).collect(),
        kinds: kinds.map(|rule| Choice::new(rule.id.as_str(), rule.text(t.locale().tag()))).collect(),
        works: whole.works,
        posts: whole.works && whole.project.stage == Stage::Signed && !running,
        closes: whole.works && running,
        days: t.n("lift-notice-days", rule.notice_days),
        proof: linli_record::view::proof_line(&t, standing.as_ref()),
        source: source(&t, &whole.lifts.stamp),
        id: id.to_owned(),
        form: form.clone(),
        problems,
        t,
    })
}

/// `GET /lifts/{id}/steps`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, &id, (&FormMap::default(), Problems::default())).await?)))
}

async fn answer(
    caller: &Caller,
    hall: &Hall,
    id: &str,
    (form, done): (&FormMap, Result<(), AppError>),
) -> Result<Response, AppError> {
    answered(done, &format!("/lifts/{id}/steps"), async |problems| page(caller, hall, id, (form, problems)).await).await
}

/// `POST /lifts/{id}/steps`.
pub(crate) async fn done(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = async {
        let (lift, office) = (lift_id(&id)?, office(&hall)?);
        whole(&caller, &hall, &id).await?;
        let photo = keep_photo(&hall, &form, "paper").await?;
        let what = (form.typed("kind"), form.typed("on_day"), form.typed("paper_no"), form.typed("note"), photo);
        run!(caller, hall, tx => commands::done(&caller.ctx, tx, &office, lift, what))
    };
    let done = done.await;
    answer(&caller, &hall, &id, (&form, done)).await
}

/// `POST /lifts/{id}/notices`.
pub(crate) async fn post(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let (lift, office) = (lift_id(&id)?, office(&hall)?);
        whole(&caller, &hall, &id).await?;
        let photo = keep_photo(&hall, &form, "photo").await?;
        let what = (form.typed("posted_on"), form.typed("posted_at"), photo);
        run!(caller, hall, tx => commands::post(&caller.ctx, tx, &office, lift, what)).map(|_| ())
    };
    let done = done.await;
    answer(&caller, &hall, &id, (&form, done)).await
}

/// `POST /lifts/{id}/notices/close`.
pub(crate) async fn close(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = async {
        let (lift, office) = (lift_id(&id)?, office(&hall)?);
        run!(caller, hall, tx => commands::close(&caller.ctx, tx, &office, lift))
    };
    let done = done.await;
    answer(&caller, &hall, &id, (&form, done)).await
}
