//! The forms on a case: each ends in one command, and leads back to where it was sent from.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use linli_access::{Channel, Ctx};
use linli_db::Tx;
use linli_hall::{Caller, Hall};
use linli_webkit::{AppError, FormMap, Problems};

use super::work::{Back, case_page, district};
use super::{keep_photos, office};
use crate::commands::{self, Finish, Which};
use crate::error::{CasesError, FieldProblem};
use crate::model::{CaseId, Event, Rating};

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
            let page = case_page(caller, hall, id, (from.known(), String::new()), (problems, form.clone())).await?;
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

/// Handlers of forms on a case: each reads what its form says, ends in one command in a transaction of its own, and leads back to where the
/// form was sent from. In the body stand the context, the transaction, the office, the id of the case and the form, by the names given.
macro_rules! case_forms {
    ($( $(#[$doc:meta])* $name:ident($ctx:pat, $tx:pat, $office:pat, $id:pat, $form:pat) => $body:expr; )+) => { $(
        $(#[$doc])*
        pub(crate) async fn $name(
            mut caller: linli_hall::Caller,
            axum::extract::State(hall): axum::extract::State<linli_hall::Hall>,
            axum::extract::Path(id): axum::extract::Path<String>,
            form: linli_webkit::FormMap,
        ) -> Result<axum::response::Response, linli_webkit::AppError> {
            let id = $crate::pages::actions::begin(&mut caller, &id, &form)?;
            let done = async {
                let office = $crate::pages::office(&hall)?;
                let mut tx = hall.begin($crate::pages::work::district(&caller.ctx)?).await?;
                {
                    let ($ctx, $tx, $office, $id, $form) = (&caller.ctx, &mut tx, office.as_ref(), id, &form);
                    $body;
                }
                hall.commit(tx).await
            }
            .await;
            $crate::pages::actions::ended(&caller, &hall, id, &form, done).await
        }
    )+ };
}
pub(super) use case_forms;

case_forms! {
    /// `POST /cases/{id}/take`.
    take(ctx, tx, office, id, _) => commands::take(ctx, tx, office, id).await?;

    /// `POST /cases/{id}/assign`.
    assign(ctx, tx, office, id, form) => commands::assign(ctx, tx, office, id, owner(form)?).await?;

    /// `POST /cases/{id}/note`.
    note(ctx, tx, office, id, form) => {
        let (words, public) = (form.typed("note"), form.reader().ticked("public"));
        if form.reader().ticked("told") {
            commands::note_told(ctx, tx, office, id, (words, public)).await?
        } else {
            commands::note(ctx, tx, id, words, public).await?
        }
    };

    /// `POST /cases/{id}/lift-kept`: what was kept from somebody by mistake.
    lift_kept(ctx, tx, _, id, form) => {
        let person = form.typed("person").parse();
        let person = person.map_err(|_| CasesError::Field { field: "person", problem: FieldProblem::Required })?;
        commands::lift_kept(ctx, tx, id, (person, form.typed("reason"))).await?
    };

    /// `POST /cases/{id}/confirm`: the reporter said so, by phone, at the door or on paper.
    confirm(ctx, tx, office, id, form) => {
        contacted(&as_told(ctx, form), tx, id, form).await?;
        commands::confirm(&as_told(ctx, form), tx, office, Which::Id(id), rating(form)).await?
    };

    /// `POST /cases/{id}/not-fixed`: the reporter said so, by phone, at the door or on paper.
    not_fixed(ctx, tx, office, id, form) => {
        contacted(&as_told(ctx, form), tx, id, form).await?;
        commands::not_fixed(&as_told(ctx, form), tx, office, Which::Id(id), form.typed("words")).await?
    };

    /// `POST /cases/{id}/void`.
    void(ctx, tx, office, id, form) => commands::void(ctx, tx, office, id, form.typed("reason")).await?;
}

/// What the form says of whether anybody got in touch with the reporter; nothing where he was not asked.
async fn contacted(ctx: &Ctx, tx: &mut Tx, id: CaseId, form: &FormMap) -> Result<(), CasesError> {
    match form.typed("contacted") {
        "yes" => commands::said_contacted(ctx, tx, id, true).await,
        "no" => commands::said_contacted(ctx, tx, id, false).await,
        _ => Ok(()),
    }
}

/// The appointment that a form names.
pub(super) fn owner(form: &FormMap) -> Result<uuid::Uuid, CasesError> {
    let wrong = |_| CasesError::Field { field: "owner", problem: FieldProblem::NotAnswering };
    form.typed("owner").parse().map_err(wrong)
}

/// Somebody told it: by the way that the form names.
fn as_told(ctx: &Ctx, form: &FormMap) -> Ctx {
    Ctx { channel: told_by(form), ..ctx.clone() }
}

/// What was done, with its photos. Nobody's photos are developed and stored before it is clear that the sender may see the case.
async fn result(caller: &Caller, hall: &Hall, id: CaseId, form: &FormMap) -> Result<Finish, AppError> {
    crate::queries::readable(&caller.ctx, &mut hall.read().await?.conn(), district(&caller.ctx)?, id).await?;
    let mut read = form.reader();
    let uploads = read.files("photo", FORM_PHOTOS);
    let (done, because) = (read.optional("done", commands::NOTE_MAX), read.optional("no_photo_because", commands::NOTE_MAX));
    read.finish()?;
    Ok(Finish { photos: keep_photos(hall, &caller.ctx, uploads).await?, no_photo_because: because, done })
}

/// `POST /cases/{id}/finish`, with photos.
pub(crate) async fn finish(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    done(caller, hall, id, form, Event::Finish).await
}

/// `POST /cases/{id}/answer`, with photos: a department says that it is done.
pub(crate) async fn answer(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    done(caller, hall, id, form, Event::Answer).await
}

/// Photos are developed before the transaction begins: it is held by nobody's camera.
async fn done(mut caller: Caller, hall: Hall, id: String, form: FormMap, how: Event) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, &id, &form)?, office(&hall)?);
    let done = async {
        let input = result(&caller, &hall, id, &form).await?;
        let step = match how {
            Event::Answer => run!(caller, hall, tx => commands::answer(&caller.ctx, tx, &office, id, input)),
            _ => run!(caller, hall, tx => commands::finish(&caller.ctx, tx, &office, id, input)),
        };
        step.map(|_| ())
    }
    .await;
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
        Ok(phone) => {
            case_page(&caller, &hall, id, (from.known(), phone.unwrap_or_default()), (Problems::default(), FormMap::default()))
                .await
        }
        Err(error) => ended(&caller, &hall, id, &form, Err(error)).await,
    }
}
