//! Hospitals of the same level beside each other (同级医院比较).

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use linli_hall::{Caller, Hall};
use linli_webkit::{AppError, Page, Shell, T};

use super::{office, private, source};
use crate::queries;
use crate::queries::Compared;
use crate::rules::Compare;

struct HouseRow {
    name: String,
    rounds: i64,
    findings: i64,
    per_round: String,
    in_time: String,
    repeated: String,
    put_right: String,
}

struct LevelPart {
    name: String,
    together: Option<HouseRow>,
    rows: Vec<HouseRow>,
}

#[derive(Template)]
#[template(path = "expert-compare.html")]
struct ComparePage {
    shell: Shell,
    t: T,
    lead: String,
    hint: String,
    levels: Vec<LevelPart>,
    source: String,
}

/// `75.00%（3 ÷ 4）`; the numbers alone where there are fewer than the rules ask for.
fn share(t: &T, (part, of): (i64, i64), least: i64) -> String {
    if of == 0 {
        return t.s("expert-none").into_owned();
    }
    if of < least {
        return t.with("expert-few", &[("part", part.into()), ("of", of.into())]);
    }
    let n = (part * 20_000 + of) / (of * 2);
    let percent = format!("{}.{:02}%", n / 100, n % 100);
    t.with("expert-share", &[("percent", percent.into()), ("part", part.into()), ("of", of.into())])
}

/// Findings per round, with both numbers; no quotient of few rounds.
fn per_round(t: &T, one: &Compared, least: i64) -> String {
    if one.rounds == 0 {
        return t.s("expert-none").into_owned();
    }
    if one.rounds < least {
        return t.with("expert-per-round-few", &[("findings", one.findings.into()), ("rounds", one.rounds.into())]);
    }
    let n = (one.findings * 200 + one.rounds) / (one.rounds * 2);
    let value = format!("{}.{:02}", n / 100, n % 100);
    t.with("expert-per-round", &[("value", value.into()), ("findings", one.findings.into()), ("rounds", one.rounds.into())])
}

fn row(t: &T, one: &Compared, (name, rule): (String, Compare)) -> HouseRow {
    HouseRow {
        name,
        rounds: one.rounds,
        findings: one.findings,
        per_round: per_round(t, one, rule.least_rounds),
        in_time: share(t, (one.in_time, one.due), rule.least_findings),
        repeated: share(t, (one.repeated, one.findings), rule.least_findings),
        put_right: share(t, (one.put_right, one.findings), rule.least_findings),
    }
}

/// `GET /rounds/compare`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let (t, office) = (caller.info.t().clone(), office(&hall)?);
    let (levels, rules) = queries::compare(&caller.ctx, &mut hall.read().await?.conn(), &office).await?;
    let rule = rules.value.compare();
    let part = |level: &queries::LevelCompared| LevelPart {
        name: t.s(&format!("expert-level-{}", level.level)).into_owned(),
        together: level.together.as_ref().map(|all| row(&t, all, (t.s("expert-together").into_owned(), rule))),
        rows: level.houses.iter().map(|house| row(&t, house, (house.name.clone(), rule))).collect(),
    };
    Ok(private(Page(ComparePage {
        shell: caller.shell(t.s("expert-compare-title")).live("/rounds/live"),
        lead: t.n("expert-compare-lead", rule.window_days),
        hint: t.with(
            "expert-compare-hint",
            &[("rounds", rule.least_rounds.into()), ("findings", rule.least_findings.into()), ("days", rule.repeat_days.into())],
        ),
        levels: levels.iter().map(part).collect(),
        source: source(&t, &rules.stamp),
        t,
    })))
}
