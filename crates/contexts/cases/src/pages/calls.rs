//! The telephone of the duty desk (24 小时值班电话): who calls, whom to call back, and how well that goes.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::work::{Clerk, Row};
use super::{neighbours, office, store, words};
use crate::commands::{self, Known};
use crate::queries::{self, Rate, WINDOW_DAYS};

/// A rate in words: 「92.3 %（24 / 26）」.
struct RateLine {
    name: String,
    value: String,
    how: String,
}

#[derive(Template)]
#[template(path = "cases-calls.html")]
struct CallsPage {
    shell: Shell,
    t: T,
    /// The number that was typed and could not be read; one that was looked up is not shown again.
    typed: String,
    /// Whether somebody's number was looked up.
    asked: bool,
    earlier: Vec<Row>,
    /// Other districts that know the number, for desks of a whole district.
    elsewhere: String,
    waiting: Vec<Row>,
    rates: Vec<RateLine>,
    lapsed: String,
    checked: String,
    problems: Problems,
}

/// `GET /calls`.
pub(crate) async fn calls(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    page(&caller, &hall, "", None, Problems::default()).await
}

/// `POST /calls`: the earlier cases of a caller. The number is in no address and in no log.
pub(crate) async fn look_up(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    let scope = caller.ctx.scope(Action::Read, Resource::CaseContact).map_err(crate::error::CasesError::from)?;
    let mut tx = hall.begin(scope.district).await?;
    match commands::caller(&caller.ctx, &mut tx, office(&hall)?.as_ref(), form.typed("phone")).await {
        Ok(found) => {
            hall.commit(tx).await?;
            page(&caller, &hall, "", Some(found), Problems::default()).await
        }
        Err(error) => {
            drop(tx);
            let error = AppError::from(error);
            let status = error.status();
            Ok((status, page(&caller, &hall, form.typed("phone"), None, error.into_problems()?).await?).into_response())
        }
    }
}

async fn page(caller: &Caller, hall: &Hall, typed: &str, found: Option<Known>, problems: Problems) -> Result<Response, AppError> {
    let (office, neighbours) = (office(hall)?, neighbours(hall)?);
    let (t, ctx) = (caller.info.t().clone(), &caller.ctx);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let waiting = queries::to_call_back(ctx, c).await?;
    let mut clerk = Clerk::new(neighbours.as_ref(), &office, caller);
    let asked = found.is_some();
    let Known { cases, elsewhere } = found.unwrap_or(Known { cases: Vec::new(), elsewhere: Vec::new() });
    let (earlier, waiting) = (clerk.rows(c, &cases, "desk").await?, clerk.rows(c, &waiting, "desk").await?);
    let mut names = Vec::with_capacity(elsewhere.len());
    for district in elsewhere {
        names.push(neighbours.district_name(c, district).await.map_err(store)?);
    }
    let elsewhere = if names.is_empty() {
        String::new()
    } else {
        let names = names.join(if words::english(&t) { ", " } else { "、" });
        t.with("cases-calls-elsewhere", &[("districts", names.into())])
    };
    let scope = ctx.scope(Action::Read, Resource::Case).map_err(crate::error::CasesError::from)?;
    let (rates, lapsed, checked) = match ctx.may(Action::Read, Resource::Figures, scope.district, &scope.place) {
        Ok(()) => {
            let since = ctx.now().plus_secs(-WINDOW_DAYS * 86_400);
            let rates = queries::rates(ctx, c, scope.district, &scope.place, (since, ctx.now().plus_secs(1))).await?;
            let lines = [
                ("contacted", rates.contacted),
                ("resolution", rates.resolution),
                ("satisfaction", rates.satisfaction),
                ("response", rates.response),
            ];
            (
                lines.map(|(name, rate)| line(&t, name, rate)).into(),
                t.n("cases-rates-lapsed", usize::try_from(rates.lapsed).unwrap_or(0)),
                t.n("cases-rates-checked", usize::try_from(rates.checked).unwrap_or(0)),
            )
        }
        Err(_) => (Vec::new(), String::new(), String::new()),
    };
    let shell = caller.shell(t.s("cases-calls-title"));
    let page =
        CallsPage { shell, typed: typed.to_owned(), asked, earlier, elsewhere, waiting, rates, lapsed, checked, problems, t };
    Ok(([(CACHE_CONTROL, "private, no-store")], Page(page)).into_response())
}

fn line(t: &T, name: &str, rate: Rate) -> RateLine {
    let value = match rate.per_mille() {
        Some(mille) => {
            let percent = format!("{}.{}", mille / 10, mille % 10);
            let (of, all) = (rate.of.to_string(), rate.all.to_string());
            t.with("cases-rates-value", &[("percent", percent.into()), ("of", of.into()), ("all", all.into())])
        }
        None => t.s("cases-rates-none").into_owned(),
    };
    RateLine {
        name: t.s(&format!("cases-rates-{name}")).into_owned(),
        how: t.s(&format!("cases-rates-{name}-how")).into_owned(),
        value,
    }
}
