//! The forms on a case: each ends in one command, and leads back to where it was sent from.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use linli_access::Channel;
use linli_hall::{Caller, Hall};
use linli_webkit::{AppError, FormMap, Problems};

use super::work::{Back, case_page, district};
use super::{keep_photos, office};
use crate::commands::{self, Finish, Which};
use crate::error::CasesError;
use crate::model::{CaseId, Rating};

/// The most photos read from a form; the command has the last word.
const FORM_PHOTOS: usize = 6;

/// What every action begins with: the case, and the key of the form.
pub(super) fn begin(caller: &mut Caller, id: &str, form: &FormMap) -> Result<CaseId, AppError> {
    if caller.ctx.idempotency_key.is_none() {
        caller.ctx.idempotency_key = form.idempotency_key().map(str::to_owned);
    }
    Ok(id.parse().map_err(|_| CasesError::NotFound)?)
}

fn back(id: CaseId, form: &FormMap) -> Response {
    let to = match (Back { back: form.typed("back").to_owned() }).known() {
        "day" => "/my-day".to_owned(),
        "desk" => format!("/desk?case={id}"),
        _ => format!("/cases/{id}"),
    };
    Redirect::to(&to).into_response()
}

/// After a command: back on success; the case with what is wrong when only fields are.
pub(super) async fn ended(
    caller: &Caller,
    hall: &Hall,
    id: CaseId,
    form: &FormMap,
    result: Result<(), AppError>,
) -> Result<Response, AppError> {
    match result {
        Ok(()) => Ok(back(id, form)),
        Err(error) => {
            let status = error.status();
            // A phone that sends its queue reads the answer as JSON, a browser sees its form again.
            if caller.info.json() {
                return Err(error);
            }
            let problems: Problems = error.into_problems()?;
            let from = Back { back: form.typed("back").to_owned() };
            let page = case_page(caller, hall, id, (from.known(), String::new()), (problems, form.typed("form"))).await?;
            Ok((status, page).into_response())
        }
    }
}

/// Runs one command in a transaction of its own.
macro_rules! run {
    ($caller:expr, $hall:expr, $tx:ident => $command:expr) => {
        async {
            let mut tx = $hall.begin(district(&$caller.ctx)?).await?;
            let $tx = &mut tx;
            let done = $command.await?;
            $hall.commit(tx).await?;
            Ok::<_, AppError>(done)
        }
        .await
    };
}
pub(super) use run;

/// `POST /cases/{id}/take`.
pub(crate) async fn take(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, &id, &form)?, office(&hall)?);
    let done = run!(caller, hall, tx => commands::take(&caller.ctx, tx, &office, id)).map(|_| ());
    ended(&caller, &hall, id, &form, done).await
}

/// `POST /cases/{id}/assign`.
pub(crate) async fn assign(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, &id, &form)?, office(&hall)?);
    let done = match form.typed("owner").parse() {
        Ok(to) => run!(caller, hall, tx => commands::assign(&caller.ctx, tx, &office, id, to)).map(|_| ()),
        Err(_) => Err(CasesError::Field { field: "owner", problem: crate::error::FieldProblem::NotAnswering }.into()),
    };
    ended(&caller, &hall, id, &form, done).await
}

/// `POST /cases/{id}/note`.
pub(crate) async fn note(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let id = begin(&mut caller, &id, &form)?;
    let public = form.reader().ticked("public");
    let done = run!(caller, hall, tx => commands::note(&caller.ctx, tx, id, form.typed("note"), public)).map(|_| ());
    ended(&caller, &hall, id, &form, done).await
}

/// What was done, with its photos.
async fn result(caller: &Caller, hall: &Hall, id: CaseId, form: &FormMap) -> Result<Finish, AppError> {
    // Nobody's photos are developed and stored before it is clear that the sender may see the case.
    crate::queries::readable(&caller.ctx, &mut hall.read().await?.conn(), district(&caller.ctx)?, id).await?;
    let mut read = form.reader();
    let uploads = read.files("photo", FORM_PHOTOS);
    let (done, because) = (read.optional("done", commands::NOTE_MAX), read.optional("no_photo_because", commands::NOTE_MAX));
    read.finish()?;
    Ok(Finish { photos: keep_photos(hall, uploads).await?, no_photo_because: because, done })
}

/// `POST /cases/{id}/finish`, with photos.
pub(crate) async fn finish(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, &id, &form)?, office(&hall)?);
    let done = async {
        let input = result(&caller, &hall, id, &form).await?;
        run!(caller, hall, tx => commands::finish(&caller.ctx, tx, &office, id, input)).map(|_| ())
    }
    .await;
    ended(&caller, &hall, id, &form, done).await
}

/// `POST /cases/{id}/answer`, with photos: a department says that it is done.
pub(crate) async fn answer(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, &id, &form)?, office(&hall)?);
    let done = async {
        let input = result(&caller, &hall, id, &form).await?;
        run!(caller, hall, tx => commands::answer(&caller.ctx, tx, &office, id, input)).map(|_| ())
    }
    .await;
    ended(&caller, &hall, id, &form, done).await
}

/// `POST /cases/{id}/confirm`: the reporter said so, by phone, at the door or on paper.
pub(crate) async fn confirm(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, &id, &form)?, office(&hall)?);
    caller.ctx.channel = told_by(&form);
    let done = run!(caller, hall, tx => commands::confirm(&caller.ctx, tx, &office, Which::Id(id), rating(&form))).map(|_| ());
    ended(&caller, &hall, id, &form, done).await
}

/// `POST /cases/{id}/not-fixed`: the reporter said so, by phone, at the door or on paper.
pub(crate) async fn not_fixed(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, &id, &form)?, office(&hall)?);
    caller.ctx.channel = told_by(&form);
    let done =
        run!(caller, hall, tx => commands::not_fixed(&caller.ctx, tx, &office, Which::Id(id), form.typed("words"))).map(|_| ());
    ended(&caller, &hall, id, &form, done).await
}

/// How satisfied the reporter is, when he said so.
pub(super) fn rating(form: &FormMap) -> Option<Rating> {
    form.typed("rating").parse().ok()
}

pub(super) fn told_by(form: &FormMap) -> Channel {
    match form.typed("told_by") {
        "doorstep" => Channel::Doorstep,
        "paper" => Channel::Paper,
        _ => Channel::Phone,
    }
}

/// `POST /cases/{id}/void`.
pub(crate) async fn void(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, &id, &form)?, office(&hall)?);
    let done = run!(caller, hall, tx => commands::void(&caller.ctx, tx, &office, id, form.typed("reason"))).map(|_| ());
    ended(&caller, &hall, id, &form, done).await
}

/// `POST /cases/{id}/contact`: shows the number once, on this answer only, and writes down why.
pub(crate) async fn contact(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, &id, &form)?, office(&hall)?);
    let from = Back { back: form.typed("back").to_owned() };
    match run!(caller, hall, tx => commands::contact(&caller.ctx, tx, &office, id, form.typed("contact_reason"))) {
        Ok(phone) => case_page(&caller, &hall, id, (from.known(), phone.unwrap_or_default()), (Problems::default(), "")).await,
        Err(error) => ended(&caller, &hall, id, &form, Err(error)).await,
    }
}
