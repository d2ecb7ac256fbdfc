//! The pages of this room.

pub(crate) mod draw;
pub(crate) mod estate;
pub(crate) mod home;
pub(crate) mod house;
pub(crate) mod item;
pub(crate) mod items;
pub(crate) mod light;
pub(crate) mod list;
pub(crate) mod own;
pub(crate) mod paper;
pub(crate) mod scheme;
pub(crate) mod schemes;
pub(crate) mod steps;
pub(crate) mod style;
pub(crate) mod talks;

use std::str::FromStr;
use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::CACHE_CONTROL;
use linli_access::{Actor, Ctx, Denied};
use linli_hall::{Caller, Hall, Told};
use linli_kernel::{DistrictId, Fen};
use linli_rulebook::Stamp;
use linli_webkit::photo::Bringer;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, T};

use crate::commands::Photo;
use crate::error::{RetrofitError, Wrong};
use crate::model::{LiftId, Stage, Stance};
use crate::office::LiftOffice;
use crate::queries::{self, Whole};
use crate::rules::shares::ShareError;

/// What pages of this room are told of. Who looked at the open homes changes nothing on a page.
pub(crate) const TOLD: Told = Told { kinds: &["lift.", "renovation."], except: &["lift.open_homes_looked"] };

impl From<RetrofitError> for AppError {
    fn from(error: RetrofitError) -> Self {
        match error {
            RetrofitError::Denied(refusal) => linli_hall::denied(refusal),
            RetrofitError::Db(error) => linli_hall::store_error(error),
            RetrofitError::Field { field, problem } => Self::invalid(vec![field_problem(field, problem)]),
            RetrofitError::Shares(error) => Self::invalid(vec![share_problem(error)]),
            RetrofitError::Sun(error) => {
                use linli_sun::SunError;
                let field = match error {
                    SunError::ShaftInside => "shaft",
                    SunError::NoWindows | SunError::Window { .. } | SunError::WindowInside { .. } => "windows",
                    _ => "building",
                };
                let problem = FieldProblem::new(field, &error.code().text_key());
                Self::invalid(vec![error.args().into_iter().fold(problem, |problem, (name, value)| problem.arg(name, value))])
            }
            RetrofitError::BegunAlready => Self::invalid(vec![FieldProblem::new("place", "lift-field-begun")]),
            RetrofitError::NoticeRuns { until } => {
                Self::invalid(vec![FieldProblem::new("close", "lift-field-runs").arg("until", until)])
            }
            RetrofitError::ObjectionsOpen { open } => {
                Self::invalid(vec![FieldProblem::new("close", "lift-field-objections").arg("open", open)])
            }
            RetrofitError::NotPassed => Self::invalid(vec![FieldProblem::new("close", "lift-field-not-passed")]),
            _ => Self::new(error.code()).caused_by(error),
        }
    }
}

fn field_problem(field: &str, problem: Wrong) -> FieldProblem {
    match problem {
        Wrong::Required => FieldProblem::new(field, "lift-field-required"),
        Wrong::NotAChoice => FieldProblem::new(field, "lift-field-choice"),
        Wrong::TooLong { max } => FieldProblem::new(field, "lift-field-too-long").arg("max", max),
        Wrong::ControlCharacter => FieldProblem::new(field, "lift-field-control"),
        Wrong::NotADay => FieldProblem::new(field, "lift-field-day"),
        Wrong::TooLate => FieldProblem::new(field, "lift-field-late"),
        Wrong::TooEarly => FieldProblem::new(field, "lift-field-early"),
        Wrong::NotANumber { min, max } => FieldProblem::new(field, "lift-field-number").arg("min", min).arg("max", max),
        Wrong::NotMoney => FieldProblem::new(field, "lift-field-money"),
        Wrong::Line { line } => FieldProblem::new(field, "lift-field-line").arg("line", line),
        Wrong::NoHomes => FieldProblem::new(field, "lift-field-no-homes"),
        Wrong::NoProof => FieldProblem::new(field, "lift-field-no-proof"),
        Wrong::NoOutline => FieldProblem::new(field, "lift-field-no-outline"),
    }
}

fn share_problem(error: ShareError) -> FieldProblem {
    match error {
        ShareError::NoHomes => FieldProblem::new("name", "lift-field-no-homes"),
        ShareError::Amount { field } => FieldProblem::new(field, "lift-field-money"),
        ShareError::TooMuchSubsidy => FieldProblem::new("subsidy", "lift-field-subsidy"),
        ShareError::NoWeight => FieldProblem::new("coefficients", "lift-field-weights"),
        ShareError::NoArea { .. } => FieldProblem::new("by", "lift-field-no-area"),
    }
}

pub(crate) fn office(hall: &Hall) -> Result<Arc<LiftOffice>, AppError> {
    hall.service::<LiftOffice>()
}

/// The district in which the actor acts.
pub(crate) fn district(ctx: &Ctx) -> Result<DistrictId, AppError> {
    match &ctx.actor {
        Actor::Staff { scope, .. } => Ok(scope.district),
        Actor::Unappointed { .. } | Actor::Program { .. } | Actor::System(_) => Err(linli_hall::denied(Denied::Forbidden)),
        Actor::Visitor | Actor::Resident { .. } => Err(linli_hall::denied(Denied::Unauthenticated)),
    }
}

/// Takes the key of the form, where no header brought one.
pub(crate) fn take_key(caller: &mut Caller, form: &FormMap) {
    if caller.ctx.idempotency_key.is_none() {
        caller.ctx.idempotency_key = form.idempotency_key().map(str::to_owned);
    }
}

/// A page that no cache keeps.
pub(crate) fn private(page: impl IntoResponse) -> Response {
    ([(CACHE_CONTROL, "private, no-store")], page).into_response()
}

pub(crate) fn lift_id(id: &str) -> Result<LiftId, RetrofitError> {
    id.parse().map_err(|_| RetrofitError::NotFound)
}

/// One stairwell with everything about it, for a page.
pub(crate) async fn whole(caller: &Caller, hall: &Hall, id: &str) -> Result<Whole, AppError> {
    let (id, office) = (lift_id(id)?, office(hall)?);
    let mut read = hall.read().await?;
    Ok(queries::whole(&caller.ctx, &mut read.conn(), &office, id).await?)
}

/// The rule behind something, as a line: its title, its version, and that nobody has checked it where that is so.
pub(crate) fn source(t: &T, stamp: &Stamp) -> String {
    let key = if stamp.verified { "lift-source" } else { "lift-source-unverified" };
    t.with(key, &[("title", stamp.citation.title_in(t.locale().tag()).into()), ("version", stamp.version.as_str().into())])
}

/// A field that is one of a list of words, or an id.
pub(crate) fn word<W: FromStr>(form: &FormMap, field: &'static str) -> Result<W, RetrofitError> {
    let typed = form.typed(field);
    let problem = if typed.is_empty() { Wrong::Required } else { Wrong::NotAChoice };
    typed.parse().map_err(|_| RetrofitError::field(field, problem))
}

/// A field that may be left open.
pub(crate) fn optional<W: FromStr>(form: &FormMap, field: &'static str) -> Result<Option<W>, RetrofitError> {
    if form.typed(field).is_empty() { Ok(None) } else { word(form, field).map(Some) }
}

/// The choices of a list of words, `lift-stance-agree` and so on.
pub(crate) fn choices<'w>(t: &T, stem: &str, words: impl IntoIterator<Item = &'w str>) -> Vec<Choice> {
    words.into_iter().map(|word| Choice::new(word, t.s(&format!("{stem}-{word}")).into_owned())).collect()
}

/// A number with so many decimals as a whole number: `1.3` with three is 1300. None for what is none.
pub(crate) fn decimal(typed: &str, places: usize) -> Option<i64> {
    let typed: String = typed.chars().filter(|one| !one.is_whitespace() && *one != ',' && *one != '，').collect();
    let (negative, digits) = typed.strip_prefix('-').map_or((false, typed.as_str()), |rest| (true, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || part.len() > places || !all_digits(whole) || !all_digits(part) {
        return None;
    }
    let number: i64 = format!("{whole}{part:0<places$}").parse().ok()?;
    Some(if negative { -number } else { number })
}

/// A field with an amount of yuan, in fen; nothing typed is nothing.
pub(crate) fn money(form: &FormMap, field: &'static str) -> Result<i64, RetrofitError> {
    yuan(form.typed(field)).ok_or(RetrofitError::field(field, Wrong::NotMoney))
}

/// Yuan as typed, in fen, from nothing on; none for what is no amount or below zero.
pub(crate) fn yuan(typed: &str) -> Option<i64> {
    if typed.trim().is_empty() { Some(0) } else { decimal(typed, 2).filter(|fen| *fen >= 0) }
}

/// An amount for a field: without what needs no saying.
pub(crate) fn plain(fen: i64) -> String {
    Fen(fen).to_string().trim_end_matches(".00").to_owned()
}

/// A number of thousandths or hundredths for a field.
pub(crate) fn shown(number: i64, places: usize) -> String {
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    let part = part.trim_end_matches('0');
    let sign = if number < 0 { "-" } else { "" };
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// A whole number of a field.
pub(crate) fn number(form: &FormMap, field: &'static str, (min, max): (i64, i64)) -> Result<i64, RetrofitError> {
    let wrong = || RetrofitError::field(field, Wrong::NotANumber { min, max });
    form.typed(field).trim().parse().ok().filter(|n| (min..=max).contains(n)).ok_or_else(wrong)
}

/// The photo of a field, cleaned of metadata and stored beside the database before the transaction that names it.
pub(crate) async fn keep_photo(hall: &Hall, form: &FormMap, field: &str) -> Result<Option<Photo>, AppError> {
    let Some(upload) = form.files(field).next() else { return Ok(None) };
    let photo = hall.darkroom().develop(upload.bytes.clone(), Bringer::Signed).await.map_err(|error| {
        let key = error.code().text_key();
        if error.status().is_server_error() { error } else { AppError::invalid(vec![FieldProblem::new(field, &key)]) }
    })?;
    let size = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let (bytes, thumb_bytes) = (size(photo.jpeg.len()), size(photo.thumb.len()));
    let blobs = hall.db().blobs();
    let hash = blobs.put(photo.jpeg.into()).await.map_err(linli_hall::store_error)?;
    let thumb = blobs.put(photo.thumb.into()).await.map_err(linli_hall::store_error)?;
    Ok(Some(Photo { hash, bytes, thumb, thumb_bytes }))
}

/// The colour of how far a stairwell is.
pub(crate) const fn stage_tone(stage: Stage) -> &'static str {
    match stage {
        Stage::Wish => "soon",
        Stage::Passed => "info",
        Stage::Signed | Stage::Noticed | Stage::Reviewed | Stage::Building | Stage::InUse => "well",
    }
}

/// The colour of what a home says.
pub(crate) const fn stance_tone(stance: Option<Stance>) -> &'static str {
    match stance {
        Some(Stance::Agree) => "well",
        Some(Stance::Object) => "act",
        Some(Stance::Undecided | Stance::Unreachable) => "soon",
        None => "",
    }
}

/// What a home says, in a word.
pub(crate) fn stance_word(t: &T, stance: Option<Stance>) -> String {
    stance
        .map_or_else(|| t.s("lift-stance-none"), |stance| t.s(&format!("lift-stance-{stance}")).into_owned().into())
        .into_owned()
}

/// Floor and room of a home.
pub(crate) fn home_name(t: &T, home: &crate::model::Home) -> String {
    t.with("lift-home", &[("floor", home.floor.into()), ("room", home.room.as_str().into())])
}

/// A part of a page that has several.
pub(crate) struct Tab {
    pub(crate) href: String,
    pub(crate) text: String,
    pub(crate) here: bool,
}

/// The pages of a stairwell.
pub(crate) fn tabs(t: &T, id: LiftId, here: &str) -> Vec<Tab> {
    let tab = |name: &str| Tab {
        href: if name == "house" { format!("/lifts/{id}") } else { format!("/lifts/{id}/{name}") },
        text: t.s(&format!("lift-tab-{name}")).into_owned(),
        here: name == here,
    };
    ["house", "talks", "schemes", "light", "steps"].map(tab).into()
}

/// After a change: on to the page `to`, or the page of the form once more with what is wrong, under the status of the refusal.
pub(crate) async fn answered<P: Template>(
    done: Result<(), AppError>,
    to: &str,
    again: impl AsyncFnOnce(Problems) -> Result<P, AppError>,
) -> Result<Response, AppError> {
    match done {
        Ok(()) => Ok(back(to)),
        Err(error) => {
            let status = error.status();
            let page = again(error.into_problems()?).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

/// Back to a page of the stairwell.
pub(crate) fn back(to: &str) -> Response {
    Redirect::to(to).into_response()
}

/// Runs one command in a transaction of the actor's district.
macro_rules! run {
    ($caller:expr, $hall:expr, $tx:ident => $command:expr) => {
        async {
            let mut tx = $hall.begin($crate::pages::district(&$caller.ctx)?).await?;
            let $tx = &mut tx;
            let done = $command.await?;
            $hall.commit(tx).await?;
            Ok::<_, linli_webkit::AppError>(done)
        }
        .await
    };
}
pub(crate) use run;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        assert_eq!(decimal("1.3", 3), Some(1300));
        assert_eq!(decimal("500,000", 2), Some(50_000_000));
        assert_eq!(decimal("0.05", 2), Some(5));
        assert_eq!(decimal("-2.4", 2), Some(-240));
        assert_eq!((decimal("1.234", 2), decimal("", 2), decimal("1e9", 2), decimal("１", 2)), (None, None, None, None));
        assert_eq!((yuan("-1"), yuan(""), yuan("12.3")), (None, Some(0), Some(1230)));
        assert_eq!(
            (shown(1300, 3), shown(-240, 2), shown(5, 2), shown(0, 3)),
            ("1.3".into(), "-2.4".into(), "0.05".into(), "0".into())
        );
        assert_eq!((plain(50_000_000), plain(1)), ("500000".into(), "0.01".into()));
    }
}
