//! What was made of suggestions (建议与决定).

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use linli_hall::{Caller, Hall};
use linli_webkit::{AppError, Page, Shell, T};

use super::desk::desk;
use super::{plan_words as words, private};
use crate::model::plan::Whom;
use crate::queries;

struct DecisionRow {
    mark: String,
    tone: &'static str,
    made: String,
    chosen: String,
    suggested: String,
    because: String,
    why: String,
    words: String,
    harm: String,
    by: String,
    when: String,
}

#[derive(Template)]
#[template(path = "plan-history.html")]
struct HistoryPage {
    shell: Shell,
    t: T,
    rows: Vec<DecisionRow>,
    days: i64,
}

/// Decisions of so many days are shown.
const DAYS: i64 = 30;

/// `GET /grid/history`: what was made of suggestions.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let (t, desk, now) = (caller.info.t().clone(), desk(&hall)?, hall.now());
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let kept = queries::plan::history(&caller.ctx, c, &desk, now.plus_secs(-DAYS * 86_400)).await?;
    let made = queries::plan::current(c, &desk, now).await?;
    let picture = made.plan.picture();
    let row = |one: queries::plan::Shown| {
        let decision = one.decision;
        let (Whom::Asking { referral, .. } | Whom::Boarding { referral, .. }) = decision.whom;
        DecisionRow {
            mark: words::mark(referral),
            tone: if decision.why.is_some() { "soon" } else { "well" },
            made: t.s(&format!("plan-made-{}", decision.made)).into_owned(),
            chosen: words::bed(&t, picture, decision.chosen),
            suggested: decision.suggested.as_ref().map_or_else(
                || t.s("plan-history-nothing").into_owned(),
                |one| t.v("plan-history-suggested", "bed", words::bed(&t, picture, one.to)),
            ),
            because: decision.suggested.as_ref().map_or_else(String::new, |one| words::because(&t, picture, one)),
            why: decision.why.map_or_else(String::new, |why| t.s(&format!("plan-why-{why}")).into_owned()),
            words: one.words.unwrap_or_default(),
            harm: decision.harm.map_or_else(String::new, |harm| words::harm(&t, Some(harm))),
            by: words::house(picture, decision.by),
            when: t.when(decision.at, now),
        }
    };
    let rows = kept.into_iter().map(row).collect();
    Ok(private(Page(HistoryPage { shell: caller.shell(t.s("plan-history-title")), rows, days: DAYS, t })))
}
